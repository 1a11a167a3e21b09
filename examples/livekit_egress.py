"""A recorder that has LiveKit Egress record; ``livekit.py`` runs it.

Egress starts and stops, and has no pause: a pause ends the file, and a resume begins the next. So
nothing is recorded during a pause, and a recording with a pause is two files.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import defaultdict
from typing import Any

import attrs
import httpx
import jwt

from fsm.runtime import GapError, OutboxMessage, RecorderError, RecorderStatus
from fsm.runtime.limits import quote_segment
from fsm.runtime.recorder import disposition, status_after

_NO_LONGER = (404, 412)  # unknown by now, or ended: nothing is left to stop


class EgressRecorder:
    """The port :class:`fsm.runtime.Recorder`, implemented with LiveKit's Egress API.

    The status and the egress of each meeting are kept in a file, which the service's protocol
    asks for. Local recordings are made by their client: only their status is kept. If the answer
    to a start is lost, the start is repeated, and the first egress ends with its room.

    Args:
        livekit: a client whose base URL is that of the LiveKit server.
        key: the API key.
        secret: its secret.
        file: the SQLite file; it is created if it does not exist.
    """

    def __init__(self, livekit: httpx.AsyncClient, key: str, secret: str, file: str) -> None:
        self._livekit, self._key, self._secret = livekit, key, secret
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS recordings "
            "(meeting TEXT PRIMARY KEY, sequence, kind, client, paused, egress)"
        )
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def egress(self, meeting: str) -> str | None:
        """Returns the id of the egress that records a meeting; ``None`` if none is to."""
        egress: str | None = self._row(meeting)[-1]
        return egress

    async def status(self, meeting: str) -> RecorderStatus:
        """Returns the status for a meeting."""
        sequence, kind, client, paused, _ = self._row(meeting)
        return RecorderStatus(sequence, kind, client, bool(paused))

    def _row(self, meeting: str) -> tuple[Any, ...]:
        query = "SELECT sequence, kind, client, paused, egress FROM recordings WHERE meeting = ?"
        return self._db.execute(query, [meeting]).fetchone() or (0, None, None, False, None)

    async def _apply(self, message: OutboxMessage) -> RecorderStatus:
        async with self._locks[message.meeting]:
            status, egress = await self.status(message.meeting), self.egress(message.meeting)
            decision = disposition(message, status.sequence)
            if decision == "gap":
                raise GapError(status)
            if decision == "apply":
                status = status_after(message, status)
                to_record = status.kind == "cloud" and not status.paused
                if to_record and egress is None:
                    egress = await self._start(message)
                elif egress is not None and not to_record:
                    await self._call("StopEgress", {"egress_id": egress}, _NO_LONGER)
                    egress = None
                row = (message.meeting, *attrs.astuple(status), egress)
                self._db.execute("INSERT OR REPLACE INTO recordings VALUES (?, ?, ?, ?, ?, ?)", row)
            return status

    start = pause = resume = stop = _apply

    async def _start(self, message: OutboxMessage) -> str:
        # The meeting's id is the name of the room and its sid (livekit.py). Where the file goes,
        # such as to a bucket, stands in the configuration of Egress.
        room = message.meeting.rpartition(".")[0]
        name = f"{quote_segment(message.meeting)}-{message.recording}-{message.sequence}.mp4"
        request = {"room_name": room, "file_outputs": [{"filepath": name}]}
        answer = await self._call("StartRoomCompositeEgress", request)
        return str(answer.json()["egress_id"])

    async def _call(
        self, method: str, request: dict[str, Any], accepted: tuple[int, ...] = ()
    ) -> httpx.Response:
        now = int(time.time())
        claims = {"iss": self._key, "nbf": now, "exp": now + 60, "video": {"roomRecord": True}}
        token = jwt.encode(claims, self._secret, algorithm="HS256")
        try:
            answer = await self._livekit.post(
                f"/twirp/livekit.Egress/{method}", json=request,
                headers={"Authorization": f"Bearer {token}"},
            )  # fmt: skip
        except httpx.HTTPError as error:
            raise RecorderError(f"LiveKit: {error or type(error).__name__}") from None
        if not (answer.is_success or answer.status_code in accepted):
            raise RecorderError(f"LiveKit answered {method} with {answer.status_code}")
        return answer
