"""The queue of requests: its limit, and its closing."""

import pytest

from fsm.runtime import BusyError, ClosedError

from .committers import RunningCommitter
from .hubs import run


def test_too_many_waiting_requests_are_refused_but_internal_ones_never(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path, max_waiting=2) as running:
            running.journal.hold()
            first = running.write(0)
            await running.until_commit_begins()
            waiting = [running.write(1), running.write(2)]
            with pytest.raises(BusyError, match="2 requests wait already") as caught:
                running.write(3)
            assert caught.value.retry_after > 0
            internal = running.submit(lambda _: 4, internal=True)
            running.journal.release()
            assert [await answer for answer in (first, *waiting, internal)] == [0, 1, 2, 4]
            assert await running.write(5) == 5

    run(main())


def test_closing_answers_waiting_requests_and_accepts_only_internal_ones(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.hold()
            waiting = [running.write(number) for number in range(5)]
            running.requests.close()
            with pytest.raises(ClosedError):
                running.write(9)
            internal = running.submit(lambda _: "internal", internal=True)
            running.journal.release()
            await running.task
            answers = [answer.result() for answer in (*waiting, internal)]
            assert answers == [0, 1, 2, 3, 4, "internal"]
            with pytest.raises(ClosedError):
                running.submit(lambda _: None, internal=True)

    run(main())
