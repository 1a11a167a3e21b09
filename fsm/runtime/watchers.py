"""Watchers of a meeting: one list of committed entries in memory serves them all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Self

from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import ClosedError

Page = tuple[bool, list[JournalEntry]]
"""A page of the journal: whether the meeting is over, and entries in their order."""
MAX_AT_ONCE = 250
"""The number of entries that a watcher takes at once."""
_MAX_KEPT = 1500
"""The number of entries that are kept for a slow watcher; it reads older ones from the journal."""
_WAKE_AT_ONCE = 20
"""The number of watchers that are woken in one turn of the event loop."""
_TRIM_AFTER = 100
"""The number of new entries after which those that are not needed are dropped."""


class Feed:
    """The last committed entries of a meeting, for those that watch it.

    Attributes:
        watchers: the watchers of the meeting.
        restarts: the number of times that the watchers had to read the journal again.
        over: whether no more entries come, since the meeting is over or the hub is closed.
    """

    def __init__(self) -> None:
        self.watchers: set[Watcher] = set()
        self.restarts = 0
        self.over = False
        self._entries: list[JournalEntry] = []
        self._last = 0
        self._reads: dict[tuple[int, int], asyncio.Future[Page]] = {}
        self._trim_at = _TRIM_AFTER
        self._waiting: dict[asyncio.Future[None], None] = {}

    def add(self, entries: Iterable[JournalEntry], *, over: bool) -> None:
        """Adds the entries of a commit.

        Args:
            entries: the entries.
            over: whether the meeting is over.
        """
        if self.over:
            # Of a meeting that was pruned, and opened again under its id.
            return
        self._entries += _until_the_end(entries)
        if self._entries:
            self._last = _number(self._entries[-1])
        self.over = over
        if len(self._entries) >= self._trim_at:
            self._trim()
        self.wake()

    def end(self) -> None:
        """Ends the feed: its watchers take the entries that are there, and no more."""
        self.over = True
        self.wake()

    def restart(self) -> None:
        """Makes all watchers read the journal: a commit that failed may be in it nevertheless."""
        if not self.over:
            self._entries.clear()
            self._last = 0
            self.restarts += 1
            self.wake()

    def _trim(self) -> None:
        """Drops what every watcher has taken, and what makes a slow watcher keep too much."""
        taken = min(watcher.after for watcher in self.watchers) - _number(self._entries[0]) + 1
        del self._entries[: max(0, taken, len(self._entries) - _MAX_KEPT)]
        self._trim_at = len(self._entries) + _TRIM_AFTER

    def entries_after(self, number: int) -> list[JournalEntry] | None:
        """Returns the first entries after a number; ``None`` if they are not kept any more."""
        first = _number(self._entries[0]) if self._entries else self._last + 1
        # A higher number is that of a client who knows more than the journal.
        start = number + 1 - first
        return self._entries[start : start + MAX_AT_ONCE] if start >= 0 else None

    async def read(self, after: int, read: Callable[[int], Awaitable[Page]]) -> Page:
        """Reads the journal; watchers that want the same page while it is read share one read.

        Hundreds of clients that come back at once would otherwise keep the journal's threads from
        all other meetings.

        Args:
            after: the number before the first entry.
            read: reads the journal.
        """
        key = (self.restarts, after)
        reading = self._reads.get(key)
        if reading is None or reading.done():
            reading = asyncio.ensure_future(read(after))
            self._reads[key] = reading
            reading.add_done_callback(lambda done: self._forget_read(key, done))
        # A watcher that is cancelled must not cancel the read of the others.
        return await asyncio.shield(reading)

    def _forget_read(self, key: tuple[int, int], done: asyncio.Future[Page]) -> None:
        if self._reads.get(key) is done:
            del self._reads[key]
        if not done.cancelled():
            # All of its watchers may have left.
            done.exception()

    def wake(self) -> None:
        """Wakes the watchers that wait."""
        waiting = [*self._waiting]
        self._waiting.clear()
        self._wake_some(waiting)

    def _wake_some(self, waiting: list[asyncio.Future[None]]) -> None:
        """Wakes some watchers, and the others in later turns of the event loop.

        What hundreds of them do at once would hold up the events of all meetings.
        """
        for future in waiting[:_WAKE_AT_ONCE]:
            if not future.done():
                future.set_result(None)
        if rest := waiting[_WAKE_AT_ONCE:]:
            asyncio.get_running_loop().call_soon(self._wake_some, rest)

    async def wait(self) -> None:
        """Waits until the feed has changed."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[future] = None
        try:
            await future
        finally:
            self._waiting.pop(future, None)


class Feeds:
    """The feeds of the meetings that are watched."""

    def __init__(self) -> None:
        self.by_meeting: dict[str, Feed] = {}

    @contextmanager
    def watch(
        self,
        meeting: str,
        after: int,
        idle: float | None,
        read: Callable[[int], Awaitable[Page]],
    ) -> Iterator[Watcher]:
        """Watches a meeting for the length of a block; the arguments are those of a watcher."""
        feed = self.by_meeting.get(meeting)
        if feed is None or feed.over:
            feed = self.by_meeting[meeting] = Feed()
        watcher = Watcher(feed, after, idle, read)
        feed.watchers.add(watcher)
        try:
            yield watcher
        finally:
            feed.watchers.discard(watcher)
            if not feed.watchers and self.by_meeting.get(meeting) is feed:
                del self.by_meeting[meeting]

    def add(
        self, committed: Mapping[str, list[JournalEntry]], is_over: Callable[[str], bool]
    ) -> None:
        """Passes the entries of a commit to those that watch their meetings.

        Args:
            committed: the changed meetings, each with its new entries.
            is_over: returns whether a meeting is over.
        """
        if not self.by_meeting:
            return
        for meeting, entries in committed.items():
            if meeting in self.by_meeting:
                self.by_meeting[meeting].add(entries, over=is_over(meeting))

    def restart(self, meetings: Iterable[str]) -> None:
        """Makes the watchers of meetings read the journal again."""
        for meeting in meetings:
            if meeting in self.by_meeting:
                self.by_meeting[meeting].restart()

    def end(self) -> None:
        """Ends all feeds: the hub is closed, and no more entries come."""
        for feed in self.by_meeting.values():
            feed.end()


class Watcher:
    """Yields the entries of a meeting as they come, in lists, until the meeting is over.

    A list has all entries that are there, up to :data:`MAX_AT_ONCE`. They come from memory. The
    journal is read for those before the watcher began, and for those that a slow watcher has
    missed.

    Args:
        feed: the feed of the meeting.
        after: only entries with a higher number are yielded.
        idle: the seconds without an entry after which an empty list is yielded; ``None`` for none.
        read: reads the journal: returns whether the meeting is over, and then the first entries
            after a number.
    """

    def __init__(
        self,
        feed: Feed,
        after: int,
        idle: float | None,
        read: Callable[[int], Awaitable[Page]],
    ) -> None:
        self.after = after
        self._feed = feed
        self._idle = idle
        self._read = read
        # The number of restarts of the feed when the journal was read to its end.
        self._caught_up_at: int | None = None
        self._is_stopped = False

    @property
    def _has_caught_up(self) -> bool:
        """True if the feed has every further entry; otherwise the journal must be read first."""
        return self._caught_up_at == self._feed.restarts

    def stop(self) -> None:
        """Ends the iteration, even if it waits."""
        self._is_stopped = True
        self._feed.wake()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[JournalEntry]:
        while not self._is_stopped:
            entries = self._feed.entries_after(self.after) if self._has_caught_up else None
            is_read = entries is None
            if entries is None:
                entries = await self._read_journal()
            if entries:
                self.after = _number(entries[-1])
                return entries
            if is_read:
                # The feed may have changed meanwhile, and would not wake this watcher again.
                continue
            if self._feed.over:
                break
            try:
                async with asyncio.timeout(self._idle):
                    await self._feed.wait()
            except TimeoutError:
                return []
        raise StopAsyncIteration

    async def _read_journal(self) -> list[JournalEntry]:
        restarts = self._feed.restarts
        try:
            over, page = await self._feed.read(self.after, self._read)
        except ClosedError:
            over, page = True, []
        entries = _until_the_end(page)
        self._caught_up_at = restarts if len(entries) < MAX_AT_ONCE else None
        if over:
            self._feed.end()
        return entries


def _until_the_end(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    return [entry for entry in entries if entry.outcome.refused != "meeting_ended"]


def _number(entry: JournalEntry) -> int:
    assert entry.seq is not None, "only entries of the journal are watched"
    return entry.seq
