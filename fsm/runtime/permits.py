"""Permits for concurrent calls of the recorder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, assert_never

CallKind = Literal["failing", "start", "proven"]
"""A call for a meeting whose last call failed, the start of a recording, or any other call."""


class Permits:
    """Limits the number of concurrent calls.

    A recorder that hangs or fails for thousands of meetings leaves room for the calls of all
    others. Calls for meetings whose last call failed have at most half of the permits; these calls
    and the starts of recordings together have at most three quarters. If the recorder fails for
    everyone, only a few calls at once are made for meetings whose last call failed, until a call
    succeeds: thousands of failures at once would delay every event.

    Args:
        total: the number of concurrent calls.
    """

    def __init__(self, total: int) -> None:
        self._all = asyncio.Semaphore(total)
        self._unproven = asyncio.Semaphore(max(1, total * 3 // 4))
        self._failing = asyncio.Semaphore(max(1, total // 2))
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

    def _lanes(self, kind: CallKind) -> list[asyncio.Semaphore]:
        """Returns the semaphores of which a call needs each, in the order of their acquisition."""
        match kind:
            case "failing":
                return [self._failing, self._unproven, self._all]
            case "start":
                return [self._unproven, self._all]
            case "proven":
                return [self._all]
            case _:
                assert_never(kind)

    def is_full(self, kind: CallKind) -> bool:
        """Returns whether a call would wait for its permit."""
        lanes = self._lanes(kind)
        if kind == "failing" and self.down:
            lanes.append(self._probes)
        return any(lane.locked() for lane in lanes)

    @asynccontextmanager
    async def permit(self, kind: CallKind) -> AsyncIterator[None]:
        """Holds a permit during the block, and waits for it before."""
        held: list[asyncio.Semaphore] = []
        try:
            for semaphore in self._lanes(kind):
                await semaphore.acquire()
                held.append(semaphore)
            # Only now: the recorder may have failed while the call waited.
            if kind == "failing" and self.down:
                await self._probes.acquire()
                held.append(self._probes)
            yield
        finally:
            for semaphore in held:
                semaphore.release()
