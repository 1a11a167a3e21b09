"""Events on their way to a cluster: those of a meeting that come during a call share the next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import attrs

from fsm.recording import Event
from fsm.runtime import codec
from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import BusyError, ClosedError, HubError, JournalError
from fsm.runtime.restate.calls import (
    MEETING,
    DispatchAnswer,
    DispatchCall,
    EventAnswer,
    SentEvent,
    error_of,
)
from fsm.runtime.restate.cluster import Cluster
from fsm.runtime.restate.state import raw, text

MAX_EVENTS_OF_CALL: Final = 256
"""The number of events in a call."""


@attrs.define(eq=False)
class _Waiting:
    """An event that waits for its call.

    Args:
        event: the event.
        text: the event as text.
        id: the sender's id of the event.
        at: the time at which it came, in milliseconds since 1970.
        answer: the future of its entry.
    """

    event: Event
    text: str
    id: str | None
    at: int
    answer: asyncio.Future[JournalEntry]


class Outgoing:
    """The events of a process on their way to a cluster.

    One call of each meeting is under way at a time, so its events keep the order in which they
    came, and a busy meeting needs few calls.

    Args:
        cluster: the cluster.
        max_waiting: the number of events that may wait.
        answered: called with the id of a meeting whose events were answered.
        clock: returns the time in milliseconds since 1970.
    """

    def __init__(
        self,
        cluster: Cluster,
        max_waiting: int,
        answered: Callable[[str], None],
        clock: Callable[[], int],
    ) -> None:
        self._cluster = cluster
        self._max_waiting = max_waiting
        self._answered = answered
        self._clock = clock
        self._queues: dict[str, deque[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._closed = False

    def __len__(self) -> int:
        return self._waiting

    def send(
        self,
        meeting: str,
        event: Event,
        text: str,
        id: str | None,  # noqa: A002
    ) -> asyncio.Future[JournalEntry]:
        """Sends an event, and returns the future of its entry.

        Raises:
            BusyError: too many events wait already.
            ClosedError: nothing is sent any more.
        """
        if self._closed:
            raise ClosedError
        if self._waiting >= self._max_waiting:
            raise BusyError(f"{self._waiting} events wait already")
        answer: asyncio.Future[JournalEntry] = asyncio.get_running_loop().create_future()
        queue = self._queues.get(meeting)
        if queue is None:
            queue = self._queues[meeting] = deque()
            task = asyncio.create_task(self._call(meeting, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        queue.append(_Waiting(event, text, id, self._clock(), answer))
        self._waiting += 1
        return answer

    async def close(self) -> None:
        """Takes no more events, and waits for the answers to those under way."""
        self._closed = True
        await asyncio.gather(*self._tasks)

    async def _call(self, meeting: str, queue: deque[_Waiting]) -> None:
        while queue:
            group = [queue.popleft() for _ in range(min(len(queue), MAX_EVENTS_OF_CALL))]
            try:
                await self._call_with(meeting, group)
            except (HubError, ValueError, TypeError) as error:
                _fail(group, error)
            except Exception as error:
                _fail(group, JournalError(f"{type(error).__name__}: {error}"))
            finally:
                self._waiting -= len(group)
            self._answered(meeting)
        del self._queues[meeting]

    async def _call_with(self, meeting: str, group: list[_Waiting]) -> None:
        events = [SentEvent(raw(each.text), each.at, each.id) for each in group]
        answered = await self._cluster.call(
            MEETING, meeting, "dispatch", DispatchCall(events), DispatchAnswer
        )
        for each, answer in zip(group, answered.events, strict=True):
            if not each.answer.done():
                _settle(meeting, each, answer)


def _settle(meeting: str, sent: _Waiting, answer: EventAnswer) -> None:
    if answer.failure is not None:
        sent.answer.set_exception(error_of(answer.failure))
        return
    assert answer.entry is not None, "an answer has an entry or an error"
    row = answer.entry
    outcome = codec.load_outcome(text(row.answer))
    sent.answer.set_result(JournalEntry(meeting, row.seq, row.id, row.at, sent.event, outcome))


def _fail(group: list[_Waiting], error: Exception) -> None:
    for each in group:
        if not each.answer.done():
            each.answer.set_exception(error)
