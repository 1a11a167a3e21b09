import asyncio

import pytest

from fsm.runtime import BusyError, ClosedError, JournalError, committer
from fsm.runtime.batch import Batch
from fsm.runtime.committer import Committer, Request

from .hubs import PRO, Steady, run, until


class Disk:
    """What a committer writes to: fails, or waits, as it is told."""

    def __init__(self):
        self.fails = []
        self.given = []
        self.written = []
        self.prepared = []
        self.prepare_fails = []
        self.attempts = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._turn = asyncio.Lock()

    def commit(self, batch):
        self.given.append(len(batch))
        return asyncio.ensure_future(self._commit(batch))

    async def _commit(self, batch):
        async with self._turn:
            await self.go_on.wait()
            if batch.stands_on is not None and not batch.stands_on.is_written:
                raise JournalError("what it stands on was not written")
            if self.fails:
                raise self.fails.pop(0)
            batch.is_written = True
            self.written.append(len(batch))

    async def prepare(self, requests):
        self.prepared.append([each.meeting for each in requests])
        if self.prepare_fails:
            raise self.prepare_fails.pop(0)

    async def attempt(self):
        self.attempts += 1
        if self.fails:
            raise self.fails.pop(0)


class Running:
    """A committer that runs for the length of a block."""

    def __init__(self, **more):
        self.disk = Disk()
        more.setdefault("most_waiting", 1000)
        more.setdefault("pace", Steady(quick=False))
        self.committer = Committer(self.disk.commit, self.disk.prepare, self.disk.attempt, **more)

    async def __aenter__(self):
        self.task = asyncio.create_task(self.committer.run())
        return self

    async def __aexit__(self, *error):
        self.disk.go_on.set()
        self.committer.close()
        await self.task

    def write(self, answer, **more):
        def apply(batch):
            batch.put_account(str(answer), PRO)
            return answer

        return self.committer.submit(Request(apply, **more))

    def read(self, answer=None, **more):
        return self.committer.submit(Request(lambda _: answer, **more))


def raises(error):
    def apply(batch):
        raise error

    return apply


def test_what_arrives_while_a_commit_runs_goes_into_the_next_one():
    async def main():
        async with Running() as on:
            on.disk.go_on.clear()
            first = on.write(0)
            await until(lambda: on.committer.waiting == 0)
            rest = [on.write(number) for number in range(1, 100)]
            assert on.committer.waiting == 99
            on.disk.go_on.set()
            assert [await each for each in [first, *rest]] == list(range(100))
            assert on.disk.written == [1, 99]

    run(main())


def test_a_quick_disk_is_given_half_while_the_other_half_is_applied():
    async def main():
        async with Running(pace=Steady(quick=True)) as on:
            on.disk.go_on.clear()
            asked = [on.write(number) for number in range(100)]
            await until(lambda: on.disk.given == [50, 50])
            on.disk.go_on.set()
            assert [await each for each in asked] == list(range(100))
            assert on.disk.written == [50, 50]

    run(main())


def test_a_quick_disk_is_never_given_more_than_two_commits_at_once():
    async def main():
        async with Running(pace=Steady(quick=True)) as on:
            on.disk.go_on.clear()
            asked = [on.write(number) for number in range(2)]
            await until(lambda: on.disk.given == [1, 1])
            asked += [on.write(number) for number in range(2, 8)]
            for _ in range(10):
                await asyncio.sleep(0)
            assert on.disk.given == [1, 1]
            assert on.committer.waiting == 6
            on.disk.go_on.set()
            assert [await each for each in asked] == list(range(8))
            assert on.disk.written == [1, 1, 4, 2]

    run(main())


FOR_EVER = Steady(quick=False, waits=1000)


async def ten_answered(on):
    """Have ten write in one commit, and one more meanwhile; return what that one awaits."""
    on.disk.go_on.clear()
    ten = [on.write(number) for number in range(10)]
    await until(lambda: on.disk.given == [10])
    late = on.write("late")
    await until(lambda: len(on.committer._next.requests) == 1)
    on.disk.go_on.set()
    await asyncio.gather(*ten)
    return late


def test_on_a_slow_disk_those_who_were_answered_join_the_next_commit():
    async def main():
        async with Running(pace=FOR_EVER) as on:
            late = await ten_answered(on)
            again = []
            for number in range(10):
                await asyncio.sleep(0.001)
                assert on.disk.written == [10]
                again.append(on.write(number))
            await asyncio.gather(late, *again)
            assert on.disk.written == [10, 11]

    run(main())


def test_those_who_do_not_come_back_are_not_waited_for_long():
    async def main():
        async with Running(pace=Steady(quick=False, waits=0.01)) as on:
            late = await ten_answered(on)
            again = on.write("one of ten")
            assert [await late, await again] == ["late", "one of ten"]
            assert on.disk.written == [10, 2]

    run(main())


def test_a_timer_that_is_early_does_not_keep_it_busy(monkeypatch):
    async def main():
        async with Running(pace=Steady(quick=False, waits=0.01)) as on:
            waits = []
            wait = on.committer._wait

            async def counted():
                waits.append(on.committer._awaited_until)
                await wait()

            monkeypatch.setattr(on.committer, "_wait", counted)
            monkeypatch.setattr(
                committer, "_now", lambda: asyncio.get_running_loop().time() - 0.005
            )
            late = await ten_answered(on)
            await late
            assert on.disk.written == [10, 1]
            assert len(waits) < 10

    run(main())


def test_what_the_hub_itself_asks_is_not_waited_for():
    async def main():
        async with Running(pace=FOR_EVER) as on:
            on.disk.go_on.clear()
            own = [
                on.committer.submit(
                    Request(lambda batch: batch.put_account("own", PRO), internal=True)
                )
                for _ in range(10)
            ]
            await until(lambda: on.disk.given == [10])
            late = on.write("late")
            await until(lambda: len(on.committer._next.requests) == 1)
            on.disk.go_on.set()
            await asyncio.gather(late, *own)
            assert on.disk.written == [10, 1]

    run(main())


def test_who_only_reads_does_not_wait_for_those_who_were_answered():
    async def main():
        async with Running(pace=FOR_EVER) as on:
            on.disk.go_on.clear()
            writing = on.write(0)
            await until(lambda: on.disk.given == [1])
            reading = on.read("read")
            on.disk.go_on.set()
            assert await writing == 0
            assert await reading == "read"

    run(main())


def test_a_full_group_waits_for_nobody():
    async def main():
        async with Running(pace=FOR_EVER, most_at_once=10) as on:
            late = await ten_answered(on)
            await asyncio.gather(late, *(on.write(number) for number in range(9)))
            assert on.disk.written == [10, 10]

    run(main())


def test_who_closes_does_not_wait_for_those_who_were_answered():
    async def main():
        async with Running(pace=FOR_EVER) as on:
            late = await ten_answered(on)
            on.committer.close()
            await on.task
            assert late.result() == "late"

    run(main())


def test_what_stands_on_a_failed_commit_is_not_written_and_asked_again():
    async def main():
        async with Running(pace=Steady(quick=True)) as on:
            said = []

            def add(batch, number):
                batch.if_not_written(lambda: said.append(f"undo {number}"))
                batch.put_account(str(number), PRO)
                said.append(f"apply {number}")
                return number

            on.disk.go_on.clear()
            on.disk.fails = [JournalError("the disk is full")]
            # Halves of four: one that reads and one that writes, and two that write.
            reading = on.read("read")
            asked = [on.committer.submit(Request(add, number)) for number in range(3)]
            await until(lambda: len(on.disk.given) == 2)
            asked.append(on.committer.submit(Request(add, 3)))
            await until(lambda: "apply 3" in said)
            on.disk.go_on.set()
            first, *others = await asyncio.gather(*asked, return_exceptions=True)
            assert isinstance(first, JournalError)
            assert others == [1, 2, 3]
            assert await reading == "read"
            undone = [f"undo {number}" for number in (3, 2, 1, 0)]
            assert said == [
                *(f"apply {number}" for number in range(4)),
                *undone,
                *(f"apply {number}" for number in range(1, 4)),
            ]
            assert sum(on.disk.written) == 3
            assert on.committer.failed is None

    run(main())


def test_nothing_is_answered_before_it_is_written():
    async def main():
        async with Running() as on:
            on.disk.go_on.clear()
            writing, reading = on.write(1), on.read(2)
            await until(lambda: on.committer.waiting == 0)
            for _ in range(10):
                await asyncio.sleep(0)
            assert not writing.done()
            assert not reading.done()
            on.disk.go_on.set()
            assert await reading == 2
            assert writing.done()

    run(main())


def test_only_so_many_go_into_one_commit():
    async def main():
        async with Running(most_at_once=10) as on:
            await asyncio.gather(*[on.write(number) for number in range(25)])
            assert on.disk.written == [10, 10, 5]

    run(main())


def test_requests_are_applied_in_the_order_in_which_they_came():
    async def main():
        async with Running() as on:
            message = []
            asked = [
                on.committer.submit(Request(lambda _, number=number: message.append(number)))
                for number in range(50)
            ]
            await asyncio.gather(*asked)
            assert message == list(range(50))
            assert on.disk.written == []

    run(main())


def test_what_apply_raises_is_for_the_one_who_asked():
    async def main():
        async with Running() as on:
            wrong = on.committer.submit(Request(raises(KeyError("nobody"))))
            right = on.write(1)
            with pytest.raises(KeyError, match="nobody"):
                await wrong
            assert await right == 1
            assert on.committer.failed is None

    run(main())


def test_the_callbacks_of_a_batch_run_before_anybody_is_answered():
    async def main():
        async with Running() as on:
            said = []

            def apply(batch):
                batch.put_account("a", PRO)
                batch.when_written(lambda: said.append("written"))
                batch.if_not_written(lambda: said.append("undone"))

            await on.committer.submit(Request(apply))
            assert said == ["written"]
            on.disk.fails = [JournalError("full")]
            with pytest.raises(JournalError, match="full"):
                await on.committer.submit(Request(apply))
            assert said == ["written", "undone"]

    run(main())


def test_a_failed_commit_refuses_writers_and_asks_readers_again():
    async def main():
        async with Running() as on:
            on.disk.go_on.clear()
            on.disk.fails = [JournalError("full")]
            value = ["before"]

            def apply(batch):
                batch.put_account("a", PRO)
                batch.if_not_written(lambda: value.__setitem__(0, "before"))
                value[0] = "after"

            writing = on.committer.submit(Request(apply))
            reading = on.committer.submit(Request(lambda _: value[0]))
            failing = on.committer.submit(Request(raises(KeyError(value[0]))))
            on.disk.go_on.set()
            with pytest.raises(JournalError, match="full"):
                await writing
            assert await reading == "before"
            with pytest.raises(KeyError):
                await failing
            assert str(on.committer.failed) == "full"
            assert await on.write(1) == 1
            assert on.committer.failed is None

    run(main())


def test_whatever_a_commit_raises_nobody_is_left_waiting():
    async def main():
        async with Running() as on:
            on.disk.fails = [OverflowError("too large")]
            with pytest.raises(JournalError, match="cannot be used: OverflowError: too large"):
                await on.write(1)
            assert await on.write(2) == 2

    run(main())


def test_a_commit_that_cannot_even_begin_is_refused_like_one_that_failed():
    async def main():
        async with Running() as on:
            commit, on.committer._commit = on.committer._commit, raises(JournalError("it is gone"))
            with pytest.raises(JournalError, match="it is gone"):
                await on.write(1)
            assert on.committer.failed is not None
            on.committer._commit = commit
            assert await on.write(2) == 2
            assert on.committer.failed is None

    run(main())


def test_what_no_future_can_hold_is_told_all_the_same():
    async def main():
        async with Running() as on:
            asked = on.committer.submit(Request(raises(StopIteration(7))))
            with pytest.raises(RuntimeError, match=r"it raised StopIteration\(7\)"):
                await asked
            assert await on.write(1) == 1

    run(main())


@pytest.mark.parametrize("quick", [False, True])
def test_where_a_callback_fails_nobody_is_left_waiting(quick):
    async def main():
        running = await Running(pace=Steady(quick)).__aenter__()

        def apply(batch):
            batch.put_account("a", PRO)
            batch.when_written(raises_at_once)

        def raises_at_once():
            raise ZeroDivisionError

        async with asyncio.timeout(5):
            asked = [running.write(1), running.committer.submit(Request(apply)), running.write(2)]
            answers = await asyncio.gather(*asked, running.write(3), return_exceptions=True)
            assert {type(each) for each in answers} <= {JournalError, ClosedError, int}
            assert isinstance(answers[1], JournalError)
            with pytest.raises(ZeroDivisionError):
                await running.task
            with pytest.raises(ClosedError):
                running.write(4)

    run(main())


def test_a_reader_is_answered_although_writers_come_and_fail_all_the_time():
    async def main():
        async with Running() as on:
            on.disk.fails = [JournalError("full")] * 100_000
            stopping = False

            async def writer():
                while not stopping:
                    with pytest.raises(JournalError):
                        await on.write(1)

            writers = [asyncio.create_task(writer()) for _ in range(5)]
            await until(lambda: on.committer.failed is not None)
            for number in range(20):
                assert await on.read(number) == number
            stopping = True
            await asyncio.gather(*writers)
            on.disk.fails = []

    run(main())


@pytest.mark.parametrize("error", [JournalError("no disk"), UnicodeError("no text")])
def test_what_cannot_be_brought_back_is_told_and_the_rest_goes_on(error):
    async def main():
        async with Running() as on:
            on.disk.prepare_fails = [error]
            about, not_about = on.read(1, meeting="m"), on.write(2)
            with pytest.raises(JournalError, match=str(error)):
                await about
            assert await not_about == 2
            assert on.disk.prepared == [["m", None]]
            assert await on.read(3, meeting="m") == 3

    run(main())


def test_too_many_that_wait_are_refused_but_never_those_of_the_hub_itself():
    async def main():
        async with Running(most_waiting=2) as on:
            on.disk.go_on.clear()
            first = on.write(0)
            await until(lambda: on.committer.waiting == 0)
            waiting = [on.write(1), on.write(2)]
            with pytest.raises(BusyError, match="2 requests wait already") as caught:
                on.write(3)
            assert caught.value.retry_after > 0
            own = on.committer.submit(Request(lambda _: 4, internal=True))
            on.disk.go_on.set()
            assert [await each for each in (first, *waiting, own)] == [0, 1, 2, 4]
            assert await on.write(5) == 5

    run(main())


def test_a_caller_that_went_away_keeps_nobody_from_an_answer():
    async def main():
        async with Running() as on:
            on.disk.go_on.clear()
            gone, failed, stays = on.write(1), on.committer.submit(
                Request(raises(KeyError()))
            ), on.write(2)  # fmt: skip
            gone.cancel()
            failed.cancel()
            on.disk.go_on.set()
            assert await stays == 2
            assert on.disk.written == [2]

    run(main())


def test_closing_answers_what_waits_and_takes_no_more():
    async def main():
        async with Running() as on:
            on.disk.go_on.clear()
            waiting = [on.write(number) for number in range(5)]
            on.committer.close()
            with pytest.raises(ClosedError):
                on.write(9)
            own = on.committer.submit(Request(lambda _: "own", internal=True))
            on.disk.go_on.set()
            await on.task
            assert [each.result() for each in (*waiting, own)] == [0, 1, 2, 3, 4, "own"]

    run(main())


def test_a_journal_that_failed_is_tried_until_it_works():
    async def main():
        async with Running(try_again=0.001) as on:
            on.disk.fails = [JournalError("one"), JournalError("two"), OSError("three")]
            with pytest.raises(JournalError, match="one"):
                await on.write(1)
            await until(lambda: "three" in str(on.committer.failed or "three"))
            await until(lambda: on.committer.failed is None)
            assert on.disk.attempts == 3
            await on.read()
            assert on.disk.attempts == 3

    run(main())


def test_a_journal_that_works_is_never_tried():
    async def main():
        async with Running(try_again=0) as on:
            await on.write(1)
            await asyncio.sleep(0.01)
            assert on.disk.attempts == 0

    run(main())


def test_a_batch_in_which_nothing_is_written_is_not_committed():
    async def main():
        async with Running() as on:
            on.disk.fails = [JournalError("full")]
            assert await on.read(1) == 1
            assert not Batch()
            on.disk.fails = []

    run(main())


@pytest.mark.parametrize("when", ["writing", "preparing", "waiting"])
def test_whoever_ends_a_committer_everybody_is_told(when):
    async def main():
        running = Running()
        async with asyncio.timeout(5):
            await running.__aenter__()
            asked = []
            if when == "preparing":

                async def hangs(requests):
                    await asyncio.Event().wait()

                running.committer._prepare = hangs
            else:
                running.disk.go_on.clear()
            asked = [running.write(number) for number in range(3)]
            await asyncio.sleep(0.01)
            asked += [running.write(number) for number in range(3, 6)]
            if when != "waiting":
                await asyncio.sleep(0.01)
            running.task.cancel()
            answers = await asyncio.gather(*asked, return_exceptions=True)
            begun = 0 if when == "preparing" else 3
            # What was handed over may be written or not; of the rest nothing was taken.
            assert [type(each) for each in answers] == (
                [JournalError] * begun + [ClosedError] * (6 - begun)
            )
            for internal in (False, True):
                with pytest.raises(ClosedError):
                    running.committer.submit(Request(lambda _: None, internal=internal))
            running.disk.go_on.set()

    run(main())


def test_a_failed_journal_is_tried_while_others_only_read():
    async def main():
        async with Running(try_again=0.02) as running:
            running.disk.fails = [JournalError("full"), JournalError("still full")]
            with pytest.raises(JournalError):
                await running.write(1)

            async def read():
                await running.read()
                return running.committer.failed is None

            await until(read)
            assert running.disk.attempts == 2

    run(main())
