"""What keeps a machine from being frozen: each message names the offender."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from enum import Enum
from functools import cached_property
from typing import Any

import attrs
import pytest
import transitions
from transitions.experimental.utils import add_transitions
from transitions.extensions import GraphMachine, HierarchicalMachine, LockedMachine
from transitions.extensions.asyncio import AsyncMachine
from transitions.extensions.states import Error, Tags, Timeout, Volatile, add_state_features

from fsm.engine import DefinitionError, Machine, guard
from fsm.engine.declaration import Transition, TriggerEvent

IN_A = "of trigger 'go' in state 'a'"
FIRST_WINS = "row 1 always wins"
UNKNOWN = "is none that a table knows"
PLAIN_STATE = "which a table cannot honour (use on_enter and on_exit of a plain State, or Tags)"
FIRST_ROW = f"row 1 {IN_A}"


class Model:
    kind: str
    state = "a"
    always = True

    def yes(self, *_: object) -> bool:
        return True

    def no(self, *_: object) -> bool:
        return False

    async def later(self) -> bool:
        return True

    @staticmethod
    async def later_static() -> bool:
        return True

    @property
    async def later_property(self) -> bool:
        return True

    @cached_property
    def cached(self) -> bool:
        return True

    async def many(self) -> AsyncIterator[int]:
        yield 1


async def coroutine() -> None: ...


class LaterCall:
    async def __call__(self) -> None: ...


class Named(Enum):
    a = 1


def made(*rows: list[Any] | dict[str, Any], **options: Any) -> Machine:
    machine = Machine(states=["a", "b"], initial="a", auto_transitions=False, **options)
    machine.add_transition("over", "a", "b")
    for row in rows:
        machine.add_transitions([row])
    return machine


def problems(machine: Machine, model_class: type | None = Model) -> tuple[str, ...]:
    with pytest.raises(DefinitionError) as error:
        machine.freeze(model_class)
    assert not machine.frozen
    assert all(problem in str(error.value) for problem in error.value.problems)
    return error.value.problems


def go(**more: Any) -> dict[str, Any]:
    return {"trigger": "go", "source": "a", "dest": "b", **more}


def test_a_sound_machine_has_no_problems() -> None:
    made(go(conditions=["yes", "always", "kind", "cached"], unless="no")).freeze(Model)
    made(go(conditions="os.path.exists", after=print)).freeze(Model)


def test_queued_machines_are_refused() -> None:
    assert problems(made(queued=True)) == (
        "it is queued (leave queued out; a trigger that a callback fires is processed within it)",
    )


def test_attached_models_are_refused() -> None:
    assert problems(made(model=[Model(), Model()])) == (
        (
            "a Model is attached as a model (build the machine once, outside of its models, and "
            "leave model out)"
        ),
    )
    assert problems(made(model="self")) == (
        "it is its own model (give models a class of their own, and leave model out)",
    )


def test_the_class_of_the_machine_is_no_class_of_models() -> None:
    class Own(Machine): ...

    assert problems(Own(states=["a"], initial="a"), Own) == (
        (
            "Own is the class of the machine, which nothing changes once it is frozen "
            "(give models a class of their own)"
        ),
    )


def test_transitions_that_only_an_attached_model_reads_are_refused() -> None:
    class Decorated:
        @add_transitions({"source": "a", "dest": "b"})
        def leave(self) -> None: ...

    assert problems(made(), Decorated) == (
        (
            "Decorated declares trigger 'leave' with transitions.experimental, which only an "
            "attached model reads (use add_transition())"
        ),
    )


@pytest.mark.parametrize("name", ["over", "may_over", "is_b", "trigger"])
def test_methods_that_an_attached_model_gets_are_not_there(name: str) -> None:
    assert problems(made(go(after=name, conditions="yes"))) == (
        (
            f"after callback {IN_A} '{name}' is a method that transitions adds to models, and a "
            "frozen machine adds none (define it in Model, such as with fire())"
        ),
    )


@pytest.mark.parametrize(
    ("extension", "reason"),
    [
        (AsyncMachine, "nothing awaits in a table (await before an event or after it)"),
        (LockedMachine, "a table has no locks (lock around fire())"),
    ],
)
def test_machines_of_an_extension_are_refused_in_one_line(extension: Any, reason: str) -> None:
    class Extended(Machine, extension): ...

    [problem] = problems(Extended(states=["a", "b"], initial="a"), None)
    assert problem.endswith(f" {extension.__name__}, and {reason}")


@pytest.mark.parametrize("extension", [HierarchicalMachine, GraphMachine])
def test_machines_of_other_extensions_are_not_built(extension: Any) -> None:
    class Extended(Machine, extension): ...

    with pytest.raises(TypeError, match=f"Machine of the engine is no {extension.__name__} "):
        Extended(states=["a", "b"], initial="a")


def test_states_with_children_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^state 'b' has children \(nested states have no table"):
        Machine(states=["a", {"name": "b", "children": ["c"]}], initial="a")


def test_many_parts_of_one_class_share_a_line() -> None:
    class CheckingEvent(TriggerEvent): ...

    class Checked(Machine):
        event_cls = CheckingEvent

    machine = Checked(states=["a", "b"], initial="a", auto_transitions=False)
    machine.add_transitions([[f"go{number}", "a", "b"] for number in range(5)])
    assert problems(machine) == (
        (
            "CheckingEvent, the class of triggers 'go0', 'go1', 'go2' and 2 more, is none that a "
            "table knows (leave event_cls out)"
        ),
    )


def test_states_need_names_and_different_values() -> None:
    machine = made()
    machine.add_state("")
    assert problems(machine)[0].startswith("a state has an empty name")
    machine = made()

    class Named(transitions.State):
        value = "a"

    machine.add_states(Named("c"))
    assert "states 'a' and 'c' have equal values (make them differ)" in problems(machine)


def test_parts_of_other_classes_are_refused() -> None:
    class OtherState(transitions.State):
        def enter(self, event_data: transitions.EventData) -> None: ...

    class OtherEvent(TriggerEvent): ...

    class OtherTransition(Transition): ...

    class OtherCondition(transitions.core.Condition): ...

    machine = made(go(conditions="yes"))
    machine.add_states(OtherState("c"))
    machine.events["kick"] = OtherEvent("kick", machine)
    machine.events["kick"].add_transition(OtherTransition("a", "c"))
    machine.events["plain"] = transitions.Event("plain", machine)
    machine.events["go"].transitions["a"][0].conditions.append(OtherCondition("yes"))
    assert problems(machine) == (
        f"OtherState, the class of state 'c', has its own enter, {PLAIN_STATE}",
        f"OtherCondition, the class of condition of trigger 'go', {UNKNOWN} (give a function)",
        f"OtherEvent, the class of trigger 'kick', {UNKNOWN} (leave event_cls out)",
        (
            f"OtherTransition, the class of transition of trigger 'kick', {UNKNOWN} "
            "(leave transition_cls out)"
        ),
        f"Event, the class of trigger 'plain', {UNKNOWN} (leave event_cls out)",
    )


def test_overridden_methods_are_refused() -> None:
    class Own(Machine):
        def callback(self, func: Any, event_data: Any) -> None: ...

    expected = "Own overrides callback(), which a table cannot honour"
    assert problems(Own(states=["a"], initial="a")) == (expected,)

    machine = made()
    vars(machine)["get_state"] = machine.get_state
    assert problems(machine) == ("Machine overrides get_state(), which a table cannot honour",)


def test_a_subclass_that_overrides_nothing_of_the_kind_can_be_frozen() -> None:
    class Noted(Machine):
        def fire(self, model: Any, trigger: str, /, *args: Any, **kwargs: Any) -> bool:
            fired.append(trigger)
            return super().fire(model, trigger, *args, **kwargs)

    fired: list[str] = []
    machine = Noted(states=["a"], initial="a").freeze(Model)
    assert machine.fire(Model(), "to_a")
    assert fired == ["to_a"]


def test_unknown_states_are_named_with_the_known_ones() -> None:
    assert problems(made(["go", "x", "b"], ["go", "a", "y"])) == (
        "trigger 'go' has the unknown source state 'x' (known: a, b)",
        "trigger 'go' has the unknown target state 'y' (known: a, b)",
    )


def test_a_machine_needs_an_initial_state() -> None:
    machine = Machine(states=["a"], initial=None)
    assert problems(machine) == ("it has no initial state (give one of its states as initial)",)


def test_unreachable_states_are_named() -> None:
    machine = made(["go", "c", "a"], ["stay", "d", "="])
    machine.add_states(["c", "d", "e"])
    machine.add_transition("out", "b", "e")
    assert problems(machine) == tuple(
        f"state '{state}' cannot be reached from 'a' "
        f"(if models may start there, give it: freeze(starts=['{state}']))"
        for state in ("c", "d")
    )
    with pytest.raises(DefinitionError, match="'d' cannot be reached from 'a' or 'c' "):
        machine.freeze(Model, starts=["c"])
    assert machine.freeze(Model, starts=["c", "d"]).frozen


def test_states_in_which_models_may_start_are_reached() -> None:
    class Light(Enum):
        red = 1
        green = 2
        flashing = 3

    rows = [["go", [Light.red, Light.flashing], Light.green]]
    machine = Machine(states=Light, initial=Light.red, transitions=rows, auto_transitions=False)
    assert machine.freeze(starts=[Light.flashing]).frozen


def test_an_unknown_state_to_start_in_is_named() -> None:
    with pytest.raises(DefinitionError, match=r"the unknown state 'x' \(known: a, b\)"):
        made().freeze(Model, starts=("b", "x"))


def test_a_single_state_to_start_in_is_no_list() -> None:
    with pytest.raises(TypeError, match=r"takes a list of states, not 'b' \(starts=\['b'\]\)"):
        made().freeze(Model, starts="b")


def test_a_trigger_without_any_row_is_suspected_of_a_misspelling() -> None:
    assert problems(made(preconditions={"goo": "yes"})) == (
        "trigger 'goo' has no row in any state (is its name misspelt?)",
    )


@pytest.mark.parametrize(
    ("rows", "position", "because"),
    [
        ([go(), go(conditions="yes")], 2, FIRST_WINS),
        ([go(conditions="no"), go(), go()], 3, "row 2 always wins"),
        ([go(conditions="yes"), go(conditions=["no", "yes"])], 2, FIRST_WINS),
        ([go(unless="yes"), go(unless=["no", "yes"])], 2, FIRST_WINS),
        ([go(conditions="yes"), go(unless="no"), go(conditions=["yes", "no"])], 3, FIRST_WINS),
        ([go(conditions=print), go(conditions=print, unless="no")], 2, FIRST_WINS),
        ([go(conditions="yes", unless="yes")], 1, "it wants a guard and its opposite"),
        ([go(), go(prepare="no")], 2, FIRST_WINS),
    ],
)
def test_rows_that_are_never_taken_are_named(rows: Any, position: int, because: str) -> None:
    expected = f"row {position} of trigger 'go' in state 'a' can never be taken: {because}"
    assert problems(made(*rows)) == (expected,)


def test_rows_are_measured_against_what_their_trigger_requires() -> None:
    assert problems(made(go(unless=["no", "yes"]), preconditions={"go": ["no", "yes"]})) == (
        f"{FIRST_ROW} can never be taken: it wants the opposite of a precondition of its trigger",
    )
    assert problems(made(go(conditions="yes"), go(), preconditions={"go": "yes"})) == (
        "row 2 of trigger 'go' in state 'a' can never be taken: row 1 always wins",
    )


def test_rows_that_may_yet_be_taken_are_left_alone() -> None:
    unhashable = type("Unhashable", (), {"__call__": print, "__hash__": None})
    for rows, options in (
        ([go(conditions="yes"), go(unless="yes")], {}),
        ([go(conditions=["yes", "no"]), go(conditions="yes")], {}),
        ([go(conditions="yes"), go(conditions="yes", prepare="no")], {}),
        ([go(conditions="yes"), go(prepare="no", unless="no"), go(conditions=["yes", "no"])], {}),
        ([go(conditions="yes"), go(unless="no"), go(conditions=["yes", "no"], prepare="no")], {}),
        ([go(unless="yes")], {"preconditions": {"go": "yes"}, "prepare_event": "no"}),
        ([go(conditions=unhashable()), go(conditions=unhashable())], {}),
    ):
        made(*rows, **options).freeze(Model)


def test_missing_callbacks_and_guards_are_named_with_their_place() -> None:
    machine = Machine(
        states=[{"name": "a", "on_exit": "m1"}, {"name": "b", "on_enter": "nowhere.m2"}],
        initial="a",
        auto_transitions=False,
        on_final="os.nowhere",
        preconditions={"go": "m4"},
    )
    machine.add_transition("go", "a", "b", "m5", "..m6", "m7", "m8", prepare="m9")
    assert problems(machine) == (
        "on_final callback 'os.nowhere' is neither on Model nor importable",
        "on_exit callback of state 'a' 'm1' is neither on Model nor importable",
        "on_enter callback of state 'b' 'nowhere.m2' is neither on Model nor importable",
        "precondition of trigger 'go' 'm4' is neither on Model nor importable",
        "prepare callback of trigger 'go' in state 'a' 'm9' is neither on Model nor importable",
        "before callback of trigger 'go' in state 'a' 'm7' is neither on Model nor importable",
        "after callback of trigger 'go' in state 'a' 'm8' is neither on Model nor importable",
        "guard of trigger 'go' in state 'a' 'm5' is neither on Model nor importable",
        "guard of trigger 'go' in state 'a' '..m6' is neither on Model nor importable",
    )
    assert machine.freeze().frozen  # without a class, nothing is known to be missing


def test_a_misspelt_name_comes_with_the_name_that_was_probably_meant() -> None:
    class Lamp:
        state = "a"

        def is_lit(self) -> bool:
            return True

    machine = made(go(conditions="is_lti"))
    with pytest.raises(DefinitionError, match=r"nor importable \(did you mean 'is_lit'\?\)"):
        machine.freeze(Lamp)


def test_a_name_that_is_little_like_another_comes_without_one() -> None:
    class Lamp:
        state = "a"

        def ready_enter(self) -> None: ...

    with pytest.raises(DefinitionError, match=r"nor importable$"):
        made(go(after="degraded_enter_mode")).freeze(Lamp)


def test_several_names_in_one_string_are_to_be_a_list() -> None:
    with pytest.raises(DefinitionError, match=r"\(several names\? give a list of them\)"):
        made(go(conditions="is_lit, is_late")).freeze(Model)


def test_a_fault_that_rows_of_a_state_share_is_named_once() -> None:
    with pytest.raises(DefinitionError) as caught:
        made(go(conditions="is_lti"), go(conditions="is_lti", unless="x")).freeze(Model)
    assert [*caught.value.problems].count(caught.value.problems[0]) == 1


def test_what_only_instances_have_is_not_missing() -> None:
    class Lazy:
        def __getattr__(self, name: str) -> Any:
            return lambda: name == "anything"

    machine = made(go(conditions="anything")).freeze(Lazy)
    lazy = Lazy()
    vars(lazy)["state"] = "a"
    assert machine.may(lazy, "go")


def test_what_can_be_neither_called_nor_looked_up_is_named() -> None:
    assert problems(made(go(after=7))) == (
        f"after callback {IN_A} 7 can be neither called nor looked up (give a name)",
    )


@pytest.mark.parametrize(
    ("given", "name"),
    [
        *((name, name) for name in ("later", "later_static", "later_property", "many")),
        (coroutine, "coroutine"),
        (f"{__name__}.coroutine", f"{__name__}.coroutine"),
    ],
)
def test_coroutine_functions_are_named(given: Any, name: str) -> None:
    (problem,) = problems(made(go(conditions=given)))
    assert problem == (
        f"guard of trigger 'go' in state 'a' '{name}' is a coroutine function, "
        "which nothing would await (make it a plain one)"
    )


def test_objects_with_a_coroutine_call_are_named() -> None:
    (problem,) = problems(made(go(conditions=LaterCall())), None)
    assert "is a coroutine function" in problem


def test_dynamic_callbacks_are_checked_too() -> None:
    class Late(Model):
        async def on_enter_b(self) -> None: ...

    assert "on_enter callback of state 'b' 'on_enter_b' is a coroutine" in problems(made(), Late)[0]


def holder(**members: Any) -> type:
    return type("Holder", (), {"__slots__": (), **members})


@attrs.frozen
class FrozenAttrs:
    state: str


@dataclasses.dataclass(frozen=True)
class FrozenDataclass:
    state: str


@pytest.mark.parametrize(
    ("model_class", "problem"),
    [
        (holder(), "Holder has no attribute 'state' for the state (add it to its __slots__)"),
        (
            holder(state="a"),
            "Holder has no attribute 'state' for the state (add it to its __slots__)",
        ),
        (
            holder(state=property(lambda _: "a")),
            "Holder cannot set its property 'state' (give it a setter)",
        ),
        (
            FrozenAttrs,
            "FrozenAttrs is frozen, so its 'state' cannot be set (make it mutable)",
        ),
        (
            FrozenDataclass,
            "FrozenDataclass is frozen, so its 'state' cannot be set (make it mutable)",
        ),
    ],
)
def test_models_that_cannot_hold_the_state_are_named(model_class: type, problem: str) -> None:
    assert problems(made(), model_class) == (problem,)


@pytest.mark.parametrize(
    "model_class",
    [
        holder(__slots__=("state",)),
        holder(state=property(lambda _: "a", lambda _, __: None)),
        type("Dictionary", (), {}),
        attrs.make_class("Slotted", ["state"], slots=True),
        dataclasses.make_dataclass("Data", ["state"]),
    ],
)
def test_models_that_can_hold_the_state_are_fine(model_class: type) -> None:
    assert made().freeze(model_class).frozen


def test_every_problem_is_named_at_once() -> None:
    machine = made(["go", "a", "y"], go(after="missing"), queued=True, name="door")
    with pytest.raises(DefinitionError, match="machine 'door' cannot be frozen:\n  it is q") as e:
        machine.freeze(Model)
    assert len(e.value.problems) == 3


def test_meanings_are_found_behind_properties_and_imports() -> None:
    class Meant:
        state = "a"

        @property
        @guard("a property", reason="r1")
        def read(self) -> bool:
            return False

        @staticmethod
        @guard("a static method", reason="r2")
        def static() -> bool:
            return False

    guards = [
        row.guards[0].description
        for given in ("read", "static", f"{__name__}.meant")
        for row in made(go(conditions=given)).freeze(Meant).table.rows
        if row.guards
    ]
    assert [(each.label, each.reason) for each in guards] == [
        ("a property", "r1"),
        ("a static method", "r2"),
        ("imported", "r3"),
    ]


@guard("imported", reason="r3")
def meant() -> bool:
    return False


@pytest.mark.parametrize(
    "name",
    [
        *("_can_trigger", "_get_trigger", "_process", "callback", "callbacks"),
        *("get_model_state", "get_state", "resolve_callable", "set_state"),
    ],
)
def test_whatever_the_table_does_itself_may_not_be_overridden(name: str) -> None:
    machine = made()
    vars(machine)[name] = getattr(machine, name)
    assert problems(machine) == (f"Machine overrides {name}(), which a table cannot honour",)


def test_a_row_is_not_measured_against_the_precondition_once_something_prepared() -> None:
    first, opposite = go(conditions="no", prepare="yes"), go(unless="yes")
    made(first, opposite, preconditions={"go": "yes"}).freeze(Model)
    made(go(conditions="no"), opposite, preconditions={"go": "yes"}, prepare_event="yes").freeze(
        Model
    )
    found = problems(made(go(conditions="no"), opposite, preconditions={"go": "yes"}))
    because = "it wants the opposite of a precondition of its trigger"
    assert found == (f"row 2 {IN_A} can never be taken: {because}",)


def test_a_precondition_of_another_class_is_refused() -> None:
    class OtherCondition(transitions.core.Condition): ...

    machine = made(go(), preconditions={"go": "yes"})
    machine.events["go"].preconditions.append(OtherCondition("no"))
    assert problems(machine) == (
        f"OtherCondition, the class of condition of trigger 'go', {UNKNOWN} (give a function)",
    )


def test_a_name_is_the_same_guard_wherever_it_was_written() -> None:
    again = "".join(["y", "es"])
    found = problems(made(go(conditions="yes"), go(conditions=again)))
    assert found == (f"row 2 {IN_A} can never be taken: row 1 always wins",)


@pytest.mark.parametrize("source", ["*", ["a", "b"]])
def test_a_row_with_several_sources_may_be_unreachable_in_some_of_them(source: Any) -> None:
    machine = made(go(), ["go", source, None]).freeze(Model)
    model = Model()
    assert (machine.fire(model, "go"), model.state) == (True, "b")
    assert (machine.fire(model, "go"), model.state) == (True, "b")


def test_a_row_that_is_unreachable_in_each_of_its_sources_is_named() -> None:
    every = ["go", ["a", "b"], None]
    assert problems(made(every, ["go", "*", "b"])) == tuple(
        f"row 2 of trigger 'go' in state '{state}' can never be taken: {FIRST_WINS}"
        for state in ("a", "b")
    )
    # A row declared again is another row, even where it looks the same.
    assert len(problems(made(go(), go(), every))) == 1


def test_a_machine_may_have_transitions_of_any_class_until_it_is_frozen() -> None:
    class Own(Machine):
        transition_cls = transitions.Transition

    machine = Own(states=["a"], initial="a", transitions=[["go", "a", None]])
    assert problems(machine)[-1].startswith(
        "Transition, the class of transition of triggers 'to_a'"
    )


class Meta(type):
    def on_enter_b(cls) -> None: ...

    @property
    def state(cls) -> str:
        return "a"


def test_a_model_has_no_attribute_of_its_metaclass() -> None:
    model_class = Meta("Slotted", (), {"__slots__": ("state",)})
    assert [row.after for row in made().freeze(model_class).table.rows] == [()]
    (problem,) = problems(made(go(conditions="mro")), model_class)
    assert problem.endswith("'mro' is neither on Slotted nor importable")


def test_states_may_have_tags() -> None:
    @add_state_features(Tags)
    class Tagged(Machine): ...

    states = ["a", {"name": "b", "tags": ["accepted"]}]
    machine = Tagged(states=states, initial="a", transitions=[["go", "a", "b"]]).freeze(Model)
    model = Model()
    assert machine.get_state(model.state).is_accepted is False
    assert machine.fire(model, "go")
    assert machine.get_state(model.state).is_accepted is True


@pytest.mark.parametrize(
    ("feature", "options", "overridden"),
    [
        (Timeout, {"timeout": 1, "on_timeout": "yes"}, ["enter", "exit"]),
        (Volatile, {}, ["enter", "exit"]),
        (Error, {}, ["enter"]),
    ],
)
def test_features_of_states_that_do_something_are_refused(
    feature: Any, options: dict[str, Any], overridden: list[str]
) -> None:
    @add_state_features(feature)
    class Featured(Machine): ...

    machine = Featured(states=[{"name": "a", **options}], initial="a")
    assert problems(machine) == tuple(
        f"CustomState, the class of state 'a', has its own {name}, {PLAIN_STATE}"
        for name in overridden
    )


FORGOTTEN = (
    "its initial state is 'initial', which is none of the states given "
    "(give one of them as initial)"
)


def test_a_forgotten_initial_state_is_named() -> None:
    assert problems(Machine(states=["a", "b"])) == (FORGOTTEN,)
    assert problems(Machine(None, ["a", "b"], auto_transitions=False)) == (FORGOTTEN,)
    late = Machine()
    late.add_states(["a", "b"])
    assert problems(late) == (FORGOTTEN,)


def test_a_misspelt_initial_state_is_named() -> None:
    assert problems(Machine(states=["a", "b"], initial="c")) == (
        FORGOTTEN.replace("initial'", "c'"),
    )
    assert Machine(initial="a").freeze(Model).initial == "a"


def test_a_state_of_its_own_may_be_named_initial() -> None:
    for machine in (
        Machine(states=["initial", "a"]),
        Machine(states=["a", "initial"], initial="initial"),
        Machine(None, ["a", "initial"], "initial"),
    ):
        assert machine.freeze(Model).initial == "initial"


@pytest.mark.parametrize(
    "again", ["a", Named.a, transitions.State("a"), {"name": "a"}, {"name": Named.a}]
)
def test_a_state_given_twice_is_named(again: Any) -> None:
    found = "state 'a' is given twice, and the last one replaces the others (give it once)"
    assert problems(Machine(states=["a", "b", again], initial="a")) == (found,)
    machine = made()
    machine.add_states(again)
    assert problems(machine) == (found,)


def test_a_name_that_only_the_constructor_sets_comes_with_the_remedy() -> None:
    class Base:
        def __init__(self) -> None:
            self.state, self.locked = "a", False

    class Derived(Base): ...

    (problem,) = problems(made(go(unless="locked")), Derived)
    assert problem == (
        f"guard {IN_A} 'locked' is neither on Derived nor importable "
        "(__init__ sets it: annotate it in the class, 'locked: bool')"
    )


def test_a_row_behind_an_automatic_transition_says_how_to_leave_that_out() -> None:
    machine = Machine(states=["a", "b"], initial="a", transitions=[["to_b", "a", "b"]])
    with pytest.raises(DefinitionError) as caught:
        machine.freeze()
    [problem] = caught.value.problems
    assert problem == (
        "row 2 of trigger 'to_b' in state 'a' can never be taken: row 1 always wins "
        "(it is automatic: auto_transitions=False leaves it out)"
    )


def test_with_send_event_a_guard_may_tell_transitions_apart() -> None:
    machine = Machine(
        states=["a", "b", "c"], initial="a", auto_transitions=False, send_event=True,
        transitions=[["go", "a", "b", "leads_to_c"], ["go", "a", "c", "leads_to_c"]],
    )  # fmt: skip

    class Traveller:
        state = "a"

        def leads_to_c(self, event: transitions.EventData) -> bool:
            return event.transition is not None and event.transition.dest == "c"

    traveller = Traveller()
    assert machine.freeze(Traveller).fire(traveller, "go")
    assert traveller.state == "c"


def test_an_unknown_state_of_many_triggers_is_named_once() -> None:
    machine = made(go(dest="None"), {**go(), "trigger": "turn", "dest": "None"})
    assert problems(machine) == (
        (
            "triggers 'go', 'turn' have the unknown target state 'None' "
            "(None without quotes keeps the state)"
        ),
    )
