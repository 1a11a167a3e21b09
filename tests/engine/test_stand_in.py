"""Stand-ins: which values are handed over, which calls only read, and what they answer."""

from __future__ import annotations

from collections import deque
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest

from fsm.engine.stand_in import TracingProxy, UntraceableError, note, real
from fsm.engine.watch import readings


class Role(Enum):
    HOST = 1


class Holder:
    def __init__(self, held: Any = None) -> None:
        self.held = held
        self.open = False

    def __str__(self) -> str:
        return "a holder"

    def __repr__(self) -> str:
        return "Holder()"


def subclass(of: type) -> Any:
    return type("Own", (of,), {"__eq__": of.__eq__, "__hash__": None})()


@pytest.mark.parametrize("kind", [str, bytes, int, float, complex])
def test_a_value_of_a_class_derived_from_a_plain_one_is_plain(kind: type) -> None:
    log: dict[str, object] = {}
    value = subclass(kind)
    assert note(value, "x", log) is value
    assert log == {"x": value}


@pytest.mark.parametrize(
    "value", [None, True, 1, 1.5, 1j, "x", b"x", Role.HOST, int, (), (1, "x"), frozenset({1})]
)
def test_what_cannot_be_changed_is_handed_over_and_noted(value: Any) -> None:
    log: dict[str, object] = {}
    assert note(value, "x", log) is value
    assert log == {"x": value}


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        set(),
        deque(),
        MappingProxyType({}),
        ([],),
        (1, [2]),
        frozenset({Holder()}),
        Holder(),
    ],
)
def test_what_can_be_changed_is_stood_in_for_and_not_noted(value: Any) -> None:
    log: dict[str, object] = {}
    stood_in = note(value, "x", log)
    assert type(stood_in) is TracingProxy
    assert real(stood_in) is value
    assert log == {}
    assert note(stood_in, "another name", log) is stood_in


READS: list[tuple[Any, str, tuple[Any, ...]]] = [
    *(({"a": 1}, name, ()) for name in ("copy", "items", "keys", "values")),
    ({"a": 1}, "get", ("a",)),
    *(([1], name, (1,)) for name in ("count", "index")),
    ([1], "copy", ()),
    *((([1],), name, ([1],)) for name in ("count", "index")),
    (deque([1]), "count", (1,)),
    (deque([1]), "copy", ()),
    (MappingProxyType({"a": 1}), "get", ("a",)),
    *(
        (kind({1}), name, ({2},))
        for kind in (set, lambda items: frozenset({*items, Holder()}))
        for name in (
            *("difference", "intersection", "isdisjoint", "issubset", "issuperset"),
            *("symmetric_difference", "union"),
        )
    ),
]


@pytest.mark.parametrize(
    ("held", "name", "args"),
    READS,
    ids=lambda each: type(each).__name__ if isinstance(each, frozenset) else str(each)[:20],
)
def test_calls_of_containers_that_only_read_are_made(
    held: Any, name: str, args: tuple[Any, ...]
) -> None:
    def reads(model: Any) -> bool:
        getattr(model.held, name)(*args)
        return bool(model.open)

    found = readings(reads, Holder(held), (), {}, False)
    assert [each.name for each in found][-1] == "open"


@pytest.mark.parametrize(
    ("held", "name", "args"),
    [
        ([1], "append", (2,)),
        ([1], "sort", ()),
        ({"a": 1}, "setdefault", ("b", 1)),
        ({1}, "add", (2,)),
        (deque([1]), "rotate", (1,)),
        (iter([1]), "__next__", ()),
    ],
)
def test_other_calls_are_refused_when_made_and_not_before(
    held: Any, name: str, args: tuple[Any, ...]
) -> None:
    log: dict[str, object] = {}
    method = getattr(TracingProxy(held, "held", log), name)
    with pytest.raises(UntraceableError):
        method(*args)
    assert log == {}


def test_a_stand_in_looks_as_what_it_stands_for() -> None:
    stood_in = TracingProxy(Holder(), "x", {})
    assert (str(stood_in), repr(stood_in)) == ("a holder", "Holder()")
    assert isinstance(stood_in, Holder)
    assert hash(TracingProxy("x", "x", {})) == hash("x")


def test_a_stand_in_refuses_to_be_written_to() -> None:
    target = Holder()
    stood_in: Any = TracingProxy(target, "x", {})
    with pytest.raises(UntraceableError):
        stood_in.open = True
    with pytest.raises(UntraceableError):
        del stood_in.open
    assert target.open is False


def test_a_callable_attribute_runs_with_the_arguments_it_is_given() -> None:
    class Calls:
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return args, kwargs

    stood_in = TracingProxy(Holder(Calls()), "", {})
    assert stood_in.held(1, a=2) == ((1,), {"a": 2})
    plain = TracingProxy(Holder(lambda *args, **kwargs: (*args, *kwargs.items())), "", {})
    assert plain.held(1, a=2) == (1, ("a", 2))


@pytest.mark.parametrize(("held", "length"), [([], 0), ([1, 2], 2)])
def test_whether_something_is_empty_is_answered_and_noted(held: list[int], length: int) -> None:
    log: dict[str, object] = {}
    stood_in = TracingProxy(held, "held", log)
    assert bool(stood_in) is bool(length)
    assert len(stood_in) == length
    assert (1 in stood_in) is bool(length)
    assert list(stood_in) == held
    assert list(log.items())[:3] == [
        ("bool(held)", bool(length)),
        ("len(held)", length),
        ("1 in held", bool(length)),
    ]
