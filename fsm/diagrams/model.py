"""The diagram model: nodes, edges, transition labels and notes, without any layout.

The renderers read nothing but this model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import attrs

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")
CommandTone = Literal["stop-go", "hold"]
"""The colour class of a recorder command: red for start and stop, amber for pause and resume."""
StateTone = Literal["waiting", "on", "held", "ready", "off"]
"""The colour class of a state."""
ChangeKind = Literal["added", "removed", "changed"]
"""The kind of a difference between two versions."""
View = Literal["machine", "trace", "diff", "coverage"]
"""The plain machine, or the overlay that is drawn on it."""


@attrs.frozen
class CommandLabel:
    """The recorder command of a transition, as text."""

    text: str
    tone: CommandTone


@attrs.frozen
class TransitionLabel:
    """The label of one transition: ``trigger [guards] / command rules``.

    Args:
        trigger: the event, in the language of the diagram.
        guards: the labels of its guards.
        command: the recorder command, if there is one.
        rules: ids of the rules that the transition implements.
        actions: the names of its actions; a diagram does not show them.
        position: its position among the transitions of its state and trigger.
        definitions: the transitions of the machine that this label stands for.
        steps: the numbers of the scenario steps that took it, in a trace view.
        change: the difference to another version, in a diff view.
        count: the number of times it was taken, in a coverage view.
    """

    trigger: str
    guards: tuple[str, ...] = ()
    command: CommandLabel | None = None
    rules: tuple[str, ...] = ()
    actions: tuple[str, ...] = attrs.field(default=(), eq=False)
    position: int = attrs.field(default=0, eq=False)
    definitions: tuple[Any, ...] = attrs.field(default=(), eq=False, repr=False)
    steps: tuple[int, ...] = ()
    change: LabelChange | None = None
    count: int | None = None


@attrs.frozen
class LabelChange:
    """The difference of a transition label to another version.

    Args:
        kind: the kind of the difference.
        old: the label in the other version, where that is drawn in the same place.
        elsewhere: the old or the new target as text, where the transition was redirected.
    """

    kind: ChangeKind
    old: TransitionLabel | None = None
    elsewhere: str = ""


@attrs.frozen
class Edge:
    """All transitions from one state to another.

    Args:
        source: the name of the state it leaves.
        target: the name of the state it enters.
        labels: its transitions, in the order in which the machine tries them.
        dashed: whether it is drawn dashed, because only a manual event takes it.
    """

    source: str
    target: str
    labels: tuple[TransitionLabel, ...]
    dashed: bool = False


@attrs.frozen
class InternalTrigger:
    """A trigger that a state accepts without being left.

    Args:
        trigger: the event, in the language of the diagram.
        definitions: the transitions of the machine that it stands for.
        steps: the numbers of the scenario steps that took it, in a trace view.
        otherwise: whether the trigger also leaves the state, so that the state stays only
            where no transition of an edge applies.
        labels: its transitions.
        change: the difference to another version, in a diff view.
        count: the number of times it was taken, in a coverage view.
    """

    trigger: str
    definitions: tuple[Any, ...] = attrs.field(default=(), eq=False, repr=False)
    steps: tuple[int, ...] = ()
    otherwise: bool = False
    labels: tuple[TransitionLabel, ...] = ()
    change: LabelChange | None = None
    count: int | None = None

    @property
    def is_plain(self) -> bool:
        """True if no overlay marks it."""
        return not (self.steps or self.change or self.count)


@attrs.frozen
class RefusedSteps:
    """The scenario steps that a state refused for the same reason.

    Args:
        trigger: the event, in the language of the diagram.
        reason: the reason of the refusal, in the language of the diagram.
        steps: the numbers of the steps.
    """

    trigger: str
    reason: str
    steps: tuple[int, ...]

    def text(self, separator: str) -> str:
        """Returns the event and the reason as one text."""
        return separator.join(filter(None, (self.trigger, self.reason)))


@attrs.frozen
class Node:
    """One state.

    Args:
        name: its name in the machine.
        label: its name in the language of the diagram.
        tone: its colour class.
        initial: whether it is the initial state.
        internal: the triggers that it accepts without being left.
        refused: the refused steps, in a trace view.
        change: the kind of its difference to another version, in a diff view.
    """

    name: str
    label: str
    tone: StateTone
    initial: bool = False
    internal: tuple[InternalTrigger, ...] = ()
    refused: tuple[RefusedSteps, ...] = ()
    change: ChangeKind | None = None

    def plain_triggers(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Returns its internal triggers without an overlay, grouped under an English heading.

        The triggers that also leave the state are a group of their own.
        """
        plain = [internal for internal in self.internal if internal.is_plain]
        groups = (
            (heading, tuple(each.trigger for each in plain if each.otherwise == otherwise))
            for heading, otherwise in (("stays", False), ("otherwise stays", True))
        )
        return tuple((heading, triggers) for heading, triggers in groups if triggers)


@attrs.frozen
class TriggerPreconditions:
    """The preconditions of a trigger, which are the same in every state.

    Args:
        trigger: the event, in the language of the diagram.
        guards: the labels of its preconditions, in the order in which they are tested.
    """

    trigger: str
    guards: tuple[str, ...]


@attrs.frozen
class DiagramTransition:
    """A transition of a diagram: its label with the states that it connects.

    Args:
        source: the name of the state in which it is taken.
        target: the name of the state after it, which is the source where the state stays.
        label: its label.
    """

    source: str
    target: str
    label: TransitionLabel

    @property
    def stays(self) -> bool:
        """True if it does not leave its state."""
        return self.source == self.target


@attrs.frozen
class Diagram:
    """A machine, or the machine under one plan, ready to be rendered.

    Args:
        name: its name on the command line and in file names.
        machine: the name of the machine that it shows.
        lang: the language of its texts.
        title: its title.
        subtitle: the circumstances under which it holds.
        nodes: its states.
        edges: the transitions between states.
        notes: the notes below it; each is a list of short texts.
        remarks: differences that no label shows, printed in bold below the diagram.
        preconditions: the preconditions of each trigger, for comparison with other versions.
        view: the overlay that it shows.
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
    preconditions: tuple[TriggerPreconditions, ...] = ()
    view: View = "machine"

    def node(self, name: str) -> Node:
        """Returns the node of a state.

        Raises:
            KeyError: the diagram has no such state.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def transitions(self) -> Iterator[DiagramTransition]:
        """Yields every transition, those of the edges before those inside the states."""
        for edge in self.edges:
            for label in edge.labels:
                yield DiagramTransition(edge.source, edge.target, label)
        for node in self.nodes:
            for internal in node.internal:
                for label in internal.labels:
                    yield DiagramTransition(node.name, node.name, label)
