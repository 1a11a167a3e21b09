"""A recorder on the VideoRoom: it switches the recording of rooms on and off.

Janus keeps neither a sequence nor a difference between paused and stopped. The adapter keeps both
in a file of its own, and compares them with what the room says.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from fsm.integrations.janus.errors import JanusError
from fsm.integrations.janus.local import LocalClients
from fsm.integrations.janus.rooms import Rooms
from fsm.integrations.janus.store import EndReason, RecordingStore, Segment
from fsm.recording import PauseRecorder
from fsm.runtime import (
    GapError,
    OutboxMessage,
    RecorderError,
    RecorderStatus,
    disposition,
    status_after,
)

_CLOUD: Final = "cloud"


class JanusRecorder:
    """The recorder of the meetings of one Janus (:class:`fsm.runtime.Recorder`).

    Args:
        rooms: the rooms.
        store: the store of sequences and segments.
        recordings: the folder of the files, on the machine of Janus, which creates folders in it.
        local: the way to the clients that record locally.
        check_files: whether the folder is looked into, to notice that Janus cannot write files. It
            must be the same on this machine.
    """

    def __init__(
        self,
        rooms: Rooms,
        store: RecordingStore,
        recordings: Path,
        local: LocalClients,
        *,
        check_files: bool = True,
    ) -> None:
        self._rooms = rooms
        self._store = store
        self._recordings = recordings
        self._local = local
        self._check_files = check_files
        # A lock lives as long as a call holds it or waits for it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def status(self, meeting: str) -> RecorderStatus:
        """Returns the status of a meeting: as it is stored, corrected by what its room says.

        Raises:
            RecorderError: Janus cannot be reached.
        """
        with _as_recorder_error():
            async with self._alone(meeting):
                return await self._status(meeting, await self._store.status(meeting))

    async def _status(self, meeting: str, stored: RecorderStatus) -> RecorderStatus:
        records = await self._rooms.records(meeting)
        if records and _records(stored):
            segments = await self._store.segments(meeting)
            if segments and await self._has_no_files(meeting, segments[-1]):
                return RecorderStatus(stored.sequence)
            return stored
        if records:
            # Somebody with the room's secret has switched it on, or the service was killed between
            # the room and the store.
            return RecorderStatus(stored.sequence, _CLOUD)
        # A recording is lost with its room. A paused one has nothing to lose: its files are there.
        return RecorderStatus(stored.sequence) if _records(stored) else stored

    async def start(self, message: OutboxMessage) -> RecorderStatus:
        """Applies a message: a command for the room, or for a client that records locally.

        Raises:
            RecorderError: Janus or the client cannot be reached.
            GapError: earlier messages are missing.
        """
        with _as_recorder_error():
            async with self._alone(message.meeting):
                return await self._applied(message)

    pause = resume = stop = start

    async def _applied(self, message: OutboxMessage) -> RecorderStatus:
        meeting = message.meeting
        stored = await self._store.status(meeting)
        decision = disposition(message, stored.sequence)
        actual = await self._status(meeting, stored)
        if decision == "gap":
            raise GapError(actual)
        if decision == "duplicate":
            return actual
        # What is paused cannot be lost, even if it no longer ran.
        pauses = isinstance(message.command, PauseRecorder) and stored.kind is not None
        after = status_after(message, stored if pauses else actual)
        await self._tell_client(message, actual, after)
        ended: EndReason | None = None
        if not _records(after):
            # Even if the room should not be recording: asking once more costs little.
            await self._rooms.stop_recording(meeting)
            ended = "paused" if isinstance(message.command, PauseRecorder) else "stopped"
            if _records(stored) and not _records(actual):
                ended = "interrupted"
        elif not _records(actual):
            base = self._recordings / f"room-{self._rooms.number(meeting)}"
            # Stored first: if the service is killed now, the files are listed all the same.
            segment = await self._store.begin(meeting, message.recording, base)
            await self._rooms.record(meeting, segment.folder)
            if await self._has_no_files(meeting, segment):
                await self._rooms.stop_recording(meeting)
                raise RecorderError(f"Janus creates no files in {segment.folder}")
        await self._store.set(meeting, after, ended)
        return after

    async def _has_no_files(self, meeting: str, segment: Segment) -> bool:
        """Returns whether a room records nothing, although someone publishes in it.

        Janus confirms a recording even if it cannot create the files. It creates them before it
        shows the publisher.
        """
        if not self._check_files or not await self._rooms.has_publishers(meeting):
            return False
        return not await asyncio.to_thread(lambda: any(segment.folder.glob("*.mjr")))

    async def _tell_client(
        self, message: OutboxMessage, actual: RecorderStatus, after: RecorderStatus
    ) -> None:
        client = actual.client if actual.kind == "local" else after.client
        if client is not None and (actual.kind, actual.client, actual.paused) != (
            after.kind, after.client, after.paused,
        ):  # fmt: skip
            await self._local.tell(message.meeting, client, message.command)

    @asynccontextmanager
    async def _alone(self, meeting: str) -> AsyncIterator[None]:
        """Carries out the calls for one meeting one after another."""
        lock = self._locks.setdefault(meeting, asyncio.Lock())
        async with lock:
            yield


def _records(status: RecorderStatus) -> bool:
    """Returns whether the room of a meeting with this status records."""
    return status.kind == _CLOUD and not status.paused


@contextmanager
def _as_recorder_error() -> Iterator[None]:
    """Raises an error of Janus as one of the recorder, so that the delivery is retried."""
    try:
        yield
    except JanusError as error:
        raise RecorderError(str(error)) from error
