"""The runtime of a service whose meetings are kept by a cluster."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Self, TypeVar

import attrs

from fsm.recording import (
    Account,
    Change,
    Changed,
    Choice,
    Event,
    EventExplanation,
    Permission,
    Resolution,
    explain_event,
)
from fsm.recording.vocabulary import MeetingType
from fsm.runtime import codec
from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import ClosedError, HubError, UnknownAccountError
from fsm.runtime.journal_reader import RecordedAnswer, Summary
from fsm.runtime.limits import (
    DEFAULT,
    Default,
    HubLimits,
    check_id,
    check_possible_meeting,
    encode_event,
    plain_id,
)
from fsm.runtime.live import LiveMeeting
from fsm.runtime.operations import resolution_of
from fsm.runtime.past import MeetingOverview, Past, past_from
from fsm.runtime.requests import send_all
from fsm.runtime.restate import lists
from fsm.runtime.restate.calls import (
    ACCOUNT,
    MEETING,
    AccountAnswer,
    ChangeAnswer,
    ChangeCall,
    HistoryAnswer,
    HistoryCall,
    OpenCall,
    PutAccountCall,
    ReadAccountCall,
    ReadCall,
    ReconcileCall,
    StateAnswer,
)
from fsm.runtime.restate.cluster import Cluster
from fsm.runtime.restate.health import HealthCheck
from fsm.runtime.restate.outgoing import Outgoing
from fsm.runtime.restate.polling import HistoryPart, Poller
from fsm.runtime.restate.settings import system_clock
from fsm.runtime.restate.state import StoredEntry, live_meeting, raw, text
from fsm.runtime.rules_version import RulesVersion
from fsm.runtime.snapshot import Health, Snapshot, snapshot_of
from fsm.runtime.watchers import MAX_AT_ONCE, Feeds, Watcher

_LOGGER = logging.getLogger(__name__)
R = TypeVar("R")
_PAGE: Final = 1000
_MAX_SENDS: Final = 32
"""The number of meetings that are told at once to check their recorders."""


class RestateRuntime:
    """Meetings in a Restate cluster, used as an asynchronous context manager.

    It has the interface of a :class:`~fsm.runtime.Hub`: any number of processes may serve the same
    meetings. The handlers of the meetings run at an endpoint, which must be registered.

    Args:
        cluster: the cluster; its connections are closed with the runtime.
        limits: the limits, of which that of waiting requests is one of this process.
        clock: returns the time in milliseconds since 1970, UTC. Events have it with them.
    """

    def __init__(
        self,
        cluster: Cluster,
        limits: HubLimits | None = None,
        clock: Callable[[], int] = system_clock,
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._outgoing = Outgoing(cluster, (limits or HubLimits()).waiting, self._wake, clock)
        self._feeds = Feeds()
        self._pollers: dict[str, Poller] = {}
        self._health = HealthCheck(cluster)
        self._background: set[asyncio.Task[Any]] = set()
        self._is_open = False

    async def __aenter__(self) -> Self:
        """Checks that the cluster takes calls.

        Raises:
            ClusterError: it does not.
        """
        await self._cluster.__aenter__()
        try:
            await self._cluster.check()
        except BaseException:
            await self._cluster.__aexit__()
            raise
        self._is_open = True
        self._start(self._health.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Waits for the answers to the events under way, and closes the connections."""
        self._is_open = False
        await self._outgoing.close()
        for poller in self._pollers.values():
            poller.stop()
        self._feeds.end()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._cluster.__aexit__()

    async def until_broken(self) -> str:
        """Waits for ever: a process that serves a cluster has nothing of its own that may break."""
        await asyncio.Event().wait()
        raise AssertionError("nothing sets the event")

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
        """Opens a meeting; see :meth:`fsm.runtime.Hub.open`."""
        check_id("a meeting's id", id)
        id = plain_id(id)  # noqa: A001
        account_id = None
        if isinstance(account, str):
            account_id = plain_id(account)
            account = await self.account(account_id)
        seconds = None if isinstance(end_when_empty, Default) else end_when_empty or 0
        call = OpenCall(self._clock(), account, account_id, user, booking, type, grace, seconds)
        answer = await self._call(MEETING, id, "open", call, StateAnswer)
        return _snapshot(id, answer)

    async def dispatch(self, meeting: str, event: Event, id: str | None = None) -> JournalEntry:  # noqa: A002
        """Sends an event to a meeting; see :meth:`fsm.runtime.Hub.dispatch`."""
        return await self._send(meeting, event, id)

    def _send(
        self,
        meeting: str,
        event: Event,
        id: str | None,  # noqa: A002
    ) -> asyncio.Future[JournalEntry]:
        if id is not None:
            check_id("an event's id", id)
            id = plain_id(id)  # noqa: A001
        text = encode_event(event)
        check_possible_meeting(meeting)
        return self._outgoing.send(plain_id(meeting), event, text, id)

    async def dispatch_many(
        self, events: Iterable[tuple[str, Event, str | None]]
    ) -> list[JournalEntry | Exception]:
        """Sends many events to any meetings; see :meth:`fsm.runtime.Hub.dispatch_many`.

        The events of a meeting need one call together.
        """
        self._check_open()
        return await send_all(self._send, events)

    async def read(self, meeting: str) -> Snapshot:
        """Returns a snapshot of a meeting."""
        return _snapshot(meeting, await self._state(meeting, None))

    async def allowed(self, meeting: str, participant: str) -> dict[str, Permission]:
        """Returns a permission for each command of a participant."""
        return (await self._live(meeting, participant)).meeting.allowed(participant)

    async def why(self, meeting: str, event: Event) -> EventExplanation:
        """Explains what an event would do now, without sending it."""
        encode_event(event)
        # Of all participants: the explanation has the values that guards read.
        live = _live(meeting, await self._state(meeting, None))
        return explain_event(live.meeting, event)

    async def resolution(self, meeting: str) -> Resolution:
        """Returns the resolution of a meeting's plan."""
        return resolution_of(await self._live(meeting, ""))

    async def history(self, meeting: str, after: int = 0, limit: int = 1000) -> list[JournalEntry]:
        """Returns the journal entries of a meeting, in order."""
        entries, _, _ = await self._page(meeting, after, limit)
        return entries

    async def past(self, meeting: str, after: int, upto: int) -> Past:
        """Returns a part of a meeting's past; see :meth:`fsm.runtime.Hub.past`."""
        live = await self._live(meeting, "")
        rows: list[StoredEntry] = []
        while len(rows) < upto:
            limit = min(_PAGE, upto - len(rows))
            page = (await self._rows(meeting, len(rows), limit)).entries
            rows += page
            if len(page) < limit:
                break
        recorded = [_recorded(meeting, row) for row in rows]
        return past_from(live.opened_at, live.settings, live.plan, recorded, after)

    async def reconcile(self, meeting: str | None = None) -> int:
        """Starts to check the recorder's status for meetings; see :meth:`Hub.reconcile`."""
        if meeting is not None:
            if (await self._live(meeting, "")).closed:
                return 0
            await self._cluster.send(MEETING, meeting, "reconcile", ReconcileCall())
            return 1
        meetings = []
        after, page = "", None
        while page is None or len(page) == _PAGE:
            page = await lists.live_values(self._cluster, after, _PAGE)
            meetings += [id_ for id_, live in page if live.closed_at is None]
            after = page[-1][0] if page else after
        self._start(self._reconcile_all(meetings))
        return len(meetings)

    async def _reconcile_all(self, meetings: list[str]) -> None:
        permits = asyncio.Semaphore(_MAX_SENDS)

        async def send(meeting: str) -> None:
            async with permits:
                try:
                    await self._cluster.send(MEETING, meeting, "reconcile", ReconcileCall())
                except HubError as error:
                    _LOGGER.warning("meeting %s is not reconciled: %s", meeting, error)

        await asyncio.gather(*map(send, meetings))

    # -- lists and watchers ---------------------------------------------------------------------

    async def meetings(self, after: str = "", limit: int = 1000) -> list[Summary]:
        """Returns the meetings in the order of their ids, closed ones included."""
        self._check_open()
        return await lists.summaries(self._cluster, after, limit)

    async def search(
        self, text: str = "", after: str = "", limit: int = 50
    ) -> tuple[list[MeetingOverview], str | None]:
        """Returns meetings whose ids contain a text, and the start of the next page."""
        self._check_open()
        return await lists.overviews(self._cluster, text, after, limit)

    async def watch(self, meeting: str, after: int = 0) -> AsyncIterator[JournalEntry]:
        """Yields the journal entries of a meeting as they come, until its end."""
        with self.watcher(meeting, after) as watcher:
            async for entries in watcher:
                for entry in entries:
                    yield entry

    @contextmanager
    def watcher(self, meeting: str, after: int = 0, idle: float | None = None) -> Iterator[Watcher]:
        """Watches a meeting for the length of a block; see :meth:`fsm.runtime.Hub.watcher`.

        An entry that another process has answered is seen up to a second later.
        """
        self._check_open()
        check_possible_meeting(meeting)
        poller = self._pollers.get(meeting)
        if poller is None:
            poller = Poller(
                meeting, self._feeds, lambda after, limit: self._page(meeting, after, limit)
            )
            self._pollers[meeting] = poller

        async def read(after: int) -> tuple[bool, list[JournalEntry]]:
            await poller.started()
            entries, ended, _ = await self._page(meeting, after, MAX_AT_ONCE)
            return ended, entries

        poller.watchers += 1
        try:
            with self._feeds.watch(meeting, after, idle, read) as watcher:
                yield watcher
        finally:
            poller.watchers -= 1
            if not poller.watchers:
                poller.stop()
                del self._pollers[meeting]

    def _wake(self, meeting: str) -> None:
        poller = self._pollers.get(meeting)
        if poller is not None:
            poller.wake()

    # -- accounts -------------------------------------------------------------------------------

    async def put_account(self, id: str, account: Account) -> Account:  # noqa: A002
        """Adds an account; see :meth:`fsm.runtime.Hub.put_account`."""
        check_id("an account's id", id)
        if not isinstance(account, Account):
            raise TypeError(f"an account must be an Account, not {account!r}")
        answer = await self._call(
            ACCOUNT, plain_id(id), "put", PutAccountCall(account), AccountAnswer
        )
        assert answer.account is not None, "an answer without an error has the account"
        return answer.account

    async def account(self, id: str) -> Account:  # noqa: A002
        """Returns an account."""
        _check_possible_account(id)
        answer = await self._call(ACCOUNT, id, "read", ReadAccountCall(), AccountAnswer)
        assert answer.account is not None, "an answer without an error has the account"
        return answer.account

    async def change(self, account: str, change: Change) -> Changed:
        """Changes the console of an account, if the actor of the change may (R4)."""
        if not isinstance(change, Change):
            raise TypeError(f"a change must be a change of a console, not {change!r}")
        _check_possible_account(account)
        call = ChangeCall(change.trigger, raw(codec.dump(attrs.asdict(change))))
        answer = await self._call(ACCOUNT, account, "change", call, ChangeAnswer)
        assert answer.changed is not None, "an answer without an error has the change"
        return answer.changed

    # -- health ---------------------------------------------------------------------------------

    @property
    def health(self) -> Health:
        """The health of the cluster; the numbers are those of this process."""
        why = self._health.failure if self._is_open else "the runtime is closed"
        return Health(
            ok=why is None,
            why=why,
            meetings=0,
            waiting=len(self._outgoing),
            delivering=0,
            timers=0,
            fired=0,
            lateness=0,
            refused=0,
        )

    # -- calls ----------------------------------------------------------------------------------

    async def _call(
        self, service: str, key: str, handler: str, argument: Any, answer: type[R]
    ) -> R:
        self._check_open()
        return await self._cluster.call(service, key, handler, argument, answer)

    async def _state(self, meeting: str, participant: str | None) -> StateAnswer:
        check_possible_meeting(meeting)
        call = ReadCall(participant)
        return await self._call(MEETING, meeting, "read", call, StateAnswer)

    async def _live(self, meeting: str, participant: str) -> LiveMeeting:
        """Returns a meeting of which one participant is loaded, if present."""
        return _live(meeting, await self._state(meeting, participant))

    async def _rows(self, meeting: str, after: int, limit: int) -> HistoryAnswer:
        check_possible_meeting(meeting)
        call = HistoryCall(after, limit)
        return await self._call(MEETING, meeting, "history", call, HistoryAnswer)

    async def _page(self, meeting: str, after: int, limit: int) -> HistoryPart:
        answer = await self._rows(meeting, after, limit)
        return [row.entry(meeting) for row in answer.entries], answer.ended, answer.seq

    def _check_open(self) -> None:
        if not self._is_open:
            raise ClosedError("the runtime is closed, or was never opened")

    def _start(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _live(id: str, answer: StateAnswer) -> LiveMeeting:  # noqa: A002
    assert answer.live is not None, "an answer without an error has the state"
    return live_meeting(id, answer.live, answer.buckets)


def _snapshot(id: str, answer: StateAnswer) -> Snapshot:  # noqa: A002
    return snapshot_of(_live(id, answer))


def _recorded(meeting: str, row: StoredEntry) -> RecordedAnswer:
    release, _, fingerprint = row.rules.partition(" ")
    # A journal that was moved here may have answers whose rules are not recorded.
    rules = RulesVersion(release, fingerprint) if row.rules else None
    return RecordedAnswer(row.entry(meeting), text(row.answer), row.presence, rules)


def _check_possible_account(id: str) -> None:  # noqa: A002
    with suppress(ValueError, TypeError):
        check_id("an account's id", id)
        return
    raise UnknownAccountError(id)
