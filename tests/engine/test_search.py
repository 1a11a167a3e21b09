"""What an exploration takes note of on its way, and whom it blames."""

from __future__ import annotations

import pytest

from .test_explore import FILL, OFF, ON, POUR, Kettle, run


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
