"""What an exploration takes note of on its way, and whom it blames."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from fsm.engine import Machine
from fsm.engine.explore import explore
from fsm.engine.state_space import ExploredStep

from .test_explore import (
    BOTTOMLESS,
    EVENTS,
    FILL,
    FULL,
    OFF,
    ON,
    POUR,
    START,
    Kettle,
    never,
    run,
    table,
    world,
)


def test_nothing_is_counted_where_nothing_is_named() -> None:
    assert run().observed == {}


@pytest.mark.parametrize(
    ("press", "stuck"),
    [
        ([ON, OFF], set()),
        ([ON, {**OFF, "dest": "on"}], {"on"}),
        ([ON, {**OFF, "dest": None}], {"on"}),
    ],
)
def test_a_state_is_left_only_for_another(press: list[dict[str, object]], stuck: set[str]) -> None:
    assert run(FILL, POUR, *press).stuck == {None: stuck}


def test_who_is_blamed_was_one_of_the_events_of_that_model_and_memory() -> None:
    def events(model: Kettle, memory: str) -> list[tuple[str, str]]:
        assert memory == "of the way"
        return [("press", "press"), ("pour", "pour")] if model.cups else [("fill", "tap")]

    [violation] = run(
        FILL, ON, OFF, {**POUR, "conditions": ["drips"]},
        starts=((Kettle(), "of the way"),), events=events, remember=lambda step: step.memory,
    ).violations  # fmt: skip
    assert violation.problem == "deciding 'pour' in 'off' changes the model"
    assert violation.events == ("tap", "pour")


def test_a_row_that_is_not_the_first_one_can_be_to_blame() -> None:
    dripping = {**ON, "dest": None, "conditions": ["drips"], "unless": ["is_sound"]}
    [violation] = run(FILL, ON, dripping, OFF, POUR).violations
    assert violation.problem == "deciding 'press' in 'off' changes the model"


def test_actions_are_given_the_event_that_is_tried() -> None:
    seen: list[str] = []
    run({**FILL, "after": ["fills", seen.append]}, ON, OFF, POUR)
    assert seen == ["tap", "tap"]


def test_an_exploration_goes_on_after_what_broke_if_nothing_else_is_said() -> None:
    never_on = never("never on", lambda step: step.after.state == "on")
    never_wet = never("never wet", lambda step: step.after.cups > 0)
    found = explore(table(), START, world(properties=(never_wet, never_on)))
    assert [each.name for each in found.violations] == ["never wet", "never on"]
    assert found.situations == 5


@attrs.define
class Sieve(Kettle):
    def leaks(self, event: str) -> bool:
        if event == "tap":
            self.cups = 0
        return True


def test_only_an_event_that_changes_the_model_when_asked_about_is_to_blame() -> None:
    machine = Machine(states=["off"], initial="off", auto_transitions=False)
    machine.add_transition("press", "off", None, conditions="has_room", after="fills")
    machine.add_transition("fill", "off", None, conditions="leaks")
    machine.add_transition("pour", "off", None, conditions="has_water", after="empties")
    [violation] = explore(machine.freeze(Sieve).table, [(Sieve(), None)], world()).violations
    assert violation.problem == "deciding 'fill' in 'off' changes the model"


def test_every_event_is_tried_even_where_broken_steps_are_no_longer_followed() -> None:
    never_full = never("never more than full", lambda step: step.after.cups > FULL)
    found = run(BOTTOMLESS, ON, OFF, POUR, properties=(never_full,))
    assert found.situations > 100
    assert found.steps == found.situations * len(EVENTS)


def test_rows_that_hold_at_once_are_a_broken_step_like_any_other() -> None:
    one = {**BOTTOMLESS, "conditions": ["is_sound"]}
    other = {**BOTTOMLESS, "conditions": ["has_water"]}
    found = run(
        one, other, ON, OFF, events=lambda model, memory: [("fill", "tap")], max_situations=1000
    )
    assert [each.problem for each in found.violations] == [
        "rows 1 and 2 of 'fill' in 'off' pass at once"
    ]
    assert found.situations == 2 + 100


def test_worlds_steps_and_violations_are_equal_to_themselves_alone() -> None:
    steps: list[ExploredStep[Any]] = []
    never_wet = never("never wet", lambda step: steps.append(step) or step.after.cups > 0)
    frozen, given = table(), {"properties": (never_wet,), "events": lambda *_: EVENTS}
    given["key"] = lambda model, memory: attrs.astuple(model)
    [one] = explore(frozen, START, world(**given)).violations
    [other] = explore(frozen, START, world(**given)).violations
    for some, others in (
        (one, other),
        (world(**given), world(**given)),
        (steps[0], steps[len(steps) // 2]),
    ):
        assert some == some
        assert some != others
        assert len({some, others}) == 2


def test_guards_of_rows_are_asked_about_the_event_that_is_tried() -> None:
    steps: list[ExploredStep[Any]] = []
    run(
        FILL, ON, OFF, {**POUR, "conditions": ["has_water", "at_tap"]},
        events=lambda model, memory: [("fill", "tap"), ("pour", "pour"), ("pour", "away")],
        properties=(never("seen", steps.append),),
    )  # fmt: skip
    poured = {each.event for each in steps if each.trigger == "pour" and each.after != each.before}
    assert poured == {"pour"}


def test_what_a_trigger_requires_is_asked_about_the_model() -> None:
    machine = Machine(
        states=["off"], initial="off", auto_transitions=False, preconditions={"fill": "has_room"}
    )
    machine.add_transition("fill", "off", None, after="fills")
    given = world(events=lambda model, memory: [("fill", "tap")])
    found = explore(machine.freeze(Kettle).table, START, given)
    assert (found.situations, found.violations) == (FULL + 1, [])
