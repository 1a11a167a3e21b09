"""The rooms of meetings: their numbers and secrets, and what is recorded in them.

All of it is derived from one key and the meeting's id, so there is nothing to store, and a room
that a restart of Janus has removed is created again as it was.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fsm.integrations.janus.admin_api import (
    NO_SUCH_PARTICIPANT,
    NO_SUCH_ROOM,
    ROOM_EXISTS,
    AdminApi,
    RoomInfo,
)
from fsm.integrations.janus.errors import JanusError

ROOM_KEY_BYTES: Final = 32
"""The least number of bytes of a key."""
NOWHERE: Final = "/dev/null/not-recording"
"""The folder of a room that does not record: no file can be created in it.

In Janus 1.1 a publisher's ``joinandconfigure`` can ask for a recording even where ``lock_record``
is set, which covers ``configure`` alone. Without a folder that request records nothing.
"""
_MARKER: Final = "\0marker"
_MARKED: Final = "fsm: all rooms are there"


@contextmanager
def _accepted(*codes: int) -> Iterator[None]:
    try:
        yield
    except JanusError as error:
        if error.code not in codes:
            raise


class Rooms:
    """The rooms of one Janus.

    Args:
        api: the Admin API of that Janus.
        key: the key that numbers and secrets of rooms are derived from.
        publishers: the maximum number of participants of a room that send media.

    Raises:
        ValueError: the key is too short.
    """

    def __init__(self, api: AdminApi, key: bytes, publishers: int = 100) -> None:
        if len(key) < ROOM_KEY_BYTES:
            raise ValueError(f"the key of rooms must have at least {ROOM_KEY_BYTES} bytes")
        self.api = api
        self._key = key
        self._publishers = publishers
        self._lock = asyncio.Lock()
        self._begun = 0
        self._listing: Mapping[int, RoomInfo] | JanusError = {}

    def _derived(self, purpose: str, subject: str | int) -> bytes:
        return hmac.digest(self._key, f"{purpose}\0{subject}".encode(), hashlib.sha256)

    def number(self, meeting: str) -> int:
        """Returns the number of a meeting's room, which JavaScript reads exactly."""
        return 1 + (int.from_bytes(self._derived("room", meeting)[:8]) >> 12)

    def pin(self, meeting: str) -> str:
        """Returns the PIN of a meeting's room, which clients join with."""
        return self._derived("pin", self.number(meeting)).hex()[:32]

    def _secret(self, number: int) -> str:
        return self._derived("secret", number).hex()

    def _description(self, number: int) -> str:
        return f"fsm {self._derived('description', number).hex()[:16]}"

    # -- existence --------------------------------------------------------------------------------

    async def ensure(self, meeting: str) -> None:
        """Creates a meeting's room, unless it exists.

        Raises:
            JanusError: Janus cannot be reached.
        """
        await self._ensure(self.number(meeting), pin=self.pin(meeting))

    async def _ensure(self, number: int, **settings: str) -> None:
        with _accepted(ROOM_EXISTS):
            await self.api.videoroom(
                "create",
                room=number,
                secret=self._secret(number),
                description=self._description(number),
                is_private=True,
                publishers=self._publishers,
                lock_record=True,
                record=False,
                rec_dir=NOWHERE,
                **settings,
            )

    async def prepare_mark(self) -> None:
        """Creates the marker, unless it exists; it does not count until :meth:`mark`.

        The marker is a room without participants. It lasts until Janus restarts.

        Raises:
            JanusError: Janus cannot be reached.
        """
        number = self.number(_MARKER)
        await self._ensure(number, pin=self._secret(number))

    async def mark(self) -> None:
        """Lets the marker count: all rooms are there.

        Raises:
            JanusError: Janus cannot be reached, or has restarted since the marker was prepared.
        """
        number = self.number(_MARKER)
        await self.api.videoroom(
            "edit", room=number, secret=self._secret(number), new_description=_MARKED
        )

    async def destroy(self, number: int) -> None:
        """Destroys a room, unless there is none; its participants are removed, its files closed.

        Raises:
            JanusError: Janus cannot be reached.
        """
        with _accepted(NO_SUCH_ROOM):
            await self.api.videoroom("destroy", room=number, secret=self._secret(number))

    async def kick(self, number: int, feed: int) -> None:
        """Removes a participant from a room, unless it has left.

        Raises:
            JanusError: Janus cannot be reached.
        """
        with _accepted(NO_SUCH_ROOM, NO_SUCH_PARTICIPANT):
            await self.api.videoroom("kick", room=number, id=feed, secret=self._secret(number))

    # -- listing ----------------------------------------------------------------------------------

    async def listing(self) -> Mapping[int, RoomInfo]:
        """Returns all rooms of Janus as they are after the call.

        Callers that wait at the same time share one request.

        Raises:
            JanusError: Janus cannot be reached.
        """
        begun = self._begun
        async with self._lock:
            if self._begun == begun:
                self._begun += 1
                self._listing = JanusError("the request was interrupted")
                try:
                    self._listing = await self.api.rooms()
                except JanusError as error:
                    self._listing = error
            if isinstance(self._listing, JanusError):
                raise self._listing
            return self._listing

    def is_marked(self, listing: Mapping[int, RoomInfo]) -> bool:
        """Returns whether the marker counts: Janus has not restarted since all rooms were there."""
        marker = listing.get(self.number(_MARKER))
        return marker is not None and marker.description == _MARKED

    def own(self, listing: Mapping[int, RoomInfo]) -> set[int]:
        """Returns the numbers of the rooms in a listing that belong to meetings."""
        return {
            number
            for number, room in listing.items()
            if room.description == self._description(number) and number != self.number(_MARKER)
        }

    async def records(self, meeting: str) -> bool:
        """Returns whether a meeting's room records, into a folder.

        Raises:
            JanusError: Janus cannot be reached.
        """
        room = (await self.listing()).get(self.number(meeting))
        return room is not None and room.records and room.folder != NOWHERE

    async def has_publishers(self, meeting: str) -> bool:
        """Returns whether somebody sends media into a meeting's room.

        Raises:
            JanusError: Janus cannot be reached.
        """
        with _accepted(NO_SUCH_ROOM):
            return any((await self.api.feeds(self.number(meeting))).values())
        return False

    # -- recording --------------------------------------------------------------------------------

    async def record(self, meeting: str, folder: Path) -> None:
        """Records all participants of a meeting's room, those who join later included.

        Args:
            meeting: the meeting's id.
            folder: the folder of the files. Janus creates it.

        Raises:
            JanusError: Janus cannot be reached, or refuses.
        """
        number = self.number(meeting)
        await self.ensure(meeting)
        await self._stop(number)
        # A publisher that asked for its recording at its join counts as recorded already, and would
        # be left out. Switching on and off without a folder makes all alike.
        await self._enable(number, record=True)
        await self._enable(number, record=False)
        await self._edit(number, str(folder))
        await self._enable(number, record=True)

    async def stop_recording(self, meeting: str) -> None:
        """Ends the recording in a meeting's room; when it returns, the files are complete.

        Raises:
            JanusError: Janus cannot be reached, or refuses.
        """
        with _accepted(NO_SUCH_ROOM):
            await self._stop(self.number(meeting))

    async def _stop(self, number: int) -> None:
        # First no new file, then the end of the open ones.
        await self._edit(number, NOWHERE)
        await self._enable(number, record=False)

    async def _edit(self, number: int, folder: str) -> None:
        await self.api.videoroom(
            "edit", room=number, secret=self._secret(number), new_rec_dir=folder
        )

    async def _enable(self, number: int, *, record: bool) -> None:
        await self.api.videoroom(
            "enable_recording", room=number, secret=self._secret(number), record=record
        )
