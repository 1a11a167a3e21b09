"""A participant of a room: aiortc with generated sound and pictures, over Janus' HTTP API."""

from __future__ import annotations

import asyncio
import math
import secrets
import struct
from contextlib import suppress
from fractions import Fraction
from typing import Any

import aioice.ice
import httpx
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame

FRAMES_A_SECOND = 15
WIDTH, HEIGHT = 160, 120


def _local_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    return _all_addresses(True, False) or ["127.0.0.1"]


# Janus listens at the same addresses: those of version 4, and the loopback if there is no other.
_all_addresses = aioice.ice.get_host_addresses
aioice.ice.get_host_addresses = _local_addresses


class Tone(AudioStreamTrack):
    """A tone of 440 Hz."""

    async def recv(self) -> AudioFrame:
        """Returns the next 20 ms of sound at their time."""
        frame = await super().recv()
        assert isinstance(frame, AudioFrame)
        begin, rate = frame.pts or 0, frame.sample_rate
        wave = (math.sin(2 * math.pi * 440 * (begin + n) / rate) for n in range(frame.samples))
        frame.planes[0].update(b"".join(struct.pack("<h", int(8_000 * each)) for each in wave))
        return frame


class Pictures(VideoStreamTrack):
    """Pictures with a bar that moves."""

    _count = 0
    _begun: float | None = None

    async def recv(self) -> VideoFrame:
        """Returns the next picture at its time."""
        clock = asyncio.get_running_loop().time
        if self._begun is None:
            self._begun = clock()
        await asyncio.sleep(self._begun + self._count / FRAMES_A_SECOND - clock())
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, grey in zip(frame.planes, (40, 128, 128), strict=True):
            line = bytearray([grey]) * plane.line_size
            if plane.width == WIDTH:
                line[self._count * 4 % WIDTH] = 235
            plane.update(bytes(line) * plane.height)
        frame.pts = self._count * 90_000 // FRAMES_A_SECOND
        frame.time_base = Fraction(1, 90_000)
        self._count += 1
        return frame


class RefusedError(Exception):
    """Janus refused a request."""


class Participant:
    """A client of Janus, with one session and one handle.

    Args:
        url: the URL of the Janus API over HTTP.
        room: the number of the room.
        pin: the PIN of the room.
        token: the join token.
        join: further fields of the join.
    """

    def __init__(self, url: str, room: int, pin: str, token: str | None, **join: Any) -> None:
        self._url = url
        self._join = {"room": room, "pin": pin, **join}
        self.token = token
        self._client = httpx.AsyncClient(timeout=40, trust_env=False)
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._peer: RTCPeerConnection | None = None
        self._polling: asyncio.Task[None] | None = None
        self._session = self._handle = 0
        self.feed = 0
        """The id of the participant in the room."""

    # -- requests ---------------------------------------------------------------------------------

    async def _post(self, path: str, **fields: Any) -> dict[str, Any]:
        body = {"transaction": secrets.token_hex(8), **fields}
        answer = (await self._client.post(self._url + path, json=body)).json()
        if answer["janus"] == "error":
            raise RefusedError(answer["error"]["reason"])
        return dict(answer)

    async def _message(self, body: dict[str, Any], jsep: Any = None) -> dict[str, Any]:
        """Sends a message to the VideoRoom, and waits for the event that answers it."""
        transaction = secrets.token_hex(8)
        answer = asyncio.get_running_loop().create_future()
        self._answers[transaction] = answer
        fields = {"janus": "message", "transaction": transaction, "body": body}
        if jsep is not None:
            fields["jsep"] = jsep
        first = await self._post(f"/{self._session}/{self._handle}", **fields)
        event = first if first["janus"] == "success" else await asyncio.wait_for(answer, 20)
        data = event["plugindata"]["data"]
        if "error" in data:
            raise RefusedError(data["error"])
        return event

    async def _poll(self) -> None:
        with suppress(httpx.HTTPError, ValueError):
            while True:
                response = await self._client.get(f"{self._url}/{self._session}?maxev=10")
                events = response.json()
                for event in events if isinstance(events, list) else [events]:
                    answer = self._answers.pop(event.get("transaction"), None)
                    if answer is not None and not answer.done():
                        answer.set_result(event)
                    if event["janus"] in ("timeout", "error"):
                        return

    # -- the stay in the room ---------------------------------------------------------------------

    async def join(self) -> None:
        """Joins the room.

        Raises:
            RefusedError: Janus refuses.
        """
        self._session = (await self._post("", janus="create"))["data"]["id"]
        self._polling = asyncio.create_task(self._poll())
        attach = {"janus": "attach", "plugin": "janus.plugin.videoroom"}
        if self.token is not None:
            attach["opaque_id"] = self.token
        self._handle = (await self._post(f"/{self._session}", **attach))["data"]["id"]
        joined = await self._message({"request": "join", "ptype": "publisher", **self._join})
        self.feed = joined["plugindata"]["data"]["id"]

    async def publish(self, **settings: Any) -> None:
        """Sends generated sound and pictures, and waits until they flow.

        Raises:
            RefusedError: Janus refuses.
        """
        self._peer = peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.addTrack(Tone())
        peer.addTrack(Pictures())
        await peer.setLocalDescription(await peer.createOffer())
        offer = {"type": "offer", "sdp": peer.localDescription.sdp}
        event = await self._message({"request": "publish", **settings}, offer)
        answer = RTCSessionDescription(event["jsep"]["sdp"], event["jsep"]["type"])
        await peer.setRemoteDescription(answer)
        async with asyncio.timeout(20):
            while peer.connectionState != "connected":
                await asyncio.sleep(0.02)

    async def request(self, request: str, **fields: Any) -> dict[str, Any]:
        """Sends a request to the VideoRoom as this participant, and returns the answer.

        Raises:
            RefusedError: Janus refuses.
        """
        event = await self._message({"request": request, **fields})
        return dict(event["plugindata"]["data"])

    async def leave(self) -> None:
        """Leaves the room, and ends the session."""
        with suppress(httpx.HTTPError, ValueError, RefusedError):
            await self.request("leave")
        await self.drop()

    async def drop(self) -> None:
        """Ends the session, as the end of a WebSocket does."""
        with suppress(httpx.HTTPError, ValueError, RefusedError):
            await self._post(f"/{self._session}", janus="destroy")
        await self.vanish()

    async def vanish(self) -> None:
        """Ends without a word: Janus waits until the session times out."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)
        if self._peer is not None:
            await self._peer.close()
        await self._client.aclose()
