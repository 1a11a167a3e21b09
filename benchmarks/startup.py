"""Start-up times of the command and of the core, as ratios to importing their dependencies.

    python benchmarks/startup.py [--rounds 15] [--against CHECKOUT]

Each command runs as a process of its own, in turn, in the ``.venv`` of this checkout and of the
other; the median of the rounds counts. Bytecode is cached, as for an installed package, in a
folder that is removed in the end: a first round that does not count fills it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASE = "import transitions, attrs"
# Each command with the ratio that it should not exceed.
COMMANDS: dict[str, tuple[tuple[str, ...], float]] = {
    BASE: (("-c", BASE), 1.0),
    "import fsm.recording": (("-c", "import fsm.recording"), 1.7),
    "fsm --help": (("-m", "fsm", "--help"), 1.0),
    "fsm play FILE": (("-m", "fsm", "play", "examples/scenarios/a-working-day.yaml"), 3.0),
}
ROOT = Path(__file__).resolve().parents[1]


def seconds(checkout: Path, command: tuple[str, ...], environment: dict[str, str]) -> float:
    """Returns the time that a process of a checkout takes from start to end."""
    python = checkout / ".venv" / "bin" / "python"
    began = time.perf_counter()
    subprocess.run(
        [python, *command], cwd=checkout, env=environment, capture_output=True, check=True
    )
    return time.perf_counter() - began


def measure(checkouts: list[Path], rounds: int) -> dict[tuple[str, Path], float]:
    """Returns the median seconds of each command in each checkout."""
    times: dict[tuple[str, Path], list[float]] = {}
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for number in range(rounds + 1):
            print(f"round {number} of {rounds}", file=sys.stderr, end="\r")
            for checkout in checkouts:
                for name, (command, _) in COMMANDS.items():
                    took = seconds(checkout, command, environment)
                    if number > 0:
                        times.setdefault((name, checkout), []).append(took)
    print(file=sys.stderr)
    return {key: statistics.median(measured) for key, measured in times.items()}


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description="Start-up times.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    options = parser.parse_args()
    checkouts = [ROOT] + ([options.against.resolve()] if options.against else [])
    medians = measure(checkouts, options.rounds)
    headings = "".join(f"{checkout!s:>24}" for checkout in checkouts)
    print(f"{'':26}{headings}{'at most':>10}")
    for name, (_, limit) in COMMANDS.items():
        columns = ""
        for checkout in checkouts:
            median = medians[name, checkout]
            ratio = median / medians[BASE, checkout]
            columns += f"{median * 1000:12.0f} ms {ratio:8.2f}"
        print(f"{name:26}{columns}{limit:10.1f}")


if __name__ == "__main__":
    main()
