"""Group commit: what arrives while a commit runs goes into the next one.

Everything that is asked of a hub is a :class:`Request`, reading included. Requests are
applied one after another in the order in which they came; what they want written is
committed together; only then are they answered. So whatever an answer says is on the disk,
and a reader never sees what might still be taken back.

While one group is being written the next is applied already, on top of it. Where the first
cannot be written, both are taken back, and what the second asked for is asked again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from fsm.runtime.batch import Batch
from fsm.runtime.errors import BusyError, ClosedError, JournalError

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


class _Group:
    """Requests that are committed together.

    Args:
        requests: the requests, applied.
        batch: what they want written.
        writing: the commit that is under way; ``None`` where nothing is to be written.
    """

    def __init__(self) -> None:
        self.requests: list[Request[Any]] = []
        self.batch = Batch()
        self.writing: asyncio.Future[None] | None = None


class Committer:
    """Applies requests, commits what they write, and answers them.

    Args:
        commit: writes a batch; raises :class:`JournalError` where it could not.
        prepare: brings to memory what requests are about; where that cannot be for some of
            them, it gives those their error.
        attempt: writes something that changes nothing; raises :class:`JournalError` as well.
        most_waiting: how many requests may wait.
        most_at_once: how many go into one commit.
        try_again: after how many seconds without a commit a journal that failed is tried; who
            sends requests to a healthy hub only, or only reads, would never have it written.
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
        self._next = _Group()
        self._current: _Group | None = None
        self._woken = asyncio.Event()
        self._closing = False
        # So many of the next requests were asked before; no new one goes with them, which could
        # fail once more and keep them from an answer.
        self._again = 0
        # Those that are being prepared.
        self._under_way: list[Request[Any]] = []
        self._tried = 0.0
        self._ended = False
        self.failed: JournalError | None = None

    @property
    def waiting(self) -> int:
        """How many requests wait to be written."""
        return len(self._waiting) + len(self._next.requests)

    def submit(self, request: Request[T], *, internal: bool = False) -> asyncio.Future[T]:
        """Let a request wait for its turn.

        Args:
            request: the request.
            internal: it comes from the hub itself, and no limit holds for it.

        Raises:
            BusyError: too many wait already.
            ClosedError: no more requests are taken.
        """
        if self._ended or (self._closing and not internal):
            raise ClosedError
        waiting = len(self._waiting) + len(self._next.requests)
        if waiting >= self._most_waiting and not internal:
            raise BusyError(f"{waiting} requests wait already")
        self._waiting.append(request)
        self._woken.set()
        return request.future

    def close(self) -> None:
        """Take no more requests; those that wait are still answered."""
        self._closing = True
        self._woken.set()

    async def run(self) -> None:
        """Apply, commit and answer until closed; nobody is left without an answer."""
        try:
            await self._run()
        finally:
            self._ended = True
            current = self._current.requests if self._current is not None else []
            for each in (*current, *self._next.requests, *self._waiting, *self._under_way):
                if not each.future.done():
                    each.future.set_exception(ClosedError())

    async def _run(self) -> None:
        while True:
            if self._is_due:
                await self._try()
            if self._waiting and len(self._next.requests) < self._most_at_once:
                await self._apply(self._next)
            landed = self._landed()
            try:
                if self._current is None and self._next.requests:
                    self._start()
                    # Whose group has landed learns it while the next one is written.
                    await asyncio.sleep(0)
            finally:
                _answer(landed)
            if self._may_go_on:
                continue
            if self._closing and self._current is None and not self._waiting:
                return
            self._woken.clear()
            await self._wait()

    @property
    def _may_go_on(self) -> bool:
        current = self._current
        if current is None:
            return bool(self._waiting)
        if current.writing is None or current.writing.done():
            return True
        return bool(self._waiting) and len(self._next.requests) < self._most_at_once

    @property
    def _is_due(self) -> bool:
        """Whether a journal that failed is to be tried; a commit that runs tries it as well."""
        if self.failed is None or (self._current is not None and self._current.writing is not None):
            return False
        return asyncio.get_running_loop().time() >= self._tried + self._try_again

    async def _try(self) -> None:
        try:
            await self._attempt()
            self.failed = None
        except Exception as error:
            self.failed = None
            self._note_failed(error)

    def _note_failed(self, error: BaseException) -> JournalError:
        if self.failed is None:
            self._tried = asyncio.get_running_loop().time()
        self.failed = _journal_error(error)
        return self.failed

    def _start(self) -> None:
        self._current, self._next = self._next, _Group()
        if self._current.batch:
            self._current.writing = asyncio.ensure_future(self._commit(self._current.batch))
            self._current.writing.add_done_callback(lambda _: self._woken.set())

    def _landed(self) -> Sequence[Request[Any]]:
        """Return the requests that can be answered, of the group that was being written."""
        current = self._current
        if current is None or (current.writing is not None and not current.writing.done()):
            return ()
        self._current = None
        error = current.writing.exception() if current.writing is not None else None
        if error is not None:
            failed = self._note_failed(error)
            self._next.batch.take_back()
            current.batch.take_back()
            return self._refused(current.requests, failed)
        if current.writing is not None:
            self.failed = None
        current.batch.written()
        return current.requests

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(None if self.failed is None else self._try_again):
                await self._woken.wait()
        except TimeoutError:
            await self._try()

    async def _apply(self, group: _Group) -> None:
        room = self._most_at_once - len(group.requests)
        count = self._again or min(len(self._waiting), room)
        self._again = 0
        requests = [self._waiting.popleft() for _ in range(count)]
        self._under_way = requests
        failed: JournalError | None = None
        try:
            await self._prepare(requests)
        except Exception as error:
            failed = self._note_failed(error)
        group.requests += requests
        self._under_way = []
        for request in requests:
            if failed is not None and request.meeting is not None:
                request.error = failed
            if request.error is not None:
                continue
            size = len(group.batch)
            try:
                request.answer = request.apply(group.batch)
            except Exception as error:
                # Whatever it is, it is for the one who asked.
                request.error = error
            request.writes = len(group.batch) > size

    def _refused(self, requests: Sequence[Request[Any]], error: JournalError) -> list[Request[Any]]:
        """Refuse what wanted to write; what only read is asked again of what is true now."""
        refused = [each for each in requests if each.writes]
        again = [each for each in requests if not each.writes]
        self._again = len(again)
        again += self._next.requests
        self._next = _Group()
        for each in refused:
            each.error = error
        for each in again:
            each.error = None
        self._waiting.extendleft(reversed(again))
        return refused


def _journal_error(error: BaseException) -> JournalError:
    # Whatever goes wrong with the journal is told to those who asked; nobody is left waiting.
    if isinstance(error, JournalError):
        return error
    return JournalError(f"the journal cannot be used: {type(error).__name__}: {error}")


def _answer(requests: Sequence[Request[Any]]) -> None:
    for request in requests:
        if request.future.done():
            continue
        if request.error is not None:
            request.future.set_exception(request.error)
        else:
            request.future.set_result(request.answer)
