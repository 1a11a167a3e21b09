"""What a frozen machine is made of: rows of functions, and the cells they stand in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from transitions import Transition

from fsm.engine.guard import GuardDescription

Call = Callable[..., Any]
"""A resolved callback or condition: it takes the model first, then the event's arguments."""


@attrs.frozen(eq=False)
class Guard:
    """One condition of a row, or of a trigger.

    Args:
        call: the condition, resolved.
        wanted: the answer that lets the row go on; ``False`` for an ``unless``.
        name: how the machine's definition names it.
        description: its words, reason code and rules.
    """

    call: Call
    wanted: bool
    name: str
    description: GuardDescription

    @property
    def label(self) -> str:
        """The condition in words, with a "not" before an ``unless``."""
        return self.description.label if self.wanted else f"not {self.description.label}"


@attrs.frozen(eq=False)
class Refusal:
    """Why no row is taken: the check that said no, or no row in this state at all.

    Args:
        state: the name of the state the model was in.
        trigger: the trigger that was refused.
        guard: the condition that said no; ``None`` where the state has no row for the
            trigger, or where every row failed on a condition without a reason code.
    """

    state: str
    trigger: str
    guard: Guard | None


@attrs.frozen(eq=False)
class Row:
    """One row of the machine, ready to run.

    Args:
        trigger: its trigger.
        source: the name of the state it leads from.
        target: the name of the state it leads to; ``None`` for an internal transition.
        guards: its conditions, in the order in which they are asked.
        info: whatever the definition attached to the transition.
        definition: the ``transitions.Transition`` it was made from.
        prepare: callbacks run before the checks.
        before: callbacks run before the state changes, those of leaving it included;
            none for an internal transition, which changes nothing to be before.
        after: callbacks run after it, those of entering the new one included.
        attribute: the attribute of the model that holds the state.
        value: what that attribute is set to.
        apply: takes the row, once :meth:`Table.decide` has answered with it: called with
            the model and the event, it runs the callbacks and moves the model.
    """

    trigger: str
    source: str
    target: str | None
    guards: tuple[Guard, ...]
    info: Any
    definition: Transition
    prepare: tuple[Call, ...]
    before: tuple[Call, ...]
    after: tuple[Call, ...]
    attribute: str
    value: Any
    apply: Call
    # Each check as a bare triple: what a loop over thousands of events a second wants.
    asks: tuple[tuple[Call, bool, Refusal | None], ...]


@attrs.frozen(eq=False)
class Cell:
    """What one trigger does in one state.

    Args:
        state: the name of the state.
        trigger: the trigger.
        requires: conditions of the trigger, asked before any row.
        rows: the rows in the order in which they are tried; the first that holds wins.
    """

    state: str
    trigger: str
    preconditions: tuple[Guard, ...]
    rows: tuple[Row, ...]
    asks: tuple[tuple[Call, bool, Refusal], ...]
    # Answered where there is no row, or where none holds and no condition says why.
    default_refusal: Refusal


@attrs.frozen(eq=False)
class Callbacks:
    """The callbacks that belong to the machine as a whole, resolved."""

    prepare_event: tuple[Call, ...]
    finalize_event: tuple[Call, ...]
    on_exception: tuple[Call, ...]


def holds(
    guards: tuple[Guard, ...], model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bool:
    """Say whether every check answers as wanted; the first that does not is the last asked.

    Args:
        guards: the checks, in the order in which they are asked.
        model: what they are asked about.
        args: further arguments.
        kwargs: the same, by name.

    Returns:
        Whether all hold; ``True`` where there is none.
    """
    return all(guard.call(model, *args, **kwargs) == guard.wanted for guard in guards)
