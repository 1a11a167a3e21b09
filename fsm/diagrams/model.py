"""The diagram model: states, edges with their lines, notes. It is all that renderers read."""

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
"""The kind of a difference from another version."""
View = Literal["machine", "path", "changes", "coverage"]
"""The view of a machine."""


@attrs.frozen
class CommandLabel:
    """The recorder command of a transition."""

    words: str
    tone: CommandTone


@attrs.frozen
class Line:
    """A transition as a line of text.

    Args:
        trigger: the trigger, as shown.
        conditions: the labels of its guards.
        command: the recorder command, if any.
        rules: ids of the rules behind it.
        actions: the names of its actions; a diagram does not show them.
        place: its position among the lines of its state and trigger.
        definitions: the transitions it shows, to match rows that were taken.
        steps: the numbers of the steps that took it, in the trace view.
        change: its difference from another version, in the diff view.
        count: the number of times it was taken, in the coverage view.
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
    """The difference of a line from another version.

    Args:
        mark: the kind of the difference.
        was: the old line, if it is drawn here.
        elsewhere: the old or new target, in words.
    """

    mark: Mark
    was: Line | None = None
    elsewhere: str = ""


@attrs.frozen
class Edge:
    """All lines from one state to another.

    Args:
        source: the name of the state it leaves.
        target: the name of the state it enters.
        lines: its transitions, in the order of their priority.
        dashed: whether it is drawn dashed: nothing on it happens automatically.
    """

    source: str
    target: str
    lines: tuple[Line, ...]
    dashed: bool = False


@attrs.frozen
class Stay:
    """A trigger that a state accepts without being left.

    Args:
        trigger: the trigger, as shown.
        definitions: the transitions it shows.
        steps: the numbers of the steps that took it, in the trace view.
        otherwise: whether the trigger can also leave the state, if a line passes.
        lines: the complete transitions, each as a line.
        change: its difference from another version, in the diff view.
        count: the number of times it was taken, in the coverage view.
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
    """Steps that a state refused for one reason.

    Args:
        trigger: the trigger, as shown.
        reason: the reason, as shown.
        steps: their numbers.
    """

    trigger: str
    reason: str
    steps: tuple[int, ...]

    def words(self, between: str) -> str:
        """Returns trigger and reason as one text."""
        return between.join(filter(None, (self.trigger, self.reason)))


@attrs.frozen
class Node:
    """A state.

    Args:
        name: its name in the machine.
        label: its name, as shown.
        tone: its colour class.
        initial: whether it is the initial state.
        stays: the triggers it accepts without being left.
        refused: the refused steps, in the trace view.
        mark: its difference from another version, in the diff view.
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
    """The preconditions of a trigger.

    Args:
        trigger: the trigger, as shown.
        conditions: the labels of the preconditions, in the order of evaluation.
    """

    trigger: str
    conditions: tuple[str, ...]


@attrs.frozen
class Diagram:
    """A diagram of a machine, ready to be rendered.

    Args:
        name: its name on the command line and in file names.
        machine: the name of the machine.
        lang: the language of its labels.
        title: its title.
        subtitle: the circumstances it applies to.
        nodes: its states.
        edges: its edges.
        notes: notes on all of it: lines, each of short pieces.
        remarks: differences other than those of lines, in words.
        required: the preconditions of each trigger; notes mention those that lines leave out.
        view: the view of the machine.
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
        """True for the trace view."""
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
    """Returns the unmarked triggers that a state accepts without being left.

    They are grouped by a label; triggers that can also leave the state form a group of their own.
    """
    plain = [each for each in node.stays if not (each.steps or each.change or each.count)]
    groups = (("stays", False), ("otherwise stays", True))
    found = (
        (words, tuple(each.trigger for each in plain if each.otherwise == also))
        for words, also in groups
    )
    return tuple((words, triggers) for words, triggers in found if triggers)
