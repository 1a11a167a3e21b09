"""Settling what never changes: fewer conditions to ask, and fewer rows to try."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.engine.row import Cell, Row, holds


def settled(cell: Cell, model: Any, *, refusals: bool) -> Cell:
    """Return a cell with its *fixed* conditions settled: see :meth:`Table.specialise`.

    Args:
        cell: the cell, which stays as it is.
        model: asked for the fixed conditions.
        refusals: keep of a row that can no longer be taken what gives a reason.

    Returns:
        A cell with what can still happen.
    """
    requires, asks = [], []
    for check, ask in zip(cell.requires, cell.asks, strict=True):
        if not check.meaning.fixed:
            requires.append(check)
            asks.append(ask)
        elif not holds((check,), model, (), {}):
            # It is still asked, so that it still says why.
            return attrs.evolve(cell, rows=())
    rows: list[Row] = []
    for row in cell.rows:
        no = _first_no(row, model)
        left = _asking(row, no)
        if no is None:
            rows.append(left)
            if not left.checks:
                break  # the rows after one that always wins are never tried
        elif refusals and any(reason for _, _, reason in left.asks):
            rows.append(left)
    return attrs.evolve(cell, requires=tuple(requires), asks=tuple(asks), rows=tuple(rows))


def _first_no(row: Row, model: Any) -> int | None:
    """Return the position of the first fixed condition that says no."""
    for position, check in enumerate(row.checks):
        if check.meaning.fixed and not holds((check,), model, (), {}):
            return position
    return None


def _asking(row: Row, no: int | None) -> Row:
    """Return a row that asks what can be one or the other, up to a fixed condition that says no."""
    kept = [at for at, check in enumerate(row.checks[:no]) if not check.meaning.fixed]
    if no is not None:
        kept.append(no)
    return attrs.evolve(
        row,
        checks=tuple(row.checks[position] for position in kept),
        asks=tuple(row.asks[position] for position in kept),
    )
