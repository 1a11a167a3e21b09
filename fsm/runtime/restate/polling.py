"""Watching meetings that other processes answer for: one poll serves all watchers of a meeting."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import HubError
from fsm.runtime.watchers import MAX_AT_ONCE, Feeds

_LOGGER = logging.getLogger(__name__)
INTERVAL: Final = 1.0
"""The seconds between two polls; an entry of another process is seen so late at most."""

HistoryPart = tuple[list[JournalEntry], bool, int]
"""Entries, whether the meeting is over, and the number of its last entry."""


class Poller:
    """Polls the history of one meeting for its watchers.

    Args:
        meeting: the meeting's id.
        feeds: the feeds of the watchers.
        read: returns the first entries after a number.
    """

    def __init__(
        self, meeting: str, feeds: Feeds, read: Callable[[int, int], Awaitable[HistoryPart]]
    ) -> None:
        self.watchers = 0
        self._meeting = meeting
        self._feeds = feeds
        self._read = read
        self._position = 0
        self._over = False
        self._started = asyncio.Event()
        self._woken = asyncio.Event()
        self._task = asyncio.create_task(self._poll())

    async def started(self) -> None:
        """Waits until the poll has its first position; a watcher reads no earlier."""
        await self._started.wait()

    def wake(self) -> None:
        """Polls at once: this process has the answer to a new event."""
        self._woken.set()

    def stop(self) -> None:
        """Ends the poll."""
        self._task.cancel()

    async def _poll(self) -> None:
        try:
            # The watchers read what there is by then themselves, and raise the errors.
            _, _, self._position = await self._read(0, 0)
        except HubError:
            return
        finally:
            self._started.set()
        while not self._over:
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._woken.wait()
            self._woken.clear()
            try:
                await self._pass_on()
            except HubError as error:
                _LOGGER.warning("meeting %s cannot be watched now: %s", self._meeting, error)

    async def _pass_on(self) -> None:
        """Passes the new entries to the watchers."""
        entries, ended, seq = await self._read(self._position, MAX_AT_ONCE)
        if entries:
            self._position = entries[-1].seq or self._position
        is_complete = self._position >= seq
        self._over = ended and is_complete
        if entries or self._over:
            self._feeds.add({self._meeting: entries}, lambda _: self._over)
        if not is_complete:
            self.wake()
