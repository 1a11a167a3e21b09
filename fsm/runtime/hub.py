"""The hub: many meetings at once, of which nothing acknowledged is ever lost."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from fsm.recording import (
    Account,
    Change,
    Changed,
    Choice,
    Event,
    Join,
    Meeting,
    Permission,
    RecorderFailed,
    Resolution,
)
from fsm.recording.opening import Opening
from fsm.recording.words import MeetingType
from fsm.runtime.accounts import Accounts
from fsm.runtime.batch import Batch
from fsm.runtime.committer import Committer, Request
from fsm.runtime.delivery import Delivery, Retry
from fsm.runtime.entry import Entry
from fsm.runtime.errors import (
    BusyError,
    ClosedError,
    ConflictError,
    JournalError,
    UnknownMeetingError,
    UnreadableError,
)
from fsm.runtime.journal import Journal, Summary
from fsm.runtime.limits import MOST_DETAIL, Limits, check_id, check_known, written
from fsm.runtime.live import LiveMeeting, corrections
from fsm.runtime.recorder import MOST_ORDERS, MemoryRecorder, Order, Recorder, Status
from fsm.runtime.snapshot import Health, Snapshot, snapshot_of

T = TypeVar("T")


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

    >>> async def one_meeting(file):
    ...     async with Hub(file) as hub:
    ...         await hub.open("m-1", Account("pro"), user=Choice(True))
    ...         return await hub.dispatch("m-1", Join("alice", "host", "windows"))
    >>> from fsm.recording import Choice
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     asyncio.run(one_meeting(f"{folder}/meetings.db")).outcome.state
    'recording'
    """

    def __init__(
        self,
        journal: str | Path | Callable[[], Journal],
        recorder: Recorder | None = None,
        *,
        clock: Callable[[], int] = _now,
        limits: Limits | None = None,
        retry: Retry | None = None,
    ) -> None:
        self._open_journal = (
            partial(Journal, journal, lock=True) if isinstance(journal, str | Path) else journal
        )
        self._recorder: Recorder = recorder or MemoryRecorder()
        self._clock = clock
        self._limits = limits or Limits()
        self._retry = retry or Retry()
        self._live: dict[str, LiveMeeting] = {}
        # Closed ones that a request is about; they do not stay.
        self._closed: dict[str, LiveMeeting] = {}
        self._closing = False
        self._watchers: dict[str, set[asyncio.Event]] = {}

    # -- its life -------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Open the journal, bring back every meeting, and look what their recorders are doing.

        Raises:
            JournalFileError: the file cannot be used as a journal.
            JournalError: what it holds cannot be read.
        """
        self._writer = ThreadPoolExecutor(1, "journal")
        opening = self._in(self._writer, self._bring_back)
        try:
            await _to_the_end(opening)
        except BaseException:
            if not opening.cancelled() and opening.exception() is None:
                # Or nobody else could have the file while this process runs.
                await _to_the_end(self._in(self._writer, self._abandon))
            self._writer.shutdown()
            raise
        # What only reads does not wait for what is being written.
        alone = self._reader is self._journal
        self._readers = self._writer if alone else ThreadPoolExecutor(1, "reader")
        self._committer = Committer(
            self._commit, self._prepare, self._attempt, most_waiting=self._limits.waiting
        )
        self._delivery = Delivery(self._recorder, self, self._retry)
        self._running = asyncio.create_task(self._committer.run())
        for live in self._live.values():
            if live.pending:
                self._delivery.pending(live.id, live.pending)
            elif live.ordered or live.meeting.ended:
                self._delivery.check(live.id)
        return self

    def _bring_back(self) -> None:
        self._journal = self._open_journal()
        try:
            self._next_number = self._journal.next_number()
            with _uncollected():
                self._live = {live.id: live for live in self._journal.load_open()}
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
        self._closing = True
        self._committer.close()
        await _to_the_end(asyncio.create_task(self._close()))

    async def _close(self) -> None:
        try:
            await asyncio.wait([self._running])
            await self._delivery.close()
        finally:
            for watchers in self._watchers.values():
                for woken in watchers:
                    woken.set()
            await self._close_journal()
        if not self._running.cancelled():
            self._running.result()

    async def _close_journal(self) -> None:
        try:
            if self._reader is not self._journal:
                await _to_the_end(self._in(self._readers, self._reader.close))
                self._readers.shutdown()
        finally:
            await _to_the_end(self._in(self._writer, self._journal.close))
            self._writer.shutdown()

    def _in(
        self, executor: ThreadPoolExecutor, call: Callable[..., T], *given: Any
    ) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(executor, call, *given)

    async def _commit(self, batch: Batch) -> None:
        await self._in(self._writer, self._journal.commit, batch)

    async def _attempt(self) -> None:
        await self._in(self._writer, self._journal.attempt)

    async def _prepare(self, requests: Sequence[Request[Any]]) -> None:
        self._closed.clear()
        # Whether their answers are wanted as well, by meeting.
        missing: dict[str, bool] = {}
        for each in requests:
            live = self._live.get(each.meeting) if each.meeting is not None else None
            if each.meeting is None or (live and (live.by_id is not None or not each.repeatable)):
                continue
            missing[each.meeting] = missing.get(each.meeting, False) or each.repeatable
        if not missing:
            return
        found, unreadable = await self._in(self._writer, self._loaded, missing)
        for live in found:
            (self._closed if live.closed else self._live)[live.id] = live
        for each in requests:
            if each.meeting in unreadable:
                each.error = unreadable[each.meeting]

    def _loaded(
        self, missing: dict[str, bool]
    ) -> tuple[list[LiveMeeting], dict[str, UnreadableError]]:
        found = []
        unreadable = {}
        for meeting, repeatable in missing.items():
            try:
                live = self._live.get(meeting) or self._journal.load(meeting)
                if live is not None:
                    if repeatable:
                        self._journal.load_ids(live)
                    found.append(live)
            except UnreadableError as error:
                # The others are none the worse for it.
                unreadable[meeting] = error
        return found, unreadable

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

        def apply(batch: Batch) -> Snapshot:
            known = self._accounts.get(account) if isinstance(account, str) else account
            opening = Opening(known, user, booking, type)
            live = self._find(id)
            if live is not None:
                if live.opening != opening:
                    raise ConflictError(f"there is a meeting {id!r} with other settings")
                return snapshot_of(live)
            if len(self._live) >= self._limits.meetings:
                raise BusyError(f"{len(self._live)} meetings are open already", 10)
            meeting = Meeting(opening.resolve().plan)
            live = LiveMeeting(id, self._next_number, self._clock(), opening, meeting, by_id={})
            self._next_number += 1
            self._live[id] = live
            batch.if_not_written(partial(self._forget, id))
            batch.opened(live)
            return snapshot_of(live)

        return await self._ask(apply, id)

    async def dispatch(self, meeting: str, event: Event, id: str | None = None) -> Entry:  # noqa: A002
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

        def apply(batch: Batch) -> Entry:
            live = self._get(meeting)
            known = live.taken(id) if id is not None else None
            if known is not None:
                if known.event != event:
                    raise ConflictError(f"the event id {id!r} was used for another event")
                return known
            if self._is_full(live.meeting) and _brings_in(live.meeting, event):
                raise BusyError(f"{self._limits.participants} participants are in the meeting", 10)
            return self._take(live, event, text, id, batch)

        return await self._ask(apply, meeting, repeatable=id is not None)

    async def read(self, meeting: str) -> Snapshot:
        """Return how a meeting stands.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: the journal cannot be read.
        """
        return await self._ask(lambda _: snapshot_of(self._get(meeting)), meeting)

    async def allowed(self, meeting: str, participant: str) -> dict[str, Permission]:
        """Say for each command whether a participant may give it now, or why not.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: the journal cannot be read.
        """
        return await self._ask(lambda _: self._get(meeting).meeting.allowed(participant), meeting)

    async def resolution(self, meeting: str) -> Resolution:
        """Return how the plan of a meeting came about.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: the journal cannot be read.
        """
        return await self._ask(lambda _: self._get(meeting).opening.resolve(), meeting)

    async def history(self, meeting: str, after: int = 0, limit: int = 1000) -> list[Entry]:
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
        found = await self._read(self._reader.history, meeting, after, limit)
        if found is None:
            raise UnknownMeetingError(meeting)
        return found

    async def watch(self, meeting: str, after: int = 0) -> AsyncIterator[Entry]:
        """Yield what happens to a meeting, until it is over or the hub closes.

        Args:
            meeting: the meeting's id.
            after: the number of the last entry that is not wanted.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: the journal cannot be read.
        """
        check_known(meeting)
        woken = asyncio.Event()
        watchers = self._watchers.setdefault(meeting, set())
        watchers.add(woken)
        try:
            while not self._closing:
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
        return await self._read(self._reader.meetings, after, limit)

    def reconcile(self, meeting: str | None = None) -> None:
        """Ask recorders what they are doing, and have them do what the machine says.

        Args:
            meeting: the id of a meeting; all that are in memory if ``None``.
        """
        for each in [meeting] if meeting is not None else list(self._live):
            self._delivery.check(each)

    @property
    def health(self) -> Health:
        """How the hub stands."""
        failed = self._committer.failed
        return Health(
            failed is None and not self._running.done(),
            "the hub is closed" if self._running.done() else str(failed) if failed else None,
            len(self._live),
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
        return await self._ask(lambda batch: self._accounts.put(id, account, batch))

    async def account(self, id: str) -> Account:  # noqa: A002
        """Return an account that is kept.

        Raises:
            UnknownAccountError: there is none with this id.
        """
        return await self._ask(lambda _: self._accounts.get(id))

    async def change(self, account: str, change: Change) -> Changed:
        """Change the console of an account, as far as who asks may (R4).

        Raises:
            UnknownAccountError: there is none with this id.
            ValueError, TypeError: there can be no such change.
            JournalError: it could not be written.
        """
        if not isinstance(change, Change):
            raise TypeError(f"a change must be one of a console, not {change!r}")
        return await self._ask(
            lambda batch: self._accounts.change(account, change, self._clock(), batch)
        )

    # -- what comes of deliveries -------------------------------------------------------------

    def highest(self, meeting: str) -> int:
        """Return the highest number of an order that a recorder can have applied."""
        live = self._live.get(meeting)
        return live.highest if live is not None else MOST_ORDERS

    async def taken(self, meeting: str, order: Order | None, status: Status) -> bool:
        """Note what a recorder is doing, and that it has taken an order, if it was sent one."""

        def apply(live: LiveMeeting, batch: Batch) -> bool:
            if order is not None and order in live.pending:
                live.pending = tuple(each for each in live.pending if each != order)
                batch.done(live, order)
            return not live.pending and self._agree(live, status, batch, asked=order is None)

        return await self._note(meeting, apply)

    async def missed(self, meeting: str, status: Status) -> bool:
        """Note that orders before those that are pending never reached the recorder."""

        def apply(live: LiveMeeting, batch: Batch) -> bool:
            self._void(live, batch)
            return self._agree(live, status, batch, asked=False)

        return await self._note(meeting, apply)

    async def gave_up(self, meeting: str, order: Order, why: str) -> None:
        """Note that the recorder does not take an order: the machine hears that it failed (D11)."""

        def apply(live: LiveMeeting, batch: Batch) -> bool:
            if order in live.pending:
                self._fail(live, why, batch)
            return False

        await self._note(meeting, apply)

    def _agree(self, live: LiveMeeting, status: Status, batch: Batch, *, asked: bool) -> bool:
        """Have the recorder told what it should be doing, if it says it does something else.

        Args:
            live: the meeting, none of whose orders are pending.
            status: what its recorder says it is doing.
            asked: it was asked, and does not only say that it did what it was told.
            batch: where it is to be written.

        Returns:
            Whether that has been in vain too often. A recorder that answers, but goes on with
            what it was told to stop, is told for ever; the journal must not be filled with that.
        """
        commands = corrections(live, status)
        if not commands:
            live.corrections = 0
            if live.meeting.ended and asked:
                self._close_meeting(live, batch)
            elif live.meeting.ended:
                # Nobody would ever ask again.
                batch.when_written(partial(self._delivery.check, live.id))
            return False
        live.corrections += 1
        in_vain = live.corrections > self._limits.corrections
        if in_vain and live.wanted.kind is not None:
            self._fail(live, "the recorder does not do what it is told", batch)
            return False
        since: int | None = status.number
        for command in commands:
            batch.ordered(live, live.order(command, again=True, since=since))
            since = None
        return in_vain

    def _fail(self, live: LiveMeeting, why: str, batch: Batch) -> None:
        if live.wanted.kind is None:
            return
        # First what may fail, so that nothing is half done.
        event = RecorderFailed(why[:MOST_DETAIL])
        text = written(event)
        self._void(live, batch)
        live.corrections = 0
        self._take(live, event, text, None, batch)

    def _void(self, live: LiveMeeting, batch: Batch) -> None:
        for order in live.pending:
            batch.void(live, order)
        live.pending = ()

    async def _note(self, meeting: str, apply: Callable[[LiveMeeting, Batch], bool]) -> bool:
        def applied(batch: Batch) -> bool:
            live = self._live.get(meeting)
            pending: tuple[Order, ...] = ()
            in_vain = False
            if live is not None and not live.closed:
                batch.if_not_written(partial(self._forget, meeting))
                in_vain = apply(live, batch)
                pending = live.pending
            batch.when_written(partial(self._delivery.pending, meeting, pending))
            return in_vain

        while True:
            try:
                return await self._committer.submit(Request(applied, meeting), internal=True)
            except JournalError:
                await asyncio.sleep(self._retry.longest)

    # -- all of it together -------------------------------------------------------------------

    def _ask(
        self,
        apply: Callable[[Batch], T],
        meeting: str | None = None,
        *,
        repeatable: bool = False,
    ) -> asyncio.Future[T]:
        if self._running.done():
            raise ClosedError
        if meeting is not None and (type(meeting) is not str or meeting not in self._live):
            check_known(meeting)
        return self._committer.submit(Request(apply, meeting, repeatable=repeatable))

    async def _read(self, call: Callable[..., T], *given: Any) -> T:
        if self._closing:
            raise ClosedError
        return await self._in(self._readers, call, *given)

    def _is_full(self, meeting: Meeting) -> bool:
        return len(meeting.present) >= self._limits.participants

    def _take(
        self,
        live: LiveMeeting,
        event: Event,
        text: str,
        id: str | None,  # noqa: A002
        batch: Batch,
    ) -> Entry:
        entry, orders = live.take(event, id, self._clock())
        if entry.seq is None:
            return entry
        batch.if_not_written(partial(self._forget, live.id))
        batch.took(live, entry, text)
        for order in orders:
            batch.ordered(live, order)
        if orders:
            batch.when_written(partial(self._delivery.pending, live.id, live.pending, new=True))
        if live.id in self._watchers:
            batch.when_written(partial(self._wake, live.id))
        if live.meeting.ended and not live.pending:
            if live.ordered or self._delivery.is_busy(live.id):
                # What it said when it was last asked need not be so any more.
                batch.when_written(partial(self._delivery.check, live.id))
            else:
                self._close_meeting(live, batch)
        return entry

    def _close_meeting(self, live: LiveMeeting, batch: Batch) -> None:
        live.closed = True
        batch.closed(live, self._clock())
        batch.when_written(partial(self._forget, live.id))

    def _wake(self, meeting: str) -> None:
        for woken in self._watchers.get(meeting, ()):
            woken.set()

    def _find(self, meeting: str) -> LiveMeeting | None:
        return self._live.get(meeting) or self._closed.get(meeting)

    def _get(self, meeting: str) -> LiveMeeting:
        live = self._find(meeting)
        if live is None:
            raise UnknownMeetingError(meeting)
        return live

    def _forget(self, meeting: str) -> None:
        # It is brought back from the journal when it is next asked for.
        self._live.pop(meeting, None)


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


def _brings_in(meeting: Meeting, event: Event) -> bool:
    return type(event) is Join and not meeting.ended and event.id not in meeting.present
