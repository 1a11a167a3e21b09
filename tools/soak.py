"""Soak test of the runtime: simulated worlds, power cuts at many writes, and real kills.

    python tools/soak.py [--seeds N] [--from N] [--power-cuts N] [--kills N] [--timer-kills N]
                         [--janus-kills N] [--jobs N]
    python tools/soak.py --seed N
    python tools/soak.py --cluster [--minutes N] [--from N]

The second form runs the world of one seed, and prints its trace. The third kills nodes and services
of a cluster in turn, under load, and needs a Restate server. ``tests/simulation`` describes the
worlds, ``tests/kills`` and ``tests/integrations/janus/killing.py`` the kills.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import attrs

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fsm.integrations.janus.launch import JanusProcess, missing_program
from tests.integrations.janus import killing as janus
from tests.kills import cluster, killing, timers
from tests.simulation import checks, power, world

SEEDS_PER_TASK = 20
CUTS_PER_TASK = 500
COMMITS_PER_LOAD = 400


@attrs.frozen
class Result:
    """The result of some simulations, power cuts or kills.

    Args:
        size: the number of them.
        counts: the number of occurrences of everything that happened.
        violations: the broken promises, as text.
    """

    size: int
    counts: Counter[str]
    violations: list[str]


def simulate(seeds: range) -> Result:
    """Runs the worlds of some seeds."""
    counts: Counter[str] = Counter()
    violations = []
    for seed in seeds:
        try:
            finished = world.run(seed)
        except checks.ViolationError as error:
            violations.append(f"seed {seed}: {error}")
            continue
        if not finished.counts["answers"]:
            violations.append(f"seed {seed} has no answers")
        counts.update(finished.counts)
    return Result(len(seeds), counts, violations)


def cut_power(load: tuple[int, int]) -> Result:
    """Cuts the power of a load, given by its seed and the number of cuts."""
    seed, number = load
    recorded = power.record_load(COMMITS_PER_LOAD, seed)
    violations = []
    for cut, disk, allowed in power.cut_disks(recorded, number, random.Random(seed)):
        try:
            power.check_cut_disk(cut, disk, allowed)
        except checks.ViolationError as error:
            violations.append(f"load {seed}, {error}")
    return Result(number, Counter({"power cuts": number}), violations)


def kill_service(number: int, seed: int) -> Result:
    """Kills a real service under load."""

    def progress(done: int, answers: killing.Answers) -> None:
        line = f"{done + 1} of {number} kills, {len(answers.received)} events answered"
        print(f"\r{line}", end="", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        try:
            answers, recorder = asyncio.run(
                killing.kill_repeatedly(Path(folder), number, seed, progress)
            )
        except AssertionError as error:
            return Result(number, Counter(), [f"kills with --from {seed}: {error}"])
        finally:
            print()
    return Result(number, answers.counts + recorder.counts, [])


def kill_between_timers(number: int, seed: int) -> Result:
    """Kills a real service between the setting and the firing of timers."""

    def progress(done: int) -> None:
        print(f"\r{done + 1} of {number} kills between timers", end="", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        try:
            counts = asyncio.run(timers.kill_between_timers(Path(folder), number, seed, progress))
        except AssertionError as error:
            violation = f"kills between timers with --from {seed}: {error}"
            return Result(number, Counter(), [violation])
        finally:
            print()
    return Result(number, counts, [])


def kill_around_janus(number: int, seed: int) -> Result:
    """Kills Janus, the service, and both in the middle of recordings."""
    missing = missing_program()
    if missing is not None:
        return Result(0, Counter(), [missing])
    stories = {
        "Janus": janus.kill_janus,
        "the service": janus.kill_service,
        "Janus and the service": partial(janus.kill_janus, with_service=True),
    }
    violations = []
    for name, story in stories.items():
        with tempfile.TemporaryDirectory() as folder:
            process = JanusProcess(janus.settings_in(Path(folder)))
            process.start()
            try:
                janus.run(process, Path(folder), partial(_with_seed, story, number, seed))
            except AssertionError as error:
                violations.append(f"kills of {name} with --from {seed}: {error!r}")
            finally:
                process.kill()
        print(f"{number} kills of {name}", flush=True)
    return Result(3 * number, Counter({"kills around Janus": 3 * number}), violations)


async def _with_seed(story: Any, number: int, seed: int, deployment: Any) -> None:
    await story(deployment, number, random.Random(seed))


def kill_cluster(minutes: float, seed: int) -> Result:
    """Kills nodes and services of a real cluster in turn, for some minutes."""
    began = time.monotonic()
    kills = 0

    def progress(done: int, answers: killing.Answers) -> bool:
        nonlocal kills
        kills = done + 1
        seconds = time.monotonic() - began
        line = f"{kills} kills, {len(answers.received)} events answered, {seconds:.0f} s"
        print(f"\r{line}", end="", flush=True)
        return seconds < 60 * minutes

    folder = Path(tempfile.mkdtemp(prefix="soak-cluster-"))
    try:
        answers, recorder = asyncio.run(cluster.kill_cluster(folder, seed, progress))
    except Exception as error:
        faults = "".join(traceback.format_exception(error))
        return Result(kills, Counter(), [f"cluster with --from {seed}, in {folder}: {faults}"])
    finally:
        print()
    shutil.rmtree(folder)
    return Result(kills, answers.counts + recorder.counts, [])


def collect(name: str, total: int, results: Iterable[Result]) -> Result:
    """Adds up results, and prints violations and progress meanwhile."""
    counts: Counter[str] = Counter()
    violations: list[str] = []
    done = 0
    began = time.monotonic()
    for result in results:
        done += result.size
        counts.update(result.counts)
        violations += result.violations
        for violation in result.violations:
            print(f"\n{violation}", flush=True)
        seconds = time.monotonic() - began
        line = f"{done} of {total} {name}, {len(violations)} violations, {seconds:.0f} s"
        print(f"\r{line}", end="", flush=True)
    print()
    return Result(done, counts, violations)


def print_trace(seed: int) -> int:
    """Runs the world of one seed, and prints its trace; returns 1 after a violation."""
    violation = ""
    try:
        finished = world.run(seed)
    except checks.ViolationError as error:
        finished, violation = error.world, str(error)
    for at, *words in finished.trace:
        print(f"{at:12.6f}", *words)
    for name, times in sorted(finished.counts.items()):
        print(f"{times:8} {name}")
    print(violation or f"seed {seed}: no violations")
    return bool(violation)


def main() -> int:
    """Runs the command; returns 1 after a violation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10_000, help="number of worlds (10000)")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed (0)")
    parser.add_argument("--power-cuts", type=int, default=20_000, help="number of cuts (20000)")
    parser.add_argument("--kills", type=int, default=100, help="number of kills (100)")
    parser.add_argument("--timer-kills", type=int, default=50, help="number of kills (50)")
    parser.add_argument("--janus-kills", type=int, default=20, help="number of kills (20)")
    parser.add_argument("--jobs", type=int, default=2, help="number of processes (2)")
    parser.add_argument("--seed", type=int, help="run only this seed, and print its trace")
    parser.add_argument("--cluster", action="store_true", help="only kills of a cluster")
    parser.add_argument("--minutes", type=float, default=5.0, help="of the kills of a cluster (5)")
    args = parser.parse_args()
    if args.seed is not None:
        return print_trace(args.seed)
    if args.cluster:
        return print_results([kill_cluster(args.minutes, args.first)])
    seeds = range(args.first, args.first + args.seeds)
    tasks = [seeds[at : at + SEEDS_PER_TASK] for at in range(0, len(seeds), SEEDS_PER_TASK)]
    loads = [
        (args.first + number, min(CUTS_PER_TASK, args.power_cuts - done))
        for number, done in enumerate(range(0, args.power_cuts, CUTS_PER_TASK), 1)
    ]
    with multiprocessing.Pool(args.jobs) as pool:
        results = [
            collect("worlds", args.seeds, pool.imap_unordered(simulate, tasks)),
            collect("power cuts", args.power_cuts, pool.imap_unordered(cut_power, loads)),
        ]
    for kill, number in (
        (kill_service, args.kills),
        (kill_between_timers, args.timer_kills),
        (kill_around_janus, args.janus_kills),
    ):
        if number:
            killed = kill(number, args.first)
            results.append(killed)
    return print_results(results)


def print_results(results: list[Result]) -> int:
    """Prints violations and counts; returns 1 after a violation."""
    for result in results:
        for violation in result.violations:
            print(violation)
    counts = sum((result.counts for result in results), Counter())
    for name, times in sorted(counts.items()):
        print(f"{times:10} {name}")
    return any(result.violations for result in results)


if __name__ == "__main__":
    sys.exit(main())
