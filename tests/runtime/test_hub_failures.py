"""A hub whose disk fails or whose journal is corrupt."""

import asyncio

import pytest

from fsm.recording import Account, Actor, Enable, End, Join, Leave, Pause
from fsm.runtime import (
    ConflictError,
    CorruptMeetingError,
    Journal,
    JournalError,
    RecorderStatus,
    UnknownAccountError,
)

from .hubs import (
    ALICE,
    BOB,
    CLOUD,
    PRO,
    FailingJournal,
    ScriptedRecorder,
    full_state,
    open_hub,
    run,
    start_recording,
    until_delivered,
    wait_until,
)
from .journals import seal

ADMIN = Actor("super_admin")


async def let_journal_fail(hub, error=None):
    await until_delivered(hub)
    hub.journal.error = error
    hub.journal.failing = True


@pytest.mark.parametrize("error", [None, OverflowError("too large"), RuntimeError("strange")])
def test_an_event_that_cannot_be_written_is_rolled_back_and_may_be_sent_again(tmp_path, error):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            await start_recording(hub, with_member=True)
            await hub.put_account("acme", Account("business"))
            assert hub.health.ok
            await until_delivered(hub)
            before = await full_state(hub)
            await let_journal_fail(hub, error)
            for request in (
                lambda: hub.dispatch("m", Pause("alice"), "e-2"),
                lambda: hub.dispatch("m", Leave("alice")),
                lambda: hub.open("m-2", PRO),
                lambda: hub.put_account("other", PRO),
                lambda: hub.change("acme", Enable(ADMIN)),
            ):
                with pytest.raises(JournalError):
                    await request()
            assert not hub.health.ok
            assert "full" in hub.health.why or "cannot be used" in hub.health.why
            assert await full_state(hub) == before
            assert await hub.account("acme") == Account("business")
            with pytest.raises(UnknownAccountError):
                await hub.account("other")
            hub.journal.failing = False
            entry = await hub.dispatch("m", Pause("alice"), "e-2")
            assert (entry.seq, entry.outcome.state) == (3, "paused")
            assert hub.health.ok
            assert hub.health.why is None
            assert (await hub.change("acme", Enable(ADMIN))).status == "default_on"
            await hub.open("m-2", PRO)
        async with open_hub(tmp_path) as hub:
            assert len(await hub.history("m")) == 3

    run(main())


def test_a_hub_whose_disk_works_again_becomes_healthy_without_requests(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            hub._committer._probe_interval = 0.05
            await start_recording(hub)
            await let_journal_fail(hub)
            with pytest.raises(JournalError):
                await hub.dispatch("m", Pause("alice"))
            hub.journal.failing = False
            await wait_until(lambda: hub.health.ok)

    run(main())


def test_readers_of_a_failed_commit_see_the_state_on_the_disk(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            await start_recording(hub, with_member=True)
            await let_journal_fail(hub)
            results = await asyncio.gather(
                hub.dispatch("m", Pause("alice"), "e-2"), hub.read("m"), hub.allowed("m", "alice"),
                hub.dispatch("m", Pause("alice"), "e-2"), hub.open("m", PRO),
                hub.dispatch("m", End()), hub.dispatch("m", Pause("alice")),
                return_exceptions=True,
            )  # fmt: skip
            assert isinstance(results[0], JournalError)
            assert results[1].state == "recording"
            assert results[2]["pause"].allowed
            assert isinstance(results[3], JournalError)
            assert isinstance(results[4], ConflictError)
            assert isinstance(results[5], JournalError)
            assert isinstance(results[6], JournalError)

    run(main())


def test_a_hub_works_again_after_a_full_disk(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            db = hub.journal._db

            def allow(pages):
                db.execute(f"PRAGMA max_page_count = {pages}")

            await hub._threads.write(allow, 1)
            crowd = [Join(f"{number:0200}", "member", "web") for number in range(200)]
            sent = (hub.dispatch("m", each, f"c-{n}") for n, each in enumerate(crowd))
            for answer in await asyncio.gather(*sent, return_exceptions=True):
                assert isinstance(answer, JournalError)
                assert "full" in str(answer)
            assert not hub.health.ok
            assert list((await hub.read("m")).present) == ["alice"]
            await hub._threads.write(allow, 100_000)
            assert (await hub.dispatch("m", BOB, "e-2")).seq == 2
            assert hub.health.ok

    run(main())


def test_every_request_to_an_unreadable_journal_gets_an_error(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            await start_recording(hub, id="e-1")
            await hub.dispatch("m", End())
            await until_delivered(hub)
            await hub._threads.write(rename, hub.journal, "events", "elsewhere")
            hub._meetings.forget("m")
            for request in (
                lambda: hub.dispatch("m", ALICE, "e-1"),
                lambda: hub.read("m"),
                lambda: hub.history("m"),
                lambda: anext(hub.watch("m")),
            ):
                with pytest.raises(JournalError, match="cannot be read"):
                    await request()
            assert not hub.health.ok
            await hub._threads.write(rename, hub.journal, "elsewhere", "events")
            await start_recording(hub, "m-2")
            assert hub.health.ok

    def rename(journal, old, new):
        journal._db.execute(f"ALTER TABLE {old} RENAME TO {new}")

    run(main())


@pytest.mark.parametrize(
    "corruption",
    [
        "UPDATE events SET event = 'nonsense' WHERE meeting = 1",
        "UPDATE events SET event = '{}' WHERE meeting = 1",
        'UPDATE events SET event = \'{"end":{}},{"end":{}}\' WHERE meeting = 1',
        "UPDATE events SET answer = 'nonsense' WHERE meeting = 1",
        "UPDATE events SET event = CAST(x'ff' AS TEXT) WHERE meeting = 1",
        "UPDATE events SET answer = CAST(x'ff' AS TEXT) WHERE meeting = 1",
        "UPDATE outbox SET command = 'nonsense' WHERE meeting = 1",
        "UPDATE meetings SET plan = 'nonsense' WHERE key = 1",
        "DELETE FROM events WHERE meeting = 1 AND seq = 1",
    ],
)
def test_a_corrupt_meeting_does_not_affect_the_others(tmp_path, corruption):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            await start_recording(hub, "bad", id="e-1")
            await hub.dispatch("bad", End())
            await hub.open("good", PRO)
            await until_delivered(hub)
            await hub._threads.write(hub.journal._db.execute, corruption)
            hub._meetings.forget("bad")
            requests = []
            for number in range(5):
                requests.append(hub.dispatch("bad", ALICE, "e-1"))
                requests.append(
                    hub.dispatch("good", Join(f"p-{number}", "member", "web"), f"{number}")
                )
            answers = await asyncio.gather(*requests, return_exceptions=True)
            assert {type(each) for each in answers[::2]} == {CorruptMeetingError}
            assert [each.seq for each in answers[1::2]] == [1, 2, 3, 4, 5]
            with pytest.raises(CorruptMeetingError, match="'bad' cannot be read"):
                await hub.dispatch("bad", ALICE, "e-1")
            assert hub.health.ok

    run(main())


def test_a_meeting_with_names_that_no_rule_knows_does_not_affect_the_others(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub, "bad")
            await start_recording(hub, "good")
            await until_delivered(hub)
        with Journal(tmp_path / "meetings.db") as journal:
            journal._db.execute("""UPDATE events SET present = '"alice":["guest","web"]'
                WHERE meeting = (SELECT key FROM meetings WHERE id = 'bad')""")
            seal(journal._db)
        async with open_hub(tmp_path) as hub:
            for request in (hub.read("bad"), hub.dispatch("bad", Pause("alice"))):
                with pytest.raises(CorruptMeetingError, match="meeting 'bad' cannot be read"):
                    await request
            assert (await hub.dispatch("good", Pause("alice"))).outcome.state == "paused"
            assert hub.health.ok

    run(main())


def test_a_hub_with_only_readers_becomes_healthy_again(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            hub._committer._probe_interval = 0.05
            await start_recording(hub)
            await until_delivered(hub)
            hub.journal.failing = True
            with pytest.raises(JournalError):
                await hub.dispatch("m", BOB)
            hub.journal.failing = False
            assert not hub.health.ok

            async def read():
                await hub.read("m")
                return hub.health.ok

            await wait_until(read)

    run(main())


@pytest.mark.parametrize("suffix", ["", "-wal", ".lock"])
@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_events_are_refused_after_the_journal_was_removed_or_replaced(tmp_path, suffix, how):
    async def main():
        async with open_hub(tmp_path) as hub:
            hub._committer._probe_interval = 0.05
            await hub.open("m", PRO)
            file = tmp_path / f"meetings.db{suffix}"
            file.rename(tmp_path / "away")
            if how == "replaced":
                file.write_bytes((tmp_path / "away").read_bytes())
            # The hub looks for the file only once in a few milliseconds.
            await asyncio.sleep(0.01)
            for _ in range(2):
                with pytest.raises(JournalError, match="removed or replaced while it was open"):
                    await hub.dispatch("m", ALICE)
            assert "removed or replaced" in hub.health.why
            failed_at = hub._committer._failed_at
            await wait_until(lambda: hub._committer._failed_at > failed_at)
            await hub.read("m")
            assert not hub.health.ok
            (tmp_path / "away").rename(file)
            assert (await hub.dispatch("m", ALICE)).seq == 1
            assert hub.health.ok

    run(main())


def test_a_delivery_is_recorded_once_the_disk_works_again(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder, journal=FailingJournal) as hub:
            await hub.open("m", PRO, CLOUD)

            def answer(message):
                hub.journal.failing = True
                return RecorderStatus(1, "cloud")

            recorder.script = [answer]
            await hub.dispatch("m", ALICE)
            await wait_until(lambda: not hub.health.ok)
            assert (await hub.read("m")).undelivered == 1
            hub.journal.failing = False
            await until_delivered(hub)
            assert (await hub.read("m")).undelivered == 0
            assert recorder.keys[0] == "m/1/1"

    run(main())


def test_a_meeting_whose_change_was_not_written_is_still_reconciled(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder, journal=FailingJournal) as hub:
            hub._committer._probe_interval = 0.05
            await start_recording(hub)
            await let_journal_fail(hub)
            with pytest.raises(JournalError):
                await hub.dispatch("m", Pause("alice"))
            recorder.statuses.clear()
            hub.journal.failing = False
            await wait_until(lambda: hub.health.meetings == 1)
            assert await hub.reconcile() == 1
            await until_delivered(hub)
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_a_timer_fires_though_its_meeting_could_not_be_loaded_when_another_was_written(tmp_path):
    class Unreadable(FailingJournal):
        unreadable = 0

        def load(self, meeting):
            if self.unreadable:
                self.unreadable -= 1
                raise JournalError("the disk does not answer")
            return super().load(meeting)

    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder, journal=Unreadable) as hub:
            hub._committer._probe_interval = 0.05
            await hub.open("m", PRO, CLOUD, grace=1)
            await hub.dispatch("m", ALICE)
            await hub.open("other", PRO, CLOUD)
            await hub.dispatch("m", Leave("alice"))
            await let_journal_fail(hub)
            with pytest.raises(JournalError):
                await hub.dispatch("m", BOB)
            hub.journal.failing = False
            hub.journal.unreadable = 1
            await hub.dispatch("other", BOB)
            assert hub.journal.unreadable == 0
            assert not hub.health.ok
            await wait_until(lambda: recorder.commands == ["start", "stop"])
            assert hub.health.ok

    run(main())


class LateFailingJournal(FailingJournal):
    """A journal whose commits are on the disk when they fail."""

    def commit(self, batch):
        super(FailingJournal, self).commit(batch)
        self._fail()


def test_the_recorder_follows_a_commit_that_failed_and_was_written_nevertheless(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder, journal=LateFailingJournal) as hub:
            await hub.open("m", PRO, CLOUD)
            await let_journal_fail(hub)
            with pytest.raises(JournalError):
                await hub.dispatch("m", ALICE, "e-1")
            hub.journal.failing = False
            assert (await hub.dispatch("m", ALICE, "e-1")).outcome.state == "recording"
            await until_delivered(hub)
            assert recorder.statuses["m"] == RecorderStatus(1, "cloud")

    run(main())


def test_accounts_follow_a_commit_that_failed_and_was_written_nevertheless(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=LateFailingJournal) as hub:
            await hub.put_account("acme", Account("business"))
            await let_journal_fail(hub)
            for request in (
                lambda: hub.change("acme", Enable(ADMIN)),
                lambda: hub.put_account("other", PRO),
            ):
                with pytest.raises(JournalError):
                    await request()
            hub.journal.failing = False
            assert (await hub.account("acme")).auto_record.enabled
            assert await hub.account("other") == PRO
            # The number of the next change is the next one.
            assert (await hub.change("acme", Enable(ADMIN))).status == "default_on"
            assert hub.health.ok

    run(main())
