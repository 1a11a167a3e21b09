"""The diagram of any frozen machine, for machines that have nothing to do with meetings."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from fsm.diagrams.build import (
    BuildOptions,
    RowLabels,
    build_nodes,
    build_preconditions,
    build_transitions,
    omitted_guards,
)
from fsm.diagrams.model import Diagram, StateTone
from fsm.engine import Cell, Machine, Row, action_description


def machine_diagram(machine: Machine, name: str) -> Diagram:
    """Returns the diagram of a machine.

    Its actions are shown under the labels of :func:`fsm.engine.action`, or under their names.

    Args:
        machine: a frozen machine.
        name: the name of the diagram, and its title if the machine has no name.

    Raises:
        NotFrozenError: the machine is not frozen.
    """
    cells = tuple(_possible(cell) for cell in machine.table)
    rows = [row for cell in cells for row in cell.rows]
    left = {row.source for row in rows if row.target not in (None, row.source)}
    options = BuildOptions(_labels, {state: _tone(state in left) for state in machine.states})
    return Diagram(
        name=name,
        nodes=build_nodes(cells, machine.starts[0], options),
        transitions=build_transitions(cells, options),
        preconditions=build_preconditions(cells),
        title=machine.title or name,
        omitted_guards=omitted_guards(cells, options),
    )


def _tone(left: bool) -> StateTone:
    return "waiting" if left else "off"


def _possible(cell: Cell) -> Cell:
    """Returns a cell without automatic rows, and without those behind one that always wins."""
    cell = attrs.evolve(cell, rows=tuple(row for row in cell.rows if not row.automatic))
    for position, row in enumerate(cell.rows):
        if not row.guards:
            return attrs.evolve(cell, rows=cell.rows[: position + 1])
    return cell


def _labels(row: Row) -> RowLabels:
    described = {
        getattr(call, "__name__", ""): description.label
        for call in (*row.before, *row.after)
        if (description := action_description(call)) is not None
    }
    callbacks: Iterable[object] = (*row.definition.before, *row.definition.after)
    names = [str(getattr(callback, "__name__", callback)) for callback in callbacks]
    labels = tuple(described.get(name, name.replace("_", " ")) for name in names)
    return RowLabels(effects=labels, unlisted=frozenset(names))
