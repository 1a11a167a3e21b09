"""Calls of the recorder: a permit, a timeout and a task of its own for each.

An adapter is code of others. Whatever it does with its task, the call ends in time, and its permit
is given back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from fsm.recording import StartRecorder
from fsm.runtime.permits import CallKind, Permits
from fsm.runtime.recorder import (
    GapError,
    OutboxMessage,
    Recorder,
    RecorderError,
    RecorderStatus,
    RecorderTimeoutError,
    RetryPolicy,
    SupersededError,
    send,
)

_LOGGER = logging.getLogger(__name__)
_CANCEL_PATIENCE: Final = 1.0
"""Seconds for which a call may clean up after its cancellation."""
_MAX_ERROR_LENGTH = 500
_Call = Callable[[], Awaitable[RecorderStatus]]


class RecorderCalls:
    """The calls of a recorder.

    Args:
        recorder: the recorder.
        retry: the number of calls at once, and the timeout of each.
    """

    def __init__(self, recorder: Recorder, retry: RetryPolicy) -> None:
        self._recorder = recorder
        self._timeout = retry.timeout
        self._command_permits = Permits(retry.max_commands)
        self._check_permits = Permits(retry.max_status_checks)
        # The meetings whose last call failed.
        self._failing: set[str] = set()
        # The calls that go on after their cancellation.
        self._stray: set[asyncio.Task[Any]] = set()
        self._max_stray = retry.max_commands

    async def command(
        self, message: OutboxMessage, is_superseded: Callable[[bool], bool]
    ) -> RecorderStatus:
        """Sends a message, and returns the recorder's answer.

        Args:
            message: the message.
            is_superseded: called when there is a permit, with whether the message waited for it;
                returns whether the message need not be sent any more.

        Raises:
            SupersededError: the message was superseded.
            RecorderError: the recorder failed.
        """
        permits = self._command_permits
        # The timeout begins with the permit: a call that waits for one does not hang.
        kind = self._kind_of_call(message)
        waited = permits.is_full(kind)
        async with permits.permit(kind):
            if is_superseded(waited):
                raise SupersededError("a later message makes it pointless")
            call = partial(send, self._recorder, message)
            return await self._call(permits, message.meeting, call)

    async def status(self, meeting: str) -> RecorderStatus:
        """Returns the recorder's answer to a request for its status.

        Raises:
            RecorderError: the recorder failed.
        """
        permits = self._check_permits
        async with permits.permit("failing" if meeting in self._failing else "proven"):
            return await self._call(permits, meeting, partial(self._recorder.status, meeting))

    def _kind_of_call(self, message: OutboxMessage) -> CallKind:
        if message.meeting in self._failing:
            return "failing"
        return "start" if isinstance(message.command, StartRecorder) else "proven"

    async def _call(self, permits: Permits, meeting: str, call: _Call) -> RecorderStatus:
        try:
            status = await self._within_timeout(meeting, call)
            if not isinstance(status, RecorderStatus):
                raise RecorderError(f"it answers with a {type(status).__name__}")
        except (RecorderTimeoutError, TimeoutError) as error:
            self._failing.add(meeting)
            if isinstance(error, RecorderError):
                raise
            raise RecorderTimeoutError(self._timeout) from None
        except (Exception, KeyboardInterrupt) as error:
            # With a gap, the recorder works, but knows less than it should.
            if isinstance(error, GapError):
                self._failing.discard(meeting)
                permits.succeeded()
            else:
                self._failing.add(meeting)
                permits.failed()
            if isinstance(error, (RecorderError, KeyboardInterrupt)):
                raise
            raise RecorderError(f"{type(error).__name__}: {failure_text(error)}") from error
        self._failing.discard(meeting)
        permits.succeeded()
        return status

    async def _within_timeout(self, meeting: str, call: _Call) -> RecorderStatus:
        if len(self._stray) >= self._max_stray:
            raise RecorderError(
                f"{len(self._stray)} calls of the adapter go on after their cancellation "
                "(an adapter must let itself be cancelled)"
            )
        task = asyncio.create_task(_contained(call))
        in_time = False
        try:
            in_time = await _ends_within(self._timeout, task)
        finally:
            if not in_time:
                await self._cancel(task, meeting)
        if not in_time:
            raise RecorderTimeoutError(self._timeout)
        if task.cancelled():
            raise RecorderError("the adapter cancelled itself")
        return task.result()

    async def _cancel(self, task: asyncio.Task[Any], meeting: str) -> None:
        task.cancel()
        if await _ends_within(_CANCEL_PATIENCE, task):
            _retrieve(task)
        else:
            _LOGGER.warning(
                "meeting %s: a call of the recorder goes on after its cancellation", meeting
            )
            self._stray.add(task)
            task.add_done_callback(self._stray.discard)
            task.add_done_callback(_retrieve)


async def _ends_within(seconds: float, task: asyncio.Task[Any]) -> bool:
    """Waits for a task to end, and returns whether it did; like ``asyncio.wait`` at half its cost.

    Every delivery has such a wait.
    """
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def settle(_: object = None) -> None:
        if not over.done():
            over.set_result(None)

    task.add_done_callback(settle)
    timer = loop.call_later(seconds, settle)
    try:
        await over
    finally:
        timer.cancel()
        task.remove_done_callback(settle)
    return task.done()


async def _contained(call: _Call) -> RecorderStatus:
    try:
        return await call()
    except (Exception, asyncio.CancelledError, KeyboardInterrupt):
        raise
    except BaseException as error:
        # Nothing that an adapter raises may end the event loop, which a SystemExit would stop.
        raise RecorderError(f"{type(error).__name__}: {failure_text(error)}") from error


def _retrieve(task: asyncio.Task[Any]) -> None:
    # Otherwise asyncio would log an error that nobody retrieved.
    if not task.cancelled():
        task.exception()


def failure_text(error: BaseException) -> str:
    """Returns the text of an error of an adapter, which may raise anything.

    The text goes into the journal, whose readers need not know the files of this machine: the text
    of an ``OSError`` names them.
    """
    try:
        reason = error.strerror if isinstance(error, OSError) else None
        text = str(reason or error)
    except Exception:
        text = f"{type(error).__name__} without a message"
    return text[:_MAX_ERROR_LENGTH].encode(errors="backslashreplace").decode()[:_MAX_ERROR_LENGTH]
