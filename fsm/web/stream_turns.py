"""The turns of live streams to write, so that many of them leave time for the events themselves."""

from __future__ import annotations

import asyncio

_SPACING = 0.0005
"""The seconds between two writes of all open streams together.

After a write a stream waits for its next turn, and then writes all entries that have come.
"""
_TOGETHER = 20
"""The number of streams that have one turn: a wait of its own for each write costs more."""


class StreamTurns:
    """The turns of all open streams to write, one after another.

    Turns of their own keep streams that were woken together from writing together ever after, with
    a pause for everything else each time.
    """

    def __init__(self) -> None:
        self._next = 0.0
        self._left = 0

    async def wait(self) -> None:
        """Waits for the next turn; there is no wait if no other stream has written lately."""
        now = asyncio.get_running_loop().time()
        if self._left == 0:
            self._next = max(now, self._next + _TOGETHER * _SPACING)
            self._left = _TOGETHER
        self._left -= 1
        await asyncio.sleep(max(0.0, self._next - now))
