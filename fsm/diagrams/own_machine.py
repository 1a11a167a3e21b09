"""The diagram of any frozen machine, for machines that have nothing to do with meetings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from fsm.diagrams.build import (
    BuildOptions,
    RowLabels,
    build_nodes,
    build_preconditions,
    build_transitions,
    omitted_guards,
)
from fsm.diagrams.model import Diagram, DiagramTransition, Node, StateTone
from fsm.engine import Cell, Machine, Row, action_description
from fsm.engine.name_resolution import name_of

ANY_STATE = "any state"
ANY_OTHER_STATE = "any other state"
_AGAIN = "enter again"
"""The effect of a transition from a state to itself, which runs the callbacks of the state."""
_MIN_MERGED = 3
"""The number of arrows from which one arrow from any state is easier to read."""


def machine_diagram(machine: Machine, name: str) -> Diagram:
    """Returns the diagram of a machine.

    Its actions, and the callbacks of its states, are shown under the labels of
    :func:`fsm.engine.action`, or under their names. A transition that leads from all other states
    to one is drawn once. Automatic transitions ``to_<state>`` are left out.

    Args:
        machine: a frozen machine.
        name: the name of the diagram, and its title if the machine has no name.

    Raises:
        NotFrozenError: the machine is not frozen.
    """
    rows = machine.table.rows
    cells = tuple(_possible(cell) for cell in machine.table)
    left = {
        row.source for cell in cells for row in cell.rows if row.target not in (None, row.source)
    }
    labels = _Labels(rows)
    options = BuildOptions(labels, {state: _tone(state in left) for state in machine.states})
    nodes = [
        attrs.evolve(
            node,
            entry=labels.of_state(machine, node.name, "on_enter"),
            exit=labels.of_state(machine, node.name, "on_exit"),
        )
        for node in build_nodes(cells, machine.starts[0], options)
    ]
    transitions = _merged(build_transitions(cells, options), [*machine.states])
    sources = {each.source for each in transitions}
    several = [
        Node(each, "waiting", several=True)
        for each in (ANY_STATE, ANY_OTHER_STATE)
        if each in sources and each not in machine.states
    ]
    return Diagram(
        name=name,
        nodes=(*several, *nodes),
        transitions=transitions,
        preconditions=build_preconditions(cells),
        title=machine.title or name,
        omitted_guards=omitted_guards(cells, options),
        automatic=any(row.automatic for row in rows),
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


def _merged(
    transitions: Sequence[DiagramTransition], states: Sequence[str]
) -> tuple[DiagramTransition, ...]:
    """Returns the transitions, those that lead from all other states to one as a single one."""
    alike: dict[DiagramTransition, list[DiagramTransition]] = {}
    for each in transitions:
        alike.setdefault(_sourceless(each), []).append(each)
    merged: list[DiagramTransition] = []
    for each in transitions:
        same = alike[_sourceless(each)]
        source = _common_source(each.target, {other.source for other in same}, states)
        if source is None:
            merged.append(each)
        elif each is same[0]:
            definitions = tuple(one for other in same for one in other.definitions)
            merged.append(attrs.evolve(_sourceless(each), source=source, definitions=definitions))
    return tuple(merged)


def _sourceless(transition: DiagramTransition) -> DiagramTransition:
    effects = tuple(each for each in transition.effects if each != _AGAIN)
    return attrs.evolve(transition, source="", effects=effects)


def _common_source(target: str, sources: set[str], states: Sequence[str]) -> str | None:
    """Returns the name under which all sources of a target are drawn once, if they are."""
    if {ANY_STATE, ANY_OTHER_STATE} & {*states}:
        return None
    if len(states) <= _MIN_MERGED or sources | {target} != {*states}:
        return None
    return ANY_STATE if target in sources else ANY_OTHER_STATE


class _Labels:
    """The labels of a machine's actions and callbacks.

    Args:
        rows: all rows of the machine.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        calls = [call for row in rows for call in (*row.before, *row.after)]
        self._called = {getattr(call, "__name__", "") for call in calls}
        self._described = {
            getattr(call, "__name__", ""): description.label
            for call in calls
            if (description := action_description(call)) is not None
        }

    def __call__(self, row: Row) -> RowLabels:
        """Returns the labels of a row."""
        names = _names((*row.definition.before, *row.definition.after))
        effects = [*map(self._label, names)]
        if row.target == row.source:
            effects.append(_AGAIN)
        return RowLabels(effects=tuple(effects), unlisted=frozenset(names))

    def of_state(self, machine: Machine, state: str, kind: str) -> tuple[str, ...]:
        """Returns the labels of the callbacks of entering or leaving a state.

        So does a method ``on_enter_<state>`` or ``on_exit_<state>`` that a transition calls.
        """
        names = _names(getattr(machine.states[state], kind))
        method = f"{kind}_{state}"
        if method in self._called and method not in names:
            names.append(method)
        return tuple(map(self._label, names))

    def _label(self, name: str) -> str:
        return self._described.get(name, name.replace("_", " ").strip())


def _names(callbacks: Iterable[object]) -> list[str]:
    return [name_of(callback) for callback in callbacks]
