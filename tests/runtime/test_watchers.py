"""Watchers of a meeting: order, memory, end."""

import asyncio

import pytest

from fsm.recording import End, Meeting, Pause, Plan, Resume
from fsm.runtime import Journal, watchers
from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import JournalError
from fsm.runtime.watchers import Feed, Watcher

from .hubs import (
    BOB,
    open_hub,
    run,
    start_recording,
    until_delivered,
    wait_until,
)


class CountingJournal(Journal):
    """A journal that counts the reads of histories, over all its connections."""

    reads = 0

    def history(self, id, after=0, limit=1000):  # noqa: A002
        CountingJournal.reads += 1
        return super().history(id, after, limit)


@pytest.fixture
def reads(monkeypatch):
    monkeypatch.setattr(CountingJournal, "reads", 0)
    return lambda: CountingJournal.reads


def number_of_watchers(hub):
    feed = hub._meetings.feeds.by_meeting.get("m")
    return len(feed.watchers) if feed else 0


async def send(hub, number):
    """Sends events that change nothing, and are entries all the same."""
    await asyncio.gather(*[hub.dispatch("m", Pause("nobody")) for _ in range(number)])


async def numbers_of(hub, after=0):
    return [each.seq async for each in hub.watch("m", after)]


def test_a_watcher_sees_all_entries_until_the_end(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            watching = [asyncio.create_task(numbers_of(hub, after)) for after in (0, 1, 3)]
            await wait_until(lambda: number_of_watchers(hub) == 3)
            for number in range(1, 5):
                await hub.dispatch("m", Pause("alice") if number % 2 else Resume("alice"))
            await hub.dispatch("m", End())
            watched = await asyncio.gather(*watching)
            assert watched == [[1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6], [4, 5, 6]]
            assert hub._meetings.feeds.by_meeting == {}

    run(main())


def test_a_watcher_that_starts_after_a_number_sees_every_later_entry_once(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
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
            assert hub._meetings.feeds.by_meeting == {}

    run(main())


def test_a_closed_meeting_is_watched_to_its_end(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            assert [each.seq async for each in hub.watch("m")] == [1, 2]
            assert [each.seq async for each in hub.watch("m", 2)] == []

    run(main())


def test_a_watcher_ends_when_the_hub_closes(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)

            async def watch():
                return [each.seq async for each in hub.watch("m")]

            waiting = asyncio.create_task(watch())
            await wait_until(lambda: "m" in hub._meetings.feeds.by_meeting)
            resting = hub.watch("m")
            assert (await anext(resting)).seq == 1
            # A watcher that begins just before the hub closes.
            late = asyncio.create_task(watch())
        assert await waiting == [1]
        assert await late in ([], [1])
        assert [each async for each in resting] == []
        assert [each async for each in hub.watch("m")] == []

    run(main())


def test_watchers_that_begin_together_share_one_read_and_then_get_what_was_committed(
    tmp_path, reads
):
    async def main():
        async with open_hub(tmp_path, journal=CountingJournal) as hub:
            await start_recording(hub)
            watching = [asyncio.create_task(numbers_of(hub)) for _ in range(30)]
            await wait_until(lambda: number_of_watchers(hub) == 30 and reads() == 1)
            for _ in range(20):
                await send(hub, 5)
            await hub.dispatch("m", End())
            assert await asyncio.gather(*watching) == [[*range(1, 103)]] * 30
            assert reads() == 1

    run(main())


def test_a_watcher_that_leaves_during_a_shared_read_does_not_end_it(tmp_path, reads):
    async def main():
        async with open_hub(tmp_path, journal=CountingJournal) as hub:
            await start_recording(hub)
            first, second = (asyncio.create_task(numbers_of(hub)) for _ in range(2))
            await wait_until(lambda: number_of_watchers(hub) == 2)
            first.cancel()
            await hub.dispatch("m", End())
            assert (await second)[-1] == 2
            assert reads() == 1

    run(main())


def test_watchers_are_woken_in_groups_and_none_twice():
    async def main():
        feed = Feed()
        woken = []

        async def wait(number):
            await feed.wait()
            woken.append(number)

        waiting = [asyncio.create_task(wait(number)) for number in range(50)]
        await asyncio.sleep(0)
        waiting[7].cancel()
        feed.wake()
        await asyncio.sleep(0)
        assert len(woken) < 25
        feed.wake()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert sorted(woken) == [number for number in range(50) if number != 7]

    run(main())


def test_a_watcher_is_not_caught_up_if_later_entries_are_dropped():
    async def main():
        feed = Feed()
        refused = Meeting(Plan()).handle(Pause("alice"))
        entries = [JournalEntry("m", seq, None, 0, Pause("alice"), refused) for seq in (1, 2, 3)]
        watcher = Watcher(feed, 3, None, lambda _: None)
        feed.watchers.add(watcher)
        feed.add(entries, over=False)
        feed._entries.clear()
        assert feed.entries_after(2) is None
        assert feed.entries_after(3) == []

    run(main())


def test_a_list_has_all_entries_that_are_there(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            with hub.watcher("m") as watcher:
                assert [each.seq for each in await anext(watcher)] == [1]
                await send(hub, 7)
                assert [each.seq for each in await anext(watcher)] == [*range(2, 9)]

    run(main())


def test_a_slow_watcher_reads_what_it_has_missed_and_holds_up_no_other(
    tmp_path, reads, monkeypatch
):
    monkeypatch.setattr(watchers, "_MAX_KEPT", 20)
    monkeypatch.setattr(watchers, "_TRIM_AFTER", 5)

    async def main():
        async with open_hub(tmp_path, journal=CountingJournal) as hub:
            await start_recording(hub)
            fast = asyncio.create_task(numbers_of(hub))
            await wait_until(lambda: reads() == 1)
            with hub.watcher("m") as slow:
                seen = [each.seq for each in await anext(slow)]
                for _ in range(30):
                    await send(hub, 10)
                    assert len(hub._meetings.feeds.by_meeting["m"]._entries) < 60
                await hub.dispatch("m", End())
                assert await fast == [*range(1, 303)]
                assert reads() == 2
                async for entries in slow:
                    seen += [each.seq for each in entries]
                assert seen == await fast
                assert reads() > 2

    run(main())


def test_entries_that_every_watcher_has_taken_are_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(watchers, "_TRIM_AFTER", 5)

    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            with hub.watcher("m") as one, hub.watcher("m") as other:
                await asyncio.gather(anext(one), anext(other))
                for _ in range(50):
                    await send(hub, 3)
                    await anext(one)
                    await anext(other)
                    assert len(hub._meetings.feeds.by_meeting["m"]._entries) < 20

    run(main())


def test_a_watcher_far_behind_takes_the_history_in_lists(tmp_path, reads):
    async def main():
        async with open_hub(tmp_path, journal=CountingJournal) as hub:
            await start_recording(hub)
            await send(hub, 2 * watchers.MAX_AT_ONCE)
            with hub.watcher("m", 1) as watcher:
                sizes = [len(await anext(watcher)) for _ in range(2)]
                assert sizes == [watchers.MAX_AT_ONCE] * 2
                await hub.dispatch("m", End())
                [[end]] = [entries async for entries in watcher]
                assert (end.seq, end.event) == (2 * watchers.MAX_AT_ONCE + 2, End())

    run(main())


def test_an_idle_watcher_yields_empty_lists_and_loses_no_entry(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            with hub.watcher("m", 1, idle=0.001) as watcher:
                assert [await anext(watcher) for _ in range(3)] == [[]] * 3
                await hub.dispatch("m", BOB)
                [entry] = await anext(watcher)
                assert entry.seq == 2

    run(main())


def test_a_cancelled_wait_loses_no_entry(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            with hub.watcher("m") as watcher:
                for _ in range(20):
                    waiting = asyncio.create_task(anext(watcher))
                    await asyncio.sleep(0)
                    waiting.cancel()
                    await asyncio.wait([waiting])
                await hub.dispatch("m", BOB)
                assert [each.seq for each in await anext(watcher)] == [1, 2]

    run(main())


def test_a_watcher_that_is_stopped_ends_although_it_waits(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            with hub.watcher("m", 1) as watcher:
                waiting = asyncio.create_task(anext(watcher, "ended"))
                await wait_until(lambda: watcher._has_caught_up)
                watcher.stop()
                assert await waiting == "ended"

    run(main())


def test_a_change_while_the_journal_is_read_is_not_lost():
    entry = JournalEntry("m", 1, None, 0, End(), Meeting(Plan()).handle(End()))

    async def main(change):
        feed = Feed()

        async def read(_):
            change(feed, watcher)
            return False, []

        watcher = Watcher(feed, 0, None, read)
        feed.watchers.add(watcher)
        async with asyncio.timeout(60):
            return [entries async for entries in watcher]

    def commit_and_end(feed, _):
        feed.add([entry], over=True)

    assert run(main(commit_and_end)) == [[entry]]
    assert run(main(lambda _, watcher: watcher.stop())) == []


def test_a_commit_that_fails_reaches_no_watcher(tmp_path):
    class Failing(Journal):
        failing = False

        def commit(self, batch):
            if self.failing:
                raise JournalError("the disk is full")
            super().commit(batch)

    async def main():
        async with open_hub(tmp_path, journal=Failing) as hub:
            await start_recording(hub)
            with hub.watcher("m", 1) as watcher:
                waiting = asyncio.create_task(anext(watcher))
                await wait_until(lambda: watcher._has_caught_up)
                hub.journal.failing = True
                with pytest.raises(JournalError):
                    await hub.dispatch("m", BOB)
                hub.journal.failing = False
                later = await hub.dispatch("m", Pause("alice"))
                assert await waiting == [later]

    run(main())


def test_a_watcher_ends_at_the_end_and_leaves_out_later_entries(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            waiting = asyncio.create_task(numbers_of(hub))
            await wait_until(lambda: number_of_watchers(hub) == 1)
            sent = [hub.dispatch("m", End(), "e-2"), hub.dispatch("m", BOB, "e-3")]
            assert [each.seq for each in await asyncio.gather(*sent)] == [2, 3]
            assert await waiting == [1, 2]
            for after, expected in ((0, [1, 2]), (1, [2]), (2, []), (3, []), (9, [])):
                assert await numbers_of(hub, after) == expected

    run(main())


def test_more_late_entries_than_a_list_takes_do_not_keep_a_watcher(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            late = range(2 * watchers.MAX_AT_ONCE)
            await asyncio.gather(*[hub.dispatch("m", BOB, str(number)) for number in late])
            assert await numbers_of(hub) == [1, 2]
            assert await numbers_of(hub, 2) == []

    run(main())


def test_a_meeting_that_was_pruned_and_opened_again_is_watched_anew(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            with hub.watcher("m") as earlier:
                await anext(earlier)
                await hub.dispatch("m", End())
                await until_delivered(hub)
                with Journal(tmp_path / "meetings.db") as journal:
                    assert journal.prune(2**60) == 1
                await start_recording(hub)
                later = asyncio.create_task(numbers_of(hub))
                await wait_until(lambda: number_of_watchers(hub) == 1)
                await hub.dispatch("m", BOB)
                await hub.dispatch("m", End())
                assert await later == [1, 2, 3]
                assert [each.seq for each in await anext(earlier)] == [2]
                assert await anext(earlier, "ended") == "ended"

    run(main())


class LateFailingJournal(Journal):
    """A journal whose commits are on the disk when they fail, while a test wants it to."""

    failing = False

    def commit(self, batch):
        super().commit(batch)
        if self.failing:
            raise JournalError("the disk does not answer")


def test_a_commit_that_failed_and_was_written_nevertheless_reaches_watchers(tmp_path):
    async def main():
        async with open_hub(tmp_path, journal=LateFailingJournal) as hub:
            hub._committer._probe_interval = 0.01
            await start_recording(hub)
            watching = asyncio.create_task(numbers_of(hub))
            with hub.watcher("m", 1) as watcher:
                waiting = asyncio.create_task(anext(watcher))
                await wait_until(lambda: watcher._has_caught_up and number_of_watchers(hub) == 2)
                for event in (BOB, End()):
                    hub.journal.failing = True
                    with pytest.raises(JournalError):
                        await hub.dispatch("m", event)
                    hub.journal.failing = False
                    if event is BOB:
                        assert [each.seq for each in await waiting] == [2]
                        assert (await hub.dispatch("m", Pause("alice"))).seq == 3
                assert await watching == [1, 2, 3, 4]
                assert [each.seq async for entries in watcher for each in entries] == [3, 4]

    run(main())


def test_a_restart_of_the_feed_while_the_journal_is_read_is_not_lost():
    entry = JournalEntry("m", 1, None, 0, End(), Meeting(Plan()).handle(End()))
    answers = [(False, []), (True, [entry])]

    async def main():
        feed = Feed()

        async def read(_):
            answer = answers.pop(0)
            if answers:
                feed.restart()
            return answer

        watcher = Watcher(feed, 0, None, read)
        feed.watchers.add(watcher)
        async with asyncio.timeout(10):
            return [entries async for entries in watcher]

    assert run(main()) == [[entry]]


def test_a_feed_that_is_over_is_not_restarted():
    feed = Feed()
    feed.end()
    feed.restart()
    assert feed.restarts == 0
