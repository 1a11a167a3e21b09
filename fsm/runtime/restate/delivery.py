"""The virtual object ``MeetingRecorder``: delivers the messages of a meeting to its recorder.

Its calls have one order for each meeting, and the meeting waits for none of them. An attempt is a
durable step: after a crash it may be made twice, which the keys of messages make harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import restate
from restate.context import RunOptions
from restate.serde import BytesSerde

from fsm.runtime.recorder import (
    GapError,
    OutboxMessage,
    RecorderError,
    RecorderStatus,
    SupersededError,
    supersedes,
)
from fsm.runtime.recorder_calls import RecorderCalls, failure_text
from fsm.runtime.restate.calls import (
    MEETING,
    RECORDER,
    CheckCall,
    DeliverCall,
    DeliveryAttempt,
    RetryingAnswer,
    RetryingCall,
    SettleAnswer,
    SettleCall,
    Status,
    decode_call,
    encode,
)
from fsm.runtime.restate.handlers import (
    Context,
    add_handler,
    call,
    load_state,
    send_call,
    store_state,
    virtual_object,
)
from fsm.runtime.restate.settings import EndpointSettings

_LOGGER = logging.getLogger(__name__)
_BYTES: Final = BytesSerde()


class RecorderHandlers:
    """The handlers of deliveries.

    Args:
        settings: the settings of the endpoint.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        self._retry = settings.retry
        self._clock = settings.clock
        self._calls = (
            None if settings.recorder is None else RecorderCalls(settings.recorder, settings.retry)
        )

    def service(self) -> restate.VirtualObject:
        """Returns the virtual object."""
        service = virtual_object(RECORDER, "The delivery of commands to a meeting's recorder.")
        add_handler(service, "deliver", self.deliver, DeliverCall, private=True)
        add_handler(service, "check", self.check, CheckCall, kind="shared", private=True)
        return service

    async def deliver(self, context: restate.ObjectContext, call_: DeliverCall) -> None:
        """Delivers messages in their order, and those that follow from their results."""
        values = await load_state(context, ["settled"])
        settled = decode_call(values["settled"], int) if "settled" in values else 0
        # A message may have been delivered or cancelled while this call waited for its turn.
        pending = [each for each in call_.messages if call_.moved or each.sequence > settled]
        # The messages up to this sequence number were pending when an attempt failed.
        waited = 0
        while pending:
            messages = [each.for_meeting(context.key()) for each in pending]
            attempt, failed = await self._deliver(
                context, messages, again=pending[0].sequence <= waited, over=call_.over
            )
            if len(messages) == 1 and not failed and not attempt.gap:
                # Nearly always: what may follow is sent anew, and nothing is waited for.
                settle = SettleCall(messages[0].sequence, attempt, waits=False)
                send_call(context, MEETING, "settle", settle)
                store_state(context, "settled", messages[0].sequence)
                return
            answer = await call(
                context, MEETING, "settle",
                SettleCall(messages[0].sequence, attempt, waits=True), SettleAnswer,
            )  # fmt: skip
            pending = list(answer.pending)
            if failed and pending:
                waited = pending[-1].sequence
            settled = pending[0].sequence - 1 if pending else answer.last_sequence
            store_state(context, "settled", settled)
            if pending and answer.back_off:
                delay = self._retry.max_interval
                again = DeliverCall(tuple(pending), call_.over)
                send_call(context, RECORDER, "deliver", again, delay)
                return

    async def _deliver(
        self,
        context: restate.ObjectContext,
        messages: Sequence[OutboxMessage],
        *,
        again: bool,
        over: bool,
    ) -> tuple[DeliveryAttempt, bool]:
        """Tries to deliver the first message, until a later one makes it pointless.

        Args:
            context: the context of the handler.
            messages: the messages that are pending.
            again: whether the first one has waited for another, so that it is not sent for the
                first time either if a later one makes it pointless.
            over: whether the meeting is over.

        Returns:
            The last attempt, and whether it or an earlier one failed.
        """
        woken = None
        for number in range(1, self._retry.max_attempts + 1):
            attempt = await self._run(
                context, f"{messages[0].key}, attempt {number}", self._send, messages,
                again or number > 1, over,
            )  # fmt: skip
            if attempt.error is None or attempt.superseded or number == self._retry.max_attempts:
                break
            if woken is None:
                awakeable, woken = context.awakeable(serde=_BYTES)
                retrying = RetryingCall(messages[0].sequence, awakeable)
                if (await call(context, MEETING, "retrying", retrying, RetryingAnswer)).superseded:
                    break
            rest = context.sleep(self._interval(context, number))
            winner, _ = await restate.select(woken=woken, rest=rest)
            if winner == "woken":
                break
        return attempt, attempt.error is not None or number > 1

    async def check(self, context: Context, call_: CheckCall) -> None:
        """Asks the recorder for its status, and passes it to the meeting."""
        status = None
        for number in range(1, self._retry.max_attempts + 1):
            attempt = await self._run(
                context, f"status, attempt {number}", self._ask, context.key()
            )
            status = attempt.status
            if status is not None or number == self._retry.max_attempts:
                break
            await context.sleep(self._interval(context, number))
        send_call(context, MEETING, "checked", CheckCall(call_.last_sequence, attempt.at, status))

    def _interval(self, context: Context, attempts: int) -> timedelta:
        """Returns the time before the next attempt, with a random part."""
        growing = self._retry.initial_interval * 2.0 ** max(0, min(attempts, 60) - 2)
        seconds = min(growing, self._retry.max_interval)
        return timedelta(seconds=seconds + context.random().random() * self._retry.initial_interval)

    async def _run(self, context: Context, name: str, step: Any, *args: Any) -> DeliveryAttempt:
        options = RunOptions(serde=_BYTES, max_attempts=1)
        body = await context.run_typed(name, step, options, *args)
        return decode_call(body, DeliveryAttempt)

    # -- steps: each may run twice ----------------------------------------------------------------

    async def _send(self, messages: Sequence[OutboxMessage], again: bool, over: bool) -> bytes:
        message, *later = messages
        pointless = any(supersedes(each, message) for each in later)
        try:
            if self._calls is None:
                raise RecorderError("this process has no recorder")
            # A later message may have come while this one waited for its permit.
            status = await self._calls.command(
                message, lambda waited: (again or waited) and pointless
            )
        except SupersededError as error:
            return self._result(error=str(error), superseded=True)
        except GapError as gap:
            if isinstance(gap.status, RecorderStatus):
                return self._result(Status.of(gap.status), gap=True)
            return self._result(error="it reports a gap without a status")
        except RecorderError as error:
            _LOGGER.warning("message %s is not delivered: %s", message.key, failure_text(error))
            return self._result(error=failure_text(error))
        confirmed = None
        if over and not later:
            with suppress(RecorderError):
                confirmed = Status.of(await self._calls.status(message.meeting))
        return self._result(Status.of(status), confirmed=confirmed)

    async def _ask(self, meeting: str) -> bytes:
        try:
            if self._calls is None:
                raise RecorderError("this process has no recorder")
            return self._result(Status.of(await self._calls.status(meeting)))
        except RecorderError as error:
            _LOGGER.warning("meeting %s: the recorder failed: %s", meeting, failure_text(error))
            return self._result(error=failure_text(error))

    def _result(self, status: Status | None = None, **fields: Any) -> bytes:
        return encode(DeliveryAttempt(self._clock(), status, **fields))
