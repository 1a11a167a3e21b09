"""The parts of a compiled table: guards, rows, cells and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never, Self

import attrs
from transitions import Transition

from fsm.engine.declaration import is_automatic
from fsm.engine.errors import NotPicklableError
from fsm.engine.guard import GuardDescription

Call = Callable[..., Any]
"""A resolved callback or guard. Its first argument is the model, then the event's arguments."""


class Immutable:
    """A part of a table: its copy is the part itself, and it is not pickled."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> Never:
        raise NotPicklableError(f"a {type(self).__name__} of a frozen machine")


@attrs.frozen(eq=False)
class Guard(Immutable):
    """A guard of a row, or a precondition of a trigger.

    Args:
        call: the resolved function.
        wanted: the answer that lets the row pass; ``False`` for an ``unless``.
        name: its name in the definition.
        description: label, reason code and rules.
    """

    call: Call
    wanted: bool
    name: str
    description: GuardDescription

    @property
    def label(self) -> str:
        """The guard in words; that of an ``unless`` starts with "not"."""
        if self.wanted:
            return self.description.label
        return self.description.negative or f"not {self.description.label}"


@attrs.frozen(eq=False)
class Refusal(Immutable):
    """The decision not to take any row.

    Args:
        state: the name of the current state.
        trigger: the refused trigger.
        guard: the failed guard; ``None`` if the state has no row for the trigger, or if every
            row failed on a guard without a reason code.
    """

    state: str
    trigger: str
    guard: Guard | None


@attrs.frozen(eq=False)
class Row(Immutable):
    """A compiled transition.

    Args:
        trigger: its trigger.
        source: the name of the state it leads from.
        target: the name of the state it leads to; ``None`` for an internal transition.
        guards: its guards, in the order of evaluation.
        info: the attachment of the definition.
        definition: the ``transitions.Transition`` it was compiled from.
        prepare: callbacks that run before the guards.
        before: callbacks that run before the state changes, including those of leaving the
            source; none for an internal transition.
        after: callbacks that run after it, including those of entering the target.
        attribute: the attribute of the model that holds the state.
        value: the new value of that attribute.
        apply: takes the row after :meth:`Table.decide` returned it. Called with model and
            event, it runs the callbacks and sets the state.
        compiled_guards: call, wanted answer and refusal of each guard, as plain tuples for
            speed. The refusal is ``None`` for a guard without a reason code.
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
    compiled_guards: tuple[tuple[Call, bool, Refusal | None], ...]

    @property
    def declaration(self) -> object:
        """Identifies the declaration; the rows of a wildcard have the same one."""
        return self.definition.declaration  # type: ignore[attr-defined]

    @property
    def automatic(self) -> bool:
        """True if ``transitions`` added it: ``to_<state>``, from any state."""
        return is_automatic(self.definition)


@attrs.frozen(eq=False)
class Cell(Immutable):
    """All rows of one trigger in one state.

    Args:
        state: the name of the state.
        trigger: the trigger.
        preconditions: guards of the trigger, evaluated before any row.
        rows: the rows in the order of their priority; the first that passes is taken.
        compiled_preconditions: call, wanted answer and refusal of each precondition.
        default_refusal: the decision if there is no row, or if none passes and no failed guard
            has a reason code.
        declared: whether the definition has a row here. Binding may have removed it.
    """

    state: str
    trigger: str
    preconditions: tuple[Guard, ...]
    rows: tuple[Row, ...]
    compiled_preconditions: tuple[tuple[Call, bool, Refusal], ...]
    default_refusal: Refusal
    declared: bool


@attrs.frozen(eq=False)
class MachineCallbacks(Immutable):
    """The resolved callbacks of the machine as a whole."""

    prepare_event: tuple[Call, ...]
    finalize_event: tuple[Call, ...]
    on_exception: tuple[Call, ...]


def all_pass(
    guards: tuple[Guard, ...], model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bool:
    """Returns whether every guard passes; evaluation stops at the first that does not.

    Args:
        guards: the guards, in the order of evaluation.
        model: the model.
        args: further arguments of the guards.
        kwargs: further keyword arguments of the guards.
    """
    # A generator would turn the StopIteration of a guard into a RuntimeError.
    for guard in guards:
        if guard.call(model, *args, **kwargs) == guard.wanted:
            continue
        return False
    return True
