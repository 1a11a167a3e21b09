import asyncio

import pytest

from tests.kills.killing import kill_again_and_again

pytestmark = pytest.mark.durable


def test_what_was_answered_is_in_the_journal_however_often_the_service_is_killed(tmp_path):
    record, recorder = asyncio.run(kill_again_and_again(tmp_path, rounds=10, seed=1))
    print(record.counts, len(record.answered), recorder.changes)
    assert record.counts["kills"] == 10
    assert record.counts["repeated"] > 0
    assert record.counts["asked again"] > 0
    assert len(record.answered) > 100
    assert recorder.changes["started"] > 0
