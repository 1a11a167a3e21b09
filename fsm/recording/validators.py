"""Validators for the fields of the rules' classes, with one-line messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import attrs

Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def one_of(names: Any) -> Validator:
    """Returns a validator that accepts the names of a ``Literal``.

    Args:
        names: the ``Literal``.

    >>> from fsm.recording import Pause, Start
    >>> Start("alice", "clod")
    Traceback (most recent call last):
    ...
    ValueError: kind cannot be 'clod' (did you mean 'cloud'?)
    """
    known = get_args(names)

    def validate(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if value not in known:
            from fsm.recording.aliases import name_hint  # only a wrong name needs it

            hint = name_hint(str(value), known)
            raise ValueError(f"{field.name} cannot be {value!r} ({hint})")

    return validate


def instance_of(expected: type) -> Validator:
    """Returns a validator that accepts instances of a class.

    Args:
        expected: the class.

    >>> from fsm.recording import Leave
    >>> Leave(7)
    Traceback (most recent call last):
    ...
    TypeError: id must be a str, not a int: 7
    """

    def validate(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, expected):
            actual = type(value).__name__
            hint = " (is a comma missing?)" if (expected, actual) == (tuple, "str") else ""
            raise TypeError(
                f"{field.name} must be a {expected.__name__}, not a {actual}: {value!r}{hint}"
            )

    return validate


def check_whole_number(name: str, value: object, lowest: int, highest: int) -> None:
    """Raises an error if a value is not a whole number within limits.

    Args:
        name: the name of the value in the error message.
        value: the value.
        lowest: the lowest number.
        highest: the highest number.

    Raises:
        ValueError: the number is outside the limits.
        TypeError: the value is not a whole number.

    >>> check_whole_number("grace", 601, 0, 600)
    Traceback (most recent call last):
    ...
    ValueError: grace must be a whole number from 0 to 600, not 601
    """
    if type(value) is not int or not lowest <= value <= highest:
        error = ValueError if type(value) is int else TypeError
        raise error(f"{name} must be a whole number from {lowest} to {highest}, not {value!r}")
