"""The interface of a runtime: what a service needs of the meetings that it serves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

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
from fsm.recording.vocabulary import MeetingType
from fsm.runtime.entries import JournalEntry
from fsm.runtime.journal_reader import Summary
from fsm.runtime.limits import DEFAULT, Default
from fsm.runtime.past import MeetingOverview, Past
from fsm.runtime.snapshot import Health, Snapshot
from fsm.runtime.watchers import Watcher


class MeetingRuntime(Protocol):
    """Many meetings, each with its journal, its timers and its recorder.

    :class:`~fsm.runtime.Hub` keeps them in one process and one file, and
    :class:`~fsm.runtime.restate.RestateRuntime` in a cluster. The methods are described at the hub,
    and raise the same errors.
    """

    async def until_broken(self) -> str:
        """Waits until the runtime breaks down by an error in it, and returns the reason."""
        ...

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
        """Opens a meeting: resolves its plan, and freezes it (D8)."""
        ...

    async def dispatch(self, meeting: str, event: Event, id: str | None = None) -> JournalEntry:  # noqa: A002
        """Sends an event to a meeting, and returns the journal entry with the answer."""
        ...

    async def dispatch_many(
        self, events: Iterable[tuple[str, Event, str | None]]
    ) -> list[JournalEntry | Exception]:
        """Sends many events to any meetings, and returns an entry or an error for each."""
        ...

    async def read(self, meeting: str) -> Snapshot:
        """Returns a snapshot of a meeting."""
        ...

    async def allowed(self, meeting: str, participant: str) -> dict[str, Permission]:
        """Returns a permission for each command of a participant."""
        ...

    async def why(self, meeting: str, event: Event) -> EventExplanation:
        """Explains what an event would do now, without sending it."""
        ...

    async def resolution(self, meeting: str) -> Resolution:
        """Returns the resolution of a meeting's plan."""
        ...

    async def history(self, meeting: str, after: int = 0, limit: int = 1000) -> list[JournalEntry]:
        """Returns the journal entries of a meeting, in order."""
        ...

    def watch(self, meeting: str, after: int = 0) -> AsyncIterator[JournalEntry]:
        """Yields the journal entries of a meeting as they come, until its end."""
        ...

    def watcher(
        self, meeting: str, after: int = 0, idle: float | None = None
    ) -> AbstractContextManager[Watcher]:
        """Watches a meeting for the length of a block."""
        ...

    async def meetings(self, after: str = "", limit: int = 1000) -> list[Summary]:
        """Returns the meetings in the order of their ids, closed ones included."""
        ...

    async def search(
        self, text: str = "", after: str = "", limit: int = 50
    ) -> tuple[list[MeetingOverview], str | None]:
        """Returns meetings whose ids contain a text, and the start of the next page."""
        ...

    async def past(self, meeting: str, after: int, upto: int) -> Past:
        """Returns a part of a meeting's past, as it was recorded."""
        ...

    async def reconcile(self, meeting: str | None = None) -> int:
        """Starts to check the recorder's status for meetings; returns their number."""
        ...

    @property
    def health(self) -> Health:
        """The health of the runtime."""
        ...

    async def put_account(self, id: str, account: Account) -> Account:  # noqa: A002
        """Adds an account."""
        ...

    async def account(self, id: str) -> Account:  # noqa: A002
        """Returns an account."""
        ...

    async def change(self, account: str, change: Change) -> Changed:
        """Changes the console of an account, if the actor of the change may (R4)."""
        ...
