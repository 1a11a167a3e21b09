"""Actions with a description, and actions that run only under a static guard.

An action is an ordinary method of the model. The decorator :func:`action` attaches its label, for
diagrams, and may name a static guard without which the action does nothing. Partial evaluation
(:meth:`fsm.engine.Table.bind`) evaluates that guard once, and leaves the action out if it fails.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import attrs

from fsm.engine.row import Call

_ATTRIBUTE = "__action_description__"


@attrs.frozen
class ActionDescription:
    """The description of an action.

    Args:
        label: the action in words, short enough for a diagram.
        only_if: the name of the static guard that the action needs; ``None`` if it always runs.
    """

    label: str
    only_if: str | None = None


def action(label: str, *, only_if: str | None = None) -> Callable[[Call], Call]:
    """Attaches a description to an action.

    The arguments are those of :class:`ActionDescription`.

    >>> class Door:
    ...     rings, has_bell = 0, False
    ...     def can_ring(self): return self.has_bell
    ...     @action("ring", only_if="can_ring")
    ...     def ring(self): self.rings += 1
    >>> door = Door()
    >>> door.ring()
    >>> door.has_bell = True
    >>> door.ring()
    >>> door.rings
    1
    """
    description = ActionDescription(label, only_if)

    def attach(function: Call) -> Call:
        if only_if is None:
            setattr(function, _ATTRIBUTE, description)
            return function

        @wraps(function)
        def run_if(model: Any, *args: Any) -> None:
            if getattr(model, only_if)():
                function(model, *args)

        setattr(run_if, _ATTRIBUTE, description)
        return run_if

    return attach


def action_description(function: Any) -> ActionDescription | None:
    """Returns the description of an action; ``None`` for an action without one."""
    description = getattr(function, _ATTRIBUTE, None)
    return description if isinstance(description, ActionDescription) else None


def bound_actions(actions: tuple[Call, ...], model: Any) -> tuple[Call, ...]:
    """Returns the actions that run for a model, without the static guards that were evaluated.

    Args:
        actions: the resolved actions.
        model: the model that static guards are evaluated for.
    """
    bound = []
    for function in actions:
        description = action_description(function)
        if description is None or description.only_if is None:
            bound.append(function)
        elif getattr(model, description.only_if)():
            bound.append(function.__wrapped__)  # type: ignore[attr-defined]
    return tuple(bound)
