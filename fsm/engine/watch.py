"""Which values a condition read: it is asked again, about objects that keep a record."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import attrs

_PLAIN = (str, bytes, int, float, complex, bool, type(None), Enum, tuple, frozenset)


@attrs.frozen
class Reading:
    """A value that a condition read.

    Args:
        name: the path to it, such as ``plan.kind`` or ``event.by in present``.
        value: what was found there.
    """

    name: str
    value: object

    def __str__(self) -> str:
        return f"{self.name} = {self.value!r}"


def readings(
    call: Callable[..., Any], model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Reading, ...]:
    """Ask a condition again and return what it read of its model and arguments.

    Args:
        call: the condition, which takes the model first.
        model: the model; what is read of it is named without a prefix.
        args: further arguments; what is read of them is named after the parameter.
        kwargs: further arguments by name.

    Returns:
        Each value once, in the order of reading. Nothing where the condition cannot be
        watched: it raises when given a stand-in, for one that insists on a class.
    """
    log: dict[str, object] = {}
    names = _parameters(call)
    watched = [
        _noted(value, names[position] if position < len(names) else f"argument {position}", log)
        for position, value in enumerate(args, start=1)
    ]
    named = {name: _noted(value, name, log) for name, value in kwargs.items()}
    try:
        call(_Watched(model, "", log), *watched, **named)
    except Exception:  # what a stand-in breaks is the stand-in's fault, not the condition's
        return ()
    return tuple(Reading(name, value) for name, value in log.items())


def _parameters(call: Callable[..., Any]) -> list[str]:
    return [
        parameter.name
        for parameter in inspect.signature(call).parameters.values()
        if parameter.kind is not parameter.VAR_POSITIONAL
    ]


def _noted(value: Any, name: str, log: dict[str, object]) -> Any:
    if isinstance(value, _PLAIN):
        log[name] = value
        return value
    return _Watched(value, name, log)


class _Watched:
    """A stand-in that does what its target does and records what is read of it."""

    __slots__ = ("_log", "_name", "_target")

    def __init__(self, target: Any, name: str, log: dict[str, object]) -> None:
        self._target = target
        self._name = name
        self._log = log

    def _record(self, name: str, value: Any) -> Any:
        return _noted(value, name, self._log)

    def __getattr__(self, attribute: str) -> Any:
        name = f"{self._name}.{attribute}" if self._name else attribute
        value = getattr(self._target, attribute)
        if inspect.ismethod(value):
            # Its own reads are the telling ones, so it runs on the stand-in as well.
            return lambda *args, **kwargs: value.__func__(self, *args, **kwargs)
        if callable(value):
            return lambda *args, **kwargs: self._record(
                f"{name}({', '.join(map(repr, args))})", value(*args, **kwargs)
            )
        return self._record(name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._record(f"{self._name}[{key!r}]", self._target[key])

    def __contains__(self, key: Any) -> bool:
        return bool(self._record(f"{key!r} in {self._name}", key in self._target))

    def __len__(self) -> int:
        return int(self._record(f"len({self._name})", len(self._target)))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._target)

    def __bool__(self) -> bool:
        return bool(self._target)

    def __eq__(self, other: object) -> bool:
        return bool(self._target == (other._target if isinstance(other, _Watched) else other))

    def __hash__(self) -> int:
        return hash(self._target)
