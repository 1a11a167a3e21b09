"""What a diagram shows, before anybody draws it: states, lines between them, notes.

The renderers read nothing but this.
"""

from __future__ import annotations

from typing import Any, Literal

import attrs

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")
CommandTone = Literal["stop-go", "hold"]
"""The colour class of a command: red for start and stop, amber for pause and resume."""
StateTone = Literal["waiting", "on", "held", "ready", "off"]
"""The colour class of a state."""
Mark = Literal["added", "removed", "changed"]
"""What became of something since another version."""
View = Literal["machine", "path", "changes", "coverage"]
"""What a diagram shows on its machine."""


@attrs.frozen
class CommandLabel:
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
        effects: the names of what it does to the model; a diagram does not show them.
        place: its place among the lines of its state and event, in the order of trying.
        definitions: the transitions it shows, to find it again by a row that was taken.
        steps: the numbers of the steps that took it, where a path is shown.
        change: what became of it since another version, where that is shown.
        count: how often it was taken, where that is shown.
    """

    trigger: str
    conditions: tuple[str, ...] = ()
    command: CommandLabel | None = None
    rules: tuple[str, ...] = ()
    actions: tuple[str, ...] = attrs.field(default=(), eq=False)
    place: int = attrs.field(default=0, eq=False)
    definitions: tuple[Any, ...] = attrs.field(default=(), eq=False, repr=False)
    steps: tuple[int, ...] = ()
    change: LineDiff | None = None
    count: int | None = None


@attrs.frozen
class LineDiff:
    """What became of a line since another version.

    Args:
        mark: the kind of the change.
        was: the line as it was, where it was there and is drawn here.
        elsewhere: where the line led, or where it leads now, in words.
    """

    mark: Mark
    was: Line | None = None
    elsewhere: str = ""


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
        change: what became of it since another version, where that is shown.
        count: how often it was taken, where that is shown.
    """

    trigger: str
    definitions: tuple[Any, ...] = attrs.field(default=(), eq=False, repr=False)
    steps: tuple[int, ...] = ()
    otherwise: bool = False
    lines: tuple[Line, ...] = ()
    change: LineDiff | None = None
    count: int | None = None


@attrs.frozen
class RefusedSteps:
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
        """Returns the event and the reason as one piece of text."""
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
        mark: what became of it since another version, where that is shown.
    """

    name: str
    label: str
    tone: StateTone
    initial: bool = False
    stays: tuple[Stay, ...] = ()
    refused: tuple[RefusedSteps, ...] = ()
    mark: Mark | None = None


@attrs.frozen
class PreconditionLine:
    """What an event is asked before any line, whatever the state.

    Args:
        trigger: the event, as the reader is shown it.
        conditions: what must hold, in words, in the order of asking.
    """

    trigger: str
    conditions: tuple[str, ...]


@attrs.frozen
class Diagram:
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
        remarks: what changed beside its lines, each in words that stand out.
        required: what each event is asked first; a diagram notes what its lines leave out.
        view: what it shows besides the machine.
    """

    name: str
    machine: str
    lang: Lang
    title: str
    subtitle: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    notes: tuple[tuple[str, ...], ...] = ()
    remarks: tuple[str, ...] = ()
    required: tuple[PreconditionLine, ...] = ()
    view: View = "machine"

    @property
    def has_path(self) -> bool:
        """Whether it shows the steps of a scenario."""
        return self.view == "path"

    def node(self, name: str) -> Node:
        """Returns the state with this name.

        Raises:
            KeyError: there is none.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)


def stays_of(node: Node) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Returns the triggers that a state accepts without moving, but for those with a mark.

    Each group with the words before it: those that also lead away stand apart.
    """
    plain = [each for each in node.stays if not (each.steps or each.change or each.count)]
    groups = (("stays", False), ("otherwise stays", True))
    found = (
        (words, tuple(each.trigger for each in plain if each.otherwise == also))
        for words, also in groups
    )
    return tuple((words, triggers) for words, triggers in found if triggers)
