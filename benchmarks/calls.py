"""Functions and files on the way of one event over HTTP.

    python benchmarks/calls.py [--list]

A service with tokens, logs, metrics and a journal handles an event; every call of a Python function
in any of its threads is counted, from the first byte of the request to the last of the response.
A coroutine that resumes counts as one more call. The script also runs in the environment of an
earlier checkout.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import fsm
from fsm.runtime import Hub, process
from fsm.web import logs
from fsm.web.serve import create_server
from fsm.web.service import Service, Settings

PACKAGE = str(Path(fsm.__file__).parent)
JOIN = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
OPENING = {"account": {"edition": "pro"}, "user": {"auto_record": True}}


class Calls:
    """Counter of calls while it is switched on."""

    def __init__(self) -> None:
        self.counted: Counter[CodeType] = Counter()
        self.on = False

    def profile(self, frame: FrameType, event: str, _: Any) -> None:
        """Counts a call; a profile function of :mod:`sys`."""
        # Methods that attrs generates have no file; this script is none of the service.
        file = frame.f_code.co_filename
        if self.on and event == "call" and file != __file__ and not file.startswith("<"):
            self.counted[frame.f_code] += 1


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
        calls.on = True
        exchange(connection, token, "POST", path, {"pause": {"by": "alice"}})
        calls.on = False


async def counted(folder: Path, calls: Calls) -> None:
    """Runs a service for one conversation."""
    tokens = folder / "tokens.json"
    command = ["token", "new", "a", "--scope", "events", "--tokens", str(tokens)]
    token = subprocess.run(
        [sys.executable, "-m", "fsm", *command], capture_output=True, text=True, check=True
    ).stdout.strip()
    logs.configure("info", io.StringIO())
    threading.setprofile(calls.profile)
    sys.setprofile(calls.profile)
    settings = Settings(folder / "meetings.db", port=0, tokens=tokens)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        async with Hub(settings.db) as hub:
            server = create_server(Service(hub, settings))
            running = asyncio.create_task(server.serve([listening]))
            try:
                await asyncio.to_thread(converse, listening.getsockname()[1], token, calls)
            finally:
                server.should_exit = True
                await running
    sys.setprofile(None)


def main() -> None:
    """Counts and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="name each function")
    options = parser.parse_args()
    calls = Calls()
    with tempfile.TemporaryDirectory() as temporary:
        process.run(counted(Path(temporary), calls))
    for name, folder in (("all", ""), ("of fsm", PACKAGE), ("of fsm.web", f"{PACKAGE}/web")):
        found = {
            code: n for code, n in calls.counted.items() if code.co_filename.startswith(folder)
        }
        files = {code.co_filename for code in found}
        number = sum(found.values())
        print(f"{name:10} {number:5} calls {len(found):4} functions {len(files):4} files")
    if options.list:
        for code, number in sorted(calls.counted.items(), key=lambda item: item[0].co_filename):
            print(f"{number:3} {code.co_filename}:{code.co_firstlineno} {code.co_qualname}")


if __name__ == "__main__":
    main()
