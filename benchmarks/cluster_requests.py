"""The requests of the benchmark of a cluster, and the recorder that its meetings have."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples" / "cluster"))

from meeting_load import Script

# -- the clients ----------------------------------------------------------------------------------


class Connection:
    """A connection that sends one request after another.

    Args:
        url: the address of the server.
    """

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), int(address.port or 80)

    async def post(self, path: str, body: bytes) -> bytes:
        """Sends a request, and returns the body of the answer.

        Raises:
            RuntimeError: the answer is not 200.
        """
        if not hasattr(self, "_writer"):
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        self._writer.write(
            b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (path.encode(), len(body), body)
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        answer = await self._reader.readexactly(int(length or 0))
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"{path}: {head.decode()}{answer.decode()}")
        return answer

    def close(self) -> None:
        """Closes the connection."""
        if hasattr(self, "_writer"):
            self._writer.close()


@attrs.frozen
class Target:
    """An object to be measured: the requests of its meetings.

    Args:
        name: its name.
        opening: returns path and body of the request that opens a meeting.
        event: returns those of an event, given by the meeting and the number of the event.
    """

    name: str
    opening: Callable[[str], tuple[str, bytes]]
    event: Callable[[str, int], tuple[str, bytes]]


def targets_of(script: Script) -> list[Target]:
    """Returns the meeting object and the bare one."""
    from fsm.recording import Meeting
    from fsm.runtime.codec import event_from
    from fsm.runtime.restate import calls
    from fsm.runtime.restate.settings import system_clock

    settings = script.meeting_settings
    opening = calls.encode(
        calls.OpenCall(
            system_clock(),
            settings.account,
            None,
            settings.user,
            settings.booking,
            settings.type,
            None,
            None,
        )
    )
    meeting = Meeting(settings.resolve().plan)
    outcomes = [meeting.handle(event_from(step.event)) for step in script.steps]
    sends = [len(outcome.recorder) + len(outcome.timers) > 0 for outcome in outcomes]

    def dispatch(key: str, number: int) -> tuple[str, bytes]:
        event = {"event": script.steps[number].event, "at": system_clock(), "id": str(number)}
        return f"/Meeting/{key}/dispatch", json.dumps({"events": [event]}).encode()

    def step(key: str, number: int) -> tuple[str, bytes]:
        body = {"event": script.steps[number].event, "id": str(number), "send": sends[number]}
        return f"/Bare/{key}/step", json.dumps(body).encode()

    return [
        Target("meeting", lambda key: (f"/Meeting/{key}/open", opening), dispatch),
        Target("bare", lambda key: (f"/Bare/{key}/step", b'{"send": false}'), step),
    ]


async def open_meetings(url: str, target: Target, keys: Iterable[str], events: int) -> None:
    """Opens meetings, and sends each its first events."""
    waiting = iter(keys)

    async def client() -> None:
        with contextlib.closing(Connection(url)) as connection:
            for key in waiting:
                await connection.post(*target.opening(key))
                for event in range(events):
                    await connection.post(*target.event(key, event))

    await asyncio.gather(*(client() for _ in range(64)))


# -- the recorder ---------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def recorder() -> AsyncIterator[str]:
    """Serves a recorder that agrees with every command, as cheaply as possible; yields its URL."""
    statuses: dict[str, dict[str, Any]] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                body = await reader.readexactly(int(length or 0))
                if head.startswith(b"GET"):
                    meeting = head.split(maxsplit=2)[1].rpartition(b"/")[2].decode()
                    status = statuses.get(meeting, status_after({}))
                else:
                    message = json.loads(body)
                    status = statuses[message["meeting"]] = status_after(message)
                answer = json.dumps(status).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer)
                )

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def status_after(message: dict[str, Any]) -> dict[str, Any]:
    """Returns the status of a recorder that has applied a message."""
    command = message.get("command")
    # A message of the bare object has no command.
    name = command["command"] if isinstance(command, dict) else "stop"
    kind = None if name == "stop" else "cloud"
    return {
        "sequence": message.get("sequence", 0), "kind": kind, "client": None,
        "paused": name == "pause",
    }  # fmt: skip
