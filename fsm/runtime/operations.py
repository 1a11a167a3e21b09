"""Operations on one meeting that is in memory: opening, events, timers, and the end.

They are the same wherever a meeting is kept: in the journal of a hub, or in a cluster. Each takes
the changes it makes as an argument, :class:`Changes`, which makes them durable.
"""

from __future__ import annotations

import logging
from collections.abc import Container
from typing import Protocol

import attrs

from fsm.recording import Account, Choice, Event, Join, Meeting, Resolution, TimeUp
from fsm.recording.plan import MeetingSettings
from fsm.recording.vocabulary import MeetingType
from fsm.runtime import codec
from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import BusyError, ConflictError
from fsm.runtime.limits import Default, HubLimits, TimerDefaults, with_defaults
from fsm.runtime.live import FiringTimes, LiveMeeting
from fsm.runtime.recorder import OutboxMessage

_LOGGER = logging.getLogger(__name__)


class Clocks(Protocol):
    """The clocks of a runtime; see :class:`~fsm.runtime.meeting_timers.MeetingTimers`."""

    def time_for(self, live: LiveMeeting) -> int:
        """Returns the time of an entry of a meeting, in milliseconds since 1970."""
        ...

    def now(self) -> int:
        """Returns the time of the clock of moments, in milliseconds, rounded down."""
        ...

    def next_millisecond(self) -> int:
        """Returns the time from which a timer that is set now counts, by that clock."""
        ...

    def next_firing(self, live: LiveMeeting, by: int) -> tuple[int, TimeUp] | None:
        """Returns the first firing that a meeting owes by a time, with its moment."""
        ...


class Changes(Protocol):
    """The changes of operations, to be made durable; see :class:`~fsm.runtime.batch.Batch`."""

    @property
    def delivering(self) -> Container[str]:
        """The ids of meetings for which a delivery or a check is under way."""
        ...

    arrived: int
    alarms: dict[str, None]
    replaced_firings: dict[str, FiringTimes]
    lateness: list[int]
    refused_firings: int

    def mark_dirty(self, meeting: str) -> None:
        """Marks a meeting as changed in memory."""
        ...

    def deliver(
        self, meeting: str, messages: tuple[OutboxMessage, ...], *, new: bool = False
    ) -> None:
        """Schedules all that is pending for a meeting."""
        ...

    def check(self, meeting: str) -> None:
        """Schedules a check of the recorder of a meeting."""
        ...

    def open_meeting(self, live: LiveMeeting) -> None:
        """Adds a new meeting."""
        ...

    def open_again(self, live: LiveMeeting) -> None:
        """Notes that a meeting was opened again with the same settings."""
        ...

    def add_entry(self, live: LiveMeeting, entry: JournalEntry, text: str) -> None:
        """Adds a journal entry, with its event as text."""
        ...

    def add_message(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Adds a message to the outbox."""
        ...

    def mark_delivered(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Marks a message of the outbox as acknowledged by the recorder."""
        ...

    def cancel_message(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Marks a message of the outbox as not to be delivered any more."""
        ...

    def close_meeting(self, live: LiveMeeting, at: int) -> None:
        """Marks a meeting as over, with nothing left to do for its recorder."""
        ...


class MeetingOperations:
    """The operations on a meeting. An operation raises before it has changed anything.

    Args:
        clocks: the clocks.
        limits: the limits of the runtime.
        defaults: the seconds of timers for meetings that are opened without their own.
        delivers: whether messages are delivered to a recorder. Without one, each counts as
            delivered in the commit of its event, and a meeting that is over is closed by it.
    """

    def __init__(
        self,
        clocks: Clocks,
        limits: HubLimits,
        defaults: TimerDefaults,
        *,
        delivers: bool = True,
    ) -> None:
        self.clocks = clocks
        self._limits = limits
        self._defaults = defaults
        self.delivers = delivers

    def settings_of(
        self,
        live: LiveMeeting | None,
        account: Account,
        user: Choice | None,
        booking: Choice | None,
        type: MeetingType,  # noqa: A002
        grace: int | None,
        end_when_empty: int | Default | None,
        account_id: str | None,
    ) -> MeetingSettings:
        """Returns the settings of a meeting to be opened, with all that is left out filled in.

        Args:
            live: the meeting, if one with its id was opened before.
            account: the account.
            user: the organiser's own setting.
            booking: the choice made for the booking.
            type: the type of the meeting.
            grace: the grace; ``None`` for the default.
            end_when_empty: the time of an empty meeting; ``DEFAULT`` for the default.
            account_id: the id by which the caller named the account, if it did.

        Raises:
            ValueError, TypeError: a setting is not valid.
        """
        if live is not None and account_id is not None and account_id == live.account_id:
            # The console may have changed since, but the caller sends what it sent before.
            account = live.settings.account
        # What the caller leaves out was filled in when the meeting opened, and is not compared.
        defaults = self._defaults if live is None else live.settings
        seconds = with_defaults(grace, end_when_empty, defaults)
        return MeetingSettings(account, user, booking, type, *seconds)

    def open_again(self, changes: Changes, live: LiveMeeting, settings: MeetingSettings) -> None:
        """Opens a meeting that was opened before, which changes nothing.

        Raises:
            ConflictError: it has other settings, or is over.
        """
        if live.situation.ended:
            raise ConflictError(
                f"meeting {live.id!r} is over, and its id is used up "
                "(open the next meeting under a new id)"
            )
        if live.settings != settings:
            raise ConflictError(f"there is a meeting {live.id!r} with other settings")
        changes.open_again(live)

    def dispatch(
        self,
        changes: Changes,
        live: LiveMeeting,
        event: Event,
        text: str,
        id: str | None,  # noqa: A002
    ) -> JournalEntry:
        """Handles an event, or returns the entry it already has; see :meth:`Hub.dispatch`.

        Args:
            changes: receives the changes.
            live: the meeting.
            event: the event.
            text: the event as text.
            id: the sender's id of the event.
        """
        known = live.entry_of(id) if id is not None else None
        if known is not None:
            if known.event != event:
                raise ConflictError(f"the event id {id!r} was used for another event")
            return known
        if type(event) is Join and self._is_full_for(live.meeting, event):
            raise BusyError(f"{self._limits.participants} participants are in the meeting", 10)
        return self.handle(changes, live, event, text, id)

    def _is_full_for(self, meeting: Meeting, join: Join) -> bool:
        present = meeting.present
        return (
            len(present) >= self._limits.participants
            and not meeting.ended
            and join.id not in present
        )

    def handle(
        self,
        changes: Changes,
        live: LiveMeeting,
        event: Event,
        text: str,
        id: str | None,  # noqa: A002
    ) -> JournalEntry:
        """Handles an event that was not handled before; timers due at its arrival come first."""
        if live.moments:
            self.fire_due(changes, live)
        return self._take(changes, live, event, text, id)

    def fire_due(self, changes: Changes, live: LiveMeeting) -> None:
        """Fires the timers of a meeting that were due when the request came."""
        while firing := self.clocks.next_firing(live, changes.arrived):
            moment, event = firing
            is_first = event.timer not in live.refused
            entry = self._take(changes, live, event, codec.dump_event(event), None)
            if entry.seq is not None:
                changes.lateness.append(self.clocks.now() - moment)
            elif is_first:
                changes.refused_firings += 1
                _LOGGER.warning(
                    "meeting %s: its timer %s is up, but the rules of this release refuse the "
                    "firing (%s), so it stays %s; the timer is tried again after each event of the "
                    "meeting (end the meeting if it should be over)",
                    live.id, event.timer, entry.outcome.refused, live.situation.state,
                )  # fmt: skip

    def _take(
        self,
        changes: Changes,
        live: LiveMeeting,
        event: Event,
        text: str,
        id: str | None,  # noqa: A002
    ) -> JournalEntry:
        ended_before = live.situation.ended
        firings = live.firing_times if live.moments else {}
        moments = live.moments
        at, now = self.clocks.time_for(live), self.clocks.next_millisecond()
        entry, messages = live.handle(event, id, at, now)
        if entry.seq is None:
            return entry
        if live.moments is not moments:
            changes.replaced_firings.setdefault(live.id, firings)
            changes.alarms[live.id] = None
        changes.add_entry(live, entry, text)
        if messages:
            for message in messages:
                changes.add_message(live, message)
            if self.delivers:
                changes.deliver(live.id, live.pending, new=True)
            else:
                for message in messages:
                    changes.mark_delivered(live, message)
                live.pending = live.pending[: -len(messages)]
        if live.situation.ended and not ended_before and not live.pending:
            if live.id in changes.delivering or (
                self.delivers and (live.last_sequence or not live.reported)
            ):
                # A status from before this event cannot confirm that the recorder has stopped.
                changes.check(live.id)
            else:
                self.close(changes, live)
        return entry

    def close(self, changes: Changes, live: LiveMeeting) -> None:
        """Closes a meeting that is over and needs nothing more from its recorder."""
        live.closed = True
        changes.close_meeting(live, self.clocks.time_for(live))


def resolution_of(live: LiveMeeting) -> Resolution:
    """Returns the resolution of a meeting's plan, which stays as it was resolved (D8)."""
    resolution = live.settings.resolve()
    if resolution.plan == live.plan:
        return resolution
    why = "the plan was resolved under earlier rules, and stays as it was (D8, D16)"
    return attrs.evolve(resolution, plan=live.plan, why=(why,))
