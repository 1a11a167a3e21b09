"""The meetings in memory, and the operations on them; nothing here waits."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fsm.recording import (
    Account,
    Choice,
    Event,
    EventExplanation,
    Meeting,
    Permission,
    RecorderFailed,
    Resolution,
    explain_event,
)
from fsm.recording.timers import NOTHING_DUE, Due
from fsm.recording.vocabulary import MeetingType
from fsm.runtime.batch import Batch
from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import BusyError, CorruptMeetingError, UnknownMeetingError
from fsm.runtime.journal import Journal
from fsm.runtime.limits import Default, HubLimits, TimerDefaults, encode_event
from fsm.runtime.live import FiringTimes, LiveMeeting
from fsm.runtime.meeting_timers import MeetingTimers
from fsm.runtime.operations import MeetingOperations, resolution_of
from fsm.runtime.recorder import RecorderStatus
from fsm.runtime.requests import Request
from fsm.runtime.snapshot import Snapshot, snapshot_of
from fsm.runtime.watchers import Feeds

_MAX_RECENT = 64
"""The number of closed meetings that are kept in memory."""


class Meetings:
    """The meetings of a hub.

    A method with a batch is the operation of a request: it changes the meeting in memory, and adds
    to the batch the rows that make the change durable. It raises before it has changed anything.

    Args:
        live: the meetings that are open.
        next_key: the first key that no meeting of the journal has.
        timers: the clocks, and the moments of timers.
        limits: the limits of the hub.
        defaults: the seconds of timers for meetings that are opened without their own.
        delivers: whether messages are delivered to a recorder.
    """

    def __init__(
        self,
        live: Iterable[LiveMeeting],
        next_key: int,
        timers: MeetingTimers,
        limits: HubLimits,
        defaults: TimerDefaults,
        *,
        delivers: bool = True,
    ) -> None:
        self.live = {meeting.id: meeting for meeting in live}
        self.feeds = Feeds()
        # Closed meetings that were loaded for the current group of requests, dropped at the next.
        self._closed: dict[str, LiveMeeting] = {}
        # The closed meetings that were used last, so that the events that come after the end of a
        # large meeting, as every client leaves, do not each load it from the journal.
        self._recent: OrderedDict[str, LiveMeeting] = OrderedDict()
        # Meetings that a failed commit has dropped from memory, to be loaded again, with their
        # firing times before and after the commit.
        self._rolled_back: dict[str, FiringTimes] = {}
        self.timers = timers
        self._next_key = next_key
        self._limits = limits
        self.operations = MeetingOperations(timers, limits, defaults, delivers=delivers)

    # -- memory ---------------------------------------------------------------------------------

    def missing(self, requests: Sequence[Request[Any]]) -> dict[str, bool]:
        """Returns the ids of meetings that must be loaded for some requests.

        Meetings that were rolled back are among them: otherwise their recorders would not be
        checked before the next request for them.

        Returns:
            A flag for each id: whether the answers to earlier event ids are needed as well.
        """
        self._closed.clear()
        missing = dict.fromkeys(self._rolled_back, False)
        for request in requests:
            if request.meeting is None:
                continue
            live = self.live.get(request.meeting)
            if live is None or (request.needs_ids and live.by_id is None):
                missing[request.meeting] = missing.get(request.meeting, False) or request.needs_ids
        return missing

    def load(
        self, journal: Journal, missing: dict[str, bool]
    ) -> tuple[list[LiveMeeting], dict[str, CorruptMeetingError]]:
        """Loads meetings, but does not keep them, since it runs in the writer's thread.

        Args:
            journal: the journal.
            missing: the result of :meth:`missing`.

        Returns:
            The meetings, and the errors of those that are corrupt; the others are not affected.

        Raises:
            JournalError: the journal cannot be read at all.
        """
        loaded = []
        errors = {}
        if journal.was_changed_by_others():
            # Closed meetings may have been pruned.
            self._recent.clear()
        for meeting, needs_ids in missing.items():
            try:
                live = self.live.get(meeting) or self._recent.get(meeting) or journal.load(meeting)
                if live is not None:
                    if needs_ids and live.by_id is None:
                        journal.load_ids(live)
                    loaded.append(live)
            except CorruptMeetingError as error:
                errors[meeting] = error
        return loaded, errors

    def keep(self, loaded: Iterable[LiveMeeting]) -> None:
        """Keeps loaded meetings; closed ones only until the next group of requests."""
        rolled_back, self._rolled_back = self._rolled_back, {}
        self.feeds.restart(rolled_back)
        for live in loaded:
            self.timers.restore(live, rolled_back.get(live.id, {}))
            if live.closed:
                self._closed[live.id] = live
                self._remember(live)
            else:
                self.live[live.id] = live

    def retire(self, meeting: str) -> None:
        """Drops a meeting that was closed from those in memory."""
        self._remember(self.live.pop(meeting))

    def _remember(self, live: LiveMeeting) -> None:
        self._recent[live.id] = live
        self._recent.move_to_end(live.id)
        if len(self._recent) > _MAX_RECENT:
            self._recent.popitem(last=False)

    def forget(self, meeting: str) -> None:
        """Drops a meeting from memory; the next request for it loads it from the journal."""
        for meetings in (self.live, self._closed, self._recent):
            meetings.pop(meeting, None)

    def roll_back(
        self, meetings: Iterable[str], replaced_firings: Mapping[str, FiringTimes]
    ) -> None:
        """Drops meetings whose changes were not written; the next group loads them again.

        Args:
            meetings: their ids.
            replaced_firings: their firing times before the changes.
        """
        for meeting in meetings:
            live = self._find(meeting)
            # A commit that failed may be in the journal nevertheless, with the timers that it set.
            firings = {} if live is None else live.firing_times
            self._rolled_back[meeting] = {**replaced_firings.get(meeting, {}), **firings}
            self.forget(meeting)

    @property
    def has_rolled_back(self) -> bool:
        """True if meetings whose changes were not written are still to be loaded again."""
        return bool(self._rolled_back)

    def get(self, meeting: str) -> LiveMeeting:
        """Returns a meeting that is in memory.

        Raises:
            UnknownMeetingError: there is no such meeting.
        """
        live = self._find(meeting)
        if live is None:
            raise UnknownMeetingError(meeting)
        return live

    # -- timers ---------------------------------------------------------------------------------

    def moments(self, meeting: str) -> Due:
        """Returns the moments of a meeting's timers; none if the meeting is not in memory."""
        live = self.live.get(meeting)
        return NOTHING_DUE if live is None else live.moments

    def fire(self, batch: Batch, meeting: str) -> None:
        """Fires the timers of a meeting that are due."""
        live = self.live.get(meeting)
        if live is not None:
            self.operations.fire_due(batch, live)
            # The alarm may have rung too early, and a timer may be due later.
            batch.alarms[meeting] = None

    def _find(self, meeting: str) -> LiveMeeting | None:
        return self.live.get(meeting) or self._closed.get(meeting)

    def is_over(self, meeting: str) -> bool:
        """Returns whether a meeting is over; one that was closed is not in memory any more."""
        live = self.live.get(meeting)
        return live is None or live.situation.ended

    def to_check(self) -> list[str]:
        """Returns the meetings whose recorders are checked regularly.

        A meeting that never had a message is checked once: if the journal was restored from an
        older copy, its recorder may be recording all the same.
        """
        return [
            live.id
            for live in self.live.values()
            if not live.pending
            and (live.last_sequence or live.situation.ended or not live.reported)
        ]

    @property
    def with_commands(self) -> int:
        """The number of open meetings that have had commands for the recorder."""
        return sum(1 for live in self.live.values() if live.last_sequence)

    def expected_status(self, meeting: str) -> RecorderStatus:
        """Returns the status of a meeting's recorder once it has all messages."""
        live = self.live.get(meeting)
        return RecorderStatus() if live is None else live.expected_status

    # -- operations -----------------------------------------------------------------------------

    def open(
        self,
        batch: Batch,
        id: str,  # noqa: A002
        account: Account,
        user: Choice | None,
        booking: Choice | None,
        type: MeetingType,  # noqa: A002
        grace: int | None,
        end_when_empty: int | Default | None,
        *,
        account_id: str | None = None,
    ) -> Snapshot:
        """Opens a meeting; see :meth:`fsm.runtime.Hub.open`."""
        live = self._find(id)
        settings = self.operations.settings_of(
            live, account, user, booking, type, grace, end_when_empty, account_id
        )
        if live is not None:
            self.operations.open_again(batch, live, settings)
            return snapshot_of(live)
        if len(self.live) >= self._limits.meetings:
            raise BusyError(f"{len(self.live)} meetings are open already", 10)
        meeting = Meeting(settings.resolve().plan)
        live = LiveMeeting(
            id, self._next_key, self.timers.clock(), settings, meeting, account_id, by_id={}
        )
        # Encoding may raise, so it comes before anything is changed.
        batch.open_meeting(live)
        batch.mark_dirty(id)
        self._next_key += 1
        self.live[id] = live
        return snapshot_of(live)

    def dispatch(
        self,
        batch: Batch,
        meeting: str,
        event: Event,
        text: str,
        id: str | None,  # noqa: A002
    ) -> JournalEntry:
        """Handles an event, or returns the entry it already has; see :meth:`Hub.dispatch`."""
        return self.operations.dispatch(batch, self.get(meeting), event, text, id)

    def snapshot(self, _: Batch, meeting: str) -> Snapshot:
        """Returns a snapshot of a meeting."""
        return snapshot_of(self.get(meeting))

    def allowed(self, _: Batch, meeting: str, participant: str) -> dict[str, Permission]:
        """Returns a permission for each command of a participant; see :meth:`Hub.allowed`."""
        return self.get(meeting).meeting.allowed(participant)

    def why(self, _: Batch, meeting: str, event: Event) -> EventExplanation:
        """Explains what an event would do now; see :meth:`Hub.why`."""
        return explain_event(self.get(meeting).meeting, event)

    def resolution(self, _: Batch, meeting: str) -> Resolution:
        """Returns the resolution of a meeting's plan."""
        return resolution_of(self.get(meeting))

    def fail_local_recording(
        self, batch: Batch, meeting: str, client: str, detail: str | None
    ) -> JournalEntry | None:
        """Fails the local recording of a client; see :meth:`Hub.fail_local_recording`."""
        live = self.get(meeting)
        if (live.situation.kind, live.situation.client) != ("local", client):
            return None
        event = RecorderFailed(detail)
        return self.operations.handle(batch, live, event, encode_event(event), None)

    def check(self, batch: Batch, meeting: str) -> int:
        """Schedules a check of a meeting's recorder, and returns the number of checks."""
        if self.get(meeting).closed:
            return 0
        batch.check(meeting)
        return 1
