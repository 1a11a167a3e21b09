"""The virtual object ``Meeting``: one meeting, with its entries, its outbox and its timers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import restate

from fsm.recording import Meeting, TimeUp
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
    DispatchAnswer,
    DispatchCall,
    EventAnswer,
    FireCall,
    HistoryAnswer,
    HistoryCall,
    OpenCall,
    ReadCall,
    ReconcileCall,
    RetryingAnswer,
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
)
from fsm.runtime.restate.meeting_call import (
    ALL_BUCKETS,
    MeetingCall,
    live_of,
    outbox_of,
    tail_of,
)
from fsm.runtime.restate.settings import EndpointSettings
from fsm.runtime.restate.state import (
    CHUNK,
    NO_ANSWER,
    Bucket,
    Live,
    Opening,
    StoredEntry,
    StoredMessage,
    bucket_key,
    bucket_of,
    chunk_key,
    live_value,
    named_participants,
    raw,
    text,
)


class MeetingHandlers:
    """The handlers of meetings.

    Args:
        settings: the settings of the endpoint.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings

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
            ALL_BUCKETS if call.participant is None else [bucket_key(bucket_of(call.participant))]
        )
        values = await load_state(context, ["opening", "live", "outbox", *keys])
        return _state_answer(context.key(), values)

    async def history(self, context: Context, call: HistoryCall) -> HistoryAnswer:
        """Returns entries of a meeting."""
        values = await load_state(context, ["live", "tail"])
        if "live" not in values:
            raise UnknownMeetingError(context.key())
        live = decode_call(values["live"], Live)
        tail = tail_of(values)
        first = live.seq - len(tail) + 1
        rows = tail
        if call.after + 1 < first:
            last = min(call.after + call.limit, first - 1)
            numbers = range(call.after // CHUNK, (last - 1) // CHUNK + 1)
            chunks = await load_state(context, map(chunk_key, numbers))
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
        values = await load_state(context, ["opening", "live", "outbox"])
        try:
            check_id("a meeting's id", id_)
            clock = CallClock(call.at)
            operations = MeetingOperations(clock, self._settings.limits, self._settings.defaults)
            live = live_of(id_, values) if "live" in values else None
            settings = operations.settings_of(
                live, call.account, call.user, call.booking, call.type, call.grace,
                DEFAULT if call.end_when_empty is None else call.end_when_empty or None,
                call.account_id,
            )  # fmt: skip
            if live is not None:
                operations.open_again(CallChanges(clock, self._settings.rules), live, settings)
            plan = settings.resolve().plan
        except (HubError, ValueError, TypeError) as error:
            return StateAnswer(failure=failure_of(error))
        if live is not None:
            buckets = await load_state(context, ALL_BUCKETS)
            return _state_answer(id_, values | buckets)
        live = LiveMeeting(id_, 0, call.at, settings, Meeting(plan), call.account_id)
        opening = Opening(
            call.at,
            raw(codec.dump(settings)),
            raw(codec.dump(plan)),
            call.account_id,
            self._settings.rules,
        )
        value = live_value(live, NO_ANSWER, None, self._settings.rules, ())
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
        loaded = await MeetingCall.load(context, self._settings, keys)
        await _load_known(context, loaded, ids)
        answers = [
            EventAnswer(failure=failure_of(event))
            if isinstance(event, Exception)
            else self._handle(loaded, event, sent)
            for event, sent in zip(events, call.events, strict=True)
        ]
        loaded.finish()
        return DispatchAnswer(events=answers)

    def _handle(self, loaded: MeetingCall, event: Any, sent: SentEvent) -> EventAnswer:
        loaded.changes.arrive(sent.at)
        try:
            entry = loaded.operations.dispatch(
                loaded.changes, loaded.live, event, text(sent.event), sent.id
            )
        except (HubError, ValueError, TypeError) as error:
            return EventAnswer(failure=failure_of(error))
        answer = codec.dump(codec.outcome_data(entry.outcome))
        # The caller knows the event that it has sent.
        return EventAnswer(
            StoredEntry(
                entry.seq, entry.id, entry.at, raw("null"), raw(answer), None, self._settings.rules
            )
        )

    async def fire(self, context: restate.ObjectContext, call: FireCall) -> None:
        """Fires the timers that are due; if they were cancelled or set anew, nothing changes."""
        loaded = await MeetingCall.load(context, self._settings)
        # Durable: a call that is repeated after a crash has the time of its first attempt.
        now = await context.run_typed("now", self._settings.now)
        if call.moment in loaded.alarms:
            # The server says that the moment has come, by a clock that may be ahead of this one.
            now = max(now, call.moment)
        loaded.changes.arrive(now)
        loaded.operations.fire_due(loaded.changes, loaded.live)
        loaded.finish(rung=call.moment)

    # -- the recorder ---------------------------------------------------------------------------

    async def settle(self, context: restate.ObjectContext, call: SettleCall) -> SettleAnswer:
        """Records the result of a delivery, and returns the messages that are to follow."""
        loaded = await MeetingCall.load(context, self._settings)
        live, attempt = loaded.live, call.attempt
        message = next((each for each in live.pending if each.sequence == call.sequence), None)
        back_off = False
        if message is not None and not live.closed:
            results = Reconciliation(loaded.operations, self._settings.limits.corrections)
            status = None if attempt.status is None else attempt.status.status()
            loaded.retrying = None
            loaded.changes.arrive(attempt.at)
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
            loaded.finish(wakes=not call.waits, delay=delay)
        return SettleAnswer(
            tuple(map(StoredMessage.of, live.pending)), live.last_sequence, back_off
        )

    async def retrying(self, context: restate.ObjectContext, call: RetryingCall) -> RetryingAnswer:
        """Notes the awakeable of a delivery that is to wait, unless it is superseded."""
        loaded = await MeetingCall.load(context, self._settings)
        pending = {each.sequence: each for each in loaded.live.pending}
        message = pending.get(call.sequence)
        if message is None or any(supersedes(each, message) for each in pending.values()):
            return RetryingAnswer(superseded=True)
        loaded.retrying = call.sequence, call.awakeable
        loaded.store_outbox()
        return RetryingAnswer(superseded=False)

    async def checked(self, context: restate.ObjectContext, call: CheckCall) -> None:
        """Records the status that the recorder reported, and corrects it."""
        loaded = await MeetingCall.load(context, self._settings)
        live = loaded.live
        if live.closed or live.pending or live.last_sequence != call.last_sequence:
            # A delivery since then says the same, and more recently.
            return
        if call.status is None:
            if not loaded.checking:
                # It is asked until it answers, by one check at a time.
                loaded.checking = True
                loaded.schedule_check(self._settings.retry.max_interval)
                loaded.store_outbox()
            return
        results = Reconciliation(loaded.operations, self._settings.limits.corrections)
        loaded.changes.arrive(call.at)
        status = call.status.status()
        back_off = results.apply(loaded.changes, live, status, results.checked, status)
        loaded.finish(delay=self._settings.retry.max_interval * back_off)

    async def reconcile(self, context: restate.ObjectContext, call: ReconcileCall) -> None:
        """Asks the recorder for its status; the regular check schedules the next one."""
        loaded = await MeetingCall.load(context, self._settings)
        live = loaded.live
        if self._settings.recorder is None or live.closed:
            return
        if call.regular:
            every = self._settings.reconcile_every
            is_needed = live.expected_status.kind is not None or live.situation.ended
            loaded.checking = is_needed and every is not None
            if loaded.checking and every is not None:
                loaded.schedule_check(every)
            loaded.store_outbox()
        if not live.pending:
            send_call(context, RECORDER, "check", CheckCall(live.last_sequence))


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


def _state_answer(id: str, values: dict[str, bytes]) -> StateAnswer:  # noqa: A002
    if "live" not in values:
        raise UnknownMeetingError(id)
    return StateAnswer(
        opening=decode_call(values["opening"], Opening),
        live=decode_call(values["live"], Live),
        undelivered=len(outbox_of(values).pending),
        buckets=[decode_call(values[key], Bucket) for key in ALL_BUCKETS if key in values],
    )


async def _load_known(
    context: restate.ObjectContext, loaded: MeetingCall, ids: Iterable[str]
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
    chunks = await load_state(context, map(chunk_key, numbers))
    for chunk in chunks.values():
        rows |= {row.seq: row for row in decode_call(chunk, list[StoredEntry])}
    assert loaded.live.by_id is not None
    for id_, seq in known.items():
        loaded.live.by_id[id_] = rows[seq].entry(loaded.live.id)
