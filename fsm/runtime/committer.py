"""Group commit: all requests that arrive during a commit share the next one.

The committer takes the requests that wait, applies them to the meetings in memory in the order
in which they came, commits what they changed, and answers them. Then it takes those that
arrived in the meantime. An answer is therefore always on the disk, for readers as well: they
never see a change that might still be rolled back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from fsm.runtime.accounts import Accounts
from fsm.runtime.alarms import Alarms, milliseconds
from fsm.runtime.batch import Batch
from fsm.runtime.delivery import Delivery
from fsm.runtime.errors import ClosedError, JournalError, PrunedError
from fsm.runtime.journal_threads import JournalThreads
from fsm.runtime.meetings import Meetings
from fsm.runtime.requests import Request, RequestQueue

_LOGGER = logging.getLogger(__name__)
_FILE_CHECK_INTERVAL = 0.005
"""Seconds after which a commit checks again that the journal's file is still in its place.

If the file is removed, all earlier answers are gone too: to notice it later costs nothing more.
"""


class Committer:
    """The task that applies, commits and answers requests.

    Args:
        requests: the queue of requests.
        threads: the open journal, with its threads.
        meetings: the meetings in memory.
        accounts: the accounts in memory.
        delivery: delivers to the recorder what a commit has put into the outbox.
        alarms: ring when timers are due; they are set after each commit.
        max_group: the maximum number of requests that share a commit.
        probe_interval: seconds after which a journal that failed is tested. Without a test it would
            stay unhealthy for as long as nothing is to be written.
    """

    def __init__(
        self,
        requests: RequestQueue,
        threads: JournalThreads,
        meetings: Meetings,
        accounts: Accounts,
        delivery: Delivery,
        alarms: Alarms,
        *,
        max_group: int = 512,
        probe_interval: float = 1.0,
    ) -> None:
        self._requests = requests
        self._threads = threads
        self._journal = threads.journal
        self._meetings = meetings
        self._accounts = accounts
        self._delivery = delivery
        self._alarms = alarms
        self._max_group = max_group
        self._probe_interval = probe_interval
        self._group: list[Request[Any]] = []
        self._in_commit = False
        self._failed_at = 0.0
        self._file_checked_at = 0.0
        self.failure: JournalError | None = None

    async def run(self) -> None:
        """Serves requests until the queue is closed and empty; leaves no request unanswered."""
        try:
            while True:
                if self._probe_due:
                    await self._probe_journal()
                self._group = self._requests.take(self._max_group)
                if self._group:
                    while self._group:
                        await self._serve()
                    # One round of the event loop, in which the callers that were just answered can
                    # submit their next requests, so that these share the next commit.
                    await asyncio.sleep(0)
                elif self._requests.closing:
                    return
                else:
                    await self._requests.wait(self._probe_at)
        except Exception:
            _LOGGER.exception("the hub breaks down")
            raise
        finally:
            self._end()

    async def _serve(self) -> None:
        """Applies and commits the group, and answers it.

        If the commit fails, the requests that wrote no rows stay in the group and are served again.
        """
        batch = Batch(self._delivery)
        batch.alarms.update(dict.fromkeys(await self._load()))
        self._apply(batch)
        if batch:
            self._in_commit = True
            try:
                await self._commit(batch)
            except PrunedError:
                # The journal is sound. Once the meetings are loaded again, that one is unknown.
                self._serve_again(batch, self._group)
                return
            except Exception as error:
                self._fail_group(batch, self._note_failure(error))
                return
            # Meetings that are still to be loaded have no alarms: the journal is tested until it
            # gives them back, even if nobody sends anything.
            if not self._meetings.has_rolled_back:
                self.failure = None
        self._follow_up(batch)
        self._answer()
        self._group = []
        self._in_commit = False

    async def _load(self) -> list[str]:
        """Loads the meetings of the group that are not in memory, and all that was rolled back.

        Returns:
            The ids of the meetings that were loaded. Their alarms are to be set once the group is
            served: if its commit fails, a timer that is due would fire again at once, without end.
        """
        if self._accounts.rolled_back:
            try:
                self._accounts.keep(
                    await self._threads.write(self._journal.accounts, self._accounts.rolled_back)
                )
            except Exception as error:
                self._note_failure(error)
        missing = self._meetings.missing(self._group)
        if not missing:
            return []
        try:
            loaded, errors = await self._threads.write(self._meetings.load, self._journal, missing)
        except Exception as error:
            failure = self._note_failure(error)
            for request in self._group:
                if request.meeting in missing:
                    request.error = failure
            return []
        self._meetings.keep(loaded)
        for live in loaded:
            if live.pending:
                # A commit that failed may be in the journal nevertheless.
                self._delivery.set_pending(live.id, live.pending)
        for request in self._group:
            if request.meeting in errors:
                request.error = errors[request.meeting]
        return [live.id for live in loaded]

    def _apply(self, batch: Batch) -> None:
        values = batch.values
        for request in self._group:
            if request.error is not None:
                continue
            size = len(values)
            batch.arrived = milliseconds(request.arrived)
            try:
                request.answer = request.apply(batch, *request.args)
            except Exception as error:
                # Errors of any kind belong to the caller, and not to the others of the group.
                request.error = error
            request.wrote = len(values) > size

    async def _commit(self, batch: Batch) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._file_checked_at + _FILE_CHECK_INTERVAL:
            # In the writer's thread it would acquire the GIL twice more.
            self._journal.check_in_place()
            self._file_checked_at = now
        await self._threads.write(self._journal.commit, batch)

    def _follow_up(self, batch: Batch) -> None:
        """Carries out what follows a commit, before its requests are answered."""
        for meeting in batch.closed:
            self._meetings.retire(meeting)
        for meeting, (messages, new) in batch.deliveries.items():
            self._delivery.set_pending(meeting, messages, new=new)
        self._set_alarms(batch.alarms)
        self._meetings.timers.count(batch)
        for meeting in batch.checks:
            self._delivery.check(meeting)
        self._meetings.feeds.add(batch.dirty, self._meetings.is_over)

    def _set_alarms(self, meetings: Iterable[str]) -> None:
        for meeting in meetings:
            self._alarms.set(meeting, self._meetings.moments(meeting))

    def _answer(self) -> None:
        for request in self._group:
            request.respond()

    def _fail_group(self, batch: Batch, failure: JournalError) -> None:
        """Rolls back, and refuses the requests that wrote.

        Requests that wrote no rows may have seen what was rolled back, so they are served again.
        They are served alone: together with new requests that write, they could fail for ever.
        """
        unwritten = [request for request in self._group if not request.wrote]
        for request in self._group:
            if request.wrote:
                request.error = failure
                request.respond()
        self._serve_again(batch, unwritten)

    def _serve_again(self, batch: Batch, requests: list[Request[Any]]) -> None:
        """Rolls back, and lets requests of the group be served again."""
        self._roll_back(batch)
        # A meeting that was rolled back has none until it is loaded again.
        self._set_alarms(batch.alarms)
        self._in_commit = False
        self._group = requests
        for request in requests:
            request.reset()

    def _roll_back(self, batch: Batch) -> None:
        self._accounts.roll_back(batch.dirty_accounts)
        self._meetings.roll_back(batch.dirty, batch.replaced_firings)

    @property
    def _probe_at(self) -> float | None:
        return None if self.failure is None else self._failed_at + self._probe_interval

    @property
    def _probe_due(self) -> bool:
        due = self._probe_at
        return due is not None and asyncio.get_running_loop().time() >= due

    async def _probe_journal(self) -> None:
        try:
            await self._threads.write(self._journal.probe)
            self.failure = None
            self._set_alarms(await self._load())
        except Exception as error:
            self._note_failure(error)
            self._failed_at = asyncio.get_running_loop().time()

    def _note_failure(self, error: Exception) -> JournalError:
        if self.failure is None:
            self._failed_at = asyncio.get_running_loop().time()
        if not isinstance(error, JournalError):
            error = JournalError(f"the journal cannot be used: {type(error).__name__}: {error}")
        self.failure = error
        return error

    def _end(self) -> None:
        for request in self._group:
            # During a commit nobody knows whether it is on the disk.
            request.error = (
                JournalError("the hub ended during the commit; it may be on the disk or not")
                if self._in_commit
                else ClosedError()
            )
        self._answer()
        self._requests.end()
        self._meetings.feeds.end()
