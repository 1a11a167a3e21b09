"""Guards and their descriptions: label, reason code, rules.

A guard is an ordinary method of the model that answers yes or no. The decorator :func:`guard`
attaches a description to it, from which diagrams, refusals and tables of rules are derived.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from fsm.engine.name_resolution import name_of

_ATTRIBUTE = "__guard_description__"
_F = TypeVar("_F", bound=Callable[..., object])


@attrs.frozen
class GuardDescription:
    """The description of a guard.

    Args:
        label: the guard in words, short enough for a diagram.
        reason: the reason code of a refusal that this guard causes; ``None`` if its failure
            only means that another row applies.
        rules: ids of the rules behind it.
        static: whether the answer depends only on parts of the model that never change. A
            static guard is called without event arguments and can be evaluated once per
            model; see :meth:`fsm.engine.Table.bind`.
        negative: the opposite of the guard in words; ``None`` for "not" and the label.
    """

    label: str
    reason: str | None = None
    rules: tuple[str, ...] = ()
    static: bool = False
    negative: str | None = None


def guard(
    label: str,
    *,
    reason: str | None = None,
    rules: tuple[str, ...] = (),
    static: bool = False,
    negative: str | None = None,
) -> Callable[[_F], _F]:
    """Attaches a description to a guard.

    The arguments are those of :class:`GuardDescription`.

    >>> class Door:
    ...     locked = True
    ...     @guard("the door is not locked", reason="locked")
    ...     def is_free(self) -> bool:
    ...         return not self.locked
    >>> description_of(Door.is_free).reason
    'locked'
    """
    description = GuardDescription(label, reason, rules, static, negative)

    def attach(function: _F) -> _F:
        setattr(function, _ATTRIBUTE, description)
        return function

    return attach


def description_of(function: Any) -> GuardDescription:
    """Returns the description of a guard; a guard without a decorator is labelled by its name.

    >>> def is_ready(): ...
    >>> description_of(is_ready)
    GuardDescription(label='is ready', reason=None, rules=(), static=False, negative=None)
    """
    description = getattr(function, _ATTRIBUTE, None)
    if isinstance(description, GuardDescription):
        return description
    return GuardDescription(name_of(function).replace("_", " ").strip())
