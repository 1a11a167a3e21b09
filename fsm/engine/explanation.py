"""Why a trigger does what it does: an answer for people."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.engine.row import Guard, Row
from fsm.engine.table import Table
from fsm.engine.watch import ObservedValue, readings


@attrs.frozen
class No:
    """A condition that said no, with the values that made it say so."""

    guard: Guard
    readings: tuple[ObservedValue, ...]

    def __str__(self) -> str:
        values = f" ({', '.join(map(str, self.readings))})" if self.readings else ""
        return f"'{self.guard.label}'{values}"


@attrs.frozen
class Tried:
    """A row that was tried, and what kept it from being taken (``None``: it was taken)."""

    row: Row
    no: No | None


@attrs.frozen
class Explanation:
    """What a trigger would do, and why.

    Args:
        state: the name of the state the model is in.
        trigger: the trigger.
        required: the failed requirement of the trigger itself, if there is one.
        tried: the rows in the order in which they were tried, up to the one taken.
    """

    state: str
    trigger: str
    required: No | None
    tried: tuple[Tried, ...]

    @property
    def row(self) -> Row | None:
        """The row that would be taken."""
        return self.tried[-1].row if self.tried and self.tried[-1].no is None else None

    @property
    def allowed(self) -> bool:
        """Whether a row would be taken."""
        return self.row is not None

    @property
    def reason(self) -> str | None:
        """The reason code of a refusal: of the first condition that said no and has one."""
        if self.allowed:
            return None
        for no in (self.required, *(each.no for each in self.tried)):
            if no is not None and no.guard.description.reason is not None:
                return no.guard.description.reason
        return None

    @property
    def missed(self) -> tuple[Tried, ...]:
        """The rows that lead elsewhere and failed on something that could be otherwise.

        A row that fails on a *fixed* condition is no chance missed.
        """
        return tuple(
            each
            for each in self.tried
            if each.no is not None
            and not each.no.guard.description.static
            and each.row.target not in (None, each.row.source)
        )

    def __str__(self) -> str:
        if self.row is not None:
            if self.row.target is not None:
                return f"'{self.trigger}' in '{self.state}' leads to '{self.row.target}'"
            missed = "".join(f"; {need}" for need in _needs(self.missed, "would need"))
            return f"'{self.trigger}' in '{self.state}' stays there{missed}"
        refused = f"'{self.trigger}' is refused in '{self.state}': "
        if self.required is not None:
            return f"{refused}it needs {self.required}"
        return refused + ("; ".join(_needs(self.tried, "needs")) or "the state has no row for it")


def _needs(tried: tuple[Tried, ...], verb: str) -> list[str]:
    """Return for each destination what it needs, one of several where there are several."""
    found: dict[str, list[str]] = {}
    for each in tried:
        where = "to stay" if each.row.target is None else f"to '{each.row.target}'"
        found.setdefault(where, []).append(str(each.no))
    return [f"{where} it {verb} {', or '.join(needed)}" for where, needed in found.items()]


def explain(
    table: Table, model: Any, trigger: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Explanation:
    """See :meth:`fsm.engine.Machine.why`.

    Args:
        table: the table of the machine.
        model: the model.
        trigger: the trigger.
        args: what conditions are called with.
        kwargs: the same, by name.

    Returns:
        The explanation.
    """
    cell = table.cell(model, trigger)
    data, args, kwargs = table.arguments(model, trigger, args, kwargs)

    def first_no(guards: tuple[Guard, ...]) -> No | None:
        for guard in guards:
            answer = guard.call(model, *args, **kwargs)
            if answer == guard.wanted:
                continue
            return No(guard, readings(guard.call, model, args, kwargs, answer))
        return None

    required = first_no(cell.preconditions)
    tried: list[Tried] = []
    if required is None:
        for row in cell.rows:
            data.transition = row.definition
            tried.append(Tried(row, first_no(row.guards)))
            if tried[-1].no is None:
                break
    return Explanation(cell.state, trigger, required, tuple(tried))
