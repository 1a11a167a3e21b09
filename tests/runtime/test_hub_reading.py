"""Snapshots, history and watchers of a hub."""

import asyncio

from fsm.recording import Account, Actor, AutoRecord, ChangeRole, Disable, End, Leave, Pause
from fsm.runtime import Journal, RetryPolicy, UnknownMeetingError

from .hubs import (
    ALICE,
    BOB,
    BUSINESS,
    CLOUD,
    PRO,
    ScriptedRecorder,
    open_hub,
    refused,
    run,
    start_recording,
    until_delivered,
)

ADMIN = Actor("super_admin")


# -- reading --------------------------------------------------------------------------------------


def test_a_snapshot_has_the_state_of_a_meeting(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        recorder.dead = {"m"}
        async with open_hub(tmp_path, recorder, retry=RetryPolicy(initial_interval=30)) as hub:
            local = AutoRecord(enabled=True, kind="local")
            await hub.open("m", Account("business", auto_record=local))
            await hub.dispatch("m", ALICE)
            await hub.dispatch("m", BOB)
            await hub.dispatch("m", Pause("alice"))
            snapshot = await hub.read("m")
            assert (snapshot.state, snapshot.kind, snapshot.client) == ("paused", "local", "alice")
            assert list(snapshot.present) == ["alice", "bob"]
            assert (snapshot.ended, snapshot.seq, snapshot.undelivered) == (False, 3, 2)
            await hub.dispatch("m", Leave("bob"))
            assert "bob" in snapshot.present

    run(main())


def test_a_restart_does_not_change_the_order_of_participants(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            for event in (BOB, ALICE, Leave("bob"), BOB, ChangeRole("alice", "cohost")):
                await hub.dispatch("m", event)
            before = list((await hub.read("m")).present.items())
        async with open_hub(tmp_path) as hub:
            assert list((await hub.read("m")).present.items()) == before

    run(main())


def test_a_reader_waits_for_earlier_requests(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            writing = asyncio.ensure_future(hub.dispatch("m", ALICE))
            await asyncio.sleep(0)
            snapshot, allowed = await asyncio.gather(hub.read("m"), hub.allowed("m", "alice"))
            assert writing.done()
            assert snapshot.state == "recording"
            assert allowed["stop"].allowed
            with Journal(tmp_path / "meetings.db", readonly=True) as journal:
                assert len(journal.history("m")) == 1

    run(main())


def test_permissions_come_with_the_reason_of_a_refusal(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await hub.dispatch("m", BOB)
            assert (await hub.allowed("m", "alice"))["stop"].allowed
            assert (await hub.allowed("m", "bob"))["stop"].refused == "not_host"
            assert (await hub.allowed("m", "nobody"))["stop"].refused == "not_present"

    run(main())


def test_a_later_change_of_the_account_does_not_change_the_plan_of_a_meeting(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.put_account("acme", BUSINESS)
            await hub.open("m", "acme")
            await hub.change("acme", Disable(ADMIN))
            assert (await hub.resolution("m")).plan.kind == "cloud"
            assert (await hub.open("m-2", "acme")).plan.kind is None
        async with open_hub(tmp_path) as hub:
            assert (await hub.resolution("m")).plan.kind == "cloud"

    run(main())


def test_a_meeting_that_was_never_opened_is_unknown(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            for request in (
                lambda: hub.dispatch("m", ALICE),
                lambda: hub.dispatch("m", ALICE, "e-1"),
                lambda: hub.read("m"),
                lambda: hub.allowed("m", "alice"),
                lambda: hub.resolution("m"),
                lambda: hub.history("m"),
                lambda: anext(hub.watch("m")),
            ):
                async with refused(hub, UnknownMeetingError, r"no meeting 'm' \(open it first\)"):
                    await request()
            assert hub._meetings.feeds.by_meeting == {}

    run(main())


def test_history_and_meetings_come_in_pages(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            for name in "abc":
                await start_recording(hub, name)
                await hub.dispatch(name, BOB)
            assert [each.seq for each in await hub.history("a", 1)] == [2]
            assert [each.seq for each in await hub.history("a", limit=1)] == [1]
            assert await hub.history("a", 10**30) == []
            assert [each.seq for each in await hub.history("a", 1, 10**30)] == [2]
            assert len(await hub.meetings(limit=10**30)) == len(await hub.meetings())
            assert [each.id for each in await hub.meetings("a", 1)] == ["b"]

    run(main())


def test_a_closed_meeting_can_still_be_read(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            assert hub.health.meetings == 0
            snapshot = await hub.read("m")
            assert (snapshot.ended, snapshot.state, snapshot.seq) == (True, "stopped", 2)
            assert not (await hub.allowed("m", "alice"))["start_cloud"].allowed
            assert len(await hub.history("m")) == 2
            assert hub.health.meetings == 0

    run(main())
