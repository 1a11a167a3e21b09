"""Events a second of a meeting with live streams, and of another meeting beside it.

    python benchmarks/streams.py [--streams 0 300 900] [--seconds 2] [--rounds 2]
                                 [--against CHECKOUT]

The service is a process of its own, and so are the clients that read the streams. This process
sends events to both meetings, over one connection each, and waits for every answer. The delay is
the time from an event, as stamped by the service, to its arrival at a stream; it is taken from the
oldest entry of each read. With ``--against``, the service of another checkout is measured as well,
with its ``.venv``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

SERVICE = """
import sys
from pathlib import Path
from fsm.web.rate_limit import Rate
from fsm.web.serve import serve
from fsm.web.service import ServiceLimits, Settings
unlimited = Rate(1_000_000, 1_000_000)
limits = ServiceLimits(meeting_rate=unlimited, caller_rate=unlimited)
sys.exit(serve(Settings(Path(sys.argv[1]), port=0, limits=limits, log_level="warning")))
"""
WATCHED, OTHER = "watched", "other"
PATIENCE = 10.0
"""Seconds that a slow service gets to deliver the last entries."""


@attrs.frozen
class Result:
    """The result of one measurement.

    Args:
        watched: the events a second of the watched meeting.
        other: the events a second of the other meeting.
        median: the median of the delays, in milliseconds.
        longest: the longest delay, in milliseconds.
        complete: whether every stream got every entry, in order.
    """

    watched: float
    other: float
    median: float
    longest: float
    complete: bool


def request(method: str, meeting: str, suffix: str, body: dict[str, Any] | None = None) -> bytes:
    """Returns an HTTP request as bytes."""
    content = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} /v1/meetings/{meeting}{suffix} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Sender:
    """A connection that sends events to a meeting, each after the answer to the last.

    Args:
        port: the port of the service.
        meeting: the meeting's id.
    """

    def __init__(self, port: int, meeting: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pause = request("POST", meeting, "/events", {"pause": {"by": "nobody"}})
        self.count = 0
        settings = {"account": {"edition": "pro"}, "user": {"auto_record": True}}
        self._socket.sendall(request("PUT", meeting, "", settings))
        self.receive()

    def fileno(self) -> int:
        """Returns the descriptor of the socket."""
        return self._socket.fileno()

    def send(self) -> None:
        """Sends an event."""
        self._socket.sendall(self._pause)

    def receive(self) -> None:
        """Receives an answer, which must be a success."""
        answer = self._socket.recv(65536)
        while not answer.endswith(b"}"):
            answer += self._socket.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        self.count += 1

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()


class Stream:
    """A live stream of the watched meeting.

    Args:
        port: the port of the service.

    Attributes:
        is_open: whether the stream has begun.
        number: the number of the last entry.
        complete: whether every entry came, in order.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.sendall(request("GET", WATCHED, "/stream"))
        self._part = b""
        self.is_open = False
        self.number = 0
        self.complete = True

    def fileno(self) -> int:
        """Returns the descriptor of the socket."""
        return self._socket.fileno()

    def receive(self) -> float | None:
        """Receives a part of the stream, and returns the delay of its first entry, if it has one.

        Only the first and the last entry are parsed, and all are counted: the processor is shared
        with the service.
        """
        data = self._part + self._socket.recv(262_144)
        self.is_open = self.is_open or b": open" in data
        end = data.rfind(b"\n\n")
        self._part = data[max(0, end) :]
        first, last = data.find(_DATA), data.rfind(_DATA, 0, end)
        if last < 0:
            return None
        before, self.number = self.number, _number_before(data, last)
        count = data.count(_DATA, 0, end)
        self.complete &= _number_before(data, first) == before + 1 == self.number - count + 1
        stamp = data.find(b'"at":') + 5
        return time.time() * 1000 - int(data[stamp : data.find(b",", stamp)])


_DATA = b"\ndata: "


def _number_before(data: bytes, at: int) -> int:
    return int(data[data.rfind(b" ", 0, at) : at])


def read_streams(port: int, number: int) -> None:
    """Reads live streams until a line comes on standard input, and prints what arrived.

    The line is the number of entries that each stream must get.
    """
    streams = [Stream(port) for _ in range(number)]
    delays: list[float] = []
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream, selectors.EVENT_READ, stream)

        def receive() -> bool:
            """Receives from all streams, and returns whether there is a line."""
            ready = selector.select(0.1)
            for key, _ in ready:
                if key.data is not None and (delay := key.data.receive()) is not None:
                    delays.append(delay)
            return any(key.data is None for key, _ in ready)

        while not all(stream.is_open for stream in streams):
            receive()
        print("open", flush=True)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while not receive():
            pass
        selector.unregister(sys.stdin)
        expected, end = int(sys.stdin.readline()), time.monotonic() + PATIENCE
        while any(each.number < expected for each in streams) and time.monotonic() < end:
            receive()
    complete = all(each.complete and each.number >= expected for each in streams)
    delays = delays or [0.0]
    print(json.dumps([statistics.median(delays), max(delays), complete]))


@contextlib.contextmanager
def service(python: Path, folder: Path) -> Iterator[int]:
    """Runs the service of an environment on a new journal, and yields its port."""
    log = folder / "log"
    with (
        log.open("w") as stream,
        subprocess.Popen(
            [python, "-Pc", SERVICE, folder / "meetings.db"], stderr=stream
        ) as process,
    ):
        try:
            for _ in range(200):
                if listening := re.search(r"listening at http://127.0.0.1:(\d+)", log.read_text()):
                    break
                time.sleep(0.05)
            else:
                raise RuntimeError(f"the service did not start: {log.read_text()}")
            yield int(listening[1])
        finally:
            process.kill()


def measure(python: Path, number: int, seconds: float) -> Result:
    """Measures a service with a number of streams."""
    with tempfile.TemporaryDirectory() as folder, service(python, Path(folder)) as port:
        senders = [Sender(port, WATCHED), Sender(port, OTHER)]
        command = [sys.executable, __file__, "--read", str(port), str(number)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as reader:
            assert reader.stdin is not None
            assert reader.stdout is not None
            assert reader.stdout.readline() == "open\n"
            with selectors.DefaultSelector() as selector:
                for sender in senders:
                    sender.count = 0
                    selector.register(sender, selectors.EVENT_READ)
                    sender.send()
                began = now = time.perf_counter()
                while now < began + seconds:
                    for key, _ in selector.select():
                        key.fileobj.receive()  # type: ignore[union-attr]
                        key.fileobj.send()  # type: ignore[union-attr]
                    now = time.perf_counter()
                rates = [sender.count / (now - began) for sender in senders]
                for sender in senders:
                    sender.receive()
            reader.stdin.write(f"{senders[0].count}\n")
            reader.stdin.close()
            median, longest, complete = json.loads(reader.stdout.readline())
        for sender in senders:
            sender.close()
    watched, other = rates
    return Result(watched, other, median, longest, complete)


def main() -> None:
    """Runs the benchmark."""
    if sys.argv[1:2] == ["--read"]:
        read_streams(int(sys.argv[2]), int(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--streams", type=int, nargs="+", default=[0, 300, 900])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    args = parser.parse_args()
    services = {"here": Path(sys.executable)}
    if args.against:
        services[str(args.against)] = args.against.resolve() / ".venv" / "bin" / "python"
    results: dict[tuple[str, int], list[Result]] = {}
    for _ in range(args.rounds):
        for number in args.streams:
            for name, python in services.items():
                result = measure(python, number, args.seconds)
                results.setdefault((name, number), []).append(result)
    report(results)


def report(results: dict[tuple[str, int], list[Result]]) -> None:
    """Prints the medians of the rates, and the median and the longest of the delays."""
    print(f"{'':22} streams   watched/s   other/s   delay ms: median   longest")
    for (name, number), rounds in results.items():
        watched, other, median, _, _ = (
            statistics.median(figures) for figures in zip(*map(attrs.astuple, rounds), strict=True)
        )
        longest = max(each.longest for each in rounds)
        lost = "" if all(each.complete for each in rounds) else "   not every entry arrived"
        print(f"{name:22}{number:8}{watched:12.0f}{other:10.0f}{median:19.0f}{longest:10.0f}{lost}")


if __name__ == "__main__":
    main()
