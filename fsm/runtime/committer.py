"""Group commit: what arrives while a commit runs goes into the next one.

Everything that is asked of a hub is a :class:`Request`, reading included. Requests are
applied one after another in the order in which they came; what they want written is
committed together; only then are they answered. So whatever an answer says is on the disk,
and a reader never sees what might still be taken back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from fsm.runtime.errors import BusyError, ClosedError, JournalError
from fsm.runtime.journal import Batch

T = TypeVar("T")


class Request(Generic[T]):
    """One thing asked of a hub.

    Args:
        apply: does it in memory, adds what is to be written to the batch, and returns the answer.
            It may raise instead, before it has changed anything.
        meeting: the id of the meeting it is about, which is brought to memory first.
        repeatable: it may have been asked before, so what the meeting answered is brought to
            memory as well.
    """

    __slots__ = ("answer", "apply", "error", "future", "meeting", "repeatable", "writes")

    def __init__(
        self,
        apply: Callable[[Batch], T],
        meeting: str | None = None,
        *,
        repeatable: bool = False,
    ) -> None:
        self.apply = apply
        self.meeting = meeting
        self.repeatable = repeatable
        self.future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.answer: Any = None
        self.error: Exception | None = None
        self.writes = False


class Committer:
    """Applies requests, commits what they write, and answers them.

    Args:
        commit: writes a batch; raises :class:`JournalError` where it could not.
        prepare: brings to memory what requests are about.
        attempt: writes something that changes nothing; raises :class:`JournalError` as well.
        most_waiting: how many requests may wait.
        most_at_once: how many go into one commit.
        try_again: after how many seconds without a request a journal that failed is tried; who
            sends requests to a healthy hub only would never send one again.
    """

    def __init__(
        self,
        commit: Callable[[Batch], Awaitable[None]],
        prepare: Callable[[Sequence[Request[Any]]], Awaitable[None]],
        attempt: Callable[[], Awaitable[None]],
        *,
        most_waiting: int,
        most_at_once: int = 512,
        try_again: float = 1.0,
    ) -> None:
        self._commit = commit
        self._prepare = prepare
        self._attempt = attempt
        self._try_again = try_again
        self._most_waiting = most_waiting
        self._most_at_once = most_at_once
        self._waiting: deque[Request[Any]] = deque()
        self._woken = asyncio.Event()
        self._closing = False
        # So many of the next requests were asked before; no new one goes with them, which could
        # fail once more and keep them from an answer.
        self._again = 0
        self.failed: JournalError | None = None

    @property
    def waiting(self) -> int:
        """How many requests wait to be applied."""
        return len(self._waiting)

    def submit(self, request: Request[T], *, internal: bool = False) -> asyncio.Future[T]:
        """Let a request wait for its turn.

        Args:
            request: the request.
            internal: it comes from the hub itself, and no limit holds for it.

        Raises:
            BusyError: too many wait already.
            ClosedError: no more requests are taken.
        """
        if self._closing and not internal:
            raise ClosedError
        if len(self._waiting) >= self._most_waiting and not internal:
            raise BusyError(f"{len(self._waiting)} requests wait already")
        self._waiting.append(request)
        self._woken.set()
        return request.future

    def close(self) -> None:
        """Take no more requests; those that wait are still answered."""
        self._closing = True
        self._woken.set()

    async def run(self) -> None:
        """Apply, commit and answer until closed."""
        answered: list[Request[Any]] = []
        while True:
            if not self._waiting:
                _answer(answered)
                answered = []
                if self._closing:
                    return
                self._woken.clear()
                await self._wait()
                continue
            count = self._again or min(len(self._waiting), self._most_at_once)
            self._again = 0
            requests = [self._waiting.popleft() for _ in range(count)]
            batch = await self._applied(requests)
            writing = asyncio.ensure_future(self._commit(batch)) if batch else None
            # The senders of the batch before learn their answers while this one is written.
            await asyncio.sleep(0)
            _answer(answered)
            answered = requests
            try:
                if writing is not None:
                    await writing
                    self.failed = None
            except Exception as error:
                self.failed = _journal_error(error)
                batch.take_back()
                answered = self._refused(requests, self.failed)
            else:
                batch.written()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(None if self.failed is None else self._try_again):
                await self._woken.wait()
        except TimeoutError:
            try:
                await self._attempt()
                self.failed = None
            except Exception as error:
                self.failed = _journal_error(error)

    async def _applied(self, requests: Sequence[Request[Any]]) -> Batch:
        failed: JournalError | None = None
        try:
            await self._prepare(requests)
        except Exception as error:
            self.failed = failed = _journal_error(error)
        batch = Batch()
        for request in requests:
            if failed is not None and request.meeting is not None:
                request.error = failed
                continue
            size = len(batch)
            try:
                request.answer = request.apply(batch)
            except Exception as error:
                # Whatever it is, it is for the one who asked.
                request.error = error
            request.writes = len(batch) > size
        return batch

    def _refused(self, requests: Sequence[Request[Any]], error: JournalError) -> list[Request[Any]]:
        """Refuse what wanted to write; what only read is asked again of what is true now."""
        refused = [each for each in requests if each.writes]
        for each in refused:
            each.error = error
        again = [each for each in requests if not each.writes]
        for each in again:
            each.error = None
        self._again = len(again)
        self._waiting.extendleft(reversed(again))
        return refused


def _journal_error(error: Exception) -> JournalError:
    # Whatever goes wrong with the journal is told to those who asked; nobody is left waiting.
    if isinstance(error, JournalError):
        return error
    return JournalError(f"the journal cannot be used: {type(error).__name__}: {error}")


def _answer(requests: Sequence[Request[Any]]) -> None:
    for request in requests:
        if request.future.cancelled():
            continue
        if request.error is not None:
            request.future.set_exception(request.error)
        else:
            request.future.set_result(request.answer)
