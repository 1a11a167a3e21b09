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
    "a hub whose closing is cancelled is not closed": 7,
    "a recorder that records nothing may have an old sequence": 4,
    "a lost recording is not started again": 4,
    "only the sequence of a status is compared": 8,
    "a correction counts as a new recording": 8,
    "accounts of a failed commit stay in memory": 111,
    "reads do not wait for the commit": 3,
    "writes of a killed process are not synced at the next start": 92,
    "two meetings have the same key": 55,
    "the last message is sent first": 58,
    "a gap counts as an acknowledgement": 7,
    "new messages do not interrupt the pause after a failure": 40,
    "a recorder may report any sequence": 69,
    "the failure of a recorder is not recorded": 2,
    "a correction has an old sequence": 7,
    "the sequence of messages begins again after a restart": 5,
    "recorders are not reconciled after a delivery": 67,
    "a meeting is closed without a last status check": 109,
    "a meeting is closed as soon as its stop is acknowledged": 157,
    "an event after the end closes the meeting again": 2,
    "alarms are not set again after a failed commit": 157,
    "the moments of timers are lost by a rollback": 149,
    "a grace does not begin anew after a restart": 14,
    "every timer begins anew after a restart": 3,
    "timers that are due at the start fire in the order of their openings": 121,
    "timers are not started with the hub": 11,
    "a firing is answered with a time before the last event": 11,
    "answers name timers without their times": 11,
    "an event that came in time is answered after the timer": 240,
    "a timer fires early": 3,
    "of two timers that are due together the wrong one fires": 31,
    "messages are sent before the commit": 3,
    "new messages do not interrupt a status check": 2,
    "all pending messages count as delivered with the first": 2,
    "messages are committed after their events": 14,
    "a dead recorder of one meeting delays the others": 2,
    "timers that are due at the start wait for their alarms": 73,
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
