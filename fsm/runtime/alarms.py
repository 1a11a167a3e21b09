"""Alarms: the event loop calls when the next timer of a meeting is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fsm.recording.timers import Due, next_due


class Alarms:
    """The alarms of many meetings, one for each, at the moment of its next timer.

    The event loop keeps them: setting and cancelling one does not depend on how many there are.

    Args:
        ring: called with the id of a meeting when its next timer is due.
    """

    def __init__(self, ring: Callable[[str], None]) -> None:
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._handles: dict[str, asyncio.TimerHandle] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._handles)

    def set(self, meeting: str, due: Due) -> None:
        """Sets the alarm of a meeting in place of the one before.

        Args:
            meeting: the meeting's id.
            due: the moments of its timers, in milliseconds of the event loop's clock. Without a
                timer there is no alarm.
        """
        handle = self._handles.pop(meeting, None)
        if handle is not None:
            handle.cancel()
        first = next_due(due)
        if first is not None and not self._closed:
            moment, _ = first
            self._handles[meeting] = self._loop.call_at(moment / 1000, self._call, meeting)

    def _call(self, meeting: str) -> None:
        del self._handles[meeting]
        self._ring(meeting)

    def close(self) -> None:
        """Cancels all alarms; none is set from now on."""
        self._closed = True
        for handle in self._handles.values():
            handle.cancel()
        self._handles.clear()
