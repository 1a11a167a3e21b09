"""JSON texts from outside: requests, the token file, answers of recorders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from fsm.decode import DecodeError, Fault, json_pointer

_decode = msgspec.json.Decoder().decode


def load_json(text: bytes) -> Any:
    """Reads a JSON text, in which no object has a key twice.

    Raises:
        ValueError: the text is not JSON.
        RecursionError: it is nested too deeply.
        DecodeError: an object has a key twice.
    """
    try:
        data = _decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
    # In a text without such escapes a string has two quotes. If the data has all the strings, none
    # was dropped with a repeated key; to count them takes a fifth of the time of the search.
    if b'\\"' in text or b"\\\\" in text or text.count(b'"') != 2 * _count_strings(data):
        pairs = json.loads(text.decode(), object_pairs_hook=_Object)
        for place in _repeated_keys(pairs, ()):
            detail = f"the key {str(place[-1])[:40]!r} is given twice (give it once)"
            raise DecodeError([Fault(json_pointer(place), detail)])
    return data


def _count_strings(data: Any) -> int:
    kind = type(data)
    if kind is str:
        return 1
    if kind is dict:
        count = len(data)
        for value in data.values():
            count += 1 if type(value) is str else _count_strings(value)
        return count
    return sum(map(_count_strings, data)) if kind is list else 0


class _Object(list[tuple[str, Any]]):
    """The pairs of an object, as they are written."""


def _repeated_keys(data: Any, place: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    is_object = isinstance(data, _Object)
    seen = set()
    for key, value in data if is_object else enumerate(data) if isinstance(data, list) else ():
        if is_object and key in seen:
            yield (*place, key)
        seen.add(key)
        yield from _repeated_keys(value, (*place, key))
