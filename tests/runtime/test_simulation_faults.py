"""Faults planted in the runtime, each of which the simulation must find.

For each fault the seeds run from the first on, until a world has a violation.
"""

import pytest

from ..simulation.checks import ViolationError
from ..simulation.world import run
from .faults import FAULTS, plant

pytestmark = pytest.mark.durable

SEEDS = 600


@pytest.mark.parametrize("name", FAULTS)
def test_the_simulation_finds_the_fault(name, monkeypatch):
    plant(monkeypatch, name)
    for seed in range(SEEDS):
        try:
            run(seed)
        except ViolationError:
            return
    pytest.fail(f"{SEEDS} worlds without a violation")
