"""Events a second through the hubs of two checkouts of this project, measured in turns.

    python benchmarks/commit.py OLD NEW [--clients 1 8 64 256] [--delays 0 2 10] [--rounds 5]

Each round starts one process per checkout, one after the other, so that other load on the machine
affects both. A delay adds that many milliseconds to every commit. The printed ratios are the
medians of the rounds, of the events a second and of the processor time of an event: above 1, NEW
is faster. Other load affects the second one less.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

Result = tuple[float, float, float]


def measure(folder: Path, clients: int, delay: float, seconds: float) -> Result:
    """Returns the events a second, and two times in seconds.

    They are the 99th percentile of the times until an answer, and the processor time of an event.
    """
    # PYTHONPATH names the checkout that is measured.
    from fsm.recording import Account, Choice, Join, Leave
    from fsm.runtime import Hub, Journal, process

    class Slow(Journal):
        def commit(self, batch: Any) -> None:
            super().commit(batch)
            if delay:
                time.sleep(delay / 1000)

    async def run() -> Result:
        times: list[float] = []
        async with Hub(lambda: Slow(folder / "commit.db", lock=True)) as hub:
            for number in range(clients):
                await hub.open(f"m-{number}", Account("pro"), user=Choice(True))
            end = time.perf_counter() + seconds

            async def client(number: int) -> None:
                sent = 0
                while (began := time.perf_counter()) < end:
                    guest = f"guest-{sent // 2}"
                    event = Leave(guest) if sent % 2 else Join(guest, "member", "web")
                    await hub.dispatch(f"m-{number}", event, f"{number}-{sent}")
                    times.append(time.perf_counter() - began)
                    sent += 1

            began, processor = time.perf_counter(), time.process_time()
            await asyncio.gather(*map(client, range(clients)))
            took, processor = time.perf_counter() - began, time.process_time() - processor
        times.sort()
        return len(times) / took, times[int(len(times) * 0.99)], processor / len(times)

    return process.run(run())


def measure_checkout(
    checkout: Path, folder: Path, clients: int, delay: float, seconds: float
) -> Result:
    """Returns the result of :func:`measure` in a process of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        command = [
            sys.executable,
            __file__,
            "--measure",
            name,
            *map(str, (clients, delay, seconds)),
        ]
        environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
        printed = subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout
    rate, p99, processor = map(float, printed.split())
    return rate, p99, processor


def main() -> None:
    """Measures, and prints a line for each number of clients and each delay."""
    if sys.argv[1:2] == ["--measure"]:
        folder, clients, *rest = sys.argv[2:]
        print(*measure(Path(folder), int(clients), *map(float, rest)))
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64, 256])
    parser.add_argument("--delays", type=float, nargs="+", default=[0, 2, 10], help="milliseconds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to measure")
    args = parser.parse_args()
    for delay in args.delays:
        for clients in args.clients:
            rounds = []
            for number in range(args.rounds):
                # The order alternates, since the first of a pair may have another load.
                pair = (args.old, args.new) if number % 2 else (args.new, args.old)
                results = {
                    checkout: measure_checkout(checkout, args.folder, clients, delay, args.seconds)
                    for checkout in pair
                }
                rounds.append((results[args.old], results[args.new]))
            ratio = statistics.median(new[0] / old[0] for old, new in rounds)
            processor = statistics.median(old[2] / new[2] for old, new in rounds)
            old, new = ([statistics.median(part) for part in zip(*side, strict=True)]
                        for side in zip(*rounds, strict=True))  # fmt: skip
            print(
                f"{clients:4} clients, commits {delay:g} ms longer: {ratio:.2f}, {processor:.2f}   "
                f"({old[0]:,.0f} and {new[0]:,.0f} events/s; "
                f"99 % within {1000 * old[1]:.1f} and {1000 * new[1]:.1f} ms; "
                f"{1e6 * old[2]:.1f} and {1e6 * new[2]:.1f} µs of processor time an event)",
                flush=True,
            )


if __name__ == "__main__":
    main()
