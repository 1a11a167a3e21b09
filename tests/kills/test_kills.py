import asyncio

import pytest

from tests.kills.killing import kill_repeatedly

pytestmark = pytest.mark.durable


def test_every_answered_event_is_in_the_journal_of_a_service_that_is_killed_repeatedly(tmp_path):
    answers, recorder = asyncio.run(kill_repeatedly(tmp_path, kills=10, seed=1))
    print(answers.counts, len(answers.received), recorder.counts)
    assert answers.counts["kills"] == 10
    assert answers.counts["retries"] > 0
    assert answers.counts["retries after a kill"] > 0
    assert len(answers.received) > 100
    assert recorder.counts["recordings started"] > 0
