"""Group commit: what arrives while a commit runs goes into the next one.

Everything that is asked of a hub is a :class:`Request`, reading included. Requests are
applied one after another in the order in which they came; what they want written is
committed together; only then are they answered. So whatever an answer says is on the disk,
and a reader never sees what might still be taken back.

While one group is being written the next is applied already, on top of it. Where the first
cannot be written all that stands on it is taken back with it, and asked again.

Where the disk is quick, half of the requests make a group, and a second group is handed over
before the first is written. Otherwise the disk would wait until all are applied, and then all
would wait for the disk.

Where it is slow, the next group waits a little for those who were just answered, since most ask
again at once. Otherwise there would be two groups of half the size for good, each of which
waits for the other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any, Generic, TypeVar

from fsm.runtime.batch import Batch
from fsm.runtime.errors import BusyError, ClosedError, JournalError
from fsm.runtime.pace import Pace
from fsm.runtime.worker import settle

T = TypeVar("T")


class Request(Generic[T]):
    """One thing asked of a hub.

    Args:
        apply: does it in memory, adds what is to be written to the batch it is given, and returns
            the answer. It may raise instead, before it has changed anything.
        given: what it is given after the batch.
        meeting: the id of the meeting it is about, which is brought to memory first.
        repeatable: it may have been asked before, so what the meeting answered is brought to
            memory as well.
        internal: it comes from the hub itself, and no limit holds for it.
    """

    __slots__ = (
        "answer",
        "apply",
        "error",
        "future",
        "given",
        "internal",
        "meeting",
        "repeatable",
        "writes",
    )

    def __init__(
        self,
        apply: Callable[..., T],
        *given: Any,
        meeting: str | None = None,
        repeatable: bool = False,
        internal: bool = False,
    ) -> None:
        self.apply = apply
        self.given = given
        self.meeting = meeting
        self.repeatable = repeatable
        self.internal = internal
        self.future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.answer: Any = None
        self.error: Exception | None = None
        self.writes = False


class _Group:
    """Requests that are committed together.

    Args:
        batch: what they want written.
    """

    def __init__(self, batch: Batch) -> None:
        self.requests: list[Request[Any]] = []
        self.batch = batch
        self.began = 0.0
        # Of a group that writes nothing there is none.
        self.writing: asyncio.Future[None] | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is still to be written."""
        return self.writing is None or self.writing.done()


class Committer:
    """Applies requests, commits what they write, and answers them.

    Args:
        commit: begins to write a batch after those it was given before; it raises, or the future
            fails with, a :class:`JournalError` where it cannot be written, or the one it stands
            on was not.
        prepare: brings to memory what requests are about; where that cannot be for some of
            them, it gives those their error.
        attempt: writes something that changes nothing; raises :class:`JournalError` as well.
        new_batch: makes an empty batch.
        pace: says whether the disk is quick.
        most_waiting: how many requests may wait.
        most_at_once: how many go into one commit.
        try_again: after how many seconds without a commit a journal that failed is tried; who
            sends requests to a healthy hub only, or only reads, would never have it written.
    """

    def __init__(
        self,
        commit: Callable[[Batch], asyncio.Future[None]],
        prepare: Callable[[Sequence[Request[Any]]], Awaitable[None]],
        attempt: Callable[[], Awaitable[None]],
        new_batch: Callable[[], Batch] = Batch,
        pace: Pace | None = None,
        *,
        most_waiting: int,
        most_at_once: int = 512,
        try_again: float = 1.0,
    ) -> None:
        self._commit = commit
        self._prepare = prepare
        self._attempt = attempt
        self._new_batch = new_batch
        self._try_again = try_again
        self._most_waiting = most_waiting
        self._most_at_once = most_at_once
        self._waiting: deque[Request[Any]] = deque()
        self._next = _Group(new_batch())
        # Handed over to be written, the oldest first.
        self._begun: deque[_Group] = deque()
        self._landed_at = 0.0
        # So many have come from outside; the next group waits until it is so many, or so late.
        self._came = 0
        self._awaited = 0
        self._awaited_until = 0.0
        self._pace = pace or Pace()
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

    def submit(self, request: Request[T]) -> asyncio.Future[T]:
        """Let a request wait for its turn.

        Raises:
            BusyError: too many wait already.
            ClosedError: no more requests are taken.
        """
        if self._ended or (self._closing and not request.internal):
            raise ClosedError
        if not request.internal:
            if self.waiting >= self._most_waiting:
                raise BusyError(f"{self.waiting} requests wait already")
            self._came += 1
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
            for each in [each for group in self._begun for each in group.requests]:
                # Nobody knows whether it will be.
                settle(each.future, None, JournalError("it ended before this was answered"))
            for each in (*self._next.requests, *self._waiting, *self._under_way):
                settle(each.future, None, ClosedError())

    async def _run(self) -> None:
        while True:
            if self._is_due:
                await self._try()
            if self._waiting and (room := self._room):
                await self._apply(self._next, room)
            landed = self._landed()
            try:
                if self._may_begin:
                    self._begin()
            finally:
                # Whose group has landed learns it while the next one is written.
                _answer(landed)
            if (self._begun and self._begun[0].is_done) or (self._waiting and self._room):
                continue
            if self._closing and not self._begun and not self._waiting:
                return
            self._woken.clear()
            await self._wait()

    @property
    def _asked(self) -> int:
        """How many requests are somewhere between question and answer."""
        return self.waiting + sum(len(each.requests) for each in self._begun)

    @property
    def _room(self) -> int:
        """How many more requests go into the next group."""
        asked = self._asked
        most = self._most_at_once
        if self._pace.parts(asked):
            most = min(most, (asked + 1) // 2)
        return max(0, most - len(self._next.requests))

    @property
    def _may_begin(self) -> bool:
        if not self._next.requests or len(self._begun) == 2:
            return False
        if self._begun:
            return self._pace.parts(self._asked) and not self._room
        return not self._is_gathering

    @property
    def _is_gathering(self) -> bool:
        """Whether the next group waits for those who were just answered."""
        if self._closing or not self._next.batch or not self._room:
            return False
        return self._came < self._awaited and _now() < self._awaited_until

    def _begin_to_gather(self, answered: Sequence[Request[Any]]) -> None:
        """Have the next group wait for those who are answered now."""
        self._awaited = self._came + sum(not each.internal for each in answered)
        self._awaited_until = _now() + self._pace.patience(self._asked)

    @property
    def _is_due(self) -> bool:
        """Whether a journal that failed is to be tried; a commit that runs tries it as well."""
        if self.failed is None or self._is_writing:
            return False
        return _now() >= self._tried + self._try_again

    @property
    def _is_writing(self) -> bool:
        """Whether a group is being written."""
        return any(each.writing is not None for each in self._begun)

    async def _try(self) -> None:
        try:
            await self._attempt()
            self.failed = None
        except Exception as error:
            self.failed = None
            self._note_failed(error)

    def _note_failed(self, error: BaseException) -> JournalError:
        if self.failed is None:
            self._tried = _now()
        self.failed = _journal_error(error)
        return self.failed

    def _begin(self) -> None:
        group, self._next = self._next, _Group(self._new_batch())
        before = self._begun[-1] if self._begun else None
        self._begun.append(group)
        if not group.batch:
            return
        if before is not None and before.writing is not None:
            group.batch.stands_on = before.batch
        group.began = perf_counter()
        try:
            group.writing = self._commit(group.batch)
        except Exception as error:
            group.writing = asyncio.get_running_loop().create_future()
            group.writing.set_exception(_journal_error(error))
        group.writing.add_done_callback(self._wake)

    def _wake(self, written: asyncio.Future[None]) -> None:
        # One that stands on another that failed is not looked at again.
        if not written.cancelled():
            written.exception()
        self._woken.set()

    def _landed(self) -> Sequence[Request[Any]]:
        """Return the requests that can be answered: those of a group that was being written."""
        if not self._begun or not self._begun[0].is_done:
            return ()
        group = self._begun[0]
        error = group.writing.exception() if group.writing is not None else None
        if error is not None:
            return self._refused(self._note_failed(error))
        if group.writing is not None:
            self.failed = None
            now = perf_counter()
            self._pace.committed(now - max(group.began, self._landed_at))
            self._landed_at = now
            self._begin_to_gather(group.requests)
        group.batch.written()
        self._begun.popleft()
        return group.requests

    async def _wait(self) -> None:
        """Wait until there is something to do."""
        due = []
        if self.failed is not None and not self._is_writing:
            due.append(self._tried + self._try_again)
        if self._next.requests and not self._begun:
            due.append(self._awaited_until)
        try:
            async with asyncio.timeout_at(min(due, default=None)):
                await self._woken.wait()
        except TimeoutError:
            # A loop may be a little early, and would be asked again and again.
            self._awaited_until = 0.0

    async def _apply(self, group: _Group, room: int) -> None:
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
        batch, values = group.batch, group.batch.values
        began = perf_counter()
        for request in requests:
            if failed is not None and request.meeting is not None:
                request.error = failed
            if request.error is not None:
                continue
            size = len(values)
            try:
                request.answer = request.apply(batch, *request.given)
            except Exception as error:
                # Whatever it is, it is for the one who asked.
                request.error = error
            request.writes = len(values) > size
        self._pace.applied(len(requests), perf_counter() - began)

    def _refused(self, error: JournalError) -> list[Request[Any]]:
        """Of the first group refuse what wanted to write; what only read is asked again.

        So is what stood on it, which is not written either.
        """
        group, *later = *self._begun, self._next
        for each in (*reversed(later), group):
            each.batch.take_back()
        self._begun.clear()
        self._next = _Group(self._new_batch())
        refused = [each for each in group.requests if each.writes]
        again = [each for each in group.requests if not each.writes]
        self._again = len(again)
        again += [request for each in later for request in each.requests]
        for request in refused:
            request.error = error
        for request in again:
            request.error, request.writes = None, False
        self._waiting.extendleft(reversed(again))
        return refused


def _now() -> float:
    return asyncio.get_running_loop().time()


def _journal_error(error: BaseException) -> JournalError:
    # Whatever goes wrong with the journal is told to those who asked; nobody is left waiting.
    if isinstance(error, JournalError):
        return error
    return JournalError(f"the journal cannot be used: {type(error).__name__}: {error}")


def _answer(requests: Sequence[Request[Any]]) -> None:
    for request in requests:
        if request.error is None and not request.future.done():
            request.future.set_result(request.answer)
        else:
            settle(request.future, request.answer, request.error)
