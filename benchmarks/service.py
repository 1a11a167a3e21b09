"""Requests a second of the HTTP service, interleaved with what its server and framework allow.

    python benchmarks/service.py [--connections 32] [--seconds 1] [--rounds 9] [--against CHECKOUT]

The servers run as processes of their own, and this process loads them in turn over raw sockets:

* ``fsm serve``: ``POST /v1/meetings/{id}/events``, with tokens, logs, metrics and the journal;
* the same of another checkout, whose ``.venv`` holds its environment (``--against``);
* a bare Litestar handler that reads and answers JSON of the same size;
* a bare ASGI application that does.

The bare ones run under the same server settings as ``fsm serve``. The median of the rounds counts.
Processor time is that of the server process; ``load`` is the share of a processor that the load
itself takes, which must stay well below 1.

Each round also sends many events at once, 100 in a ``POST /v1/events`` over 8 connections, and
compares their number with that of ``Hub.dispatch`` in a process without HTTP, where 64 callers send
the same events.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import attrs

sys.path.insert(0, __file__.rpartition("/")[0])
from durable import in_new_process

from fsm.recording import Account, Choice, Event, Join, Pause, Resume
from fsm.runtime import Hub, process

BULK_CONNECTIONS = 8
BULK_ITEMS = 100
HUB_CALLERS = 64
MEETINGS = 4
"""The number of meetings of a connection, so that the rate limit of a meeting is not reached."""
TOKENS = 16
EVENTS: tuple[dict[str, Any], ...] = ({"pause": {"by": "alice"}}, {"resume": {"by": "alice"}})
ANSWER = {
    "meeting": "m-0-0", "seq": 100, "id": None, "at": 1764150000000,
    "event": {"pause": {"by": "alice"}}, "before": "recording", "state": "paused",
    "recorder": [{"command": "pause"}], "refused": None, "rules": ["R9"],
}  # fmt: skip
UVICORN = """
import uvicorn
from fsm.runtime import process
config = uvicorn.Config(app, host="127.0.0.1", port={port}, access_log=False, http="httptools",
                        lifespan="off", log_level="warning", proxy_headers=False,
                        server_header=False, ws="none")
process.run(uvicorn.Server(config).serve())
"""
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
        load: the processor time of the load, as a share of the round.
    """

    requests: float
    p99: float
    processor: float
    load: float


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
def bare(name: str, source: str) -> Iterator[Server]:
    """Runs an application given as source text."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = source.format(answer=ANSWER) + UVICORN.format(port=port)
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield Server(name, port, process.pid)
        finally:
            process.terminate()


def processor_seconds(pid: int) -> float:
    """Returns the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def request(server: Server, number: int, method: str, path: str, body: Any) -> bytes:
    """Returns an HTTP request with the token of a connection, as bytes."""
    content = json.dumps(body).encode()
    token = server.tokens[number % len(server.tokens)] if server.tokens else ""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    return head.encode() + content


class Connection:
    """One connection to a server, with its own meetings.

    Args:
        server: the server.
        number: the number of the connection.
    """

    name = "m"
    meetings = MEETINGS

    def __init__(self, server: Server, number: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._part = b""
        self.sent = 0.0
        ids = [f"{self.name}-{number}-{meeting}" for meeting in range(self.meetings)]
        paths = [f"/v1/meetings/{each}" for each in ids]
        settings = {"account": {"edition": "pro"}, "user": {"auto_record": True}}
        join = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
        self._preparations = [
            request(server, number, method, path + suffix, body)
            for path in paths
            for method, suffix, body in (("PUT", "", settings), ("POST", "/events", join))
        ]
        self._requests = cycle(self.requests(server, number, ids))

    @staticmethod
    def requests(server: Server, number: int, ids: list[str]) -> list[bytes]:
        """Returns requests with pauses and resumes of some meetings."""
        return [
            request(server, number, "POST", f"/v1/meetings/{each}/events", event)
            for event in EVENTS
            for each in ids
        ]

    def fileno(self) -> int:
        """Returns the descriptor of the socket."""
        return self._socket.fileno()

    def prepare(self) -> None:
        """Opens the meetings and has a host join each."""
        for each in self._preparations:
            self._socket.sendall(each)
            while not self.answered():
                pass

    def send(self) -> None:
        """Sends the next request."""
        self.sent = time.perf_counter()
        self._socket.sendall(next(self._requests))

    def answered(self) -> bool:
        """Reads a part of the answer, and returns whether the answer is complete.

        Raises:
            RuntimeError: the answer is not 200, or the connection was closed.
        """
        part = self._socket.recv(65536)
        answer = self._part + part
        if not part or not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer)
        head = answer.find(b"\r\n\r\n")
        length = answer.find(b"content-length: ", 0, head) + len("content-length: ")
        complete = len(answer) == head + 4 + int(answer[length : answer.find(b"\r\n", length)])
        self._part = b"" if complete else answer
        return complete

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()


class BulkConnection(Connection):
    """One connection that sends an event to each of its meetings with each request."""

    name = "bulk"
    meetings = BULK_ITEMS

    @staticmethod
    def requests(server: Server, number: int, ids: list[str]) -> list[bytes]:
        """Returns requests with a pause or a resume of each meeting."""
        return [
            request(
                server, number, "POST", "/v1/events", [{"meeting": id_, **event} for id_ in ids]
            )
            for event in EVENTS
        ]


def hub_events(folder: Path, seconds: float) -> float:
    """Returns the events a second of a hub without HTTP, with the events of bulk requests."""
    return process.run(_hub_events(folder / f"{time.time_ns()}.db", seconds))


async def _hub_events(file: Path, seconds: float) -> float:
    ids = [f"m-{number}" for number in range(BULK_CONNECTIONS * BULK_ITEMS)]
    async with Hub(file) as hub:
        for each in ids:
            await hub.open(each, Account("pro"), user=Choice(True))
        await hub.dispatch_many((each, Join("alice", "host", "windows"), None) for each in ids)
        count = 0

        async def caller(own: list[str], end: float) -> None:
            nonlocal count
            events: tuple[Event, ...] = (Pause("alice"), Resume("alice"))
            for event in cycle(events):
                for each in own:
                    if time.perf_counter() >= end:
                        return
                    await hub.dispatch(each, event)
                    count += 1

        began = time.perf_counter()
        callers = (caller(ids[each::HUB_CALLERS], began + seconds) for each in range(HUB_CALLERS))
        await asyncio.gather(*callers)
        return count / (time.perf_counter() - began)


def load(
    server: Server, number: int, seconds: float, connect: type[Connection] = Connection
) -> Load:
    """Sends pauses and resumes over some connections for some time."""
    times: list[float] = []
    connections = [connect(server, each) for each in range(number)]
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        used, own, began = processor_seconds(server.pid), time.process_time(), time.perf_counter()
        for connection in connections:
            connection.send()
        now, end = began, began + seconds
        while now < end:
            for key, _ in selector.select():
                connection: Any = key.fileobj  # type: ignore[no-redef]
                if connection.answered():
                    now = time.perf_counter()
                    times.append(now - connection.sent)
                    connection.send()
        took = now - began
        used, own = processor_seconds(server.pid) - used, time.process_time() - own
    for connection in connections:
        while not connection.answered():
            pass
        connection.close()
    times.sort()
    p99 = times[int(len(times) * 0.99)] * 1000
    return Load(len(times) / took, p99, used / len(times) * 1e6, own / took)


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
        for server in servers:
            for number in range(options.connections):
                prepare(Connection(server, number))
        for number in range(BULK_CONNECTIONS):
            prepare(BulkConnection(servers[0], number))
        servers.append(stack.enter_context(bare("bare Litestar handler", LITESTAR)))
        servers.append(stack.enter_context(bare("bare ASGI application", ASGI)))
        loads: dict[str, list[Load]] = {each.name: [] for each in servers}
        bulk: list[tuple[float, float]] = []
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, end="\r")
            for server in servers:
                loads[server.name].append(load(server, options.connections, options.seconds))
            sent = load(servers[0], BULK_CONNECTIONS, options.seconds, BulkConnection)
            hub = in_new_process(hub_events, folder, options.seconds)
            bulk.append((sent.requests * BULK_ITEMS, hub))
        print(file=sys.stderr)
    report(loads)
    report_bulk(bulk)


def prepare(connection: Connection) -> None:
    """Opens the meetings of a connection, and closes it."""
    with contextlib.closing(connection):
        connection.prepare()


def report(loads: dict[str, list[Load]]) -> None:
    """Prints the median of each figure, and the ratios to the first server."""
    first, *_ = loads.values()
    print(f"{'':34} requests/s   p99 ms   CPU µs/request   load   ours / this   CPU this / ours")
    ours, _, our_processor, _ = _medians(first)
    for name, rounds in loads.items():
        requests, p99, processor, own = _medians(rounds)
        print(
            f"{name:34} {requests:10.0f} {p99:8.1f} {processor:16.0f} {own:6.2f} "
            f"{ours / requests:13.2f} {processor / our_processor:17.2f}"
        )


def report_bulk(rounds: list[tuple[float, float]]) -> None:
    """Prints the events a second of bulk requests and of the hub, and their ratio."""
    sent, hub = (statistics.median(figures) for figures in zip(*rounds, strict=True))
    ratio = statistics.median(bulk / direct for bulk, direct in rounds)
    print(
        f"\nPOST /v1/events, {BULK_ITEMS} events a request over {BULK_CONNECTIONS} connections: "
        f"{sent:,.0f} events/s; Hub.dispatch with {HUB_CALLERS} callers: {hub:,.0f} events/s; "
        f"ratio {ratio:.2f}"
    )


def _medians(rounds: list[Load]) -> tuple[float, ...]:
    return tuple(
        statistics.median(figures) for figures in zip(*map(attrs.astuple, rounds), strict=True)
    )


if __name__ == "__main__":
    main()
