"""The contract of group commit, on a real journal file whose commits fail or take long."""

import asyncio
import threading

import pytest

from fsm.runtime import (
    BusyError,
    ClosedError,
    HubLimits,
    Journal,
    JournalError,
    MemoryRecorder,
    UnknownMeetingError,
)
from fsm.runtime.accounts import Accounts
from fsm.runtime.bookkeeper import Bookkeeper
from fsm.runtime.committer import Committer
from fsm.runtime.delivery import Delivery
from fsm.runtime.meetings import Meetings
from fsm.runtime.requests import Request, RequestQueue
from fsm.runtime.worker import Worker

from .hubs import CLOUD, PRO, QUICK, run, until


class ScriptedJournal(Journal):
    """A journal that fails with the errors of a list, and waits while it is held."""

    def __init__(self, file):
        super().__init__(file)
        self.errors = []
        self.load_errors = []
        self.begun = []
        self.committed = []
        self.probes = 0
        self.may_commit = threading.Event()
        self.may_commit.set()

    def hold(self):
        self.may_commit.clear()

    def go_on(self):
        self.may_commit.set()

    def commit(self, batch):
        self.begun.append(len(batch))
        self.may_commit.wait()
        self._fail(self.errors)
        super().commit(batch)
        self.committed.append(len(batch))

    def probe(self):
        self.probes += 1
        self._fail(self.errors)
        super().probe()

    def load(self, id):  # noqa: A002
        self.may_commit.wait()
        self._fail(self.load_errors)
        return super().load(id)

    def _fail(self, errors):
        if errors:
            raise errors.pop(0)


class ScriptedDelivery(Delivery):
    """Notes what it is to do, and does it as a test says."""

    def __init__(self, *args):
        super().__init__(*args)
        self.schedule = []
        self.error = None

    def pending(self, meeting, messages, *, new=False):
        if self.error is not None:
            raise self.error
        self.schedule.append(("pending", meeting, messages, new))

    def check(self, meeting):
        self.schedule.append(("check", meeting))


class Running:
    """A committer that runs for the length of a block."""

    def __init__(self, folder, max_waiting=1000, **options):
        self.file = folder / "meetings.db"
        self.max_waiting = max_waiting
        self.options = options

    async def __aenter__(self):
        self.journal = ScriptedJournal(self.file)
        self.writer = Worker("journal")
        self.requests = RequestQueue(self.max_waiting)
        self.meetings = Meetings((), 1, lambda: 0, HubLimits())
        self.accounts = Accounts({})
        book = Bookkeeper(self.meetings, self.requests, most_corrections=3, try_again=1)
        self.delivery = ScriptedDelivery(MemoryRecorder(), book, QUICK)
        self.committer = Committer(
            self.requests,
            self.journal,
            self.writer,
            self.meetings,
            self.accounts,
            self.delivery,
            **self.options,
        )
        self.task = asyncio.create_task(self.committer.run())
        return self

    async def __aexit__(self, *error):
        self.journal.go_on()
        self.requests.close()
        await asyncio.wait([self.task])
        self.writer.close()
        self.journal.close()
        if not error[0] and not self.task.cancelled():
            assert self.task.exception() is None or isinstance(
                self.task.exception(), ZeroDivisionError
            )

    def submit(self, apply, *args, **options):
        return self.requests.submit(Request(apply, *args, **options))

    def write(self, answer, **options):
        def apply(batch):
            batch.put_account(str(answer), PRO)
            return answer

        return self.submit(apply, **options)

    def read(self, answer=None, **options):
        return self.submit(lambda _: answer, **options)

    async def commit_begins(self):
        count = len(self.journal.begun)
        await until(lambda: len(self.journal.begun) > count)

    def on_disk(self):
        with Journal(self.file, readonly=True) as reader:
            return set(reader.accounts())


def raises(error):
    def apply(batch):
        raise error

    return apply


# -- groups -------------------------------------------------------------------------------------


def test_requests_that_arrive_during_a_commit_share_the_next_one(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.hold()
            first = on.write(0)
            await on.commit_begins()
            rest = [on.write(number) for number in range(1, 100)]
            await asyncio.sleep(0.01)
            assert len(on.requests) == 99
            assert on.journal.begun == [1]
            on.journal.go_on()
            assert [await answer for answer in [first, *rest]] == list(range(100))
            assert on.journal.committed == [1, 99]

    run(main())


def test_callers_that_ask_again_as_soon_as_they_are_answered_share_the_next_commit(tmp_path):
    async def main():
        async with Running(tmp_path) as on:

            async def caller(number):
                await on.write(number)
                await on.write(number + 100)

            on.journal.hold()
            ten = asyncio.gather(*map(caller, range(10)))
            await on.commit_begins()
            late = on.write("late")
            await asyncio.sleep(0.01)
            on.journal.go_on()
            await asyncio.gather(ten, late)
            assert on.journal.committed == [10, 11]

    run(main())


def test_only_so_many_requests_share_a_commit(tmp_path):
    async def main():
        async with Running(tmp_path, max_group=10) as on:
            await asyncio.gather(*[on.write(number) for number in range(25)])
            assert on.journal.committed == [10, 10, 5]

    run(main())


def test_requests_are_applied_in_the_order_in_which_they_came(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            order = []
            await asyncio.gather(
                *[on.submit(lambda _, number=number: order.append(number)) for number in range(50)]
            )
            assert order == list(range(50))

    run(main())


def test_a_group_that_writes_nothing_is_not_committed(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.errors = [JournalError("full")]
            assert await on.read(1) == 1
            assert on.journal.begun == []

    run(main())


# -- answers ------------------------------------------------------------------------------------


def test_nothing_is_answered_before_it_is_on_the_disk(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.hold()
            writing, reading = on.write("a"), on.read(2)
            await on.commit_begins()
            await asyncio.sleep(0.01)
            assert not writing.done()
            assert not reading.done()
            assert on.on_disk() == set()
            on.journal.go_on()
            assert await reading == 2
            assert writing.done()
            assert on.on_disk() == {"a"}

    run(main())


def test_what_an_operation_raises_is_for_its_caller_alone(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            wrong = on.submit(raises(KeyError("nobody")))
            right = on.write(1)
            with pytest.raises(KeyError, match="nobody"):
                await wrong
            assert await right == 1
            assert on.committer.failure is None

    run(main())


def test_an_error_that_no_future_can_hold_is_raised_as_another(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            asked = on.submit(raises(StopIteration(7)))
            with pytest.raises(RuntimeError, match=r"it raised StopIteration\(7\)"):
                await asked
            assert await on.write(1) == 1

    run(main())


def test_a_caller_that_went_away_keeps_nobody_from_an_answer(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.hold()
            gone, failed, stays = on.write(1), on.submit(raises(KeyError())), on.write(2)
            gone.cancel()
            failed.cancel()
            on.journal.go_on()
            assert await stays == 2
            assert on.journal.committed == [2]

    run(main())


def test_consequences_of_a_commit_are_carried_out_before_anybody_is_answered(tmp_path):
    async def main():
        async with Running(tmp_path) as on:

            def apply(batch):
                batch.put_account("a", PRO)
                batch.deliver("m", ("message",), new=True)
                batch.check("m")

            expected = [("pending", "m", ("message",), True), ("check", "m")]
            answered = on.submit(apply)
            at_answer = []
            answered.add_done_callback(lambda _: at_answer.extend(on.delivery.schedule))
            await answered
            await asyncio.sleep(0)
            assert at_answer == expected
            on.journal.errors = [JournalError("full")]
            with pytest.raises(JournalError, match="full"):
                await on.submit(apply)
            assert on.delivery.schedule == expected

    run(main())


def test_closed_meetings_leave_memory_after_the_commit_and_watchers_are_woken(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            await on.submit(on.meetings.open, "m", PRO, CLOUD, None, "scheduled", meeting="m")

            def close(batch):
                batch.mark_dirty("m")
                on.meetings.close(batch, on.meetings.get("m"))
                return "m" in on.meetings.live

            with on.meetings.watch("m") as changed:
                assert await on.submit(close, meeting="m")
                assert changed.is_set()
            assert on.meetings.live == {}

    run(main())


# -- commits that fail --------------------------------------------------------------------------


def test_a_failed_commit_refuses_writers_and_applies_readers_again(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.hold()
            on.journal.errors = [JournalError("full")]
            writing = on.submit(on.accounts.put, "a", PRO)

            def names(_):
                return sorted(on.accounts._accounts)

            reading = on.submit(names)
            failing = on.submit(raises(KeyError("no")))
            await on.commit_begins()
            assert names(None) == ["a"]
            on.journal.go_on()
            with pytest.raises(JournalError, match="full"):
                await writing
            assert await reading == []
            with pytest.raises(KeyError):
                await failing
            assert str(on.committer.failure) == "full"
            assert await on.submit(on.accounts.put, "a", PRO) == PRO
            assert on.committer.failure is None
            assert on.on_disk() == {"a"}

    run(main())


def test_a_reader_that_has_to_write_after_a_failed_commit_does_so(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.hold()
            on.journal.errors = [JournalError("full")]
            # The second finds the account of the first, and writes nothing; then it must.
            first, second = (on.submit(on.accounts.put, "a", PRO) for _ in range(2))
            await on.commit_begins()
            on.journal.go_on()
            with pytest.raises(JournalError, match="full"):
                await first
            assert await second == PRO
            assert on.journal.begun == [1, 1]
            assert on.on_disk() == {"a"}

    run(main())


def test_a_failed_commit_drops_changed_meetings_which_come_back_from_the_journal(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            settings = (PRO, CLOUD, None, "scheduled")
            await on.submit(on.meetings.open, "kept", *settings, meeting="kept")

            def change(batch):
                on.meetings.get("kept").seq = 99
                batch.mark_dirty("kept")
                batch.put_account("a", PRO)

            on.journal.errors = [JournalError("full")]
            changed = on.submit(change, meeting="kept")
            opened = on.submit(on.meetings.open, "lost", *settings, meeting="lost")
            answers = await asyncio.gather(changed, opened, return_exceptions=True)
            assert [str(answer) for answer in answers] == ["full", "full"]
            assert on.meetings.live == {}
            snapshot = await on.submit(on.meetings.snapshot, "kept", meeting="kept")
            assert snapshot.seq == 0
            with pytest.raises(UnknownMeetingError):
                await on.submit(on.meetings.snapshot, "lost", meeting="lost")

    run(main())


def test_an_error_of_any_kind_in_a_commit_refuses_it(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.errors = [OverflowError("too large")]
            with pytest.raises(JournalError, match="cannot be used: OverflowError: too large"):
                await on.write(1)
            assert await on.write(2) == 2
            assert on.on_disk() == {"2"}

    run(main())


def test_a_commit_to_a_file_that_was_removed_is_refused(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            await on.write(1)
            await asyncio.sleep(0.01)
            elsewhere = tmp_path / "elsewhere.db"
            on.file.rename(elsewhere)
            with pytest.raises(JournalError, match="removed or replaced"):
                await on.write(2)
            assert on.committer.failure is not None
            elsewhere.rename(on.file)
            assert await on.write(3) == 3
            assert on.committer.failure is None
            assert on.on_disk() == {"1", "3"}

    run(main())


def test_readers_are_answered_while_writers_keep_coming_and_failing(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.errors = [JournalError("full")] * 100_000
            stopping = False

            async def writer():
                while not stopping:
                    with pytest.raises(JournalError):
                        await on.write(1)

            writers = [asyncio.create_task(writer()) for _ in range(5)]
            await until(lambda: on.committer.failure is not None)
            for number in range(20):
                assert await on.read(number) == number
            stopping = True
            await asyncio.gather(*writers)
            on.journal.errors = []

    run(main())


@pytest.mark.parametrize("error", [JournalError("no disk"), UnicodeError("no text")])
def test_a_meeting_that_cannot_be_loaded_is_an_error_for_its_callers_alone(tmp_path, error):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.load_errors = [error]
            about, not_about = on.read(1, meeting="m"), on.write(2)
            with pytest.raises(JournalError, match=str(error)):
                await about
            assert await not_about == 2
            assert await on.read(3, meeting="m") == 3

    run(main())


# -- a journal that failed ----------------------------------------------------------------------


def test_a_journal_that_failed_is_probed_until_it_works(tmp_path):
    async def main():
        async with Running(tmp_path, retry_interval=0.001) as on:
            on.journal.errors = [JournalError("one"), JournalError("two"), OSError("three")]
            with pytest.raises(JournalError, match="one"):
                await on.write(1)
            assert on.committer.failure is not None
            await until(lambda: on.committer.failure is None)
            assert on.journal.probes == 3
            await on.read()
            assert on.journal.probes == 3

    run(main())


def test_a_failure_is_known_until_a_probe_has_succeeded(tmp_path):
    async def main():
        async with Running(tmp_path, retry_interval=0.001) as on:
            on.journal.errors = [JournalError("one"), OSError("two")]
            seen = []
            with pytest.raises(JournalError, match="one"):
                await on.write(1)
            while on.committer.failure is not None:
                seen.append((on.journal.probes, str(on.committer.failure)))
                await asyncio.sleep(0)
            assert (1, "the journal cannot be used: OSError: two") in seen
            assert on.journal.probes == 2

    run(main())


def test_a_journal_that_works_is_never_probed(tmp_path):
    async def main():
        async with Running(tmp_path, retry_interval=0) as on:
            await on.write(1)
            await asyncio.sleep(0.01)
            assert on.journal.probes == 0

    run(main())


def test_a_journal_that_failed_is_probed_while_there_are_only_readers(tmp_path):
    async def main():
        async with Running(tmp_path, retry_interval=0.02) as on:
            on.journal.errors = [JournalError("full"), JournalError("still full")]
            with pytest.raises(JournalError):
                await on.write(1)

            async def read():
                await on.read()
                return on.committer.failure is None

            await until(read)
            assert on.journal.probes == 2

    run(main())


def test_waiting_for_the_next_probe_takes_no_processor_time(tmp_path, monkeypatch):
    async def main():
        async with Running(tmp_path, retry_interval=0.05) as on:
            waits = []
            wait = on.requests.wait

            async def counted(until):
                waits.append(until)
                await wait(until)

            monkeypatch.setattr(on.requests, "wait", counted)
            on.journal.errors = [JournalError("full")]
            with pytest.raises(JournalError):
                await on.write(1)
            await until(lambda: on.committer.failure is None)
            assert len(waits) < 10

    run(main())


# -- limits and the end -------------------------------------------------------------------------


def test_too_many_waiting_requests_are_refused_but_internal_ones_never(tmp_path):
    async def main():
        async with Running(tmp_path, max_waiting=2) as on:
            on.journal.hold()
            first = on.write(0)
            await on.commit_begins()
            waiting = [on.write(1), on.write(2)]
            with pytest.raises(BusyError, match="2 requests wait already") as caught:
                on.write(3)
            assert caught.value.retry_after > 0
            internal = on.submit(lambda _: 4, internal=True)
            on.journal.go_on()
            assert [await answer for answer in (first, *waiting, internal)] == [0, 1, 2, 4]
            assert await on.write(5) == 5

    run(main())


def test_closing_answers_waiting_requests_and_accepts_only_internal_ones(tmp_path):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.hold()
            waiting = [on.write(number) for number in range(5)]
            on.requests.close()
            with pytest.raises(ClosedError):
                on.write(9)
            internal = on.submit(lambda _: "internal", internal=True)
            on.journal.go_on()
            await on.task
            answers = [answer.result() for answer in (*waiting, internal)]
            assert answers == [0, 1, 2, 3, 4, "internal"]
            with pytest.raises(ClosedError):
                on.submit(lambda _: None, internal=True)

    run(main())


def test_nobody_is_left_without_an_answer_where_the_delivery_fails(tmp_path):
    async def main():
        async with Running(tmp_path) as on:

            def apply(batch):
                batch.put_account("a", PRO)
                batch.deliver("m", ())

            on.delivery.error = ZeroDivisionError()
            asked = [on.write(1), on.submit(apply), on.write(2)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(answer) for answer in answers] == [JournalError] * 3
            with pytest.raises(ZeroDivisionError):
                await on.task
            with pytest.raises(ClosedError):
                on.write(4)

    run(main())


@pytest.mark.parametrize("during", ["a commit", "loading", "waiting"])
def test_nobody_is_left_without_an_answer_where_the_committer_is_cancelled(tmp_path, during):
    async def main():
        async with Running(tmp_path) as on:
            on.journal.hold()
            asked = []
            await asyncio.sleep(0.01)
            if during != "waiting":
                meeting = "m" if during == "loading" else None
                asked = [on.write(number, meeting=meeting) for number in range(3)]
                await asyncio.sleep(0.02)
            committing = len(asked) if during == "a commit" else 0
            assert on.journal.begun == [3] * (during == "a commit")
            asked += [on.write(number) for number in range(3, 6)]
            on.task.cancel()
            answers = await asyncio.gather(*asked, return_exceptions=True)
            # A commit that was begun may succeed or not; the other requests changed nothing.
            assert [type(answer) for answer in answers] == (
                [JournalError] * committing + [ClosedError] * (len(asked) - committing)
            )
            for internal in (False, True):
                with pytest.raises(ClosedError):
                    on.submit(lambda _: None, internal=internal)

    run(main())
