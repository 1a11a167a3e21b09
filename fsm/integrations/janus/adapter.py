"""The adapter: the meetings of a hub, held in the VideoRoom of a Janus."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Self

from fsm.integrations.janus.admin_api import HandleScan
from fsm.integrations.janus.errors import JanusError, JoinTokenError
from fsm.integrations.janus.events import (
    HandleGone,
    JanusEvent,
    Joined,
    SessionGone,
    Started,
)
from fsm.integrations.janus.presence import Presence, RoomEvent, RoomParticipant
from fsm.integrations.janus.rooms import Rooms
from fsm.integrations.janus.roster import Roster
from fsm.integrations.janus.store import RecordingStore
from fsm.runtime import ClosedError, Hub, HubError, Snapshot

_LOGGER = logging.getLogger(__name__)
_RETRY: Final = 0.5
"""Seconds until a comparison or a reading is tried again that failed."""
_PAGE: Final = 1_000


class JanusAdapter:
    """Keeps the meetings of a hub and the rooms of a Janus in step.

    It is an asynchronous context manager.

    Args:
        hub: the open hub. All participants of its meetings are in rooms of this Janus.
        rooms: the rooms.
        roster: the roster, which knows the roles and platforms of participants.
        store: the store, which notes who has which id in a room.
        compare_every: the seconds in which each meeting is compared with its room once.
        max_events: the maximum number of events that wait.
    """

    def __init__(
        self,
        hub: Hub,
        rooms: Rooms,
        roster: Roster,
        store: RecordingStore,
        *,
        compare_every: float = 10.0,
        max_events: int = 10_000,
    ) -> None:
        self._hub = hub
        self._rooms = rooms
        self._roster = roster
        self._store = store
        self._compare_every = compare_every
        self._max_events = max_events
        self._waiting = 0
        self._meetings: dict[int, Presence] = {}
        self._sessions: dict[int, set[int]] = {}
        """The numbers of the rooms in which a session has, or had, participants."""
        self._compare_now = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # -- opening and closing ----------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Takes up the open meetings of the hub, and begins to compare them with their rooms."""
        after = ""
        while summaries := await self._hub.meetings(after, _PAGE):
            for summary in summaries:
                if summary.closed_at is None and not (await self._hub.read(summary.id)).ended:
                    self._take_up(summary.id)
            after = summaries[-1].id
        self._compare_now.set()
        self._run(self._compare_regularly())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Ends all tasks. Rooms and their recordings go on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- meetings ---------------------------------------------------------------------------------

    async def open(self, meeting: str, *args: Any, **settings: Any) -> Snapshot:
        """Opens a meeting as :meth:`fsm.runtime.Hub.open` does, and creates its room.

        Args:
            meeting: the meeting's id.
            *args: further arguments of the hub's method.
            **settings: its keyword arguments.

        Raises:
            HubError: the meeting could not be opened.
            JanusError: Janus cannot be reached. The room is created as soon as it can.
        """
        snapshot = await self._hub.open(meeting, *args, **settings)
        await self._take_up(meeting).create_room()
        return snapshot

    def _take_up(self, meeting: str) -> Presence:
        number = self._rooms.number(meeting)
        if number not in self._meetings:
            self._meetings[number] = Presence(
                self._hub, self._rooms, self._roster, self._store, meeting
            )
            self._run(self._hold(self._meetings[number]))
        return self._meetings[number]

    async def _hold(self, presence: Presence) -> None:
        """Handles the events of a meeting until it is over, then destroys its room."""
        handling = asyncio.create_task(self._handle_events(presence))
        try:
            if not await self._ended(presence.meeting):
                return
        finally:
            handling.cancel()
            self._waiting -= presence.events.qsize()
        self._meetings.pop(presence.number, None)
        try:
            await self._rooms.destroy(presence.number)
        except JanusError as error:
            # Rooms of no meeting are destroyed by the next comparison.
            _LOGGER.warning("meeting %s: its room remains: %s", presence.meeting, error)

    async def _ended(self, meeting: str) -> bool:
        """Waits until a meeting is over; returns false if the hub has closed before."""
        while True:
            try:
                snapshot = await self._hub.read(meeting)
                if snapshot.ended:
                    return True
                async for _ in self._hub.watch(meeting, snapshot.seq):
                    pass
            except ClosedError:
                return False
            except HubError as error:
                _LOGGER.warning("meeting %s cannot be watched: %s", meeting, error)
                await asyncio.sleep(_RETRY)

    def participant(self, meeting: str, credential: str, feed: int) -> RoomParticipant:
        """Returns the participant whose client shows its credential.

        An application asks for it before it sends a client's command to the hub.

        Args:
            meeting: the meeting's id.
            credential: the credential that the client joined with.
            feed: the id of the client in the room.

        Raises:
            JoinTokenError: nobody in the meeting has this id and this credential.
        """
        self._roster.entry(meeting, credential, expired=True)
        presence = self._meetings.get(self._rooms.number(meeting))
        known = presence.participant(feed) if presence is not None else None
        if known is None or known.opaque != credential:
            raise JoinTokenError("this client is not in the meeting")
        return known

    async def local_failed(self, meeting: str, participant: str, detail: str | None = None) -> None:
        """Reports that a client could not record locally (D11).

        Args:
            meeting: the meeting's id.
            participant: the id of the participant, whose word counts for its own recording alone.
            detail: a message for people.

        Raises:
            HubError: the meeting could not be told.
        """
        await self._hub.fail_local_recording(meeting, participant, detail)

    # -- events -----------------------------------------------------------------------------------

    def submit(self, events: list[JanusEvent]) -> bool:
        """Takes events of Janus; returns whether there was room for all of them.

        What is lost is found by the next comparison, which then comes at once.
        """
        for event in events:
            if isinstance(event, Started):
                self._compare_now.set()
                continue
            for presence in self._concerned(event):
                if self._waiting >= self._max_events:
                    self._compare_now.set()
                    return False
                self._waiting += 1
                presence.events.put_nowait(event)
        return True

    def _concerned(self, event: RoomEvent) -> list[Presence]:
        """Returns the meetings that an event concerns."""
        if isinstance(event, SessionGone | HandleGone):
            rooms = self._sessions.get(event.session, set())
            if isinstance(event, SessionGone):
                self._sessions.pop(event.session, None)
        else:
            rooms = {event.room}
            if isinstance(event, Joined) and event.room in self._meetings:
                self._sessions.setdefault(event.session, set()).add(event.room)
        return [self._meetings[room] for room in rooms if room in self._meetings]

    async def _handle_events(self, presence: Presence) -> None:
        while True:
            event = await presence.events.get()
            self._waiting -= 1
            try:
                await presence.handle(event)
            except (HubError, JanusError) as error:
                _LOGGER.warning("meeting %s: an event was not handled: %s", presence.meeting, error)
                self._compare_now.set()

    # -- comparison -------------------------------------------------------------------------------

    async def compare(self) -> None:
        """Compares all meetings with their rooms, and corrects what differs.

        Raises:
            JanusError: Janus cannot be reached.
        """
        listing = await self._rooms.listing()
        marked = self._rooms.is_marked(listing)
        if not marked:
            await self._rooms.prepare_mark()
        for orphan in self._rooms.own(listing) - self._meetings.keys():
            await self._rooms.destroy(orphan)
        scan, complete = HandleScan(self._rooms.api), True
        for presence in list(self._meetings.values()):
            try:
                await presence.compare(scan)
            except (HubError, JanusError) as error:
                if isinstance(error, JanusError) and error.code is None:
                    raise  # Janus cannot be reached, for any meeting
                _LOGGER.warning("meeting %s was not compared: %s", presence.meeting, error)
                complete = False
        # A room that is not there yet must not count as destroyed.
        if complete and not marked:
            await self._rooms.mark()
        self._sessions = {}
        for presence in self._meetings.values():
            for session in presence.sessions:
                self._sessions.setdefault(session, set()).add(presence.number)

    async def _compare_regularly(self) -> None:
        reachable = True
        while True:
            try:
                async with asyncio.timeout(self._compare_every if reachable else _RETRY):
                    await self._compare_now.wait()
            except TimeoutError:
                pass
            self._compare_now.clear()
            try:
                await self.compare()
                reachable = True
            except JanusError as error:
                if reachable:
                    _LOGGER.warning("meetings cannot be compared with their rooms: %s", error)
                reachable = False
