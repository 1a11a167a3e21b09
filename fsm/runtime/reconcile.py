"""Reconciliation: records the results of deliveries, and corrects a recorder that differs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fsm.recording import (
    Command,
    PauseRecorder,
    RecorderFailed,
    ResumeRecorder,
    StartRecorder,
    StopRecorder,
)
from fsm.runtime.batch import Batch
from fsm.runtime.errors import JournalError
from fsm.runtime.limits import MAX_DETAIL_LENGTH, encode_event
from fsm.runtime.live import LiveMeeting
from fsm.runtime.meetings import Meetings
from fsm.runtime.operations import Changes, MeetingOperations
from fsm.runtime.recorder import OutboxMessage, RecorderStatus, supersedes
from fsm.runtime.requests import Request, RequestQueue

_LOGGER = logging.getLogger(__name__)
_STOP_UNEXPECTED = StopRecorder("recorder_failed")
"""The command that stops a recording that is not the expected one."""


class Reconciliation:
    """Applies the results of deliveries to a meeting, and corrects its recorder.

    Each method returns whether to back off, since corrections have no effect.

    Args:
        operations: the operations on a meeting.
        max_corrections: the number of consecutive corrections of a recorder, after which it counts
            as failed.
    """

    def __init__(self, operations: MeetingOperations, max_corrections: int) -> None:
        self._operations = operations
        self._max_corrections = max_corrections

    def apply(
        self,
        changes: Changes,
        live: LiveMeeting,
        status: RecorderStatus | None,
        update: Callable[..., bool],
        *args: Any,
    ) -> bool:
        """Applies a result to a meeting that is not closed.

        Args:
            changes: receives the changes.
            live: the meeting.
            status: the status that the recorder answered with, if it did.
            update: the method for the result.
            args: its arguments after the changes and the meeting.
        """
        if status is not None and not live.can_have_applied(status.sequence):
            # The meeting was not in memory when the recorder answered, so the sequence number of
            # the status was not checked.
            changes.check(live.id)
            back_off = True
        else:
            live.reported = live.reported or status is not None
            changes.mark_dirty(live.id)
            back_off = update(changes, live, *args)
        changes.deliver(live.id, live.pending)
        return back_off

    def delivered(
        self, changes: Changes, live: LiveMeeting, message: OutboxMessage, status: RecorderStatus
    ) -> bool:
        """Applies that a message was acknowledged; see :meth:`Reconciler.delivered`."""
        if message in live.pending:
            live.pending = tuple(each for each in live.pending if each != message)
            if status.sequence > live.last_sequence:
                # The recorder took it for a message that it had applied before.
                changes.cancel_message(live, message)
            else:
                changes.mark_delivered(live, message)
                live.acknowledged = True
        if live.pending:
            return False
        return self._reconcile(changes, live, status, was_check=False)

    def checked(self, changes: Changes, live: LiveMeeting, status: RecorderStatus) -> bool:
        """Applies the result of a status check; see :meth:`Reconciler.checked`."""
        return not live.pending and self._reconcile(changes, live, status, was_check=True)

    def gap_detected(self, changes: Changes, live: LiveMeeting, status: RecorderStatus) -> bool:
        """Applies that a gap was detected; see :meth:`Reconciler.gap_detected`."""
        self._cancel_pending(changes, live)
        back_off = self._reconcile(changes, live, status, was_check=False)
        # Messages that did not reach the recorder may still do so.
        live.stop_repeated = False
        return back_off

    def gave_up(
        self, changes: Changes, live: LiveMeeting, message: OutboxMessage, error: str
    ) -> bool:
        """Applies that a message could not be delivered; see :meth:`Reconciler.gave_up`."""
        if message not in live.pending:
            return False
        later = [each for each in live.pending if supersedes(each, message)]
        if isinstance(message.command, StopRecorder):
            # The next recording has attempts of its own; a recorder that still has the one before
            # is told to stop it.
            later += [each for each in live.pending if isinstance(each.command, StartRecorder)]
        if later:
            # If the recorder has not applied this message, it answers the one that is kept with a
            # gap, and is corrected.
            last = max(later, key=lambda each: each.sequence)
            self._cancel_pending(changes, live, keep=live.pending[live.pending.index(last) :])
        else:
            self._fail_recording(changes, live, error)
        return False

    def _reconcile(
        self, changes: Changes, live: LiveMeeting, status: RecorderStatus, *, was_check: bool
    ) -> bool:
        """Sends the recorder the commands that reconcile it with the machine.

        Args:
            changes: receives the messages.
            live: the meeting, without pending messages.
            status: the status that its recorder answered with.
            was_check: whether the status is from a check, and not from a delivery.

        Returns:
            Whether to back off, since corrections have no effect. A recorder that does not stop is
            corrected for as long as it takes, but at long intervals, so that it does not fill the
            journal.
        """
        if not self._operations.delivers:
            # Without a recorder the answer is the hub's own, of before the last event perhaps.
            status = live.expected_status
        if status.sequence > live.last_sequence:
            _LOGGER.warning(
                "meeting %s: its recorder has applied message %d, but the journal ends at %d: "
                "newer events are missing (was the file restored from a copy?), unless the id was "
                "that of a meeting that was pruned",
                live.id, status.sequence, live.last_sequence,
            )  # fmt: skip
            # One that has nothing may have stopped the meeting that had this id before, and was
            # pruned. It has acknowledged nothing of this one yet.
            knows_this_one = live.acknowledged or status.kind is not None
            if knows_this_one and _records_less(live, status):
                # The recorder has applied what the journal has lost: a stop, an end or a pause that
                # people were told of. Nothing may begin again by itself (R15).
                self._fail_recording(
                    changes, live, "the recorder is ahead of the journal, and no longer records"
                )
                return False
        commands = reconciliation_commands(live, status)
        if not commands:
            if not live.situation.ended:
                # The answer to a correction does not count: a recording may end right after it.
                if was_check:
                    live.corrections = 0
            elif was_check:
                self._operations.close(changes, live)
            else:
                # A last check, because a recorder may report a stop without having stopped.
                changes.check(live.id)
            return False
        live.corrections += 1
        back_off = live.corrections > self._max_corrections
        if back_off and live.expected_status.kind is not None:
            self._fail_recording(changes, live, "the recorder does not follow its commands")
            return False
        live.stop_repeated = status.kind is None and live.expected_status.kind is None
        expected_sequence: int | None = status.sequence
        for command in commands:
            changes.add_message(
                live, live.enqueue(command, again=True, expected_sequence=expected_sequence)
            )
            expected_sequence = None
        return back_off

    def _fail_recording(self, changes: Changes, live: LiveMeeting, error: str) -> None:
        if live.expected_status.kind is None:
            return
        # Encoding may raise, so it comes before anything is changed.
        event = RecorderFailed(error[:MAX_DETAIL_LENGTH])
        text = encode_event(event)
        self._cancel_pending(changes, live)
        live.corrections = 0
        self._operations.handle(changes, live, event, text, None)

    def _cancel_pending(
        self, changes: Changes, live: LiveMeeting, keep: tuple[OutboxMessage, ...] = ()
    ) -> None:
        for message in live.pending:
            if message not in keep:
                changes.cancel_message(live, message)
        live.pending = keep


class Reconciler:
    """Records the results of a hub's deliveries, and corrects the recorders.

    Each coroutine returns when its result is in the journal.

    Args:
        meetings: the meetings in memory.
        requests: the queue of requests to the hub.
        max_corrections: the number of consecutive corrections of a recorder, after which it counts
            as failed.
        retry_interval: the seconds before a result is recorded again after a failed commit.
    """

    def __init__(
        self,
        meetings: Meetings,
        requests: RequestQueue,
        *,
        max_corrections: int,
        retry_interval: float,
    ) -> None:
        self._meetings = meetings
        self._requests = requests
        self._updates = Reconciliation(meetings.operations, max_corrections)
        self._retry_interval = retry_interval

    def can_have_applied(self, meeting: str, sequence: int) -> bool:
        """Returns whether a recorder can have applied a message with this sequence number."""
        live = self._meetings.live.get(meeting)
        return live is None or live.can_have_applied(sequence)

    async def delivered(self, meeting: str, message: OutboxMessage, status: RecorderStatus) -> bool:
        """Records that the recorder has acknowledged a message.

        Args:
            meeting: the meeting's id.
            message: the message.
            status: the status that the recorder answered with.

        Returns:
            Whether to back off, since corrections have no effect.
        """
        return await self._record(meeting, status, self._updates.delivered, message, status)

    async def checked(self, meeting: str, status: RecorderStatus) -> bool:
        """Records the result of a status check.

        The status and the returned value are those of :meth:`delivered`.
        """
        return await self._record(meeting, status, self._updates.checked, status)

    async def gap_detected(self, meeting: str, status: RecorderStatus) -> bool:
        """Records that messages before the pending ones never reached the recorder.

        The status and the returned value are those of :meth:`delivered`.
        """
        return await self._record(meeting, status, self._updates.gap_detected, status)

    async def gave_up(self, meeting: str, message: OutboxMessage, error: str) -> None:
        """Records that a message could not be delivered.

        If a later stop is pending, the messages before it are cancelled: a recording that is over
        must not start any more, and must not keep the recorder from the next one. Otherwise, if a
        recording is expected, the machine receives ``recorder_failed`` (D11). A stop stays pending,
        and is sent until the recorder is back.
        """
        await self._record(meeting, None, self._updates.gave_up, message, error)

    # -- requests to the committer ----------------------------------------------------------------

    async def _record(
        self, meeting: str, status: RecorderStatus | None, update: Callable[..., bool], *args: Any
    ) -> bool:
        while True:
            request = Request(
                self._apply, meeting, status, update, args, meeting=meeting, internal=True
            )
            with suppress(JournalError):
                return await self._requests.submit(request)
            await asyncio.sleep(self._retry_interval)

    def _apply(
        self,
        batch: Batch,
        meeting: str,
        status: RecorderStatus | None,
        update: Callable[..., bool],
        args: tuple[Any, ...],
    ) -> bool:
        live = self._meetings.live.get(meeting)
        if live is None or live.closed:
            batch.deliver(meeting, ())
            return False
        return self._updates.apply(batch, live, status, update, *args)


def _records_less(live: LiveMeeting, status: RecorderStatus) -> bool:
    """Returns whether the expected recording is over or paused at the recorder."""
    expected = live.expected_status
    same_recording = (status.kind, status.client) == (expected.kind, expected.client)
    return expected.kind is not None and (
        not same_recording or (status.paused and not expected.paused)
    )


def reconciliation_commands(live: LiveMeeting, status: RecorderStatus) -> tuple[Command, ...]:
    """Returns the commands that reconcile a recorder with the machine.

    A recorder that lost a paused recording gets no command: started and paused again, it would
    record for a moment that nobody agreed to. The next resume finds that nothing is recorded, and
    starts.

    A recorder with the right status but an old sequence number gets a command that changes only
    that number. A message that is still on its way is then too late to be applied. If nothing is
    recorded and nothing should be, the command is sent once: a recorder that forgets a meeting with
    its stop never reports the last sequence number.

    Args:
        live: the meeting, without pending messages.
        status: the status that its recorder answered with.
    """
    expected = live.expected_status
    if status == expected:
        return ()
    if expected.kind is None:
        # An old sequence number may be that of another meeting.
        forgot = status.sequence in (0, expected.sequence)
        if status.kind is None and live.stop_repeated and forgot:
            return ()
        return (live.stop_command,)
    # Before the start was applied, the recorder can only have an earlier recording. A recorder that
    # has lost its sequence number, and still records, is not interrupted.
    is_earlier = 0 < status.sequence < live.start_sequence
    same_recording = not is_earlier and (status.kind, status.client) == (
        expected.kind, expected.client
    )  # fmt: skip
    if expected.paused:
        if status.kind is None and status.sequence == expected.sequence:
            return ()
        return (PauseRecorder(),) if same_recording or status.kind is None else (_STOP_UNEXPECTED,)
    if same_recording:
        return (ResumeRecorder(),)
    start = StartRecorder(expected.kind, expected.client)
    return (start,) if status.kind is None else (_STOP_UNEXPECTED, start)
