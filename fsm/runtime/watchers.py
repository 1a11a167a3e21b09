"""Watchers of a meeting: one list of committed entries in memory serves them all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Self

from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import ClosedError

MAX_AT_ONCE = 250
"""The number of entries that a watcher takes at once."""
_MAX_KEPT = 1500
"""The number of entries that are kept for a slow watcher; it reads older ones from the journal."""
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
        self._trim_at = _TRIM_AFTER
        self._changed = asyncio.Event()

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
            self.restarts += 1
            self.wake()

    def _trim(self) -> None:
        """Drops what every watcher has taken, and what makes a slow watcher keep too much."""
        taken = min(watcher.after for watcher in self.watchers) - _number(self._entries[0]) + 1
        del self._entries[: max(0, taken, len(self._entries) - _MAX_KEPT)]
        self._trim_at = len(self._entries) + _TRIM_AFTER

    def entries_after(self, number: int) -> list[JournalEntry] | None:
        """Returns the first entries after a number; ``None`` if they are not kept any more."""
        start = number + 1 - _number(self._entries[0]) if self._entries else 0
        return self._entries[start : start + MAX_AT_ONCE] if start >= 0 else None

    def wake(self) -> None:
        """Wakes the watchers that wait."""
        self._changed.set()
        self._changed.clear()

    async def wait(self) -> None:
        """Waits until the feed has changed."""
        await self._changed.wait()


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
        read: Callable[[int], Awaitable[tuple[bool, list[JournalEntry]]]],
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
        read: Callable[[int], Awaitable[tuple[bool, list[JournalEntry]]]],
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
            over, page = await self._read(self.after)
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
