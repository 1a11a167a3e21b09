"""The hub in simulated worlds; ``python tools/soak.py`` runs many more of them."""

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ..simulation.checks import ViolationError
from ..simulation.loop import SimulatedLoop, StuckError
from ..simulation.world import run
from .faults import plant

pytestmark = pytest.mark.durable

ROOT = Path(__file__).resolve().parents[2]
SEEDS, CHUNK = 90, 30
MAX_SEEDS = 300
# Occurrences in each chunk of worlds; the counts are far above one.
FREQUENT = {
    "meetings opened", "reads", "entries watched",
    "account requests", "conflicts",
    "clean shutdowns", "retries during the request", "retries in the same process",
    "retries after a restart", "answers after the end", "durability checks", "journal checks",
    "requests cancelled", "journal errors", "crash: kill", "crash: none",
    "recorder unreachable", "recorder lost its state", "recorder lost a recording",
    "request lost", "duplicate message", "gap", "starts under other rules",
    "timers fired", "exports played", "wall clock set forward", "wall clock set back",
    "clock of the loop set forward",
}  # fmt: skip
# Occurrences in some world.
RARE = {
    "busy", "failed starts", "openings of meetings that are over",
    *(f"crash: {mode}" for mode in ("all", "first", "some", "torn")),
    *(f"crash at: {when} {operation}" for when in ("before", "after")
      for operation in ("write", "sync", "commit")),
    *(f"crash at: {point}" for point in ("answer", "send", "status check", "message arrived",
                                         "recorder answered", "any time")),
    *(f"disk: {error} at {operation}" for error in ("IOError", "FullError")
      for operation in ("write", "sync")),
    "disk: IOError at read",
    "false answer", "command ignored", "recorder slow", "reply lost", "request duplicated",
    "request delayed", "impossible answer", "shutdowns cancelled",
    "timers due at the start", "starts at which no grace begins anew",
    "wake-ups lost", "wake-ups doubled", "commits of firings that fail",
    "crash at: a timer is due", "crash at: a timer has fired",
}  # fmt: skip
# Worlds that show all of these together are tried first. If they are outdated, all others follow.
SHOW_RARE = (7, 17, 28, 29, 30, 32, 33, 51, 65, 67, 92, 99)


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_promise_is_broken_in_the_worlds_from_seed(first):
    counts = Counter()
    for seed in range(first, first + CHUNK):
        world = run(seed)
        assert world.counts["answers"] > 1, f"seed {seed} has no answers"
        counts.update(world.counts)
    assert {each for each in FREQUENT if not counts[each]} == set()


def test_every_kind_of_fault_occurs_in_some_world():
    total = Counter()
    for seed in (*SHOW_RARE, *range(MAX_SEEDS)):
        if set(total) >= RARE:
            break
        total.update(run(seed).counts)
    assert {each for each in RARE if not total[each]} == set()


@pytest.mark.parametrize("seed", [3, 142])
def test_a_seed_always_gives_the_same_world(seed):
    one, other = run(seed), run(seed)
    assert len(one.trace) > 100
    assert one.trace == other.trace
    assert one.trace != run(seed + 1).trace


def test_a_seed_gives_the_same_world_in_every_process():
    def trace(hash_seed):
        command = [sys.executable, ROOT / "tools" / "soak.py", "--seed", "7"]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    assert trace("1") == trace("2")


def test_a_violation_comes_with_the_command_that_repeats_it(monkeypatch):
    def run_some():
        for seed in range(20):
            run(seed)

    plant(monkeypatch, "an event is not written")
    with pytest.raises(ViolationError, match=r"python tools/soak\.py --seed \d+") as caught:
        run_some()
    assert any("VIOLATION" in line for line in caught.value.world.trace)


def test_simulated_time_passes_without_waiting_and_a_deadlock_is_an_error():
    loop = SimulatedLoop(random.Random(0))
    began = loop.time()
    loop.run_until_complete(asyncio.sleep(86_400 * 3))
    assert loop.time() - began == pytest.approx(86_400 * 3)
    with pytest.raises(StuckError):
        loop.run_until_complete(loop.create_future())
    loop.close()
