"""Builds the states and transitions of a diagram from the cells of a frozen table.

Every diagram is built from the table of its machine, so it can neither show a transition
that the machine does not have nor miss one that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from fsm.diagrams.model import DiagramTransition, Node, StateTone
from fsm.engine import Cell, Row

Cells = tuple[Cell, ...]
"""The cells of a table, ``tuple(table)``, or the same cells with only some of their rows."""
OTHERWISE = "otherwise"
"""The label in place of the guards of earlier transitions, which take precedence."""


@attrs.frozen
class RowLabels:
    """The labels of a row that are not in the compiled table.

    Args:
        command: the recorder command and, of a stop, its reason; empty if there is none.
        rules: ids of the rules that it implements.
        effects: the labels of the actions that it shows: changes of timers, and the end of a
            meeting by a timer without a recorder command.
        after: the moment of a timed transition, in place of its trigger.
        other_kind: whether only a recording of another kind than the plan's takes it.
        unlisted: the names of actions that are shown as effects, or that never run here.
    """

    command: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    after: str = ""
    other_kind: bool = False
    unlisted: frozenset[str] = frozenset()


@attrs.frozen
class BuildOptions:
    """The properties of a machine that are not in its table.

    Args:
        read: returns the labels of a row.
        tones: the colour class of each state.
        implied: reason codes of preconditions that only say that an event makes sense.
            The labels leave them out; a note mentions each of them once.
        manual: the triggers of manual events.
        timed: the triggers of timers that are up. No note mentions their guards.
    """

    read: Callable[[Row], RowLabels]
    tones: Mapping[str, StateTone]
    implied: frozenset[str] = frozenset()
    manual: frozenset[str] = frozenset()
    timed: frozenset[str] = frozenset()


def build_nodes(cells: Cells, initial: str, options: BuildOptions) -> tuple[Node, ...]:
    """Returns the states, in the order of their declaration."""
    names = dict.fromkeys(cell.state for cell in cells)
    return tuple(Node(name, options.tones[name], name == initial) for name in names)


def build_transitions(cells: Cells, options: BuildOptions) -> tuple[DiagramTransition, ...]:
    """Returns the transitions, with those that look the same merged into one."""
    definitions_of: dict[DiagramTransition, list[Any]] = {}
    for cell in cells:
        for position, row in enumerate(cell.rows):
            transition = _transition(cell, position, options)
            definitions_of.setdefault(transition, []).append(row.definition)
    order = list(dict.fromkeys(each.endpoints for each in definitions_of))
    return tuple(
        attrs.evolve(transition, definitions=tuple(definitions_of[transition]))
        for transition in sorted(
            definitions_of, key=lambda each: (each.stays, order.index(each.endpoints))
        )
    )


def build_preconditions(cells: Cells) -> dict[str, tuple[str, ...]]:
    """Returns the labels of the preconditions of each trigger, in the order of their tests."""
    return {cell.trigger: tuple(guard.label for guard in cell.preconditions) for cell in cells}


def omitted_guards(cells: Cells, options: BuildOptions) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Returns the labels of the guards that no transition shows, by their triggers.

    These are the implied preconditions, and the guards of transitions that do not leave
    their state, because a state lists only the triggers of those without effects. An empty tuple of
    triggers stands for every one of several triggers.
    """
    cells = tuple(cell for cell in cells if cell.trigger not in options.timed)
    every_trigger = dict.fromkeys(cell.trigger for cell in cells)
    triggers_of: dict[str, dict[str, None]] = {}
    for cell in cells:
        for guard in cell.preconditions:
            if guard.description.reason in options.implied:
                triggers_of.setdefault(guard.label, {})[cell.trigger] = None
        for row in cell.rows:
            labels = options.read(row)
            inside = row.target in (None, row.source) and not (labels.effects or labels.after)
            for guard in row.guards if inside else ():
                triggers_of.setdefault(guard.label, {})[cell.trigger] = None
    grouped: dict[tuple[str, ...], tuple[str, ...]] = {}
    for label, triggers in triggers_of.items():
        group = tuple(triggers)
        if 1 < len(group) == len(every_trigger):
            group = ()
        grouped[group] = (*grouped.get(group, ()), label)
    return grouped


def _transition(cell: Cell, position: int, options: BuildOptions) -> DiagramTransition:
    row = cell.rows[position]
    preconditions = [
        guard for guard in cell.preconditions if guard.description.reason not in options.implied
    ]
    guards = [guard.label for guard in (*preconditions, *row.guards)]
    if any(_takes_precedence(earlier, row) for earlier in cell.rows[:position]):
        guards.insert(0, OTHERWISE)
    labels = options.read(row)
    definition = row.definition
    callbacks = (*definition.prepare, *definition.before, *definition.after)
    actions = (str(getattr(callback, "__name__", callback)) for callback in callbacks)
    return DiagramTransition(
        cell.state,
        row.target or cell.state,
        labels.after or cell.trigger,
        tuple(guards),
        labels.command,
        labels.rules,
        labels.effects,
        timed=bool(labels.after),
        manual=cell.trigger in options.manual,
        other_kind=labels.other_kind,
        actions=tuple(name for name in actions if name not in labels.unlisted),
        position=position,
    )


def _takes_precedence(earlier: Row, row: Row) -> bool:
    # Where the guards of both rows can hold at once and the targets differ, the reader must
    # learn which of them wins.
    required = {guard.name: guard.wanted for guard in earlier.guards}
    exclusive = any(required.get(guard.name, guard.wanted) != guard.wanted for guard in row.guards)
    return earlier.target != row.target and not exclusive
