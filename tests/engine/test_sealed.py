"""Sealed lists and dictionaries refuse everything that writes, and read as usual."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest

from fsm.engine import FrozenError
from fsm.engine.sealed import SealedDict, SealedList

READ_LIST = {"copy", "count", "index"}
READ_DICT = {"copy", "fromkeys", "get", "items", "keys", "values"}


def writers(kind: type, reading: set[str]) -> list[str]:
    return [name for name in vars(kind) if not name.startswith("_") and name not in reading]


@pytest.mark.parametrize("name", writers(list, READ_LIST))
def test_every_method_that_writes_to_a_list_is_refused(name: str) -> None:
    sealed = SealedList([2, 1], "door", "models")
    with pytest.raises(FrozenError, match="machine 'door' is frozen, writing to its models would"):
        getattr(sealed, name)()
    assert sealed == [2, 1]


@pytest.mark.parametrize("name", writers(dict, READ_DICT))
def test_every_method_that_writes_to_a_dictionary_is_refused(name: str) -> None:
    sealed = SealedDict({"a": 1}, "door", "states")
    with pytest.raises(FrozenError, match="machine 'door' is frozen, writing to its states would"):
        getattr(sealed, name)()
    assert sealed == {"a": 1}


@pytest.mark.parametrize(
    "write",
    [
        lambda each: operator.setitem(each, 0, 3),
        lambda each: operator.setitem(each, slice(0, 1), []),
        lambda each: operator.delitem(each, 0),
        lambda each: operator.iadd(each, [3]),
        lambda each: operator.imul(each, 2),
    ],
)
def test_every_operator_that_writes_to_a_list_is_refused(write: Callable[[Any], Any]) -> None:
    sealed = SealedList([2, 1], "", "models")
    with pytest.raises(FrozenError):
        write(sealed)
    assert sealed == [2, 1]


@pytest.mark.parametrize(
    "write",
    [
        lambda each: operator.setitem(each, "b", 3),
        lambda each: operator.delitem(each, "a"),
        lambda each: operator.ior(each, {"b": 3}),
    ],
)
def test_every_operator_that_writes_to_a_dictionary_is_refused(
    write: Callable[[Any], Any],
) -> None:
    sealed = SealedDict({"a": 1}, "", "states")
    with pytest.raises(FrozenError):
        write(sealed)
    assert sealed == {"a": 1}


def test_copies_can_be_written_to() -> None:
    some, by_name = SealedList([1], "", "models"), SealedDict({"a": 1}, "", "states")
    for copied in (some.copy(), some[:]):
        copied.append(2)
        assert (copied, some) == ([1, 2], [1])
    for changed in (by_name.copy(), by_name | {}):
        changed["b"] = 2
        assert (changed, by_name) == ({"a": 1, "b": 2}, {"a": 1})
