"""Faults planted in the runtime, each of which the simulation must find.

For each fault one world after another runs, until one has a violation.
"""

import pytest

from ..simulation.checks import ViolationError
from ..simulation.world import run
from .faults import FAULTS, plant

pytestmark = pytest.mark.durable

SEEDS = 600
# Rare faults: the first seed that found each is tried first.
FOUND_BY = {
    "writes of a killed process are not synced at the next start": 149,
    "a meeting is closed without a last status check": 180,
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_simulation_finds_the_fault(name, monkeypatch):
    plant(monkeypatch, name)
    for seed in (FOUND_BY.get(name, 0), *range(SEEDS)):
        try:
            run(seed)
        except ViolationError:
            return
    pytest.fail(f"{SEEDS} worlds without a violation")
