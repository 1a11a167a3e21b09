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
    "a hub whose closing is cancelled is not closed": 4,
    "a recorder that records nothing may have an old sequence": 5,
    "a lost recording is not started again": 2,
    "only the sequence of a status is compared": 8,
    "a correction counts as a new recording": 2,
    "accounts of a failed commit stay in memory": 30,
    "reads do not wait for the commit": 3,
    "writes of a killed process are not synced at the next start": 92,
    "two meetings have the same key": 2,
    "the last message is sent first": 58,
    "new messages do not interrupt the pause after a failure": 3,
    "a recorder may report any sequence": 38,
    "the failure of a recorder is not recorded": 2,
    "the sequence of messages begins again after a restart": 5,
    "recorders are not reconciled after a delivery": 52,
    "a meeting is closed without a last status check": 184,
    "a meeting is closed as soon as its stop is acknowledged": 284,
    "an event after the end closes the meeting again": 2,
    "the moments of timers are lost by a rollback": 172,
    "a grace does not begin anew after a restart": 2,
    "every timer begins anew after a restart": 3,
    "timers due at the start fire in the order of their openings": 182,
    "a firing is answered with a time before the last event": 11,
    "answers name timers without their times": 11,
    "an event that came in time is answered after the timer": 101,
    "a timer fires early": 3,
    "of two timers that are due together the wrong one fires": 30,
    "messages are committed after their events": 14,
    "timers that are due at the start wait for their alarms": 14,
    "event ids are accepted for another event": 3,
    "starts are not counted anew": 2,
    "a grace begins anew at every start": 35,
    "starts are counted anew at once": 2,
    "an event is answered before a timer that is due": 8,
    "a refused firing is never tried again": 352,
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
