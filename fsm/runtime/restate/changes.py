"""The changes of a call to a meeting, before they are written to the state of its object."""

from __future__ import annotations

from collections.abc import Container

from fsm.recording import TimeUp
from fsm.recording.timers import next_due
from fsm.runtime import answers
from fsm.runtime.entries import JournalEntry
from fsm.runtime.live import FiringTimes, LiveMeeting
from fsm.runtime.recorder import OutboxMessage
from fsm.runtime.restate.state import StoredEntry, raw


class CallClock:
    """The clock of a call: the time of what it handles, in milliseconds since 1970.

    Moments of timers and times of entries are those of one clock, that of the object. A timer is
    due by the time that was recorded for it, whichever process answers.

    Args:
        at: the time.
    """

    def __init__(self, at: int = 0) -> None:
        self.at = at

    def time_for(self, live: LiveMeeting) -> int:
        """Returns the time of an entry of a meeting; no entry is older than the one before it."""
        return max(self.at, live.opened_at, live.last_at)

    def now(self) -> int:
        """Returns the time."""
        return self.at

    next_millisecond = now

    def next_firing(self, live: LiveMeeting, by: int) -> tuple[int, TimeUp] | None:
        """Returns the first firing that a meeting owes by a time, with its moment."""
        first = next_due(live.moments)
        if first is None or first[0] > by:
            return None
        moment, timer = first
        return moment, TimeUp(timer, live.meeting.timers[timer].set)


class CallChanges:
    """The changes of a call; see :class:`~fsm.runtime.operations.Changes`.

    Args:
        clock: the clock of the call.
        rules: the rules of its answers.

    Attributes:
        arrived: the time at which the event came that is handled now.
        rows: the new entries.
        checks: whether the recorder is to be asked for its status.
        closed_at: the time at which the meeting was closed by the call.
    """

    def __init__(self, clock: CallClock, rules: str) -> None:
        self._clock = clock
        self._rules = rules
        self.delivering: Container[str] = ()
        self.arrived = clock.at
        self.alarms: dict[str, None] = {}
        self.replaced_firings: dict[str, FiringTimes] = {}
        self.lateness: list[int] = []
        self.refused_firings = 0
        self.rows: list[StoredEntry] = []
        self.checks = False
        self.closed_at: int | None = None

    def arrive(self, at: int) -> None:
        """Sets the time at which the next event, or another cause of changes, came."""
        self.arrived = self._clock.at = at

    def add_entry(self, live: LiveMeeting, entry: JournalEntry, text: str) -> None:
        """Adds an entry, with its event as text."""
        presence = answers.dump_presence(entry.event, entry.outcome, live.meeting.present)
        answer = answers.answer_of(live.meeting, entry.outcome, live.due)
        self.rows.append(
            StoredEntry(
                entry.seq, entry.id, entry.at, raw(text), raw(answer), presence, self._rules
            )
        )

    def check(self, meeting: str) -> None:
        """Schedules a check of the recorder."""
        self.checks = True

    def close_meeting(self, live: LiveMeeting, at: int) -> None:
        """Marks the meeting as over, with nothing left to do for its recorder."""
        self.closed_at = at

    # The outbox is written as a whole, so these need no rows.

    def mark_dirty(self, meeting: str) -> None:
        """Does nothing: the meeting is written after each change."""

    def deliver(
        self, meeting: str, messages: tuple[OutboxMessage, ...], *, new: bool = False
    ) -> None:
        """Does nothing: new messages are seen by their numbers."""

    def open_meeting(self, live: LiveMeeting) -> None:
        """Does nothing: opening writes the meeting."""

    def open_again(self, live: LiveMeeting) -> None:
        """Does nothing: nothing changes."""

    def add_message(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Does nothing: the message is pending."""

    def mark_delivered(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Does nothing: the message is not pending any more."""

    def cancel_message(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Does nothing: the message is not pending any more."""
