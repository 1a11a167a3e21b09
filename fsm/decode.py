"""Decoder of plain data into attrs classes, with the path of each fault.

The decoder is strict: it converts no values (``"true"`` is not ``true``) and accepts no unknown
keys. It finds all mismatches at once. :func:`decode` raises them as faults, each with a JSON
pointer to its place and with the values that would be right; :func:`try_decode` returns them, for
a caller with words of its own.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache
from itertools import islice
from typing import (
    Any,
    Literal,
    TypeVar,
    Union,
    assert_never,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

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


@attrs.frozen(eq=False)
class Mismatch:
    """A place where data does not fit its class.

    Args:
        path: the keys and positions that lead to the place.
        kind: the kind of the mismatch: a value of another type, an unknown name, an unknown key,
            a missing key, not exactly one trigger, or a value that its class refuses.
        value: the value; the key of an unknown or a missing key, the triggers that are present, or
            the message of the class.
        expected: the type, or the names that would be right; of a missing key, the required ones.
    """

    path: tuple[str | int, ...]
    kind: Literal["type", "name", "key", "missing", "triggers", "refused"]
    value: Any
    expected: Any = None


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
    value, mismatches = try_decode(data, cls)
    if mismatches:
        raise DecodeError(map(_fault, mismatches))
    return cast(T, value)


def try_decode(data: Any, cls: type[T]) -> tuple[T | None, list[Mismatch]]:
    """Decodes plain data into an instance of an attrs class, without raising.

    Args:
        data: the data, as read from JSON or YAML.
        cls: the class.

    Returns:
        The instance and no mismatches, or ``None`` and at least one.
    """
    mismatches: list[Mismatch] = []
    value = _decode(data, cls, (), mismatches)
    return None if mismatches else value, mismatches


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


# -- decoding -----------------------------------------------------------------------------

_Path = tuple[str | int, ...]
_Found = list[Mismatch]


def _decode(data: Any, type_: Any, path: _Path, found: _Found) -> Any:
    if attrs.has(type_):
        return _decode_class(data, type_, path, found)
    if len(union_members(type_)) > 1:
        return _decode_union(data, type_, path, found)
    origin = get_origin(type_)
    if origin is Literal:
        names = get_args(type_)
        if not isinstance(data, str):
            found.append(Mismatch(path, "type", data, type_))
        elif data not in names:
            found.append(Mismatch(path, "name", data, names))
        return data
    if origin in (tuple, list, frozenset):
        if not isinstance(data, list):
            return found.append(Mismatch(path, "type", data, type_))
        item_type = get_args(type_)[0]
        return origin(
            _decode(item, item_type, (*path, index), found) for index, item in enumerate(data)
        )
    if origin is dict:
        if not isinstance(data, dict):
            return found.append(Mismatch(path, "type", data, type_))
        value_type = get_args(type_)[1]
        return {key: _decode(value, value_type, (*path, key), found) for key, value in data.items()}
    assert type_ in (bool, str, int), type_
    if type(data) is not type_:
        found.append(Mismatch(path, "type", data, type_))
    return data


def _decode_union(data: Any, union: Any, path: _Path, found: _Found) -> Any:
    members = union_members(union)
    for member in members:
        if member in (str, type(None)) and type(data) is member:
            return data
    members = written_members(members)
    # Of text and a class, the class is the one whose mismatches are worth describing.
    type_ = next((member for member in members if attrs.has(member)), members[0])
    return _decode(data, type_, path, found)


def written_members(members: Iterable[Any]) -> tuple[Any, ...]:
    """Returns the members of a union except null, and enumerations: no data stands for those."""
    return tuple(
        member
        for member in members
        if member is not type(None) and not (isinstance(member, type) and issubclass(member, Enum))
    )


def _decode_class(data: Any, cls: type[Any], path: _Path, found: _Found) -> Any:
    fields = attrs.fields(cls)
    if not isinstance(data, dict):
        return found.append(Mismatch(path, "type", data, cls))
    count = len(found)
    field_type = field_types(cls)
    unread = dict(data)
    values: dict[str, Any] = {}
    for field in fields:
        name = field.name
        if FLATTEN in field.metadata:
            continue
        if name in unread:
            values[name] = _decode_field(
                unread.pop(name), field_type[name], field, (*path, name), found
            )
        elif field.default is attrs.NOTHING:
            found.append(Mismatch(path, "missing", name, required_keys(cls)))
    names = tuple(field.name for field in fields)
    for field in fields:
        if FLATTEN in field.metadata:
            classes = classes_by_trigger(field_type[field.name])
            other_names = tuple(name for name in names if name != field.name)
            values[field.name] = _decode_flattened(unread, classes, path, found, other_names)
            unread = {}
    for key in _first(unread):
        found.append(Mismatch((*path, key), "key", key, names))
    if len(found) > count:
        return None
    try:
        return cls(**values)
    except (ValueError, TypeError) as error:
        return found.append(Mismatch(path, "refused", str(error)))


def _decode_field(data: Any, type_: Any, field: Any, path: _Path, found: _Found) -> Any:
    count = len(found)
    value = _decode(data, type_, path, found)
    validate: Callable[[Any], None] | None = field.metadata.get(VALIDATOR)
    if validate is not None and value is not None and len(found) == count:
        try:
            validate(value)
        except ValueError as error:
            found.append(Mismatch(path, "refused", str(error)))
    return value


def _decode_flattened(
    data: dict[str, Any],
    classes: dict[str, type[Any]],
    path: _Path,
    found: _Found,
    other_names: tuple[str, ...],
) -> Any:
    for key in _first(key for key in data if key not in classes):
        found.append(Mismatch((*path, key), "key", key, (*classes, *other_names)))
    triggers = [key for key in data if key in classes]
    if data and not triggers:
        return None
    if len(triggers) != 1:
        return found.append(Mismatch(path, "triggers", triggers, tuple(classes)))
    [trigger] = triggers
    parts = {} if data[trigger] is None else data[trigger]
    return _decode_class(parts, classes[trigger], (*path, trigger), found)


def required_keys(cls: Any) -> tuple[str, ...]:
    """Returns the keys that the data of a class must have."""
    return tuple(
        field.name
        for field in attrs.fields(cls)
        if field.default is attrs.NOTHING and FLATTEN not in field.metadata
    )


def _first(keys: Iterable[str]) -> Iterable[str]:
    # Each unknown key costs a search for similar names and a line of the answer.
    return islice(keys, _MAX_UNKNOWN_KEYS)


# -- faults -------------------------------------------------------------------------------


def _fault(mismatch: Mismatch) -> Fault:
    pointer = "".join(
        f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in mismatch.path
    )
    return Fault(pointer, _detail(mismatch))


def _detail(mismatch: Mismatch) -> str:
    value, expected = mismatch.value, mismatch.expected
    match mismatch.kind:
        case "type" if get_origin(expected) is Literal:
            return f"it must be one of: {', '.join(get_args(expected))}; not {_type_name(value)}"
        case "type":
            return f"it must be {_shape(expected)}, not {_type_name(value)}"
        case "name":
            return f"unknown value {_suggestion(value, expected)}"
        case "key":
            return f"unknown key {_suggestion(value, expected)}"
        case "missing":
            return f"{value!r} is missing (required: {', '.join(expected)})"
        case "triggers":
            present = " and ".join(map(repr, value)) or "none of them"
            names = ", ".join(expected)
            return f"exactly one key is required of: {names} (the data has {present})"
        case "refused":
            return str(value)
        case unknown:
            assert_never(unknown)


def _shape(type_: Any) -> str:
    if not attrs.has(type_):
        origin = get_origin(type_) or type_
        return _TYPE_NAMES[list if origin in (tuple, frozenset) else origin]
    fields = attrs.fields(type_)
    for field in fields:
        if FLATTEN in field.metadata:
            triggers = classes_by_trigger(field_types(type_)[field.name])
            return f"an object with one of {', '.join(triggers)}"
    names = ", ".join(field.name for field in fields)
    return f"an object with {names}" if names else "an object"


def _type_name(data: Any) -> str:
    return _TYPE_NAMES.get(type(data), "something else")


def _suggestion(name: str, known: tuple[str, ...]) -> str:
    similar = similar_name(name, known)
    if similar is not None:
        return f"{name[:40]!r} (did you mean {similar!r}?)"
    return f"{name[:40]!r} (one of: {', '.join(known) or 'none'})"


def similar_name(name: str, known: Iterable[str]) -> str | None:
    """Returns the known name that was probably meant; ``None`` if none is similar."""
    from difflib import get_close_matches  # only faults need it, and it delays every start

    similar = get_close_matches(name[:40], list(known), 1, 0.6)
    return similar[0] if similar else None
