"""An event on trial: every guard of a cell is evaluated, and no row is taken.

:func:`fsm.engine.firing.fire` evaluates guards until a row passes. The explorer needs the answers
of all of them, from the same arguments and after the same callbacks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fsm.engine.evidence import Answers
from fsm.engine.firing import event_arguments
from fsm.engine.row import Call, Cell, Guard, Row
from fsm.engine.table import Table


class Trial(NamedTuple):
    """The answers of all guards to one event.

    Args:
        preconditions: the answers of the preconditions.
        rows: each row with the answers of its guards; none if a precondition failed.
    """

    preconditions: Answers
    rows: list[tuple[Row, Answers]]


def prepares(table: Table, cell: Cell) -> bool:
    """Returns whether callbacks run before guards of a cell, so that a trial may change a model."""
    return bool(table.undecidable) and bool(
        table.callbacks.prepare_event or any(row.prepare for row in cell.rows)
    )


def try_event(table: Table, cell: Cell, model: Any, args: tuple[Any, ...]) -> Trial:
    """Evaluates every guard of a cell as firing a trigger does.

    Callbacks that prepare an event run. Those of the rows behind one that passes do not, and the
    guards of such rows are left out.

    Args:
        table: the table.
        cell: the cell of the model's state and the trigger.
        model: the model.
        args: the arguments that the trigger is fired with.
    """
    data = None
    if table.machine.send_event:
        data, args, _ = event_arguments(table, model, cell.trigger, args, {})
    preconditions = guard_answers(cell.preconditions, model, args)
    if not all(preconditions):
        return Trial(preconditions, [])
    if cell.rows:
        _run(table.callbacks.prepare_event, model, args)
    rows: list[tuple[Row, Answers]] = []
    for row in cell.rows:
        if row.prepare and any(all(answers) for _, answers in rows):
            continue
        if data is not None:
            data.transition = row.definition
        _run(row.prepare, model, args)
        rows.append((row, guard_answers(row.guards, model, args)))
    return Trial(preconditions, rows)


def guard_answers(guards: tuple[Guard, ...], model: Any, args: tuple[Any, ...]) -> Answers:
    """Returns the answers of guards, evaluated in order.

    Args:
        guards: the guards.
        model: the model.
        args: the arguments of the guards.
    """
    answers: list[bool | None] = []
    for guard in guards:
        try:
            answers.append(bool(guard.call(model, *args) == guard.wanted))
        except Exception:
            if all(answers):
                raise
            # An earlier guard failed, and this one relies on it.
            answers.append(None)
    return tuple(answers)


def _run(calls: tuple[Call, ...], model: Any, args: tuple[Any, ...]) -> None:
    for call in calls:
        call(model, *args)
