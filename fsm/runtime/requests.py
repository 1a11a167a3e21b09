"""Requests to a runtime: those of many events, and the queue of a hub."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from fsm.recording import Event
from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import BusyError, ClosedError
from fsm.runtime.worker import settle

T = TypeVar("T")


class Request(Generic[T]):
    """One operation on the meetings or accounts of a hub; reading is one, too.

    Args:
        apply: carries the operation out in memory, adds its rows to the batch, which is its first
            argument, and returns the answer. It may raise only before it has changed anything.
        args: the arguments of ``apply`` after the batch.
        meeting: the id of the meeting concerned, which is loaded into memory first.
        needs_ids: the answers to earlier event ids of that meeting are loaded as well.
        internal: the hub itself asks for it, so the limit of waiting requests does not apply.

    Attributes:
        arrived: the time of the event loop's clock at which it came, in seconds.
    """

    __slots__ = (
        "answer",
        "apply",
        "args",
        "arrived",
        "error",
        "future",
        "internal",
        "meeting",
        "needs_ids",
        "wrote",
    )

    def __init__(
        self,
        apply: Callable[..., T],
        *args: Any,
        meeting: str | None = None,
        needs_ids: bool = False,
        internal: bool = False,
    ) -> None:
        self.apply = apply
        self.args = args
        self.meeting = meeting
        self.needs_ids = needs_ids
        self.internal = internal
        loop = asyncio.get_running_loop()
        self.arrived = loop.time()
        self.future: asyncio.Future[T] = loop.create_future()
        self.answer: Any = None
        self.error: Exception | None = None
        self.wrote = False

    def reset(self) -> None:
        """Forgets the answer, so that the request can be applied once more."""
        self.answer, self.error, self.wrote = None, None, False

    def respond(self) -> None:
        """Passes the answer or the error to the caller, if there still is one."""
        settle(self.future, self.answer, self.error)


class RequestQueue:
    """Requests in the order in which they came.

    Args:
        max_waiting: the number of requests that may wait, without internal ones: after a long time
            without a service, the timers of many meetings are due at once.
    """

    def __init__(self, max_waiting: int) -> None:
        self._max_waiting = max_waiting
        self._requests: deque[Request[Any]] = deque()
        self._external = 0
        self._arrived = asyncio.Event()
        self._ended = False
        self.closing = False

    def __len__(self) -> int:
        return len(self._requests)

    def submit(self, request: Request[T]) -> asyncio.Future[T]:
        """Adds a request, and returns the future of its answer.

        Raises:
            BusyError: too many requests wait already.
            ClosedError: the queue is closed.
        """
        if self._ended or (self.closing and not request.internal):
            raise ClosedError
        if not request.internal:
            if self._external >= self._max_waiting:
                raise BusyError(f"{self._external} requests wait already")
            self._external += 1
        self._requests.append(request)
        self._arrived.set()
        return request.future

    def take(self, limit: int) -> list[Request[Any]]:
        """Removes the oldest requests from the queue, at most ``limit``, and returns them."""
        taken = [self._requests.popleft() for _ in range(min(limit, len(self._requests)))]
        self._external -= sum(not request.internal for request in taken)
        return taken

    async def wait(self, until: float | None = None) -> None:
        """Waits for a request, for the queue to close, or until a time of the event loop."""
        self._arrived.clear()
        if self._requests or self.closing:
            return
        try:
            async with asyncio.timeout_at(until):
                await self._arrived.wait()
        except TimeoutError:
            pass

    def close(self) -> None:
        """Accepts only internal requests from now on; requests that wait are still answered."""
        self.closing = True
        self._arrived.set()

    def end(self) -> None:
        """Refuses all requests that wait, and all that come later."""
        self._ended = True
        for request in self._requests:
            request.error = ClosedError()
            request.respond()
        self._requests.clear()


async def send_all(
    send: Callable[[str, Event, str | None], asyncio.Future[JournalEntry]],
    events: Iterable[tuple[str, Event, str | None]],
) -> list[JournalEntry | Exception]:
    """Sends events without waiting for one another, and returns the answer or error of each.

    Args:
        send: sends an event to a meeting, with the sender's id of it; it may raise.
        events: for each event the arguments of ``send``.
    """
    sent: list[asyncio.Future[JournalEntry] | Exception] = []
    for event in events:
        try:
            sent.append(send(*event))
        except Exception as error:
            sent.append(error)
    futures = [each for each in sent if isinstance(each, asyncio.Future)]
    answers: Iterator[Any] = iter(await asyncio.gather(*futures, return_exceptions=True))
    return [each if isinstance(each, Exception) else next(answers) for each in sent]
