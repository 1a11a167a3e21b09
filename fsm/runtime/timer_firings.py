"""The firings of a hub's timers: those that are due at a start, and those whose alarms ring."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import Final

from fsm.recording.timers import BEGINNING_ANEW
from fsm.runtime.alarms import Alarms
from fsm.runtime.errors import ClosedError, JournalError
from fsm.runtime.journal_threads import JournalThreads
from fsm.runtime.meeting_timers import MAX_STARTS_ANEW
from fsm.runtime.meetings import Meetings
from fsm.runtime.requests import Request, RequestQueue

_LOGGER = logging.getLogger(__name__)
_INTERVAL: Final = 1.0
"""The seconds before a timer whose firing failed by an error fires again."""


class TimerFirings:
    """Fires the timers of a hub: each firing is a request to the committer.

    Args:
        meetings: the meetings of the hub.
        requests: the requests to the committer.
        threads: the threads of the journal.
        starts: the number of starts in a row at which timers may have begun anew, with this one; 0
            if no timer that may do so runs.

    Attributes:
        alarms: the alarms of all meetings.
    """

    def __init__(
        self, meetings: Meetings, requests: RequestQueue, threads: JournalThreads, starts: int
    ) -> None:
        self.alarms = Alarms(self.fire)
        self._meetings = meetings
        self._requests = requests
        self._threads = threads
        self._starts = starts
        self._loop = asyncio.get_running_loop()
        self._forgetting: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """Fires no more timers."""
        self.alarms.close()
        if self._forgetting is not None:
            self._forgetting.cancel()

    # -- at a start -----------------------------------------------------------------------------

    def start(self) -> list[asyncio.Future[None]]:
        """Fires the timers that are due, and sets the alarms of the others.

        Returns:
            The futures of the firings.
        """
        anew = self._starts <= MAX_STARTS_ANEW
        due, waiting = self._meetings.timers.start(self._meetings.live.values(), anew=anew)
        self.alarms.set_all(waiting)
        return [firing for meeting in due if (firing := self.fire(meeting)) is not None]

    def forget_starts_later(self) -> None:
        """Has starts counted anew once the timers that may begin anew have fired or ended."""
        if not self._starts:
            return
        if self._starts > MAX_STARTS_ANEW:
            # Once the caller has control: the first line of a service names its address.
            self._loop.call_soon(
                _LOGGER.warning,
                "start %d in a row of a service that ended within a grace: no grace begins anew, "
                "and one that is due fires at once", self._starts,
            )  # fmt: skip
        last = max(
            (
                live.moments[timer]
                for live in self._meetings.live.values()
                for timer in live.moments.keys() & BEGINNING_ANEW
            ),
            default=0,
        )
        # A second later, so that the commits of the firings are through.
        rest = max(last - self._meetings.timers.now(), 0) / 1000 + 1
        self._forgetting = self._loop.call_later(rest, self._forget_starts)

    def _forget_starts(self) -> None:
        self._threads.write(self._threads.journal.forget_starts).add_done_callback(
            # If it fails, a start is counted too many.
            lambda forgetting: forgetting.cancelled() or forgetting.exception()
        )

    # -- at an alarm ----------------------------------------------------------------------------

    def fire(self, meeting: str) -> asyncio.Future[None] | None:
        """Queues the firing of a meeting's timers; returns ``None`` if the hub is closed."""
        request = Request(self._meetings.fire, meeting, meeting=meeting, internal=True)
        with suppress(ClosedError):
            firing = self._requests.submit(request)
            firing.add_done_callback(partial(self._after_firing, meeting))
            return firing
        return None

    def _after_firing(self, meeting: str, firing: asyncio.Future[None]) -> None:
        # If the commit failed, the meeting is loaded again, and its alarm is set again with it. But
        # a journal that cannot be read for another request of the meeting refuses the firing, too.
        error = None if firing.cancelled() else firing.exception()
        if isinstance(error, JournalError):
            self._set_alarm(meeting)
        elif error is not None:
            # A clock that fails, for instance; at once it would fail again.
            _LOGGER.error("meeting %s: a timer did not fire", meeting, exc_info=error)
            self._loop.call_later(_INTERVAL, self._set_alarm, meeting)

    def _set_alarm(self, meeting: str) -> None:
        self.alarms.set(meeting, self._meetings.moments(meeting))
