"""Delivery of outbox messages to the recorder: in order for each meeting, and at least once.

Each meeting with something to deliver has its own task, so a recorder that fails for one meeting
delays no other. Results go to the :class:`~fsm.runtime.reconcile.Reconciler`, which records them in
the journal. After that commit, the committer passes the messages that remain to
:meth:`Delivery.set_pending`.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial

import attrs
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    retry_if_not_exception_type,
    wait_exponential,
    wait_random,
)

from fsm.runtime.errors import ClosedError
from fsm.runtime.reconcile import Reconciler
from fsm.runtime.recorder import (
    GapError,
    OutboxMessage,
    Recorder,
    RecorderError,
    RecorderStatus,
    RetryPolicy,
    SupersededError,
    supersedes,
)
from fsm.runtime.recorder_calls import RecorderCalls, failure_text

_LOGGER = logging.getLogger(__name__)
_CHECK_PATIENCE = 1.0
"""Seconds after which a check without an answer no longer delays the next one."""
_MAX_CHECK_RATE = 100
"""The highest number of regular checks a second, since a recorder has other work to do."""
_CURRENT: ContextVar[Delivery | None] = ContextVar("current delivery", default=None)


@attrs.define(eq=False)
class _MeetingDelivery:
    """The delivery for one meeting.

    Args:
        meeting: the meeting's id.
        pending: the messages to deliver.
        check: whether the recorder's status must be checked.
        waited: the sequence number up to which messages have waited: they were pending when the hub
            opened, or when an attempt failed.
        new: whether messages were added since the task last began or repeated a delivery.
        task: the task that delivers.
    """

    meeting: str
    pending: tuple[OutboxMessage, ...] = ()
    check: bool = False
    waited: int = 0
    new: bool = False
    task: asyncio.Task[None] | None = None
    _timeout: asyncio.Timeout | None = None

    def wake(self) -> None:
        """Interrupts a status check or an interval for new messages; an attempt goes on."""
        self.new = True
        timeout, self._timeout = self._timeout, None
        # An expired timeout interrupts the block anyway, and cannot be changed any more.
        if timeout is not None and not timeout.expired():
            timeout.reschedule(0)

    @asynccontextmanager
    async def unless_woken(self) -> AsyncIterator[None]:
        """Runs a block that new messages interrupt."""
        timeout = asyncio.timeout(0 if self.new else None)
        try:
            async with timeout:
                self._timeout = timeout
                try:
                    yield
                finally:
                    self._timeout = None
        except TimeoutError:
            if not timeout.expired():
                raise

    async def rest(self, seconds: float) -> None:
        """Waits this many seconds, or until there are new messages."""
        async with self.unless_woken():
            await asyncio.sleep(seconds)
        # New messages interrupt one interval; the next is a full one again.
        self.new = False


class Delivery:
    """Delivers the outbox messages of all meetings, once it was begun.

    Args:
        recorder: the recorder.
        results: records the results.
        retry: the schedule of retries.
    """

    def __init__(self, recorder: Recorder, results: Reconciler, retry: RetryPolicy) -> None:
        self._calls = RecorderCalls(recorder, retry)
        self._results = results
        self._retry = retry
        self._deliveries: dict[str, _MeetingDelivery] = {}
        # The meetings of `check_all` whose check has not begun, and the tasks that begin them.
        # A queue and the set of its members: an `OrderedDict` of all meetings takes ten times as
        # long to fill, which is noticed at a start.
        self._check_backlog: deque[str] = deque()
        self._in_backlog: set[str] = set()
        self._checkers: set[asyncio.Task[None]] = set()
        # The meetings to check once more when the backlog is empty.
        self._next_round: Iterable[str] = ()
        self._begun = False
        self._closing = False

    def begin(self) -> None:
        """Begins to deliver; until then messages are only kept."""
        self._begun = True
        for delivery in self._deliveries.values():
            self._start(delivery)

    @property
    def active(self) -> int:
        """The number of meetings with something to deliver or to check."""
        return len(self._deliveries) + len(self._check_backlog)

    def __contains__(self, meeting: object) -> bool:
        """Returns whether there may be something to deliver or to check for a meeting."""
        return meeting in self._deliveries or meeting in self._in_backlog

    def set_pending(
        self,
        meeting: str,
        messages: tuple[OutboxMessage, ...],
        *,
        new: bool = False,
        again: bool = False,
    ) -> None:
        """Sets the messages to deliver for a meeting, replacing earlier ones.

        Args:
            meeting: the meeting's id.
            messages: the messages, all of them durable.
            new: whether the machine added some. They interrupt a status check, and an interval
                between corrections; a stop also interrupts one between attempts.
            again: whether an earlier hub may have sent them.
        """
        if messages or meeting in self._deliveries:
            delivery = self._delivery_of(meeting)
            delivery.pending = messages
            if again:
                delivery.waited = messages[-1].sequence
            if new:
                delivery.wake()
            self._start(delivery)

    def check(self, meeting: str) -> None:
        """Checks the status of a meeting's recorder, once no message is pending."""
        delivery = self._delivery_of(meeting)
        delivery.check = True
        self._start(delivery)

    def check_all(self, meetings: Iterable[str]) -> None:
        """Checks the recorders of many meetings in the background, some of them at a time."""
        if self._closing:
            return
        new = [each for each in dict.fromkeys(meetings) if each not in self._in_backlog]
        self._check_backlog.extend(new)
        self._in_backlog.update(new)
        wanted = min(self._retry.max_status_checks, len(self._check_backlog))
        for _ in range(len(self._checkers), wanted):
            task = asyncio.create_task(self._work_off_backlog())
            # An eager task may be done already.
            if not task.done():
                self._checkers.add(task)

    def check_all_in_turn(self, meetings: Iterable[str]) -> None:
        """Checks the recorders of many meetings once those that wait have been checked.

        However often it is called meanwhile, they are checked once: to queue them costs more than
        all else, and a client that asked for it again and again would stop the event loop.

        Args:
            meetings: the ids of the meetings, read when their turn comes.
        """
        if self._check_backlog:
            self._next_round = meetings
        else:
            self.check_all(meetings)

    async def _work_off_backlog(self) -> None:
        while self._check_backlog:
            meeting = self._check_backlog.popleft()
            self._in_backlog.remove(meeting)
            self.check(meeting)
            delivery = self._deliveries.get(meeting)
            if delivery is not None and delivery.task is not None:
                await asyncio.wait([delivery.task], timeout=_CHECK_PATIENCE)
            if not self._check_backlog:
                meetings, self._next_round = self._next_round, ()
                self.check_all(meetings)
        # Not in a callback: until it runs, this task would still count, and get new meetings.
        self._checkers -= {asyncio.current_task()}

    async def check_regularly(self, meetings: Callable[[], list[str]], interval: float) -> None:
        """Checks the recorders of meetings again and again, until it is cancelled.

        The first checks begin after one interval. They are spread over the next one, which is
        longer if a second would have too many of them.

        Args:
            meetings: returns the ids of the meetings to check.
            interval: the seconds in which each is checked once.
        """
        loop = asyncio.get_running_loop()
        await asyncio.sleep(interval)
        while True:
            again_at = loop.time() + interval
            ids = meetings()
            per_second = min(_MAX_CHECK_RATE, math.ceil(len(ids) / interval))
            for first in range(0, len(ids), max(1, per_second)):
                self.check_all(ids[first : first + per_second])
                await asyncio.sleep(1)
            await asyncio.sleep(again_at - loop.time())

    def _delivery_of(self, meeting: str) -> _MeetingDelivery:
        delivery = self._deliveries.get(meeting)
        if delivery is None:
            delivery = self._deliveries[meeting] = _MeetingDelivery(meeting)
        return delivery

    def _start(self, delivery: _MeetingDelivery) -> None:
        """Starts the task of a delivery that has something to do: an eager task begins at once."""
        if delivery.task is None and self._begun and not self._closing:
            delivery.task = asyncio.create_task(self._deliver(delivery))

    async def close(self) -> None:
        """Stops all deliveries. Pending messages stay in the journal."""
        self._closing = True
        tasks = [
            delivery.task for delivery in self._deliveries.values() if delivery.task is not None
        ]
        tasks += self._checkers
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def is_current(self) -> bool:
        """True in code of the recorder: in the task of a delivery and in tasks that it starts."""
        return _CURRENT.get() is self

    async def _deliver(self, delivery: _MeetingDelivery) -> None:
        _CURRENT.set(self)
        # `pending` changes while a result is recorded: before its answer, the committer calls
        # `set_pending` with the messages that remain.
        while delivery.pending or delivery.check:
            try:
                await self._deliver_next(delivery)
            except ClosedError:
                return
            except Exception:
                # Whatever it is, an error here must not end the deliveries of the meeting.
                _LOGGER.exception("meeting %s: the delivery failed, and goes on", delivery.meeting)
                delivery.check = True
                await delivery.rest(self._retry.max_interval)
        del self._deliveries[delivery.meeting]

    async def _deliver_next(self, delivery: _MeetingDelivery) -> None:
        delivery.new = False
        if delivery.pending:
            back_off = await self._deliver_message(delivery, delivery.pending[0])
        else:
            back_off = await self._check_status(delivery)
        if back_off:
            await delivery.rest(self._retry.max_interval)

    async def _deliver_message(self, delivery: _MeetingDelivery, message: OutboxMessage) -> bool:
        """Delivers a message, records the result, and returns whether to back off."""
        meeting = delivery.meeting
        try:
            status = await self._send_message(meeting, message)
        except GapError as gap:
            return await self._results.gap_detected(meeting, gap.status)
        except RecorderError as error:
            if not isinstance(error, SupersededError):
                _log_failure(meeting, error)
            await self._results.gave_up(meeting, message, failure_text(error))
            # A stop is still pending, since the recorder may still be recording.
            return delivery.pending[:1] == (message,)
        return await self._results.delivered(meeting, message, status)

    async def _check_status(self, delivery: _MeetingDelivery) -> bool:
        """Checks the recorder's status, records it, and returns whether to back off."""
        # Reset first, so that a check that is requested meanwhile is not lost.
        delivery.check = False
        status: RecorderStatus | None = None
        try:
            async with delivery.unless_woken():
                status = await self._retrying(self._retry.max_attempts, delivery.meeting, None)
        except RecorderError as error:
            _log_failure(delivery.meeting, error)
            delivery.check = True
            return True
        if status is None:  # new messages have interrupted the check
            delivery.check = True
            return False
        return await self._results.checked(delivery.meeting, status)

    async def _send_message(self, meeting: str, message: OutboxMessage) -> RecorderStatus:
        # Nearly always the first attempt succeeds, and needs no retry object.
        try:
            return await self._try_once(meeting, message)
        except GapError:
            raise
        except RecorderError as error:
            if self._retry.max_attempts == 1 or self._is_superseded(message):
                raise
            _LOGGER.warning(
                "message %s is not delivered yet, and sent again: %s",
                message.key,
                failure_text(error),
            )
        await self._rest(meeting, message, self._retry.initial_interval)
        return await self._retrying(self._retry.max_attempts - 1, meeting, message)

    def _is_superseded(self, message: OutboxMessage | None) -> bool:
        """Returns whether a message is not sent again, since a later one makes it pointless."""
        return message is not None and any(
            supersedes(each, message) for each in self._deliveries[message.meeting].pending
        )

    async def _retrying(
        self, attempts: int, meeting: str, message: OutboxMessage | None
    ) -> RecorderStatus:
        retrying = AsyncRetrying(
            # New messages interrupt a status check as a whole.
            sleep=asyncio.sleep if message is None else partial(self._rest, meeting, message),
            stop=lambda state: state.attempt_number >= attempts or self._is_superseded(message),
            wait=wait_exponential(self._retry.initial_interval, self._retry.max_interval)
            + wait_random(0, self._retry.initial_interval),
            retry=retry_if_exception_type(RecorderError) & retry_if_not_exception_type(GapError),
            reraise=True,
        )
        return await retrying(self._try_once, meeting, message, again=True)

    async def _rest(self, meeting: str, message: OutboxMessage, seconds: float) -> None:
        """Waits between attempts, or until a stop is pending behind the message."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end and not self._is_superseded(message):
            await self._deliveries[meeting].rest(end - loop.time())

    async def _try_once(
        self, meeting: str, message: OutboxMessage | None, *, again: bool = False
    ) -> RecorderStatus:
        try:
            if message is None:
                status = await self._calls.status(meeting)
            else:
                behind = message.sequence <= self._deliveries[meeting].waited
                # The stop may have come while the message waited for its permit.
                status = await self._calls.command(
                    message,
                    lambda waited: (again or behind or waited) and self._is_superseded(message),
                )
        except GapError as gap:
            if message is None or not isinstance(gap.status, RecorderStatus):
                raise RecorderError(
                    f"it reports a gap without a message or a status: {failure_text(gap)}"
                ) from gap
            raise GapError(self._checked(meeting, gap.status)) from gap
        except RecorderError:
            self._note_waiting(self._deliveries[meeting])
            raise
        return self._checked(meeting, status)

    @staticmethod
    def _note_waiting(delivery: _MeetingDelivery) -> None:
        """Notes that the messages behind one whose attempt failed have waited."""
        if delivery.pending:
            delivery.waited = delivery.pending[-1].sequence

    def _checked(self, meeting: str, status: RecorderStatus) -> RecorderStatus:
        if not self._results.can_have_applied(meeting, status.sequence):
            raise RecorderError(f"it reports sequence {status.sequence}, which was never sent")
        if type(status) is RecorderStatus:
            return status
        # An adapter may have a class of its own, whose statuses never equal the expected one.
        return RecorderStatus(status.sequence, status.kind, status.client, status.paused)


def _log_failure(meeting: str, error: RecorderError) -> None:
    _LOGGER.warning("meeting %s: the recorder failed: %s", meeting, failure_text(error))
