"""Accounts of a hub, and its opening and closing."""

import asyncio
import gc
import time

import attrs
import pytest

from fsm.recording import (
    Account,
    Actor,
    AutoRecord,
    Choice,
    Disable,
    Enable,
    End,
    Join,
    Pause,
    RecorderFailed,
    Resume,
    Start,
)
from fsm.runtime import (
    ClosedError,
    ConflictError,
    Hub,
    Journal,
    JournalError,
    JournalFileError,
    RetryPolicy,
    UnknownAccountError,
)

from .hubs import (
    ALICE,
    BOB,
    BUSINESS,
    CLOUD,
    PRO,
    QUICK,
    FailingJournal,
    Recorder,
    at_rest,
    everything,
    hub_on,
    recording,
    run,
    until,
)

ADMIN = Actor("super_admin")


# -- accounts -------------------------------------------------------------------------------------


@pytest.mark.rule("R4")
def test_accounts_are_added_changed_and_loaded_again(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            plain = Account("business")
            assert await hub.put_account("acme", plain) == plain
            assert await hub.put_account("acme", plain) == plain
            assert (await hub.change("acme", Enable(ADMIN))).status == "default_on"
            assert (await hub.change("acme", Disable(Actor("user")))).refused == "not_permitted"
            with pytest.raises(ConflictError, match="change its console"):
                await hub.put_account("acme", plain)
        async with hub_on(tmp_path) as hub:
            found = await hub.account("acme")
            assert found == Account("business", auto_record=AutoRecord(enabled=True))
            assert (await hub.change("acme", Disable(ADMIN))).status == "free"
        with Journal(tmp_path / "meetings.db") as journal:
            assert journal.accounts()["acme"] == (plain, 3)

    run(main())


@pytest.mark.parametrize("account", [None, "pro", {"edition": "pro"}, Choice(True)], ids=ascii)
def test_an_object_that_is_not_an_account_is_refused(tmp_path, account):
    async def main():
        async with hub_on(tmp_path) as hub:
            with pytest.raises(TypeError, match="an account must be an Account"):
                await hub.put_account("acme", account)
            with pytest.raises(UnknownAccountError, match="create it first"):
                await hub.account("acme")
        async with hub_on(tmp_path):
            pass

    run(main())


@pytest.mark.parametrize("change", [None, "enable", ALICE], ids=ascii)
def test_an_object_that_is_not_a_change_is_refused(tmp_path, change):
    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.put_account("acme", BUSINESS)
            with pytest.raises(TypeError, match="a change must be a change of a console"):
                await hub.change("acme", change)
            assert await hub.account("acme") == BUSINESS

    run(main())


def test_an_account_that_was_never_added_is_unknown(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            for ask in (
                lambda: hub.account("acme"),
                lambda: hub.change("acme", Enable(ADMIN)),
                lambda: hub.open("m", "acme"),
            ):
                with pytest.raises(UnknownAccountError, match=r"'acme' \(create it first\)"):
                    await ask()

    run(main())


# -- opening and closing --------------------------------------------------------------------------


def test_a_hub_loads_every_meeting_as_it_was(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            for number in range(20):
                meeting = f"m-{number}"
                await recording(hub, meeting, id="e-1")
                for event in [BOB, Pause("alice"), Resume("alice"), End()][: number % 5]:
                    await hub.dispatch(meeting, event)
            await at_rest(hub)
            before = await everything(hub)
            assert hub.health.meetings == 16
        async with hub_on(tmp_path, recorder) as hub:
            assert hub.health.meetings == 16
            await at_rest(hub)
            assert await everything(hub) == before

    run(main())


def test_keys_of_meetings_are_not_used_twice(tmp_path):
    async def main():
        for id_ in "abc":
            async with hub_on(tmp_path) as hub:
                await recording(hub, id_)
        async with hub_on(tmp_path) as hub:
            assert [len(await hub.history(each)) for each in "abc"] == [1, 1, 1]

    run(main())


def test_a_closed_hub_says_so(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            assert hub.health.ok
        assert (hub.health.ok, hub.health.why) == (False, "the hub is closed")
        for ask in (
            lambda: hub.open("m-2", PRO),
            lambda: hub.dispatch("m", BOB),
            lambda: hub.read("m"),
            lambda: hub.allowed("m", "alice"),
            lambda: hub.resolution("m"),
            lambda: hub.history("m"),
            lambda: hub.meetings(),
            lambda: hub.account("acme"),
            lambda: hub.put_account("acme", PRO),
            lambda: hub.change("acme", Enable(ADMIN)),
            lambda: hub.reconcile(),
            lambda: hub.reconcile("m"),
        ):
            with pytest.raises(ClosedError, match="the hub is closed"):
                await ask()

    run(main())


def test_a_hub_that_was_not_opened_says_how_to_open_it(tmp_path):
    async def main():
        hub = Hub(tmp_path / "meetings.db")
        for ask in (
            lambda: hub.open("m", PRO),
            lambda: hub.dispatch("m", ALICE),
            lambda: hub.read("m"),
            lambda: hub.history("m"),
            lambda: hub.meetings(),
            lambda: hub.put_account("acme", PRO),
            lambda: hub.account("acme"),
            lambda: hub.reconcile(),
            lambda: anext(hub.watch("m")),
        ):
            with pytest.raises(
                ClosedError, match=r"is not open \(async with Hub\(\.\.\.\) as hub:\)"
            ):
                await ask()
        with pytest.raises(ClosedError, match="not open"):
            _ = hub.health
        assert not (tmp_path / "meetings.db").exists()

    run(main())


def test_a_hub_is_opened_once_and_may_be_closed_twice(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            with pytest.raises(RuntimeError, match="opened only once"):
                await hub.__aenter__()
            await hub.open("m", PRO)
        await hub.__aexit__(None, None, None)
        with pytest.raises(RuntimeError, match="opened only once"):
            await hub.__aenter__()
        async with hub_on(tmp_path) as hub:
            assert (await hub.read("m")).id == "m"

    run(main())


def test_an_object_that_is_not_a_recorder_is_refused_at_once(tmp_path):
    file = tmp_path / "meetings.db"
    with pytest.raises(TypeError, match=r"'obs' is no recorder \(it has no start, pause, resume,"):
        Hub(file, "obs")
    with pytest.raises(TypeError, match=r"Recorder'> is no recorder \(give an instance\)"):
        Hub(file, Recorder)


def test_a_recorder_may_be_false_as_a_truth_value(tmp_path):
    class Counting(Recorder):
        def __len__(self):
            return len(self.statuses)

    async def main():
        async with hub_on(tmp_path, recorder := Counting()) as hub:
            await recording(hub)
            await until(lambda: recorder.commands == ["start"])

    run(main())


def test_watchers_and_health_notice_a_hub_that_breaks_down(tmp_path):
    async def main():
        hub = Hub(tmp_path / "meetings.db")
        await hub.__aenter__()
        await hub.open("m", PRO, CLOUD)

        async def watch():
            return [each.seq async for each in hub.watch("m")]

        watching = asyncio.create_task(watch())
        await asyncio.sleep(0.01)

        def breaks(*_, **__):
            raise ZeroDivisionError("made up")

        hub._delivery.pending = breaks
        with pytest.raises(JournalError, match="ended during the commit"):
            await hub.dispatch("m", ALICE)
        assert await watching == []
        assert not hub.health.ok
        assert hub.health.why == "the hub broke down: ZeroDivisionError('made up')"
        with pytest.raises(ClosedError):
            await hub.read("m")
        with pytest.raises(ZeroDivisionError):
            await hub.__aexit__(None, None, None)

    run(main())


def test_closing_a_hub_that_is_closing_waits_for_the_end(tmp_path):
    async def main():
        hub = Hub(tmp_path / "meetings.db")
        await hub.__aexit__(None, None, None)
        await hub.__aenter__()
        await asyncio.gather(*[hub.__aexit__(None, None, None) for _ in range(3)])
        Journal(tmp_path / "meetings.db", lock=True).close()

    run(main())


def test_requests_before_closing_are_answered(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            asked = [
                asyncio.ensure_future(hub.dispatch("m", Pause("bob"), f"e-{number}"))
                for number in range(20)
            ]
            reading = asyncio.ensure_future(hub.history("m"))
            await asyncio.sleep(0)
        found = await asyncio.gather(*asked)
        assert [each.seq for each in found] == list(range(1, 21))
        await reading
        async with hub_on(tmp_path) as hub:
            assert await hub.history("m") == found

    run(main())


def test_requests_during_closing_have_an_answer_or_an_error(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            found = []

            async def ask_on():
                while True:
                    found.append(await hub.dispatch("m", Pause("bob")))
                    found.extend(await hub.history("m", found[-1].seq - 1, 1))

            asking = [asyncio.create_task(ask_on()) for _ in range(5)]
            await until(lambda: len(found) > 20)
        ends = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(each) for each in ends} == {ClosedError}
        async with hub_on(tmp_path) as hub:
            entries = await hub.history("m", limit=100_000)
            assert all(entries[each.seq - 1] == each for each in found)

    run(main())


@pytest.mark.parametrize("link", ["of the file", "of the folder"])
def test_a_second_hub_on_the_same_file_by_another_name_is_refused(tmp_path, link):
    folder = tmp_path / "first"
    folder.mkdir()
    if link == "of the file":
        other = tmp_path / "other.db"
        other.symlink_to(folder / "meetings.db")
    else:
        (tmp_path / "second").symlink_to(folder)
        other = tmp_path / "second" / "meetings.db"

    async def main():
        async with hub_on(folder):
            with pytest.raises(JournalFileError, match="another service has it open"):
                async with Hub(other):
                    pass
        async with Hub(other) as hub:
            assert hub.health.ok

    run(main())


@pytest.mark.parametrize("cancelled", [1, 3])
def test_a_hub_whose_closing_is_cancelled_still_answers_and_releases_the_file(tmp_path, cancelled):
    class Slow(FailingJournal):
        def commit(self, batch):
            time.sleep(0.1)
            super().commit(batch)

    async def main():
        hub = Hub(lambda: Slow(tmp_path / "meetings.db", lock=True), retry=QUICK)
        await hub.__aenter__()
        await hub.open("m", PRO)
        people = [Join(f"p-{number}", "member", "web") for number in range(5)]
        asked = [asyncio.create_task(hub.dispatch("m", each)) for each in people]
        await asyncio.sleep(0.02)
        closing = asyncio.create_task(hub.__aexit__(None, None, None))
        for _ in range(cancelled):
            await asyncio.sleep(0.01)
            closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert [(await each).seq for each in asked] == [1, 2, 3, 4, 5]
        async with hub_on(tmp_path) as again:
            assert (await again.read("m")).seq == 5

    run(main())


def test_a_hub_whose_opening_is_cancelled_releases_the_file(tmp_path):
    def slowly():
        time.sleep(0.1)
        return Journal(tmp_path / "meetings.db", lock=True)

    async def main():
        opening = asyncio.create_task(Hub(slowly).__aenter__())
        await asyncio.sleep(0.02)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        async with hub_on(tmp_path) as hub:
            assert hub.health.ok

    run(main())


@pytest.mark.parametrize(
    ("event", "what"),
    [
        (Join("a" * 201, "member", "web"), "id of join must have at most 200 letters, not 201"),
        (Join("a", "member", "web", "1" * 201), "version of join"),
        (Start("a" * 201, "cloud"), "by of start"),
        (End("a" * 201), "by of end"),
        (RecorderFailed("a" * 1001), "detail of recorder_failed must have at most 1000"),
    ],
)
def test_an_event_with_a_field_that_is_too_long_is_refused(tmp_path, event, what):
    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.open("m", PRO)
            with pytest.raises(ValueError, match=what):
                await hub.dispatch("m", event)
            assert (await hub.dispatch("m", RecorderFailed("a" * 1000))).seq == 1

    run(main())


def test_a_second_hub_on_the_same_file_is_refused(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            with pytest.raises(JournalFileError, match="another service has it open"):
                async with hub_on(tmp_path):
                    pass
            await recording(hub)
        async with hub_on(tmp_path) as hub:
            assert (await hub.read("m")).state == "recording"

    run(main())


def test_a_file_that_is_not_a_journal_opens_no_hub(tmp_path):
    async def main():
        (tmp_path / "meetings.db").write_bytes(b"Dear diary, " * 1000)
        for _ in range(2):
            with pytest.raises(JournalFileError, match="it is not a journal"):
                async with hub_on(tmp_path):
                    pass

    run(main())


@pytest.mark.parametrize("table", ["events SET event", "meetings SET plan", "accounts SET account"])
def test_a_hub_that_cannot_open_releases_the_file(tmp_path, table):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            await hub.put_account("acme", PRO)
        with Journal(tmp_path / "meetings.db") as journal:
            journal._db.execute(f"UPDATE {table} = 'nonsense'")
        for _ in range(2):
            with pytest.raises(JournalError, match="cannot be read"):
                async with hub_on(tmp_path):
                    pass
        with Journal(tmp_path / "meetings.db", lock=True):
            pass

    run(main())


def test_a_hub_works_the_same_on_an_exclusive_journal(tmp_path):
    async def main():
        def journal():
            return Journal(tmp_path / "one.db", exclusive=True, lock=True)

        async with Hub(journal, retry=QUICK) as hub:
            await recording(hub, id="e-1")
            await hub.dispatch("m", End())
            await at_rest(hub)
            assert len(await hub.history("m")) == 2
            assert len(await hub.meetings()) == 1
        with pytest.raises(ClosedError):
            await hub.history("m")
        async with Hub(journal, retry=QUICK) as hub:
            assert (await hub.dispatch("m", ALICE, "e-1")).seq == 1

    run(main())


def test_health_has_the_counts(tmp_path):
    async def main():
        recorder = Recorder()
        recorder.dead = {"a"}
        async with hub_on(tmp_path, recorder, retry=RetryPolicy(initial_interval=30)) as hub:
            await recording(hub, "a")
            await recording(hub, "b")
            await until(lambda: hub.health.delivering == 1)
            found = hub.health
            assert (found.ok, found.why, found.meetings, found.waiting) == (True, None, 2, 0)
            attrs.asdict(found)

    run(main())


@pytest.mark.parametrize("collecting", [True, False])
def test_the_garbage_collector_is_left_as_it_was(tmp_path, collecting):
    async def main():
        async with hub_on(tmp_path):
            return gc.isenabled()

    try:
        if not collecting:
            gc.disable()
        assert run(main()) is collecting
    finally:
        gc.enable()


def test_a_closed_hub_asks_no_recorder(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await recording(hub)
            await at_rest(hub)
        hub._delivery.check_all(["m"])
        await asyncio.sleep(0.01)
        assert recorder.asked == []
        assert hub.health.delivering == 0

    run(main())
