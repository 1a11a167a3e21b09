"""Events while other clients without a token hold connections, or fetch the OpenAPI description.

    python benchmarks/connections.py CHECKOUT... [--silent 400] [--fetching 20] [--descriptors 200]

Each checkout, whose ``.venv`` holds its environment, runs ``fsm serve`` with few file descriptors
and a recorder. First, silent clients open connections, and the host of a meeting joins over an
earlier connection; printed are the time of that, what became of the recording 5 seconds later, the
responses of ``/ready``, and the time of a new client. Then, with the silent clients gone, some
clients fetch ``/openapi.json`` for 3 seconds, and the times of events are measured. A time is
``inf`` if there was no response within 5 seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PATIENCE = 5.0
PLAN = {"account": {"edition": "pro"}, "user": {"auto_record": True}}
JOIN = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
SECRET = "whsec_" + "A" * 32


def client(port: int) -> http.client.HTTPConnection:
    """Returns a connection to the service, which opens with its first request."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)


def exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any = None
) -> tuple[float, int, bytes]:
    """Sends a request; returns its time, its status and the body of its response."""
    began = time.perf_counter()
    try:
        connection.request(method, path, body and json.dumps(body))
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return float("inf"), 0, b"{}"
    return time.perf_counter() - began, response.status, content


def until(found: Callable[[], Any]) -> Any:
    """Waits until a function returns something, and returns that.

    Raises:
        RuntimeError: it did not within 10 seconds.
    """
    for _ in range(200):
        if result := found():
            return result
        time.sleep(0.05)
    raise RuntimeError("the service or the recorder did not start")


@contextlib.contextmanager
def running(checkout: Path, descriptors: int, folder: Path) -> Iterator[int]:
    """Runs the service of a checkout with the recorder of its example; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        recorder_port = free.getsockname()[1]
    python = str(checkout / ".venv" / "bin" / "python")
    environment = {**os.environ, "FSM_RECORDER_SECRET": SECRET}
    recorder = [python, f"{checkout}/examples/recorder_service.py", "--port", str(recorder_port)]
    command = [python, "-m", "fsm", "serve", "--port", "0", "--recorder-attempts", "4"]
    command += ["--recorder", f"http://127.0.0.1:{recorder_port}", "--log-level", "error"]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    with (
        (folder / "recorder").open("w") as first,
        (folder / "log").open("w") as log,
        subprocess.Popen(recorder, env=environment, stdout=first, stderr=first) as recording,
        subprocess.Popen(
            command, cwd=folder, env=environment, stderr=log, preexec_fn=limit
        ) as serving,
    ):
        try:
            until(lambda: exchange(client(recorder_port), "GET", "/")[1])
            listening = until(
                lambda: re.search(r"http://127.0.0.1:(\d+)", (folder / "log").read_text())
            )
            yield int(listening[1])
        finally:
            serving.terminate()
            recording.terminate()


def hold(port: int, number: int) -> str:
    """Describes how a meeting starts while silent clients hold connections."""
    own = client(port)
    exchange(own, "PUT", "/v1/meetings/m-1", PLAN)
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(number)]
    time.sleep(0.5)
    joined, _, _ = exchange(own, "POST", "/v1/meetings/m-1/events", JOIN)
    end = time.perf_counter() + PATIENCE
    ready = []
    while time.perf_counter() < end:
        ready.append(exchange(own, "GET", "/ready")[1])
        time.sleep(0.5)
    other, _, _ = exchange(client(port), "GET", "/health")
    for connection in silent:
        connection.close()
    time.sleep(0.5)
    state = json.loads(exchange(client(port), "GET", "/v1/meetings/m-1")[2]).get("state")
    return (
        f"{number} silent clients: join {joined * 1000:.0f} ms, then {state}; "
        f"/ready {sorted({*ready})}; /health of a new client {other * 1000:.0f} ms"
    )


def fetch(port: int, number: int) -> str:
    """Describes the times of events while clients fetch the description."""
    # The clients run in a process of their own, so that this one measures without waiting.
    clients = subprocess.Popen(
        [sys.executable, __file__, "--fetch", str(port), str(number)], stdout=subprocess.PIPE
    )
    own = client(port)
    exchange(own, "PUT", "/v1/meetings/m-2", PLAN)
    times = []
    end = time.perf_counter() + 3
    while time.perf_counter() < end:
        times.append(exchange(own, "POST", "/v1/meetings/m-2/events", {"leave": {"id": "x"}})[0])
        time.sleep(0.02)
    output, _ = clients.communicate()
    middle, longest = statistics.median(times) * 1000, max(times) * 1000
    return (
        f"{number} clients fetch {int(output) / 3:.0f} descriptions a second: "
        f"event {middle:.1f} ms, at most {longest:.0f} ms"
    )


def fetching(port: int, number: int) -> None:
    """Fetches the description with some clients for 3 seconds, and prints how often."""
    end = time.perf_counter() + 3
    fetched = []

    def ask() -> None:
        own = client(port)
        while time.perf_counter() < end:
            if exchange(own, "GET", "/openapi.json")[1] == 200:
                fetched.append(1)

    threads = [threading.Thread(target=ask) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(fetched))


def main() -> None:
    """Runs the benchmark."""
    if sys.argv[1:2] == ["--fetch"]:
        fetching(*map(int, sys.argv[2:]))
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkouts", type=Path, nargs="+", metavar="CHECKOUT")
    parser.add_argument("--silent", type=int, default=400)
    parser.add_argument("--fetching", type=int, default=20)
    parser.add_argument("--descriptors", type=int, default=200)
    options = parser.parse_args()
    for checkout in options.checkouts:
        with (
            tempfile.TemporaryDirectory() as folder,
            running(checkout.resolve(), options.descriptors, Path(folder)) as port,
        ):
            print(f"{checkout}: {hold(port, options.silent)}")
            print(f"{checkout}: {fetch(port, options.fetching)}")


if __name__ == "__main__":
    main()
