"""Settling what never changes: fewer conditions to ask, and fewer rows to try."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.engine.row import Cell, Row, holds


def settled(cell: Cell, model: Any, *, refusals: bool) -> Cell:
    """Return a cell with its *fixed* conditions settled: see :meth:`Table.bind`.

    Args:
        cell: the cell, which stays as it is.
        model: asked for the fixed conditions.
        refusals: keep of a row that can no longer be taken what gives a reason.

    Returns:
        A cell with what can still happen.
    """
    preconditions, asks = [], []
    for guard, ask in zip(cell.preconditions, cell.asks, strict=True):
        if not guard.description.static:
            preconditions.append(guard)
            asks.append(ask)
        elif not holds((guard,), model, (), {}):
            # It is still asked, so that it still says why.
            return attrs.evolve(cell, rows=())
    rows: list[Row] = []
    for row in cell.rows:
        no = _first_no(row, model)
        left = _asking(row, no)
        if no is None:
            rows.append(left)
            if not left.guards:
                break  # the rows after one that always wins are never tried
        elif refusals and any(reason for _, _, reason in left.asks):
            rows.append(left)
    return attrs.evolve(
        cell, preconditions=tuple(preconditions), asks=tuple(asks), rows=tuple(rows)
    )


def _first_no(row: Row, model: Any) -> int | None:
    """Return the position of the first fixed condition that says no."""
    for position, guard in enumerate(row.guards):
        if guard.description.static and not holds((guard,), model, (), {}):
            return position
    return None


def _asking(row: Row, no: int | None) -> Row:
    """Return a row that asks what can be one or the other, up to a fixed condition that says no."""
    kept = [at for at, guard in enumerate(row.guards[:no]) if not guard.description.static]
    if no is not None:
        kept.append(no)
    return attrs.evolve(
        row,
        guards=tuple(row.guards[position] for position in kept),
        asks=tuple(row.asks[position] for position in kept),
    )
