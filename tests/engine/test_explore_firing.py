"""Exploration of machines that only firing can drive, and of events without a single argument."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from fsm.engine import Machine, Refusal, Row
from fsm.engine.exploration import Exploration
from fsm.engine.explore import explore
from fsm.engine.state_space import ExploredStep, Property, StateSpace


@attrs.define
class Pump:
    """A pump with a tank of two litres."""

    state: str = "off"
    litres: int = 0
    prepared: int = 0

    def is_full(self, *_: Any) -> bool:
        return self.litres == 2

    def has_room_for(self, litres: int, spare: int) -> bool:
        return self.litres + litres + spare <= 2

    def fill(self, litres: int, spare: int) -> None:
        self.litres += litres

    def is_off(self) -> bool:
        return self.state == "off"

    def empty(self, *_: Any) -> None:
        self.litres = 0

    def leads_to_on(self, event: Any) -> bool:
        return bool(event.transition.dest == "on")

    def prepare(self, *_: Any) -> None:
        self.prepared = 1

    def is_prepared(self, *_: Any) -> bool:
        return self.prepared == 1

    def leak(self, *_: Any) -> bool:
        self.litres = 0
        return True

    def fire_again(self) -> None:
        MACHINES["nested"].fire(self, "push")


MACHINES: dict[str, Machine] = {}


def made(*rows: dict[str, Any] | list[Any], **options: Any) -> Machine:
    return Machine(
        states=["off", "on"], initial="off", transitions=list(rows), auto_transitions=False,
        **options,
    ).freeze(Pump, starts=["on"])  # fmt: skip


def explored(
    machine: Machine, *events: tuple[str, *tuple[Any, ...]], check: Any = lambda step: None
) -> Exploration[Pump]:
    space: StateSpace[Pump] = StateSpace(
        events=lambda pump, memory: events,
        copy=attrs.evolve,
        key=lambda pump, memory: attrs.astuple(pump),
        properties=(Property("holds", (), check),),
    )
    return explore(machine.table, [(Pump(), None)], space)


PUSH = {"trigger": "push", "source": "off", "dest": "on", "conditions": "is_full"}
FILL = {"trigger": "fill", "source": "off", "dest": None, "conditions": "has_room_for",
        "after": "fill"}  # fmt: skip
REST = {"trigger": "rest", "source": "on", "dest": "off", "after": "empty"}


def test_events_may_have_any_number_of_arguments() -> None:
    steps: list[ExploredStep[Pump]] = []
    found = explored(made(PUSH, FILL, REST), ("push",), ("fill", 1, 0), ("rest",),
                     check=steps.append)  # fmt: skip
    assert found.violations == []
    assert (found.situations, found.steps) == (4, 12)
    assert {row.trigger for row in found.taken} == {"push", "fill", "rest"}
    assert {step.trigger: step.event for step in steps} == {
        "push": None, "fill": (1, 0), "rest": None,
    }  # fmt: skip
    assert not any(each.undecided() for each in found.evidence.values())


def test_a_refusal_leaves_the_model_itself() -> None:
    steps: list[ExploredStep[Pump]] = []
    explored(made(PUSH), ("push",), check=steps.append)
    [step] = steps
    assert isinstance(step.decision, Refusal)
    assert step.after is step.before


def test_a_state_without_a_row_refuses() -> None:
    found = explored(made(REST), ("rest",))
    assert (found.situations, found.steps, found.violations) == (1, 1, [])


def test_guards_of_a_machine_with_send_event_see_the_transition() -> None:
    machine = made(
        ["push", "off", None, "leads_to_on"], ["push", "off", "on", "leads_to_on"], send_event=True
    )
    found = explored(machine, ("push", 1))
    assert [(row.target, count) for row, count in found.taken.items()] == [("on", 1)]
    assert found.situations == 2


def test_preconditions_are_evaluated_first() -> None:
    machine = made(FILL, preconditions={"fill": "is_prepared"})
    found = explored(machine, ("fill", 1, 0))
    assert (found.situations, not found.taken) == (1, True)
    assert found.preconditions["fill"].answers == {(False,)}


def test_callbacks_that_prepare_run_before_the_guards_on_a_copy() -> None:
    row = {**PUSH, "conditions": "is_prepared", "prepare": "prepare"}
    for machine in (
        made(row), made({**row, "prepare": []}, prepare_event="prepare"),
    ):  # fmt: skip
        found = explored(machine, ("push", 1))
        assert found.violations == []
        assert [row.target for row in found.taken] == ["on"]


def test_a_refused_event_may_change_a_model_by_its_callbacks() -> None:
    steps: list[ExploredStep[Pump]] = []
    found = explored(made(PUSH, prepare_event="prepare"), ("push",), check=steps.append)
    assert found.situations == 2
    assert isinstance(steps[0].decision, Refusal)
    assert (steps[0].before.prepared, steps[0].after.prepared) == (0, 1)


def test_rows_behind_the_one_taken_are_not_prepared() -> None:
    taken = {"trigger": "push", "source": "off", "dest": "on", "conditions": "is_prepared",
             "prepare": "prepare"}  # fmt: skip
    behind = {"trigger": "push", "source": "off", "dest": None, "prepare": "fill",
              "conditions": "is_full"}  # fmt: skip
    found = explored(made(taken, behind), ("push", 1))
    assert found.violations == []
    assert [row.target for row in found.taken] == ["on"]


def test_rows_that_pass_at_once_are_rivals() -> None:
    [violation] = explored(
        made(["push", "off", "on", "is_off"], unless_full()), ("push",)
    ).violations
    assert violation.problem == "rows 1 and 2 of 'push' in 'off' pass at once"


def unless_full() -> dict[str, Any]:
    return {"trigger": "push", "source": "off", "dest": None, "unless": "is_full"}


def test_a_guard_that_changes_its_model_is_found_without_arguments() -> None:
    machine = made(FILL, ["push", "off", "on", "leak"])
    [violation] = explored(machine, ("fill", 1, 0), ("push",)).violations
    assert violation.problem == "deciding 'push' in 'off' changes the model"
    assert (violation.triggers, violation.events) == (("fill", "push"), ((1, 0), None))


def test_a_callback_that_fires_a_trigger_without_a_row_raises() -> None:
    machine = MACHINES["nested"] = made({**PUSH, "conditions": [], "after": "fire_again"})
    [violation] = explored(machine, ("push",)).violations
    assert violation.name == "every event is answered"
    assert violation.problem == (
        "'push' in 'off' raises InvalidTriggerError: 'push' has no row in state 'on' (there: none)"
    )


def test_the_state_may_have_another_attribute() -> None:
    @attrs.define
    class Order:
        status: str = "new"

    machine = Machine(states=["new", "paid"], initial="new", auto_transitions=False,
                      model_attribute="status", transitions=[["pay", "new", "paid"]])  # fmt: skip
    space: StateSpace[Order] = StateSpace(
        lambda order, memory: [("pay", 5)], attrs.evolve, lambda order, memory: order.status
    )
    found = explore(machine.freeze(Order).table, [(Order(), None)], space)
    assert found.situations == 2
    assert found.stuck[None] == {"paid"}


@pytest.mark.parametrize("options", [{}, {"send_event": True}])
def test_firing_and_deciding_take_the_same_rows(options: dict[str, Any]) -> None:
    rows = (["push", "off", "on", "is_full"], ["push", "off", None], {**REST, "trigger": "push"})
    found = explored(made(*rows, **options), ("push", None))
    taken = {(row.source, row.target): count for row, count in found.taken.items()}
    assert taken == {("off", None): 1}
    assert all(isinstance(row, Row) for row in found.taken)


def test_an_event_that_is_no_tuple_says_how_to_write_it() -> None:
    event: Any = "push"
    with pytest.raises(TypeError, match=r"the event 'push' is not a tuple \(write \('push',\)\)"):
        explored(made(PUSH), event)


def test_a_key_that_is_not_hashable_is_shown() -> None:
    key: Any = lambda pump, memory: [pump.state]  # noqa: E731
    space: StateSpace[Pump] = StateSpace(lambda pump, memory: [("push",)], attrs.evolve, key)
    with pytest.raises(TypeError, match=r"the key \['off'\] cannot be compared by its hash"):
        explore(made(PUSH).table, [(Pump(), None)], space)
