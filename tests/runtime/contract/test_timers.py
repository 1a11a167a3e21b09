"""Timers of meetings in real time, in every runtime (D14, D15)."""

import pytest

from fsm.recording import End, Join, Leave, TimeUp

from ...cluster.runtimes import run, unique
from ..hubs import ALICE, CLOUD, PRO, wait_until

pytestmark = pytest.mark.service


async def firings(meetings, m):
    return [entry for entry in await meetings.history(m) if isinstance(entry.event, TimeUp)]


def test_a_grace_that_is_up_stops_the_recording_and_an_empty_meeting_ends(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD, grace=1, end_when_empty=2)
            await meetings.dispatch(m, ALICE)
            left = await meetings.dispatch(m, Leave("alice"))
            assert left.outcome.state == "recording"
            assert dict((await meetings.read(m)).timers) == {
                "grace": left.at + 1_000,
                "empty": left.at + 2_000,
            }

            async def over():
                return (await meetings.read(m)).ended

            await wait_until(over)
            grace, empty = await firings(meetings, m)
            assert grace.event == TimeUp("grace", 1)
            assert grace.at >= left.at + 1_000
            assert [each.reason for each in grace.outcome.recorder] == ["everyone_left"]
            assert empty.event == TimeUp("empty", 1)
            assert empty.at >= left.at + 2_000
            snapshot = await meetings.read(m)
            assert (snapshot.state, dict(snapshot.timers)) == ("stopped", {})

    run(main())


def test_a_timer_that_is_cancelled_does_not_fire_and_can_be_set_again(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD, grace=2, end_when_empty=600)
            await meetings.dispatch(m, ALICE)
            _, back = await meetings.dispatch_many([(m, Leave("alice"), None), (m, ALICE, None)])
            assert [each.timer for each in back.outcome.timers] == ["grace", "empty"]
            assert dict((await meetings.read(m)).timers) == {}
            again = await meetings.dispatch(m, Leave("alice"))

            async def stopped():
                return (await meetings.read(m)).state == "stopped"

            await wait_until(stopped)
            [grace] = await firings(meetings, m)
            assert grace.event == TimeUp("grace", 2)
            assert grace.at >= again.at + 2_000
            ended = await meetings.dispatch(m, End())
            assert [each.timer for each in ended.outcome.timers] == ["empty"]
            assert dict((await meetings.read(m)).timers) == {}

    run(main())


def test_events_that_come_together_set_and_cancel_timers_in_their_order(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD, grace=1)
            back = Join("alice", "cohost", "web")
            events = [ALICE, *[Leave("alice"), back] * 3, Leave("alice")]
            await meetings.dispatch_many([(m, event, None) for event in events])

            async def fired():
                return await firings(meetings, m)

            await wait_until(fired)
            assert [entry.event for entry in await firings(meetings, m)] == [TimeUp("grace", 4)]

    run(main())
