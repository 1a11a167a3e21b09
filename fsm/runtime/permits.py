"""Permits for concurrent calls of the recorder, in two lanes."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType


class Permits:
    """Limits the number of concurrent calls; those that probably hang get at most half of it.

    A recorder that hangs for thousands of meetings thereby leaves room for the calls of all others.

    Args:
        total: the number of concurrent calls.
    """

    def __init__(self, total: int) -> None:
        self._all = asyncio.Semaphore(total)
        self._slow_lane = _SlowLane(self._all, max(1, total // 2))

    def lane(self, *, slow: bool) -> AbstractAsyncContextManager[None]:
        """Returns a context manager that holds a permit.

        Args:
            slow: whether the call probably hangs.
        """
        return self._slow_lane if slow else self._all


class _SlowLane:
    """Holds one of the permits for slow calls, and one of all permits."""

    def __init__(self, all_permits: asyncio.Semaphore, permits: int) -> None:
        self._all = all_permits
        self._slow = asyncio.Semaphore(permits)

    async def __aenter__(self) -> None:
        await self._slow.acquire()
        try:
            await self._all.acquire()
        except BaseException:
            self._slow.release()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._all.release()
        self._slow.release()
