import asyncio
import gc
import itertools
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
    Leave,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    StartRecorder,
)
from fsm.runtime import (
    BusyError,
    ClosedError,
    ConflictError,
    CorruptMeetingError,
    Hub,
    HubLimits,
    Journal,
    JournalError,
    JournalFileError,
    RecorderStatus,
    RetryPolicy,
    Snapshot,
    UnknownAccountError,
    UnknownMeetingError,
)
from fsm.runtime.limits import MAX_ID_LENGTH, check_id

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
    hub_on,
    recording,
    run,
    until,
)

ADMIN = Actor("super_admin")
NO_IDS = ["", "a" * 201, "a\nb", "a\0b", "\x1b[31m", "\ud800", "\u2028", "\u202e"]
FINE_IDS = ["a", "a" * 200, "会议 7", "a/b", "'; DROP TABLE meetings; --", "🎥"]


async def everything(hub):
    """What of a hub can be seen, to compare."""
    summaries = await hub.meetings()
    return summaries, [(await hub.read(each.id), await hub.history(each.id)) for each in summaries]


class refused:  # noqa: N801
    """The hub refuses what the block asks for, and all is as it was."""

    def __init__(self, hub, error, match=None):
        self.hub, self.raises = hub, pytest.raises(error, match=match)

    async def __aenter__(self):
        self.before = await everything(self.hub)
        return self.raises.__enter__()

    async def __aexit__(self, *error):
        found = self.raises.__exit__(*error)
        assert await everything(self.hub) == self.before
        return found


# -- ids ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", NO_IDS, ids=ascii)
def test_an_id_that_cannot_be_is_refused_wherever_it_names_something_new(tmp_path, id_):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            for what, ask in {
                "a meeting's id": lambda: hub.open(id_, PRO),
                "an event's id": lambda: hub.dispatch("m", BOB, id_),
                "an account's id": lambda: hub.put_account(id_, PRO),
            }.items():
                async with refused(hub, ValueError, f"{what} must be 1 to 200 printable letters"):
                    await ask()

    run(main())


@pytest.mark.parametrize("id_", [*NO_IDS, None, 7, b"m", ("m",), ["m"]], ids=ascii)
def test_what_cannot_be_an_id_is_that_of_no_meeting_and_no_account(tmp_path, id_):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            for ask in (
                lambda: hub.dispatch(id_, BOB),
                lambda: hub.dispatch(id_, BOB, "e-1"),
                lambda: hub.read(id_),
                lambda: hub.allowed(id_, "alice"),
                lambda: hub.resolution(id_),
                lambda: hub.history(id_),
                lambda: anext(hub.watch(id_)),
            ):
                async with refused(hub, UnknownMeetingError, "there is no meeting"):
                    await ask()
            if not isinstance(id_, list):
                async with refused(hub, UnknownAccountError, "there is no account"):
                    await hub.account(id_)
                async with refused(hub, UnknownAccountError):
                    await hub.change(id_, Enable(ADMIN))
            assert (await hub.dispatch("m", BOB)).seq == 2

    run(main())


@pytest.mark.parametrize("id_", FINE_IDS)
def test_any_printable_id_is_taken_and_comes_back(tmp_path, id_):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub, id_, id=id_)
            await hub.put_account(id_, BUSINESS)
        async with hub_on(tmp_path) as hub:
            assert (await hub.read(id_)).id == id_
            assert [each.id for each in await hub.history(id_)] == [id_]
            assert await hub.account(id_) == BUSINESS

    run(main())


@pytest.mark.parametrize("id_", [None, 7, b"m"], ids=ascii)
def test_an_id_must_be_text(id_):
    with pytest.raises(TypeError, match="a thing's id must be a str"):
        check_id("a thing's id", id_)


def test_the_longest_id_has_200_letters():
    assert MAX_ID_LENGTH == 200


@pytest.mark.parametrize(
    "event",
    [
        Join("\ud800", "host", "windows"),
        Join("carol", "host", "windows", "\udfff"),
        Leave("\ud800"),
        Start("\ud800", "cloud"),
        RecorderFailed("\ud800"),
        End("\ud800"),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("id_", [None, "e-1"])
def test_letters_that_cannot_be_written_are_refused_in_events(tmp_path, event, id_):
    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            async with refused(hub, ValueError, "letters that cannot be written"):
                await hub.dispatch("m", event, id_)
            assert (await hub.dispatch("m", ALICE, id_)).seq == 1

    run(main())


def test_participants_may_be_called_anything_that_can_be_written(tmp_path):
    names = ["", "\0", "\x1b[31m", "a" * 200, "\u2028", "会"]

    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            for name in names:
                await hub.dispatch("m", Join(name, "member", "web", name))
        async with hub_on(tmp_path) as hub:
            assert list((await hub.read("m")).present) == names

    run(main())


@pytest.mark.parametrize("event", [None, "join", {"join": {}}, Enable(ADMIN), Join], ids=ascii)
def test_what_is_no_event_is_refused(tmp_path, event):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            async with refused(hub, TypeError, "an event must be an event of a meeting"):
                await hub.dispatch("m", event)

    run(main())


# -- opening ------------------------------------------------------------------------------------


def test_a_meeting_opens_with_its_plan(tmp_path):
    async def main():
        async with hub_on(tmp_path, clock=itertools.count(1000).__next__) as hub:
            found = await hub.open("m", PRO, CLOUD, Choice(True), "webinar")
            assert found == Snapshot("m", "idle", found.plan, {}, None, None, False, 0, 0)
            assert found.plan.kind == "cloud"
            [summary] = await hub.meetings()
            assert (summary.id, summary.opened_at, summary.closed_at) == ("m", 1000, None)
            assert (await hub.resolution("m")).plan == found.plan

    run(main())


def test_to_open_again_with_the_same_settings_changes_nothing(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            before = await everything(hub)
            assert await hub.open("m", PRO, CLOUD) == await hub.read("m")
            assert await everything(hub) == before
            await hub.dispatch("m", End())
            await at_rest(hub)
            assert (await hub.open("m", PRO, CLOUD)).ended
        async with hub_on(tmp_path) as hub:
            assert (await hub.open("m", PRO, CLOUD)).ended

    run(main())


@pytest.mark.parametrize(
    "settings",
    [
        (BUSINESS, CLOUD),
        (PRO, None),
        (PRO, Choice(True, "local")),
        (PRO, CLOUD, Choice(True)),
        (PRO, CLOUD, None, "webinar"),
    ],
    ids=ascii,
)
def test_to_open_again_with_other_settings_is_a_conflict(tmp_path, settings):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            async with refused(hub, ConflictError, "there is a meeting 'm' with other settings"):
                await hub.open("m", *settings)
            await hub.dispatch("m", End())
            await at_rest(hub)
            async with refused(hub, ConflictError):
                await hub.open("m", *settings)

    run(main())


def test_to_open_at_once_with_other_settings_is_a_conflict_for_one(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            found = await asyncio.gather(
                hub.open("m", PRO), hub.open("m", PRO), hub.open("m", BUSINESS),
                return_exceptions=True,
            )  # fmt: skip
            assert found[0] == found[1]
            assert isinstance(found[2], ConflictError)
            assert len(await hub.meetings()) == 1

    run(main())


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        (("nobody",), UnknownAccountError, "no account 'nobody'"),
        ((None,), TypeError, "account must be a Account"),
        ((PRO, True), TypeError, "Choice"),
        ((PRO, None, None, "party"), ValueError, "type cannot be 'party'"),
        ((PRO, None, Choice(True), "quick"), ValueError, "D13"),
    ],
    ids=ascii,
)
def test_settings_that_cannot_be_open_nothing(tmp_path, settings, error, match):
    async def main():
        async with hub_on(tmp_path) as hub:
            async with refused(hub, error, match):
                await hub.open("m", *settings)
            assert hub.health.meetings == 0
            await hub.open("m", PRO)

    run(main())


def test_too_many_meetings_are_refused_until_one_is_over(tmp_path):
    async def main():
        async with hub_on(tmp_path, limits=HubLimits(meetings=2)) as hub:
            await hub.open("a", PRO)
            await hub.open("b", PRO)
            async with refused(hub, BusyError, "2 meetings are open already") as caught:
                await hub.open("c", PRO)
            assert caught.value.retry_after == 10
            await hub.open("a", PRO)
            with pytest.raises(UnknownMeetingError):
                await hub.read("c")
            await hub.dispatch("a", End())
            await hub.open("c", PRO)

    run(main())


# -- events -------------------------------------------------------------------------------------


def test_an_event_is_answered_and_is_in_the_history(tmp_path):
    async def main():
        async with hub_on(tmp_path, clock=itertools.count(1000).__next__) as hub:
            entry = await recording(hub, id="e-1")
            assert (entry.meeting, entry.seq, entry.id, entry.at) == ("m", 1, "e-1", 1001)
            assert entry.event == ALICE
            assert entry.outcome.recorder == (StartRecorder("cloud"),)
            assert await hub.history("m") == [entry]

    run(main())


def test_a_refused_event_is_answered_and_kept(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            entry = await hub.dispatch("m", Pause("bob"), "e-2")
            assert (entry.seq, entry.outcome.refused) == (2, "not_present")
            assert (await hub.history("m"))[1:] == [entry]
        async with hub_on(tmp_path) as hub:
            assert (await hub.history("m"))[1:] == [entry]
            assert await hub.dispatch("m", Pause("bob"), "e-2") == entry

    run(main())


def test_what_comes_after_the_end_is_answered_and_not_kept(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            await hub.dispatch("m", End())
            await at_rest(hub)
            for _ in range(2):
                before = await everything(hub)
                entry = await hub.dispatch("m", BOB, "late")
                assert (entry.seq, entry.outcome.refused) == (None, "meeting_ended")
                assert await everything(hub) == before

    run(main())


def test_the_same_id_gets_the_same_answer_and_changes_nothing(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            first = await recording(hub, id="e-1")
            await hub.dispatch("m", Leave("alice"))
            before = await everything(hub)
            assert await hub.dispatch("m", ALICE, "e-1") == first
            assert await everything(hub) == before
        async with hub_on(tmp_path) as hub:
            assert await hub.dispatch("m", ALICE, "e-1") == first
            await hub.dispatch("m", End(), "e-end")
            await at_rest(hub)
            assert hub.health.meetings == 0
            assert await hub.dispatch("m", ALICE, "e-1") == first
            assert (await hub.dispatch("m", End(), "e-end")).outcome.refused is None
            assert hub.health.meetings == 0
        async with hub_on(tmp_path) as hub:
            assert await hub.dispatch("m", ALICE, "e-1") == first
            assert len(await hub.history("m")) == 3

    run(main())


def test_the_same_id_many_times_at_once_is_one_event(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            found = await asyncio.gather(*[hub.dispatch("m", ALICE, "e-1") for _ in range(50)])
            assert set(found) == {found[0]} or all(each == found[0] for each in found)
            assert await hub.history("m") == [found[0]]

    run(main())


def test_the_same_id_for_another_event_is_a_conflict(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub, id="e-1")
            async with refused(hub, ConflictError, "the event id 'e-1' was used for another event"):
                await hub.dispatch("m", BOB, "e-1")
            at_once = await asyncio.gather(
                hub.dispatch("m", BOB, "e-2"), hub.dispatch("m", Leave("bob"), "e-2"),
                return_exceptions=True,
            )  # fmt: skip
            assert isinstance(at_once[1], ConflictError)
            await hub.dispatch("m", End())
            await at_rest(hub)
            async with refused(hub, ConflictError):
                await hub.dispatch("m", BOB, "e-1")
        async with hub_on(tmp_path) as hub, refused(hub, ConflictError):
            await hub.dispatch("m", BOB, "e-1")

    run(main())


def test_an_id_belongs_to_its_meeting(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub, "a", id="e-1")
            await recording(hub, "b", id="e-1")
            await hub.open("c", PRO)
            assert (await hub.dispatch("c", BOB, "e-1")).seq == 1

    run(main())


def test_ids_are_brought_back_only_when_one_is_sent_and_then_all_are_right(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            first = await recording(hub, id="e-1")
        async with hub_on(tmp_path) as hub:
            assert hub._meetings.live["m"].by_id is None
            await hub.dispatch("m", BOB)
            await hub.read("m")
            assert hub._meetings.live["m"].by_id is None
            assert (await hub.dispatch("m", Leave("bob"), "e-3")).seq == 3
            assert set(hub._meetings.live["m"].by_id) == {"e-1", "e-3"}
            assert await hub.dispatch("m", ALICE, "e-1") == first

    run(main())


def test_too_many_participants_are_refused_until_one_leaves(tmp_path):
    async def main():
        async with hub_on(tmp_path, limits=HubLimits(participants=2)) as hub:
            await recording(hub)
            await hub.dispatch("m", BOB)
            carol = Join("carol", "member", "web")
            async with refused(hub, BusyError, "2 participants are in the meeting") as caught:
                await hub.dispatch("m", carol, "e-3")
            assert caught.value.retry_after == 10
            await hub.dispatch("m", Pause("alice"))
            assert (await hub.dispatch("m", BOB)).outcome.refused == "already_present"
            await hub.dispatch("m", Leave("bob"))
            assert (await hub.dispatch("m", carol, "e-3")).outcome.refused is None
            await hub.dispatch("m", End())
            assert (await hub.dispatch("m", BOB)).outcome.refused == "meeting_ended"

    run(main())


def test_too_many_requests_are_refused_and_not_one_of_them_is_half_taken(tmp_path):
    async def main():
        async with hub_on(tmp_path, limits=HubLimits(waiting=10)) as hub:
            await recording(hub)
            asked = [hub.dispatch("m", Pause("bob"), f"e-{number}") for number in range(50)]
            found = await asyncio.gather(*asked, return_exceptions=True)
            taken = [each for each in found if not isinstance(each, BusyError)]
            assert 10 <= len(taken) < 50
            assert (await hub.history("m"))[1:] == taken
            assert str(found[-1]) == "10 requests wait already"
            assert (await hub.dispatch("m", Pause("bob"), "e-49")).seq == len(taken) + 2

    run(main())


def test_a_caller_that_gives_up_may_ask_again_with_the_same_id(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            gone = asyncio.create_task(hub.dispatch("m", ALICE, "e-1"))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.wait([gone])
            assert gone.cancelled()
            entry = await hub.dispatch("m", ALICE, "e-1")
            assert (entry.seq, entry.outcome.refused) == (1, None)
            assert await hub.history("m") == [entry]

    run(main())


def test_events_at_once_are_committed_together_and_each_is_answered_in_turn(tmp_path):
    async def main():
        async with hub_on(tmp_path, journal=FailingJournal) as hub:
            meetings = [f"m-{number}" for number in range(40)]
            await asyncio.gather(*[hub.open(each, PRO, CLOUD) for each in meetings])
            before = hub.journal.commits
            found = await asyncio.gather(
                *[hub.dispatch(each, Pause("bob")) for _ in range(25) for each in meetings]
            )
            assert len(found) == 1000
            assert hub.journal.commits - before < 50
            for number, meeting in enumerate(meetings):
                assert await hub.history(meeting) == found[number::40]

    run(main())


# -- reading ------------------------------------------------------------------------------------


def test_a_snapshot_says_how_a_meeting_stands(tmp_path):
    async def main():
        recorder = Recorder()
        recorder.dead = {"m"}
        async with hub_on(tmp_path, recorder, retry=RetryPolicy(first=30)) as hub:
            local = AutoRecord(enabled=True, kind="local")
            await hub.open("m", Account("business", auto_record=local))
            await hub.dispatch("m", ALICE)
            await hub.dispatch("m", BOB)
            await hub.dispatch("m", Pause("alice"))
            found = await hub.read("m")
            assert (found.state, found.kind, found.client) == ("paused", "local", "alice")
            assert list(found.present) == ["alice", "bob"]
            assert (found.ended, found.seq, found.undelivered) == (False, 3, 2)
            await hub.dispatch("m", Leave("bob"))
            assert "bob" in found.present

    run(main())


def test_a_reader_waits_for_what_was_asked_before(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            writing = asyncio.ensure_future(hub.dispatch("m", ALICE))
            await asyncio.sleep(0)
            snapshot, allowed = await asyncio.gather(hub.read("m"), hub.allowed("m", "alice"))
            assert writing.done()
            assert snapshot.state == "recording"
            assert allowed["pause"].allowed
            with Journal(tmp_path / "meetings.db", readonly=True) as journal:
                assert len(journal.history("m")) == 1

    run(main())


def test_who_may_do_what_is_told_with_the_reason(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            await hub.dispatch("m", BOB)
            assert (await hub.allowed("m", "alice"))["stop"].allowed
            assert (await hub.allowed("m", "bob"))["stop"].refused == "not_host"
            assert (await hub.allowed("m", "nobody"))["stop"].refused == "not_present"

    run(main())


def test_the_reasons_of_a_plan_stay_those_of_the_opening(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.put_account("acme", BUSINESS)
            await hub.open("m", "acme")
            await hub.change("acme", Disable(ADMIN))
            assert (await hub.resolution("m")).plan.kind == "cloud"
            assert (await hub.open("m-2", "acme")).plan.kind is None
        async with hub_on(tmp_path) as hub:
            assert (await hub.resolution("m")).plan.kind == "cloud"

    run(main())


def test_of_a_meeting_nobody_opened_nothing_is_known(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            for ask in (
                lambda: hub.dispatch("m", ALICE),
                lambda: hub.dispatch("m", ALICE, "e-1"),
                lambda: hub.read("m"),
                lambda: hub.allowed("m", "alice"),
                lambda: hub.resolution("m"),
                lambda: hub.history("m"),
                lambda: anext(hub.watch("m")),
            ):
                async with refused(hub, UnknownMeetingError, r"no meeting 'm' \(open it first\)"):
                    await ask()
            assert hub._meetings.watchers == {}

    run(main())


def test_history_and_meetings_come_in_pages(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            for name in "abc":
                await recording(hub, name)
                await hub.dispatch(name, BOB)
            assert [each.seq for each in await hub.history("a", 1)] == [2]
            assert [each.seq for each in await hub.history("a", limit=1)] == [1]
            assert [each.id for each in await hub.meetings("a", 1)] == ["b"]

    run(main())


def test_a_closed_meeting_can_still_be_read(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            await hub.dispatch("m", End())
            await at_rest(hub)
            assert hub.health.meetings == 0
            found = await hub.read("m")
            assert (found.ended, found.state, found.seq) == (True, "stopped", 2)
            assert not (await hub.allowed("m", "alice"))["start_cloud"].allowed
            assert len(await hub.history("m")) == 2
            assert hub.health.meetings == 0

    run(main())


# -- watching -----------------------------------------------------------------------------------


def test_a_watcher_sees_what_was_and_what_comes_until_the_end(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            seen = []

            async def watch(after):
                found = [each.seq async for each in hub.watch("m", after)]
                seen.append(found)

            watching = [asyncio.create_task(watch(after)) for after in (0, 1, 3)]
            await until(lambda: len(hub._meetings.watchers.get("m", ())) == 3)
            for number in range(1, 5):
                await hub.dispatch("m", Pause("alice") if number % 2 else Resume("alice"))
            await hub.dispatch("m", End())
            await asyncio.gather(*watching)
            assert sorted(seen) == [[1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6], [4, 5, 6]]
            assert hub._meetings.watchers == {}

    run(main())


def test_who_watches_from_a_number_on_misses_nothing_and_sees_nothing_twice(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            total, seen = 56, [0]

            async def watch():
                while seen[-1] < total:
                    watching = hub.watch("m", seen[-1])
                    async for entry in watching:
                        seen.append(entry.seq)
                        if entry.seq % 7 == 0:
                            break
                    await watching.aclose()

            watcher = asyncio.create_task(watch())
            for _ in range(total - 1):
                await hub.dispatch("m", Pause("bob"))
            await watcher
            assert seen == list(range(total + 1))
            assert hub._meetings.watchers == {}

    run(main())


def test_a_meeting_that_is_over_is_watched_to_its_end(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            await hub.dispatch("m", End())
            await at_rest(hub)
            assert [each.seq async for each in hub.watch("m")] == [1, 2]
            assert [each.seq async for each in hub.watch("m", 2)] == []

    run(main())


def test_a_watcher_ends_when_the_hub_closes(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)

            async def watch():
                return [each.seq async for each in hub.watch("m")]

            waiting = asyncio.create_task(watch())
            await until(lambda: "m" in hub._meetings.watchers)
            resting = hub.watch("m")
            assert (await anext(resting)).seq == 1
            # One that asks in the moment of closing.
            asking = asyncio.create_task(watch())
        assert await waiting == [1]
        assert await asking in ([], [1])
        assert [each async for each in resting] == []
        assert [each async for each in hub.watch("m")] == []

    run(main())


# -- a disk that fails --------------------------------------------------------------------------


async def fails(hub, broken=None):
    await at_rest(hub)
    hub.journal.broken = broken
    hub.journal.failing = True


@pytest.mark.parametrize("broken", [None, OverflowError("too large"), RuntimeError("strange")])
def test_what_cannot_be_written_is_refused_taken_back_and_can_be_sent_again(tmp_path, broken):
    async def main():
        async with hub_on(tmp_path, journal=FailingJournal) as hub:
            await recording(hub)
            await hub.put_account("acme", Account("business"))
            assert hub.health.ok
            before = await everything(hub)
            await fails(hub, broken)
            for ask in (
                lambda: hub.dispatch("m", Pause("alice"), "e-2"),
                lambda: hub.dispatch("m", Leave("alice")),
                lambda: hub.open("m-2", PRO),
                lambda: hub.put_account("other", PRO),
                lambda: hub.change("acme", Enable(ADMIN)),
            ):
                with pytest.raises(JournalError):
                    await ask()
            assert not hub.health.ok
            assert "full" in hub.health.why or "cannot be used" in hub.health.why
            assert await everything(hub) == before
            assert await hub.account("acme") == Account("business")
            with pytest.raises(UnknownAccountError):
                await hub.account("other")
            hub.journal.failing = False
            entry = await hub.dispatch("m", Pause("alice"), "e-2")
            assert (entry.seq, entry.outcome.state) == (2, "paused")
            assert hub.health.ok
            assert hub.health.why is None
            assert (await hub.change("acme", Enable(ADMIN))).status == "default_on"
            await hub.open("m-2", PRO)
        async with hub_on(tmp_path) as hub:
            assert len(await hub.history("m")) == 2

    run(main())


def test_a_hub_whose_disk_works_again_is_healthy_without_being_asked(tmp_path):
    async def main():
        async with hub_on(tmp_path, journal=FailingJournal) as hub:
            await recording(hub)
            await fails(hub)
            with pytest.raises(JournalError):
                await hub.dispatch("m", Pause("alice"))
            hub.journal.failing = False
            await until(lambda: hub.health.ok)

    run(main())


def test_readers_in_a_failed_commit_are_told_what_is_on_the_disk(tmp_path):
    async def main():
        async with hub_on(tmp_path, journal=FailingJournal) as hub:
            await recording(hub)
            await fails(hub)
            found = await asyncio.gather(
                hub.dispatch("m", Pause("alice"), "e-2"), hub.read("m"), hub.allowed("m", "alice"),
                hub.dispatch("m", Pause("alice"), "e-2"), hub.open("m", PRO),
                hub.dispatch("m", End()), hub.dispatch("m", Pause("alice")),
                return_exceptions=True,
            )  # fmt: skip
            assert isinstance(found[0], JournalError)
            assert found[1].state == "recording"
            assert found[2]["pause"].allowed
            assert isinstance(found[3], JournalError)
            assert isinstance(found[4], ConflictError)
            assert isinstance(found[5], JournalError)
            assert isinstance(found[6], JournalError)

    run(main())


def test_a_full_disk_is_survived(tmp_path):
    async def main():
        async with hub_on(tmp_path, journal=FailingJournal) as hub:
            await recording(hub)
            await at_rest(hub)
            db = hub.journal._db

            def allow(pages):
                db.execute(f"PRAGMA max_page_count = {pages}")

            await hub._writer.do(allow, 1)
            crowd = [Join(f"{number:0200}", "member", "web") for number in range(200)]
            sent = (hub.dispatch("m", each, f"c-{n}") for n, each in enumerate(crowd))
            for answer in await asyncio.gather(*sent, return_exceptions=True):
                assert isinstance(answer, JournalError)
                assert "full" in str(answer)
            assert not hub.health.ok
            assert list((await hub.read("m")).present) == ["alice"]
            await hub._writer.do(allow, 100_000)
            assert (await hub.dispatch("m", BOB, "e-2")).seq == 2
            assert hub.health.ok

    run(main())


def test_a_journal_that_cannot_be_read_is_told_and_nobody_waits_for_ever(tmp_path):
    async def main():
        async with hub_on(tmp_path, journal=FailingJournal) as hub:
            await recording(hub, id="e-1")
            await hub.dispatch("m", End())
            await at_rest(hub)
            await hub._writer.do(rename, hub.journal, "events", "elsewhere")
            for ask in (
                lambda: hub.dispatch("m", ALICE, "e-1"),
                lambda: hub.read("m"),
                lambda: hub.history("m"),
                lambda: anext(hub.watch("m")),
            ):
                with pytest.raises(JournalError, match="cannot be read"):
                    await ask()
            assert not hub.health.ok
            await hub._writer.do(rename, hub.journal, "elsewhere", "events")
            await recording(hub, "m-2")
            assert hub.health.ok

    def rename(journal, old, new):
        journal._db.execute(f"ALTER TABLE {old} RENAME TO {new}")

    run(main())


@pytest.mark.parametrize(
    "spoil",
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
def test_a_meeting_that_cannot_be_read_is_no_trouble_for_the_others(tmp_path, spoil):
    async def main():
        async with hub_on(tmp_path, journal=FailingJournal) as hub:
            await recording(hub, "bad", id="e-1")
            await hub.dispatch("bad", End())
            await hub.open("good", PRO)
            await at_rest(hub)
            await hub._writer.do(hub.journal._db.execute, spoil)
            asked = []
            for number in range(5):
                asked.append(hub.dispatch("bad", ALICE, "e-1"))
                asked.append(
                    hub.dispatch("good", Join(f"p-{number}", "member", "web"), f"{number}")
                )
            answers = await asyncio.gather(*asked, return_exceptions=True)
            assert {type(each) for each in answers[::2]} == {CorruptMeetingError}
            assert [each.seq for each in answers[1::2]] == [1, 2, 3, 4, 5]
            with pytest.raises(CorruptMeetingError, match="'bad' cannot be read"):
                await hub.dispatch("bad", ALICE, "e-1")
            assert hub.health.ok

    run(main())


def test_a_journal_that_works_again_is_noticed_by_who_only_reads(tmp_path):
    async def main():
        async with hub_on(tmp_path, journal=FailingJournal) as hub:
            await recording(hub)
            await at_rest(hub)
            hub.journal.failing = True
            with pytest.raises(JournalError):
                await hub.dispatch("m", BOB)
            hub.journal.failing = False
            assert not hub.health.ok

            async def read():
                await hub.read("m")
                return hub.health.ok

            await until(read)

    run(main())


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_journal_that_is_removed_takes_nothing_more(tmp_path, suffix, how):
    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.open("m", PRO)
            file = tmp_path / f"meetings.db{suffix}"
            file.rename(tmp_path / "away")
            if how == "replaced":
                file.write_bytes((tmp_path / "away").read_bytes())
            # Once it was seen there it counts as being there for a moment.
            await asyncio.sleep(0.01)
            for _ in range(2):
                with pytest.raises(JournalError, match="removed or replaced while it was open"):
                    await hub.dispatch("m", ALICE)
            assert "removed or replaced" in hub.health.why
            await asyncio.sleep(1.2)
            await hub.read("m")
            assert not hub.health.ok
            (tmp_path / "away").rename(file)
            assert (await hub.dispatch("m", ALICE)).seq == 1
            assert hub.health.ok

    run(main())


def test_what_a_recorder_took_is_noted_once_the_disk_works_again(tmp_path):
    async def main():
        recorder = Recorder()
        async with hub_on(tmp_path, recorder, journal=FailingJournal) as hub:
            await hub.open("m", PRO, CLOUD)

            def answer(message):
                hub.journal.failing = True
                return RecorderStatus(1, "cloud")

            recorder.trouble = [answer]
            await hub.dispatch("m", ALICE)
            await until(lambda: not hub.health.ok)
            assert (await hub.read("m")).undelivered == 1
            hub.journal.failing = False
            await at_rest(hub)
            assert (await hub.read("m")).undelivered == 0
            assert recorder.keys[0] == "m/1/1"

    run(main())


# -- accounts -----------------------------------------------------------------------------------


@pytest.mark.rule("R4")
def test_accounts_are_kept_changed_and_come_back(tmp_path):
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
def test_what_is_no_account_is_not_kept(tmp_path, account):
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
def test_what_is_no_change_is_refused(tmp_path, change):
    async def main():
        async with hub_on(tmp_path) as hub:
            await hub.put_account("acme", BUSINESS)
            with pytest.raises(TypeError, match="a change must be a change of a console"):
                await hub.change("acme", change)
            assert await hub.account("acme") == BUSINESS

    run(main())


def test_an_account_nobody_put_is_not_known(tmp_path):
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


# -- its life -----------------------------------------------------------------------------------


def test_a_hub_brings_every_meeting_back_as_it_was(tmp_path):
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


def test_numbers_of_meetings_are_not_used_twice(tmp_path):
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


def test_a_hub_that_was_not_opened_says_how_it_is(tmp_path):
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


def test_a_hub_is_opened_once_and_closing_it_again_is_no_fault(tmp_path):
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


def test_what_is_no_recorder_is_refused_at_once(tmp_path):
    file = tmp_path / "meetings.db"
    with pytest.raises(TypeError, match=r"'obs' is no recorder \(it has no start, pause, resume,"):
        Hub(file, "obs")
    with pytest.raises(TypeError, match=r"Recorder'> is no recorder \(give an object of it\)"):
        Hub(file, Recorder)


def test_a_recorder_that_counts_its_recordings_is_one_even_at_none(tmp_path):
    class Counting(Recorder):
        def __len__(self):
            return len(self.doing)

    async def main():
        async with hub_on(tmp_path, recorder := Counting()) as hub:
            await recording(hub)
            await until(lambda: recorder.commands == ["start"])

    run(main())


def test_who_watches_a_hub_that_breaks_down_is_told_and_so_is_health(tmp_path):
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


def test_who_closes_a_hub_that_is_closing_waits_as_long(tmp_path):
    async def main():
        hub = Hub(tmp_path / "meetings.db")
        await hub.__aexit__(None, None, None)
        await hub.__aenter__()
        await asyncio.gather(*[hub.__aexit__(None, None, None) for _ in range(3)])
        Journal(tmp_path / "meetings.db", lock=True).close()

    run(main())


def test_what_was_asked_before_closing_is_answered(tmp_path):
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


def test_requests_in_the_moment_of_closing_are_answered_or_told(tmp_path):
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
def test_a_hub_whose_closing_is_cancelled_answers_everybody_and_leaves_the_file(
    tmp_path, cancelled
):
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


def test_a_hub_whose_opening_is_cancelled_leaves_the_file(tmp_path):
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
def test_what_is_too_long_for_a_journal_is_refused(tmp_path, event, what):
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


def test_a_file_that_is_no_journal_starts_no_hub(tmp_path):
    async def main():
        (tmp_path / "meetings.db").write_bytes(b"Dear diary, " * 1000)
        for _ in range(2):
            with pytest.raises(JournalFileError, match="it is not a journal"):
                async with hub_on(tmp_path):
                    pass

    run(main())


@pytest.mark.parametrize("table", ["events SET event", "meetings SET plan", "accounts SET account"])
def test_a_hub_that_cannot_start_leaves_the_file_to_others(tmp_path, table):
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


def test_a_hub_on_a_journal_of_one_connection_does_the_same(tmp_path):
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


def test_health_counts_what_is_there(tmp_path):
    async def main():
        recorder = Recorder()
        recorder.dead = {"a"}
        async with hub_on(tmp_path, recorder, retry=RetryPolicy(first=30)) as hub:
            await recording(hub, "a")
            await recording(hub, "b")
            await until(lambda: hub.health.delivering == 1)
            found = hub.health
            assert (found.ok, found.why, found.meetings, found.waiting) == (True, None, 2, 0)
            attrs.asdict(found)

    run(main())


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_is_left_as_it_was(tmp_path, collecting):
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
