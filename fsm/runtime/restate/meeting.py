"""The virtual object ``Meeting``: one meeting, with its entries, its outbox and its timers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import restate

from fsm.recording import TimeUp
from fsm.runtime import codec
from fsm.runtime.errors import HubError, MovedError
from fsm.runtime.limits import DEFAULT, check_id, encode_event
from fsm.runtime.operations import MeetingOperations
from fsm.runtime.reconcile import Reconciliation
from fsm.runtime.recorder import supersedes
from fsm.runtime.restate.calls import (
    MEETING,
    RECORDER,
    ArmCall,
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
    MeetingCall,
    check_here,
    load_buckets,
    load_live,
    load_rows,
)
from fsm.runtime.restate.move_calls import AdoptAnswer, AdoptCall, ReleaseAnswer, ReleaseCall
from fsm.runtime.restate.move_handlers import MovingHandlers
from fsm.runtime.restate.settings import EndpointSettings
from fsm.runtime.restate.state import (
    BUCKETS,
    CHUNK,
    FORMAT,
    Live,
    Opening,
    StoredEntry,
    StoredMessage,
    bucket_of,
    live_meeting,
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
        self._moving = MovingHandlers(settings)

    def service(self) -> restate.VirtualObject:
        """Returns the virtual object."""
        service = virtual_object(MEETING, "A meeting and its automatic recording.")
        add_handler(service, "open", self.open, OpenCall, StateAnswer)
        add_handler(service, "dispatch", self.dispatch, DispatchCall, DispatchAnswer)
        add_handler(service, "fire", self.fire, FireCall)
        add_handler(service, "arm", self.arm, ArmCall, private=True)
        add_handler(service, "read", self.read, ReadCall, StateAnswer, kind="shared")
        add_handler(service, "history", self.history, HistoryCall, HistoryAnswer, kind="shared")
        add_handler(service, "settle", self.settle, SettleCall, private=True)
        add_handler(service, "retrying", self.retrying, RetryingCall, private=True)
        add_handler(service, "checked", self.checked, CheckCall, private=True)
        add_handler(service, "reconcile", self.reconcile, ReconcileCall)
        add_handler(service, "adopt", self._moving.adopt, AdoptCall, AdoptAnswer)
        add_handler(service, "release", self._moving.release, ReleaseCall, ReleaseAnswer)
        return service

    # -- reading --------------------------------------------------------------------------------

    async def read(self, context: Context, call: ReadCall) -> StateAnswer:
        """Returns the state of a meeting; what follows from it, the caller computes."""
        live = await load_live(context)
        check_here(context.key(), live)
        return await _state_answer(context, live, call.participant)

    async def history(self, context: Context, call: HistoryCall) -> HistoryAnswer:
        """Returns entries of a meeting."""
        live = await load_live(context)
        rows = list(live.tail)
        if call.after < live.moved:
            last = min(call.after + call.limit, live.moved)
            numbers = range(call.after // CHUNK, (last - 1) // CHUNK + 1)
            rows = await load_rows(context, numbers) + rows
        rows = [row for row in rows if row.seq is not None and row.seq > call.after]
        rows = rows[: call.limit]
        return HistoryAnswer(entries=rows, ended=live.state.ended, seq=live.seq)

    # -- opening and events ---------------------------------------------------------------------

    async def open(self, context: restate.ObjectContext, call: OpenCall) -> StateAnswer:
        """Opens a meeting: resolves its plan, and freezes it."""
        id_ = context.key()
        values = await load_state(context, ["live"])
        try:
            check_id("a meeting's id", id_)
            clock = CallClock(call.at)
            operations = MeetingOperations(clock, self._settings.limits, self._settings.defaults)
            stored = decode_call(values["live"], Live) if "live" in values else None
            if stored is not None:
                check_here(id_, stored)
            live = None if stored is None else live_meeting(id_, stored, ())
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
        if stored is not None:
            return await _state_answer(context, stored, None)
        opening = Opening(
            call.at,
            raw(codec.dump(settings)),
            raw(codec.dump(plan)),
            call.account_id,
            self._settings.rules,
        )
        value = Live(FORMAT, opening)
        store_state(context, "live", value)
        return StateAnswer(live=value)

    async def dispatch(self, context: restate.ObjectContext, call: DispatchCall) -> DispatchAnswer:
        """Handles events of a meeting in their order; each has an answer or an error."""
        events = [_decoded(each) for each in call.events]
        participants = [
            participant
            for event in events
            if not isinstance(event, Exception)
            for participant in named_participants(event)
        ]
        ids = [each.id for each in call.events if each.id is not None]
        loaded = await MeetingCall.load_for(context, self._settings, participants, ids)
        answers = [
            EventAnswer(failure=failure_of(event))
            if isinstance(event, Exception)
            else self._handle(loaded, event, sent)
            for event, sent in zip(events, call.events, strict=True)
        ]
        loaded.finish()
        return DispatchAnswer(events=answers)

    def _handle(self, loaded: MeetingCall, event: Any, sent: SentEvent) -> EventAnswer:
        loaded.arrive(sent.at)
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
        loaded = await self._load_here(context)
        if loaded is None:
            return
        # Durable: a call that is repeated after a crash has the time of its first attempt.
        now = await context.run_typed("now", self._settings.now)
        if any(each.moment == call.moment for each in loaded.alarms):
            # The server says that the moment has come, by a clock that may be ahead of this one.
            now = max(now, call.moment)
        loaded.arrive(now)
        loaded.operations.fire_due(loaded.changes, loaded.live)
        loaded.finish(rung=call.moment)

    async def arm(self, context: restate.ObjectContext, call: ArmCall) -> None:
        """Makes the delayed call for a timer."""
        loaded = await self._load_here(context)
        if loaded is None:
            return
        await loaded.arm(call.moment)

    # -- the recorder ---------------------------------------------------------------------------

    async def settle(self, context: restate.ObjectContext, call: SettleCall) -> SettleAnswer:
        """Records the result of a delivery, and returns the messages that are to follow."""
        loaded = await self._load_here(context)
        if loaded is None:
            return SettleAnswer((), call.sequence, back_off=False)
        live, attempt = loaded.live, call.attempt
        message = next((each for each in live.pending if each.sequence == call.sequence), None)
        back_off = False
        if message is not None and not live.closed:
            results = Reconciliation(loaded.operations, self._settings.limits.corrections)
            status = None if attempt.status is None else attempt.status.status()
            loaded.retrying = None
            loaded.arrive(attempt.at)
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
            if loaded.changes.checks and attempt.confirmed is not None:
                # The check that follows the end has been made already.
                loaded.changes.checks = False
                status = attempt.confirmed.status()
                back_off = results.apply(loaded.changes, live, status, results.checked, status)
            delay = self._settings.retry.max_interval * back_off
            loaded.finish(wakes=not call.waits, delay=delay)
        return SettleAnswer(
            tuple(map(StoredMessage.of, live.pending)), live.last_sequence, back_off
        )

    async def retrying(self, context: restate.ObjectContext, call: RetryingCall) -> RetryingAnswer:
        """Notes the awakeable of a delivery that is to wait, unless it is superseded."""
        loaded = await self._load_here(context)
        if loaded is None:
            return RetryingAnswer(superseded=True)
        pending = {each.sequence: each for each in loaded.live.pending}
        message = pending.get(call.sequence)
        if message is None or any(supersedes(each, message) for each in pending.values()):
            return RetryingAnswer(superseded=True)
        loaded.retrying = call.sequence, call.awakeable
        loaded.store()
        return RetryingAnswer(superseded=False)

    async def checked(self, context: restate.ObjectContext, call: CheckCall) -> None:
        """Records the status that the recorder reported, and corrects it."""
        loaded = await self._load_here(context)
        if loaded is None:
            return
        live = loaded.live
        if live.closed or live.pending or live.last_sequence != call.last_sequence:
            # A delivery since then says the same, and more recently.
            return
        if call.status is None:
            if not loaded.checking:
                # It is asked until it answers, by one check at a time.
                loaded.checking = True
                loaded.schedule_check(self._settings.retry.max_interval)
                loaded.store()
            return
        results = Reconciliation(loaded.operations, self._settings.limits.corrections)
        loaded.arrive(call.at)
        status = call.status.status()
        back_off = results.apply(loaded.changes, live, status, results.checked, status)
        loaded.finish(delay=self._settings.retry.max_interval * back_off)

    async def reconcile(self, context: restate.ObjectContext, call: ReconcileCall) -> None:
        """Asks the recorder for its status; the regular call schedules the next one."""
        loaded = await self._load_here(context)
        if loaded is None:
            return
        live = loaded.live
        if live.closed:
            return
        settings = self._settings
        if call.regular:
            loaded.checking = live.expected_status.kind is not None or live.situation.ended
            if loaded.checking:
                loaded.schedule_check(settings.call_every)
            loaded.store()
            if settings.reconcile_every is None:
                return
        if settings.recorder is not None and not live.pending:
            send_call(context, RECORDER, "check", CheckCall(live.last_sequence))

    async def _load_here(self, context: restate.ObjectContext) -> MeetingCall | None:
        """Loads a meeting; ``None`` if it is elsewhere, where its timers and deliveries go on."""
        try:
            return await MeetingCall.load(context, self._settings)
        except MovedError:
            return None


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


async def _state_answer(context: Context, live: Live, participant: str | None) -> StateAnswer:
    """Returns the state of a meeting, with all participants if one is not named."""
    numbers: Iterable[int] = ()
    if live.moved:
        numbers = range(BUCKETS) if participant is None else [bucket_of(participant)]
    return StateAnswer(live=live, buckets=list((await load_buckets(context, numbers)).values()))
