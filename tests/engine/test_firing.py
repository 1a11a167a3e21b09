"""Driving a frozen machine, callback by callback, against ``transitions`` itself."""

from __future__ import annotations

import functools
import logging
from collections.abc import AsyncIterator, Callable
from itertools import product
from typing import Any

import pytest
import transitions

from fsm.engine import (
    FrozenError,
    InvalidTriggerError,
    Machine,
    Refusal,
    UnknownTriggerError,
    declaration,
)
from fsm.engine.declaration import Transition

KINDS = (
    *declaration.TRANSITION_CALLBACKS,
    *declaration.STATE_CALLBACKS,
    *declaration.MACHINE_CALLBACKS,
)


class Model:
    """Logs every call, with the state it came in; a name in `fails` raises."""

    def __init__(self, *fails: str, no: tuple[str, ...] = (), state: str = "a") -> None:
        self.state = state
        self.log: list[Any] = []
        self.fails, self.no = fails, no

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "on_", "state")) and name not in KINDS:
            raise AttributeError(name)

        def called(*args: Any, **kwargs: Any) -> bool:
            self.log.append((name, self.state, *map(said, args), *kwargs.items()))
            if name in self.fails:
                raise ValueError(name)
            return name not in self.no

        return called


def said(value: object) -> object:
    """What an event says, or the plain argument."""
    if not isinstance(value, transitions.EventData):
        return value
    row = value.transition
    return (
        value.state.name,
        value.event.name,
        row and (row.source, row.dest),
        kind_of(value.error),
        value.result,
        value.args,
        value.kwargs,
    )


def build(kind: type[transitions.Machine], **options: Any) -> Any:
    """A machine with a callback of every kind, named after what it is."""
    callbacks = {name: name for name in declaration.MACHINE_CALLBACKS if name != "on_exception"}
    states = [
        {"name": "a", "on_exit": "on_exit", "on_enter": "on_enter"},
        {"name": "b", "on_exit": "on_exit", "on_enter": "on_enter"},
        {"name": "end", "on_enter": "on_enter", "final": True},
    ]
    rows = [
        {"trigger": "go", "source": "a", "dest": "b", "conditions": "first", "prepare": "prepare"},
        {"trigger": "go", "source": "a", "dest": "end", "conditions": "second", "after": "after"},
        {"trigger": "go", "source": "b", "dest": "a", "before": "before", "after": "after"},
        {"trigger": "stay", "source": "a", "dest": None, "before": "before", "after": "after"},
        {"trigger": "again", "source": "a", "dest": "=", "before": "before"},
    ]
    return kind(
        model=None, states=states, initial="a", transitions=rows, auto_transitions=False,
        **{**callbacks, **options},
    )  # fmt: skip


def fired(model: Model, fire: Callable[..., object], trigger: str) -> None:
    try:
        model.log.append(fire(model, trigger, 1, key=2))
    except (ValueError, transitions.MachineError, AttributeError) as error:
        model.log.append(kind_of(error))


def kind_of(error: object) -> object:
    # The engine's own errors are the library's errors, and say more.
    for kind in (transitions.MachineError, AttributeError):
        if isinstance(error, kind):
            return kind
    return repr(error)


@pytest.mark.parametrize(
    "options",
    [{}, {"on_exception": "on_exception"}, {"ignore_invalid_triggers": True}],
    ids=["plain", "on_exception", "ignoring"],
)
@pytest.mark.parametrize("send_event", [False, True])
def test_a_frozen_machine_calls_what_transitions_calls_and_when(
    options: dict[str, Any], send_event: bool
) -> None:
    plain = build(transitions.Machine, send_event=send_event, **options)
    frozen = build(Machine, send_event=send_event, **options).freeze()
    driven = ((plain._get_trigger, frozen.fire), (plain._can_trigger, frozen.may))
    situations = product(
        ("go", "stay", "again", "unknown"),
        ("a", "b", "end"),
        ((), ("first",), ("first", "second")),
        ("", "first", *KINDS),
        driven,
    )
    logging.disable(logging.CRITICAL)
    try:
        for trigger, state, no, fails, (theirs, ours) in situations:
            expected, found = (Model(fails, no=no, state=state) for _ in range(2))
            fired(expected, theirs, trigger)
            fired(found, ours, trigger)
            assert (found.state, found.log) == (expected.state, expected.log)
    finally:
        logging.disable(logging.NOTSET)


def test_what_a_finalize_callback_raises_is_logged_and_not_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    machine = build(Machine).freeze()
    assert machine.fire(Model("finalize_event"), "go")
    [record] = caplog.records
    assert record.name == "fsm.engine.firing"
    assert record.getMessage() == "finalize callback raised ValueError: finalize_event"


def test_a_refused_trigger_names_those_that_have_a_row_and_an_unknown_one_all() -> None:
    machine = build(Machine).freeze()
    model = Model()
    model.state = "b"
    with pytest.raises(InvalidTriggerError) as invalid:
        machine.fire(model, "stay")
    assert (invalid.value.state, invalid.value.trigger) == ("b", "stay")
    assert invalid.value.possible == ("go",)
    with pytest.raises(UnknownTriggerError) as unknown:
        machine.fire(model, "nonsense")
    assert unknown.value.known == ("go", "stay", "again")
    with pytest.raises(UnknownTriggerError) as unknown:
        machine.why(model, "nonsense")
    assert (unknown.value.trigger, unknown.value.known) == ("nonsense", ("go", "stay", "again"))


def test_arguments_reach_guards_and_preconditions_frozen_or_not() -> None:
    for freeze in (False, True):
        machine = build(Machine, preconditions={"go": "required"}, prepare_event=None)
        machine = machine.freeze() if freeze else machine
        model = Model()
        assert machine.fire(model, "go", 1, key=2) is True
        assert ("required", "a", 1, ("key", 2)) in model.log
        assert ("first", "a", 1, ("key", 2)) in model.log
        model = Model()
        assert machine.may(model, "go", 1, key=2) is True
        assert model.log == [
            ("required", "a", 1, ("key", 2)),
            ("prepare", "a", 1, ("key", 2)),
            ("first", "a", 1, ("key", 2)),
        ]
        model = Model(no=("required",))
        assert machine.fire(model, "go", 1) is False
        assert machine.may(model, "go", 1) is False
        assert {each[0] for each in model.log} == {"required"}


@pytest.mark.parametrize(
    ("write", "change"),
    [
        (lambda m: setattr(m, "initial", "b"), "setting 'initial'"),
        (lambda m: delattr(m, "initial"), "deleting 'initial'"),
        (lambda m: m.add_model(Model()), "add_model()"),
        (lambda m: m.remove_model(Model()), "remove_model()"),
        (lambda m: m.add_states("c"), "add_states()"),
        (lambda m: m.add_transition("go", "b", "b"), "add_transition()"),
        (lambda m: m.remove_transition("go"), "remove_transition()"),
        (lambda m: m.add_precondition("go", "more"), "add_precondition()"),
        (lambda m: m.before_go("more"), "before_go()"),
        (lambda m: m.on_enter_a("more"), "on_enter_a()"),
    ],
)
def test_a_frozen_machine_names_the_change_that_it_refuses(
    write: Callable[[Any], Any], change: str
) -> None:
    machine = build(
        Machine, name="door", preconditions={"go": "required"}, on_exception="on_exception"
    ).freeze()
    with pytest.raises(FrozenError) as caught:
        write(machine)
    assert str(caught.value) == (
        f"machine 'door' is frozen, {change} would change it (build a new machine instead)"
    )


def test_a_row_is_equal_to_itself_alone() -> None:
    one, other = (build(Machine).freeze().table.rows[:2] for _ in range(2))
    assert one[0] == one[0]
    assert one[0] != other[0]
    assert len({*one, *other}) == 4


def test_the_methods_of_transitions_take_their_arguments_in_order_and_by_name() -> None:
    machine = Machine(None, ["a", "b", "c"], "b", auto_transitions=False)
    assert (list(machine.states), machine.initial) == (["a", "b", "c"], "b")
    machine.add_states(["d"], on_enter="note")
    assert machine.states["d"].on_enter == ["note"]
    machine.add_transition("go", "a", "b", "yes")
    machine.add_transition("go", "b", "c", before="note")
    machine.add_transition("go", "c", "d")
    assert [each.func for each in machine.get_transitions("go", "a")[0].conditions] == ["yes"]
    machine.remove_transition("go", "a")
    machine.remove_transition("go", dest="d")
    assert [(each.source, each.dest) for each in machine.get_transitions("go")] == [("b", "c")]
    model, other = Model(), Model()
    machine.add_model(model, "c")
    machine.add_model(other, initial="a")
    assert (model.state, other.state) == ("c", "a")
    machine.remove_model(model)
    assert machine.models == [other]


def test_a_new_trigger_that_only_requires_is_one_of_the_machine() -> None:
    machine = Machine(states=["a"], initial="a", auto_transitions=False)
    machine.add_precondition("go", "yes")
    machine.add_precondition("go", ["maybe"])
    event = machine.events["go"]
    assert (event.name, event.machine) == ("go", machine)
    assert [each.func for each in event.preconditions] == ["yes", "maybe"]


def test_under_send_event_a_callback_has_the_last_word_on_the_answer() -> None:
    class Claiming(Model):
        def prepare_event(self, event: transitions.EventData) -> None:
            event.result = True

        def after(self, event: transitions.EventData) -> None:
            event.result = False

    for kind, fire in ((transitions.Machine, "_get_trigger"), (Machine, "fire")):
        machine = build(kind, send_event=True, on_exception="on_exception")
        machine = machine.freeze() if fire == "fire" else machine
        none_holds = Claiming(no=("first", "second"))
        assert getattr(machine, fire)(none_holds, "go") is True
        assert none_holds.state == "a"
        assert getattr(machine, fire)(Claiming(), "go") is True
        assert getattr(machine, fire)(Model("first"), "go") is False


def test_a_transition_takes_what_one_of_transitions_takes_and_an_info() -> None:
    given: dict[str, Any] = {"conditions": "yes", "before": "first", "after": ["second", "third"]}
    made, plain = Transition("a", "b", info=7, **given), transitions.Transition("a", "b", **given)
    assert made.info == 7
    assert (made.before, made.after) == (plain.before, plain.after) == (["first"], given["after"])
    assert [each.func for each in made.conditions] == ["yes"]


def test_an_unfrozen_machine_and_its_parts_can_be_changed() -> None:
    machine = build(Machine)
    event = machine.events["go"]
    event.add_callback("before", "noted")
    assert [row.before[-1] for rows in event.transitions.values() for row in rows] == ["noted"] * 3
    event.add_transition(Transition("end", "a"))
    assert [row.dest for row in event.transitions["end"]] == ["a"]
    machine.extra = 1
    assert machine.extra == 1
    del machine.extra
    assert not hasattr(machine, "extra")
    event.extra = 1
    del event.extra
    assert not hasattr(event, "extra")


@pytest.mark.parametrize("own", [None, True, False])
@pytest.mark.parametrize("machines", [None, True, False])
def test_a_state_says_itself_whether_it_ignores_what_it_has_no_row_for(
    own: bool | None, machines: bool | None
) -> None:
    machine = Machine(
        states=[{"name": "a", "ignore_invalid_triggers": own}, "b"],
        initial="a",
        ignore_invalid_triggers=machines,
        auto_transitions=False,
    )
    machine.add_transition("go", "b", "a")
    machine.add_transition("over", "a", "b")
    machine.freeze()
    if machines if own is None else own:
        assert machine.fire(Model(), "go") is False
        assert machine.fire(Model(), "unknown") is False
    else:
        with pytest.raises(InvalidTriggerError):
            machine.fire(Model(), "go")
        with pytest.raises(UnknownTriggerError):
            machine.fire(Model(), "unknown")


def test_a_guard_that_moves_the_model_is_seen_in_the_event() -> None:
    class Moving(Model):
        def required(self, event: transitions.EventData) -> bool:
            self.state = "b"
            return True

    machine = build(Machine, send_event=True, preconditions={"go": "required"}).freeze()
    model = Moving()
    assert machine.fire(model, "go")
    assert model.state == "a"
    assert [each[2][0] for each in model.log if each[0] == "before"] == ["b"]
    assert [each[2][0] for each in model.log if each[0] == "after"] == ["a"]


def test_guards_are_asked_about_the_event_that_is_decided() -> None:
    machine = Machine(
        states=["a", "b"],
        initial="a",
        auto_transitions=False,
        preconditions={"go": lambda event: event.startswith("x")},
    )
    machine.add_transition("go", "a", "b", conditions=lambda event: event.endswith("y"))
    machine.freeze()
    for decide in (machine.decide, machine.table.decide, machine.table.decider()):
        row = machine.table.rows[0]
        assert decide(Model(), "go", "x to y") is row
        required, default_refusal = decide(Model(), "go", "y"), decide(Model(), "go", "x")
        assert isinstance(required, Refusal)
        assert isinstance(default_refusal, Refusal)
        assert (required.guard is None, default_refusal.guard) == (False, None)


@pytest.mark.parametrize("freeze", [False, True])
def test_an_event_holds_the_model_and_the_machine_it_is_about(freeze: bool) -> None:
    machine, model = build(Machine, send_event=True, preconditions={"go": "required"}), Model()
    machine = machine.freeze() if freeze else machine
    events: list[transitions.EventData] = []

    def required(event: transitions.EventData) -> bool:
        events.append(event)
        return True

    vars(model)["required"] = required
    assert machine.may(model, "go")
    assert machine.fire(model, "go")
    assert len(events) == 2
    assert all(event.model is model and event.machine is machine for event in events)


@pytest.mark.parametrize("freeze", [False, True])
def test_a_precondition_sees_the_whole_event_when_it_is_only_asked(freeze: bool) -> None:
    machine = build(Machine, send_event=True, preconditions={"go": "required"})
    machine = machine.freeze() if freeze else machine
    model = Model()
    assert machine.may(model, "go", 1, key=2)
    assert model.log[0] == (
        "required", "a", ("a", "go", None, "None", False, (1,), {"key": 2}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ask", "kind", "freeze"),
    [
        case
        for case in product(("fire", "may"), ("conditions", "preconditions"), (False, True))
        # `transitions` itself raises a RuntimeError here.
        if case != ("may", "conditions", False)
    ],
)
def test_a_guard_that_stops_an_iteration_raises_what_it_raises(
    ask: str, kind: str, freeze: bool
) -> None:
    def exhausted() -> bool:
        return bool(next(iter(())))

    row: dict[str, Any] = {"trigger": "go", "source": "a", "dest": None}
    options: dict[str, Any] = {"preconditions": {"go": exhausted}}
    if kind == "conditions":
        row["conditions"], options = exhausted, {}
    machine = Machine(
        states=["a"], initial="a", transitions=[row], auto_transitions=False, **options
    )
    if freeze:
        machine.freeze()
    with pytest.raises(StopIteration):
        getattr(machine, ask)(Model(), "go")


class Later:
    state = "a"

    async def later(self, *_: object) -> bool:
        return True

    async def __call__(self, *_: object) -> bool:
        return True


async def later(*_: object) -> bool:
    return True


async def many(*_: object) -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("kind", ["conditions", "unless", "before", "after", "prepare"])
@pytest.mark.parametrize(
    ("callback", "name", "answer"),
    [
        (lambda *args: later(*args), "<lambda>", "coroutine"),
        (lambda *args: many(*args), "<lambda>", "async_generator"),
        (functools.partial(Later()), "Later", "coroutine"),
        ("later", "later", "coroutine"),
    ],
)
def test_a_coroutine_that_nothing_would_await_is_an_error(
    kind: str, callback: Any, name: str, answer: str
) -> None:
    machine = Machine(states=["a", "b"], initial="a")
    machine.add_transition("go", "a", "b", **{kind: callback})
    machine.freeze()
    with pytest.raises(TypeError, match=f"'{name}.* returned a {answer}, which nothing would"):
        machine.fire(Later(), "go")


def test_decide_and_apply_find_coroutines_too() -> None:
    machine = Machine(states=["a"], initial="a")
    machine.add_transition("go", "a", None, conditions=lambda event: later())
    machine.add_transition("act", "a", None, after=lambda event: later())
    machine.freeze()
    with pytest.raises(TypeError, match="returned a coroutine"):
        machine.decide(Later(), "go", None)
    row = machine.decide(Later(), "act", None)
    with pytest.raises(TypeError, match="returned a coroutine"):
        row.apply(Later(), None)  # type: ignore[union-attr]
