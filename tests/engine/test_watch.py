"""What a condition read is told, and being asked changes nothing."""

from __future__ import annotations

import copy
import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import attrs
import pytest

from fsm.engine.watch import ObservedValue, readings


class Role(Enum):
    HOST = "host"


class Counting:
    """A callable with a memory."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, *_: object) -> bool:
        self.calls += 1
        return False


class Looking:
    """A callable that only looks."""

    def __init__(self) -> None:
        self.open = False

    def __call__(self) -> bool:
        return self.open


class Doubling(dict[str, int]):
    def __missing__(self, key: str) -> int:
        self[key] = 2
        return 2


@attrs.define
class Person:
    name: str = "ann"
    host: bool = False
    friends: list[Person] = attrs.field(factory=list)

    def is_host(self) -> bool:
        return self.host


@attrs.define(order=True)
class Version:
    major: int
    minor: int = 0


class Label:
    """Compared by what only the other side knows how to compare."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Label({self.text!r})"

    def __gt__(self, other: Any) -> bool:
        return self.text > other.text


class Base:
    def inherited(self) -> bool:
        return self.locked


class Model(Base):
    limit = 3

    def __init__(self) -> None:
        self.locked = False
        self._target = self._log = self._name = "its own"
        self.owner = Person("olga")
        self.people = {"bob": Person("bob"), "eve": Person("eve", host=True)}
        self.names = ["bob", "eve"]
        self.line = [Person("bob"), Person("eve")]
        self.pair = (1, "x")
        self.couple = (Person("bob"), Person("eve"))
        self.queue = iter([1, 2])
        self.role = Role.HOST
        self.version = Version(3)
        self.counts: dict[str, int] = defaultdict(int)
        self.doubles = Doubling()
        self.view = MappingProxyType({"bob": 1})
        self.guest = Person().is_host
        self.free = lambda person: person.host
        self.counting = Counting()
        self.looking = Looking()
        self.later = partial(bool, 0)
        self.nothing: list[int] = []
        self.seen = 0
        self.label = Label("a")

    def __len__(self) -> int:
        return 0

    def helps(self, person: Person) -> bool:
        return person.host and self.locked

    @staticmethod
    def static(value: object) -> bool:
        return value is None

    @staticmethod
    def itself(value: Any) -> Any:
        return value

    @classmethod
    def above(cls, number: int) -> bool:
        return number > cls.limit

    @property
    def is_free(self) -> bool:
        return self.locked

    @property
    def first(self) -> Person:
        return self.line[0]

    @property
    def counted(self) -> bool:
        self.seen += 1
        return False

    @cached_property
    def cached(self) -> bool:
        return self.locked

    @property
    def broken(self) -> bool:
        raise AttributeError("broken")

    def inherited(self) -> bool:
        return super().inherited()


Condition = Callable[..., object]


def told(condition: Condition, *args: Any, **kwargs: Any) -> list[str]:
    """What is told of a condition, which must leave the model as it was."""
    answer = condition(Model(), *args, **kwargs)
    model = Model()
    before = state_of(model)
    found = [str(each) for each in readings(condition, model, args, kwargs, answer)]
    assert state_of(model) == before
    return found


def state_of(model: Model) -> object:
    kept = {**vars(model), "counting": model.counting.calls, "looking": 0, "queue": 0}
    kept["label"] = kept["later"] = kept["free"] = kept["guest"] = kept["view"] = 0
    return copy.deepcopy(kept)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (lambda m: m.locked, ["locked = False"]),
        (lambda m: m.locked or m.limit > 5, ["locked = False", "limit = 3"]),
        (lambda m: m.locked and m.limit, ["locked = False"]),
        (lambda m: m._name == m._log == m._target == 0, ["_name = 'its own'", "_log = 'its own'"]),
        (lambda m: m.owner.name == "ann", ["owner.name = 'olga'"]),
        (lambda m: m.owner.is_host(), ["owner.host = False"]),
        (lambda m: m.people["bob"].host, ["people['bob'].host = False"]),
        (lambda m: m.people.get("bob").host, ["people.get('bob').host = False"]),
        (lambda m: m.people.get("zoe"), ["people.get('zoe') = None"]),
        (lambda m: "zoe" in m.people, ["'zoe' in people = False"]),
        (lambda m: "bob" not in m.names, ["'bob' in names = True"]),
        (lambda m: len(m.names) > 2, ["len(names) = 2"]),
        (lambda m: bool(m.nothing), ["bool(nothing) = False"]),
        (lambda m: m.names[0] == "eve", ["names[0] = 'bob'"]),
        (lambda m: m.names.count("bob") > 1, ["names.count('bob') = 1"]),
        (lambda m: m.line.count(m.owner) > 0, ["line.count(owner) = 0"]),
        (lambda m: m.view["bob"] == m.view.get("zoe", 2), ["view['bob'] = 1"]),
        (lambda m: "zoe" in list(m.names), ["len(names) = 2", "names[0] = 'bob'"]),
        (
            lambda m: all(each.host for each in m.line),
            ["line[0].host = False"],
        ),
        (
            lambda m: any(each.host for each in m.people.values()) and m.locked,
            [
                "people.values()[0].host = False",
                "people.values()[1].host = True",
                "locked = False",
            ],
        ),
        (
            lambda m: [name for name, person in m.people.items() if person.name == "zoe"],
            [
                "people.items()[0][0] = 'bob'",
                "people.items()[0][1].name = 'bob'",
                "people.items()[1][0] = 'eve'",
                "people.items()[1][1].name = 'eve'",
            ],
        ),
        (lambda m: m.pair == (1, "y"), ["pair = (1, 'x')"]),
        (lambda m: m.couple[1].host, ["couple[1].host = False"]),
        (lambda m: m.role is not Role.HOST, ["role = <Role.HOST: 'host'>"]),
        (lambda m: m.owner == m.line[0], ["owner == line[0] = False"]),
        (lambda m: m.version != Version(3), ["version != Version(major=3, minor=0) = False"]),
        (lambda m: m.version > Version(3), ["version > Version(major=3, minor=0) = False"]),
        (lambda m: m.version >= Version(4), ["version >= Version(major=4, minor=0) = False"]),
        (lambda m: Version(3) > m.version, ["version.major = 3", "version.minor = 0"]),
        (lambda m: Label("b") < m.label, ["label > Label('b') = False"]),
        (lambda m: m.version < Version(2), ["version < Version(major=2, minor=0) = False"]),
        (lambda m: m.version <= Version(2), ["version <= Version(major=2, minor=0) = False"]),
        (lambda m: m == m.owner, ["the model == owner = False"]),
        (lambda m: bool(m), ["bool(the model) = False"]),
        (lambda m: m.is_free, ["is_free = False"]),
        (lambda m: m.first.host, ["first.host = False"]),
        (lambda m: m.cached, ["cached = False"]),
        (lambda m: m.inherited(), ["locked = False"]),
        (lambda m: m.helps(m.people["eve"]), ["people['eve'].host = True", "locked = False"]),
        (lambda m: m.helps(person=m.owner), ["owner.host = False"]),
        (lambda m: m.static(m.owner), ["static(owner) = False"]),
        (lambda m: m.above(2), []),
        (lambda m: m.guest(), ["guest.host = False"]),
        (lambda m: m.free(m.owner), ["owner.host = False", "free(owner) = False"]),
        (lambda m: m.looking(), ["looking.open = False"]),
        (lambda m: isinstance(m.owner, Person) and m.owner.host, ["owner.host = False"]),
        (lambda m: isinstance(m.owner, Model), []),
        (lambda m: hasattr(m, "absent") or m.locked, ["locked = False"]),
        (lambda m: f"{m.owner} {m.owner!r}" == "", []),
        (lambda m: {m.guest: 1}.get(m.locked), ["locked = False"]),
    ],
)
def test_what_was_read_is_told(condition: Condition, expected: list[str]) -> None:
    found = told(condition)
    assert found[: len(expected)] == expected
    assert expected or not found


@pytest.mark.parametrize(
    "condition",
    [
        lambda m: type(m.owner) is Person and m.owner.host,
        lambda m: m.locked or m.owner is not m.owner,
        lambda m: m.counted,
        lambda m: next(m.queue) == 3,
        lambda m: m.counts["new"],
        lambda m: m.doubles["new"] == 3,
        lambda m: m.names.append("zoe"),
        lambda m: m.people.pop("bob") is None,
        lambda m: m.counting(),
        lambda m: m.later(),
        lambda m: setattr(m, "locked", False),
        lambda m: setattr(m.owner, "name", "zoe"),
        lambda m: [setattr(each, "host", False) for each in m.line] == 0,
        lambda m: [setattr(each, "host", False) for each in m.couple] == 0,
        lambda m: m.__dict__.update(locked=False),
        lambda m: m.names.sort(),
        lambda m: [3 for _ in m.queue] == 3,
    ],
)
def test_nothing_is_told_where_watching_could_mislead_or_change_the_model(
    condition: Condition,
) -> None:
    assert told(condition) == []


def test_attributes_cannot_be_deleted_through_a_stand_in() -> None:
    def forgets(model: Model) -> bool:
        if model.locked is False:
            del model.seen
        return False

    model = Model()
    assert readings(forgets, model, (), {}, False) == ()
    assert model.seen == 0


def test_a_condition_that_catches_the_refusal_still_cannot_write() -> None:
    def stubborn(model: Model) -> bool:
        try:
            model.locked = True
        except Exception:
            return model.seen > 0
        return False

    model = Model()
    assert readings(stubborn, model, (), {}, False) == (ObservedValue("seen", 0),)
    assert model.locked is False


def test_arguments_are_named_after_their_parameters() -> None:
    def asks(model: Model, event: Person, *rest: Person, deep: Person) -> bool:
        return event.host or any(each.host for each in rest) or deep.host or model.locked

    assert told(asks, Person(), Person(), deep=Person()) == [
        "event.host = False",
        "argument 2.host = False",
        "deep.host = False",
        "locked = False",
    ]
    assert told(lambda model, plain, /: plain, 1) == ["plain = 1"]
    assert told(lambda model, plain, *, other: plain == other, 1, other=2) == [
        "plain = 1",
        "other = 2",
    ]


def test_an_argument_keeps_its_own_name_in_membership() -> None:
    def known(model: Model, event: Person) -> bool:
        return event in model.line

    assert told(known, Person("zoe")) == ["event in line = False"]


def test_a_stand_in_is_looked_up_as_what_it_stands_for() -> None:
    def known(model: Model, token: Token) -> bool:
        return {Token("x"): True, Token("y"): False}.get(token, True)

    assert told(known, Token("y")) == ["token.name = 'y'"]


def test_a_stand_in_that_comes_back_keeps_its_name() -> None:
    def known(model: Model) -> bool:
        return model.itself(model.owner).host

    assert told(known) == ["owner.host = False"]


@attrs.frozen
class Token:
    name: str


def test_values_of_built_in_types_are_told_whole() -> None:
    told_of = functools.partial(told, lambda model, value: model.locked)
    for value in (1.5, b"x", None, range(3), Role.HOST, Person, (1, (2, frozenset([3])))):
        assert told_of(value) == [f"value = {value!r}", "locked = False"]
    for opened in ([1], {"a": 1}, {1}, (1, [2]), Person()):
        assert told_of(opened) == ["locked = False"]


def test_an_attribute_that_is_only_made_when_asked_for_is_told() -> None:
    class Remote:
        def __getattr__(self, name: str) -> bool:
            return name == "open"

    assert readings(lambda model: model.shut, Remote(), (), {}, False) == (
        ObservedValue("shut", False),
    )


def test_what_is_interrupted_is_not_hidden() -> None:
    def interrupted(model: Model) -> Iterator[int]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        readings(interrupted, Model(), (), {}, False)


def test_a_reading_is_a_short_line() -> None:
    assert str(ObservedValue("plan.kind", "cloud")) == "plan.kind = 'cloud'"
