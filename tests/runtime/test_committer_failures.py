"""Commits that fail, and the journal after a failure."""

import asyncio

import pytest

from fsm.runtime import JournalError, UnknownMeetingError

from .committers import RunningCommitter, raises
from .hubs import CLOUD, PRO, run, wait_until

# -- commits that fail ----------------------------------------------------------------------------


def test_a_failed_commit_refuses_writers_and_applies_readers_again(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.hold()
            running.journal.errors = [JournalError("full")]
            writing = running.submit(running.accounts.put, "a", PRO)

            def names(_):
                return sorted(running.accounts._accounts)

            reading = running.submit(names)
            failing = running.submit(raises(KeyError("no")))
            await running.until_commit_begins()
            assert names(None) == ["a"]
            running.journal.release()
            with pytest.raises(JournalError, match="full"):
                await writing
            assert await reading == []
            with pytest.raises(KeyError):
                await failing
            assert str(running.committer.failure) == "full"
            assert await running.submit(running.accounts.put, "a", PRO) == PRO
            assert running.committer.failure is None
            assert running.on_disk() == {"a"}

    run(main())


def test_a_reader_that_must_write_after_a_failed_commit_does_so(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.hold()
            running.journal.errors = [JournalError("full")]
            # The second request finds the account of the first, and writes only after the rollback.
            first, second = (running.submit(running.accounts.put, "a", PRO) for _ in range(2))
            await running.until_commit_begins()
            running.journal.release()
            with pytest.raises(JournalError, match="full"):
                await first
            assert await second == PRO
            assert running.journal.begun == [1, 1]
            assert running.on_disk() == {"a"}

    run(main())


def test_meetings_of_a_failed_commit_are_loaded_again_from_the_journal(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            settings = (PRO, CLOUD, None, "scheduled", 0, None)
            await running.submit(running.meetings.open, "kept", *settings, meeting="kept")

            def change(batch):
                running.meetings.get("kept").seq = 99
                batch.mark_dirty("kept")
                batch.put_account("a", PRO)

            running.journal.errors = [JournalError("full")]
            changed = running.submit(change, meeting="kept")
            opened = running.submit(running.meetings.open, "lost", *settings, meeting="lost")
            answers = await asyncio.gather(changed, opened, return_exceptions=True)
            assert [str(answer) for answer in answers] == ["full", "full"]
            assert running.meetings.live == {}
            snapshot = await running.submit(running.meetings.snapshot, "kept", meeting="kept")
            assert snapshot.seq == 0
            with pytest.raises(UnknownMeetingError):
                await running.submit(running.meetings.snapshot, "lost", meeting="lost")

    run(main())


def test_an_unexpected_error_of_a_commit_is_a_journal_error(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.errors = [OverflowError("too large")]
            with pytest.raises(JournalError, match="cannot be used: OverflowError: too large"):
                await running.write(1)
            assert await running.write(2) == 2
            assert running.on_disk() == {"2"}

    run(main())


def test_a_commit_to_a_file_that_was_removed_is_refused(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            await running.write(1)
            await asyncio.sleep(0.01)
            elsewhere = tmp_path / "elsewhere.db"
            running.file.rename(elsewhere)
            with pytest.raises(JournalError, match="removed or replaced"):
                await running.write(2)
            assert running.committer.failure is not None
            elsewhere.rename(running.file)
            assert await running.write(3) == 3
            assert running.committer.failure is None
            assert running.on_disk() == {"1", "3"}

    run(main())


def test_readers_are_answered_while_all_writers_fail(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.errors = [JournalError("full")] * 100_000
            stopping = False

            async def writer():
                while not stopping:
                    with pytest.raises(JournalError):
                        await running.write(1)

            writers = [asyncio.create_task(writer()) for _ in range(5)]
            await wait_until(lambda: running.committer.failure is not None)
            for number in range(20):
                assert await running.read(number) == number
            stopping = True
            await asyncio.gather(*writers)
            running.journal.errors = []

    run(main())


@pytest.mark.parametrize("error", [JournalError("no disk"), UnicodeError("no text")])
def test_a_meeting_that_cannot_be_loaded_is_an_error_only_for_its_own_requests(tmp_path, error):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.load_errors = [error]
            own, other = running.read(1, meeting="m"), running.write(2)
            with pytest.raises(JournalError, match=str(error)):
                await own
            assert await other == 2
            assert await running.read(3, meeting="m") == 3

    run(main())


def test_an_account_that_cannot_be_loaded_again_is_an_error_until_it_can(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path) as running:
            running.journal.errors = [JournalError("full")]
            with pytest.raises(JournalError, match="full"):
                await running.submit(running.accounts.put, "a", PRO)
            running.journal.load_errors = [JournalError("no disk")]
            with pytest.raises(JournalError, match="account 'a' cannot be read again"):
                await running.submit(running.accounts.put, "a", PRO)
            assert str(running.committer.failure) == "no disk"
            assert await running.submit(running.accounts.put, "a", PRO) == PRO
            assert running.committer.failure is None

    run(main())


# -- a journal that failed ------------------------------------------------------------------------


def test_a_journal_that_failed_is_probed_until_it_works(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path, probe_interval=0.001) as running:
            running.journal.errors = [JournalError("one"), JournalError("two"), OSError("three")]
            with pytest.raises(JournalError, match="one"):
                await running.write(1)
            assert running.committer.failure is not None
            await wait_until(lambda: running.committer.failure is None)
            assert running.journal.probes == 3
            await running.read()
            assert running.journal.probes == 3

    run(main())


def test_a_failure_is_kept_until_a_probe_succeeds(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path, probe_interval=0.001) as running:
            running.journal.errors = [JournalError("one"), OSError("two")]
            seen = []
            with pytest.raises(JournalError, match="one"):
                await running.write(1)
            while running.committer.failure is not None:
                seen.append((running.journal.probes, str(running.committer.failure)))
                await asyncio.sleep(0)
            assert (1, "the journal cannot be used: OSError: two") in seen
            assert running.journal.probes == 2

    run(main())


def test_a_journal_that_works_is_never_probed(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path, probe_interval=0) as running:
            await running.write(1)
            await asyncio.sleep(0.01)
            assert running.journal.probes == 0

    run(main())


def test_a_journal_that_failed_is_probed_while_there_are_only_readers(tmp_path):
    async def main():
        async with RunningCommitter(tmp_path, probe_interval=0.02) as running:
            running.journal.errors = [JournalError("full"), JournalError("still full")]
            with pytest.raises(JournalError):
                await running.write(1)

            async def read():
                await running.read()
                return running.committer.failure is None

            await wait_until(read)
            assert running.journal.probes == 2

    run(main())


def test_the_committer_sleeps_until_the_next_probe(tmp_path, monkeypatch):
    async def main():
        async with RunningCommitter(tmp_path, probe_interval=0.05) as running:
            waits = []
            wait = running.requests.wait

            async def counted(until):
                waits.append(until)
                await wait(until)

            monkeypatch.setattr(running.requests, "wait", counted)
            running.journal.errors = [JournalError("full")]
            with pytest.raises(JournalError):
                await running.write(1)
            await wait_until(lambda: running.committer.failure is None)
            assert len(waits) < 10

    run(main())
