"""Faults planted in the runtime, each of which the simulation must find.

For each fault one world after another runs, until one has a violation.
"""

import pytest

from ..simulation.checks import ViolationError
from ..simulation.world import run
from .faults import FAULTS, plant

pytestmark = pytest.mark.durable

SEEDS = 600
# A world that shows a fault quickly is tried first, unless it is one of the first two anyway. With
# an outdated number the fault is still found, only later.
FOUND_BY = {
    "a hub whose closing is cancelled is not closed": 3,
    "a recorder that records nothing may have an old sequence": 2,
    "a lost recording is not started again": 2,
    "only the sequence of a status is compared": 4,
    "recorders are not checked at the start": 14,
    "a correction counts as a new recording": 8,
    "requests of a failed commit are answered as if it had succeeded": 2,
    "accounts of a failed commit stay in memory": 111,
    "reads are answered with the state of a failed commit": 2,
    "reads do not wait for the commit": 3,
    "writes of a killed process are not synced at the next start": 92,
    "two meetings have the same key": 2,
    "the last message is sent first": 14,
    "a gap counts as an acknowledgement": 7,
    "new messages do not interrupt the pause after a failure": 40,
    "a recorder may report any sequence": 26,
    "the failure of a recorder is not recorded": 7,
    "pending messages are not cancelled when the recorder has failed": 7,
    "a correction has an old sequence": 7,
    "a correction expects the sequence of lost messages": 6,
    "the sequence of messages begins again after a restart": 4,
    "recorders are not reconciled after a delivery": 102,
    "a meeting is closed without a last status check": 4,
    "a meeting is closed as soon as its stop is acknowledged": 44,
    "an event after the end closes the meeting again": 2,
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_simulation_finds_the_fault(name, monkeypatch):
    plant(monkeypatch, name)
    for seed in dict.fromkeys((FOUND_BY.get(name, 0), *range(SEEDS))):
        try:
            run(seed)
        except ViolationError:
            return
    pytest.fail(f"{SEEDS} worlds without a violation")
