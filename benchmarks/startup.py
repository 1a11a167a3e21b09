"""Start-up times of the command and of the core, as ratios to importing their dependencies.

    python benchmarks/startup.py [--rounds 15] [--against CHECKOUT]

Each command runs as a process of its own, in turn, in the ``.venv`` of this checkout and of the
other; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = {
    "import transitions, attrs": ("-c", "import transitions, attrs"),
    "import fsm.recording": ("-c", "import fsm.recording"),
    "fsm --help": ("-m", "fsm", "--help"),
    "fsm play FILE": ("-m", "fsm", "play", "examples/scenarios/a-working-day.yaml"),
}
ROOT = Path(__file__).resolve().parents[1]


def seconds(checkout: Path, command: tuple[str, ...]) -> float:
    """Returns the time that a process of a checkout takes from start to end."""
    python = checkout / ".venv" / "bin" / "python"
    began = time.perf_counter()
    subprocess.run([python, *command], cwd=checkout, capture_output=True, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description="Start-up times.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    options = parser.parse_args()
    checkouts = {"": ROOT}
    if options.against:
        checkouts[f" ({options.against})"] = options.against.resolve()
    times: dict[tuple[str, str], list[float]] = {}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, end="\r")
        for place, checkout in checkouts.items():
            for name, command in COMMANDS.items():
                times.setdefault((name, place), []).append(seconds(checkout, command))
    print(file=sys.stderr)
    base = statistics.median(times["import transitions, attrs", ""])
    for (name, place), measured in times.items():
        middle = statistics.median(measured)
        print(f"{name + place:50} {middle * 1000:7.0f} ms {middle / base:6.2f}")


if __name__ == "__main__":
    main()
