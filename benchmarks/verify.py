"""Wall and processor time of ``fsm verify --participants 3`` in two checkouts, in turns.

    python benchmarks/verify.py OLD NEW [--rounds 1]

Each runs in its checkout's ``.venv``. The printed ratios are medians of the rounds: below 1, NEW
takes less.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import time
from pathlib import Path


def measure(checkout: Path) -> tuple[float, float, str]:
    """Returns wall and processor time in seconds, and the line with the number of situations."""
    command = [".venv/bin/python", "-m", "fsm", "verify", "--participants", "3"]
    before, began = _processor_time(), time.perf_counter()
    printed = subprocess.run(
        command, cwd=checkout, check=True, capture_output=True, text=True
    ).stdout
    wall = time.perf_counter() - began
    counts = next(line for line in printed.splitlines() if "situations" in line)
    return wall, _processor_time() - before, counts.strip()


def _processor_time() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    walls, processors = [], []
    for _ in range(options.rounds):
        old, new = measure(options.old), measure(options.new)
        for name, (wall, processor, counts) in (("old", old), ("new", new)):
            print(f"{name}: {wall:5.1f} s, {processor:5.1f} s of processor time; {counts}")
        walls.append(new[0] / old[0])
        processors.append(new[1] / old[1])
    print(f"wall time {statistics.median(walls):.2f}", end=", ")
    print(f"processor time {statistics.median(processors):.2f} of the old")


if __name__ == "__main__":
    main()
