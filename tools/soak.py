"""Run the hub through many simulated worlds, power cuts at many writes, and real kills.

    python tools/soak.py [--seeds N] [--from N] [--images N] [--kills N] [--jobs N]
    python tools/soak.py --seed N

The second runs one seed and prints its trace. What the worlds are is told in
tests/simulation.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.kills import killing
from tests.simulation import power, world

CHUNK = 20
IMAGES_AT_ONCE = 500
COMMITS = 400
Result = tuple[int, Counter[str], list[str]]


def worlds(first: int, last: int) -> Result:
    """Live through some seeds; return how many, what happened and what was wrong."""
    counts: Counter[str] = Counter()
    wrong = []
    for seed in range(first, min(first + CHUNK, last)):
        try:
            lived = world.run(seed)
        except world.WrongError as error:
            wrong.append(f"seed {seed}: {error}")
            continue
        if not lived.counts["answers"]:
            wrong.append(f"seed {seed} gave no answer")
        counts.update(lived.counts)
    return min(CHUNK, last - first), counts, wrong


def cuts(seed: int, number: int) -> Result:
    """Cut the power of one load at some places; return how often, and what was wrong."""
    recording = power.recorded(COMMITS, seed)
    wrong = []
    for where, disk, allowed in power.images(recording, number, random.Random(seed)):
        try:
            power.check(where, disk, allowed)
        except world.WrongError as error:
            wrong.append(f"load {seed}, {error}")
    return number, Counter({"power cuts": number}), wrong


def together(what: str, number: int, results: Iterable[Result]) -> tuple[Counter[str], int]:
    """Gather results, and say how far it is."""
    counts: Counter[str] = Counter()
    done = found = 0
    begun = time.monotonic()
    for size, some, wrong in results:
        done += size
        counts.update(some)
        for each in wrong:
            found += 1
            print(f"\n{each}", flush=True)
        line = f"{done} of {number} {what}, {found} wrong, {time.monotonic() - begun:.0f} s"
        print(f"\r{line}", end="", flush=True)
    print()
    return counts, found


def _worlds(chunk: tuple[int, int]) -> Result:
    return worlds(*chunk)


def _cuts(chunk: tuple[int, int]) -> Result:
    return cuts(*chunk)


def show(seed: int) -> int:
    """Run one seed and print its trace."""
    try:
        lived, wrong = world.run(seed), ""
    except world.WrongError as error:
        lived, wrong = error.world, str(error)
    for at, *what in lived.trace:
        print(f"{at:12.6f}", *what)
    for each, times in sorted(lived.counts.items()):
        print(f"{times:8} {each}")
    print(wrong or f"seed {seed}: nothing is wrong")
    return bool(wrong)


def kills(number: int, seed: int) -> Result:
    """Kill a real service under load so often; return what happened and what was wrong."""

    def tell(done: int, record: killing.Record) -> None:
        line = f"{done + 1} of {number} kills, {len(record.answered)} events answered"
        print(f"\r{line}", end="", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        try:
            record, recorder = asyncio.run(
                killing.kill_again_and_again(Path(folder), number, seed, tell)
            )
        except AssertionError as error:
            print()
            return number, Counter(), [f"kills with --from {seed}: {error}"]
    print()
    return number, record.counts + recorder.changes, []


def main() -> int:
    """Run what the command line asks for; return 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10_000, help="how many worlds (10000)")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed (0)")
    parser.add_argument("--images", type=int, default=20_000, help="how many power cuts (20000)")
    parser.add_argument("--kills", type=int, default=100, help="how many real kills (100)")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes (2)")
    parser.add_argument("--seed", type=int, help="run this seed alone and print its trace")
    given = parser.parse_args()
    if given.seed is not None:
        return show(given.seed)
    last = given.first + given.seeds
    with multiprocessing.Pool(given.jobs) as pool:
        chunks = [(seed, last) for seed in range(given.first, last, CHUNK)]
        counts, wrong = together("worlds", given.seeds, pool.imap_unordered(_worlds, chunks))
        sizes = [min(IMAGES_AT_ONCE, given.images - n)
                 for n in range(0, given.images, IMAGES_AT_ONCE)]  # fmt: skip
        loads = [(given.first + n, size) for n, size in enumerate(sizes, 1)]
        more, also = together("power cuts", given.images, pool.imap_unordered(_cuts, loads))
    _, happened, broken = kills(given.kills, given.first) if given.kills else (0, Counter(), [])
    print(*broken, sep="\n")
    for each, times in sorted((counts + more + happened).items()):
        print(f"{times:10} {each}")
    return bool(wrong + also + len(broken))


if __name__ == "__main__":
    sys.exit(main())
