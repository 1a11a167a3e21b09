"""The recorder's file: the last sequence, the status and the segments of each meeting."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

import apsw
import attrs

from fsm.integrations.janus.errors import RecordingStoreError
from fsm.runtime import RecorderStatus
from fsm.runtime.worker import Worker

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS recorders (
    meeting TEXT PRIMARY KEY, sequence INTEGER NOT NULL, kind TEXT, client TEXT,
    paused INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segments (
    meeting TEXT NOT NULL, recording INTEGER NOT NULL, number INTEGER NOT NULL,
    folder TEXT NOT NULL, began REAL NOT NULL, ended REAL, reason TEXT,
    PRIMARY KEY (meeting, recording, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS participants (
    meeting TEXT NOT NULL, feed INTEGER NOT NULL, since REAL NOT NULL, participant TEXT NOT NULL,
    PRIMARY KEY (meeting, feed, since)
) STRICT, WITHOUT ROWID;
"""
EndReason = Literal["paused", "stopped", "interrupted"]


@attrs.frozen
class Segment:
    """A part of a recording without a pause: the files of one folder.

    Args:
        recording: the recording of the meeting, counted from 1.
        number: the segment of the meeting's recording, counted from 1.
        folder: the folder of its files.
        began: the time when it was begun, in seconds since 1970.
        ended: the time when Janus confirmed its end; ``None`` while it runs.
        reason: ``paused``, ``stopped``, or ``interrupted`` if it ended by itself, such as with
            Janus; its files then end earlier.
    """

    recording: int
    number: int
    folder: Path
    began: float
    ended: float | None
    reason: EndReason | None


@attrs.frozen
class FeedOwner:
    """The participant who had an id in a room since a time.

    Args:
        feed: the id in the room.
        since: the time when the participant was admitted, in seconds since 1970.
        participant: the id of the participant in the meeting.
    """

    feed: int
    since: float
    participant: str


class RecordingStore:
    """A small SQLite file. Each method returns when its effects are on the disk.

    The methods raise a :class:`RecordingStoreError` if the file cannot be read or written.

    Args:
        file: the file, which is created if it is missing.
        clock: returns the time in seconds since 1970.

    Raises:
        apsw.Error: the file cannot be used.
    """

    def __init__(self, file: str | Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._connection = apsw.Connection(str(file))
        self._connection.set_busy_timeout(5_000)
        self._connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        self._connection.execute(_SCHEMA)
        self._worker = Worker("recordings")

    def close(self) -> None:
        """Waits for all calls, and closes the file."""
        self._worker.close()
        self._connection.close()

    async def _rows(self, *statements: tuple[str, tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        def transaction() -> list[tuple[Any, ...]]:
            rows: list[tuple[Any, ...]] = []
            with self._connection:
                for text, values in statements:
                    rows = self._connection.execute(text, values).fetchall()
            return rows

        try:
            return await self._worker.do(transaction)
        except apsw.Error as error:
            raise RecordingStoreError(error) from error

    async def status(self, meeting: str) -> RecorderStatus:
        """Returns the status that was set last; the default one for an unknown meeting."""
        rows = await self._rows(
            ("SELECT sequence, kind, client, paused FROM recorders WHERE meeting = ?", (meeting,))
        )
        if not rows:
            return RecorderStatus()
        [(sequence, kind, client, paused)] = rows
        return RecorderStatus(sequence, kind, client, bool(paused))

    async def begin(self, meeting: str, recording: int, base: Path) -> Segment:
        """Begins a segment, and ends an open one as interrupted.

        Args:
            meeting: the meeting's id.
            recording: the recording of the meeting, counted from 1.
            base: the folder of the meeting, in which the segment gets a folder of its own.
        """
        rows = await self._rows(
            (
                "SELECT coalesce(max(number), 0) FROM segments WHERE meeting = ? AND recording = ?",
                (meeting, recording),
            )
        )
        number = 1 + rows[0][0]
        folder = base / f"recording-{recording}" / f"segment-{number}"
        now = self._clock()
        await self._rows(
            _end(meeting, now, "interrupted"),
            (
                "INSERT INTO segments VALUES (?, ?, ?, ?, ?, NULL, NULL)",
                (meeting, recording, number, str(folder), now),
            ),
        )
        return Segment(recording, number, folder, now, None, None)

    async def set(
        self, meeting: str, status: RecorderStatus, ended: EndReason | None = None
    ) -> None:
        """Sets the status of a meeting.

        Args:
            meeting: the meeting's id.
            status: the status.
            ended: the reason for which an open segment has ended; ``None`` if it goes on.
        """
        row = (meeting, status.sequence, status.kind, status.client, int(status.paused))
        statements: list[tuple[str, tuple[Any, ...]]] = [
            ("INSERT OR REPLACE INTO recorders VALUES (?, ?, ?, ?, ?)", row)
        ]
        if ended is not None:
            statements.append(_end(meeting, self._clock(), ended))
        await self._rows(*statements)

    async def segments(self, meeting: str) -> list[Segment]:
        """Returns the segments of all recordings of a meeting, in order."""
        query = (
            "SELECT recording, number, folder, began, ended, reason FROM segments "
            "WHERE meeting = ? ORDER BY recording, number"
        )
        rows = await self._rows((query, (meeting,)))
        return [Segment(row[0], row[1], Path(row[2]), *row[3:]) for row in rows]

    async def admitted(self, meeting: str, feed: int, participant: str) -> None:
        """Notes the participant who has an id in the room from now on."""
        await self._rows(
            (
                "INSERT OR REPLACE INTO participants VALUES (?, ?, ?, ?)",
                (meeting, feed, self._clock(), participant),
            )
        )

    async def owners(self, meeting: str) -> list[FeedOwner]:
        """Returns the participants of a meeting by their ids in the room, in order of time."""
        query = "SELECT feed, since, participant FROM participants WHERE meeting = ? ORDER BY since"
        return [FeedOwner(*row) for row in await self._rows((query, (meeting,)))]


def _end(meeting: str, at: float, reason: EndReason) -> tuple[str, tuple[Any, ...]]:
    return (
        "UPDATE segments SET ended = ?, reason = ? WHERE meeting = ? AND ended IS NULL",
        (at, reason, meeting),
    )
