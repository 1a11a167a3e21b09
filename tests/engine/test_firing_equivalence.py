"""Random machines, built again and again, must do the same frozen, unfrozen and plain."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from enum import Enum, StrEnum
from itertools import combinations, pairwise, permutations
from types import ModuleType
from typing import Any

import attrs
import pytest
import transitions
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fsm.engine import Machine, declaration, validation

NAMES = ("a", "b", "c", "d")
TRIGGERS = ("go", "stop", "turn")


class Names(Enum):
    a = 1
    b = "b"
    c = "a"
    d = 4


class Words(StrEnum):
    """Each is equal to the name of another."""

    a = "b"
    b = "c"
    c = "a"


class Stop(BaseException):
    """Like KeyboardInterrupt, none of Exception's."""


class OopsError(Exception):
    """What a callback or condition raises."""


# -- a world of callbacks: each notes that it was called, then follows its script ----------


class World:
    """One machine with one model, the scripts of its callbacks, and a log."""

    def __init__(self, given: Definition) -> None:
        self.given = given
        self.log: list[object] = []
        self.turns: Counter[str] = Counter()
        self.depth = 0
        self.fire: Callable[..., bool]
        self.may: Callable[..., bool]
        self.model: Any = None

    def called(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
        state = getattr(self.model, self.given.attribute)
        self.log.append((name, state, *map(seen, args), sorted(kwargs.items())))
        script = self.given.scripts[name]
        step = script[self.turns[name] % len(script)]
        self.turns[name] += 1
        return self.follow(step, args)

    def follow(self, step: Any, args: tuple[Any, ...]) -> object:
        match step:
            case "claim":
                for event in args:
                    if isinstance(event, transitions.EventData):
                        event.result = True
            case "raise":
                raise OopsError("as the script says")
            case "stop":
                raise Stop("as the script says")
            case ("slip", state):
                setattr(self.model, self.given.attribute, state)
                return True
            case ("put", state):
                setattr(self.model, self.given.attribute, state)
            case ("fire" | "may" as kind, trigger) if self.depth < 2:
                self.depth += 1
                try:
                    self.log.append((kind, getattr(self, kind)(self.model, trigger, "inner")))
                finally:
                    self.depth -= 1
        return step


def seen(value: object) -> object:
    """What a callback sees of an argument; of an EventData, all that it says."""
    if not isinstance(value, transitions.EventData):
        return value
    row = value.transition
    return (
        value.state.name,
        value.event.name,
        row and (row.source, row.dest, len(row.conditions)),
        kind_of(value.error),
        value.result,
        value.args,
        sorted(value.kwargs.items()),
    )


def kind_of(error: object) -> object:
    # The engine's own errors are the library's errors, and say more.
    for kind in (transitions.MachineError, AttributeError):
        if isinstance(error, kind):
            return kind
    return (type(error), str(error))


CURRENT: list[World] = []


def by_world(name: str) -> Callable[..., object]:
    return lambda *args, **kwargs: CURRENT[-1].called(name, args, kwargs)


def by_model(name: str) -> Callable[..., object]:
    def method(self: object, *args: Any, **kwargs: Any) -> object:
        assert self is CURRENT[-1].model
        return CURRENT[-1].called(name, args, kwargs)

    return method


def read(name: str) -> property:
    return property(lambda self: CURRENT[-1].called(name, (), {}))


elsewhere = ModuleType("callbacks_from_elsewhere")
sys.modules[elsewhere.__name__] = elsewhere
vars(elsewhere).update(does=by_world("does"), holds=by_world("holds"))

MEMBERS = {
    "method": by_model("method"),
    "other": by_model("other"),
    "static": staticmethod(by_world("static")),
    "of_class": classmethod(lambda _cls, *args, **kwargs: by_world("of_class")(*args, **kwargs)),
    "asks": by_model("asks"),
    "checks": by_model("checks"),
    "has": read("has"),
    "slips": by_model("slips"),
    "yes": True,
    "no": 0,
}
DYNAMIC = {
    "on_enter_a": by_model("on_enter_a"),
    "on_enter_b": by_model("on_enter_b"),
    "on_exit_a": classmethod(lambda _cls, *args, **kwargs: by_world("on_exit_a")(*args, **kwargs)),
    # Not a callback: `transitions` takes only what is bound to something.
    "on_exit_b": staticmethod(by_world("on_exit_b")),
}
SLOTTED = type("Slotted", (), {**MEMBERS, "__slots__": ("state", "phase")})
PLAIN = type("Plain", (), MEMBERS)
EAGER = type("Eager", (), {**MEMBERS, **DYNAMIC})


class Wayward(PLAIN):
    """A model that makes something else of one of its states."""

    held: object = None

    @property
    def state(self) -> object:
        return self.held

    @state.setter
    def state(self, value: object) -> None:
        self.held = "nowhere" if value in ("b", Names.b) else value


CALLBACKS = ("method", "other", "static", "of_class", "callable", "does")
CONDITIONS = ("asks", "checks", "has", "yes", "no", "tells", "holds")
SLIPS = "slips"  # a condition that moves the model, and holds
CALLABLES = {name: by_world(name) for name in ("callable", "tells")}


def given_as(name: str) -> Any:
    """The same thing is always given the same way: callable, imported or named."""
    if name in vars(elsewhere):
        return f"{elsewhere.__name__}.{name}"
    return CALLABLES.get(name, name)


# -- definitions ----------------------------------------------------------------------------


@attrs.frozen
class Definition:
    """All that is needed to build a machine any number of times."""

    model_class: type
    class_is_known: bool
    attribute: str
    states: tuple[dict[str, Any], ...]
    rows: tuple[dict[str, Any], ...]
    preconditions: dict[str, tuple[Any, ...]]
    options: dict[str, Any]
    scripts: dict[str, list[Any]]

    def build(self, kind: type[transitions.Machine]) -> Any:
        """Build the machine, from copies of every list: it keeps what it is given."""
        machine = kind(
            model=None,
            states=[copied(each) for each in self.states],
            initial=self.states[0]["name"],
            model_attribute=self.attribute,
            **copied(self.options),
        )
        for row in self.rows:
            machine.add_transition(**copied(row))
        for trigger, conditions in self.preconditions.items():
            machine.add_precondition(trigger, list(conditions))
        return machine


def copied(given: dict[str, Any]) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in given.items()}


# Whole lists are drawn, not their items: many small draws would take most of the time.


def several(names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    each = [given_as(name) for name in names]
    return [(), *[(one,) for one in each], *permutations(each, 2)]


CALLBACK_LISTS = [()] * 40 + several(CALLBACKS)
CONDITION_LISTS = [()] * 45 + several(CONDITIONS)
REQUIRED_LISTS = CONDITION_LISTS[45:] + [(SLIPS,)] * 20


def scripts_of(steps: list[Any], usual: list[Any]) -> list[list[Any]]:
    alone = [[one] for one in steps]
    return [
        *([one] for one in usual),
        *([one, other] for one in usual for other in usual),
        *alone,
        *([one, *rest] for one in usual for rest in alone),
    ]


def acts(states: list[Any]) -> list[list[Any]]:
    nested = [(kind, trigger) for kind in ("fire", "may") for trigger in (*TRIGGERS, "walk")]
    put = [("put", state) for state in (*states, "nowhere")]
    return scripts_of(["raise", "raise", "stop", "claim", "claim", *nested, *put], ["nothing"] * 4)


def answers(states: list[Any]) -> list[list[Any]]:
    nested = [(kind, trigger) for kind in ("fire", "may") for trigger in TRIGGERS]
    put = [("put", state) for state in states]
    return scripts_of(
        ["raise", "raise", "stop", 1, 0, 1.0, None, "yes", *nested, *put], [True, True, False]
    )


ROW = {
    "trigger": st.sampled_from(TRIGGERS),
    "conditions": st.sampled_from(CONDITION_LISTS),
    "unless": st.sampled_from(CONDITION_LISTS),
    **{kind: st.sampled_from(CALLBACK_LISTS) for kind in ("prepare", "before", "after")},
}
OPTIONS = st.fixed_dictionaries(
    {
        "send_event": st.booleans(),
        "auto_transitions": st.booleans(),
        "ignore_invalid_triggers": st.sampled_from([None, None, True, False]),
        **{kind: st.sampled_from(CALLBACK_LISTS) for kind in declaration.MACHINE_CALLBACKS},
    }
)
STATE = st.fixed_dictionaries(
    {
        "on_enter": st.sampled_from(CALLBACK_LISTS),
        "on_exit": st.sampled_from(CALLBACK_LISTS),
        "final": st.booleans(),
    }
)
IGNORE = st.sampled_from([{}, {}, *({"ignore_invalid_triggers": x} for x in (None, 1, 0))])
MODEL_CLASS = st.sampled_from([SLOTTED, PLAIN, Wayward, EAGER, EAGER])
ATTRIBUTE = st.sampled_from(["state", "state", "phase"])
REQUIRED = st.sampled_from(REQUIRED_LISTS)


class Parts:
    """The strategies of definitions with certain states."""

    def __init__(self, names: tuple[Any, ...]) -> None:
        self.names = list(names)
        self.name = st.sampled_from(self.names)
        self.acts = st.sampled_from(acts(self.names))
        self.answers = st.sampled_from(answers(self.names))
        sources = ["*", *names, *(tuple(each) for each in combinations(names, 2))]
        self.rows = st.lists(
            st.fixed_dictionaries(
                {
                    **ROW,
                    "source": st.sampled_from(sources),
                    "dest": st.sampled_from([*names, "=", None]),
                }
            ),
            min_size=2,
            max_size=6,
        )


# To create strategies anew in each example would take half of the time.
PARTS = st.sampled_from(
    [Parts(names) for names in (NAMES[:2], NAMES[:3], NAMES, tuple(Names), tuple(Words))]
)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    parts = draw(PARTS)
    names = parts.names
    states = tuple({"name": name, **draw(STATE), **draw(IGNORE)} for name in names)
    model_class = draw(MODEL_CLASS)
    made = Definition(
        model_class=model_class,
        class_is_known=model_class is EAGER or draw(st.booleans()),
        attribute=draw(ATTRIBUTE),
        states=states,
        # Every state can be reached, whatever else there is.
        rows=tuple(
            {"trigger": "walk", "source": one, "dest": other} for one, other in pairwise(names)
        ),
        preconditions={},
        options=draw(OPTIONS),
        scripts={
            **{name: draw(parts.acts) for name in CALLBACKS},
            **{name: draw(parts.answers) for name in CONDITIONS},
            **{name: ["nothing"] for name in DYNAMIC},
            SLIPS: [("slip", draw(parts.name))],
        },
    )
    for each in draw(parts.rows):
        made = sound(made, rows=(*made.rows, each))
    if draw(st.booleans()):
        for trigger in ("walk", "go"):
            required = {**made.preconditions, trigger: draw(REQUIRED)}
            made = sound(made, preconditions=required)
    return made


def sound(given: Definition, **changes: Any) -> Definition:
    """Change a definition where the outcome can be frozen."""
    changed = attrs.evolve(given, **changes)
    return given if problems(changed) else changed


def problems(given: Definition) -> list[str]:
    return validation.problems(given.build(Machine), given.model_class, Machine)


STEPS = [
    (kind, trigger, args, kwargs)
    for kind in ("fire", "fire", "fire", "may")
    for trigger in (*TRIGGERS * 3, "walk", "walk", "to_a", "to_phase_b", "nonsense")
    for args, kwargs in (((), {}), ((1,), {"k": 1}), (("x", None), {}))
] + [("put", state) for state in (*NAMES * 2, *Names, "nowhere")]
steps = st.lists(st.sampled_from(STEPS), min_size=5, max_size=12)


# What chance brings too seldom to be relied on: a condition and a callback that fail.
FAILING = [
    Definition(
        model_class=PLAIN,
        class_is_known=True,
        attribute="state",
        states=({"name": "a"}, {"name": "b"}),
        rows=(
            {"trigger": "go", "source": "a", "dest": "b", "conditions": "asks", "before": "method"},
        ),
        preconditions={},
        options={},
        scripts={"asks": [answer], "method": [act], SLIPS: [("slip", "a")]},
    )
    for answer, act in (("raise", "nothing"), ("stop", "nothing"), (True, "raise"), (True, "stop"))
]
EACH_WAY = [
    ("fire", "go", (), {}),
    ("may", "go", (), {}),
    ("put", "nowhere"),
    ("fire", "go", (), {}),
]


# -- running --------------------------------------------------------------------------------


def run(given: Definition, kind: str, steps: list[tuple[Any, ...]]) -> list[object]:
    """Build the definition as told, drive it, and return all that there was to see."""
    world = World(given)
    world.model = given.model_class()
    if kind == "plain":
        plain = given.build(transitions.Machine)
        world.fire = plain._get_trigger
        world.may = plain._can_trigger
        machine = plain
    else:
        machine = given.build(Machine)
        world.fire, world.may = machine.fire, machine.may
    if kind == "frozen":
        machine.freeze(given.model_class if given.class_is_known else None)
    elif given.model_class is EAGER:
        machine.add_model(world.model)
    setattr(world.model, given.attribute, given.states[0]["name"])

    CURRENT.append(world)
    try:
        for step in steps:
            world.log.append(outcome(world, step))
            world.log.append(("then", getattr(world.model, given.attribute)))
    finally:
        CURRENT.pop()
    return world.log


def outcome(world: World, step: tuple[Any, ...]) -> object:
    if step[0] == "put":
        setattr(world.model, world.given.attribute, step[1])
        return step
    kind, trigger, args, kwargs = step
    try:
        return ("returned", kind, getattr(world, kind)(world.model, trigger, *args, **kwargs))
    except BaseException as error:
        if isinstance(error, AssertionError):
            raise
        return ("raised", kind, kind_of(error))


@pytest.fixture
def _silence() -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # thousands of exceptions are swallowed here on purpose
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("_silence")
def test_a_frozen_machine_does_exactly_what_the_unfrozen_one_does() -> None:
    seen: Counter[object] = Counter()

    @settings(
        max_examples=400,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @example(FAILING[0], EACH_WAY)
    @example(FAILING[1], EACH_WAY)
    @example(FAILING[2], EACH_WAY)
    @example(FAILING[3], EACH_WAY)
    @given(definitions(), steps)
    def same(given: Definition, steps: list[tuple[Any, ...]]) -> None:
        frozen = run(given, "frozen", steps)
        assert frozen == run(given, "unfrozen", steps)
        if not given.preconditions:
            assert frozen == run(given, "plain", steps)
        seen["machines"] += 1
        seen["with requirements"] += bool(given.preconditions)
        seen.update(sort_of(entry) for entry in frozen)

    same()

    # What is compared does happen.
    for what in (
        ("returned", "fire", True),
        ("returned", "fire", False),
        ("returned", "may", True),
        ("returned", "may", False),
        ("raised", "fire", transitions.MachineError),
        ("raised", "fire", AttributeError),
        ("raised", "fire", ValueError),
        ("raised", "fire", OopsError),
        ("raised", "fire", Stop),
        ("raised", "may", OopsError),
        ("raised", "may", Stop),
        ("fire", True),
        ("may", True),
        "with requirements",
        *CALLBACKS,
        *DYNAMIC.keys() - {"on_exit_b"},
        *set(CONDITIONS) - {"yes", "no"},
    ):
        assert seen[what], f"{what} was never seen: {seen}"
    assert seen["on_exit_b"] == 0


def sort_of(entry: Any) -> object:
    if entry[0] == "raised":
        kind = entry[2]
        return (*entry[:2], kind[0] if isinstance(kind, tuple) else kind)
    return entry if entry[0] in ("returned", "fire", "may") else entry[0]
