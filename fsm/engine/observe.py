"""The values that a guard read, found by evaluating it against a tracing proxy."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Never

import attrs

_SCALARS = (str, bytes, int, float, type(None), tuple, frozenset, Enum)
_READING_METHODS = frozenset({"count", "get", "index", "items", "keys", "values"})


@attrs.frozen
class ObservedValue:
    """A value that a guard read.

    Args:
        name: the path to the value, such as ``plan.kind`` or ``'ann' in present``.
        value: the value.
    """

    name: str
    value: object

    def __str__(self) -> str:
        return f"{self.name} = {self.value!r}"


class _NotTraceableError(Exception):
    """An access that the proxy cannot watch without a risk of changing something."""


class TracingProxy:
    """Records attribute reads, items, membership and length of its target.

    Args:
        target: the object that is read.
        path: the path to it; empty for the model.
        log: the values read so far, by path.
    """

    # Long names hide no attribute of a target.
    __slots__ = ("_tracing_log", "_tracing_path", "_tracing_target")

    def __init__(self, target: Any, path: str, log: dict[str, object]) -> None:
        object.__setattr__(self, "_tracing_target", target)
        object.__setattr__(self, "_tracing_path", path)
        object.__setattr__(self, "_tracing_log", log)

    def __getattr__(self, name: str) -> Any:
        path = f"{self._tracing_path}.{name}" if self._tracing_path else name
        value = getattr(self._tracing_target, name)
        if inspect.ismethod(value) and value.__self__ is self._tracing_target:
            # The reads of a helper method are the telling ones.
            return lambda *args, **kwargs: value.__func__(self, *args, **kwargs)
        if inspect.isbuiltin(value) and name not in _READING_METHODS:
            raise _NotTraceableError(f"calling {path}")
        return _traced(value, path, self._tracing_log)

    def __setattr__(self, name: str, value: object) -> Never:
        raise _NotTraceableError(f"setting {name}")

    def __delattr__(self, name: str) -> Never:
        raise _NotTraceableError(f"deleting {name}")

    def __getitem__(self, key: Any) -> Any:
        path = f"{self._tracing_path}[{key!r}]"
        return _traced(self._tracing_target[key], path, self._tracing_log)

    def __contains__(self, key: Any) -> bool:
        answer = key in self._tracing_target
        self._tracing_log[f"{key!r} in {self._tracing_path}"] = answer
        return answer

    def __len__(self) -> int:
        length = len(self._tracing_target)
        self._tracing_log[f"len({self._tracing_path})"] = length
        return length

    def __iter__(self) -> Iterator[Any]:
        raise _NotTraceableError(f"iterating over {self._tracing_path}")


def _traced(value: Any, path: str, log: dict[str, object]) -> Any:
    if callable(value):
        return value
    if isinstance(value, _SCALARS):
        log[path] = value
        return value
    return TracingProxy(value, path, log)


def observed_values(
    call: Callable[..., Any],
    model: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    answer: object,
) -> tuple[ObservedValue, ...]:
    """Evaluates a guard again and returns the values that it read.

    Args:
        call: the guard, whose first argument is the model.
        model: the model; paths into it have no prefix.
        args: further arguments; paths into them start with the name of the parameter, behind
            "argument" where the model has an attribute of that name.
        kwargs: further keyword arguments.
        answer: the guard's answer for the real objects.

    Returns:
        Each value once, in the order of reading. Empty if the guard cannot be traced: if it
        raises, or answers differently when it is given proxies.
    """
    log: dict[str, object] = {}
    names = _parameters(call)

    def path(name: str) -> str:
        # An attribute of the model may have the same name.
        known = inspect.getattr_static(model, name, names) is not names
        return f"argument {name}" if known else name

    traced_args = [
        _traced(
            value, path(names[position]) if position < len(names) else f"argument {position}", log
        )
        for position, value in enumerate(args, start=1)
    ]
    traced_kwargs = {name: _traced(value, path(name), log) for name, value in kwargs.items()}
    try:
        traced = call(TracingProxy(model, "", log), *traced_args, **traced_kwargs)
        if isinstance(traced, TracingProxy):
            traced = traced._tracing_target
        if traced != answer:
            return ()
    except Exception:  # a failure of the proxy is no failure of the guard
        return ()
    return tuple(ObservedValue(name, value) for name, value in log.items())


def _parameters(call: Callable[..., Any]) -> list[str]:
    return [
        parameter.name
        for parameter in inspect.signature(call).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
