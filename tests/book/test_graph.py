"""The plans and the events of the graph."""

import attrs
import pytest

from fsm.book.graph import BOOK_PARTICIPANTS, END_WHEN_EMPTY, GRACE, events_for, every_plan
from fsm.recording.events import EVENTS
from fsm.verify.plan_invariants import plan_effect, resolve_all


def test_every_plan_with_another_effect_is_in_the_book():
    resolved = {
        attrs.evolve(
            plan_effect(plan), grace=plan.grace and GRACE,
            end_when_empty=plan.end_when_empty and END_WHEN_EMPTY,
        )
        for plan in resolve_all().plans
    }  # fmt: skip
    assert {plan_effect(plan) for plan in every_plan()} == resolved
    assert len(every_plan()) == len(resolved)


@pytest.mark.parametrize("present", range(BOOK_PARTICIPANTS + 1))
def test_every_event_is_tried(present):
    triggers = {trigger for event in events_for(present) for trigger in event}
    assert triggers == {event.trigger for event in EVENTS}
