"""Why a trigger does what it does."""

from __future__ import annotations

from typing import Any

import pytest
import transitions

from fsm.engine import Explanation, Machine, UnknownTriggerError, guard
from fsm.engine.explanation import FailedGuard


class Door:
    def __init__(self, state: str = "shut", *, locked: bool = True) -> None:
        self.state = state
        self.locked = locked
        self.log: list[str] = []

    @guard("it is locked", reason="locked")
    def is_locked(self, *_: object, **__: object) -> bool:
        return self.locked

    @guard("a hand", reason="no_hand")
    def by_hand(self, by: str = "foot") -> bool:
        return by == "hand"

    def is_oiled(self, *_: object, **__: object) -> bool:
        return False

    def note(self, *_: object, **__: object) -> None:
        self.log.append("note")


def door(**options: Any) -> Machine:
    machine = Machine(
        states=["shut", "open"],
        initial="shut",
        auto_transitions=False,
        prepare_event="note",
        **options,
    )
    machine.add_transition("push", "shut", "open", conditions="is_oiled", prepare="note")
    machine.add_transition("push", "shut", "open", unless="is_locked", before="note")
    machine.add_transition("push", "shut", None, conditions="by_hand", after="note")
    machine.add_transition("pull", "open", "shut")
    machine.add_transition("knock", "*", None)
    return machine.freeze(Door)


def test_a_refusal_names_the_guard_that_failed_in_each_row_tried() -> None:
    one = Door()
    why = door().why(one, "push")
    assert [(each.row.target, str(each.failed)) for each in why.attempts] == [
        ("open", "'is oiled'"),
        ("open", "'not it is locked' (locked = True)"),
        (None, "'a hand'"),
    ]
    assert str(why) == (
        "'push' is refused in 'shut': to 'open' it needs 'is oiled', "
        "or 'not it is locked' (locked = True); "
        "to stay it needs 'a hand'"
    )
    assert (why.allowed, why.row, why.reason, why.failed_precondition) == (
        False,
        None,
        "locked",
        None,
    )
    assert one.log == []


def test_an_answer_names_the_row_that_would_be_taken() -> None:
    why = door().why(Door(), "push", by="hand")
    assert len(why.attempts) == 3
    assert (why.allowed, why.reason) == (True, None)
    assert why.row is why.attempts[2].row
    assert str(why) == (
        "'push' in 'shut' stays there; "
        "to 'open' it would need 'is oiled' (by = 'hand'), "
        "or 'not it is locked' (by = 'hand', locked = True)"
    )
    assert [each.row for each in why.missed] == [each.row for each in why.attempts[:2]]
    why = door().why(Door(locked=False), "push", "foot")
    assert len(why.attempts) == 2
    assert str(why) == "'push' in 'shut' leads to 'open'"


def test_what_would_be_needed_to_go_elsewhere_is_told_for_each_destination() -> None:
    machine = Machine(states=["shut", "open", "gone"], initial="shut", auto_transitions=False)
    machine.add_transition("push", "shut", "open", conditions="is_oiled")
    machine.add_transition("push", "shut", "gone", unless="is_locked")
    machine.add_transition("push", "shut", None)
    machine.add_transition("pull", "open", "shut")
    assert str(machine.freeze(Door).why(Door(), "push")) == (
        "'push' in 'shut' stays there; to 'open' it would need 'is oiled'; "
        "to 'gone' it would need 'not it is locked' (locked = True)"
    )


def test_a_failed_precondition_is_named_and_no_row_is_tried() -> None:
    machine = door(preconditions={"push": ["is_locked", "by_hand"]})
    why = machine.why(Door(), "push", "foot")
    assert isinstance(why.failed_precondition, FailedGuard)
    assert (why.reason, why.attempts) == ("no_hand", ())
    assert str(why) == "'push' is refused in 'shut': it needs 'a hand' (by = 'foot')"
    assert machine.why(Door(), "push", by="hand").allowed


def test_a_state_without_a_row_says_so() -> None:
    why = door().why(Door(), "pull")
    assert (why.attempts, why.reason, why.allowed) == ((), None, False)
    assert str(why) == "'pull' is refused in 'shut': the state has no transition for it"


def test_a_refusal_without_a_reason_code_has_none() -> None:
    machine = Machine(states=["shut"], initial="shut", auto_transitions=False)
    machine.add_transition("push", "shut", None, conditions="is_oiled")
    assert machine.freeze(Door).why(Door(), "push").reason is None


def test_only_the_machines_triggers_can_be_explained() -> None:
    with pytest.raises(UnknownTriggerError, match="no trigger 'kick'"):
        door().why(Door(), "kick")


def test_options_explain_every_trigger() -> None:
    one = Door()
    options = door().options(one, {"push": ("hand",)})
    assert {name: why.allowed for name, why in options.items()} == {
        "push": True,
        "pull": False,
        "knock": True,
    }
    assert not door().options(one)["push"].allowed
    assert (one.state, one.log) == ("shut", [])


def test_a_guard_that_asks_the_event_sees_the_row_it_belongs_to() -> None:
    seen: list[Any] = []

    class Sent(Door):
        def by_event(self, data: transitions.EventData) -> bool:
            seen.append((data.transition, data.state.name))
            return data.kwargs["by"] == "hand" and self.locked

    machine = Machine(states=["shut"], initial="shut", auto_transitions=False, send_event=True)
    machine.add_transition("push", "shut", None, conditions="by_event")
    machine.freeze(Sent)
    why: Explanation = machine.why(Sent(), "push", by="foot")
    assert seen[0] == (machine.get_transitions("push")[0], "shut")
    assert (
        str(why.attempts[0].failed)
        == "'by event' (data.state.name = 'shut', data.kwargs['by'] = 'foot')"
    )
    assert machine.why(Sent(), "push", by="hand").allowed


def test_what_only_the_model_can_resolve_is_told_as_well() -> None:
    class Plain:
        state = "shut"
        dry = False

        @property
        def wet(self) -> bool:
            return not self.dry

    machine = Machine(states=["shut"], initial="shut", auto_transitions=False)
    machine.add_transition("push", "shut", None, conditions="dry")
    machine.add_transition("push", "shut", "=", unless="wet")
    machine.add_transition("push", "shut", "=", conditions=lambda by: by == "hand")
    why = machine.freeze(Plain).why(Plain(), "push", "foot")
    assert [str(each.failed) for each in why.attempts] == [
        "'dry' (argument 1 = 'foot', dry = False)",
        "'not wet' (argument 1 = 'foot', wet = True)",
        "'<lambda>' (argument 1 = 'foot')",
    ]


class Gate:
    def __init__(self) -> None:
        self.state = "down"

    @guard("it is a gate that lifts", static=True)
    def lifts(self, *_: object) -> bool:
        return False

    @guard("a coin")
    def paid(self, event: object) -> bool:
        return event == "coin"


def test_a_row_that_never_could_be_taken_is_no_chance_missed() -> None:
    machine = Machine(states=["down", "up"], initial="down", auto_transitions=False)
    machine.add_transition("push", "down", "up", conditions=["lifts", "paid"])
    machine.add_transition("push", "down", "up", conditions="paid")
    machine.add_transition("push", "down", None)
    why = machine.freeze(Gate).why(Gate(), "push", "button")
    assert len(why.missed) == 1
    assert str(why) == (
        "'push' in 'down' stays there; to 'up' it would need 'a coin' (event = 'button')"
    )


def test_a_row_that_would_lead_back_or_stay_is_no_chance_missed() -> None:
    machine = Machine(states=["down", "up"], initial="down", auto_transitions=False)
    machine.add_transition("over", "down", "up")
    for target in ("=", None, "up"):
        machine.add_transition("push", "down", target, conditions=lambda event: event == "coin")
    machine.add_transition("push", "down", None)
    why = machine.freeze(Gate).why(Gate(), "push", "button")
    assert [each.row.target for each in why.attempts] == ["down", None, "up", None]
    assert [each.row.target for each in why.missed] == ["up"]


class Basket:
    weight = 3

    def __init__(self) -> None:
        self.state = "a"
        self.eggs = ["brown"]

    eggs: list[str]

    def has_eggs(self) -> list[str]:
        return self.eggs

    def forgets(self) -> None: ...

    def has_weight(self) -> int:
        return self.weight


@pytest.mark.parametrize(
    ("condition", "observed"),
    [
        ("eggs", "eggs = ['brown']"),
        ("has_eggs", "has_eggs = ['brown']"),
        ("forgets", "forgets = None"),
        ("weight", "weight = 3"),
        ("has_weight", "has_weight = 3, weight = 3"),
    ],
)
@pytest.mark.parametrize("model_class", [None, Basket])
def test_an_answer_that_is_no_bool_is_shown(
    condition: str, observed: str, model_class: type | None
) -> None:
    machine = Machine(states=["a"], initial="a", transitions=[["go", "a", None, condition]])
    machine.freeze(model_class)
    assert machine.fire(Basket(), "go") is False
    assert f"({observed})" in str(machine.why(Basket(), "go"))
