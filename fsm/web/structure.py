"""From plain data to the classes of the service, or to all that is wrong with it.

Litestar would make ``true`` of ``"true"`` and pass over a name that it does not know. Here what
is sent must be what is asked for, and whoever sends something else is told what and where.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import islice
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs

T = TypeVar("T")
FLAT = "flat"
"""Marks a field whose value is not nested: it is what the other fields leave."""
CHECK = "check"
"""Marks a field with a function that raises a ValueError where its value cannot be."""

_MOST_UNKNOWN = 10
_KINDS = {
    bool: "true or false",
    str: "text",
    int: "a whole number",
    float: "a number",
    dict: "an object",
    list: "a list",
    type(None): "null",
}


@attrs.frozen
class Fault:
    """One thing that is wrong.

    Args:
        pointer: where, as a JSON pointer (RFC 6901) or the name of a parameter.
        detail: what, and what would be right.
    """

    pointer: str
    detail: str


class WrongDataError(Exception):
    """Data is not what was asked for.

    Args:
        faults: all that is wrong with it, at least one thing.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults[0].detail)


def structured(data: Any, kind: type[T]) -> T:
    """Make an instance of a class of attrs of plain data.

    Args:
        data: what was sent, read from JSON.
        kind: the class.

    Raises:
        WrongDataError: it cannot be made.
    """
    faults: list[Fault] = []
    made = _made(data, kind, "", faults)
    if faults:
        raise WrongDataError(faults)
    return cast(T, made)


def types_of(kind: Any) -> dict[str, Any]:
    """Return the types of a class's fields."""
    return _types_of(kind)


@lru_cache
def _types_of(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in attrs.fields(kind)}


@lru_cache
def named(kind: Any) -> dict[str, type[Any]]:
    """Return the classes of a union each of which has a trigger, by that; else nothing."""
    found = {getattr(each, "trigger", None): each for each in members(kind)}
    return {} if None in found else cast(dict[str, type[Any]], found)


def members(kind: Any) -> tuple[Any, ...]:
    """Return what a union is made of; of another type, that type."""
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _made(data: Any, kind: Any, at: str, faults: list[Fault]) -> Any:
    def wrong(detail: str) -> None:
        faults.append(Fault(at, detail))

    if attrs.has(kind):
        return _instance(data, kind, at, faults)
    if len(members(kind)) > 1:
        return _one_of(data, kind, at, faults)
    origin = get_origin(kind)
    if origin is Literal:
        names = get_args(kind)
        if not isinstance(data, str):
            return wrong(f"it must be one of: {', '.join(names)}; not {_said(data)}")
        return data if data in names else wrong(f"it cannot be {_unknown(data, names)}")
    if origin in (tuple, list, frozenset):
        if not isinstance(data, list):
            return wrong(f"it must be a list, not {_said(data)}")
        inner = get_args(kind)[0]
        return origin(_made(each, inner, f"{at}/{n}", faults) for n, each in enumerate(data))
    if origin is dict:
        if not isinstance(data, dict):
            return wrong(f"it must be an object, not {_said(data)}")
        inner = get_args(kind)[1]
        return {k: _made(each, inner, _below(at, k), faults) for k, each in data.items()}
    assert kind in (bool, str, int), kind
    return data if type(data) is kind else wrong(f"it must be {_KINDS[kind]}, not {_said(data)}")


def _one_of(data: Any, kind: Any, at: str, faults: list[Fault]) -> Any:
    choices = members(kind)
    for each in choices:
        if each in (str, type(None)) and type(data) is each:
            return data
    left = [each for each in choices if each is not type(None)]
    # Of a text or an object, an object says more of what was meant.
    return _made(data, next((e for e in left if attrs.has(e)), left[0]), at, faults)


def _named(
    data: dict[str, Any],
    classes: dict[str, type[Any]],
    at: str,
    faults: list[Fault],
    beside: tuple[str, ...],
) -> Any:
    for name in _first(each for each in data if each not in classes):
        wrong = _unknown(name, (*classes, *beside))
        faults.append(Fault(_below(at, name), f"there is no {wrong}"))
    here = [name for name in data if name in classes]
    if data and not here:
        return None
    if len(here) != 1:
        found = " and ".join(map(repr, here)) or "none"
        detail = f"exactly one is wanted, here is {found} (one of: {', '.join(classes)})"
        faults.append(Fault(at, detail))
        return None
    [name] = here
    parts = data[name]
    parts = {} if parts is None else parts
    return _instance(parts, classes[name], _below(at, name), faults)


def _instance(data: Any, kind: type[Any], at: str, faults: list[Fault]) -> Any:
    fields = attrs.fields(kind)
    names = [field.name for field in fields]
    if not isinstance(data, dict):
        parts = ", ".join(each.name for each in fields if FLAT not in each.metadata)
        object_ = f"an object with {parts}" if parts else "an object"
        for field in fields:
            if FLAT in field.metadata:
                object_ = f"an object with one of {', '.join(named(types_of(kind)[field.name]))}"
        faults.append(Fault(at, f"it must be {object_}, not {_said(data)}"))
        return None
    before = len(faults)
    kinds = types_of(kind)
    left = dict(data)
    made: dict[str, Any] = {}
    for field in fields:
        name = field.name
        if FLAT in field.metadata:
            continue
        if name in left:
            made[name] = _part(left.pop(name), kinds[name], field, _below(at, name), faults)
        elif field.default is attrs.NOTHING:
            faults.append(Fault(at, f"{name!r} is missing (it needs: {_needs(fields)})"))
    for field in fields:
        if FLAT in field.metadata:
            beside = tuple(each for each in names if each != field.name)
            made[field.name] = _named(left, named(kinds[field.name]), at, faults, beside)
            left = {}
    for name in _first(left):
        faults.append(Fault(_below(at, name), f"there is no {_unknown(name, names)}"))
    if len(faults) > before:
        return None
    try:
        return kind(**made)
    except (ValueError, TypeError) as error:
        faults.append(Fault(at, str(error)))
        return None


def _part(data: Any, kind: Any, field: Any, at: str, faults: list[Fault]) -> Any:
    before = len(faults)
    made = _made(data, kind, at, faults)
    check: Callable[[Any], None] | None = field.metadata.get(CHECK)
    if check is not None and made is not None and len(faults) == before:
        try:
            check(made)
        except ValueError as error:
            faults.append(Fault(at, str(error)))
    return made


def _first(names: Iterable[str]) -> Iterable[str]:
    # Each costs a search for what may have been meant, and a line of the answer.
    return islice(names, _MOST_UNKNOWN)


def _needs(fields: Any) -> str:
    return ", ".join(
        each.name for each in fields if each.default is attrs.NOTHING and FLAT not in each.metadata
    )


def _below(at: str, name: object) -> str:
    return f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}"


def _said(data: Any) -> str:
    return _KINDS.get(type(data), "something else")


def _unknown(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name[:40], names, 1, 0.6)
    if close:
        return f"{name[:40]!r} (did you mean {close[0]!r}?)"
    return f"{name[:40]!r} (one of: {', '.join(names) or 'none'})"
