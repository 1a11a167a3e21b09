"""The hub: the public interface to many meetings in one journal."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
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
    EventExplanation,
    Permission,
    Resolution,
)
from fsm.recording.timers import BEGINNING_ANEW
from fsm.recording.vocabulary import MeetingType
from fsm.runtime.accounts import Accounts
from fsm.runtime.batch import Batch
from fsm.runtime.committer import Committer
from fsm.runtime.delivery import Delivery
from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import ClosedError, UnknownMeetingError
from fsm.runtime.journal import Journal
from fsm.runtime.journal_reader import Summary
from fsm.runtime.journal_threads import JournalThreads, completed
from fsm.runtime.limits import (
    DEFAULT,
    Default,
    HubLimits,
    TimerDefaults,
    check_id,
    check_possible_meeting,
    encode_event,
    plain_id,
)
from fsm.runtime.meeting_timers import MeetingTimers
from fsm.runtime.meetings import Meetings
from fsm.runtime.past import MeetingOverview, Past, read_past, search_meetings
from fsm.runtime.process import collection_paused
from fsm.runtime.reconcile import Reconciler
from fsm.runtime.recorder import NullRecorder, Recorder, RetryPolicy, check_recorder
from fsm.runtime.requests import Request, RequestQueue, send_all
from fsm.runtime.snapshot import Health, Snapshot
from fsm.runtime.timer_firings import TimerFirings
from fsm.runtime.watchers import MAX_AT_ONCE, Watcher
from fsm.runtime.worker import Worker

T = TypeVar("T")
_LOGGER = logging.getLogger(__name__)


def _now() -> int:
    return time.time_ns() // 1_000_000


class Hub:
    """Many meetings in one journal, used as an asynchronous context manager.

    A method returns only after its effects are on the disk. Operations on meetings and accounts,
    reading with :meth:`read` included, are carried out in the order of the calls, even if a caller
    is cancelled meanwhile. :meth:`history` and :meth:`meetings` read what was committed last.

    Args:
        journal: the journal's file, or a function that opens a journal.
        recorder: the recorder; without one nothing is recorded.
        recorder_name: the recorder's name, such as its URL. It is kept in the journal, so that
            another recorder, or none, is noticed while this one may still be recording.
        replaces_recorder: whether it takes over the recordings of a recorder with another name.
        clock: returns the time in milliseconds since 1970, UTC.
        limits: the limits on meetings, participants and waiting requests.
        retry: the retry policy for the recorder.
        defaults: the seconds of timers for meetings that are opened without their own.
        reconcile_every: the seconds in which the recorder of every meeting is asked for its status
            once, to notice a recording that ended by itself; ``None`` to ask only at the start and
            on request. Where there are more than 100 meetings a second it takes longer.

    Raises:
        TypeError: the recorder does not have the methods of a recorder.
        ValueError: the interval is not a positive number.

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

    # Tests replace both: with one that carries out calls in the event loop, and one that loses and
    # doubles alarms.
    _worker: Callable[[str], Worker] = Worker
    _timer_firings: Callable[..., TimerFirings] = TimerFirings

    def __init__(
        self,
        journal: str | Path | Callable[[], Journal],
        recorder: Recorder | None = None,
        *,
        recorder_name: str | None = None,
        replaces_recorder: bool = False,
        clock: Callable[[], int] = _now,
        limits: HubLimits | None = None,
        retry: RetryPolicy | None = None,
        defaults: TimerDefaults | None = None,
        reconcile_every: float | None = 60.0,
    ) -> None:
        if reconcile_every is not None and not 0 < reconcile_every < math.inf:
            raise ValueError(f"the interval must be a positive number, not {reconcile_every!r}")
        self._open_journal = (
            partial(Journal, journal, lock=True) if isinstance(journal, str | Path) else journal
        )
        if recorder is None:
            self._recorder: Recorder = NullRecorder(
                lambda meeting: self._meetings.expected_status(meeting)
            )
            self._recorder_name = None
        else:
            self._recorder = recorder
            self._recorder_name = recorder_name or "unnamed"
        self._replaces_recorder = replaces_recorder
        check_recorder(self._recorder)
        self._clock = clock
        self._limits = limits or HubLimits()
        self._retry = retry or RetryPolicy()
        self._defaults = defaults or TimerDefaults()
        self._reconcile_every = reconcile_every
        self._stage: Literal["new", "opening", "open", "closed"] = "new"
        self._starts = 0
        # Placeholders: opening the hub replaces both.
        timers = MeetingTimers(clock, time.monotonic)
        self._meetings = Meetings((), 1, timers, self._limits, self._defaults)
        self._accounts = Accounts({})

    # -- opening and closing --------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Opens the journal, loads the open meetings, and resumes deliveries to the recorder.

        Raises:
            RuntimeError: the hub was opened before.
            JournalFileError: the file cannot be used as a journal.
            OtherRecorderError: another recorder may still be recording for open meetings.
            JournalError: the journal cannot be read.
        """
        if self._stage != "new":
            raise RuntimeError("a hub is opened only once (create another one)")
        self._stage = "opening"
        self._loop = asyncio.get_running_loop()
        with collection_paused():
            await self._start()
        self._stage = "open"
        return self

    async def _start(self) -> None:
        self._threads = JournalThreads(self._open_journal, self._worker)
        self._meetings, self._accounts = await self._threads.open(self._load)
        self._requests = RequestQueue(self._limits.waiting)
        self._reconciler = Reconciler(
            self._meetings,
            self._requests,
            max_corrections=self._limits.corrections,
            retry_interval=min(1.0, self._retry.max_interval),
        )
        self._delivery = Delivery(self._recorder, self._reconciler, self._retry)
        self._firings = self._timer_firings(
            self._meetings, self._requests, self._threads, self._starts
        )
        self._committer = Committer(
            self._requests,
            self._threads,
            self._meetings,
            self._accounts,
            self._delivery,
            self._firings.alarms,
        )
        self._committing = asyncio.create_task(self._committer.run())
        for live in self._meetings.live.values():
            if live.pending:
                live.acknowledged = True
                self._delivery.set_pending(live.id, live.pending, again=True)
        if due := self._firings.start():
            await asyncio.wait(due)
        # Only now: what a timer ends must not begin, though its start is still to be delivered.
        self._delivery.begin()
        self._delivery.check_all(self._meetings.to_check())
        self._checking = asyncio.create_task(self._check_regularly())
        self._firings.forget_starts_later()

    async def _check_regularly(self) -> None:
        if self._reconcile_every is not None:
            await self._delivery.check_regularly(self._meetings.to_check, self._reconcile_every)

    def _load(self, journal: Journal) -> tuple[Meetings, Accounts]:
        meetings = Meetings(
            journal.load_open(),
            journal.next_key(),
            MeetingTimers(self._clock, self._loop.time),
            self._limits,
            self._defaults,
            delivers=self._recorder_name is not None,
        )
        journal.use_recorder(
            self._recorder_name, meetings.with_commands, replaces=self._replaces_recorder
        )
        if any(live.due.keys() & BEGINNING_ANEW for live in meetings.live.values()):
            self._starts = journal.count_start()
        return meetings, Accounts(journal.accounts())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Answers the requests that wait, stops delivery, and closes the journal.

        If the caller is cancelled, closing completes first; then the cancellation is raised. The
        error of a hub that broke down is raised, unless the block has raised another one.

        Raises:
            RuntimeError: the recorder closes its own hub, or another event loop closes it.
        """
        if self._stage in ("new", "opening"):
            return
        self._check_loop()
        if self._delivery.is_current:
            raise RuntimeError("a recorder cannot close its own hub (closing waits for it)")
        if self._stage == "open":
            self._stage = "closed"
            self._firings.close()
            self._requests.close()
            self._closing = asyncio.create_task(self._close())
        await completed(self._closing)
        if error is None and not self._committing.cancelled():
            self._committing.result()

    async def _close(self) -> None:
        try:
            self._checking.cancel()
            await asyncio.wait([self._committing, self._checking])
            await self._delivery.close()
        finally:
            await self._threads.close()

    async def until_broken(self) -> str:
        """Waits until the hub breaks down by an error in it, and returns the reason.

        It then refuses all requests: end the process, and start another one.

        Raises:
            ClosedError: the hub was not opened.
        """
        self._check_opened()
        await asyncio.wait([self._committing])
        return self._breakdown

    @property
    def _breakdown(self) -> str:
        cancelled = self._committing.cancelled()
        error = asyncio.CancelledError() if cancelled else self._committing.exception()
        return f"the hub broke down: {error!r}"

    # -- meetings -------------------------------------------------------------------------------

    async def open(
        self,
        id: str,  # noqa: A002
        account: Account | str,
        user: Choice | None = None,
        booking: Choice | None = None,
        type: MeetingType = "scheduled",  # noqa: A002
        grace: int | None = None,
        end_when_empty: int | Default | None = DEFAULT,
    ) -> Snapshot:
        """Opens a meeting: resolves its plan, and freezes it (D8).

        Opening it again with the same arguments changes nothing, even if the account with this id
        or the defaults of the hub have changed since. A meeting that is over is not opened again:
        its id is used up until it is pruned from the journal (D17).

        Args:
            id: the meeting's id, never used before for another meeting.
            account: the organiser's account, or the id of an account of this hub.
            user: the organiser's own setting, if one is stored.
            booking: the choice made when this meeting was booked, if it was.
            type: the meeting's type.
            grace: the seconds for which a cloud recording goes on after a leave that would stop it
                (D14); ``None`` for the default of the hub.
            end_when_empty: the seconds after which the empty meeting ends, ``None`` for never
                (D15); ``DEFAULT`` for the default of the hub.

        Raises:
            ConflictError: the id is that of a meeting with other settings, or of one that is over.
            UnknownAccountError: the hub has no such account.
            BusyError: too many meetings are open, or too many requests wait.
            ValueError, TypeError: a setting or the id is not valid.
            JournalError: the meeting could not be written.
        """
        check_id("a meeting's id", id)
        id = plain_id(id)  # noqa: A001
        if isinstance(account, str):
            account = plain_id(account)

        return await self._submit(
            self._open, id, account, user, booking, type, grace, end_when_empty, meeting=id
        )

    def _open(
        self,
        batch: Batch,
        id: str,  # noqa: A002
        account: Account | str,
        *settings: Any,
    ) -> Snapshot:
        if not isinstance(account, str):
            return self._meetings.open(batch, id, account, *settings)
        known = self._accounts.get(account)
        return self._meetings.open(batch, id, known, *settings, account_id=account)

    async def dispatch(self, meeting: str, event: Event, id: str | None = None) -> JournalEntry:  # noqa: A002
        """Sends an event to a meeting, and returns the journal entry with the answer.

        An event that the rules refuse has an entry as well: its outcome gives the reason. Of the
        events after the end of the meeting, only those with an id are kept; the entries of the
        others have no number.

        Args:
            meeting: the meeting's id.
            event: the event.
            id: the sender's id of the event. If it is sent again with the same id, it gets the
                same answer and changes nothing.

        Raises:
            UnknownMeetingError: there is no such meeting.
            ConflictError: the id was used before, for another event.
            BusyError: too many participants are in the meeting, or too many requests wait.
            ValueError, TypeError: the id or the event cannot be written to a journal.
            JournalError: the event could not be written; send it again with the same id.
        """
        return await self._submit_event(meeting, event, id)

    def _submit_event(
        self,
        meeting: str,
        event: Event,
        id: str | None,  # noqa: A002
    ) -> asyncio.Future[JournalEntry]:
        if id is not None:
            check_id("an event's id", id)
            id = plain_id(id)  # noqa: A001
        text = encode_event(event)

        return self._submit(
            self._meetings.dispatch,
            meeting, event, text, id,
            meeting=meeting, needs_ids=id is not None,
        )  # fmt: skip

    async def dispatch_many(
        self, events: Iterable[tuple[str, Event, str | None]]
    ) -> list[JournalEntry | Exception]:
        """Sends many events to any meetings, and returns an entry or an error for each.

        It costs less than as many calls of :meth:`dispatch` by as many callers. The events of a
        meeting are handled in their order. An event that has an error keeps no other from being
        handled, not even a later one of its meeting.

        Args:
            events: for each event the id of its meeting, the event, and the sender's id of it.

        Returns:
            For each event what :meth:`dispatch` returns or raises.

        Raises:
            ClosedError: the hub is not open.
        """
        self._check_open()
        return await send_all(self._submit_event, events)

    async def fail_local_recording(
        self, meeting: str, client: str, detail: str | None = None
    ) -> JournalEntry | None:
        """Reports that a client cannot record locally (D11), and returns the entry.

        The report is late if another recording has begun meanwhile: it changes nothing then.

        Args:
            meeting: the meeting's id.
            client: the id of the participant.
            detail: a message for people.

        Returns:
            The entry; ``None`` if the client does not record.

        Raises:
            UnknownMeetingError: there is no such meeting.
            BusyError: too many requests wait.
            ValueError, TypeError: the detail cannot be written to a journal.
            JournalError: the report could not be written.
        """
        return await self._submit(
            self._meetings.fail_local_recording, meeting, client, detail, meeting=meeting
        )

    async def read(self, meeting: str) -> Snapshot:
        """Returns a snapshot of a meeting.

        Raises:
            UnknownMeetingError: there is no such meeting.
            BusyError: too many requests wait.
            JournalError: the journal cannot be read.
        """
        return await self._submit(self._meetings.snapshot, meeting, meeting=meeting)

    async def allowed(self, meeting: str, participant: str) -> dict[str, Permission]:
        """Returns a permission for each command of a participant, with the reason of a refusal.

        Raises:
            UnknownMeetingError: there is no such meeting.
            BusyError: too many requests wait.
            JournalError: the journal cannot be read.
        """
        return await self._submit(self._meetings.allowed, meeting, participant, meeting=meeting)

    async def why(self, meeting: str, event: Event) -> EventExplanation:
        """Explains what an event would do now, without sending it: nothing is changed or written.

        Args:
            meeting: the meeting's id.
            event: the event.

        Raises:
            UnknownMeetingError: there is no such meeting.
            BusyError: too many requests wait.
            ValueError, TypeError: the event could not be written to a journal.
            JournalError: the journal cannot be read.
        """
        encode_event(event)
        return await self._submit(self._meetings.why, meeting, event, meeting=meeting)

    async def resolution(self, meeting: str) -> Resolution:
        """Returns the resolution of a meeting's plan: its settings, and their reasons.

        Raises:
            UnknownMeetingError: there is no such meeting.
            BusyError: too many requests wait.
            JournalError: the journal cannot be read.
        """
        return await self._submit(self._meetings.resolution, meeting, meeting=meeting)

    async def history(self, meeting: str, after: int = 0, limit: int = 1000) -> list[JournalEntry]:
        """Returns the journal entries of a meeting, in order.

        Args:
            meeting: the meeting's id.
            after: only entries with a higher number are returned.
            limit: the largest number of entries.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: the journal cannot be read.
        """
        check_possible_meeting(meeting)
        entries = await self._read_journal(lambda reader: reader.history(meeting, after, limit))
        if entries is None:
            raise UnknownMeetingError(meeting)
        return entries

    async def watch(self, meeting: str, after: int = 0) -> AsyncIterator[JournalEntry]:
        """Yields the journal entries of a meeting as they come, until its end or the hub closes.

        Entries of events after the end of the meeting are left out.

        Args:
            meeting: the meeting's id.
            after: only entries with a higher number are returned.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: the journal cannot be read.
            ClosedError: the hub was not opened.
        """
        with self.watcher(meeting, after) as watcher:
            async for entries in watcher:
                for entry in entries:
                    yield entry

    @contextmanager
    def watcher(self, meeting: str, after: int = 0, idle: float | None = None) -> Iterator[Watcher]:
        """Watches a meeting for the length of a block.

        The watcher yields the entries of :meth:`watch`, and raises its errors, but yields lists
        of all entries that are there.

        Args:
            meeting: the meeting's id.
            after: only entries with a higher number are returned.
            idle: the seconds without an entry after which an empty list is yielded.
        """
        self._check_opened()
        check_possible_meeting(meeting)

        async def read(after: int) -> tuple[bool, list[JournalEntry]]:
            over = (await self.read(meeting)).ended
            return over, await self.history(meeting, after, MAX_AT_ONCE)

        with self._meetings.feeds.watch(meeting, after, idle, read) as watcher:
            yield watcher

    async def meetings(self, after: str = "", limit: int = 1000) -> list[Summary]:
        """Returns the meetings of the journal in the order of their ids, closed ones included.

        Args:
            after: only meetings with a higher id are returned.
            limit: the largest number of meetings.

        Raises:
            JournalError: the journal cannot be read.
        """
        return await self._read_journal(lambda reader: reader.meetings(after, limit))

    async def search(
        self, text: str = "", after: str = "", limit: int = 50
    ) -> tuple[list[MeetingOverview], str | None]:
        """Returns meetings whose ids contain a text; see :func:`fsm.runtime.past.search_meetings`.

        Raises:
            JournalError: the journal cannot be read.
        """
        return await self._read_journal(lambda reader: search_meetings(reader, text, after, limit))

    async def past(self, meeting: str, after: int, upto: int) -> Past:
        """Returns a part of a meeting's past, as it was recorded.

        Args:
            meeting: the meeting's id.
            after: the number of the entry before the part.
            upto: the number of its last entry.

        Raises:
            UnknownMeetingError: there is no such meeting.
            JournalError: the journal cannot be read.
        """
        check_possible_meeting(meeting)
        past = await self._read_journal(lambda reader: read_past(reader, meeting, after, upto))
        if past is None:
            raise UnknownMeetingError(meeting)
        return past

    async def reconcile(self, meeting: str | None = None) -> int:
        """Starts to check the recorder's status for meetings, and to correct what differs.

        It does not wait for the answers. Closed meetings are left out. All meetings are checked
        once more if it is called while some still wait for their check.

        Args:
            meeting: the id of a meeting; ``None`` for all that are open.

        Returns:
            The number of meetings to check.

        Raises:
            UnknownMeetingError: there is no such meeting.
            BusyError: too many requests wait.
            JournalError: the journal cannot be read.
        """
        if meeting is not None:
            return await self._submit(self._meetings.check, meeting, meeting=meeting)
        count = await self._submit(lambda _: len(self._meetings.live))
        self._delivery.check_all_in_turn(self._meetings.live)
        return count

    @property
    def health(self) -> Health:
        """The health of the hub.

        Raises:
            ClosedError: the hub was not opened.
        """
        self._check_opened()
        why: object = self._committer.failure
        if self._stage == "closed":
            why = "the hub is closed"
        elif self._committing.done():
            why = self._breakdown
        return Health(
            why is None,
            None if why is None else str(why),
            len(self._meetings.live),
            len(self._requests),
            self._delivery.active,
            len(self._firings.alarms),
            self._meetings.timers.fired,
            self._meetings.timers.lateness,
            self._meetings.timers.refused,
        )

    # -- accounts -------------------------------------------------------------------------------

    async def put_account(self, id: str, account: Account) -> Account:  # noqa: A002
        """Adds an account. Only :meth:`change` changes an account that is there already.

        Raises:
            ConflictError: the id is that of an account with other settings.
            ValueError, TypeError: the id or the account is not valid.
            JournalError: the account could not be written.
        """
        check_id("an account's id", id)
        if not isinstance(account, Account):
            raise TypeError(f"an account must be an Account, not {account!r}")
        return await self._submit(self._accounts.put, plain_id(id), account)

    async def account(self, id: str) -> Account:  # noqa: A002
        """Returns an account.

        Raises:
            UnknownAccountError: the hub has no such account.
            BusyError: too many requests wait.
        """
        return await self._submit(lambda _: self._accounts.get(id))

    async def change(self, account: str, change: Change) -> Changed:
        """Changes the console of an account, if the actor of the change may (R4).

        Raises:
            UnknownAccountError: the hub has no such account.
            BusyError: too many requests wait.
            ValueError, TypeError: the change is not valid.
            JournalError: the change could not be written.
        """
        if not isinstance(change, Change):
            raise TypeError(f"a change must be a change of a console, not {change!r}")
        return await self._submit(self._accounts.change, account, change, self._clock())

    # -- requests and reading -------------------------------------------------------------------

    def _submit(
        self,
        apply: Callable[..., T],
        *args: Any,
        meeting: str | None = None,
        needs_ids: bool = False,
    ) -> asyncio.Future[T]:
        """Queues an operation, and returns the future of its answer.

        From here on: the committer takes the request with those that came meanwhile, calls
        ``apply(batch, *args)``, commits the batch, starts deliveries to the recorder, and answers
        (:meth:`fsm.runtime.committer.Committer.run`).
        """
        self._check_open()
        if meeting is not None and (type(meeting) is not str or meeting not in self._meetings.live):
            check_possible_meeting(meeting)
        return self._requests.submit(Request(apply, *args, meeting=meeting, needs_ids=needs_ids))

    async def _read_journal(self, read: Callable[[Journal], T]) -> T:
        self._check_open()
        return await self._threads.read(read)

    def _check_open(self) -> None:
        if self._stage != "open":
            raise self._not_open
        self._check_loop()

    def _check_loop(self) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError(
                "the hub belongs to another event loop, the one in which it was opened "
                "(use asyncio.run_coroutine_threadsafe)"
            )

    def _check_opened(self) -> None:
        if self._stage in ("new", "opening"):
            raise self._not_open

    @property
    def _not_open(self) -> ClosedError:
        if self._stage == "closed":
            return ClosedError()
        return ClosedError("the hub is not open (async with Hub(...) as hub:)")
