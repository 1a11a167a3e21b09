"""Decoder of plain data into attrs classes, with the path of each fault.

The decoder is strict: it converts no values (``"true"`` is not ``true``) and accepts no unknown
keys. It reports all faults at once, each with a JSON pointer to its place and with the values
that would be right.
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
FLATTEN = "flatten"
"""Metadata key of a field that has no key of its own.

The field is a union of classes that have a ``trigger``; its data is ``{trigger: {...}}`` among
the other keys of the object.
"""
VALIDATOR = "validator"
"""Metadata key of a function that raises a ValueError if the value of a field is not valid."""

_MAX_UNKNOWN_KEYS = 10
_TYPE_NAMES = {
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
    """A fault in data.

    Args:
        pointer: the place of the fault, as a JSON pointer (RFC 6901) or the name of a parameter.
        detail: a description of the fault and of the values that would be right.
    """

    pointer: str
    detail: str


class DecodeError(Exception):
    """Data that does not fit the class it is decoded into.

    Args:
        faults: all faults of the data, at least one.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults[0].detail)


def decode(data: Any, cls: type[T]) -> T:
    """Decodes plain data into an instance of an attrs class.

    Args:
        data: the data, as read from JSON.
        cls: the class.

    Raises:
        DecodeError: the data does not fit the class.
    """
    faults: list[Fault] = []
    value = _decode(data, cls, "", faults)
    if faults:
        raise DecodeError(faults)
    return cast(T, value)


def field_types(cls: Any) -> dict[str, Any]:
    """Returns the types of a class's fields by the names of the fields."""
    return _field_types(cls)


@lru_cache
def _field_types(cls: Any) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in attrs.fields(cls)}


@lru_cache
def classes_by_trigger(union: Any) -> dict[str, type[Any]]:
    """Returns the classes of a union by their triggers; empty if one has no trigger."""
    classes = {getattr(member, "trigger", None): member for member in union_members(union)}
    return {} if None in classes else cast(dict[str, type[Any]], classes)


def union_members(type_: Any) -> tuple[Any, ...]:
    """Returns the members of a union; of any other type, the type itself."""
    return get_args(type_) if get_origin(type_) in (Union, types.UnionType) else (type_,)


def _decode(data: Any, type_: Any, pointer: str, faults: list[Fault]) -> Any:
    def fault(detail: str) -> None:
        faults.append(Fault(pointer, detail))

    if attrs.has(type_):
        return _decode_class(data, type_, pointer, faults)
    if len(union_members(type_)) > 1:
        return _decode_union(data, type_, pointer, faults)
    origin = get_origin(type_)
    if origin is Literal:
        names = get_args(type_)
        if not isinstance(data, str):
            return fault(f"it must be one of: {', '.join(names)}; not {_type_name(data)}")
        return data if data in names else fault(f"unknown value {_suggestion(data, names)}")
    if origin in (tuple, list, frozenset):
        if not isinstance(data, list):
            return fault(f"it must be a list, not {_type_name(data)}")
        item_type = get_args(type_)[0]
        return origin(
            _decode(item, item_type, f"{pointer}/{index}", faults)
            for index, item in enumerate(data)
        )
    if origin is dict:
        if not isinstance(data, dict):
            return fault(f"it must be an object, not {_type_name(data)}")
        value_type = get_args(type_)[1]
        return {
            key: _decode(value, value_type, _join(pointer, key), faults)
            for key, value in data.items()
        }
    assert type_ in (bool, str, int), type_
    if type(data) is not type_:
        return fault(f"it must be {_TYPE_NAMES[type_]}, not {_type_name(data)}")
    return data


def _decode_union(data: Any, union: Any, pointer: str, faults: list[Fault]) -> Any:
    members = union_members(union)
    for member in members:
        if member in (str, type(None)) and type(data) is member:
            return data
    members = tuple(member for member in members if member is not type(None))
    # Of text and a class, the class is the one whose faults are worth describing.
    type_ = next((member for member in members if attrs.has(member)), members[0])
    return _decode(data, type_, pointer, faults)


def _decode_class(data: Any, cls: type[Any], pointer: str, faults: list[Fault]) -> Any:
    fields = attrs.fields(cls)
    if not isinstance(data, dict):
        faults.append(Fault(pointer, f"it must be {_shape(cls)}, not {_type_name(data)}"))
        return None
    count = len(faults)
    field_type = field_types(cls)
    unread = dict(data)
    values: dict[str, Any] = {}
    for field in fields:
        name = field.name
        if FLATTEN in field.metadata:
            continue
        if name in unread:
            values[name] = _decode_field(
                unread.pop(name), field_type[name], field, _join(pointer, name), faults
            )
        elif field.default is attrs.NOTHING:
            faults.append(Fault(pointer, f"{name!r} is missing (required: {_required(fields)})"))
    names = [field.name for field in fields]
    for field in fields:
        if FLATTEN in field.metadata:
            classes = classes_by_trigger(field_type[field.name])
            other_names = tuple(name for name in names if name != field.name)
            values[field.name] = _decode_flattened(unread, classes, pointer, faults, other_names)
            unread = {}
    for key in _first(unread):
        faults.append(Fault(_join(pointer, key), f"unknown key {_suggestion(key, names)}"))
    if len(faults) > count:
        return None
    try:
        return cls(**values)
    except (ValueError, TypeError) as error:
        faults.append(Fault(pointer, str(error)))
        return None


def _decode_field(data: Any, type_: Any, field: Any, pointer: str, faults: list[Fault]) -> Any:
    count = len(faults)
    value = _decode(data, type_, pointer, faults)
    validate: Callable[[Any], None] | None = field.metadata.get(VALIDATOR)
    if validate is not None and value is not None and len(faults) == count:
        try:
            validate(value)
        except ValueError as error:
            faults.append(Fault(pointer, str(error)))
    return value


def _decode_flattened(
    data: dict[str, Any],
    classes: dict[str, type[Any]],
    pointer: str,
    faults: list[Fault],
    other_names: tuple[str, ...],
) -> Any:
    for key in _first(key for key in data if key not in classes):
        suggestion = _suggestion(key, (*classes, *other_names))
        faults.append(Fault(_join(pointer, key), f"unknown key {suggestion}"))
    triggers = [key for key in data if key in classes]
    if data and not triggers:
        return None
    if len(triggers) != 1:
        present = " and ".join(map(repr, triggers)) or "none of them"
        detail = f"exactly one key is required of: {', '.join(classes)} (the data has {present})"
        faults.append(Fault(pointer, detail))
        return None
    [trigger] = triggers
    parts = {} if data[trigger] is None else data[trigger]
    return _decode_class(parts, classes[trigger], _join(pointer, trigger), faults)


def _shape(cls: type[Any]) -> str:
    fields = attrs.fields(cls)
    for field in fields:
        if FLATTEN in field.metadata:
            triggers = classes_by_trigger(field_types(cls)[field.name])
            return f"an object with one of {', '.join(triggers)}"
    names = ", ".join(field.name for field in fields)
    return f"an object with {names}" if names else "an object"


def _required(fields: Any) -> str:
    return ", ".join(
        field.name
        for field in fields
        if field.default is attrs.NOTHING and FLATTEN not in field.metadata
    )


def _first(keys: Iterable[str]) -> Iterable[str]:
    # Each unknown key costs a search for similar names and a line of the answer.
    return islice(keys, _MAX_UNKNOWN_KEYS)


def _join(pointer: str, key: object) -> str:
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _type_name(data: Any) -> str:
    return _TYPE_NAMES.get(type(data), "something else")


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = list(known)
    similar = difflib.get_close_matches(name[:40], names, 1, 0.6)
    if similar:
        return f"{name[:40]!r} (did you mean {similar[0]!r}?)"
    return f"{name[:40]!r} (one of: {', '.join(names) or 'none'})"
