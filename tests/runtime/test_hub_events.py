"""The opening of meetings, and events that are sent to them."""

import asyncio
import itertools

import pytest

from fsm.recording import Choice, End, Join, Leave, Pause, StartRecorder
from fsm.runtime import (
    BusyError,
    ConflictError,
    HubLimits,
    Journal,
    JournalError,
    Snapshot,
    UnknownAccountError,
    UnknownMeetingError,
)

from .hubs import (
    ALICE,
    BOB,
    BUSINESS,
    CLOUD,
    PRO,
    FailingJournal,
    ScriptedRecorder,
    full_state,
    open_hub,
    refused,
    run,
    start_recording,
    until_delivered,
)

# -- opening --------------------------------------------------------------------------------------


def test_a_meeting_opens_with_its_plan(tmp_path):
    async def main():
        async with open_hub(tmp_path, clock=itertools.count(1000).__next__) as hub:
            snapshot = await hub.open("m", PRO, CLOUD, Choice(True), "webinar")
            assert snapshot == Snapshot("m", "idle", snapshot.plan, {}, None, None, False, 0, 0, {})
            assert snapshot.plan.kind == "cloud"
            [summary] = await hub.meetings()
            assert (summary.id, summary.opened_at, summary.closed_at) == ("m", 1000, None)
            assert (await hub.resolution("m")).plan == snapshot.plan

    run(main())


def test_opening_again_with_the_same_settings_changes_nothing(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            before = await full_state(hub)
            assert await hub.open("m", PRO, CLOUD) == await hub.read("m")
            assert await full_state(hub) == before
        async with open_hub(tmp_path) as hub:
            assert await hub.open("m", PRO, CLOUD) == await hub.read("m")

    run(main())


@pytest.mark.rule("D17")
@pytest.mark.parametrize("settings", [(PRO, CLOUD), (BUSINESS, CLOUD)], ids=ascii)
def test_a_meeting_that_is_over_is_not_opened_again_until_it_is_pruned(tmp_path, settings):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            with pytest.raises(ConflictError, match=r"meeting 'm' is over, .* under a new id"):
                await hub.open("m", *settings)
            await until_delivered(hub)
            async with refused(hub, ConflictError, "meeting 'm' is over"):
                await hub.open("m", *settings)
        async with (
            open_hub(tmp_path) as hub,
            refused(hub, ConflictError, "meeting 'm' is over"),
        ):
            await hub.open("m", *settings)
        with Journal(tmp_path / "meetings.db") as journal:
            assert journal.prune(2**60) == 1
        async with open_hub(tmp_path) as hub:
            assert not (await hub.open("m", *settings)).ended

    run(main())


@pytest.mark.rule("D17")
def test_a_meeting_that_is_pruned_while_the_hub_runs_is_unknown_at_once(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            assert (await hub.dispatch("m", Leave("alice"), "e-1")).outcome.refused
            with Journal(tmp_path / "meetings.db") as journal:
                assert journal.prune(2**60) == 1
            with pytest.raises(UnknownMeetingError):
                await hub.dispatch("m", Leave("alice"), "e-2")
            assert not (await hub.open("m", PRO)).ended

    run(main())


class PrunedJournal(Journal):
    """A journal that another connection prunes just before the next commit, if a test wants it."""

    prunes = False

    def commit(self, batch):
        if self.prunes:
            with Journal(self.file) as journal:
                assert journal.prune(2**60) == 1
        super().commit(batch)


def test_an_event_of_a_meeting_that_is_being_pruned_does_not_come_up_in_a_later_one(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=PrunedJournal) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            hub.journal.prunes = True
            assert (await hub.dispatch("m", Leave("alice"), "e-1")).seq == 3
        with Journal(tmp_path / "meetings.db") as journal:
            assert journal.integrity_errors() == []
        async with open_hub(tmp_path) as hub:
            await start_recording(hub, "later")
            await hub.dispatch("later", Pause("alice"))
            assert (await hub.dispatch("later", BOB)).seq == 3
            assert list((await hub.read("later")).present) == ["alice", "bob"]

    run(main())


@pytest.mark.rule("D15")
def test_a_meeting_that_was_pruned_before_anyone_came_is_opened_again_in_the_journal(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            with Journal(tmp_path / "meetings.db") as journal:
                assert journal.prune(2**60) == 1
            await hub.open("m", PRO, CLOUD)
            assert (await hub.dispatch("m", ALICE)).outcome.state == "recording"

    run(main())


def test_a_join_of_a_meeting_that_was_pruned_before_anyone_came_is_refused_and_not_lost(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO, user=CLOUD)
            await hub.open("other", PRO, user=CLOUD)
            await hub.dispatch("other", BOB)
            with Journal(tmp_path / "meetings.db") as journal:
                assert journal.prune(2**60) == 1
            with pytest.raises(UnknownMeetingError):
                await hub.dispatch("m", ALICE, "e-1")
            await hub.open("m", PRO, user=CLOUD)
            assert (await hub.dispatch("m", ALICE, "e-1")).outcome.state == "recording"
            assert (await hub.dispatch("other", ALICE)).seq == 2

    run(main())


def test_a_pruned_meeting_fails_only_its_own_requests(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub, "other")
            for number in range(20):
                await hub.open(f"m-{number}", PRO, user=CLOUD)
            with Journal(tmp_path / "meetings.db") as journal:
                assert journal.prune(2**60) == 20
            requests = []
            for number in range(20):
                requests.append(hub.dispatch(f"m-{number}", ALICE, f"e-{number}"))
                requests.append(hub.dispatch("other", Join(f"p-{number}", "member", "web")))
            answers = await asyncio.gather(*requests, return_exceptions=True)
            assert {type(each) for each in answers[::2]} == {UnknownMeetingError}
            assert [each.seq for each in answers[1::2]] == list(range(2, 22))
            assert hub.health.ok

    run(main())


class CountingJournal(Journal):
    """A journal that counts the meetings it loads."""

    loaded = 0

    def load(self, id):  # noqa: A002
        self.loaded += 1
        return super().load(id)


def test_the_events_after_the_end_of_a_meeting_do_not_each_load_it(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=CountingJournal) as hub:
            await start_recording(hub, id="e-0")
            await hub.dispatch("m", End())
            await until_delivered(hub)
            loaded = hub.journal.loaded
            for number in range(5):
                entry = await hub.dispatch("m", Leave("alice"), f"e-{number + 1}")
                assert entry.seq == number + 3
            assert (await hub.read("m")).ended
            assert hub.journal.loaded <= loaded + 1

    run(main())


def test_only_the_closed_meetings_used_last_are_kept(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=CountingJournal) as hub:
            for number in range(100):
                await hub.open(f"m-{number}", PRO)
                await hub.dispatch(f"m-{number}", End())
            await until_delivered(hub)
            assert len(hub._meetings._recent) == 64
            loaded = hub.journal.loaded
            assert (await hub.read("m-0")).ended
            assert hub.journal.loaded == loaded + 1

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
def test_opening_again_with_other_settings_is_a_conflict(tmp_path, settings):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            async with refused(hub, ConflictError, "there is a meeting 'm' with other settings"):
                await hub.open("m", *settings)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            async with refused(hub, ConflictError):
                await hub.open("m", *settings)

    run(main())


def test_a_simultaneous_opening_with_other_settings_is_a_conflict(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            results = await asyncio.gather(
                hub.open("m", PRO), hub.open("m", PRO), hub.open("m", BUSINESS),
                return_exceptions=True,
            )  # fmt: skip
            assert results[0] == results[1]
            assert isinstance(results[2], ConflictError)
            assert len(await hub.meetings()) == 1

    run(main())


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        (("unknown",), UnknownAccountError, "no account 'unknown'"),
        ((None,), TypeError, "account must be a Account"),
        ((PRO, True), TypeError, "Choice"),
        ((PRO, None, None, "party"), ValueError, "type cannot be 'party'"),
        ((PRO, None, Choice(True), "quick"), ValueError, "D13"),
    ],
    ids=ascii,
)
def test_invalid_settings_open_nothing(tmp_path, settings, error, match):
    async def main():
        async with open_hub(tmp_path) as hub:
            async with refused(hub, error, match):
                await hub.open("m", *settings)
            assert hub.health.meetings == 0
            await hub.open("m", PRO)

    run(main())


def test_too_many_meetings_are_refused_until_one_ends(tmp_path):
    async def main():
        async with open_hub(tmp_path, limits=HubLimits(meetings=2)) as hub:
            await hub.open("a", PRO)
            await hub.open("b", PRO)
            async with refused(hub, BusyError, "2 meetings are open already") as caught:
                await hub.open("c", PRO)
            assert caught.value.retry_after == 10
            await hub.open("a", PRO)
            with pytest.raises(UnknownMeetingError):
                await hub.read("c")
            await hub.dispatch("a", End())
            await until_delivered(hub)
            await hub.open("c", PRO)

    run(main())


# -- events ---------------------------------------------------------------------------------------


def test_an_event_is_answered_and_is_in_the_history(tmp_path):
    async def main():
        async with open_hub(tmp_path, clock=itertools.count(1000).__next__) as hub:
            entry = await start_recording(hub, id="e-1")
            assert (entry.meeting, entry.seq, entry.id, entry.at) == ("m", 1, "e-1", 1001)
            assert entry.event == ALICE
            assert entry.outcome.recorder == (StartRecorder("cloud"),)
            assert await hub.history("m") == [entry]

    run(main())


def test_a_refused_event_is_answered_and_kept(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            entry = await hub.dispatch("m", Pause("bob"), "e-2")
            assert (entry.seq, entry.outcome.refused) == (2, "not_present")
            assert (await hub.history("m"))[1:] == [entry]
        async with open_hub(tmp_path) as hub:
            assert (await hub.history("m"))[1:] == [entry]
            assert await hub.dispatch("m", Pause("bob"), "e-2") == entry

    run(main())


def test_an_event_without_an_id_after_the_end_is_answered_and_not_kept(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            for _ in range(2):
                before = await full_state(hub)
                entry = await hub.dispatch("m", BOB)
                assert (entry.seq, entry.outcome.refused) == (None, "meeting_ended")
                assert await full_state(hub) == before

    run(main())


@pytest.mark.parametrize("closed", [True, False])
def test_an_event_with_an_id_after_the_end_has_one_answer(tmp_path, closed):
    clock = itertools.count(1000)
    recorder = ScriptedRecorder()

    async def main():
        async with open_hub(tmp_path, recorder, clock=clock.__next__) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            recorder.dead = set() if closed else {"m"}
            await hub.dispatch("m", End())
            if closed:
                await until_delivered(hub)
            assert hub.health.meetings == (0 if closed else 1)
            [summary] = await hub.meetings()
            late = await hub.dispatch("m", BOB, "late")
            assert (late.seq, late.outcome.refused) == (3, "meeting_ended")
            before = await full_state(hub)
            assert await hub.dispatch("m", BOB, "late") == late
            async with refused(hub, ConflictError, "'late' was used for another event"):
                await hub.dispatch("m", ALICE, "late")
            assert await full_state(hub) == before
            assert (await hub.history("m"))[2:] == [late]
            [later] = await hub.meetings()
            assert (later.closed_at, later.events) == (summary.closed_at, 3)
            assert (later.closed_at is not None) is closed
        async with open_hub(tmp_path, recorder, clock=clock.__next__) as hub:
            assert await hub.dispatch("m", BOB, "late") == late
            async with refused(hub, ConflictError, "'late' was used for another event"):
                await hub.dispatch("m", ALICE, "late")
            assert (await hub.dispatch("m", ALICE, "later")).seq == 4

    run(main())


def test_late_events_of_a_failed_commit_are_not_remembered(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            hub.journal.failing = True
            failed = await asyncio.gather(
                hub.dispatch("m", BOB, "late"), hub.dispatch("m", ALICE, "later"),
                return_exceptions=True,
            )  # fmt: skip
            assert {type(each) for each in failed} == {JournalError}
            hub.journal.failing = False
            assert (await hub.dispatch("m", ALICE, "later")).seq == 3
            assert (await hub.dispatch("m", ALICE, "late")).seq == 4
            assert [each.seq for each in await hub.history("m")] == [1, 2, 3, 4]

    run(main())


def test_the_same_id_gets_the_same_answer_and_changes_nothing(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            first = await start_recording(hub, id="e-1")
            await hub.dispatch("m", Leave("alice"))
            await until_delivered(hub)
            before = await full_state(hub)
            assert await hub.dispatch("m", ALICE, "e-1") == first
            assert await full_state(hub) == before
        async with open_hub(tmp_path) as hub:
            assert await hub.dispatch("m", ALICE, "e-1") == first
            await hub.dispatch("m", End(), "e-end")
            await until_delivered(hub)
            assert hub.health.meetings == 0
            assert await hub.dispatch("m", ALICE, "e-1") == first
            assert (await hub.dispatch("m", End(), "e-end")).outcome.refused is None
            assert hub.health.meetings == 0
        async with open_hub(tmp_path) as hub:
            assert await hub.dispatch("m", ALICE, "e-1") == first
            assert len(await hub.history("m")) == 3

    run(main())


def test_the_same_id_many_times_at_once_is_one_event(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            entries = await asyncio.gather(*[hub.dispatch("m", ALICE, "e-1") for _ in range(50)])
            assert set(entries) == {entries[0]} or all(each == entries[0] for each in entries)
            assert await hub.history("m") == [entries[0]]

    run(main())


def test_the_same_id_for_another_event_is_a_conflict(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub, id="e-1")
            await until_delivered(hub)
            async with refused(hub, ConflictError, "the event id 'e-1' was used for another event"):
                await hub.dispatch("m", BOB, "e-1")
            at_once = await asyncio.gather(
                hub.dispatch("m", BOB, "e-2"), hub.dispatch("m", Leave("bob"), "e-2"),
                return_exceptions=True,
            )  # fmt: skip
            assert isinstance(at_once[1], ConflictError)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            async with refused(hub, ConflictError):
                await hub.dispatch("m", BOB, "e-1")
        async with open_hub(tmp_path) as hub, refused(hub, ConflictError):
            await hub.dispatch("m", BOB, "e-1")

    run(main())


def test_two_meetings_may_use_the_same_event_id(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub, "a", id="e-1")
            await start_recording(hub, "b", id="e-1")
            await hub.open("c", PRO)
            assert (await hub.dispatch("c", BOB, "e-1")).seq == 1

    run(main())


def test_event_ids_are_loaded_only_when_an_event_has_one(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            first = await start_recording(hub, id="e-1")
        async with open_hub(tmp_path) as hub:
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
        async with open_hub(tmp_path, limits=HubLimits(participants=2)) as hub:
            await start_recording(hub)
            await hub.dispatch("m", BOB)
            await until_delivered(hub)
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


def test_too_many_requests_are_refused_and_change_nothing(tmp_path):
    async def main():
        async with open_hub(tmp_path, limits=HubLimits(waiting=10)) as hub:
            await start_recording(hub)
            requests = [hub.dispatch("m", Pause("bob"), f"e-{number}") for number in range(50)]
            results = await asyncio.gather(*requests, return_exceptions=True)
            accepted = [each for each in results if not isinstance(each, BusyError)]
            assert 10 <= len(accepted) < 50
            assert (await hub.history("m"))[1:] == accepted
            assert str(results[-1]) == "10 requests wait already"
            assert (await hub.dispatch("m", Pause("bob"), "e-49")).seq == len(accepted) + 2

    run(main())


def test_a_caller_that_gives_up_may_send_the_event_again_with_the_same_id(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            cancelled = asyncio.create_task(hub.dispatch("m", ALICE, "e-1"))
            await asyncio.sleep(0)
            cancelled.cancel()
            await asyncio.wait([cancelled])
            assert cancelled.cancelled()
            entry = await hub.dispatch("m", ALICE, "e-1")
            assert (entry.seq, entry.outcome.refused) == (1, None)
            assert await hub.history("m") == [entry]

    run(main())


def test_simultaneous_events_share_commits_and_are_answered_in_order(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            meetings = [f"m-{number}" for number in range(40)]
            await asyncio.gather(*[hub.open(each, PRO, CLOUD) for each in meetings])
            before = hub.journal.commits
            entries = await asyncio.gather(
                *[hub.dispatch(each, Pause("bob")) for _ in range(25) for each in meetings]
            )
            assert len(entries) == 1000
            assert hub.journal.commits - before < 50
            for number, meeting in enumerate(meetings):
                assert await hub.history(meeting) == entries[number::40]

    run(main())


def test_a_clock_that_is_set_back_does_not_set_back_the_times_of_a_meeting(tmp_path):
    now = [1_800_000_000_000]

    async def main():
        async with open_hub(tmp_path, clock=lambda: now[0]) as hub:
            await start_recording(hub)
        now[0] = -1_000
        async with open_hub(tmp_path, clock=lambda: now[0]) as hub:
            entry = await hub.dispatch("m", End())
            assert entry.at == 1_800_000_000_000
            await until_delivered(hub)
            [summary] = await hub.meetings()
            assert summary.closed_at == 1_800_000_000_000

    run(main())
