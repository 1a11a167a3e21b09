"""What a condition means: the words, the reason code and the rules it stands for.

A condition is an ordinary method of the model that answers yes or no. The decorator
:func:`guard` writes its meaning onto it, so that pictures, refusals and tables of
rules can be derived from the machine and need no second list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs

_ATTRIBUTE = "__guard_description__"
_F = TypeVar("_F", bound=Callable[..., object])


@attrs.frozen
class GuardDescription:
    """The meaning of a condition.

    Args:
        label: the condition in words, short enough for a picture.
        reason: the code a refusal carries when this condition is the one that says no;
            ``None`` where a no only means "not this row".
        rules: ids of the rules it stands for.
        fixed: whether the answer depends only on parts of the model that never change.
            Such a condition is called without event arguments and can be settled once
            for a model (see :meth:`fsm.engine.Machine.bind`).
    """

    label: str
    reason: str | None = None
    rules: tuple[str, ...] = ()
    static: bool = False


def guard(
    label: str, *, reason: str | None = None, rules: tuple[str, ...] = (), static: bool = False
) -> Callable[[_F], _F]:
    """Write a meaning onto a condition.

    The arguments are those of :class:`GuardDescription`.

    >>> class Door:
    ...     locked = True
    ...     @guard("the door is not locked", reason="locked")
    ...     def is_free(self) -> bool:
    ...         return not self.locked
    >>> description_of(Door.is_free).reason
    'locked'
    """
    description = GuardDescription(label, reason, rules, static)

    def mark(function: _F) -> _F:
        setattr(function, _ATTRIBUTE, description)
        return function

    return mark


def description_of(function: Any) -> GuardDescription:
    """Return the meaning of a condition; one without a decorator is labelled by its name.

    >>> def is_ready(): ...
    >>> description_of(is_ready)
    GuardDescription(label='is ready', reason=None, rules=(), fixed=False)
    """
    found = getattr(function, _ATTRIBUTE, None)
    if isinstance(found, GuardDescription):
        return found
    name = function if isinstance(function, str) else getattr(function, "__name__", repr(function))
    return GuardDescription(name.replace("_", " "))
