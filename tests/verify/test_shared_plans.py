"""Plans explored together: a step is shared only between plans that it cannot tell apart."""

from collections import Counter

import pytest

from fsm.recording import machine
from fsm.recording.plan import Plan
from fsm.verify import verifier

from .faulty import TABLE, find, plans, plans_with_timers, put_in, verify_few_plans, with_method


def test_plans_explored_together_give_what_each_gives_alone():
    explored = [*plans(), *plans_with_timers()[2::3]]
    together = verifier.explore_plans(explored, 1)
    alone = [verifier.explore_plans([plan], 1) for plan in explored]
    assert together.situations == sum(each.situations for each in alone)
    assert together.steps == sum(each.steps for each in alone)
    assert together.taken == sum((each.taken for each in alone), Counter())
    assert together.observed == sum((each.observed for each in alone), Counter())
    assert together.stuck == {plan: states for each in alone for plan, states in each.stuck.items()}
    for name in ("evidence", "preconditions"):
        for part, evidence in getattr(together, name).items():
            answers = [getattr(each, name)[part].answers for each in alone]
            assert evidence.answers == set().union(*answers)


# For each field a plan that others equal in every other field.
PLANS = {
    "kind": Plan("local"),
    "started_by": Plan("cloud", "anyone"),
    "host_may_pause": Plan("cloud", "host", False),
    "kinds": Plan(kinds=("local",)),
    "grace": Plan(grace=600),
    "end_when_empty": Plan(end_when_empty=604_800),
}


@pytest.mark.parametrize(("field", "faulty"), PLANS.items(), ids=PLANS)
@pytest.mark.parametrize(
    ("name", "length"), [("change_role", 2), ("remove_participant", 2), ("add_participant", 1)]
)
def test_a_fault_under_a_single_plan_is_found_even_if_it_reads_one_field_only(
    field, faulty, name, length
):
    explored = [*plans(), *plans_with_timers()]
    assert faulty in explored
    right = getattr(machine.RecordingModel, name)

    def wrong(self, event):
        right(self, event)
        if self.plan == faulty:
            self.hosts += 1

    def wrong_by_one_field(self, event):
        right(self, event)
        if getattr(self.plan, field) == getattr(faulty, field):
            self.hosts += 1

    for fault in (wrong, wrong_by_one_field):
        violations = find(
            *TABLE, model=with_method(name, fault), participants=1, plans=lambda: explored
        )
        [violation] = [each for each in violations if "reference model" in each.name]
        assert len(violation.events) == length
        assert getattr(violation.variant, field) == getattr(faulty, field)


def test_a_violation_has_the_settings_of_a_plan_that_shows_it(monkeypatch):
    right = machine.RecordingModel.end_meeting

    def wrong(self, event):
        if self.plan.kinds != ("local",):
            right(self, event)

    put_in(monkeypatch, *TABLE, model=with_method("end_meeting", wrong))
    verify_few_plans(monkeypatch, plans)
    violations = verifier.verify(1).violations
    assert violations
    assert {violation.settings.resolve().plan.kinds for violation in violations} == {("local",)}
