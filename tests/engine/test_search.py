"""What an exploration takes note of on its way, and whom it blames."""

from __future__ import annotations

import pytest

from fsm.engine.explore import explore

from .test_explore import FILL, OFF, ON, POUR, START, Kettle, never, run, table, world


def test_nothing_is_counted_where_nothing_is_named() -> None:
    assert run().observed == {}


@pytest.mark.parametrize(
    ("press", "left"),
    [
        ([ON, OFF], {"off", "on"}),
        ([ON, {**OFF, "dest": "on"}], {"off"}),
        ([ON, {**OFF, "dest": None}], {"off"}),
    ],
)
def test_a_state_is_left_only_for_another(press: list[dict[str, object]], left: set[str]) -> None:
    assert run(FILL, POUR, *press).left == left


def test_who_is_blamed_was_one_of_the_events_of_that_model_and_memory() -> None:
    def events(model: Kettle, memory: str) -> list[tuple[str, str]]:
        assert memory == "of the way"
        return [("press", "press"), ("pour", "pour")] if model.cups else [("fill", "tap")]

    [violation] = run(
        FILL, ON, OFF, {**POUR, "conditions": ["drips"]},
        starts=((Kettle(), "of the way"),), events=events, remember=lambda step: step.memory,
    ).violations  # fmt: skip
    assert violation.what == "to ask about 'pour' in 'off' changes the model"
    assert violation.events == ("tap", "pour")


def test_a_row_that_is_not_the_first_one_can_be_to_blame() -> None:
    dripping = {**ON, "dest": None, "conditions": ["drips"], "unless": ["is_sound"]}
    [violation] = run(FILL, ON, dripping, OFF, POUR).violations
    assert violation.what == "to ask about 'press' in 'off' changes the model"


def test_effects_are_given_the_event_that_is_tried() -> None:
    seen: list[str] = []
    run({**FILL, "after": ["fills", seen.append]}, ON, OFF, POUR)
    assert seen == ["tap", "tap"]


def test_an_exploration_goes_on_after_what_broke_if_nothing_else_is_said() -> None:
    never_on = never("never on", lambda step: step.after.state == "on")
    never_wet = never("never wet", lambda step: step.after.cups > 0)
    found = explore(table(), START, world(properties=(never_wet, never_on)))
    assert [each.name for each in found.violations] == ["never wet", "never on"]
    assert found.situations == 5
