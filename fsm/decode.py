"""Decoder of plain data into attrs classes, with the path of each fault.

The decoder is strict: it converts no values (``"true"`` is not ``true``) and accepts no unknown
keys. It finds all mismatches at once, with two exceptions: of the unknown keys of an object only
the first ten are reported, and a class can refuse its values only if no field has a mismatch.
:func:`decode` raises the mismatches as faults, each with a JSON pointer to its place and with the
values that would be right; :func:`try_decode` returns them, for a caller with words of its own.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from itertools import islice
from typing import (
    Any,
    Literal,
    TypeAlias,
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
RESERVED = "reserved"
"""Metadata key of a flattened field: triggers that its data must not have, each with the reason."""
VALUE = "value"
"""Metadata key of the only field of a class with a ``trigger``: its data is the value itself, as in
``{wait: 30}``."""
VALIDATOR = "validator"
"""Metadata key of a function that raises a ValueError if the value of a field is not valid."""
LIST_LIMIT = "max_items"
"""Metadata key of the number of items that a list may have: a longer one is not read at all."""

# The place of data, as its parent's place and its key: a path is only made for a mismatch.
_Place: TypeAlias = "tuple[_Place, str | int] | None"
_Found: TypeAlias = "list[Mismatch]"
_Decoder: TypeAlias = Callable[[Any, _Place, _Found], Any]
# Each unknown key costs a search for similar names and a line of the answer.
_MAX_UNKNOWN_KEYS = 10
_MAX_MISMATCHES = 50
"""The number of mismatches after which a list or an object is not read on."""
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
        The instance and no mismatches, or ``None`` and at least one. After some dozens the rest of
        a list is not read: wrong data of any size gets a short answer.
    """
    mismatches: list[Mismatch] = []
    value = _decoder(cast(Any, cls))(data, None, mismatches)
    return None if mismatches else value, mismatches


def field_types(cls: Any) -> dict[str, Any]:
    """Returns the types of a class's fields by the names of the fields."""
    return _field_types(cls)


@cache
def _field_types(cls: Any) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in attrs.fields(cls)}


@cache
def classes_by_trigger(union: Any) -> dict[str, type[Any]]:
    """Returns the classes of a union by their triggers; empty if one has no trigger."""
    classes = {getattr(member, "trigger", None): member for member in union_members(union)}
    return {} if None in classes else cast(dict[str, type[Any]], classes)


def union_members(type_: Any) -> tuple[Any, ...]:
    """Returns the members of a union; of any other type, the type itself."""
    return get_args(type_) if get_origin(type_) in (Union, types.UnionType) else (type_,)


# -- decoding -----------------------------------------------------------------------------


@cache
def _decoder(type_: Any) -> _Decoder:
    # Built once for each type: to examine a type takes longer than to decode its data.
    if attrs.has(type_):
        return _class_decoder(type_)
    if len(union_members(type_)) > 1:
        return _union_decoder(type_)
    origin = get_origin(type_)
    if origin is Literal:
        return _name_decoder(type_)
    if origin in (tuple, list, frozenset):
        return _list_decoder(type_, origin, _decoder(get_args(type_)[0]))
    if origin is dict:
        return _dict_decoder(type_, _decoder(get_args(type_)[1]))
    assert type_ in (bool, str, int, float), type_
    return _value_decoder(type_)


def _value_decoder(type_: type[Any]) -> _Decoder:
    accepted = (int, float) if type_ is float else (type_,)

    def decode_value(data: Any, place: _Place, found: _Found) -> Any:
        if type(data) not in accepted:
            _add(found, place, "type", data, type_)
        return data

    return decode_value


def _name_decoder(literal: Any) -> _Decoder:
    names = get_args(literal)

    def decode_name(data: Any, place: _Place, found: _Found) -> Any:
        if not isinstance(data, str):
            _add(found, place, "type", data, literal)
        elif data not in names:
            _add(found, place, "name", data, names)
        return data

    return decode_name


def _list_decoder(type_: Any, origin: type[Any], decode_item: _Decoder) -> _Decoder:
    def decode_list(data: Any, place: _Place, found: _Found) -> Any:
        if not isinstance(data, list):
            return _add(found, place, "type", data, type_)
        return origin(
            decode_item(item, (place, index), found)
            for index, item in enumerate(data)
            if len(found) < _MAX_MISMATCHES
        )

    return decode_list


def _dict_decoder(type_: Any, decode_item: _Decoder) -> _Decoder:
    def decode_dict(data: Any, place: _Place, found: _Found) -> Any:
        if not isinstance(data, dict):
            return _add(found, place, "type", data, type_)
        return {
            key: decode_item(value, (place, key), found)
            for key, value in data.items()
            if len(found) < _MAX_MISMATCHES
        }

    return decode_dict


def _union_decoder(union: Any) -> _Decoder:
    members = union_members(union)
    plain = tuple(member for member in members if member in (str, type(None)))
    others = written_members(members)
    # Of text and a class, the class is the one whose mismatches are worth describing.
    decode_other = _decoder(next((member for member in others if attrs.has(member)), others[0]))

    def decode_union(data: Any, place: _Place, found: _Found) -> Any:
        return data if type(data) in plain else decode_other(data, place, found)

    return decode_union


def written_members(members: Iterable[Any]) -> tuple[Any, ...]:
    """Returns the members of a union except null, and enumerations: no data stands for those."""
    return tuple(
        member
        for member in members
        if member is not type(None) and not (isinstance(member, type) and issubclass(member, Enum))
    )


def _class_decoder(cls: type[Any]) -> _Decoder:
    fields = attrs.fields(cls)
    types_ = field_types(cls)
    names = tuple(field.name for field in fields)
    decoders = [
        (field.name, _field_decoder(types_[field.name], field), field.default is attrs.NOTHING)
        for field in fields
        if FLATTEN not in field.metadata
    ]
    decode_flattened = {
        field.name: _flattened_decoder(
            types_[field.name],
            tuple(name for name in names if name != field.name),
            field.metadata.get(RESERVED, {}),
        )
        for field in fields
        if FLATTEN in field.metadata
    }

    def decode_class(data: Any, place: _Place, found: _Found) -> Any:
        if not isinstance(data, dict):
            return _add(found, place, "type", data, cls)
        count = len(found)
        unread = dict(data)
        values: dict[str, Any] = {}
        for name, decode_field, required in decoders:
            if name in unread:
                values[name] = decode_field(unread.pop(name), (place, name), found)
            elif required:
                _add(found, place, "missing", name, required_keys(cls))
        for name, decode_rest in decode_flattened.items():
            values[name] = decode_rest(unread, place, found)
            unread = {}
        for key in islice(unread, _MAX_UNKNOWN_KEYS):
            _add(found, (place, key), "key", key, names)
        if len(found) > count:
            return None
        try:
            return cls(**values)
        except (ValueError, TypeError) as error:
            return _add(found, place, "refused", str(error))

    return decode_class


def _field_decoder(type_: Any, field: attrs.Attribute[Any]) -> _Decoder:
    decode_value = _decoder(type_)
    validate: Callable[[Any], None] | None = field.metadata.get(VALIDATOR)
    max_items: int | None = field.metadata.get(LIST_LIMIT)
    if validate is None and max_items is None:
        return decode_value

    def decode_field(data: Any, place: _Place, found: _Found) -> Any:
        if max_items is not None and isinstance(data, list) and len(data) > max_items:
            detail = f"it has at most {max_items} items, not {len(data)}"
            return _add(found, place, "refused", detail)
        count = len(found)
        value = decode_value(data, place, found)
        if validate is not None and value is not None and len(found) == count:
            try:
                validate(value)
            except ValueError as error:
                _add(found, place, "refused", str(error))
        return value

    return decode_field


def value_field(cls: type[Any]) -> str | None:
    """Returns the name of the field that is the whole data of a class; ``None`` for others."""
    return next((field.name for field in attrs.fields(cls) if VALUE in field.metadata), None)


def _value_class_decoder(cls: type[Any]) -> _Decoder:
    [type_] = field_types(cls).values()
    decode_value = _decoder(type_)

    def decode_value_class(data: Any, place: _Place, found: _Found) -> Any:
        count = len(found)
        value = decode_value(data, place, found)
        if len(found) > count:
            return None
        try:
            return cls(value)
        except ValueError as error:
            return _add(found, place, "refused", str(error))

    return decode_value_class


def _flattened_decoder(
    union: Any, other_names: tuple[str, ...], reserved: Mapping[str, str]
) -> _Decoder:
    classes = classes_by_trigger(union)
    values = {trigger for trigger, cls in classes.items() if value_field(cls)}
    decoders = {
        trigger: _value_class_decoder(cls) if trigger in values else _decoder(cast(Any, cls))
        for trigger, cls in classes.items()
    }
    known = (*decoders, *other_names)

    def decode_flattened(data: Any, place: _Place, found: _Found) -> Any:
        unknown = [key for key in data if key not in decoders]
        for key in unknown[:_MAX_UNKNOWN_KEYS]:
            if key in reserved:
                _add(found, (place, key), "refused", reserved[key])
            else:
                _add(found, (place, key), "key", key, known)
        triggers = [key for key in data if key in decoders]
        if unknown and not triggers:
            return None
        if len(triggers) != 1:
            return _add(found, place, "triggers", triggers, tuple(decoders))
        [trigger] = triggers
        parts = data[trigger]
        if parts is None and trigger not in values:
            parts = {}
        return decoders[trigger](parts, (place, trigger), found)

    return decode_flattened


def _add(
    found: _Found,
    place: _Place,
    kind: Literal["type", "name", "key", "missing", "triggers", "refused"],
    value: Any,
    expected: Any = None,
) -> None:
    path: tuple[str | int, ...] = ()
    while place is not None:
        place, key = place
        path = (key, *path)
    found.append(Mismatch(path, kind, value, expected))


def required_keys(cls: Any) -> tuple[str, ...]:
    """Returns the keys that the data of a class must have."""
    return tuple(
        field.name
        for field in attrs.fields(cls)
        if field.default is attrs.NOTHING and FLATTEN not in field.metadata
    )


# -- faults -------------------------------------------------------------------------------


def _fault(mismatch: Mismatch) -> Fault:
    return Fault(json_pointer(mismatch.path), _detail(mismatch))


def json_pointer(path: Iterable[str | int]) -> str:
    """Returns the keys and positions that lead to a place as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def _detail(mismatch: Mismatch) -> str:
    value, expected = mismatch.value, mismatch.expected
    match mismatch.kind:
        case "type" if get_origin(expected) is Literal:
            return f"it must be one of: {', '.join(get_args(expected))}; not {_type_name(value)}"
        case "type":
            return f"it must be {_shape(expected)}, not {_type_name(value)}"
        case "name":
            return f"unknown value {_with_hint(value, expected)}"
        case "key":
            return f"unknown key {_with_hint(value, expected)}"
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
    # "expected a whole number, not a number" would be wrong.
    names = _TYPE_NAMES | {float: "a decimal number"}
    return names.get(type(data), "something else")


def _with_hint(name: str, known: tuple[str, ...]) -> str:
    # Only faults need the words of the rules, and loading those delays every start.
    from fsm.recording.aliases import name_hint

    return f"{name[:40]!r} ({name_hint(name, known)})"
