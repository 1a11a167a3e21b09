"""Requests a second of the HTTP service, interleaved with what its framework allows.

    python benchmarks/http.py [--connections 32] [--seconds 1] [--rounds 9] [--against CHECKOUT]

Four servers run as processes of their own, and one client process loads them in turn:

* ``fsm serve``: ``POST /v1/meetings/{id}/events``, tokens, logs, metrics and the journal included;
* the same of another checkout, whose ``.venv`` holds its environment (``--against``);
* a bare Litestar handler that reads and answers JSON of the same size;
* a bare ASGI application that does.

The median of the rounds counts. Processor time is that of the server process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

MEETINGS = 64
TOKENS = 16
ANSWER = {
    "meeting": "m-0", "seq": 100, "id": None, "at": 1764150000000,
    "event": {"pause": {"by": "alice"}}, "before": "recording", "state": "paused",
    "recorder": [{"command": "pause"}], "refused": None, "rules": ["R9"],
}  # fmt: skip
UVICORN = (
    "import uvicorn, uvloop; uvicorn.run(app, host='127.0.0.1', port={port}, "
    "access_log=False, lifespan='off', log_level='warning', loop='uvloop', server_header=False)"
)
LITESTAR = """
from typing import Any
from litestar import Litestar, post
ANSWER = {answer}
@post("/v1/meetings/{{meeting:str}}/events", status_code=200)
async def send(meeting: str, data: dict[str, Any]) -> dict[str, Any]:
    return ANSWER | {{"event": data}}
app = Litestar([send], openapi_config=None, logging_config=None)
"""
ASGI = """
import json
ANSWER = {answer}
async def app(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    answer = json.dumps(ANSWER | {{"event": json.loads(body)}}).encode()
    await send({{"type": "http.response.start", "status": 200, "headers": [
        (b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]}})
    await send({{"type": "http.response.body", "body": answer}})
"""


@attrs.frozen
class Server:
    """A running server.

    Args:
        name: its name in the report.
        port: the port it listens on.
        pid: the process, for its processor time.
        tokens: bearer tokens that it accepts.
    """

    name: str
    port: int
    pid: int
    tokens: tuple[str, ...] = ()


@attrs.frozen
class Load:
    """The result of one round of load.

    Args:
        requests: answered requests a second.
        p99: the time within which 99 % were answered, in milliseconds.
        processor: processor time of the server a request, in microseconds.
    """

    requests: float
    p99: float
    processor: float


@contextlib.contextmanager
def service(name: str, python: Path, folder: Path) -> Iterator[Server]:
    """Runs ``fsm serve`` of an environment, with tokens and a journal in a folder."""
    folder.mkdir()
    tokens = []
    for number in range(TOKENS):
        command = ("token", "new", f"t{number}", "--scope", "events", "--tokens", "tokens.json")
        done = subprocess.run(
            [python, "-m", "fsm", *command], cwd=folder, capture_output=True, text=True, check=True
        )
        tokens.append(done.stdout.strip())
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [python, "-m", "fsm", "serve", "--port", "0", "--tokens", "tokens.json"],
            cwd=folder, stderr=log,
        ) as process,
    ):  # fmt: skip
        try:
            yield Server(name, _port(folder / "log"), process.pid, tuple(tokens))
        finally:
            process.terminate()


def _port(log: Path) -> int:
    for _ in range(200):
        listening = re.search(r"listening at http://127.0.0.1:(\d+)", log.read_text())
        if listening:
            return int(listening[1])
        time.sleep(0.05)
    raise RuntimeError(f"the service did not start: {log.read_text()}")


@contextlib.contextmanager
def bare(name: str, source: str, port: int) -> Iterator[Server]:
    """Runs an application given as source text."""
    program = source.format(answer=ANSWER) + UVICORN.format(port=port)
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), contextlib.closing(_connection(port)):
                    break
                time.sleep(0.05)
            yield Server(name, port, process.pid)
        finally:
            process.terminate()


def _connection(port: int) -> Any:
    import socket

    return socket.create_connection(("127.0.0.1", port))


def processor_seconds(pid: int) -> float:
    """Returns the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def request(server: Server, connection: int, path: str, body: dict[str, Any], method: str) -> bytes:
    """Returns an HTTP request as bytes."""
    content = json.dumps(body).encode()
    token = server.tokens[connection % len(server.tokens)] if server.tokens else ""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    return head.encode() + content


async def answered(reader: asyncio.StreamReader) -> bytes:
    """Returns the body of the next answer.

    Raises:
        RuntimeError: it is not 200.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])  # type: ignore[index]
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{head!r} {body!r}")
    return body


async def prepare(server: Server) -> None:
    """Opens the meetings and has a host join each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    settings = {"account": {"edition": "pro"}, "user": {"auto_record": True}}
    join = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
    for number in range(MEETINGS):
        meeting = f"/v1/meetings/m-{number}"
        for path, body, method in ((meeting, settings, "PUT"), (f"{meeting}/events", join, "POST")):
            writer.write(request(server, number, path, body, method))
            await answered(reader)
    writer.close()


async def load(server: Server, connections: int, seconds: float) -> Load:
    """Sends pauses and resumes over some connections for some time."""
    times: list[float] = []

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        path = f"/v1/meetings/m-{number % MEETINGS}/events"
        requests = [
            request(server, number, path, {trigger: {"by": "alice"}}, "POST")
            for trigger in ("pause", "resume")
        ]
        while time.perf_counter() < end:
            for each in requests:
                began = time.perf_counter()
                writer.write(each)
                await answered(reader)
                times.append(time.perf_counter() - began)
        writer.close()

    used, began = processor_seconds(server.pid), time.perf_counter()
    end = began + seconds
    await asyncio.gather(*map(client, range(connections)))
    took = time.perf_counter() - began
    used = processor_seconds(server.pid) - used
    times.sort()
    p99 = times[int(len(times) * 0.99)] * 1000
    return Load(len(times) / took, p99, used / len(times) * 1e6)


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description="Requests a second of the HTTP service.")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = [stack.enter_context(service("fsm serve", Path(sys.executable), folder / "new"))]
        if options.against:
            python = options.against.resolve() / ".venv" / "bin" / "python"
            other = service(f"fsm serve of {options.against}", python, folder / "other")
            servers.append(stack.enter_context(other))
        servers.append(stack.enter_context(bare("bare Litestar handler", LITESTAR, 18480)))
        servers.append(stack.enter_context(bare("bare ASGI application", ASGI, 18481)))
        loads: dict[str, list[Load]] = {each.name: [] for each in servers}
        for server in servers[: 2 if options.against else 1]:
            asyncio.run(prepare(server))
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, end="\r")
            for server in servers:
                measured = asyncio.run(load(server, options.connections, options.seconds))
                loads[server.name].append(measured)
        print(file=sys.stderr)
    report(loads)


def report(loads: dict[str, list[Load]]) -> None:
    """Prints the median of each figure, and the ratios to the first server."""
    first, *_ = loads.values()
    ours = statistics.median(each.requests for each in first)
    print(f"{'':34} requests/s   p99 ms   CPU µs/request   ours / this")
    for name, rounds in loads.items():
        requests, p99, processor = (
            statistics.median(getattr(each, figure) for each in rounds)
            for figure in ("requests", "p99", "processor")
        )
        print(f"{name:34} {requests:10.0f} {p99:8.1f} {processor:16.0f} {ours / requests:13.2f}")


if __name__ == "__main__":
    main()
