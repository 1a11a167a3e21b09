"""Stand-ins: they answer as their targets do, note what is read, and refuse to be changed."""

from __future__ import annotations

import inspect
import operator
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Never

_PLAIN = (str, bytes, int, float, complex, type(None), Enum, type)
_FIXED_TYPE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE: not a class that was written in Python
_CONTAINERS = (dict, list, set, frozenset, tuple, deque, MappingProxyType)
_READING = {"copy", "count", "get", "index", "items", "keys", "values"} | {
    *("difference", "intersection", "isdisjoint", "issubset", "issuperset"),
    *("symmetric_difference", "union"),
}


class UntraceableError(Exception):
    """What cannot be watched without the risk of changing something."""


def note(value: Any, name: str, log: dict[str, object]) -> Any:
    """Return a value to be handed to a condition, noted or as a stand-in that notes.

    Args:
        value: what is read.
        name: the path to it.
        log: where values are noted by their names.

    Returns:
        The value itself where nothing can be changed through it, else a stand-in.
    """
    if isinstance(value, TracingProxy):
        return value
    if _is_plain(value):
        log[name] = value
        return value
    return TracingProxy(value, name, log)


def real(value: Any) -> Any:
    """Return what a stand-in stands for, and anything else as it is."""
    return value._stand_in_target if isinstance(value, TracingProxy) else value


class TracingProxy:
    """Does what its target does, as far as that only reads.

    Args:
        target: what it stands for.
        name: the path to it; empty for the model.
        log: where values are noted by their names.
    """

    # Long names, so that they hide no attribute of a target.
    __slots__ = ("_stand_in_log", "_stand_in_name", "_stand_in_target")

    _stand_in_log: dict[str, object]
    _stand_in_name: str
    _stand_in_target: Any

    def __init__(self, target: Any, name: str, log: dict[str, object]) -> None:
        object.__setattr__(self, "_stand_in_target", target)
        object.__setattr__(self, "_stand_in_name", name)
        object.__setattr__(self, "_stand_in_log", log)

    # So that isinstance() and super() take it for what it stands for.
    __class__: Any = property(lambda self: type(self._stand_in_target))

    def __getattr__(self, attribute: str) -> Any:
        prefix, target = self._stand_in_name, self._stand_in_target
        name = f"{prefix}.{attribute}" if prefix else attribute
        getter = _getter(inspect.getattr_static(target, attribute, None))
        if getter is None:
            value = getattr(target, attribute)
        else:
            # What a property reads is its own affair, but it must not write either.
            value = real(getter(TracingProxy(target, "", {})))
        if callable(value) and not isinstance(value, type):
            return _watched_call(self, value, name)
        return note(value, name, self._stand_in_log)

    def __setattr__(self, attribute: str, value: object) -> Never:
        raise UntraceableError(f"setting {attribute}")

    def __delattr__(self, attribute: str) -> Never:
        raise UntraceableError(f"deleting {attribute}")

    def __getitem__(self, key: Any) -> Any:
        target, key = self._stand_in_target, real(key)
        if hasattr(type(target), "__missing__") and key not in target:
            raise UntraceableError(f"{key!r} may be added")
        return note(target[key], f"{_text(self)}[{key!r}]", self._stand_in_log)

    def __contains__(self, key: Any) -> bool:
        found = real(key) in self._stand_in_target
        self._stand_in_log[f"{_text(key)} in {_text(self)}"] = found
        return found

    def __len__(self) -> int:
        length = len(self._stand_in_target)
        self._stand_in_log[f"len({_text(self)})"] = length
        return length

    def __iter__(self) -> Iterator[Any]:
        items = iter(self._stand_in_target)
        if items is self._stand_in_target:
            raise UntraceableError("an iterator is used up by iterating")
        for position, item in enumerate(items):
            yield note(item, f"{_text(self)}[{position}]", self._stand_in_log)

    def __bool__(self) -> bool:
        value = bool(self._stand_in_target)
        self._stand_in_log[f"bool({_text(self)})"] = value
        return value

    def __hash__(self) -> int:
        return hash(self._stand_in_target)

    def __repr__(self) -> str:
        return repr(self._stand_in_target)

    def __str__(self) -> str:
        return str(self._stand_in_target)

    def _stand_in_compare(self, other: object, symbol: str) -> Any:
        answer = _COMPARISONS[symbol](self._stand_in_target, real(other))
        return note(answer, f"{_text(self)} {symbol} {_text(other)}", self._stand_in_log)

    def __eq__(self, other: object) -> Any:
        return self._stand_in_compare(other, "==")

    def __ne__(self, other: object) -> Any:
        return self._stand_in_compare(other, "!=")

    def __lt__(self, other: object) -> Any:
        return self._stand_in_compare(other, "<")

    def __le__(self, other: object) -> Any:
        return self._stand_in_compare(other, "<=")

    def __gt__(self, other: object) -> Any:
        return self._stand_in_compare(other, ">")

    def __ge__(self, other: object) -> Any:
        return self._stand_in_compare(other, ">=")


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _is_plain(value: Any) -> bool:
    kind: Any = type(value)
    if kind in (tuple, frozenset):
        return all(map(_is_plain, value))
    if isinstance(value, Mapping):
        return False  # a view of a dict can be hashed from Python 3.12 on, and still change
    by_value = kind.__hash__ not in (None, object.__hash__)
    return isinstance(value, _PLAIN) or (by_value and bool(kind.__flags__ & _FIXED_TYPE))


def _text(value: Any) -> str:
    if isinstance(value, TracingProxy):
        return value._stand_in_name or "the model"
    return repr(value)


def _getter(found: Any) -> Callable[[Any], Any] | None:
    if isinstance(found, property):
        return found.fget
    return found.func if isinstance(found, cached_property) else None


def _watched_call(owner: TracingProxy, value: Any, name: str) -> Callable[..., Any]:
    """Return what a condition gets for a method or another callable attribute."""
    log = owner._stand_in_log
    if inspect.ismethod(value):
        # Its own reads are the telling ones, so it runs on a stand-in as well.
        me = value.__self__
        if me is owner._stand_in_target:
            me = owner
        elif not isinstance(me, type):
            me = TracingProxy(me, name, log)
        return lambda *args, **kwargs: value.__func__(me, *args, **kwargs)
    if inspect.isfunction(value) or _only_reads(value):

        def noted(*args: Any, **kwargs: Any) -> Any:
            given = map(real, args) if inspect.isbuiltin(value) else args
            text = f"{name}({', '.join(map(_text, args))})"
            return note(value(*given, **kwargs), text, log)

        return noted
    function = type(value).__call__
    if inspect.isfunction(function):
        return lambda *args, **kwargs: function(TracingProxy(value, name, log), *args, **kwargs)

    def refused(*_args: Any, **_kwargs: Any) -> Never:
        raise UntraceableError(f"{name} might change something")

    return refused


def _only_reads(value: Any) -> bool:
    return (
        inspect.isbuiltin(value)
        and isinstance(value.__self__, _CONTAINERS)
        and value.__name__ in _READING
    )
