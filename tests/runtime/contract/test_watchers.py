"""Watching a meeting, in every runtime."""

import asyncio

import pytest

from fsm.recording import End, Leave
from fsm.runtime import ClosedError, UnknownMeetingError

from ...cluster.runtimes import run, unique
from ..hubs import ALICE, BOB, CLOUD, PRO

pytestmark = pytest.mark.service


def test_a_watcher_sees_each_entry_once_until_the_end(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            seen, waiting = [], asyncio.Event()

            async def watch():
                async for entry in meetings.watch(m):
                    seen.append(entry)
                    waiting.set()

            watching = asyncio.create_task(watch())
            await waiting.wait()
            for event in (BOB, Leave("bob"), BOB, End()):
                await meetings.dispatch(m, event)
            await meetings.dispatch(m, Leave("alice"), "late")
            await watching
            assert seen == (await meetings.history(m))[:5]
            assert [entry async for entry in meetings.watch(m, 3)] == seen[3:]

    run(main())


def test_watchers_that_begin_at_different_times_see_the_same(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)

            async def watch(after):
                return [entry async for entry in meetings.watch(m, after)]

            watching = []
            for number in range(60):
                if number % 10 == 0:
                    watching.append(asyncio.create_task(watch(number)))
                await meetings.dispatch(m, BOB if number % 2 == 0 else Leave("bob"))
            await meetings.dispatch(m, End())
            entries = await meetings.history(m)
            for number, seen in enumerate(await asyncio.gather(*watching)):
                assert seen == entries[number * 10 :]

    run(main())


def test_a_watcher_without_news_yields_empty_lists_and_can_be_stopped(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            with meetings.watcher(m, idle=0.01) as watcher:
                assert await anext(watcher) == []
                entry = await meetings.dispatch(m, ALICE)
                async for entries in watcher:
                    if entries:
                        assert entries == [entry]
                        watcher.stop()
            with pytest.raises(UnknownMeetingError), meetings.watcher(unique("m")) as watcher:
                await anext(watcher)

    run(main())


def test_a_closed_runtime_ends_its_watchers_and_refuses_requests(runtime):
    async def main():
        async with runtime() as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)

            async def watch():
                return [entry async for entry in meetings.watch(m)]

            watching = asyncio.create_task(watch())
            entry = await meetings.dispatch(m, ALICE)
            # Until the watcher has caught up, it would be ended before it has the entry.
            with meetings.watcher(m) as watcher:
                await anext(watcher)
        assert await watching in ([entry], [])
        for request in (meetings.read(m), meetings.dispatch(m, BOB), meetings.meetings()):
            with pytest.raises(ClosedError):
                await request
        assert not meetings.health.ok

    run(main())
