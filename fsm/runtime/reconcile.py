"""Reconciliation: results of deliveries are recorded, and a recorder that differs is corrected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

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
from fsm.runtime.recorder import OutboxMessage, RecorderStatus
from fsm.runtime.requests import Request, RequestQueue

_Apply = Callable[[LiveMeeting, Batch], bool]


class Reconciler:
    """Records the results of a hub's deliveries (:class:`fsm.runtime.delivery.DeliveryResults`).

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
        self._max_corrections = max_corrections
        self._try_again = retry_interval

    def can_have_applied(self, meeting: str, sequence: int) -> bool:
        """Returns whether a recorder can have applied a message with this sequence number."""
        live = self._meetings.live.get(meeting)
        return live is None or live.can_have_applied(sequence)

    async def delivered(
        self, meeting: str, message: OutboxMessage | None, status: RecorderStatus
    ) -> bool:
        """Records the status of a recorder, and the delivery of a message if there was one."""

        def apply(live: LiveMeeting, batch: Batch) -> bool:
            if message is not None and message in live.pending:
                live.pending = tuple(each for each in live.pending if each != message)
                batch.mark_delivered(live, message)
            return not live.pending and self._reconcile(
                live, status, batch, was_check=message is None
            )

        return await self._record(meeting, apply, status)

    async def gap_detected(self, meeting: str, status: RecorderStatus) -> bool:
        """Records that messages before the pending ones never reached the recorder."""

        def apply(live: LiveMeeting, batch: Batch) -> bool:
            self._cancel_pending(live, batch)
            return self._reconcile(live, status, batch, was_check=False)

        return await self._record(meeting, apply, status)

    async def gave_up(self, meeting: str, message: OutboxMessage, error: str) -> None:
        """Records that a message could not be delivered.

        If a recording is expected, the machine receives ``recorder_failed`` (D11). A stop stays
        pending, and is sent until the recorder is back.
        """

        def apply(live: LiveMeeting, batch: Batch) -> bool:
            if message in live.pending:
                self._fail(live, error, batch)
            return False

        await self._record(meeting, apply)

    def _reconcile(
        self, live: LiveMeeting, status: RecorderStatus, batch: Batch, *, was_check: bool
    ) -> bool:
        """Sends the recorder the commands that bring it in line with the machine.

        Args:
            live: the meeting, without pending messages.
            status: the status that its recorder answered with.
            was_check: whether the status is from a check, and not from a delivery.
            batch: receives the messages.

        Returns:
            Whether corrections have no effect. A recorder that does not stop is corrected for as
            long as it takes, but at long intervals, so that it does not fill the journal.
        """
        commands = reconciliation_commands(live, status)
        if not commands:
            if not live.meeting.ended:
                live.corrections = 0
            elif was_check:
                self._meetings.close(batch, live)
            else:
                # A last check, because a recorder may report a stop without having stopped.
                batch.check(live.id)
            return False
        live.corrections += 1
        ineffective = live.corrections > self._max_corrections
        if ineffective and live.expected_status.kind is not None:
            self._fail(live, "the recorder does not follow its commands", batch)
            return False
        expected_sequence: int | None = status.sequence
        for command in commands:
            batch.add_message(
                live, live.enqueue(command, again=True, expected_sequence=expected_sequence)
            )
            expected_sequence = None
        return ineffective

    def _fail(self, live: LiveMeeting, error: str, batch: Batch) -> None:
        if live.expected_status.kind is None:
            return
        # Encoding may raise, so it comes before anything is changed.
        event = RecorderFailed(error[:MAX_DETAIL_LENGTH])
        text = encode_event(event)
        self._cancel_pending(live, batch)
        live.corrections = 0
        self._meetings.handle(batch, live, event, text, None)

    def _cancel_pending(self, live: LiveMeeting, batch: Batch) -> None:
        for message in live.pending:
            batch.cancel_message(live, message)
        live.pending = ()

    async def _record(
        self, meeting: str, apply: _Apply, status: RecorderStatus | None = None
    ) -> bool:
        while True:
            request = Request(
                self._apply_result, meeting, apply, status, meeting=meeting, internal=True
            )
            with suppress(JournalError):
                return await self._requests.submit(request)
            await asyncio.sleep(self._try_again)

    def _apply_result(
        self, batch: Batch, meeting: str, apply: _Apply, status: RecorderStatus | None
    ) -> bool:
        live = self._meetings.live.get(meeting)
        pending: tuple[OutboxMessage, ...] = ()
        ineffective = False
        if live is not None and not live.closed:
            if status is None or live.can_have_applied(status.sequence):
                batch.mark_dirty(meeting)
                ineffective = apply(live, batch)
            else:
                # The meeting was not in memory when the recorder answered, so the sequence number
                # of the status was not checked.
                ineffective = True
                batch.check(meeting)
            pending = live.pending
        batch.deliver(meeting, pending)
        return ineffective


def reconciliation_commands(live: LiveMeeting, status: RecorderStatus) -> tuple[Command, ...]:
    """Returns the commands that bring a recorder in line with the machine.

    A recorder with the right status but an old sequence number gets a command that changes nothing
    else. A message that is still on its way is then too late to be applied.

    Args:
        live: the meeting, without pending messages.
        status: the status that its recorder answered with.
    """
    expected = live.expected_status
    if status == expected:
        return ()
    if expected.kind is None:
        return (live.stop_command,)
    pause: tuple[Command, ...] = (PauseRecorder(),) if expected.paused else ()
    start = StartRecorder(expected.kind, expected.client)
    if status.kind is None:
        return (start, *pause)
    if (status.kind, status.client) != (expected.kind, expected.client):
        return (StopRecorder("recorder_failed"), start, *pause)
    return pause or (ResumeRecorder(),)
