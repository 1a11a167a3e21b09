"""What may stand in a field, said in one line where something else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import attrs

Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def one_of(names: Any) -> Validator:
    """Return a validator that lets only some names pass.

    Args:
        names: a ``Literal`` of them.

    >>> from fsm.recording import Pause, Start
    >>> Start("alice", "clod")
    Traceback (most recent call last):
    ...
    ValueError: kind cannot be 'clod' (one of: cloud, local)
    """
    known = get_args(names)

    def validate(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if value not in known:
            raise ValueError(f"{field.name} cannot be {value!r} (one of: {', '.join(known)})")

    return validate


def instance_of(kind: type) -> Validator:
    """Return a validator that lets only values of a class pass.

    Args:
        kind: the class.

    >>> from fsm.recording import Leave
    >>> Leave(7)
    Traceback (most recent call last):
    ...
    TypeError: id must be a str, not a int: 7
    """

    def validate(_: Any, field: attrs.Attribute[Any], value: Any) -> None:
        if not isinstance(value, kind):
            found = type(value).__name__
            raise TypeError(f"{field.name} must be a {kind.__name__}, not a {found}: {value!r}")

    return validate
