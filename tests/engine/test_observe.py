"""The values that a guard read are observed, and observing changes nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from enum import Enum
from typing import Any

import attrs
import pytest

from fsm.engine.observe import ObservedValue, observed_values


class Role(Enum):
    HOST = "host"


@attrs.define
class Person:
    name: str = "ann"
    host: bool = False

    def is_host(self) -> bool:
        return self.host


class Model:
    limit = 3

    def __init__(self) -> None:
        self.locked = False
        self.owner = Person("olga")
        self.people = {"bob": Person("bob"), "eve": Person("eve", host=True)}
        self.names = ["bob", "eve"]
        self.pair = (1, "x")
        self.role = Role.HOST
        self.seen = 0

    def helps(self, person: Person) -> bool:
        return person.host and self.locked

    @staticmethod
    def is_nothing(value: object) -> bool:
        return value is None

    @classmethod
    def above(cls, number: int) -> bool:
        return number > cls.limit

    @property
    def is_free(self) -> bool:
        return self.locked


Question = Callable[..., object]


def observed(guard: Question, *args: Any, **kwargs: Any) -> list[str]:
    """The observed values of a guard, which must leave the model unchanged."""
    answer = guard(Model(), *args, **kwargs)
    model = Model()
    before = copy.deepcopy(vars(model))
    values = [str(value) for value in observed_values(guard, model, args, kwargs, answer)]
    assert vars(model) == before
    return values


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        (lambda m: m.locked, ["locked = False"]),
        (lambda m: m.locked or m.limit > 5, ["locked = False", "limit = 3"]),
        (lambda m: m.locked and m.limit, ["locked = False"]),
        (lambda m: m.owner.name == "ann", ["owner.name = 'olga'"]),
        (lambda m: m.owner.is_host(), ["owner.host = False"]),
        (lambda m: m.people["bob"].host, ["people['bob'].host = False"]),
        (lambda m: m.people.get("bob").host, []),
        (lambda m: "zoe" in m.people, ["'zoe' in people = False"]),
        (lambda m: "bob" not in m.names, ["'bob' in names = True"]),
        (lambda m: len(m.names) > 2, ["len(names) = 2"]),
        (lambda m: m.names[0] == "eve", ["names[0] = 'bob'"]),
        (lambda m: m.pair == (1, "y"), ["pair = (1, 'x')"]),
        (lambda m: m.role is not Role.HOST, ["role = <Role.HOST: 'host'>"]),
        (lambda m: m.is_free, ["is_free = False"]),
        (lambda m: m.helps(m.people["eve"]), ["people['eve'].host = True", "locked = False"]),
        (lambda m: m.is_nothing(m.owner), []),
        (lambda m: m.above(2), []),
        (lambda m: hasattr(m, "absent") or m.locked, ["locked = False"]),
    ],
)
def test_the_values_that_a_guard_read_are_observed(guard: Question, expected: list[str]) -> None:
    assert observed(guard) == expected


@pytest.mark.parametrize(
    "guard",
    [
        lambda m: type(m.owner) is Person and m.owner.host,
        lambda m: all(person.host for person in m.people.values()) and [*m.people] == [],
        lambda m: any(name == "zoe" for name in m.names),
        lambda m: setattr(m, "seen", 1),
        lambda m: setattr(m.owner, "name", "zoe"),
        lambda m: delattr(m, "seen"),
        lambda m: m.names.append("zoe"),
        lambda m: m.people.pop("bob") is None,
        lambda m: m.names.sort(),
    ],
)
def test_nothing_is_observed_where_tracing_would_mislead_or_change_the_model(
    guard: Question,
) -> None:
    assert observed(guard) == []


def test_a_guard_that_catches_the_error_still_cannot_write() -> None:
    def stubborn(model: Model) -> bool:
        try:
            model.locked = True
        except Exception:
            return model.seen > 0
        return False

    model = Model()
    [value] = observed_values(stubborn, model, (), {}, False)
    assert (str(value), model.locked) == ("seen = 0", False)


def test_values_of_arguments_are_named_after_the_parameters() -> None:
    def may(model: Model, person: Person, *others: Person, host: Person) -> bool:
        return person.host or others[0].host or host.host

    person = Person("bob")
    values = observed_values(may, Model(), (person, person), {"host": person}, False)
    assert list(map(str, values)) == [
        "person.host = False",
        "argument 2.host = False",
        "host.host = False",
    ]


def test_a_guard_that_answers_otherwise_for_a_proxy_has_no_values() -> None:
    def is_small(model: Model) -> bool:
        return type(model) is Model and model.limit < 10

    assert observed_values(is_small, Model(), (), {}, True) == ()


def test_an_interruption_is_not_hidden() -> None:
    def interrupted(model: Model) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        observed_values(interrupted, Model(), (), {}, False)


def test_an_observed_value_is_one_short_line() -> None:
    assert str(ObservedValue("plan.kind", "cloud")) == "plan.kind = 'cloud'"


def test_an_argument_and_an_attribute_of_the_same_name_are_told_apart() -> None:
    class Lock:
        def __init__(self) -> None:
            self.code = 42

        def is_right(self, code: int, more: int = 0) -> bool:
            return code + more == self.code

    for args, kwargs in (((41,), {}), ((), {"code": 41})):
        found = observed_values(Lock.is_right, Lock(), args, kwargs, False)
        assert sorted(map(str, found)) == ["argument code = 41", "code = 42"]
