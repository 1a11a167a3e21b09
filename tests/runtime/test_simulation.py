"""The hub in simulated worlds; ``python tools/soak.py`` runs many more of them."""

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ..simulation.loop import SimulatedLoop, StuckError
from ..simulation.world import WrongError, run
from .faults import put_in

pytestmark = pytest.mark.durable

ROOT = Path(__file__).resolve().parents[2]
SEEDS, AT_ONCE = 300, 30
# What must have happened in each thirty worlds; the counts are far above one.
HAPPENED = {
    "meetings opened", "reads", "watched", "accounts", "conflicts", "closed in peace",
    "repeats at once", "repeats later", "repeats after a restart", "answers after the end",
    "answers looked for on the disk", "whole disks looked at", "clients that did not wait",
    "refused by the journal", "crash: kill", "crash: none",
    "recorder dead", "recorder forgot everything", "recorder lost a recording",
    "request lost", "came again", "gap",
}  # fmt: skip
# And in all of them together.
HAPPENED_AT_ALL = {
    "busy", "boots that failed",
    *(f"crash: {how}" for how in ("all", "first", "some", "torn")),
    *(f"crash at: {where} {what}" for where in ("before", "after")
      for what in ("write", "sync", "commit")),
    *(f"crash at: {where}" for where in ("answer", "send", "ask", "arrived", "replied",
                                         "any time")),
    *(f"disk: {error} at {what}" for error in ("IOError", "FullError")
      for what in ("write", "sync")),
    "disk: IOError at read",
    "recorder lied", "recorder did nothing", "recorder slow", "reply lost", "request duplicated",
    "request late", "recorder talked nonsense", "closing cancelled",
}  # fmt: skip


def run_some(seeds):
    for seed in range(seeds):
        run(seed)


@pytest.fixture(scope="module")
def total():
    return Counter()


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_nothing_is_lost_in(first, total):
    counts = Counter()
    for seed in range(first, first + AT_ONCE):
        world = run(seed)
        assert world.counts["answers"] > 1, f"seed {seed} asked for nothing"
        counts.update(world.counts)
    assert {each for each in HAPPENED if not counts[each]} == set()
    total.update(counts)
    total["chunks"] += 1


def test_everything_went_wrong_somewhere(total):
    if total["chunks"] < SEEDS / AT_ONCE:
        # Asked for alone.
        for seed in range(SEEDS):
            total.update(run(seed).counts)
    assert {each for each in HAPPENED_AT_ALL if not total[each]} == set()


@pytest.mark.parametrize("seed", [3, 142])
def test_a_seed_always_gives_the_same_world(seed):
    one, other = run(seed), run(seed)
    assert len(one.trace) > 100
    assert one.trace == other.trace
    assert one.trace != run(seed + 1).trace


def test_a_seed_gives_the_same_world_in_every_process():
    def printed(hashes):
        command = [sys.executable, ROOT / "tools" / "soak.py", "--seed", "7"]
        environment = {**os.environ, "PYTHONHASHSEED": hashes}
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    assert printed("1") == printed("2")


def test_a_seed_that_fails_says_how_to_see_it_again(monkeypatch):
    put_in(monkeypatch, "an event is not written")
    with pytest.raises(WrongError, match=r"python tools/soak\.py --seed \d+") as caught:
        run_some(20)
    assert any("WRONG" in line for line in caught.value.world.trace)


def test_the_simulated_time_does_not_wait():
    loop = SimulatedLoop(random.Random(0))
    begun = loop.time()
    loop.run_until_complete(asyncio.sleep(86_400 * 3))
    assert loop.time() - begun == pytest.approx(86_400 * 3)
    with pytest.raises(StuckError):
        loop.run_until_complete(loop.create_future())
    loop.close()
