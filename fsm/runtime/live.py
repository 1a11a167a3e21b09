"""A meeting in memory: its machine, the entries of its events, and its pending messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

import attrs
import msgspec

from fsm.recording import (
    Command,
    Event,
    Meeting,
    StartRecorder,
    StopRecorder,
    TimeUp,
)
from fsm.recording.plan import MeetingSettings, Plan
from fsm.recording.timers import NOTHING_DUE, Due, due_after
from fsm.recording.vocabulary import ACTIVE_STATES, StopReason
from fsm.runtime import answers
from fsm.runtime.answers import RecordedState
from fsm.runtime.entries import EntryRow, JournalEntry, decode_entry
from fsm.runtime.errors import CorruptMeetingError
from fsm.runtime.file_access import one_line
from fsm.runtime.recorder import MAX_AHEAD, MAX_SEQUENCE, OutboxMessage, RecorderStatus

if TYPE_CHECKING:
    from fsm.runtime.snapshot import Snapshot

# Nearly all meetings share a few statuses.
_status = lru_cache(maxsize=4096)(RecorderStatus)


FiringTimes = Mapping[TimeUp, tuple[int, int]]
"""The times at which timers are due, by the event of the firing: the moment by the event loop's
clock, and the recorded time, both in milliseconds. The event names the setting of the timer."""


# A `NamedTuple` takes four times as long to create.
class RecordedMeeting(msgspec.Struct, frozen=True):
    """A meeting as its journal has it, until its machine is needed.

    Restoring all machines would be a third of a start with many meetings.

    Args:
        plan: its plan.
        state: the state in its last answer.
        presence: all changes of its participants, as text.
    """

    plan: Plan
    state: RecordedState
    presence: str


@attrs.define(eq=False)
class LiveMeeting:
    """One meeting in memory.

    Args:
        id: the meeting's id.
        key: its key in the journal.
        opened_at: the time of opening, in milliseconds since 1970.
        settings: its settings.
        machine: its machine, or the record that it is restored from at its first use.
        account_id: the id of its account; ``None`` if it was opened with an account without one.
        seq: the number of its last event.
        by_id: the entries of events with an id, by the id; ``None`` until they are loaded. One
            from the journal is a row until it is needed: to decode all of them takes long.
        recording: the number of its recordings.
        start_sequence: the sequence number of the message that started the last one.
        acknowledged: whether its recorder has acknowledged a message, or may have: those that are
            pending when a hub opens may have been applied before.
        last_sequence: the sequence number of the last message to its recorder.
        pending: the messages that are not delivered yet, in order.
        last_stop: the reason of the last message, if it is a stop.
        corrections: the number of consecutive corrections of its recorder.
        stop_repeated: whether its recorder was told to stop once more since the last recording,
            because it recorded nothing but reported an old sequence number.
        reported: whether its recorder has reported a status since the meeting is in memory.
        closed: whether it is over, and its recorder has confirmed that it records nothing.
        presence_checksum: the checksum of all recorded changes of its participants.
        last_at: the time of its last event.
        due: the times at which its timers are due, in milliseconds since 1970.
        moments: the same in milliseconds of the event loop's clock, by which they fire. A timer
            whose firing was refused has none until the next accepted event.
        refused: the moments of the timers that run although the rules refused their firings.
        snapshot: its last snapshot, if it is large.
    """

    id: str
    key: int
    opened_at: int
    settings: MeetingSettings
    machine: Meeting | RecordedMeeting
    account_id: str | None = None
    seq: int = 0
    by_id: dict[str, JournalEntry | EntryRow] | None = None
    recording: int = 0
    start_sequence: int = 0
    acknowledged: bool = False
    last_sequence: int = 0
    pending: tuple[OutboxMessage, ...] = ()
    last_stop: StopReason | None = None
    corrections: int = 0
    stop_repeated: bool = False
    reported: bool = False
    closed: bool = False
    presence_checksum: int = 0
    last_at: int = 0
    due: Due = NOTHING_DUE
    moments: Due = NOTHING_DUE
    refused: Due = NOTHING_DUE
    snapshot: Snapshot | None = None

    @property
    def meeting(self) -> Meeting:
        """Its machine.

        Raises:
            CorruptMeetingError: its record has names that no rule knows.
        """
        machine = self.machine
        if type(machine) is not Meeting:
            with self._errors():
                self.machine = machine = answers.restore(
                    machine.plan, machine.state, machine.presence
                )
        return machine

    @property
    def plan(self) -> Plan:
        """The plan of its machine."""
        return self.machine.plan

    @property
    def situation(self) -> Meeting | RecordedState:
        """The state of its recording, without the participants."""
        machine = self.machine
        return machine if isinstance(machine, Meeting) else machine.state

    def handle(
        self, event: Event, event_id: str | None, at: int, now: int
    ) -> tuple[JournalEntry, tuple[OutboxMessage, ...]]:
        """Handles an event.

        Args:
            event: the event.
            event_id: the id from its sender, not used before.
            at: the time, in milliseconds since 1970.
            now: the time in milliseconds of the event loop's clock.

        Returns:
            The entry for the journal, without a number if it is not to be kept, and the messages
            for the recorder.
        """
        meeting = self.meeting
        over = meeting.ended
        outcome = meeting.handle(event)
        if type(event) is TimeUp and outcome.refused is not None:
            # Rules that know no such timer: it must not be due for ever. They decide again once an
            # event has changed the meeting, or other rules after the next start.
            moments = dict(self.moments)
            if event.timer in moments:
                self.refused = {**self.refused, event.timer: moments.pop(event.timer)}
            self.moments = moments
            return JournalEntry(self.id, None, None, at, event, outcome), ()
        if over and event_id is None:
            # Nothing depends on it, and it must not make the journal grow.
            return JournalEntry(self.id, None, None, at, event, outcome), ()
        self.seq += 1
        self.last_at = at
        if self.refused and outcome.refused is None:
            self.moments = {**self.refused, **self.moments}
        if outcome.timers or type(event) is TimeUp:
            self.due = due_after(self.due, event, outcome, at)
            self.moments = due_after(self.moments, event, outcome, now)
            self.refused = {
                timer: moment for timer, moment in self.refused.items() if timer in self.due
            }
        entry = JournalEntry(self.id, self.seq, event_id, at, event, outcome)
        if event_id is not None:
            assert self.by_id is not None, "loaded before an event with an id"
            self.by_id[event_id] = entry
        if not outcome.recorder:
            return entry, ()
        return entry, tuple(self.enqueue(each) for each in outcome.recorder)

    @property
    def firing_times(self) -> FiringTimes:
        """The times at which the timers that have a moment fire."""
        timers = self.meeting.timers
        return {
            TimeUp(timer, timers[timer].set): (moment, self.due[timer])
            for timer, moment in self.moments.items()
        }

    def entry_of(self, event_id: str) -> JournalEntry | None:
        """Returns the entry of the event with an id, ``None`` if there was none.

        Raises:
            CorruptMeetingError: the row of the entry is corrupt.
        """
        assert self.by_id is not None, "loaded before an event with an id"
        entry = self.by_id.get(event_id)
        if isinstance(entry, tuple):
            with self._errors():
                entry = self.by_id[event_id] = decode_entry(self.id, entry)
        return entry

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise CorruptMeetingError(
                f"meeting {self.id!r} cannot be read: {one_line(error)}"
            ) from error

    def enqueue(
        self, command: Command, *, again: bool = False, expected_sequence: int | None = None
    ) -> OutboxMessage:
        """Adds a command to the pending messages, with the next sequence number.

        Args:
            command: the command.
            again: whether a start continues a recording that the recorder has lost.
            expected_sequence: the sequence number that the recorder must have applied; the last
                one if ``None``. If it is higher than the last one, because the journal was restored
                from an older copy, the message gets a number above it.
        """
        if isinstance(command, StartRecorder):
            self.stop_repeated = False
        self.last_stop = command.reason if isinstance(command, StopRecorder) else None
        expected_sequence = self.last_sequence if expected_sequence is None else expected_sequence
        self.last_sequence = max(self.last_sequence, expected_sequence) + 1
        if isinstance(command, StartRecorder) and not again:
            self.recording += 1
            self.start_sequence = self.last_sequence
            # Those that did not stop an earlier recording say nothing of this one.
            self.corrections = 0
        message = OutboxMessage(
            self.id, self.recording, self.last_sequence, expected_sequence, command
        )
        self.pending = (*self.pending, message)
        return message

    def can_have_applied(self, sequence: int) -> bool:
        """Returns whether the recorder can have applied a message with a sequence number.

        It may be ahead of a journal that was restored from an older copy, by a million messages at
        most, and never so far that fewer than a million sequence numbers are left.
        """
        ahead = min(self.last_sequence, MAX_SEQUENCE - 2 * MAX_AHEAD) + MAX_AHEAD
        return sequence <= max(self.last_sequence, ahead)

    @property
    def expected_status(self) -> RecorderStatus:
        """The status of the recorder once all messages are delivered."""
        situation = self.situation
        if situation.state in ACTIVE_STATES:
            paused = situation.state == "paused"
            return _status(self.last_sequence, situation.kind, situation.client, paused)
        return _status(self.last_sequence)

    @property
    def stop_command(self) -> StopRecorder:
        """The command that stops a recording again, with the reason of the last stop."""
        default: StopReason = "meeting_ended" if self.situation.ended else "recorder_failed"
        return StopRecorder(self.last_stop or default)
