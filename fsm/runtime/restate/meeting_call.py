"""One call of a meeting's object: what it loads, and what it writes and sends at its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import msgspec
import restate

from fsm.recording import StartRecorder
from fsm.recording.timers import next_due
from fsm.runtime.errors import MovedError, UnknownMeetingError
from fsm.runtime.operations import MeetingOperations
from fsm.runtime.recorder import OutboxMessage, supersedes
from fsm.runtime.restate.calls import (
    MEETING,
    RECORDER,
    ArmCall,
    CheckCall,
    DeliverCall,
    FireCall,
    ReconcileCall,
    decode_call,
)
from fsm.runtime.restate.changes import CallChanges, CallClock
from fsm.runtime.restate.handlers import Context, load_state, send_call, store_state, wake
from fsm.runtime.restate.settings import EndpointSettings
from fsm.runtime.restate.state import (
    CHUNK,
    Alarm,
    Bucket,
    Live,
    StoredEntry,
    StoredMessage,
    bucket_key,
    bucket_of,
    changed_buckets,
    check_format,
    chunk_key,
    event_key,
    live_meeting,
    live_value,
    outbox_value,
    presence_of,
)


class MeetingCall:
    """A call that may change a meeting.

    Args:
        context: the context of the handler.
        settings: the settings of the endpoint.
        stored: the value of ``live`` that is stored.
        value: the value of ``live`` without the entries that the call has moved to chunks.
        buckets: the buckets of participants that are loaded.

    Attributes:
        live: the meeting.
        changes: the changes.
        operations: the operations on the meeting, by the clock of the call.
        retrying: the field of the outbox after the call.
        checking: the field of the outbox after the call.
        alarms: the field of ``live`` after the call.
        elsewhere: the field of ``live`` after the call.
    """

    def __init__(
        self,
        context: restate.ObjectContext,
        settings: EndpointSettings,
        stored: Live,
        value: Live,
        buckets: Iterable[Bucket] = (),
    ) -> None:
        self._context = context
        self._settings = settings
        self._stored = stored
        self._value = value
        self.live = live_meeting(context.key(), value, buckets)
        clock = CallClock()
        self.changes = CallChanges(clock, settings.rules)
        self.operations = MeetingOperations(clock, settings.limits, settings.defaults)
        self.retrying = value.outbox.retrying
        self.checking = value.outbox.checking
        self.alarms = value.alarms
        self.elsewhere = value.elsewhere

    @classmethod
    async def load(cls, context: restate.ObjectContext, settings: EndpointSettings) -> Self:
        """Loads a meeting without participants of its moved entries.

        Raises:
            UnknownMeetingError: there is no such meeting.
            MovedError: it is elsewhere.
            JournalError: a later release wrote it.
        """
        value = await load_live(context)
        check_here(context.key(), value)
        return cls(context, settings, value, value)

    @classmethod
    async def load_for(
        cls,
        context: restate.ObjectContext,
        settings: EndpointSettings,
        participants: Iterable[str],
        ids: Iterable[str],
        *,
        anywhere: bool = False,
    ) -> Self:
        """Loads a meeting for events, and moves its entries that fill chunks.

        Args:
            context: the context of the handler.
            settings: the settings of the endpoint.
            participants: the participants whom the events name.
            ids: the ids of the events.
            anywhere: whether the meeting may be elsewhere.

        Raises:
            UnknownMeetingError: there is no such meeting.
            MovedError: it is elsewhere.
            JournalError: a later release wrote it.
        """
        stored = await load_live(context)
        if not anywhere:
            check_here(context.key(), stored)
        tail = stored.tail
        full = tail[: len(tail) // CHUNK * CHUNK]
        changes = presence_of(full)
        buckets = {}
        if full or stored.moved:
            recent = presence_of(tail)
            numbers = {bucket_of(each) for each in participants if each not in recent}
            buckets = await load_buckets(context, numbers | set(map(bucket_of, changes)))
        if full:
            changed = changed_buckets(changes, buckets)
            for number, bucket in changed.items():
                store_state(context, bucket_key(number), bucket)
            _move_entries(context, full, stored.moved // CHUNK)
            buckets |= changed
        value = msgspec.structs.replace(stored, tail=tail[len(full) :])
        loaded = cls(context, settings, stored, value, buckets.values())
        await loaded._load_known(ids)
        return loaded

    async def _load_known(self, ids: Iterable[str]) -> None:
        """Loads the entries of events that were sent before, by the ids of the events."""
        wanted = set(ids)
        rows = [row for row in self._stored.tail if row.id in wanted]
        earlier = sorted(wanted.difference(row.id for row in rows))
        if self._stored.moved and earlier:
            keys = await load_state(self._context, map(event_key, earlier))
            known = {decode_call(each, int) for each in keys.values()}
            numbers = sorted({(seq - 1) // CHUNK for seq in known})
            rows += [row for row in await load_rows(self._context, numbers) if row.seq in known]
        assert self.live.by_id is not None
        for row in rows:
            assert row.id is not None, "it was looked for by its id"
            self.live.by_id[row.id] = row.entry(self.live.id)

    def arrive(self, at: int) -> None:
        """Sets the time at which the next event, or another cause of changes, came.

        The clocks of the callers differ, but the time of a meeting never goes back.
        """
        self.changes.arrive(max(at, self.live.opened_at, self.live.last_at))

    def schedule_check(self, delay: float) -> None:
        """Makes the next regular call, which is delayed.

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
        if self._settings.recorder is None and self.elsewhere is None:
            self._settle_without_recorder()
        last_sequence = self._value.outbox.last_sequence
        new = [each for each in live.pending if each.sequence > last_sequence]
        if new:
            self._wake(new, wakes=wakes, delay=delay)
        if changes.checks and not live.closed:
            send_call(self._context, RECORDER, "check", CheckCall(live.last_sequence))
        self._check_alarms(rung)
        self.store()

    def store(self) -> None:
        """Writes the value of ``live``, if it has changed."""
        outbox = outbox_value(self.live, checking=self.checking, retrying=self.retrying)
        value = msgspec.structs.replace(
            live_value(self._value, self.live, self.changes.rows, outbox),
            closed_at=self._value.closed_at or self.changes.closed_at,
            alarms=self.alarms,
            elsewhere=self.elsewhere,
        )
        if value != self._stored:
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
                DeliverCall(tuple(map(StoredMessage.of, live.pending)), live.situation.ended),
                delay,
            )
        if self.retrying is not None:
            sequence, awakeable = self.retrying
            waiting = [each for each in live.pending if each.sequence == sequence]
            if any(supersedes(each, message) for message in waiting for each in new):
                wake(self._context, awakeable)
                self.retrying = None
        starts = any(isinstance(each.command, StartRecorder) for each in new)
        if starts and not self.checking:
            self.checking = True
            # Spread out, so that the checks of meetings that began together do not come together.
            spread = 0.5 + self._context.random().random()
            self.schedule_check(self._settings.call_every * spread)

    def _check_alarms(self, rung: int | None) -> None:
        """Cancels the delayed calls if no timer runs, or has one made for the next timer.

        One for an earlier moment serves a timer that was set anew, so a meeting has few of them,
        however often its timers are set.
        """
        alarms = tuple(each for each in self.alarms if each.moment != rung)
        first = next_due(self.live.moments)
        if first is None:
            for each in alarms:
                self._context.cancel_invocation(each.invocation)
            alarms = ()
        elif all(each.moment > first[0] for each in alarms):
            # In a call of its own: to learn the id of a delayed call takes an exchange, in which a
            # decision would be taken again, perhaps by other rules.
            send_call(self._context, MEETING, "arm", ArmCall(first[0]))
        self.alarms = alarms

    async def arm(self, moment: int) -> None:
        """Makes the delayed call for the moment of a timer, if it still runs and has none."""
        is_due = moment in self.live.moments.values()
        if not is_due or any(each.moment <= moment for each in self.alarms):
            return
        # The call may have waited, so the clock of this moment counts, not its time.
        delay = (moment - self._settings.clock()) / 1000
        sent = send_call(self._context, MEETING, "fire", FireCall(moment), delay)
        self.alarms = (*self.alarms, Alarm(moment, await sent.invocation_id()))
        self.store()


def check_here(id: str, live: Live) -> None:  # noqa: A002
    """Checks that a meeting is here, and takes events.

    Raises:
        MovedError: it was moved to a journal, or is still on its way from one.
    """
    if live.elsewhere is not None:
        raise MovedError(
            f"meeting {id!r} is in a journal, or on its way from one (send its events again, with "
            "their ids, to the service that has it)"
        )


async def load_live(context: Context) -> Live:
    """Loads the value of ``live``.

    Raises:
        UnknownMeetingError: there is no such meeting.
        JournalError: the state was written by a release that this one does not know.
    """
    values = await load_state(context, ["live"])
    if "live" not in values:
        raise UnknownMeetingError(context.key())
    live = decode_call(values["live"], Live)
    check_format(context.key(), live)
    return live


async def load_buckets(context: Context, numbers: Iterable[int]) -> dict[int, Bucket]:
    """Loads buckets of participants; one that is empty is missing."""
    keys = {bucket_key(number): number for number in sorted(numbers)}
    values = await load_state(context, keys)
    return {keys[key]: decode_call(value, Bucket) for key, value in values.items()}


async def load_rows(context: Context, numbers: Iterable[int]) -> list[StoredEntry]:
    """Loads the entries of chunks."""
    values = await load_state(context, map(chunk_key, numbers))
    return [row for value in values.values() for row in decode_call(value, list[StoredEntry])]


def _move_entries(context: restate.ObjectContext, rows: Sequence[StoredEntry], number: int) -> None:
    """Writes entries to chunks, and the keys of their events.

    Args:
        context: the context of the handler.
        rows: entries that fill chunks.
        number: the number of the first chunk.
    """
    for start in range(0, len(rows), CHUNK):
        key = chunk_key(number + start // CHUNK)
        store_state(context, key, rows[start : start + CHUNK])
    for row in rows:
        if row.id is not None:
            store_state(context, event_key(row.id), row.seq)
