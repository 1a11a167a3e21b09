"""Decoder of plain data into attrs classes, with the path of each fault.

The decoder is strict: it converts no values (``"true"`` is not ``true``) and accepts no unknown
keys. It reports all faults at once, each with a JSON pointer to its place and with the values
that would be right.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterable
from functools import cache
from itertools import islice
from typing import (
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
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

# The place of data, as its parent's place and its key: a pointer is only made for a fault.
_Place: TypeAlias = "tuple[_Place, object] | None"
_Decoder: TypeAlias = "Callable[[Any, _Place, list[Fault]], Any]"
# Each unknown key costs a search for similar names and a line of the answer.
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
    value = _decoder(cast(Any, cls))(data, None, faults)
    if faults:
        raise DecodeError(faults)
    return cast(T, value)


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


@cache
def _decoder(type_: Any) -> _Decoder:
    # Built once for each type: to examine a type takes longer than to decode its data.
    if attrs.has(type_):
        return _class_decoder(type_)
    if len(union_members(type_)) > 1:
        return _union_decoder(type_)
    origin = get_origin(type_)
    if origin is Literal:
        return _name_decoder(get_args(type_))
    if origin in (tuple, list, frozenset):
        return _list_decoder(origin, _decoder(get_args(type_)[0]))
    if origin is dict:
        return _dict_decoder(_decoder(get_args(type_)[1]))
    assert type_ in (bool, str, int), type_
    return _value_decoder(type_)


def _value_decoder(type_: type[Any]) -> _Decoder:
    def decode_value(data: Any, place: _Place, faults: list[Fault]) -> Any:
        if type(data) is type_:
            return data
        detail = f"it must be {_TYPE_NAMES[type_]}, not {_type_name(data)}"
        return faults.append(_fault(place, detail))

    return decode_value


def _name_decoder(names: tuple[str, ...]) -> _Decoder:
    def decode_name(data: Any, place: _Place, faults: list[Fault]) -> Any:
        if not isinstance(data, str):
            detail = f"it must be one of: {', '.join(names)}; not {_type_name(data)}"
            return faults.append(_fault(place, detail))
        if data in names:
            return data
        return faults.append(_fault(place, f"unknown value {_suggestion(data, names)}"))

    return decode_name


def _list_decoder(origin: type[Any], decode_item: _Decoder) -> _Decoder:
    def decode_list(data: Any, place: _Place, faults: list[Fault]) -> Any:
        if not isinstance(data, list):
            return faults.append(_fault(place, f"it must be a list, not {_type_name(data)}"))
        return origin(decode_item(item, (place, index), faults) for index, item in enumerate(data))

    return decode_list


def _dict_decoder(decode_item: _Decoder) -> _Decoder:
    def decode_dict(data: Any, place: _Place, faults: list[Fault]) -> Any:
        if not isinstance(data, dict):
            return faults.append(_fault(place, f"it must be an object, not {_type_name(data)}"))
        return {key: decode_item(value, (place, key), faults) for key, value in data.items()}

    return decode_dict


def _union_decoder(union: Any) -> _Decoder:
    members = union_members(union)
    plain = tuple(member for member in members if member in (str, type(None)))
    others = tuple(member for member in members if member is not type(None))
    # Of text and a class, the class is the one whose faults are worth describing.
    decode_other = _decoder(next((member for member in others if attrs.has(member)), others[0]))

    def decode_union(data: Any, place: _Place, faults: list[Fault]) -> Any:
        return data if type(data) in plain else decode_other(data, place, faults)

    return decode_union


def _class_decoder(cls: type[Any]) -> _Decoder:
    fields = attrs.fields(cls)
    types_ = field_types(cls)
    names = [field.name for field in fields]
    decoders = [
        (field.name, _field_decoder(types_[field.name], field), field.default is attrs.NOTHING)
        for field in fields
        if FLATTEN not in field.metadata
    ]
    flattened = [field.name for field in fields if FLATTEN in field.metadata]
    decode_flattened = [
        _flattened_decoder(types_[name], tuple(other for other in names if other != name))
        for name in flattened
    ]

    def decode_class(data: Any, place: _Place, faults: list[Fault]) -> Any:
        if not isinstance(data, dict):
            detail = f"it must be {_shape(cls)}, not {_type_name(data)}"
            return faults.append(_fault(place, detail))
        count = len(faults)
        unread = dict(data)
        values: dict[str, Any] = {}
        for name, decode_field, required in decoders:
            if name in unread:
                values[name] = decode_field(unread.pop(name), (place, name), faults)
            elif required:
                detail = f"{name!r} is missing (required: {_required(fields)})"
                faults.append(_fault(place, detail))
        for name, decode_rest in zip(flattened, decode_flattened, strict=True):
            values[name] = decode_rest(unread, place, faults)
            unread = {}
        for key in islice(unread, _MAX_UNKNOWN_KEYS):
            faults.append(_fault((place, key), f"unknown key {_suggestion(key, names)}"))
        if len(faults) > count:
            return None
        try:
            return cls(**values)
        except (ValueError, TypeError) as error:
            return faults.append(_fault(place, str(error)))

    return decode_class


def _field_decoder(type_: Any, field: attrs.Attribute[Any]) -> _Decoder:
    decode_value = _decoder(type_)
    validate: Callable[[Any], None] | None = field.metadata.get(VALIDATOR)
    if validate is None:
        return decode_value

    def decode_field(data: Any, place: _Place, faults: list[Fault]) -> Any:
        count = len(faults)
        value = decode_value(data, place, faults)
        if value is not None and len(faults) == count:
            try:
                validate(value)
            except ValueError as error:
                faults.append(_fault(place, str(error)))
        return value

    return decode_field


def _flattened_decoder(union: Any, other_names: tuple[str, ...]) -> _Decoder:
    classes: dict[str, Any] = {**classes_by_trigger(union)}
    decoders = {trigger: _decoder(cls) for trigger, cls in classes.items()}
    known = (*decoders, *other_names)

    def decode_flattened(data: dict[str, Any], place: _Place, faults: list[Fault]) -> Any:
        unknown = [key for key in data if key not in decoders]
        for key in unknown[:_MAX_UNKNOWN_KEYS]:
            faults.append(_fault((place, key), f"unknown key {_suggestion(key, known)}"))
        triggers = [key for key in data if key in decoders]
        if unknown and not triggers:
            return None
        if len(triggers) != 1:
            present = " and ".join(map(repr, triggers)) or "none of them"
            detail = f"exactly one key is required of: {', '.join(decoders)}"
            return faults.append(_fault(place, f"{detail} (the data has {present})"))
        [trigger] = triggers
        parts = {} if data[trigger] is None else data[trigger]
        return decoders[trigger](parts, (place, trigger), faults)

    return decode_flattened


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


def _fault(place: _Place, detail: str) -> Fault:
    keys: list[str] = []
    while place is not None:
        place, key = place
        keys.append(str(key).replace("~", "~0").replace("/", "~1"))
    return Fault("".join(f"/{key}" for key in reversed(keys)), detail)


def _type_name(data: Any) -> str:
    return _TYPE_NAMES.get(type(data), "something else")


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = list(known)
    similar = difflib.get_close_matches(name[:40], names, 1, 0.6)
    if similar:
        return f"{name[:40]!r} (did you mean {similar[0]!r}?)"
    return f"{name[:40]!r} (one of: {', '.join(names) or 'none'})"
