"""What a picture shows, before anybody draws it: states, lines between them, notes.

Every picture is built from the cells of a frozen table, so it cannot show a transition
that the machine does not have, nor miss one that it has. The renderers read nothing but
this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs

from fsm.engine import Cell, Row

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")
CommandTone = Literal["stop-go", "hold"]
"""The colour class of a command: red for start and stop, amber for pause and resume."""
StateTone = Literal["waiting", "on", "held", "ready", "off"]
"""The colour class of a state."""


Cells = tuple[Cell, ...]
"""The cells of a table, ``tuple(table)``, or those with only some of their rows."""


@attrs.frozen
class Command:
    """What a transition tells the recorder."""

    words: str
    tone: CommandTone


@attrs.frozen
class Line:
    """One transition as one line of text.

    Args:
        trigger: the event, as the reader is shown it.
        conditions: what must hold, in words.
        command: what the recorder is told, if anything.
        rules: ids of the rules it stands for.
        effects: the names of what it does to the model; a picture does not show them.
        definitions: the transitions it shows, to find it again by a row that was taken.
        steps: the numbers of the steps that took it, where a path is shown.
    """

    trigger: str
    conditions: tuple[str, ...] = ()
    command: Command | None = None
    rules: tuple[str, ...] = ()
    effects: tuple[str, ...] = attrs.field(default=(), eq=False)
    definitions: tuple[Any, ...] = attrs.field(default=(), eq=False, repr=False)
    steps: tuple[int, ...] = ()


@attrs.frozen
class Edge:
    """All lines that lead from one state to another.

    Args:
        source: the name of the state it leaves.
        target: the name of the state it enters.
        lines: its transitions, in the order in which the machine tries them.
        dashed: whether it is drawn dashed: nothing happens on it by itself.
    """

    source: str
    target: str
    lines: tuple[Line, ...]
    dashed: bool = False


@attrs.frozen
class Stay:
    """A trigger that a state accepts without leaving it.

    Args:
        trigger: the event, as the reader is shown it.
        definitions: the transitions it shows.
        steps: the numbers of the steps that took it, where a path is shown.
        otherwise: whether the state is also left by it, so that it stays only if no line holds.
        lines: the transitions in full, each as a line.
    """

    trigger: str
    definitions: tuple[Any, ...] = attrs.field(default=(), eq=False, repr=False)
    steps: tuple[int, ...] = ()
    otherwise: bool = False
    lines: tuple[Line, ...] = ()


@attrs.frozen
class Refused:
    """Steps that a state refused for the same reason.

    Args:
        trigger: the event, as the reader is shown it.
        reason: why, as the reader is shown it.
        steps: their numbers.
    """

    trigger: str
    reason: str
    steps: tuple[int, ...]

    def words(self, between: str) -> str:
        """Return the event and the reason as one piece of text."""
        return between.join(filter(None, (self.trigger, self.reason)))


@attrs.frozen
class Node:
    """One state.

    Args:
        name: its name in the machine.
        label: its name as the reader is shown it.
        tone: its colour class.
        initial: whether the machine begins in it.
        stays: the triggers it accepts without being left.
        refused: what it refused, where a path is shown.
    """

    name: str
    label: str
    tone: StateTone
    initial: bool = False
    stays: tuple[Stay, ...] = ()
    refused: tuple[Refused, ...] = ()


@attrs.frozen
class Picture:
    """A machine, ready to be drawn.

    Args:
        name: what it is called on the command line and in file names.
        machine: the name of the machine it shows.
        lang: the language of its words.
        title: what it shows.
        subtitle: under which circumstances.
        nodes: its states.
        edges: what leads from one to another.
        notes: what holds for all of it: lines, each of short pieces.
        has_path: whether it shows the steps of a scenario.
    """

    name: str
    machine: str
    lang: Lang
    title: str
    subtitle: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    notes: tuple[tuple[str, ...], ...] = ()
    has_path: bool = False

    def node(self, name: str) -> Node:
        """Return the state with this name.

        Raises:
            KeyError: there is none.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)


@attrs.frozen
class Style:
    """What the builder has to know about a machine beyond its table.

    Args:
        read: gives a row's recorder command and rule ids.
        tones: the colour class of each state.
        assumed: reason codes of requirements that only say that an event makes sense.
            Lines leave them out; a note says each of them once.
        say: puts an English label into the language of the picture.
        dashed: says whether an edge with these lines is drawn dashed.
    """

    read: Callable[[Row], tuple[Command | None, tuple[str, ...]]]
    tones: Mapping[str, StateTone]
    assumed: frozenset[str] = frozenset()
    say: Callable[[str], str] = str
    dashed: Callable[[tuple[Row, ...]], bool] = lambda rows: False


def nodes_of(cells: Cells, initial: str, style: Style) -> tuple[Node, ...]:
    """Return the states, in the order of their declaration."""
    names = dict.fromkeys(cell.state for cell in cells)
    return tuple(
        Node(name, style.say(name), style.tones[name], name == initial, _stays(cells, name, style))
        for name in names
    )


def edges_of(cells: Cells, style: Style) -> tuple[Edge, ...]:
    """Return what leads from one state to another, each with all its lines."""
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


def stays_of(node: Node) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the triggers that a state accepts without moving, those of a path left out.

    Each group with the words before it: those that also lead away stand apart.
    """
    groups = (("stays", False), ("otherwise stays", True))
    found = (
        (words, tuple(s.trigger for s in node.stays if s.otherwise == also and not s.steps))
        for words, also in groups
    )
    return tuple((words, triggers) for words, triggers in found if triggers)


def assumptions(cells: Cells, style: Style) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the requirements that the lines leave out, by the triggers that have them.

    No triggers stand for all of them.
    """
    every = dict.fromkeys(cell.trigger for cell in cells)
    found: dict[str, dict[str, None]] = {}
    for cell in cells:
        for check in cell.requires:
            if check.meaning.reason in style.assumed:
                found.setdefault(check.label, {})[cell.trigger] = None
    grouped: dict[tuple[str, ...], tuple[str, ...]] = {}
    for label, triggers in found.items():
        group = () if len(triggers) == len(every) else tuple(map(style.say, triggers))
        grouped[group] = (*grouped.get(group, ()), style.say(label))
    return grouped


def _stays(cells: Cells, state: str, style: Style) -> tuple[Stay, ...]:
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
            style.say(trigger),
            tuple(definition for line in lines for definition in line.definitions),
            otherwise=trigger in left_by,
            lines=_merged(lines),
        )
        for trigger, lines in found.items()
    )


def _line(cell: Cell, position: int, style: Style) -> Line:
    row = cell.rows[position]
    required = [check for check in cell.requires if check.meaning.reason not in style.assumed]
    labels = [style.say(check.label) for check in (*required, *row.checks)]
    if any(_comes_first(earlier, row) for earlier in cell.rows[:position]):
        labels.insert(0, style.say("otherwise"))
    command, rules = style.read(row)
    definition = row.definition
    done = (*definition.prepare, *definition.before, *definition.after)
    effects = tuple(str(getattr(each, "__name__", each)) for each in done)
    trigger = style.say(cell.trigger)
    return Line(trigger, tuple(labels), command, rules, effects, (definition,))


def _comes_first(earlier: Row, row: Row) -> bool:
    # Both could hold and they lead apart: then the reader must know which of them wins.
    wanted = {check.name: check.wanted for check in earlier.checks}
    apart = any(wanted.get(check.name, check.wanted) != check.wanted for check in row.checks)
    return earlier.target != row.target and not apart


def _merged(lines: list[Line]) -> tuple[Line, ...]:
    found: dict[Line, list[Any]] = {}
    for line in lines:
        found.setdefault(line, []).extend(line.definitions)
    return tuple(attrs.evolve(line, definitions=tuple(d)) for line, d in found.items())
