"""What comes of deliveries: it is written down, and recorder and machine are brought in line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from fsm.recording import RecorderFailed
from fsm.runtime.batch import Batch
from fsm.runtime.errors import JournalError
from fsm.runtime.limits import MAX_DETAIL_LENGTH, written
from fsm.runtime.live import LiveMeeting, corrections
from fsm.runtime.meetings import Meetings
from fsm.runtime.recorder import OutboxMessage, RecorderStatus
from fsm.runtime.requests import Request, RequestQueue

_Apply = Callable[[LiveMeeting, Batch], bool]


class Bookkeeper:
    """The :class:`fsm.runtime.delivery.Book` of a hub.

    Args:
        meetings: the meetings in memory.
        requests: the queue of requests to the hub.
        most_corrections: how often in a row a recorder is told again what it should be doing,
            before it counts as failed.
        try_again: after how many seconds a note is tried again that could not be written.
    """

    def __init__(
        self, meetings: Meetings, requests: RequestQueue, *, most_corrections: int, try_again: float
    ) -> None:
        self._meetings = meetings
        self._requests = requests
        self._most_corrections = most_corrections
        self._try_again = try_again

    def can_have_taken(self, meeting: str, sequence: int) -> bool:
        """Say whether a recorder can have applied an order with a sequence, as far as is known."""
        live = self._meetings.live.get(meeting)
        return live is None or live.can_have_taken(sequence)

    async def taken(
        self, meeting: str, message: OutboxMessage | None, status: RecorderStatus
    ) -> bool:
        """Note what a recorder is doing, and that it has taken an order, if it was sent one."""

        def apply(live: LiveMeeting, batch: Batch) -> bool:
            if message is not None and message in live.pending:
                live.pending = tuple(each for each in live.pending if each != message)
                batch.mark_delivered(live, message)
            return not live.pending and self._agree(live, status, batch, asked=message is None)

        return await self._note(meeting, apply, status)

    async def missed(self, meeting: str, status: RecorderStatus) -> bool:
        """Note that orders before those that are pending never reached the recorder."""

        def apply(live: LiveMeeting, batch: Batch) -> bool:
            self._void(live, batch)
            return self._agree(live, status, batch, asked=False)

        return await self._note(meeting, apply, status)

    async def gave_up(self, meeting: str, message: OutboxMessage, why: str) -> None:
        """Note that the recorder does not take an order: the machine hears that it failed (D11)."""

        def apply(live: LiveMeeting, batch: Batch) -> bool:
            if message in live.pending:
                self._fail(live, why, batch)
            return False

        await self._note(meeting, apply)

    def _agree(
        self, live: LiveMeeting, status: RecorderStatus, batch: Batch, *, asked: bool
    ) -> bool:
        """Have the recorder told what it should be doing, if it says it does something else.

        Args:
            live: the meeting, none of whose orders are pending.
            status: what its recorder says it is doing.
            asked: it was asked, and does not only say that it did what it was told.
            batch: where it is to be written.

        Returns:
            Whether that has been in vain too often. A recorder that answers, but goes on with
            what it was told to stop, is told for ever; the journal must not be filled with that.
        """
        commands = corrections(live, status)
        if not commands:
            if not live.meeting.ended:
                live.corrections = 0
            elif asked:
                self._meetings.close(batch, live)
            else:
                # Nobody would ever ask again; and it may say that it stopped, but not have.
                batch.check(live.id)
            return False
        live.corrections += 1
        in_vain = live.corrections > self._most_corrections
        if in_vain and live.wanted.kind is not None:
            self._fail(live, "the recorder does not do what it is told", batch)
            return False
        expected_sequence: int | None = status.sequence
        for command in commands:
            batch.add_message(
                live, live.enqueue(command, again=True, expected_sequence=expected_sequence)
            )
            expected_sequence = None
        return in_vain

    def _fail(self, live: LiveMeeting, why: str, batch: Batch) -> None:
        if live.wanted.kind is None:
            return
        # First what may fail, so that nothing is half done.
        event = RecorderFailed(why[:MAX_DETAIL_LENGTH])
        text = written(event)
        self._void(live, batch)
        live.corrections = 0
        self._meetings.handle(batch, live, event, text, None)

    def _void(self, live: LiveMeeting, batch: Batch) -> None:
        for message in live.pending:
            batch.cancel_message(live, message)
        live.pending = ()

    async def _note(
        self, meeting: str, apply: _Apply, status: RecorderStatus | None = None
    ) -> bool:
        while True:
            request = Request(self._noted, meeting, apply, status, meeting=meeting, internal=True)
            with suppress(JournalError):
                return await self._requests.submit(request)
            await asyncio.sleep(self._try_again)

    def _noted(
        self, batch: Batch, meeting: str, apply: _Apply, status: RecorderStatus | None
    ) -> bool:
        live = self._meetings.live.get(meeting)
        pending: tuple[OutboxMessage, ...] = ()
        in_vain = False
        if live is not None and not live.closed:
            if status is None or live.can_have_taken(status.sequence):
                batch.mark_dirty(meeting)
                in_vain = apply(live, batch)
            else:
                # When it said so the meeting was not in memory, and nobody could tell.
                in_vain = True
                batch.check(meeting)
            pending = live.pending
        batch.deliver(meeting, pending)
        return in_vain
