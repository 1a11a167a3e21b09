"""Builds the nodes and edges of a diagram from the cells of a frozen table.

Every diagram is built from the table of its machine, so it can neither show a transition
that the machine does not have nor miss one that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from fsm.diagrams.model import (
    CommandLabel,
    Edge,
    InternalTrigger,
    Node,
    StateTone,
    TransitionLabel,
    TriggerPreconditions,
)
from fsm.engine import Cell, Row

Cells = tuple[Cell, ...]
"""The cells of a table, ``tuple(table)``, or the same cells with only some of their rows."""


@attrs.frozen
class BuildOptions:
    """The properties of a machine that are not in its table.

    Args:
        read: returns the recorder command and the rule ids of a row.
        tones: the colour class of each state.
        implied: reason codes of preconditions that only say that an event makes sense.
            The labels leave them out; a note mentions each of them once.
        translate: translates an English label into the language of the diagram.
        dashed: whether an edge with these rows is drawn dashed.
    """

    read: Callable[[Row], tuple[CommandLabel | None, tuple[str, ...]]]
    tones: Mapping[str, StateTone]
    implied: frozenset[str] = frozenset()
    translate: Callable[[str], str] = str
    dashed: Callable[[tuple[Row, ...]], bool] = lambda rows: False


def build_nodes(cells: Cells, initial: str, options: BuildOptions) -> tuple[Node, ...]:
    """Returns the states, in the order of their declaration."""
    return tuple(
        Node(
            name,
            options.translate(name),
            options.tones[name],
            name == initial,
            _internal_triggers(cells, name, options),
        )
        for name in dict.fromkeys(cell.state for cell in cells)
    )


def build_edges(cells: Cells, options: BuildOptions) -> tuple[Edge, ...]:
    """Returns one edge for each pair of states that a row connects."""
    connections: dict[tuple[str, str], list[tuple[Row, TransitionLabel]]] = {}
    for cell in cells:
        for position, row in enumerate(cell.rows):
            if row.target is not None and row.target != row.source:
                label = _label(cell, position, options)
                connections.setdefault((row.source, row.target), []).append((row, label))
    return tuple(
        Edge(
            source,
            target,
            _merged([label for _, label in pairs]),
            options.dashed(tuple(row for row, _ in pairs)),
        )
        for (source, target), pairs in connections.items()
    )


def build_preconditions(cells: Cells, options: BuildOptions) -> tuple[TriggerPreconditions, ...]:
    """Returns the preconditions of each trigger, in the order in which they are tested."""
    translate = options.translate
    preconditions = {cell.trigger: cell.preconditions for cell in cells}
    return tuple(
        TriggerPreconditions(translate(trigger), tuple(translate(guard.label) for guard in guards))
        for trigger, guards in preconditions.items()
    )


def omitted_guards(cells: Cells, options: BuildOptions) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Returns the labels of the guards that no transition label shows, by their triggers.

    These are the implied preconditions, and the guards of transitions that do not leave
    their state, because a state lists only the triggers of those. An empty tuple of
    triggers stands for every trigger.
    """
    every_trigger = dict.fromkeys(cell.trigger for cell in cells)
    triggers_of: dict[str, dict[str, None]] = {}
    for cell in cells:
        for guard in cell.preconditions:
            if guard.description.reason in options.implied:
                triggers_of.setdefault(guard.label, {})[cell.trigger] = None
        for row in cell.rows:
            for guard in row.guards if row.target in (None, row.source) else ():
                triggers_of.setdefault(guard.label, {})[cell.trigger] = None
    grouped: dict[tuple[str, ...], tuple[str, ...]] = {}
    for label, triggers in triggers_of.items():
        applies_to_all = len(triggers) == len(every_trigger)
        group = () if applies_to_all else tuple(map(options.translate, triggers))
        grouped[group] = (*grouped.get(group, ()), options.translate(label))
    return grouped


def _internal_triggers(
    cells: Cells, state: str, options: BuildOptions
) -> tuple[InternalTrigger, ...]:
    labels_of: dict[str, list[TransitionLabel]] = {}
    leaving = set()
    for cell in cells:
        for position, row in enumerate(cell.rows):
            if cell.state == state and row.target in (None, state):
                labels_of.setdefault(cell.trigger, []).append(_label(cell, position, options))
            elif cell.state == state:
                leaving.add(cell.trigger)
    return tuple(
        InternalTrigger(
            options.translate(trigger),
            tuple(definition for label in labels for definition in label.definitions),
            otherwise=trigger in leaving,
            labels=_merged(labels),
        )
        for trigger, labels in labels_of.items()
    )


def _label(cell: Cell, position: int, options: BuildOptions) -> TransitionLabel:
    translate = options.translate
    row = cell.rows[position]
    preconditions = [
        guard for guard in cell.preconditions if guard.description.reason not in options.implied
    ]
    guards = [translate(guard.label) for guard in (*preconditions, *row.guards)]
    if any(_takes_precedence(earlier, row) for earlier in cell.rows[:position]):
        guards.insert(0, translate("otherwise"))
    command, rules = options.read(row)
    definition = row.definition
    callbacks = (*definition.prepare, *definition.before, *definition.after)
    actions = tuple(str(getattr(callback, "__name__", callback)) for callback in callbacks)
    return TransitionLabel(
        translate(cell.trigger), tuple(guards), command, rules, actions, position, (definition,)
    )


def _takes_precedence(earlier: Row, row: Row) -> bool:
    # Where the guards of both rows can hold at once and the targets differ, the reader must
    # learn which of them wins.
    required = {guard.name: guard.wanted for guard in earlier.guards}
    exclusive = any(required.get(guard.name, guard.wanted) != guard.wanted for guard in row.guards)
    return earlier.target != row.target and not exclusive


def _merged(labels: list[TransitionLabel]) -> tuple[TransitionLabel, ...]:
    definitions_of: dict[TransitionLabel, list[Any]] = {}
    for label in labels:
        definitions_of.setdefault(label, []).extend(label.definitions)
    return tuple(
        attrs.evolve(label, definitions=tuple(definitions))
        for label, definitions in definitions_of.items()
    )
