"""A meeting that runs: its machine, its numbering, and the orders its recorder has yet to take."""

from __future__ import annotations

import attrs

from fsm.recording import (
    Command,
    Event,
    Meeting,
    PauseRecorder,
    ResumeRecorder,
    StartRecorder,
    StopRecorder,
)
from fsm.recording.plan import MeetingSettings
from fsm.recording.vocabulary import StopReason
from fsm.runtime.entry import JournalEntry
from fsm.runtime.recorder import MOST_AHEAD, MOST_ORDERS, OutboxMessage, RecorderStatus


@attrs.define(eq=False)
class LiveMeeting:
    """One meeting in memory.

    Args:
        id: the meeting's id.
        key: what stands for it in the journal.
        opened_at: when it opened, in milliseconds since 1970.
        opening: what it was opened with.
        meeting: its machine.
        seq: the number of its last event.
        by_id: the entries of events whose sender gave them an id, by that id; ``None`` while
            they are in the journal alone.
        recording: how many recordings it has had.
        last_sequence: the number of the last order to its recorder.
        pending: the orders that the recorder has not taken yet, in their order.
        last_stop: why the last recording was stopped.
        corrections: how often in a row its recorder was told again what it should be doing.
        closed: whether it is over and its recorder has been told everything.
    """

    id: str
    key: int
    opened_at: int
    opening: MeetingSettings
    meeting: Meeting
    seq: int = 0
    by_id: dict[str, JournalEntry] | None = None
    recording: int = 0
    last_sequence: int = 0
    pending: tuple[OutboxMessage, ...] = ()
    last_stop: StopReason | None = None
    corrections: int = 0
    closed: bool = False

    def take(
        self, event: Event, event_id: str | None, at: int
    ) -> tuple[JournalEntry, tuple[OutboxMessage, ...]]:
        """Take an event.

        Args:
            event: the event.
            event_id: the id its sender gave it; not one that was used before.
            at: the time, in milliseconds since 1970.

        Returns:
            The entry for the journal, without a number where the meeting was over before; and
            the orders for the recorder.
        """
        over = self.meeting.ended
        outcome = self.meeting.handle(event)
        if over:
            return JournalEntry(self.id, None, event_id, at, event, outcome), ()
        self.seq += 1
        entry = JournalEntry(self.id, self.seq, event_id, at, event, outcome)
        if event_id is not None:
            assert self.by_id is not None, "they are brought back before an event with an id"
            self.by_id[event_id] = entry
        if not outcome.recorder:
            return entry, ()
        return entry, tuple(self.enqueue(each) for each in outcome.recorder)

    def taken(self, event_id: str) -> JournalEntry | None:
        """Return the entry of the event with an id; ``None`` where there was none."""
        assert self.by_id is not None, "they are brought back before an event with an id"
        return self.by_id.get(event_id)

    def enqueue(
        self, command: Command, *, again: bool = False, expected_sequence: int | None = None
    ) -> OutboxMessage:
        """Number a command for the recorder, and keep it until the recorder has taken it.

        Args:
            command: the command.
            again: it starts no new recording, but one that the recorder has lost.
            expected_sequence: the order the recorder must have taken; the one before this if ``None``.
                One that is not known here was sent before the journal was put back to an older
                state; what is sent now must have a higher number.
        """
        if isinstance(command, StartRecorder) and not again:
            self.recording += 1
        if isinstance(command, StopRecorder):
            self.last_stop = command.reason
        expected_sequence = self.last_sequence if expected_sequence is None else expected_sequence
        self.last_sequence = max(self.last_sequence, expected_sequence) + 1
        made = OutboxMessage(
            self.id, self.recording, self.last_sequence, expected_sequence, command
        )
        self.pending = (*self.pending, made)
        return made

    def can_have_taken(self, sequence: int) -> bool:
        """Say whether the recorder can have taken an order with a number.

        It may be ahead where the journal was put back to an older state, but so that numbers
        are left for a million orders more: the next order gets a number above it.
        """
        ahead = min(self.last_sequence, MOST_ORDERS - 2 * MOST_AHEAD) + MOST_AHEAD
        return sequence <= max(self.last_sequence, ahead)

    @property
    def wanted(self) -> RecorderStatus:
        """What the recorder should be doing once it has taken every order."""
        meeting = self.meeting
        if meeting.state in ("recording", "paused"):
            return RecorderStatus(
                self.last_sequence, meeting.kind, meeting.client, meeting.state == "paused"
            )
        return RecorderStatus(self.last_sequence)

    @property
    def stop(self) -> StopRecorder:
        """The command that stops what should not run, for the reason that stopped it before."""
        over: StopReason = "meeting_ended" if self.meeting.ended else "recorder_failed"
        return StopRecorder(self.last_stop or over)


def corrections(live: LiveMeeting, status: RecorderStatus) -> tuple[Command, ...]:
    """Return what the recorder must be told so that it does what the machine says.

    A recorder that does the right thing but missed orders is told the last thing again, under
    a new number: so an order that is still under way somewhere comes too late to be applied.

    Args:
        live: the meeting, none of whose orders are pending.
        status: what its recorder says it is doing.
    """
    wanted = live.wanted
    if status == wanted:
        return ()
    if wanted.kind is None:
        return (live.stop,)
    hold: tuple[Command, ...] = (PauseRecorder(),) if wanted.paused else ()
    start = StartRecorder(wanted.kind, wanted.client)
    if status.kind is None:
        return (start, *hold)
    if (status.kind, status.client) != (wanted.kind, wanted.client):
        return (StopRecorder("recorder_failed"), start, *hold)
    return hold or (ResumeRecorder(),)
