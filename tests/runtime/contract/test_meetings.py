"""Opening and reading of meetings, and events with and without ids, in every runtime."""

import asyncio

import pytest

from fsm.recording import Account, AutoRecord, Choice, End, Join, Leave, Pause, Start, TimeUp
from fsm.runtime import (
    BusyError,
    ConflictError,
    HubLimits,
    TimerDefaults,
    UnknownAccountError,
    UnknownMeetingError,
)

from ...cluster.runtimes import run, unique
from ..hubs import ALICE, BOB, BUSINESS, CLOUD, PRO

pytestmark = pytest.mark.service


def test_a_meeting_answers_events_and_shows_their_effects(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            opened = await meetings.open(m, PRO, user=CLOUD)
            assert (opened.id, opened.state, opened.seq, opened.ended) == (m, "idle", 0, False)
            bob = await meetings.dispatch(m, BOB)
            alice = await meetings.dispatch(m, ALICE)
            refused = await meetings.dispatch(m, Pause("bob"))
            assert [each.seq for each in (bob, alice, refused)] == [1, 2, 3]
            assert (alice.outcome.before, alice.outcome.state) == ("idle", "recording")
            assert refused.outcome.refused == "not_host"
            snapshot = await meetings.read(m)
            assert (snapshot.state, snapshot.kind, snapshot.seq) == ("recording", "cloud", 3)
            assert {id_: each.role for id_, each in snapshot.present.items()} == {
                "alice": "host",
                "bob": "member",
            }
            assert list(snapshot.present) == ["alice", "bob"]
            allowed = await meetings.allowed(m, "alice")
            assert allowed["pause"].allowed
            assert not allowed["start_cloud"].allowed
            assert (await meetings.allowed(m, "bob"))["pause"].refused == "not_host"
            assert (await meetings.allowed(m, "nobody"))["pause"].refused == "not_present"
            assert (await meetings.resolution(m)).plan == snapshot.plan == opened.plan
            assert await meetings.history(m) == [bob, alice, refused]
            await meetings.dispatch(m, Leave("alice"))
            assert list((await meetings.read(m)).present) == ["bob"]

    run(main())


def test_opening_again_changes_nothing_and_other_settings_are_a_conflict(runtime):
    async def main():
        async with runtime(defaults=TimerDefaults(grace=5)) as meetings:
            m = unique("m")
            opened = await meetings.open(m, PRO, user=CLOUD, end_when_empty=60)
            assert (opened.plan.grace, opened.plan.end_when_empty) == (5, 60)
            await meetings.dispatch(m, ALICE)
            again = await meetings.open(m, PRO, user=CLOUD)
            assert (again.state, again.seq, list(again.present)) == ("recording", 1, ["alice"])
            with pytest.raises(ConflictError, match="other settings"):
                await meetings.open(m, BUSINESS)
            await meetings.dispatch(m, End())
            with pytest.raises(ConflictError, match="is over"):
                await meetings.open(m, PRO, user=CLOUD, end_when_empty=60)

    run(main())


def test_an_event_id_has_one_answer_for_one_event(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            first = await meetings.dispatch(m, ALICE, "e-1")
            for number in range(40):
                await meetings.dispatch(m, Join(f"p-{number}", "member", "web"), f"j-{number}")
            assert await meetings.dispatch(m, ALICE, "e-1") == first
            with pytest.raises(ConflictError, match="e-1"):
                await meetings.dispatch(m, Leave("alice"), "e-1")
            assert (await meetings.read(m)).seq == 41
            together = await asyncio.gather(
                *(meetings.dispatch(m, BOB, "e-2") for _ in range(5)),
            )
            assert {each.seq for each in together} == {42}

    run(main())


def test_after_the_end_events_with_an_id_are_kept_and_others_are_answered_alone(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            ended = await meetings.dispatch(m, End("alice"))
            assert [each.command for each in ended.outcome.recorder] == ["stop"]
            late = await meetings.dispatch(m, Leave("alice"))
            assert (late.seq, late.outcome.refused) == (None, "meeting_ended")
            kept = await meetings.dispatch(m, Leave("alice"), "late")
            assert (kept.seq, kept.outcome.refused) == (3, "meeting_ended")
            assert await meetings.dispatch(m, Leave("alice"), "late") == kept
            assert (await meetings.read(m)).ended
            assert [each.seq for each in await meetings.history(m)] == [1, 2, 3]

    run(main())


def test_events_that_come_together_keep_their_order(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            sent = [ALICE, *(each for n in range(100) for each in (Leave("alice"), ALICE))]
            entries = await asyncio.gather(*(meetings.dispatch(m, event) for event in sent))
            assert [entry.seq for entry in entries] == list(range(1, 202))
            assert [entry.event for entry in entries] == sent
            assert await meetings.history(m) == entries
            assert await meetings.history(m, after=30, limit=5) == entries[30:35]
            assert await meetings.history(m, after=63, limit=2) == entries[63:65]
            assert await meetings.history(m, after=190) == entries[190:]
            assert await meetings.history(m, after=300) == []

    run(main())


def test_ids_of_any_text_are_kept_apart(runtime):
    async def main():
        async with runtime() as meetings:
            prefix = unique("m")
            ids = [f"{prefix}{end}" for end in ("", ".", "/", "%2F", " ä", "'", '"', "中", "?#")]
            for number, m in enumerate(ids):
                await meetings.open(m, PRO, user=CLOUD)
                for _ in range(number):
                    await meetings.dispatch(m, ALICE)
            assert [(await meetings.read(m)).seq for m in ids] == list(range(len(ids)))
            assert {each.id for each in await meetings.meetings(prefix[:-1], 1000)} >= set(ids)
            entry = await meetings.dispatch(ids[0], Join('"a"/ä', "host", "windows"), "e'/ 1")
            assert await meetings.dispatch(ids[0], entry.event, "e'/ 1") == entry
            assert list((await meetings.read(ids[0])).present) == ['"a"/ä']

    run(main())


def test_what_is_not_known_or_not_valid_is_refused(runtime):
    async def main():
        async with runtime(limits=HubLimits(participants=2)) as meetings:
            m, unknown = unique("m"), unique("unknown")
            for request in (
                meetings.dispatch(unknown, ALICE),
                meetings.read(unknown),
                meetings.allowed(unknown, "alice"),
                meetings.resolution(unknown),
                meetings.history(unknown),
                meetings.past(unknown, 0, 10),
                meetings.reconcile(unknown),
                meetings.read("x" * 201),
                meetings.read(""),
            ):
                with pytest.raises(UnknownMeetingError):
                    await request
            with pytest.raises(UnknownAccountError, match=unknown):
                await meetings.open(m, unknown)
            with pytest.raises(ValueError, match="not only blanks"):
                await meetings.open(" ", PRO)
            with pytest.raises(ValueError, match="grace"):
                await meetings.open(m, PRO, grace=601)
            await meetings.open(m, PRO, user=CLOUD)
            with pytest.raises(ValueError, match="an event's id"):
                await meetings.dispatch(m, ALICE, "\n")
            with pytest.raises(ValueError, match="id of join"):
                await meetings.dispatch(m, Join("\n", "host", "windows"))
            with pytest.raises(TypeError, match="timer"):
                await meetings.dispatch(m, TimeUp("grace", 1))
            await meetings.dispatch(m, ALICE)
            await meetings.dispatch(m, BOB)
            with pytest.raises(BusyError, match="2 participants"):
                await meetings.dispatch(m, Join("carl", "member", "web"))
            assert (await meetings.read(m)).seq == 2

    run(main())


def test_lists_name_meetings_in_the_order_of_their_ids(runtime):
    async def main():
        async with runtime() as meetings:
            prefix = unique("List")
            ids = [f"{prefix}-{number}" for number in range(5)]
            for m in ids:
                await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(ids[1], ALICE)
            await meetings.dispatch(ids[2], End())
            page = await meetings.meetings(f"{prefix}-", 3)
            assert [(each.id, each.events) for each in page] == [
                (ids[0], 0),
                (ids[1], 1),
                (ids[2], 1),
            ]
            assert [each.closed_at for each in page[:2]] == [None, None]
            rest = await meetings.meetings(ids[2], 2)
            assert [each.id for each in rest] == ids[3:]
            found, following = await meetings.search(prefix.upper(), limit=3)
            assert [each.id for each in found] == ids[:3]
            assert [(each.state, each.ended, each.present) for each in found] == [
                ("idle", False, 0),
                ("recording", False, 1),
                ("idle", True, 0),
            ]
            assert found[0].plan == (await meetings.read(ids[0])).plan
            assert following == ids[2]
            found, following = await meetings.search(prefix, following)
            assert ([each.id for each in found], following) == (ids[3:], None)
            assert await meetings.search(f"{prefix}-none") == ([], None)
            assert (await meetings.search(f"{prefix}%"))[0] == []

    run(main())


def test_the_past_of_a_meeting_is_that_of_its_answers(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD, grace=10)
            events = [ALICE, BOB, Leave("bob")] * 20 + [Leave("alice")]
            entries = [await meetings.dispatch(m, event) for event in events]
            past = await meetings.past(m, 2, 5)
            assert [each.entry for each in past.answers] == entries[2:5]
            assert past.before.state == "recording"
            assert sorted(past.before.present) == ["alice", "bob"]
            assert all(each.rules is not None for each in past.answers)
            whole = await meetings.past(m, 0, 1000)
            assert [each.entry for each in whole.answers] == entries
            assert whole.last_at == entries[-1].at
            assert dict(whole.due) == {"grace": entries[-1].at + 10_000}
            assert whole.settings.account == PRO

    run(main())


def test_a_large_meeting_counts_all_who_are_present(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, BUSINESS)
            joins = [Join(f"p-{number}", "member", "ios") for number in range(300)]
            await asyncio.gather(*(meetings.dispatch(m, join) for join in joins))
            assert len((await meetings.read(m)).present) == 300
            leaves = [Leave(f"p-{number}") for number in range(299)]
            await asyncio.gather(*(meetings.dispatch(m, leave) for leave in leaves))
            assert (await meetings.read(m)).state == "recording"
            last = await meetings.dispatch(m, Leave("p-299"))
            assert [each.reason for each in last.outcome.recorder] == ["everyone_left"]
            assert not (await meetings.read(m)).present

    run(main())


def test_a_local_recording_belongs_to_its_client(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, Account("business"), user=Choice(False))
            await meetings.dispatch(m, ALICE)
            await meetings.dispatch(m, Join("carl", "cohost", "macos"))
            started = await meetings.dispatch(m, Start("carl", "local"))
            assert [(each.kind, each.client) for each in started.outcome.recorder] == [
                ("local", "carl")
            ]
            refused = await meetings.dispatch(m, Pause("alice"))
            assert refused.outcome.refused == "not_recording_client"
            assert (await meetings.read(m)).client == "carl"
            left = await meetings.dispatch(m, Leave("carl"))
            assert [each.reason for each in left.outcome.recorder] == ["recording_client_left"]

    run(main())


def test_the_plan_of_an_open_meeting_stays_when_the_console_changes(runtime):
    from fsm.recording.console_changes import Actor, Disable, SetOptions

    async def main():
        async with runtime() as meetings:
            a, m = unique("a"), unique("m")
            account = Account("business", auto_record=AutoRecord(enabled=True))
            assert await meetings.put_account(a, account) == account
            assert await meetings.put_account(a, account) == account
            with pytest.raises(ConflictError, match="other settings"):
                await meetings.put_account(a, Account("business"))
            with pytest.raises(UnknownAccountError):
                await meetings.account(unique("unknown"))
            with pytest.raises(UnknownAccountError):
                await meetings.change(unique("unknown"), Disable(Actor("super_admin")))
            opened = await meetings.open(m, a)
            assert (opened.plan.kind, opened.plan.source) == ("cloud", "console")
            refused = await meetings.change(a, Disable(Actor("user")))
            assert (refused.refused, refused.status) == ("not_permitted", "default_on")
            await meetings.change(a, SetOptions(Actor("super_admin"), host_may_pause=False))
            changed = await meetings.change(a, Disable(Actor("admin", True)))
            assert (changed.before, changed.status, changed.refused) == (
                "default_on",
                "free",
                None,
            )
            assert not (await meetings.account(a)).auto_record.enabled
            assert (await meetings.read(m)).plan == opened.plan
            assert (await meetings.open(m, a)).plan == opened.plan
            assert (await meetings.open(unique("m"), a)).plan.kind is None

    run(main())


def test_many_events_of_many_meetings_have_an_answer_each(runtime):
    async def main():
        async with runtime() as meetings:
            m, n, unknown = unique("m"), unique("n"), unique("unknown")
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.open(n, PRO, user=CLOUD)
            answers = await meetings.dispatch_many(
                [
                    (m, ALICE, "e-1"),
                    (n, BOB, None),
                    (unknown, ALICE, None),
                    (m, Leave("alice"), "e-1"),
                    (m, Join("\n", "host", "windows"), None),
                    (m, Leave("alice"), None),
                    (m, ALICE, "e-1"),
                ]
            )
            entries = [each for each in answers if not isinstance(each, Exception)]
            assert [(each.meeting, each.seq) for each in entries] == [
                (m, 1),
                (n, 1),
                (m, 2),
                (m, 1),
            ]
            assert [type(each) for each in answers[2:5]] == [
                UnknownMeetingError,
                ConflictError,
                ValueError,
            ]
            assert await meetings.dispatch_many([]) == []

    run(main())


def test_what_an_event_would_do_is_explained_and_not_done(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            for event in (BOB, ALICE):
                await meetings.dispatch(m, event)
            for event, refused in (
                (Pause("alice"), None),
                (Pause("bob"), "not_host"),
                (Pause("nobody"), "not_present"),
                (ALICE, "already_present"),
                (End(), None),
            ):
                assert (await meetings.why(m, event)).outcome.refused == refused
            left = await meetings.why(m, Leave("alice"))
            assert [each.reason for each in left.outcome.recorder] == ["hosts_left"]
            assert (await meetings.read(m)).seq == 2
            with pytest.raises(UnknownMeetingError):
                await meetings.why(unique("unknown"), ALICE)
            with pytest.raises(TypeError):
                await meetings.why(m, TimeUp("grace", 1))

    run(main())


def test_the_runtime_is_healthy(runtime):
    async def main():
        async with runtime() as meetings:
            assert meetings.health.ok
            assert meetings.health.why is None

    run(main())
