"""Delay of a command while the recorder hangs for many other meetings, for checkouts in turns.

    python benchmarks/hanging.py CHECKOUT... [--hanging 2000] [--rounds 3]

The recorder is an HTTP server in a process of its own, which accepts every request and never
answers those for a meeting with "hang" in its id. Once all of these have timed out, other meetings
are opened and started, one every 50 milliseconds. Measured are the time from the answer to their
event until their recorder has answered, and the longest time in which the event loop did nothing
else. A delay is ``inf`` if a command was not answered within 30 seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SECRET = "whsec_" + "A" * 32
TIMEOUT = 2.0
"""Seconds after which a call of the recorder times out."""
PROBES, INTERVAL, PATIENCE = 100, 0.05, 30.0


async def recorder() -> None:
    """Serves the recorder until the process is ended, and prints its port first."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().lower().split("\r\n")
                lengths = [
                    line.split(":")[1] for line in lines if line.startswith("content-length")
                ]
                body = await reader.readexactly(int(lengths[0]) if lengths else 0)
                if b"hang" in head or b"hang" in body:
                    await reader.read()  # until the caller gives up
                message = json.loads(body or b"{}")
                number = message.get("sequence", message.get("number", 0))
                status = {"sequence": number, "number": number, "kind": "cloud" if number else None,
                          "client": None, "paused": False}  # fmt: skip
                answer = json.dumps(status).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                             b"content-length: %d\r\n\r\n%b" % (len(answer), answer))  # fmt: skip
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def measure(folder: Path, url: str, hanging: int) -> tuple[list[float], float]:
    """Returns the delays of the probes, and the longest pause of the event loop, in seconds."""
    from fsm.recording import Account, Choice, Join
    from fsm.runtime import Hub

    try:
        from fsm.web.http_recorder import HttpRecorder
    except ImportError:  # an older checkout
        from fsm.web.recorder import HttpRecorder  # type: ignore[import-not-found, no-redef]

    called: set[str] = set()
    answered: dict[str, asyncio.Event] = {}

    class Observed(HttpRecorder):
        async def start(self, message: Any) -> Any:
            called.add(message.meeting)
            status = await super().start(message)
            answered[message.meeting].set()
            return status

    async def start(hub: Hub, meeting: str) -> None:
        await hub.open(meeting, Account("pro"), user=Choice(True))
        await hub.dispatch(meeting, Join("alice", "host", "windows"))

    async def probe(hub: Hub, meeting: str) -> float:
        answered[meeting] = asyncio.Event()
        await start(hub, meeting)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                await answered[meeting].wait()
        except TimeoutError:
            return float("inf")
        return time.perf_counter() - began

    pauses: list[float] = []

    async def watch_loop() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.01)
            pauses.append(time.perf_counter() - began - 0.01)

    async with (
        Observed(url, SECRET, timeout=TIMEOUT) as adapter,
        Hub(folder / "hanging.db", adapter) as hub,
    ):
        names = [f"hang-{number}" for number in range(hanging)]
        for at in range(0, hanging, 500):
            await asyncio.gather(*(start(hub, name) for name in names[at : at + 500]))
        patience = time.perf_counter() + 60
        while not called >= {*names} and time.perf_counter() < patience:
            await asyncio.sleep(0.1)
        await asyncio.sleep(TIMEOUT + 0.5)
        watching = asyncio.create_task(watch_loop())
        probes = []
        for number in range(PROBES):
            probes.append(asyncio.create_task(probe(hub, f"fine-{number}")))
            await asyncio.sleep(INTERVAL)
        delays = await asyncio.gather(*probes)
        watching.cancel()
    return delays, max(pauses)


def measured(checkout: Path, url: str, hanging: int) -> tuple[float, float, float]:
    """Returns median and maximum of the delays and the longest pause, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-P", __file__, "--measure", folder, url, str(hanging)]
        environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    delays, pause = json.loads(done.stdout)
    return statistics.median(delays), max(delays), pause


def main() -> None:
    """Measures each checkout in turns, and prints medians over the rounds."""
    if sys.argv[1:2] == ["--recorder"]:
        asyncio.run(recorder())
    elif sys.argv[1:2] == ["--measure"]:
        logging.disable()  # a warning for each call that hangs
        folder, url, number = sys.argv[2:]
        print(json.dumps(asyncio.run(measure(Path(folder), url, int(number)))))
    else:
        compare()


def compare() -> None:
    """Starts the recorder, and measures the checkouts that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkouts", type=Path, nargs="+")
    parser.add_argument("--hanging", type=int, default=2000, help="meetings (2000)")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, __file__, "--recorder"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    results: dict[Path, list[tuple[float, float, float]]] = {each: [] for each in args.checkouts}
    try:
        for _ in range(args.rounds):
            for checkout in args.checkouts:
                results[checkout].append(measured(checkout, url, args.hanging))
    finally:
        server.kill()
        server.wait()
    for checkout, rounds in results.items():
        median, longest, pause = (
            1000 * statistics.median(part) for part in zip(*rounds, strict=True)
        )
        print(
            f"{checkout}: delay of a command {median:,.0f} ms, at most {longest:,.0f} ms; "
            f"longest pause of the event loop {pause:,.0f} ms"
        )


if __name__ == "__main__":
    main()
