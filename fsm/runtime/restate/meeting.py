"""The virtual object ``Meeting``: one meeting, with its entries, its outbox and its timers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import attrs
import msgspec
import restate

from fsm.recording import Meeting, StartRecorder, TimeUp
from fsm.recording.timers import next_due
from fsm.runtime import codec
from fsm.runtime.errors import HubError, UnknownMeetingError
from fsm.runtime.limits import DEFAULT, check_id, encode_event
from fsm.runtime.live import LiveMeeting
from fsm.runtime.operations import MeetingOperations
from fsm.runtime.reconcile import Reconciliation
from fsm.runtime.recorder import supersedes
from fsm.runtime.restate.calls import (
    MEETING,
    RECORDER,
    CheckCall,
    DeliverCall,
    DispatchAnswer,
    DispatchCall,
    EventAnswer,
    FireCall,
    HistoryAnswer,
    HistoryCall,
    OpenCall,
    ReadCall,
    ReconcileCall,
    RetryingCall,
    SentEvent,
    SettleAnswer,
    SettleCall,
    StateAnswer,
    decode_call,
    failure_of,
)
from fsm.runtime.restate.changes import CallChanges, CallClock
from fsm.runtime.restate.handlers import (
    Context,
    add_handler,
    load_state,
    send_call,
    store_state,
    virtual_object,
    wake,
)
from fsm.runtime.restate.settings import EndpointSettings
from fsm.runtime.restate.state import (
    BUCKETS,
    CHUNK,
    NO_ANSWER,
    Bucket,
    Live,
    Message,
    Opening,
    Outbox,
    StoredEntry,
    bucket_key,
    bucket_of,
    bucket_values,
    chunk_key,
    live_meeting,
    live_value,
    named_participants,
    outbox_value,
    raw,
    text,
)
from fsm.runtime.rules_version import current_rules

_ALL_BUCKETS: Final = [bucket_key(number) for number in range(BUCKETS)]


@attrs.define
class _Loaded:
    """A meeting as a call has loaded it, and the changes of the call.

    Args:
        live: the meeting.
        value: the value of ``live``.
        outbox: the value of ``outbox``.
        values: all values that were loaded.
        now: the time of the call.
        changes: the changes.
        operations: the operations on the meeting, by the clock of the call.

    Attributes:
        retrying, checking, alarms: the fields of the state after the call.
    """

    live: LiveMeeting
    value: Live
    outbox: Outbox
    values: dict[str, bytes]
    now: int
    changes: CallChanges
    operations: MeetingOperations
    retrying: tuple[int, str] | None = attrs.field(init=False)
    checking: bool = attrs.field(init=False)
    alarms: tuple[int, ...] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.retrying, self.checking = self.outbox.retrying, self.outbox.checking
        self.alarms = self.value.alarms

    @property
    def tail(self) -> list[StoredEntry]:
        """The last entries before the call."""
        return decode_call(self.values["tail"], list[StoredEntry]) if "tail" in self.values else []


class MeetingHandlers:
    """The handlers of meetings.

    Args:
        settings: the settings of the endpoint.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        rules = current_rules()
        self._rules = f"{rules.release} {rules.fingerprint}"

    def service(self) -> restate.VirtualObject:
        """Returns the virtual object."""
        service = virtual_object(MEETING, "A meeting and its automatic recording.")
        add_handler(service, "open", self.open, OpenCall, StateAnswer)
        add_handler(service, "dispatch", self.dispatch, DispatchCall, DispatchAnswer)
        add_handler(service, "fire", self.fire, FireCall)
        add_handler(service, "read", self.read, ReadCall, StateAnswer, kind="shared")
        add_handler(service, "history", self.history, HistoryCall, HistoryAnswer, kind="shared")
        add_handler(service, "settle", self.settle, SettleCall, private=True)
        add_handler(service, "retrying", self.retrying, RetryingCall, private=True)
        add_handler(service, "checked", self.checked, CheckCall, private=True)
        add_handler(service, "reconcile", self.reconcile, ReconcileCall)
        return service

    # -- reading --------------------------------------------------------------------------------

    async def read(self, context: Context, call: ReadCall) -> StateAnswer:
        """Returns the state of a meeting; what follows from it, the caller computes."""
        keys = (
            _ALL_BUCKETS if call.participant is None else [bucket_key(bucket_of(call.participant))]
        )
        values, _ = await load_state(context, ["opening", "live", "outbox", *keys])
        return _state_answer(context.key(), values)

    async def history(self, context: Context, call: HistoryCall) -> HistoryAnswer:
        """Returns entries of a meeting."""
        values, _ = await load_state(context, ["live", "tail"])
        if "live" not in values:
            raise UnknownMeetingError(context.key())
        live = decode_call(values["live"], Live)
        tail = decode_call(values["tail"], list[StoredEntry]) if "tail" in values else []
        first = live.seq - len(tail) + 1
        rows = tail
        if call.after + 1 < first:
            last = min(call.after + call.limit, first - 1)
            numbers = range(call.after // CHUNK, (last - 1) // CHUNK + 1)
            chunks, _ = await load_state(context, map(chunk_key, numbers))
            earlier = [
                row
                for number in numbers
                for row in decode_call(chunks[chunk_key(number)], list[StoredEntry])
            ]
            rows = earlier + tail
        rows = [row for row in rows if row.seq is not None and row.seq > call.after]
        rows = rows[: call.limit]
        return HistoryAnswer(entries=rows, ended=live.state.ended, seq=live.seq)

    # -- opening and events ---------------------------------------------------------------------

    async def open(self, context: restate.ObjectContext, call: OpenCall) -> StateAnswer:
        """Opens a meeting: resolves its plan, and freezes it."""
        id_ = context.key()
        values, now = await load_state(context, ["opening", "live", "outbox"], self._now)
        try:
            check_id("a meeting's id", id_)
            clock, changes = self._call(now)
            operations = self._operations(clock)
            live = None
            if "live" in values:
                live = _live_of(id_, values)
            settings = operations.settings_of(
                live, call.account, call.user, call.booking, call.type, call.grace,
                DEFAULT if call.end_when_empty is None else call.end_when_empty or None,
                call.account_id,
            )  # fmt: skip
            if live is not None:
                operations.open_again(changes, live, settings)
            plan = settings.resolve().plan
        except (HubError, ValueError, TypeError) as error:
            return StateAnswer(failure=failure_of(error))
        if live is not None:
            buckets, _ = await load_state(context, _ALL_BUCKETS)
            return _state_answer(id_, values | buckets)
        live = LiveMeeting(id_, 0, now, settings, Meeting(plan), call.account_id)
        opening = Opening(
            now, raw(codec.dump(settings)), raw(codec.dump(plan)), call.account_id, self._rules
        )
        value = live_value(live, NO_ANSWER, None, self._rules, ())
        store_state(context, "opening", opening)
        store_state(context, "live", value)
        return StateAnswer(opening=opening, live=value)

    async def dispatch(self, context: restate.ObjectContext, call: DispatchCall) -> DispatchAnswer:
        """Handles events of a meeting in their order; each has an answer or an error."""
        events = [_decoded(each) for each in call.events]
        participants = {
            bucket_key(bucket_of(participant))
            for event in events
            if not isinstance(event, Exception)
            for participant in named_participants(event)
        }
        ids = [each.id for each in call.events if each.id is not None]
        keys = [*sorted(participants), *dict.fromkeys(f"event/{id_}" for id_ in ids)]
        loaded = await self._load(context, keys)
        await self._load_known(context, loaded, ids)
        answers = [
            EventAnswer(failure=failure_of(event))
            if isinstance(event, Exception)
            else self._handle(loaded, event, sent)
            for event, sent in zip(events, call.events, strict=True)
        ]
        self._finish(context, loaded)
        return DispatchAnswer(events=answers)

    def _handle(self, loaded: _Loaded, event: Any, sent: SentEvent) -> EventAnswer:
        loaded.changes.arrive(loaded.now - sent.waited)
        try:
            entry = loaded.operations.dispatch(
                loaded.changes, loaded.live, event, text(sent.event), sent.id
            )
        except (HubError, ValueError, TypeError) as error:
            return EventAnswer(failure=failure_of(error))
        answer = codec.dump(codec.outcome_data(entry.outcome))
        # The caller knows the event that it has sent.
        return EventAnswer(
            StoredEntry(entry.seq, entry.id, entry.at, raw("null"), raw(answer), None, self._rules)
        )

    async def _load_known(
        self, context: restate.ObjectContext, loaded: _Loaded, ids: Iterable[str]
    ) -> None:
        """Loads the entries of events that were sent before, by the ids of the events."""
        known = {
            id_: decode_call(loaded.values[f"event/{id_}"], int)
            for id_ in ids
            if f"event/{id_}" in loaded.values
        }
        if not known:
            return
        rows = {row.seq: row for row in loaded.tail}
        numbers = sorted({(seq - 1) // CHUNK for seq in known.values() if seq not in rows})
        chunks, _ = await load_state(context, map(chunk_key, numbers))
        for chunk in chunks.values():
            rows |= {row.seq: row for row in decode_call(chunk, list[StoredEntry])}
        assert loaded.live.by_id is not None
        for id_, seq in known.items():
            loaded.live.by_id[id_] = rows[seq].entry(loaded.live.id)

    async def fire(self, context: restate.ObjectContext, call: FireCall) -> None:
        """Fires the timers that are due; if they were cancelled or set anew, nothing changes."""
        loaded = await self._load(context, ())
        if call.moment in loaded.alarms:
            # The server says that the moment has come, by a clock that may be ahead of this one.
            loaded.changes.arrive(max(loaded.now, call.moment))
        loaded.operations.fire_due(loaded.changes, loaded.live)
        self._finish(context, loaded, rung=call.moment)

    # -- the recorder ---------------------------------------------------------------------------

    async def settle(self, context: restate.ObjectContext, call: SettleCall) -> SettleAnswer:
        """Records the result of a delivery, and returns the messages that are to follow."""
        loaded = await self._load(context, ())
        live, attempt = loaded.live, call.attempt
        message = next((each for each in live.pending if each.sequence == call.sequence), None)
        back_off = False
        if message is not None and not live.closed:
            results = Reconciliation(loaded.operations, self._settings.limits.corrections)
            status = None if attempt.status is None else attempt.status.status()
            loaded.retrying = None
            if status is None:
                error = attempt.error or "a later message makes it pointless"
                results.apply(loaded.changes, live, None, results.gave_up, message, error)
                back_off = live.pending[:1] == (message,)
            elif attempt.gap:
                back_off = results.apply(loaded.changes, live, status, results.gap_detected, status)
            else:
                back_off = results.apply(
                    loaded.changes, live, status, results.delivered, message, status
                )
            delay = self._settings.retry.max_interval * back_off
            self._finish(context, loaded, wakes=not call.waits, delay=delay)
        return SettleAnswer(tuple(map(Message.of, live.pending)), live.last_sequence, back_off)

    async def retrying(self, context: restate.ObjectContext, call: RetryingCall) -> None:
        """Notes the awakeable of a delivery that waits; ends the wait if it is superseded."""
        loaded = await self._load(context, ())
        pending = {each.sequence: each for each in loaded.live.pending}
        message = pending.get(call.sequence)
        if message is None or any(supersedes(each, message) for each in pending.values()):
            wake(context, call.awakeable)
            return
        loaded.retrying = call.sequence, call.awakeable
        self._store_outbox(context, loaded)

    async def checked(self, context: restate.ObjectContext, call: CheckCall) -> None:
        """Records the status that the recorder reported, and corrects it."""
        loaded = await self._load(context, ())
        live = loaded.live
        if live.closed or live.pending or live.last_sequence != call.last_sequence:
            # A delivery since then says the same, and more recently.
            return
        if call.status is None:
            if not loaded.checking:
                # It is asked until it answers, by one check at a time.
                loaded.checking = True
                self._schedule_check(context, self._settings.retry.max_interval)
                self._store_outbox(context, loaded)
            return
        results = Reconciliation(loaded.operations, self._settings.limits.corrections)
        status = call.status.status()
        back_off = results.apply(loaded.changes, live, status, results.checked, status)
        self._finish(context, loaded, delay=self._settings.retry.max_interval * back_off)

    async def reconcile(self, context: restate.ObjectContext, call: ReconcileCall) -> None:
        """Asks the recorder for its status; the regular check schedules the next one."""
        loaded = await self._load(context, ())
        live = loaded.live
        if self._settings.recorder is None or live.closed:
            return
        if call.regular:
            every = self._settings.reconcile_every
            is_needed = live.expected_status.kind is not None or live.situation.ended
            loaded.checking = is_needed and every is not None
            if loaded.checking and every is not None:
                self._schedule_check(context, every)
            self._store_outbox(context, loaded)
        if not live.pending:
            send_call(context, RECORDER, "check", CheckCall(live.last_sequence))

    def _schedule_check(self, context: restate.ObjectContext, delay: float) -> None:
        send_call(context, MEETING, "reconcile", ReconcileCall(regular=True), delay)

    # -- a call ---------------------------------------------------------------------------------

    async def _now(self) -> int:
        return self._settings.clock()

    def _call(self, now: int) -> tuple[CallClock, CallChanges]:
        clock = CallClock(now)
        return clock, CallChanges(clock, self._rules)

    def _operations(self, clock: CallClock) -> MeetingOperations:
        return MeetingOperations(clock, self._settings.limits, self._settings.defaults)

    async def _load(self, context: restate.ObjectContext, keys: Iterable[str]) -> _Loaded:
        """Loads a meeting, and the values of further keys.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: a later release wrote it.
        """
        values, now = await load_state(
            context, ["opening", "live", "outbox", "tail", *keys], self._now
        )
        if "live" not in values:
            raise UnknownMeetingError(context.key())
        clock, changes = self._call(now)
        return _Loaded(
            _live_of(context.key(), values), decode_call(values["live"], Live), _outbox(values),
            values, now, changes, self._operations(clock),
        )  # fmt: skip

    def _finish(
        self,
        context: restate.ObjectContext,
        loaded: _Loaded,
        *,
        rung: int | None = None,
        wakes: bool = True,
        delay: float = 0,
    ) -> None:
        """Writes the changes of a call, and sends what follows from them.

        Args:
            context: the context of the handler.
            loaded: the meeting.
            rung: the moment of the alarm whose delayed call this is.
            wakes: whether new messages are sent to be delivered; otherwise the caller does so.
            delay: the seconds before they are.
        """
        live, changes = loaded.live, loaded.changes
        if self._settings.recorder is None:
            self._agree(loaded)
        new = [each for each in live.pending if each.sequence > loaded.outbox.last_sequence]
        if new:
            self._wake(context, loaded, new, wakes=wakes, delay=delay)
        if changes.checks and not live.closed:
            send_call(context, RECORDER, "check", CheckCall(live.last_sequence))
        if outbox_value(live, checking=loaded.checking, retrying=loaded.retrying) != loaded.outbox:
            self._store_outbox(context, loaded)
        self._set_alarm(context, loaded, rung)
        closed_at = loaded.value.closed_at or changes.closed_at
        if changes.rows:
            _store_entries(context, loaded)
            for number, bucket in bucket_values(live, sorted(changes.presence)).items():
                store_state(context, bucket_key(number), bucket)
            last = changes.rows[-1]
            value = live_value(live, last.answer, closed_at, last.rules, loaded.alarms)
        else:
            value = msgspec.structs.replace(loaded.value, closed_at=closed_at, alarms=loaded.alarms)
        if value != loaded.value:
            store_state(context, "live", value)

    def _agree(self, loaded: _Loaded) -> None:
        """Settles everything for a meeting without a recorder."""
        live, changes = loaded.live, loaded.changes
        live.pending = ()
        if live.situation.ended and not live.closed:
            loaded.operations.close(changes, live)

    def _wake(
        self,
        context: restate.ObjectContext,
        loaded: _Loaded,
        new: list[Any],
        *,
        wakes: bool,
        delay: float,
    ) -> None:
        live = loaded.live
        if wakes:
            send_call(
                context,
                RECORDER,
                "deliver",
                DeliverCall(tuple(map(Message.of, live.pending))),
                delay,
            )
        if loaded.retrying is not None:
            sequence, awakeable = loaded.retrying
            waiting = [each for each in live.pending if each.sequence == sequence]
            if any(supersedes(each, message) for message in waiting for each in new):
                wake(context, awakeable)
                loaded.retrying = None
        every = self._settings.reconcile_every
        starts = any(isinstance(each.command, StartRecorder) for each in new)
        if starts and every is not None and not loaded.checking:
            loaded.checking = True
            # Spread out, so that the checks of meetings that began together do not come together.
            self._schedule_check(context, every * (0.5 + context.random().random()))

    def _set_alarm(self, context: restate.ObjectContext, loaded: _Loaded, rung: int | None) -> None:
        """Makes a delayed call for the next timer, unless an earlier one is on its way.

        A call on its way is never cancelled: what it is worth is seen when it comes. So few are on
        their way however often timers are set, and nothing is waited for after a decision.
        """
        alarms = loaded.alarms = tuple(each for each in loaded.alarms if each != rung)
        first = next_due(loaded.live.moments)
        if first is None or any(each <= first[0] for each in alarms):
            return
        moment = first[0]
        send_call(context, MEETING, "fire", FireCall(moment), (moment - loaded.now) / 1000)
        loaded.alarms = (*alarms, moment)

    def _store_outbox(self, context: restate.ObjectContext, loaded: _Loaded) -> None:
        value = outbox_value(loaded.live, checking=loaded.checking, retrying=loaded.retrying)
        store_state(context, "outbox", value)


def _decoded(sent: SentEvent) -> Any:
    """Returns the event that was sent, or the error of one that is not valid."""
    try:
        if sent.id is not None:
            check_id("an event's id", sent.id)
        event = codec.load_event(text(sent.event))
        if isinstance(event, TimeUp):
            raise TypeError("only the runtime itself reports that a timer is up")
        encode_event(event)
    except (ValueError, TypeError) as error:
        return error
    return event


def _outbox(values: dict[str, bytes]) -> Outbox:
    return decode_call(values["outbox"], Outbox) if "outbox" in values else Outbox()


def _live_of(id: str, values: dict[str, bytes]) -> LiveMeeting:  # noqa: A002
    opening, live = decode_call(values["opening"], Opening), decode_call(values["live"], Live)
    buckets = [decode_call(values[key], Bucket) for key in _ALL_BUCKETS if key in values]
    return live_meeting(id, opening, live, _outbox(values), buckets)


def _state_answer(id: str, values: dict[str, bytes]) -> StateAnswer:  # noqa: A002
    if "live" not in values:
        raise UnknownMeetingError(id)
    return StateAnswer(
        opening=decode_call(values["opening"], Opening),
        live=decode_call(values["live"], Live),
        undelivered=len(_outbox(values).pending),
        buckets=[decode_call(values[key], Bucket) for key in _ALL_BUCKETS if key in values],
    )


def _store_entries(context: restate.ObjectContext, loaded: _Loaded) -> None:
    """Appends new entries: to the tail, and from it to chunks that are full."""
    tail = [*loaded.tail, *loaded.changes.rows]
    number = (loaded.live.seq - len(tail)) // CHUNK
    while len(tail) >= CHUNK:
        store_state(context, chunk_key(number), tail[:CHUNK])
        tail = tail[CHUNK:]
        number += 1
    store_state(context, "tail", tail)
    for row in loaded.changes.rows:
        if row.id is not None:
            store_state(context, f"event/{row.id}", row.seq)
