"""Functions and files on the way of one event, and of one command.

    python benchmarks/calls.py [--list]

Every call of a Python function in any thread is counted, for:

* ``Meeting.handle``: an event that moves the machine;
* ``Hub.dispatch``: the same event, until it is answered;
* ``POST .../events`` of a service with tokens, logs, metrics and a journal, from the first byte of
  the request to the last of the response;
* ``fsm play`` of one file, imports not included.

A coroutine that resumes counts as one more call. The script also runs in the environment of an
earlier checkout.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Self

import fsm
from fsm.__main__ import main as fsm_command
from fsm.recording import Account, Choice, Event, Join, Meeting, Pause, Resume, resolve
from fsm.runtime import Hub, process

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(fsm.__file__).parent
EXAMPLE = ROOT / "examples" / "scenarios" / "r13-first-host-join-starts.yaml"
JOIN = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
OPENING = {"account": {"edition": "pro"}, "user": {"auto_record": True}}
# The last event is the one that is counted; the others make sure that nothing happens in it for
# the first time.
EVENTS: list[Event] = [Join("alice", "host", "windows")]
EVENTS += [Pause("alice"), Resume("alice")] * 5
EVENTS += [Pause("alice")]


class Calls:
    """Counter of calls in a ``with`` block, for all threads."""

    def __init__(self) -> None:
        self.counted: Counter[CodeType] = Counter()
        self._on = False

    def __enter__(self) -> Self:
        self.counted.clear()
        self._on = True
        return self

    def __exit__(self, *_: object) -> None:
        self._on = False

    def profile(self, frame: FrameType, event: str, _: Any) -> None:
        """Counts a call; a profile function of :mod:`sys`."""
        # Methods that attrs generates have no file; this script is none of the project's parts.
        file = frame.f_code.co_filename
        if self._on and event == "call" and file != __file__ and not file.startswith("<"):
            self.counted[frame.f_code] += 1


def handle_event(_: Path, calls: Calls) -> None:
    """Counts the calls of an event that a machine handles."""
    meeting = Meeting(resolve(Account("pro"), Choice(True)).plan)
    for event in EVENTS[:-1]:
        meeting.handle(event)
    with calls:
        meeting.handle(EVENTS[-1])


def dispatch_event(folder: Path, calls: Calls) -> None:
    """Counts the calls of an event that a hub answers."""

    async def dispatch() -> None:
        async with Hub(folder / "hub.db") as hub:
            await hub.open("m", Account("pro"), Choice(True))
            for event in EVENTS[:-1]:
                await hub.dispatch("m", event)
            while hub.health.delivering:
                await asyncio.sleep(0.01)
            with calls:
                await hub.dispatch("m", EVENTS[-1])

    process.run(dispatch())


def play_file(_: Path, calls: Calls) -> None:
    """Counts the calls of ``fsm play`` of one file, which was played before."""
    sys.argv = ["fsm", "play", str(EXAMPLE)]
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        for count in (contextlib.nullcontext(), calls):
            with count, contextlib.suppress(SystemExit):
                fsm_command()


def post_event(folder: Path, calls: Calls) -> None:
    """Counts the calls of an event that a service receives over HTTP."""
    process.run(serve(folder, calls))


def exchange(connection: socket.socket, token: str, method: str, path: str, body: Any) -> None:
    """Sends a request and reads its response.

    Raises:
        RuntimeError: the status is not 200.
    """
    content = json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    connection.sendall(head.encode() + content)
    response = b""
    while not response.endswith(b"}"):
        response += connection.recv(65536)
    if not response.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(response)


def converse(port: int, token: str, calls: Calls) -> None:
    """Opens a meeting, sends some events, and counts the calls of the last one."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        exchange(connection, token, "PUT", "/v1/meetings/m-1", OPENING)
        path = "/v1/meetings/m-1/events"
        for event in (JOIN, *({name: {"by": "alice"}} for name in ("pause", "resume") * 5)):
            exchange(connection, token, "POST", path, event)
        with calls:
            exchange(connection, token, "POST", path, {"pause": {"by": "alice"}})


async def serve(folder: Path, calls: Calls) -> None:
    """Runs a service for one conversation."""
    # Here, so that an earlier checkout without these names still counts the other ways.
    from fsm.web import logs
    from fsm.web.serve import listening_socket
    from fsm.web.server import create_server
    from fsm.web.service import Service, Settings

    tokens = folder / "tokens.json"
    command = ["token", "new", "a", "--scope", "events", "--tokens", str(tokens)]
    token = subprocess.run(
        [sys.executable, "-m", "fsm", *command], capture_output=True, text=True, check=True
    ).stdout.strip()
    logs.configure("info", io.StringIO())
    settings = Settings(folder / "meetings.db", port=0, tokens=tokens)
    with listening_socket(settings) as listening:
        async with Hub(settings.db) as hub:
            server = create_server(Service(hub, settings))
            running = asyncio.create_task(server.serve([listening]))
            try:
                await asyncio.to_thread(converse, listening.getsockname()[1], token, calls)
            finally:
                server.should_exit = True
                await running


WAYS: dict[str, Callable[[Path, Calls], None]] = {
    "Meeting.handle": handle_event,
    "Hub.dispatch": dispatch_event,
    "fsm play FILE": play_file,
    "POST events": post_event,
}


def main() -> None:
    """Counts and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="name each function")
    options = parser.parse_args()
    calls = Calls()
    threading.setprofile(calls.profile)
    for name, way in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            sys.setprofile(calls.profile)
            way(Path(folder), calls)
            sys.setprofile(None)
        for part, root in (("all", ""), ("of fsm", str(PACKAGE))):
            found = {
                code: n for code, n in calls.counted.items() if code.co_filename.startswith(root)
            }
            files = {code.co_filename for code in found}
            print(
                f"{name:15} {part:7} {sum(found.values()):5} calls {len(found):4} functions "
                f"{len(files):4} files"
            )
        if options.list:
            for code, number in sorted(calls.counted.items(), key=lambda item: item[0].co_filename):
                print(f"{number:3} {code.co_filename}:{code.co_firstlineno} {code.co_qualname}")


if __name__ == "__main__":
    main()
