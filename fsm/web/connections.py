"""The open connections of the server: how many there may be, and how long they may wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsm.web.protocol import LimitedProtocol

_CHECK_INTERVAL = 1.0


class Connections:
    """The open connections of a server.

    A connection *waits* while the service can do nothing but wait for its client: for a request
    with its body, or for the client to read a response. Waiting is limited in time. Where a new
    connection finds no room, one that waits is closed: the one that has waited longest for its
    first request, or else the one that has waited longest.

    Args:
        limit: the maximum number of open connections.
        seconds: the time limit of waiting.

    Attributes:
        open: the number of open connections.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self.open = 0
        # The time since which each connection waits, in the order of these times.
        self._waiting: dict[LimitedProtocol, float] = {}

    @property
    def is_full(self) -> bool:
        """True if a new connection exceeds the limit."""
        return self.open >= self._limit

    @property
    def has_room(self) -> bool:
        """True if a new connection would be served."""
        return not self.is_full or bool(self._waiting)

    def add(self) -> None:
        """Counts a connection that was accepted."""
        self.open += 1

    def remove(self) -> None:
        """Counts a connection that was closed."""
        self.open -= 1

    def set_waiting(self, connection: LimitedProtocol) -> None:
        """Notes that a connection waits from now on."""
        self.set_busy(connection)
        self._waiting[connection] = connection.loop.time()

    def set_busy(self, connection: LimitedProtocol) -> None:
        """Notes that a connection does not wait."""
        self._waiting.pop(connection, None)

    async def make_room(self) -> bool:
        """Makes room for one more connection; returns whether there is any."""
        while self.is_full:
            if not self._waiting:
                return False
            longest = next(iter(self._waiting))
            next((each for each in self._waiting if not each.is_used), longest).abort()
            # The event loop closes the connection in its next round.
            await asyncio.sleep(0)
        return True

    async def enforce_time_limit(self) -> None:
        """Closes connections that have waited too long, until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(_CHECK_INTERVAL, self._seconds))
            latest = loop.time() - self._seconds
            for connection in [each for each, since in self._waiting.items() if since <= latest]:
                connection.time_out()
