"""One call of a meeting's object: what it loads, and what it writes and sends at its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Self

import msgspec
import restate

from fsm.recording import StartRecorder
from fsm.recording.timers import next_due
from fsm.runtime.errors import UnknownMeetingError
from fsm.runtime.live import LiveMeeting
from fsm.runtime.operations import MeetingOperations
from fsm.runtime.recorder import OutboxMessage, supersedes
from fsm.runtime.restate.calls import (
    MEETING,
    RECORDER,
    CheckCall,
    DeliverCall,
    FireCall,
    ReconcileCall,
    decode_call,
)
from fsm.runtime.restate.changes import CallChanges, CallClock
from fsm.runtime.restate.handlers import load_state, send_call, store_state, wake
from fsm.runtime.restate.settings import EndpointSettings
from fsm.runtime.restate.state import (
    BUCKETS,
    CHUNK,
    Bucket,
    Live,
    Opening,
    Outbox,
    StoredEntry,
    StoredMessage,
    bucket_key,
    bucket_values,
    chunk_key,
    live_meeting,
    live_value,
    outbox_value,
)

ALL_BUCKETS: Final = [bucket_key(number) for number in range(BUCKETS)]
"""The keys of all buckets of participants."""


class MeetingCall:
    """A call that may change a meeting.

    Args:
        context: the context of the handler.
        settings: the settings of the endpoint.
        values: the values that were loaded.

    Attributes:
        live: the meeting.
        value: the value of ``live`` before the call.
        outbox: the value of ``outbox`` before the call.
        values: the values that were loaded.
        changes: the changes, whose time is to be set by ``arrive``.
        operations: the operations on the meeting, by the clock of the call.
        retrying: the field of ``outbox`` after the call.
        checking: the field of ``outbox`` after the call.
        alarms: the field of ``live`` after the call.
    """

    def __init__(
        self,
        context: restate.ObjectContext,
        settings: EndpointSettings,
        values: dict[str, bytes],
    ) -> None:
        self._context = context
        self._settings = settings
        self.values = values
        self.live = live_of(context.key(), values)
        self.value = decode_call(values["live"], Live)
        self.outbox = outbox_of(values)
        clock = CallClock()
        self.changes = CallChanges(clock, settings.rules)
        self.operations = MeetingOperations(clock, settings.limits, settings.defaults)
        self.retrying = self.outbox.retrying
        self.checking = self.outbox.checking
        self.alarms = self.value.alarms

    @classmethod
    async def load(
        cls,
        context: restate.ObjectContext,
        settings: EndpointSettings,
        keys: Iterable[str] = (),
    ) -> Self:
        """Loads a meeting, and the values of further keys.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: a later release wrote it.
        """
        values = await load_state(context, ["opening", "live", "outbox", "tail", *keys])
        if "live" not in values:
            raise UnknownMeetingError(context.key())
        return cls(context, settings, values)

    @property
    def tail(self) -> list[StoredEntry]:
        """The last entries before the call."""
        return tail_of(self.values)

    def schedule_check(self, delay: float) -> None:
        """Makes the delayed call of the next regular check.

        Args:
            delay: the seconds until it comes.
        """
        send_call(self._context, MEETING, "reconcile", ReconcileCall(regular=True), delay)

    def finish(
        self,
        *,
        rung: int | None = None,
        wakes: bool = True,
        delay: float = 0,
    ) -> None:
        """Writes the changes of a call, and sends what follows from them.

        Args:
            rung: the moment of the alarm whose delayed call this is.
            wakes: whether new messages are sent to be delivered; otherwise the caller does so.
            delay: the seconds before they are.
        """
        live, changes = self.live, self.changes
        if self._settings.recorder is None:
            self._settle_without_recorder()
        new = [each for each in live.pending if each.sequence > self.outbox.last_sequence]
        if new:
            self._wake(new, wakes=wakes, delay=delay)
        if changes.checks and not live.closed:
            send_call(self._context, RECORDER, "check", CheckCall(live.last_sequence))
        if outbox_value(live, checking=self.checking, retrying=self.retrying) != self.outbox:
            self.store_outbox()
        self._set_alarm(rung)
        closed_at = self.value.closed_at or changes.closed_at
        if changes.rows:
            self._store_entries()
            for number, bucket in bucket_values(live, sorted(changes.presence)).items():
                store_state(self._context, bucket_key(number), bucket)
            last = changes.rows[-1]
            value = live_value(live, last.answer, closed_at, last.rules, self.alarms)
        else:
            value = msgspec.structs.replace(self.value, closed_at=closed_at, alarms=self.alarms)
        if value != self.value:
            store_state(self._context, "live", value)

    def _settle_without_recorder(self) -> None:
        """Counts every message as delivered, and closes the meeting if it is over."""
        live, changes = self.live, self.changes
        live.pending = ()
        if live.situation.ended and not live.closed:
            self.operations.close(changes, live)

    def _wake(
        self,
        new: list[OutboxMessage],
        *,
        wakes: bool,
        delay: float,
    ) -> None:
        live = self.live
        if wakes:
            send_call(
                self._context,
                RECORDER,
                "deliver",
                DeliverCall(tuple(map(StoredMessage.of, live.pending))),
                delay,
            )
        if self.retrying is not None:
            sequence, awakeable = self.retrying
            waiting = [each for each in live.pending if each.sequence == sequence]
            if any(supersedes(each, message) for message in waiting for each in new):
                wake(self._context, awakeable)
                self.retrying = None
        every = self._settings.reconcile_every
        starts = any(isinstance(each.command, StartRecorder) for each in new)
        if starts and every is not None and not self.checking:
            self.checking = True
            # Spread out, so that the checks of meetings that began together do not come together.
            self.schedule_check(every * (0.5 + self._context.random().random()))

    def _set_alarm(self, rung: int | None) -> None:
        """Makes a delayed call for the next timer, unless an earlier one is on its way.

        A delayed call is never cancelled: if its timer was cancelled or set anew, it changes
        nothing when it comes. So a meeting has few of them, however often its timers are set, and
        no handler waits for an answer after a decision.
        """
        alarms = self.alarms = tuple(each for each in self.alarms if each != rung)
        first = next_due(self.live.moments)
        if first is None or any(each <= first[0] for each in alarms):
            return
        moment = first[0]
        # The call may have waited, so the clock of this moment counts, not its time.
        delay = (moment - self._settings.clock()) / 1000
        send_call(self._context, MEETING, "fire", FireCall(moment), delay)
        self.alarms = (*alarms, moment)

    def store_outbox(self) -> None:
        """Writes the outbox."""
        value = outbox_value(self.live, checking=self.checking, retrying=self.retrying)
        store_state(self._context, "outbox", value)

    def _store_entries(self) -> None:
        """Appends new entries: to the tail, and from it to chunks that are full."""
        tail = [*self.tail, *self.changes.rows]
        number = (self.live.seq - len(tail)) // CHUNK
        while len(tail) >= CHUNK:
            store_state(self._context, chunk_key(number), tail[:CHUNK])
            tail = tail[CHUNK:]
            number += 1
        store_state(self._context, "tail", tail)
        for row in self.changes.rows:
            if row.id is not None:
                store_state(self._context, f"event/{row.id}", row.seq)


def outbox_of(values: dict[str, bytes]) -> Outbox:
    """Returns the outbox among loaded values."""
    return decode_call(values["outbox"], Outbox) if "outbox" in values else Outbox()


def tail_of(values: dict[str, bytes]) -> list[StoredEntry]:
    """Returns the last entries among loaded values."""
    return decode_call(values["tail"], list[StoredEntry]) if "tail" in values else []


def live_of(id: str, values: dict[str, bytes]) -> LiveMeeting:  # noqa: A002
    """Returns the meeting of loaded values."""
    opening, live = decode_call(values["opening"], Opening), decode_call(values["live"], Live)
    buckets = [decode_call(values[key], Bucket) for key in ALL_BUCKETS if key in values]
    return live_meeting(id, opening, live, outbox_of(values), buckets)
