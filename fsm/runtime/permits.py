"""Permits for concurrent calls of the recorder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Permits:
    """Limits the number of concurrent calls.

    A recorder that hangs for thousands of meetings leaves room for the calls of all others: calls
    that probably hang get at most half of the permits. A recorder that fails for everyone gets only
    a few calls at once until one succeeds: thousands of failures at once would delay every event.

    Args:
        total: the number of concurrent calls.
    """

    def __init__(self, total: int) -> None:
        self._all = asyncio.Semaphore(total)
        self._slow = asyncio.Semaphore(max(1, total // 2))
        self._probes = asyncio.Semaphore(max(1, total // 32))
        self._down_after = max(2, total // 8)
        self._failures = 0

    @property
    def down(self) -> bool:
        """True if so many calls in a row failed that the recorder probably fails for everyone."""
        return self._failures >= self._down_after

    def failed(self) -> None:
        """Counts a call that failed."""
        self._failures += 1

    def succeeded(self) -> None:
        """Notes that a call succeeded."""
        self._failures = 0

    def is_full(self, *, slow: bool) -> bool:
        """Returns whether a call would wait for its permit."""
        lanes = [self._all, *([self._slow] if slow else []), *([self._probes] if self.down else [])]
        return any(lane.locked() for lane in lanes)

    @asynccontextmanager
    async def permit(self, *, slow: bool) -> AsyncIterator[None]:
        """Holds a permit during the block, and waits for it before.

        Args:
            slow: whether the call probably hangs.
        """
        held: list[asyncio.Semaphore] = []
        try:
            for semaphore in (self._slow, self._all) if slow else (self._all,):
                await semaphore.acquire()
                held.append(semaphore)
            # Only now: the recorder may have failed while the call waited.
            if self.down:
                await self._probes.acquire()
                held.append(self._probes)
            yield
        finally:
            for semaphore in held:
                semaphore.release()
