"""Alarms: the next moments of many timers, with one timer of the event loop for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from typing import Final

from fsm.recording.timers import Due

_ROUNDING: Final = 0.001
"""Milliseconds, added before rounding down; the error of a moment in seconds is smaller."""
_MIN_SIZE: Final = 100
"""The number of cancelled alarms that the queue may have in any case."""


def milliseconds(seconds: float) -> int:
    """Returns a time of the event loop's clock in whole milliseconds, rounded down.

    The time at which a timer is due must not become a millisecond less by the error of a float:
    its alarm would ring too early, again and again.

    >>> 1024.003 * 1000
    1024002.9999999999
    >>> milliseconds(1024.003)
    1024003
    """
    return int(seconds * 1000 + _ROUNDING)


class Alarms:
    """The alarms of many meetings, one for each, at the moment of its next timer.

    A meeting is queued at most once, as a rule: an alarm that is cancelled or set to a later moment
    leaves it where it is, and what it is worth is seen when its turn comes. So an alarm costs the
    same however many are pending. A timer of the event loop for each meeting would take longer to
    set, and more memory.

    Args:
        ring: called with the id of a meeting when its next timer is due.
    """

    def __init__(self, ring: Callable[[str], object]) -> None:
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._moments: dict[str, int] = {}
        self._queue: list[tuple[int, str]] = []
        self._queued: dict[str, int] = {}
        self._handle: asyncio.TimerHandle | None = None
        self._next = 0
        self._closed = False

    def __len__(self) -> int:
        return len(self._moments)

    def set(self, meeting: str, due: Due) -> None:
        """Sets the alarm of a meeting in place of the one before.

        Args:
            meeting: the meeting's id.
            due: the moments of its timers, in milliseconds of the event loop's clock. Without a
                timer there is no alarm.
        """
        if self._closed:
            return
        if not due:
            self._moments.pop(meeting, None)
            return
        moment = self._moments[meeting] = min(due.values())
        queued = self._queued.get(meeting)
        if queued is None or moment < queued:
            self._enqueue(moment, meeting)
            self._schedule()

    def set_all(self, alarms: Iterable[tuple[str, int]]) -> None:
        """Sets the alarms of many meetings that have none.

        Args:
            alarms: the id of each, and its moment.
        """
        self._moments.update(alarms)
        self._rebuild()
        self._schedule()

    def _enqueue(self, moment: int, meeting: str) -> None:
        heappush(self._queue, (moment, meeting))
        self._queued[meeting] = moment
        if len(self._queue) > 2 * len(self._moments) + _MIN_SIZE:
            self._rebuild()

    def _rebuild(self) -> None:
        """Leaves nothing in the queue but the alarms that are set."""
        self._queue = [(moment, meeting) for meeting, moment in self._moments.items()]
        heapify(self._queue)
        self._queued = dict(self._moments)

    def _schedule(self) -> None:
        """Schedules a call at the first moment."""
        if not self._queue:
            return
        moment, _ = self._queue[0]
        if self._handle is not None:
            if self._next <= moment:
                # A call that comes too early costs less than a new one for every alarm.
                return
            self._handle.cancel()
        self._next = moment
        self._handle = self._loop.call_at(moment / 1000, self._ring_due)

    def _ring_due(self) -> None:
        self._handle = None
        now = milliseconds(self._loop.time())
        while self._queue and self._queue[0][0] <= now:
            queued, meeting = heappop(self._queue)
            if self._queued.get(meeting) != queued:
                continue
            del self._queued[meeting]
            moment = self._moments.get(meeting)
            if moment is None:
                continue
            if moment > now:
                self._enqueue(moment, meeting)
                continue
            del self._moments[meeting]
            self._ring(meeting)
        self._schedule()

    def close(self) -> None:
        """Cancels all alarms; none is set from now on."""
        self._closed = True
        if self._handle is not None:
            self._handle.cancel()
        self._moments.clear()
        self._queue.clear()
        self._queued.clear()
