"""The machine: what it adds to ``transitions``, and that a frozen one stays as it is."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from enum import Enum, StrEnum
from typing import Any

import pytest
import transitions

from fsm.engine import (
    DefinitionError,
    FrozenError,
    InvalidTriggerError,
    Machine,
    NotFrozenError,
    NotPicklableError,
    Refusal,
    Row,
    UnknownTriggerError,
)


class Door:
    __slots__ = ("log", "phase", "state")

    def __init__(self, state: Any = "shut") -> None:
        self.state = self.phase = state
        self.log: list[str] = []

    def yes(self, *_: object) -> bool:
        return True

    def no(self, *_: object) -> bool:
        return False

    def note(self, *_: object) -> None:
        self.log.append("note")


def door(**options: Any) -> Machine:
    machine = Machine(
        name="door", states=["shut", "open"], initial="shut", auto_transitions=False, **options
    )
    machine.add_transition("push", "shut", "open", conditions="yes", before="note")
    machine.add_transition("pull", "open", "shut", unless="no")
    return machine


def asked(condition: transitions.core.Condition) -> tuple[object, bool]:
    return (condition.func, condition.target)


def described(machine: Machine) -> list[object]:
    """Everything a definition consists of."""
    return [
        [(n, s.on_enter[:], s.on_exit[:], s.final) for n, s in machine.states.items()],
        [
            (
                name,
                list(map(asked, event.preconditions)),
                {
                    source: [
                        (
                            t.dest,
                            t.prepare[:],
                            t.before[:],
                            t.after[:],
                            t.info,
                            *map(asked, t.conditions),
                        )
                        for t in rows
                    ]
                    for source, rows in event.transitions.items()
                },
            )
            for name, event in machine.events.items()
        ],
        {k: str(v) for k, v in vars(machine).items() if k not in ("states", "events")},
    ]


def test_an_unfrozen_machine_attaches_models_as_transitions_does() -> None:
    class Plain:
        state: str
        push: Callable[[], bool]
        may_push: Callable[[], bool]
        may_pull: Callable[[], bool]

        def yes(self) -> bool:
            return True

        def note(self) -> None: ...

    plain = Plain()
    machine = door()
    machine.add_model(plain)
    assert (plain.may_push(), plain.may_pull(), plain.push(), plain.state) == (
        True,
        False,
        True,
        "open",
    )
    machine.remove_model(plain)
    assert machine.models == []


def test_a_trigger_that_an_unfrozen_machine_does_not_have_may_not_fire() -> None:
    class Plain:
        may_trigger: Callable[[str], bool]

        def yes(self) -> bool:
            return True

    plain = Plain()
    door().add_model(plain)
    assert plain.may_trigger("push") is True
    assert plain.may_trigger("kick") is False


def test_a_precondition_is_asked_first_and_in_every_state() -> None:
    class Strict(Door):
        def never(self) -> bool:
            return False

    for freeze in (False, True):
        machine = door()
        machine.add_precondition("push", "yes")
        machine.add_precondition("push", ["yes", "never"])
        if freeze:
            machine.freeze(Strict)
        for state in ("shut", "open"):
            strict = Strict(state)
            assert machine.fire(strict, "push") is False
            assert machine.may(strict, "push") is False
            assert (strict.log, strict.state) == ([], state)


def test_preconditions_can_be_given_with_the_machine_and_to_triggers_of_attached_models() -> None:
    class Plain:
        ring: Callable[[], bool]

    plain = Plain()
    machine = Machine(
        plain, states=["shut"], initial="shut", preconditions={"ring": lambda: False, "knock": "no"}
    )
    assert plain.ring() is False
    assert [each.func for each in machine.events["knock"].preconditions] == ["no"]


def test_a_precondition_that_moves_the_model_decides_which_rows_are_tried() -> None:
    class Slippery(Door):
        def slips(self) -> bool:
            self.state = "open"
            return True

    for freeze in (False, True):
        machine = door(preconditions={"pull": "slips"})
        if freeze:
            machine.freeze(Slippery)
        slippery = Slippery()
        assert machine.fire(slippery, "pull") is True
        assert slippery.state == "shut"
        assert machine.may(slippery, "pull") is True


def test_a_transition_carries_its_info_into_the_row() -> None:
    machine = Machine(states=["a"], initial="a", auto_transitions=False)
    machine.add_transition("go", "a", None, info={"rule": 1})
    assert [row.info for row in machine.freeze().table.rows] == [{"rule": 1}]


def test_driving_a_frozen_machine() -> None:
    machine = door().freeze(Door)
    one = Door()
    assert (machine.may(one, "push"), machine.may(one, "pull")) == (True, False)
    assert machine.may(one, "nonsense") is False
    assert (machine.fire(one, "push"), one.state, one.log) == (True, "open", ["note"])
    with pytest.raises(InvalidTriggerError, match="'push' has no row in state 'open'") as invalid:
        machine.fire(one, "push")
    assert invalid.value.possible == ("pull",)
    with pytest.raises(UnknownTriggerError, match="no trigger 'kick' \\(it has: push, pull\\)"):
        machine.fire(one, "kick")
    one.state = "ajar"
    for ask in (machine.fire, machine.may, machine.why):
        with pytest.raises(ValueError, match="'ajar' is not a registered state"):
            ask(one, "push")


def test_a_guard_that_raises_is_handled_alike_for_may_and_fire() -> None:
    def raises() -> bool:
        raise KeyboardInterrupt

    for freeze in (False, True):
        for handled in ([], ["note"]):
            machine = door(on_exception=handled)
            machine.add_transition("kick", "shut", "open", conditions=raises)
            machine.add_transition("kick", "shut", "open", conditions="yes")
            if freeze:
                machine.freeze(Door)
            one = Door()
            if handled:
                assert machine.may(one, "kick") is True  # the next row is tried
                assert machine.fire(one, "kick") is False
                assert (one.log, one.state) == (["note", "note"], "shut")
            else:
                for ask in (machine.may, machine.fire):
                    with pytest.raises(KeyboardInterrupt):
                        ask(one, "kick")


def test_a_model_that_makes_an_unknown_state_of_its_new_one_is_found_out() -> None:
    class Wayward:
        held = "shut"
        state = property(lambda self: self.held, lambda self, _: vars(self).update(held="ajar"))

    for send_event in (False, True):
        for freeze in (False, True):
            machine = Machine(
                states=["shut", "open"],
                initial="shut",
                auto_transitions=False,
                send_event=send_event,
                transitions=[["push", "shut", "open"]],
            )
            if freeze:
                machine.freeze(Wayward)
            with pytest.raises(ValueError, match="'ajar' is not a registered state"):
                machine.fire(Wayward(), "push")


def test_any_names_can_be_used_for_arguments() -> None:
    seen = []
    machine = Machine(states=["a"], initial="a", auto_transitions=False)
    machine.add_transition("go", "a", None, before=lambda **given: seen.append(given))
    machine.fire(Door("a"), "go", trigger=1)
    machine.freeze()
    machine.fire(Door("a"), "go", trigger=1, model=2, name=3)
    assert seen == [{"trigger": 1}, {"trigger": 1, "model": 2, "name": 3}]


def test_methods_are_looked_up_once_where_the_class_is_known() -> None:
    class Quick(Door):
        __slots__ = ("yes",)

    machine = door().freeze(Door)
    assert machine.table.rows[0].guards[0].call is Door.yes
    assert [call for row in machine.table.rows for call in row.before] == [Door.note]
    quick = Quick()
    quick.yes = lambda: False
    assert machine.fire(quick, "push") is True
    late = door().freeze()
    quick.state = "shut"
    assert late.fire(quick, "push") is False


def test_decide_answers_and_apply_takes_the_row() -> None:
    machine = door().freeze(Door)
    one = Door()
    row = machine.decide(one, "push", "event")
    assert isinstance(row, Row)
    assert (one.state, one.log) == ("shut", [])
    row.apply(one, "event")
    assert (one.state, one.log) == ("open", ["note"])
    refusal = machine.decide(one, "push", "event")
    assert isinstance(refusal, Refusal)
    assert (refusal.state, refusal.trigger, refusal.guard) == ("open", "push", None)


@pytest.mark.parametrize(
    "ask",
    [
        lambda machine: machine.table,
        lambda machine: machine.decide(Door(), "push", None),
        lambda machine: machine.why(Door(), "push"),
        lambda machine: machine.options(Door()),
    ],
)
def test_an_unfrozen_machine_has_no_table_to_ask(ask: Callable[[Machine], object]) -> None:
    with pytest.raises(NotFrozenError, match="machine 'door' is not frozen, table needs"):
        ask(door())


def test_the_title_is_the_name_as_given() -> None:
    assert door().title == "door"
    assert Machine(states=["a"], initial="a").title == ""


def test_freezing_again_changes_nothing() -> None:
    machine = door().freeze(Door)
    table = machine.table
    assert machine.freeze() is machine
    assert machine.table is table


def test_a_copy_of_a_frozen_machine_or_a_part_of_it_is_itself() -> None:
    machine = door().freeze(Door)
    [push, *_] = machine.table
    for part in (machine, machine.table, push, push.rows[0], push.rows[0].guards[0]):
        assert copy.copy(part) is copy.deepcopy(part) is part


def test_a_model_may_hold_its_frozen_machine() -> None:
    class Owner(Door):
        def __init__(self, machine: Machine) -> None:
            super().__init__()
            self.machine = machine

    owner = Owner(door().freeze(Owner))
    for copied in (copy.copy(owner), copy.deepcopy(owner)):
        assert copied.machine is owner.machine
        assert (copied.machine.fire(copied, "push"), copied.state) == (True, "open")
    assert owner.state == "shut"
    with pytest.raises(NotPicklableError, match="the frozen machine 'door' cannot be pickled"):
        pickle.dumps(vars(owner))


def test_no_part_of_a_frozen_machine_is_pickled() -> None:
    machine = door().freeze(Door)
    refusal = machine.decide(Door("open"), "push", None)
    with pytest.raises(NotPicklableError, match=r"a Table of a frozen .* \(keep the machine in a"):
        pickle.dumps(machine.table)
    with pytest.raises(NotPicklableError, match="a Refusal of a frozen machine"):
        pickle.dumps(refusal)
    with pytest.raises(NotPicklableError, match=r"^the frozen machine cannot be pickled"):
        pickle.dumps(Machine(states=["a"], initial="a").freeze())


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda machine: pickle.loads(pickle.dumps(machine))]
)
def test_an_unfrozen_machine_is_copied_with_its_definition(
    copied: Callable[[Machine], Machine],
) -> None:
    machine = door(preconditions={"pull": "yes"})
    before = described(machine)
    other = copied(machine)
    assert described(other) == before
    other.add_transition("kick", "shut", "open")
    assert described(machine) == before
    assert all(event.machine is other for event in other.events.values())
    assert other.freeze(Door).frozen
    assert not machine.frozen


def test_a_shallow_copy_of_an_unfrozen_machine_shares_its_parts() -> None:
    machine = door()
    other = copy.copy(machine)
    assert other is not machine
    assert other.events is machine.events


def test_freeze_takes_a_class_and_not_a_model() -> None:
    with pytest.raises(TypeError, match="takes the class of the models, not <"):
        door().freeze(Door())


def test_dynamic_callbacks_run_where_the_class_is_known() -> None:
    class Loud(Door):
        def on_enter_open(self) -> None:
            self.log.append("entered")

        @classmethod
        def on_exit_open(cls) -> None:
            calls.append(cls)

        @staticmethod
        def on_enter_shut() -> None:
            raise AssertionError("no model method, so no callback")

    calls: list[type] = []
    known, unknown = door().freeze(Loud), door().freeze()
    loud = Loud()
    assert known.fire(loud, "push")
    assert known.fire(loud, "pull")
    assert (loud.log, calls) == (["note", "entered"], [Loud])
    quiet = Loud()
    assert unknown.fire(quiet, "push")
    assert quiet.log == ["note"]


def test_a_dynamic_callback_that_is_also_declared_runs_once() -> None:
    class Loud(Door):
        def on_enter_open(self) -> None:
            self.log.append("entered")

    machine = door()
    machine.on_enter_open("on_enter_open")
    loud = Loud()
    machine.freeze(Loud).fire(loud, "push")
    assert loud.log == ["note", "entered"]


def test_a_refused_freeze_changes_nothing() -> None:
    class Loud(Door):
        def on_enter_open(self) -> None: ...

    machine = door(after_state_change=["missing"])
    before = described(machine)
    with pytest.raises(DefinitionError, match="'missing' is neither on Loud nor importable"):
        machine.freeze(Loud)
    assert described(machine) == before
    assert not machine.frozen
    machine.after_state_change.remove("missing")
    assert machine.freeze(Loud).frozen


def test_the_compiled_table_answers_as_before_whatever_is_done_to_the_definition() -> None:
    state, callbacks = transitions.State("shut"), ["note"]
    machine = Machine(
        states=[state, transitions.State("open", on_enter=callbacks)],
        initial="shut",
        transitions=[["push", "shut", "open", "yes"], ["pull", "open", "shut"]],
        auto_transitions=False,
    )
    machine.freeze(Door)
    callbacks.append("missing")
    state.add_callback("exit", "missing")
    [push] = machine.get_transitions("push")
    push.conditions.clear()
    push.dest = "shut"
    machine.events["pull"].transitions.clear()
    one = Door()
    assert (machine.fire(one, "push"), one.state) == (True, "open")
    assert (machine.fire(one, "pull"), one.state) == (True, "shut")


def _reader(machine: Machine) -> list[object]:
    return [
        machine.get_triggers("shut"),
        [(t.source, t.dest) for t in machine.get_transitions("push")],
        [(t.source, t.dest) for t in machine.get_transitions(dest="shut")],
        machine.get_state("open").name,
        list(machine.states),
        list(machine.events),
        machine.initial,
        list(machine.models),
        machine.events["push"].preconditions,
        list(machine.before_state_change),
    ]


def test_what_reads_works_as_before() -> None:
    machine = door(before_state_change="note")
    before = _reader(machine)
    assert _reader(machine.freeze(Door)) == before
    one = Door()
    machine.set_state("open", one)
    assert one.state == "open"
    assert machine.get_model_state(one).name == "open"
    assert machine.events["pull"].trigger(one) is True


CHANGES: dict[str, Callable[[Any], object]] = {
    "add_state": lambda m: m.add_state("ajar"),
    "add_states": lambda m: m.add_states(["ajar"]),
    "add_transition": lambda m: m.add_transition("kick", "shut", "open"),
    "add_transitions": lambda m: m.add_transitions([["kick", "shut", "open"]]),
    "add_ordered_transitions": lambda m: m.add_ordered_transitions(),
    "remove_transition": lambda m: m.remove_transition("push"),
    "add_model": lambda m: m.add_model(Door()),
    "remove_model": lambda m: m.remove_model(Door()),
    "add_precondition": lambda m: m.add_precondition("push", "yes"),
    "setting": lambda m: setattr(m, "send_event", True),
    "setting new": lambda m: setattr(m, "anything", True),
    "setting initial": lambda m: setattr(m, "initial", "open"),
    "setting callbacks": lambda m: setattr(m, "on_final", ["note"]),
    "deleting": lambda m: delattr(m, "states"),
    "on_enter": lambda m: m.on_enter_open("note"),
    "on_exit": lambda m: m.on_exit_open("note"),
    "before": lambda m: m.before_push("note"),
    "after": lambda m: m.after_push("note"),
    "prepare": lambda m: m.prepare_push("note"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_frozen_machine_refuses_every_change(change: Callable[[Any], object]) -> None:
    machine = door(preconditions={"pull": "yes"}).freeze(Door)
    before = described(machine)
    with pytest.raises(FrozenError, match=r"machine 'door' is frozen, .* would change it"):
        change(machine)
    assert described(machine) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.add_transition("kick", "shut", "open"),
        lambda m: m.remove_transition("push"),
        lambda m: m.add_states("ajar"),
        lambda m: delattr(m.get_transitions()[0], "info"),
        lambda m: delattr(m, "name"),
        lambda m: m.before_push("note"),
        lambda m: m.on_enter_open("note"),
    ],
)
def test_an_unfrozen_machine_takes_the_same_changes(change: Callable[[Any], object]) -> None:
    change(door())


def test_enum_states_are_told_by_their_names_too() -> None:
    class Doors(Enum):
        shut = "open"
        open = "shut"

    machine = Machine(
        states=Doors, initial=Doors.shut, transitions=[["push", Doors.shut, Doors.open]]
    ).freeze(Door)
    one = Door(Doors.shut)
    assert machine.fire(one, "push")
    assert one.state is Doors.open
    one.state = "shut"
    assert machine.may(one, "push")
    one.state = Doors.shut
    assert isinstance(machine.decide(one, "push", None), Row)


class Doors(Enum):
    shut = 1
    open = 2


class OtherDoors(Enum):
    shut = "other"


class NamedDoors(StrEnum):
    shut = "is shut"
    open = "is open"


@pytest.mark.parametrize(
    ("states", "held"),
    [
        (["shut", "open"], Doors.shut),
        (Doors, Doors.shut),
        (Doors, "shut"),
        (Doors, OtherDoors.shut),
        (NamedDoors, NamedDoors.shut),
        (NamedDoors, "shut"),
        (NamedDoors, Doors.shut),
    ],
)
def test_decide_reads_the_states_that_fire_reads(states: Any, held: Any) -> None:
    machine = Machine(
        states=states,
        initial="shut",
        transitions=[["push", "shut", "open"]],
        auto_transitions=False,
    ).freeze(Door)
    row = machine.decide(Door(held), "push", None)
    one, other = Door(held), Door(held)
    assert isinstance(row, Row)
    row.apply(one, None)
    assert machine.fire(other, "push")
    assert one.state is other.state
    assert machine.get_model_state(one).name == "open"


def test_where_a_value_is_the_name_of_another_state_only_fire_tells_them_apart() -> None:
    class Swapped(StrEnum):
        shut = "open"
        open = "shut"

    machine = Machine(states=Swapped, initial="shut", transitions=[["push", "shut", "open"]])
    one = Door("shut")
    assert machine.freeze().fire(one, "push")
    assert one.state is Swapped.open
    with pytest.raises(TypeError, match=r"a state whose value is the name of another .*fire\(\)"):
        machine.decide(one, "push", None)
