"""Faults put into the runtime on purpose: the simulation finds each of them.

The seeds are the same for all faults, from the first on, until one of them finds it.
"""

import pytest

from ..simulation.world import WrongError, run
from .faults import FAULTS, put_in

SEEDS = 600


@pytest.mark.parametrize("name", FAULTS)
def test_the_simulation_finds(name, monkeypatch):
    put_in(monkeypatch, name)
    for seed in range(SEEDS):
        try:
            run(seed)
        except WrongError:
            return
    pytest.fail(f"none of {SEEDS} seeds has found it")
