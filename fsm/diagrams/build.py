"""The states and transitions of a diagram, built from the cells of a compiled table.

A diagram can neither show a transition that the machine does not have, nor miss one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from fsm.diagrams.model import CommandLabel, Edge, Line, Node, PreconditionLine, StateTone, Stay
from fsm.engine import Cell, Row

Cells = tuple[Cell, ...]
"""The cells of a table, ``tuple(table)``, or those with only some of their rows."""


@attrs.frozen
class MachineStyle:
    """Properties of a machine that its table does not contain.

    Args:
        read: returns the recorder command and the rule ids of a row.
        tones: the colour class of each state.
        assumed: reason codes of preconditions that diagrams leave out of the lines and mention
            once in a note.
        translate: translates an English label to the language of the diagram.
        dashed: returns whether an edge with some rows is drawn dashed.
    """

    read: Callable[[Row], tuple[CommandLabel | None, tuple[str, ...]]]
    tones: Mapping[str, StateTone]
    assumed: frozenset[str] = frozenset()
    translate: Callable[[str], str] = str
    dashed: Callable[[tuple[Row, ...]], bool] = lambda rows: False


def nodes_of(cells: Cells, initial: str, style: MachineStyle) -> tuple[Node, ...]:
    """Returns the states, in the order of their declaration."""
    names = dict.fromkeys(cell.state for cell in cells)
    return tuple(
        Node(
            name,
            style.translate(name),
            style.tones[name],
            name == initial,
            _stays(cells, name, style),
        )
        for name in names
    )


def edges_of(cells: Cells, style: MachineStyle) -> tuple[Edge, ...]:
    """Returns the edges between states, each with all its lines."""
    found: dict[tuple[str, str], list[tuple[Row, Line]]] = {}
    for cell in cells:
        for position, row in enumerate(cell.rows):
            if row.target is not None and row.target != row.source:
                line = _line(cell, position, style)
                found.setdefault((row.source, row.target), []).append((row, line))
    return tuple(
        Edge(
            source,
            target,
            _merged([line for _, line in pairs]),
            style.dashed(tuple(row for row, _ in pairs)),
        )
        for (source, target), pairs in found.items()
    )


def preconditions_of_cells(cells: Cells, style: MachineStyle) -> tuple[PreconditionLine, ...]:
    """Returns the preconditions of each trigger, in the order of evaluation."""
    found = {cell.trigger: cell.preconditions for cell in cells}
    return tuple(
        PreconditionLine(
            style.translate(trigger), tuple(style.translate(guard.label) for guard in guards)
        )
        for trigger, guards in found.items()
    )


def assumptions(cells: Cells, style: MachineStyle) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Returns the guards that the lines leave out, by the triggers that have them.

    These are the assumed preconditions of the style, and guards of rows that keep the state: a
    state shows only the triggers of those. An empty tuple stands for all triggers.
    """
    every = dict.fromkeys(cell.trigger for cell in cells)
    found: dict[str, dict[str, None]] = {}
    for cell in cells:
        for guard in cell.preconditions:
            if guard.description.reason in style.assumed:
                found.setdefault(guard.label, {})[cell.trigger] = None
        for row in cell.rows:
            for guard in row.guards if row.target in (None, row.source) else ():
                found.setdefault(guard.label, {})[cell.trigger] = None
    grouped: dict[tuple[str, ...], tuple[str, ...]] = {}
    for label, triggers in found.items():
        group = () if len(triggers) == len(every) else tuple(map(style.translate, triggers))
        grouped[group] = (*grouped.get(group, ()), style.translate(label))
    return grouped


def _stays(cells: Cells, state: str, style: MachineStyle) -> tuple[Stay, ...]:
    found: dict[str, list[Line]] = {}
    left_by = set()
    for cell in cells:
        for position, row in enumerate(cell.rows):
            if cell.state == state and row.target in (None, state):
                found.setdefault(cell.trigger, []).append(_line(cell, position, style))
            elif cell.state == state:
                left_by.add(cell.trigger)
    return tuple(
        Stay(
            style.translate(trigger),
            tuple(definition for line in lines for definition in line.definitions),
            otherwise=trigger in left_by,
            lines=_merged(lines),
        )
        for trigger, lines in found.items()
    )


def _line(cell: Cell, position: int, style: MachineStyle) -> Line:
    row = cell.rows[position]
    required = [
        guard for guard in cell.preconditions if guard.description.reason not in style.assumed
    ]
    labels = [style.translate(guard.label) for guard in (*required, *row.guards)]
    if any(_comes_first(earlier, row) for earlier in cell.rows[:position]):
        labels.insert(0, style.translate("otherwise"))
    command, rules = style.read(row)
    definition = row.definition
    done = (*definition.prepare, *definition.before, *definition.after)
    actions = tuple(str(getattr(each, "__name__", each)) for each in done)
    trigger = style.translate(cell.trigger)
    return Line(trigger, tuple(labels), command, rules, actions, position, (definition,))


def _comes_first(earlier: Row, row: Row) -> bool:
    # Both could pass with different targets, so the reader must know which one wins.
    wanted = {guard.name: guard.wanted for guard in earlier.guards}
    apart = any(wanted.get(guard.name, guard.wanted) != guard.wanted for guard in row.guards)
    return earlier.target != row.target and not apart


def _merged(lines: list[Line]) -> tuple[Line, ...]:
    found: dict[Line, list[Any]] = {}
    for line in lines:
        found.setdefault(line, []).extend(line.definitions)
    return tuple(attrs.evolve(line, definitions=tuple(d)) for line, d in found.items())
