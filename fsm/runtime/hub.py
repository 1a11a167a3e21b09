"""The hub: many meetings at once, of which nothing acknowledged is ever lost."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from fsm.recording import (
    Account,
    Change,
    Changed,
    Choice,
    Event,
    Permission,
    Resolution,
)
from fsm.recording.vocabulary import MeetingType
from fsm.runtime.accounts import Accounts
from fsm.runtime.batch import Batch
from fsm.runtime.bookkeeper import Bookkeeper
from fsm.runtime.committer import Committer, Request
from fsm.runtime.delivery import Delivery, RetryPolicy
from fsm.runtime.entry import JournalEntry
from fsm.runtime.errors import (
    ClosedError,
    JournalError,
    UnknownMeetingError,
)
from fsm.runtime.journal import Journal, Summary
from fsm.runtime.limits import HubLimits, check_id, check_known, written
from fsm.runtime.meetings import Meetings
from fsm.runtime.pace import Pace
from fsm.runtime.recorder import MemoryRecorder, Recorder, check_recorder
from fsm.runtime.snapshot import Health, Snapshot
from fsm.runtime.worker import Worker

T = TypeVar("T")


_LOOK_EVERY = 0.005
"""Seconds after which a commit looks again whether the journal's file is still there.

To look gives up Python's lock twice. Whoever takes the file away takes all that was answered before
as well, so a moment more or less is nothing to rely on.
"""


def _now() -> int:
    return time.time_ns() // 1_000_000


class Hub:
    """Many meetings in one journal. Use it as an asynchronous context manager.

    Args:
        journal: the journal's file, or a function that opens a journal.
        recorder: what really records; without one nothing is recorded.
        clock: returns the time in milliseconds since 1970, UTC.
        limits: how much it takes.
        retry: how often a recorder is asked.

    Raises:
        TypeError: the recorder is none.

    >>> async def one_meeting(file):
    ...     async with Hub(file) as hub:
    ...         await hub.open("m-1", Account("pro"), user=Choice(True))
    ...         return await hub.dispatch("m-1", Join("alice", "host", "windows"))
    >>> from fsm.recording import Account, Choice, Join
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     asyncio.run(one_meeting(f"{folder}/meetings.db")).outcome.state
    'recording'
    """

    _worker: Callable[[str], Worker] = Worker
    _pace: Callable[[], Pace] = Pace

    def __init__(
        self,
        journal: str | Path | Callable[[], Journal],
        recorder: Recorder | None = None,
        *,
        clock: Callable[[], int] = _now,
        limits: HubLimits | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._open_journal = (
            partial(Journal, journal, lock=True) if isinstance(journal, str | Path) else journal
        )
        self._recorder: Recorder = MemoryRecorder() if recorder is None else recorder
        check_recorder(self._recorder)
        self._clock = clock
        self._limits = limits or HubLimits()
        self._retry = retry or RetryPolicy()
        self._stage: Literal["made", "opening", "open", "closed"] = "made"
        self._look_at = 0.0
        self._watchers: dict[str, set[asyncio.Event]] = {}
        # What there really is comes from the journal.
        self._meetings = Meetings((), 1, clock, self._limits)
        self._accounts = Accounts({})

    # -- its life -------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Open the journal, bring back every meeting, and look what their recorders are doing.

        Raises:
            RuntimeError: the hub was opened before; make another one.
            JournalFileError: the file cannot be used as a journal.
            JournalError: what it holds cannot be read.
        """
        if self._stage != "made":
            raise RuntimeError("a hub is opened once (make another one)")
        self._stage = "opening"
        self._writer = self._worker("journal")
        opening = self._writer.do(self._bring_back)
        try:
            await _to_the_end(opening)
        except BaseException:
            if not opening.cancelled() and opening.exception() is None:
                # Or nobody else could have the file while this process runs.
                await _to_the_end(self._writer.do(self._abandon))
            self._writer.close()
            raise
        # What only reads does not wait for what is being written.
        alone = self._reader is self._journal
        self._readers = self._writer if alone else self._worker("reader")
        self._committer = Committer(
            self._commit,
            self._prepare,
            self._attempt,
            partial(Batch, self._meetings.forget, self._wake),
            self._pace(),
            most_waiting=self._limits.waiting,
        )
        self._bookkeeper = Bookkeeper(
            self._meetings,
            self._committer,
            most_corrections=self._limits.corrections,
            try_again=self._retry.longest,
        )
        self._delivery = Delivery(self._recorder, self._bookkeeper, self._retry)
        self._bookkeeper.deliver(self._delivery)
        self._running = asyncio.create_task(self._committer.run())
        # Nothing happens any more, and who watches must learn it.
        self._running.add_done_callback(lambda _: self._wake([*self._watchers]))
        self._meetings.deliver(self._delivery)
        self._stage = "open"
        return self

    def _bring_back(self) -> None:
        self._journal = self._open_journal()
        try:
            with _uncollected():
                self._meetings = Meetings(
                    self._journal.load_open(),
                    self._journal.next_key(),
                    self._clock,
                    self._limits,
                )
            self._accounts = Accounts(self._journal.accounts())
            self._reader = self._journal.reader()
        except BaseException:
            self._journal.close()
            raise

    def _abandon(self) -> None:
        if self._reader is not self._journal:
            self._reader.close()
        self._journal.close()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Answer what waits, stop delivering, and close the journal.

        Who is cancelled meanwhile is so once it is done: nobody is left waiting, and the file
        is free.
        """
        if self._stage in ("made", "opening"):
            return
        if self._stage == "open":
            self._stage = "closed"
            self._committer.close()
            self._ending = asyncio.create_task(self._close())
        await _to_the_end(self._ending)

    async def _close(self) -> None:
        try:
            await asyncio.wait([self._running])
            await self._delivery.close()
        finally:
            await self._close_journal()
        if not self._running.cancelled():
            self._running.result()

    async def _close_journal(self) -> None:
        try:
            if self._reader is not self._journal:
                await _to_the_end(self._readers.do(self._reader.close))
                self._readers.close()
        finally:
            await _to_the_end(self._writer.do(self._journal.close))
            self._writer.close()

    def _commit(self, batch: Batch) -> asyncio.Future[None]:
        now = asyncio.get_running_loop().time()
        if now >= self._look_at:
            # Here and not in the thread, which would have to ask for Python's lock once more.
            self._journal.check_there()
            self._look_at = now + _LOOK_EVERY
        return self._writer.do(self._write, batch)

    def _write(self, batch: Batch) -> None:
        before, batch.stands_on = batch.stands_on, None
        if before is not None and not before.is_written:
            raise JournalError("what it stands on was not written")
        self._journal.commit(batch)
        batch.is_written = True

    async def _attempt(self) -> None:
        await self._writer.do(self._journal.attempt)

    async def _prepare(self, requests: Sequence[Request[Any]]) -> None:
        missing = self._meetings.missing(requests)
        if not missing:
            return
        found, unreadable = await self._writer.do(self._meetings.load, self._journal, missing)
        self._meetings.keep(found)
        for each in requests:
            if each.meeting in unreadable:
                each.error = unreadable[each.meeting]

    # -- what it is asked for -----------------------------------------------------------------

    async def open(
        self,
        id: str,  # noqa: A002
        account: Account | str,
        user: Choice | None = None,
        booking: Choice | None = None,
        type: MeetingType = "scheduled",  # noqa: A002
    ) -> Snapshot:
        """Open a meeting: resolve its plan, and freeze it (D8).

        To open it again with the same settings changes nothing.

        Args:
            id: the meeting's id, never used before for another one.
            account: the organiser's account, or the id of one that the hub keeps.
            user: the organiser's own setting, if one is stored.
            booking: what was picked for this meeting, if it was booked.
            type: what kind of meeting it is.

        Raises:
            ConflictError: there is a meeting with this id, opened with other settings.
            UnknownAccountError: the hub keeps no such account.
            BusyError: too many meetings are open, or too many requests wait.
            ValueError, TypeError: the settings are not such.
            JournalError: it could not be written.
        """
        check_id("a meeting's id", id)

        return await self._ask(self._open, id, account, user, booking, type, meeting=id)

    def _open(
        self,
        batch: Batch,
        id: str,  # noqa: A002
        account: Account | str,
        user: Choice | None,
        booking: Choice | None,
        type: MeetingType,  # noqa: A002
    ) -> Snapshot:
        known = self._accounts.get(account) if isinstance(account, str) else account
        return self._meetings.open(batch, id, known, user, booking, type)

    async def dispatch(self, meeting: str, event: Event, id: str | None = None) -> JournalEntry:  # noqa: A002
        """Let something happen to a meeting; the answer is given when it is on the disk.

        A refused event is answered too: the entry's outcome says why.

        Args:
            meeting: the meeting's id.
            event: what happens.
            id: the sender's id of the event. The same id again gets the same answer and
                changes nothing.

        Raises:
            UnknownMeetingError: there is no such meeting.
            ConflictError: the id was used before, for another event.
            BusyError: too many participants are in the meeting, or too many requests wait.
            ValueError, TypeError: the id or the event is none that can be written.
            JournalError: it could not be written, and may be sent again with the same id.
        """
        if id is not None:
            check_id("an event's id", id)
        text = written(event)

        return await self._ask(
            self._meetings.dispatch,
            meeting, event, text, id,
            meeting=meeting, repeatable=id is not None,
        )  # fmt: skip

    async def read(self, meeting: str) -> Snapshot:
        """Return how a meeting stands.

        Raises:
            UnknownMeetingError: there is no such meeting.
            BusyError: too many requests wait.
            JournalError: the journal cannot be read.
        """
        return await self._ask(self._meetings.snapshot, meeting, meeting=meeting)

    async def allowed(self, meeting: str, participant: str) -> dict[str, Permission]:
        """Say for each command whether a participant may give it now, or why not.

        Raises:
            UnknownMeetingError: there is no such meeting.
            BusyError: too many requests wait.
            JournalError: the journal cannot be read.
        """
        return await self._ask(self._meetings.allowed, meeting, participant, meeting=meeting)

    async def resolution(self, meeting: str) -> Resolution:
        """Return how the plan of a meeting came about.

        Raises:
            UnknownMeetingError: there is no such meeting.
            BusyError: too many requests wait.
            JournalError: the journal cannot be read.
        """
        return await self._ask(self._meetings.resolution, meeting, meeting=meeting)

    async def history(self, meeting: str, after: int = 0, limit: int = 1000) -> list[JournalEntry]:
        """Return what happened to a meeting.

        Args:
            meeting: the meeting's id.
            after: the number of the last entry that is not wanted.
            limit: how many at most.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: the journal cannot be read.
        """
        check_known(meeting)
        found = await self._read(lambda reader: reader.history(meeting, after, limit))
        if found is None:
            raise UnknownMeetingError(meeting)
        return found

    async def watch(self, meeting: str, after: int = 0) -> AsyncIterator[JournalEntry]:
        """Yield what happens to a meeting, until it is over or the hub closes.

        Args:
            meeting: the meeting's id.
            after: the number of the last entry that is not wanted.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: the journal cannot be read.
            ClosedError: the hub was not opened.
        """
        self._check_opened()
        check_known(meeting)
        woken = asyncio.Event()
        watchers = self._watchers.setdefault(meeting, set())
        watchers.add(woken)
        try:
            while self._stage == "open":
                woken.clear()
                try:
                    over = (await self.read(meeting)).ended
                    entries = await self.history(meeting, after)
                except ClosedError:
                    return
                for entry in entries:
                    yield entry
                    after = entry.seq or after
                if entries:
                    continue
                if over:
                    return
                await woken.wait()
        finally:
            watchers.discard(woken)
            if not watchers:
                self._watchers.pop(meeting, None)

    async def meetings(self, after: str = "", limit: int = 1000) -> list[Summary]:
        """Return the meetings of the journal in the order of their ids.

        Args:
            after: the id of the last one that is not wanted.
            limit: how many at most.

        Raises:
            JournalError: the journal cannot be read.
        """
        return await self._read(lambda reader: reader.meetings(after, limit))

    async def reconcile(self, meeting: str | None = None) -> int:
        """Have recorders asked what they are doing, and told to do what the machine says.

        This does not wait for their answers. A meeting that is over, and whose recorder was told
        everything, is not asked about.

        Args:
            meeting: the id of a meeting; all that are in memory if ``None``.

        Returns:
            For how many meetings they are asked.

        Raises:
            UnknownMeetingError: there is no such meeting.
            BusyError: too many requests wait.
            JournalError: the journal cannot be read.
        """
        if meeting is not None:
            return await self._ask(self._meetings.check, meeting, meeting=meeting)
        return await self._ask(self._meetings.check_all)

    @property
    def health(self) -> Health:
        """How the hub stands.

        Raises:
            ClosedError: it was never opened.
        """
        self._check_opened()
        why: object = self._committer.failed
        if self._stage == "closed":
            why = "the hub is closed"
        elif self._running.done():
            error = None if self._running.cancelled() else self._running.exception()
            why = f"the hub broke down: {error!r}"
        return Health(
            why is None,
            None if why is None else str(why),
            len(self._meetings.live),
            self._committer.waiting,
            self._delivery.busy,
        )

    # -- accounts -----------------------------------------------------------------------------

    async def put_account(self, id: str, account: Account) -> Account:  # noqa: A002
        """Keep an account. One that is kept already is changed by :meth:`change` alone.

        Raises:
            ConflictError: there is an account with this id and other settings.
            ValueError, TypeError: the id or the account is none.
            JournalError: it could not be written.
        """
        check_id("an account's id", id)
        if not isinstance(account, Account):
            raise TypeError(f"an account must be an Account, not {account!r}")
        return await self._ask(self._accounts.put, id, account)

    async def account(self, id: str) -> Account:  # noqa: A002
        """Return an account that is kept.

        Raises:
            UnknownAccountError: there is none with this id.
            BusyError: too many requests wait.
        """
        return await self._ask(lambda _: self._accounts.get(id))

    async def change(self, account: str, change: Change) -> Changed:
        """Change the console of an account, as far as who asks may (R4).

        Raises:
            UnknownAccountError: there is none with this id.
            BusyError: too many requests wait.
            ValueError, TypeError: there can be no such change.
            JournalError: it could not be written.
        """
        if not isinstance(change, Change):
            raise TypeError(f"a change must be one of a console, not {change!r}")
        return await self._ask(self._accounts.change, account, change, self._clock())

    # -- all of it together -------------------------------------------------------------------

    def _ask(
        self,
        apply: Callable[..., T],
        *given: Any,
        meeting: str | None = None,
        repeatable: bool = False,
    ) -> asyncio.Future[T]:
        if self._stage != "open":
            raise self._not_open
        if meeting is not None and (type(meeting) is not str or meeting not in self._meetings.live):
            check_known(meeting)
        return self._committer.submit(
            Request(apply, *given, meeting=meeting, repeatable=repeatable)
        )

    async def _read(self, ask: Callable[[Journal], T]) -> T:
        if self._stage != "open":
            raise self._not_open
        return await self._readers.do(ask, self._reader)

    def _check_opened(self) -> None:
        if self._stage in ("made", "opening"):
            raise self._not_open

    @property
    def _not_open(self) -> ClosedError:
        if self._stage == "closed":
            return ClosedError()
        return ClosedError("the hub is not open (async with Hub(...) as hub:)")

    def _wake(self, meetings: Iterable[str]) -> None:
        if not self._watchers:
            return
        for meeting in meetings:
            for woken in self._watchers.get(meeting, ()):
                woken.set()


@contextmanager
def _uncollected() -> Iterator[None]:
    # Everything made here stays; the collector would only look at it again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


async def _to_the_end(future: asyncio.Future[T]) -> T:
    """Wait for what must not be left half done; who is cancelled is so when it has ended."""
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return future.result()
