"""Bringing orders to the recorder: in order for each meeting, at least once.

Each meeting with something to deliver has a task of its own, so a recorder that is dead for
one meeting delays no other. What comes of an order is told to the :class:`Book`, which writes
it down and answers, by :meth:`Delivery.pending`, with what is to be delivered next.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

import attrs
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    retry_if_not_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from fsm.runtime.deadline import Deadline
from fsm.runtime.errors import ClosedError
from fsm.runtime.recorder import (
    GapError,
    OutboxMessage,
    Recorder,
    RecorderError,
    RecorderStatus,
    send,
)

_LOGGER = logging.getLogger(__name__)
_MOST_LETTERS = 500
_AT_ONCE = 100


@attrs.frozen
class RetryPolicy:
    """How often, and for how long, a recorder is asked. Times are in seconds.

    Args:
        attempts: how often an order is sent before the recorder counts as failed; as it stands
            some 33 seconds after the first, so that a recorder may be started anew meanwhile.
        first: the wait after the first attempt; it doubles with each.
        longest: the longest wait.
        timeout: how long a recorder may take to answer.
        checks: how many recorders may be asked at once what they are doing.
    """

    attempts: int = 9
    first: float = 0.25
    longest: float = 30.0
    timeout: float = 10.0
    checks: int = 32


class Book(Protocol):
    """Who writes down what comes of deliveries. What is awaited returns when it is on the disk."""

    def can_have_taken(self, meeting: str, sequence: int) -> bool:
        """Say whether a recorder can have applied an order with a sequence, as far as is known."""
        ...

    async def taken(
        self, meeting: str, message: OutboxMessage | None, status: RecorderStatus
    ) -> bool:
        """Note what the recorder is doing, and that it has taken an order, if it was sent one.

        Returns:
            Whether it was told in vain before, so that it is to be left alone for a while.
        """
        ...

    async def missed(self, meeting: str, status: RecorderStatus) -> bool:
        """Note that orders before those that are pending never reached the recorder.

        Returns:
            As :meth:`taken`.
        """
        ...

    async def gave_up(self, meeting: str, message: OutboxMessage, why: str) -> None:
        """Note that the recorder does not take an order."""
        ...


@attrs.define(eq=False)
class _Line:
    """What is to be delivered for one meeting.

    Args:
        meeting: the meeting's id.
        pending: its orders.
        check: whether its recorder is to be asked what it is doing.
        new: whether orders came since it was last looked what is pending.
        task: what delivers.
    """

    meeting: str
    pending: tuple[OutboxMessage, ...] = ()
    check: bool = False
    new: bool = False
    task: asyncio.Task[None] | None = None
    _waits: asyncio.Timeout | None = None

    def wake(self) -> None:
        """Have new orders looked at now, unless one is being delivered."""
        self.new = True
        waits, self._waits = self._waits, None
        if waits is not None:
            waits.reschedule(0)

    @asynccontextmanager
    async def unless_new(self) -> AsyncIterator[None]:
        """Do what can wait: it is broken off as soon as new orders come."""
        waits = asyncio.timeout(0 if self.new else None)
        try:
            async with waits:
                self._waits = waits
                try:
                    yield
                finally:
                    self._waits = None
        except TimeoutError:
            if not waits.expired():
                raise

    async def rest(self, seconds: float) -> None:
        """Wait for so long, or until new orders come."""
        async with self.unless_new():
            await asyncio.sleep(seconds)


class Delivery:
    """Delivers orders.

    Args:
        recorder: who takes them.
        book: who writes down what comes of it.
        retry: how often they are sent.
    """

    def __init__(self, recorder: Recorder, book: Book, retry: RetryPolicy) -> None:
        self._recorder = recorder
        self._book = book
        self._retry = retry
        self._lines: dict[str, _Line] = {}
        self._checks = asyncio.Semaphore(retry.checks)
        # Meetings whose recorders are to be asked, and the task that sees to it.
        self._unasked: deque[str] = deque()
        self._asking: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def busy(self) -> int:
        """For how many meetings something is to be delivered."""
        return len(self._lines) + len(self._unasked)

    def __contains__(self, meeting: object) -> bool:
        """Whether something is to be delivered for a meeting, or may be."""
        return meeting in self._lines or bool(self._unasked)

    def pending(
        self, meeting: str, messages: tuple[OutboxMessage, ...], *, new: bool = False
    ) -> None:
        """Deliver these orders next, instead of any that were to be delivered before.

        Args:
            meeting: the meeting's id.
            messages: its orders, all of them on the disk.
            new: some come of the machine and not of the recorder's answers: they do not wait
                until the recorder has been left alone for a while, or asked.
        """
        if messages or meeting in self._lines:
            line = self._line(meeting)
            line.pending = messages
            if new:
                line.wake()

    def check(self, meeting: str) -> None:
        """Ask the recorder of a meeting what it is doing, once nothing is pending."""
        self._line(meeting).check = True

    def check_all(self, meetings: Iterable[str]) -> None:
        """Ask the recorders of many meetings, while other things go on."""
        if self._closing:
            return
        self._unasked.extend(meetings)
        if self._asking is None and self._unasked:
            self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        while self._unasked:
            for _ in range(min(_AT_ONCE, len(self._unasked))):
                self.check(self._unasked.popleft())
            await asyncio.sleep(0)
        self._asking = None

    def _line(self, meeting: str) -> _Line:
        line = self._lines.get(meeting)
        if line is None:
            line = self._lines[meeting] = _Line(meeting)
            if not self._closing:
                line.task = asyncio.create_task(self._deliver(line))
        return line

    async def close(self) -> None:
        """Stop delivering; what is pending stays in the journal."""
        self._closing = True
        tasks = [line.task for line in self._lines.values() if line.task is not None]
        if self._asking is not None:
            tasks.append(self._asking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, line: _Line) -> None:
        while line.pending or line.check:
            try:
                await self._next(line)
            except ClosedError:
                return
            except Exception:
                # Whatever it is, the meeting must not be left alone for good.
                _LOGGER.exception("meeting %s: the delivery failed, and goes on", line.meeting)
                line.check = True
                await asyncio.sleep(self._retry.longest)
        del self._lines[line.meeting]

    async def _next(self, line: _Line) -> None:
        meeting = line.meeting
        line.new = False
        message = line.pending[0] if line.pending else None
        status: RecorderStatus | None = None
        in_vain = False
        try:
            if message is not None:
                status = await self._sent(meeting, message)
            else:
                # Before it is asked: who wants to know from now on wants to know it again.
                line.check = False
                async with line.unless_new():
                    status = await self._retrying(self._retry.attempts, meeting, None)
        except GapError as gap:
            in_vain = await self._book.missed(meeting, gap.status)
        except RecorderError as error:
            why = _in_words(error)
            _LOGGER.warning("meeting %s: the recorder does not answer: %s", meeting, why)
            if message is None:
                line.check = True
            else:
                await self._book.gave_up(meeting, message, why)
            # Something may be running still: it is tried until the recorder is back.
            in_vain = line.pending[:1] == (message,) or message is None
        else:
            if status is None:
                line.check = True
            else:
                in_vain = await self._book.taken(meeting, message, status)
        if in_vain:
            await line.rest(self._retry.longest)

    async def _sent(self, meeting: str, message: OutboxMessage) -> RecorderStatus:
        # Nearly always the first attempt will do, and needs none of what follows.
        try:
            return await self._once(meeting, message)
        except GapError:
            raise
        except RecorderError as error:
            _LOGGER.warning(
                "order %s is not taken, and sent again: %s", message.key, _in_words(error)
            )
        await asyncio.sleep(self._retry.first)
        return await self._retrying(self._retry.attempts - 1, meeting, message)

    async def _retrying(
        self, attempts: int, meeting: str, message: OutboxMessage | None
    ) -> RecorderStatus:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(max(1, attempts)),
            wait=wait_exponential(self._retry.first, self._retry.longest)
            + wait_random(0, self._retry.first),
            retry=retry_if_exception_type(RecorderError) & retry_if_not_exception_type(GapError),
            reraise=True,
        )
        return await retrying(self._once, meeting, message)

    async def _once(self, meeting: str, message: OutboxMessage | None) -> RecorderStatus:
        try:
            if message is not None:
                with Deadline(self._retry.timeout):
                    status = await send(self._recorder, message)
            else:
                async with self._checks:
                    with Deadline(self._retry.timeout):
                        status = await self._recorder.status(meeting)
        except GapError as gap:
            if message is None or not isinstance(gap.status, RecorderStatus):
                raise RecorderError(f"it misses an order without reason: {_in_words(gap)}") from gap
            self._believe(meeting, gap.status)
            raise
        except RecorderError:
            raise
        except TimeoutError:
            raise RecorderError(f"no answer within {self._retry.timeout} s") from None
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise RecorderError("it was cancelled by itself") from error
        except Exception as error:
            # An adapter's fault must not end the delivery of a meeting.
            raise RecorderError(f"{type(error).__name__}: {_in_words(error)}") from error
        if not isinstance(status, RecorderStatus):
            raise RecorderError(f"it answers with a {type(status).__name__}")
        self._believe(meeting, status)
        return status

    def _believe(self, meeting: str, status: RecorderStatus) -> None:
        if not self._book.can_have_taken(meeting, status.sequence):
            raise RecorderError(f"it says that it took order {status.sequence}, which nobody sent")


def _in_words(error: Exception) -> str:
    # An adapter may raise anything; the words go into the journal.
    try:
        said = str(error)
    except Exception:
        said = f"a {type(error).__name__} without words"
    return said[:_MOST_LETTERS].encode(errors="backslashreplace").decode()[:_MOST_LETTERS]
