import pytest

from fsm.diagrams.catalogue import CATALOGUE
from fsm.diagrams.reachability import reachable_rows
from fsm.recording.machine import RECORDING

PLANS = [entry.plan for entry in CATALOGUE.values() if entry.plan]


def test_every_row_of_the_machine_is_taken_under_some_plan():
    taken = frozenset().union(*map(reachable_rows, PLANS))
    assert taken == {row.definition for row in RECORDING.table.rows}


@pytest.mark.parametrize("plan", PLANS)
def test_a_third_participant_makes_no_further_row_possible(plan):
    assert reachable_rows(plan, people=("a", "b", "c")) == reachable_rows(plan)
