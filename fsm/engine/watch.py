"""Which values a condition read: it is asked again, about objects that keep a record."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import attrs

from fsm.engine.stand_in import TracingProxy, note, real


@attrs.frozen
class ObservedValue:
    """A value that a condition read.

    Args:
        name: the path to it, such as ``plan.kind`` or ``'ann' in present``.
        value: what was found there.
    """

    name: str
    value: object

    def __str__(self) -> str:
        return f"{self.name} = {self.value!r}"


def readings(
    call: Callable[..., Any],
    model: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    answer: object,
) -> tuple[ObservedValue, ...]:
    """Ask a condition again and return what it read of its model and arguments.

    It is asked about stand-ins, which refuse to be changed.

    Args:
        call: the condition, which takes the model first.
        model: the model; what is read of it is named without a prefix.
        args: further arguments; what is read of them is named after the parameter.
        kwargs: further arguments by name.
        answer: what it answered about the real ones.

    Returns:
        Each value once, in the order of reading. Nothing where the condition cannot be
        watched: where it raises or answers otherwise when given stand-ins.
    """
    log: dict[str, object] = {}
    names = _parameters(call)
    watched = [
        note(value, names[position] if position < len(names) else f"argument {position}", log)
        for position, value in enumerate(args, start=1)
    ]
    named = {name: note(value, name, log) for name, value in kwargs.items()}
    try:
        second = real(call(TracingProxy(model, "", log), *watched, **named))
        if second is not answer and second != answer:
            return ()
    except Exception:  # what a stand-in breaks is the stand-in's fault, not the condition's
        return ()
    return tuple(ObservedValue(name, value) for name, value in log.items())


def _parameters(call: Callable[..., Any]) -> list[str]:
    return [
        parameter.name
        for parameter in inspect.signature(call).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
