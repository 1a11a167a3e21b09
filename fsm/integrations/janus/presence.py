"""The participants in the room of a meeting, reported as ``join``, ``leave`` and ``end``.

There are two sources: the events of Janus, at once, and the list of the room's participants, from
time to time and after trouble. What the list says otherwise goes to the meeting as ordinary events,
so duplicated, late, missing and reordered events of Janus do no lasting harm.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import Final, assert_never

import attrs

from fsm.integrations.janus.admin_api import NO_SUCH_ROOM, HandleInfo, HandleScan
from fsm.integrations.janus.errors import JanusError, JoinTokenError, RecordingStoreError
from fsm.integrations.janus.events import (
    HandleGone,
    Joined,
    Left,
    Published,
    RoomDestroyed,
    SessionGone,
)
from fsm.integrations.janus.rooms import Rooms
from fsm.integrations.janus.roster import Roster, RosterEntry
from fsm.integrations.janus.store import RecordingStore
from fsm.recording import End, Join, Leave
from fsm.runtime import Hub

_LOGGER = logging.getLogger(__name__)
_MAX_DEPARTURES: Final = 1_000
"""The number of departures of a meeting that are remembered to recognise late joins."""


@attrs.frozen
class RoomParticipant:
    """A participant in a room: one handle (D9).

    Args:
        participant: the id of the participant in the meeting.
        feed: the id of the participant in the room.
        session: the id of the session.
        handle: the id of the handle.
        private: the private id of the participant.
        opaque: the credential that the client attached with.
        joined: the time of the join by Janus' clock, in microseconds since 1970; 0 if unknown.
    """

    participant: str
    feed: int
    session: int
    handle: int
    private: int
    opaque: str | None
    joined: int = 0


def participant_id(person: RosterEntry, joined: Joined | HandleInfo) -> str:
    """Returns the id of a participant for one join of one handle.

    It follows from the join alone. So a join that is learned of twice has one id, and a client that
    comes back has a new one.
    """
    parts = f"{joined.session}/{joined.handle}/{joined.private}"
    return f"{person.participant}-{hashlib.sha256(parts.encode()).hexdigest()[:12]}"


RoomEvent = Joined | Left | Published | HandleGone | SessionGone | RoomDestroyed


class Presence:
    """The participants in the room of one meeting, with the events that wait to be handled.

    Args:
        hub: the hub.
        rooms: the rooms.
        roster: the roster.
        store: the store that notes who has which id in the room.
        meeting: the meeting's id.
    """

    def __init__(
        self, hub: Hub, rooms: Rooms, roster: Roster, store: RecordingStore, meeting: str
    ) -> None:
        self._hub = hub
        self._rooms = rooms
        self._roster = roster
        self._store = store
        self.meeting = meeting
        self.number = rooms.number(meeting)
        self._participants: dict[int, RoomParticipant] = {}
        self._departures: dict[int, int] = {}
        self.events: asyncio.Queue[RoomEvent] = asyncio.Queue()
        # While the list is compared, no event changes what it is compared with.
        self._lock = asyncio.Lock()
        self._room_seen = False

    @property
    def sessions(self) -> set[int]:
        """The sessions of the participants."""
        return {each.session for each in self._participants.values()}

    def participant(self, feed: int) -> RoomParticipant | None:
        """Returns the participant with an id in the room; ``None`` if there is none."""
        return self._participants.get(feed)

    async def create_room(self) -> None:
        """Creates the room, unless it exists.

        Raises:
            JanusError: Janus cannot be reached.
        """
        await self._rooms.ensure(self.meeting)
        self._room_seen = True

    # -- events of Janus --------------------------------------------------------------------------

    async def handle(self, event: RoomEvent) -> None:
        """Handles an event of this room, or of a session with participants in it.

        Raises:
            HubError: the meeting could not be told.
            JanusError: a client could not be removed.
        """
        async with self._lock:
            match event:
                case Joined():
                    await self._joined(event)
                case Left():
                    await self._left(event.feed, event.at)
                case HandleGone() | SessionGone():
                    for each in list(self._participants.values()):
                        if _is_of(each, event):
                            await self._left(each.feed, event.at)
                case Published():
                    # Janus creates the files of a participant who publishes, or fails to.
                    await self._hub.reconcile(self.meeting)
                case RoomDestroyed():
                    # The server ended the meeting (D10).
                    await self._hub.dispatch(self.meeting, End())
                case _:
                    assert_never(event)

    async def _joined(self, joined: Joined) -> None:
        if self._departures.get(joined.feed, -1) >= joined.at:
            return  # it has left since
        known = self._participants.get(joined.feed)
        if known is not None and known.private == joined.private:
            return
        if known is not None:
            # The id is used again, so its earlier owner has left, and that event is missing.
            await self._leave(known)
        self._room_seen = True
        await self._admit(joined, joined.at, frozenset())

    async def _left(self, feed: int, at: int) -> None:
        known = self._participants.get(feed)
        if known is not None and known.joined > at:
            return  # an earlier owner of the id has left
        self._departures.pop(feed, None)
        self._departures[feed] = at
        if len(self._departures) > _MAX_DEPARTURES:
            del self._departures[next(iter(self._departures))]
        if known is not None:
            await self._leave(known)

    # -- comparison with the room -----------------------------------------------------------------

    async def compare(self, scan: HandleScan) -> None:
        """Compares the meeting with the participants of its room, and reports the differences.

        A room that is missing was destroyed, and the meeting ends; unless Janus has restarted since
        all rooms were there. Then it is created again, and everyone has left.

        Args:
            scan: the handles of Janus, for participants whose joins were never heard of.

        Raises:
            JanusError: Janus cannot be reached.
            HubError: the meeting could not be told.
        """
        async with self._lock:
            present = (await self._hub.read(self.meeting)).present
            try:
                feeds = (await self._rooms.api.feeds(self.number)).keys()
            except JanusError as error:
                if error.code != NO_SUCH_ROOM:
                    raise
                # The marker is looked for after the room: it may be Janus that has just restarted.
                existed = self._room_seen or bool(present)
                if existed and self._rooms.is_marked(await self._rooms.listing()):
                    await self._hub.dispatch(self.meeting, End())
                    return
                await self.create_room()
                feeds = dict[int, bool]().keys()
            self._room_seen = True
            for known in list(self._participants.values()):
                if known.feed not in feeds:
                    await self._leave(known)
            unknown = feeds - self._participants.keys()
            for info in await scan.of(self.number, unknown) if unknown else ():
                await self._admit(info, 0, frozenset(present))
            here = {each.participant for each in self._participants.values()}
            for missing in present.keys() - here:
                await self._hub.dispatch(self.meeting, Leave(missing))

    async def _admit(self, joined: Joined | HandleInfo, at: int, present: frozenset[str]) -> None:
        try:
            person = self._roster.entry(self.meeting, joined.opaque, expired=True)
            participant = participant_id(person, joined)
            if participant not in present:
                person = self._roster.entry(self.meeting, joined.opaque)
        except JoinTokenError as error:
            _LOGGER.warning("meeting %s: a client is removed: %s", self.meeting, error)
            await self._rooms.kick(self.number, joined.feed)
            return
        if participant not in present:
            join = Join(participant, person.role, person.platform, person.version)
            # A join that is posted twice counts once, even if its leave came between. One that is
            # found in the room counts in any case.
            event_id = f"janus/join/{participant}" if isinstance(joined, Joined) else None
            entry = await self._hub.dispatch(self.meeting, join, event_id)
            if entry.outcome.refused == "meeting_ended":
                return
        try:
            await self._store.admitted(self.meeting, joined.feed, participant)
        except RecordingStoreError as error:
            # Only the names of the participant's files are lost.
            _LOGGER.warning("meeting %s: %s", self.meeting, error)
        self._participants[joined.feed] = RoomParticipant(
            participant,
            joined.feed,
            joined.session,
            joined.handle,
            joined.private,
            joined.opaque,
            at,
        )

    async def _leave(self, known: RoomParticipant) -> None:
        await self._hub.dispatch(self.meeting, Leave(known.participant))
        del self._participants[known.feed]


def _is_of(participant: RoomParticipant, event: HandleGone | SessionGone) -> bool:
    """Returns whether a participant is gone with a session or a handle."""
    if participant.session != event.session:
        return False
    return isinstance(event, SessionGone) or participant.handle == event.handle
