import pytest

from fsm.diagrams.catalogue import CATALOGUE
from fsm.diagrams.reachability import reachable_rows
from fsm.recording.machine import RECORDING

PLANS = [spec.plan for spec in CATALOGUE.values() if spec.plan]


def test_every_row_of_the_machine_is_reachable_under_some_plan():
    reachable = frozenset().union(*map(reachable_rows, PLANS))
    assert reachable == {row.definition for row in RECORDING.table.rows}


@pytest.mark.parametrize("plan", PLANS)
def test_a_third_participant_makes_no_further_row_reachable(plan):
    assert reachable_rows(plan, participants=("a", "b", "c")) == reachable_rows(plan)
