"""Many events in one call of a hub."""

import asyncio
import gc

import pytest

from fsm.recording import End, Join, Leave, Pause, Resume
from fsm.runtime import (
    BusyError,
    ClosedError,
    ConflictError,
    HubLimits,
    JournalEntry,
    JournalError,
    UnknownMeetingError,
)

from .hubs import ALICE, BOB, CLOUD, PRO, FailingJournal, open_hub, run, until_delivered


async def opened(hub, *meetings):
    for meeting in meetings:
        await hub.open(meeting, PRO, CLOUD)


def test_many_events_are_answered_in_their_order_as_single_ones_are(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await opened(hub, "a", "b")
            entries = await hub.dispatch_many([
                ("a", ALICE, "e-1"), ("b", BOB, None), ("a", Pause("alice"), None),
                ("b", Pause("bob"), None), ("a", Resume("alice"), None), ("a", ALICE, "e-1"),
            ])  # fmt: skip
            assert [(each.meeting, each.seq, each.outcome.state) for each in entries] == [
                ("a", 1, "recording"), ("b", 1, "idle"), ("a", 2, "paused"),
                ("b", 2, "idle"), ("a", 3, "recording"), ("a", 1, "recording"),
            ]  # fmt: skip
            assert entries[3].outcome.refused == "not_host"
            assert entries[5] == await hub.dispatch("a", ALICE, "e-1")
            assert await hub.history("a") == [entries[0], entries[2], entries[4]]
            assert await hub.dispatch_many([]) == []

    run(main())


def test_an_event_with_an_error_hurts_no_other(tmp_path):
    async def main():
        async with open_hub(tmp_path, limits=HubLimits(participants=1)) as hub:
            await opened(hub, "a")
            answers = await hub.dispatch_many([
                ("a", ALICE, "e-1"), ("none", ALICE, None), ("a", End(), "e-1"),
                ("a", BOB, None), ("a", Join("x" * 201, "host", "ios"), None),
                ("a", Leave("alice"), "\0"), ("a", "no event", None), ("a", Pause("alice"), None),
            ])  # fmt: skip
            kinds = [type(each) for each in answers]
            assert kinds == [
                JournalEntry, UnknownMeetingError, ConflictError, BusyError, ValueError, ValueError,
                TypeError, JournalEntry,
            ]  # fmt: skip
            assert (await hub.read("a")).state == "paused"

    run(main())


def test_each_of_more_events_than_may_wait_is_answered_or_refused(tmp_path):
    async def main():
        async with open_hub(tmp_path, limits=HubLimits(waiting=3)) as hub:
            await opened(hub, "a")
            answers = await hub.dispatch_many([("a", ALICE, None)] * 5)
            assert [type(each) for each in answers] == [JournalEntry] * 3 + [BusyError] * 2

    run(main())


def test_events_of_a_commit_that_fails_have_its_error_and_may_be_sent_again(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            await opened(hub, "a", "b")
            await until_delivered(hub)
            events = [("a", ALICE, "e-1"), ("none", ALICE, None), ("b", ALICE, "e-2")]
            hub.journal.failing = True
            kinds = [type(each) for each in await hub.dispatch_many(events)]
            assert kinds == [JournalError, UnknownMeetingError, JournalError]
            hub.journal.failing = False
            entries = await hub.dispatch_many(events)
            assert [each.seq for each in entries if isinstance(each, JournalEntry)] == [1, 1]

    run(main())


def test_a_hub_that_is_not_open_refuses_the_call(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await opened(hub, "a")
        with pytest.raises(ClosedError):
            await hub.dispatch_many([("a", ALICE, None)])

    run(main())


def test_a_cancelled_call_is_carried_out_and_leaves_no_unread_errors(tmp_path):
    unread = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unread.append(context))
        async with open_hub(tmp_path) as hub:
            await opened(hub, "a")
            events = [("a", ALICE, None), ("none", ALICE, None), ("a", Pause("alice"), None)]
            sending = asyncio.create_task(hub.dispatch_many(events))
            await asyncio.sleep(0)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert (await hub.read("a")).state == "paused"
        gc.collect()

    run(main())
    assert not unread
