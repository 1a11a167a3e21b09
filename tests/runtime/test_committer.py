"""Group commit: requests that share a commit, and their answers."""

import asyncio

import pytest

from fsm.runtime import ClosedError, JournalError

from .committers import RunningCommitter, raises
from .hubs import CLOUD, PRO, run, wait_until

# -- groups ---------------------------------------------------------------------------------------


def test_requests_that_arrive_during_a_commit_share_the_next_one(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.hold()
            first = running.write(0)
            await running.until_commit_begins()
            rest = [running.write(number) for number in range(1, 100)]
            await asyncio.sleep(0.01)
            assert len(running.requests) == 99
            assert running.journal.begun == [1]
            running.journal.release()
            assert [await answer for answer in [first, *rest]] == list(range(100))
            assert running.journal.committed == [1, 99]

    run(main())


def test_callers_that_send_again_as_soon_as_they_are_answered_share_the_next_commit(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:

            async def caller(number):
                await running.write(number)
                await running.write(number + 100)

            running.journal.hold()
            ten = asyncio.gather(*map(caller, range(10)))
            await running.until_commit_begins()
            late = running.write("late")
            await asyncio.sleep(0.01)
            running.journal.release()
            await asyncio.gather(ten, late)
            assert running.journal.committed == [10, 11]

    run(main())


def test_the_number_of_requests_that_share_a_commit_is_limited(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path, max_group=10) as running:
            await asyncio.gather(*[running.write(number) for number in range(25)])
            assert running.journal.committed == [10, 10, 5]

    run(main())


def test_requests_are_applied_in_the_order_in_which_they_came(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            order = []
            await asyncio.gather(
                *[
                    running.submit(lambda _, number=number: order.append(number))
                    for number in range(50)
                ]
            )
            assert order == list(range(50))

    run(main())


def test_a_group_that_writes_nothing_is_not_committed(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.errors = [JournalError("full")]
            assert await running.read(1) == 1
            assert running.journal.begun == []

    run(main())


# -- answers --------------------------------------------------------------------------------------


def test_requests_are_answered_after_their_commit(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.hold()
            writing, reading = running.write("a"), running.read(2)
            await running.until_commit_begins()
            await asyncio.sleep(0.01)
            assert not writing.done()
            assert not reading.done()
            assert running.on_disk() == set()
            running.journal.release()
            assert await reading == 2
            assert writing.done()
            assert running.on_disk() == {"a"}

    run(main())


def test_an_error_of_a_request_is_raised_only_for_its_caller(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            failing = running.submit(raises(KeyError("nobody")))
            succeeding = running.write(1)
            with pytest.raises(KeyError, match="nobody"):
                await failing
            assert await succeeding == 1
            assert running.committer.failure is None

    run(main())


def test_a_stop_iteration_is_raised_as_a_runtime_error(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            answer = running.submit(raises(StopIteration(7)))
            with pytest.raises(RuntimeError, match=r"it raised StopIteration\(7\)"):
                await answer
            assert await running.write(1) == 1

    run(main())


def test_a_cancelled_request_does_not_affect_the_others(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.hold()
            cancelled, failing = running.write(1), running.submit(raises(KeyError()))
            other = running.write(2)
            cancelled.cancel()
            failing.cancel()
            running.journal.release()
            assert await other == 2
            assert running.journal.committed == [2]

    run(main())


def test_deliveries_and_checks_of_a_commit_are_scheduled_before_its_requests_are_answered(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:

            def apply(batch):
                batch.put_account("a", PRO)
                batch.deliver("m", ("message",), new=True)
                batch.check("m")

            expected = [("pending", "m", ("message",), True), ("check", "m")]
            answer = running.submit(apply)
            scheduled = []
            answer.add_done_callback(lambda _: scheduled.extend(running.delivery.schedule))
            await answer
            await asyncio.sleep(0)
            assert scheduled == expected
            running.journal.errors = [JournalError("full")]
            with pytest.raises(JournalError, match="full"):
                await running.submit(apply)
            assert running.delivery.schedule == expected

    run(main())


def test_closed_meetings_leave_memory_after_the_commit_and_are_over_for_watchers(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            settings = (PRO, CLOUD, None, "scheduled", 0, None)
            await running.submit(running.meetings.open, "m", *settings, meeting="m")

            def close(batch):
                batch.mark_dirty("m")
                running.meetings.operations.close(batch, running.meetings.get("m"))
                return "m" in running.meetings.live

            async def read(after):
                return False, []

            with running.meetings.feeds.watch("m", 0, None, read) as watcher:
                waiting = asyncio.create_task(anext(watcher, "over"))
                assert await running.submit(close, meeting="m")
                assert await waiting == "over"
            assert running.meetings.live == {}

    run(main())


# -- the end --------------------------------------------------------------------------------------


def test_every_request_gets_an_error_if_the_delivery_fails(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:

            def apply(batch):
                batch.put_account("a", PRO)
                batch.deliver("m", ())

            running.delivery.error = ZeroDivisionError()
            requests = [running.write(1), running.submit(apply), running.write(2)]
            answers = await asyncio.gather(*requests, return_exceptions=True)
            assert [type(answer) for answer in answers] == [JournalError] * 3
            with pytest.raises(ZeroDivisionError):
                await running.task
            with pytest.raises(ClosedError):
                running.write(4)

    run(main())


@pytest.mark.parametrize("during", ["a commit", "loading", "waiting"])
def test_every_request_gets_an_error_if_the_committer_is_cancelled(tmp_path, during):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.hold()
            requests = []
            await asyncio.sleep(0)  # the committer begins to wait
            if during != "waiting":
                meeting = "m" if during == "loading" else None
                requests = [running.write(number, meeting=meeting) for number in range(3)]
                started = running.journal.begun if during == "a commit" else running.journal.loading
                await wait_until(lambda: started)
            committing = len(requests) if during == "a commit" else 0
            assert running.journal.begun == [3] * (during == "a commit")
            requests += [running.write(number) for number in range(3, 6)]
            running.task.cancel()
            answers = await asyncio.gather(*requests, return_exceptions=True)
            # A commit that has begun may succeed or not; the other requests have changed nothing.
            assert [type(answer) for answer in answers] == (
                [JournalError] * committing + [ClosedError] * (len(requests) - committing)
            )
            for internal in (False, True):
                with pytest.raises(ClosedError):
                    running.submit(lambda _: None, internal=internal)

    run(main())
