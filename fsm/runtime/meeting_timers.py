"""The clocks of a hub, and the moments of its meetings' timers by them.

While a hub runs, timers fire by the clock of the event loop, which is never set. Across a restart
and in the journal the wall clock counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Final

from fsm.recording import TimeUp
from fsm.recording.timers import BEGINNING_ANEW, durations, next_due
from fsm.recording.vocabulary import Timer
from fsm.runtime.alarms import milliseconds
from fsm.runtime.batch import Batch
from fsm.runtime.live import FiringTimes, LiveMeeting

MAX_STARTS_ANEW: Final = 5
"""The number of starts in a row at which a timer begins anew. Otherwise a service that ends again
and again within a grace would never stop a recording."""


class MeetingTimers:
    """The timers of the meetings of a hub.

    Args:
        clock: returns the time in milliseconds since 1970, UTC.
        monotonic: returns the time of the event loop's clock, in seconds.

    Attributes:
        fired: the number of timers that have fired.
        lateness: the milliseconds by which these timers fired late, added up.
        refused: the number of timers whose firing the rules refused.
    """

    def __init__(self, clock: Callable[[], int], monotonic: Callable[[], float]) -> None:
        self.clock = clock
        self._monotonic = monotonic
        self.fired = 0
        self.lateness = 0
        self.refused = 0

    def time_for(self, live: LiveMeeting) -> int:
        """Returns the time of an entry of a meeting, in milliseconds since 1970."""
        return _not_before(live, self.clock())

    def now(self) -> int:
        """Returns the time of the event loop's clock in milliseconds, rounded down."""
        return milliseconds(self._monotonic())

    def next_millisecond(self) -> int:
        """Returns the first millisecond after that time.

        A timer counts from it, while due timers are looked for by :meth:`now`: so none fires early,
        even if the clock of the event loop has rounded the time down, as that of uvloop does.
        """
        return self.now() + 1

    def start(
        self, meetings: Iterable[LiveMeeting], *, anew: bool
    ) -> tuple[list[str], list[tuple[str, int]]]:
        """Sets the moments of all timers, when the hub is ready.

        A timer counts on from the time of its setting, even if no hub ran meanwhile; but one that
        waits for a return begins anew, since nobody could report a return.

        Args:
            meetings: the open meetings.
            anew: whether a timer may begin anew.

        Returns:
            The ids of meetings with a timer that is due, in the order of the moments, and of the
            other meetings with timers, each with the moment of its next one.
        """
        with_timers = [live for live in meetings if live.due]
        if not with_timers:
            return [], []
        waiting = []
        # Read once: a moment must not come earlier because the other clock went on meanwhile.
        now, clock = self.next_millisecond(), self.clock()
        for live in with_timers:
            if anew and not BEGINNING_ANEW.isdisjoint(live.due):
                at, seconds = _not_before(live, clock), durations(live.plan)
                begun = live.due.keys() & BEGINNING_ANEW
                live.due = {**live.due, **{timer: at + seconds[timer] * 1000 for timer in begun}}
            live.moments = moments = _moments(live, now, clock)
            waiting.append((live.id, min(moments.values())))
        due = sorted((each for each in waiting if each[1] <= now), key=itemgetter(1))
        return [meeting for meeting, _ in due], [each for each in waiting if each[1] > now]

    def restore(self, live: LiveMeeting, known: FiringTimes) -> None:
        """Sets the moments of a meeting that was loaded again.

        Args:
            live: the meeting.
            known: firing times that were in memory. Any other timer has its recorded time alone.
        """
        if not live.due or live.moments:
            return
        moments = _moments(live, self.next_millisecond(), self.clock())
        times = {
            timer: known.get(TimeUp(timer, live.meeting.timers[timer].set), (moments[timer], time))
            for timer, time in live.due.items()
        }
        live.moments = {timer: moment for timer, (moment, _) in times.items()}
        live.due = {timer: time for timer, (_, time) in times.items()}

    def next_firing(self, live: LiveMeeting, by: int) -> tuple[int, TimeUp] | None:
        """Returns the first firing that a meeting owes; ``None`` if it owes none.

        Args:
            live: the meeting.
            by: the time of the event loop's clock, in milliseconds, by which a timer must be due.

        Returns:
            The moment of the firing, and its event.
        """
        first = next_due(live.moments)
        if first is None or first[0] > by:
            return None
        moment, timer = first
        return moment, TimeUp(timer, live.meeting.timers[timer].set)

    def count(self, batch: Batch) -> None:
        """Counts the timers that fired in a commit, and those that were refused."""
        self.fired += len(batch.lateness)
        self.lateness += sum(batch.lateness)
        self.refused += batch.refused_firings


def _moments(live: LiveMeeting, now: int, clock: int) -> dict[Timer, int]:
    """Returns the moments at which the timers of a meeting are due by the wall clock.

    The time of the last event does not count: the clock may have been wrong at that moment, and a
    timer would fire early. If the clock was set back, no timer waits longer than at first.

    Args:
        live: the meeting.
        now: the time of the event loop's clock, in milliseconds.
        clock: that of the wall clock.
    """
    seconds = durations(live.plan)
    return {
        timer: now + min(time - clock, seconds[timer] * 1000) for timer, time in live.due.items()
    }


def _not_before(live: LiveMeeting, time: int) -> int:
    # A clock that is set back must not date an end before the opening: it would look old, and
    # be pruned at once. No entry is older than the one before it either.
    return max(time, live.opened_at, live.last_at)
