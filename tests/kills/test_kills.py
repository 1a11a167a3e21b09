import asyncio

import pytest

from tests.kills.killing import kill_repeatedly
from tests.kills.timers import kill_between_timers

pytestmark = pytest.mark.durable


def test_every_answered_event_is_in_the_journal_of_a_service_that_is_killed_repeatedly(tmp_path):
    answers, recorder = asyncio.run(kill_repeatedly(tmp_path, kills=10, seed=1))
    print(answers.counts, len(answers.received), recorder.counts)
    assert answers.counts["kills"] == 10
    assert answers.counts["retries"] > 0
    assert answers.counts["retries after a kill"] > 0
    assert len(answers.received) > 100
    assert recorder.counts["recordings started"] > 0


def test_timers_fire_once_after_a_service_is_killed_between_their_setting_and_their_firing(
    tmp_path,
):
    counts = asyncio.run(kill_between_timers(tmp_path, kills=3, seed=2))
    print(counts)
    assert counts["kills"] == 3
    assert counts["empty was set when the service was killed"] > 0
    assert counts["empty fired"] > 0
    assert counts["grace fired"] > 0
    assert counts["empty cancelled"] > 0
