"""The diagram model: states and transitions in the machine's own words, without any layout.

Names, labels, reason codes and rule ids are those of the machine. The renderers translate them,
and read nothing but this model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

StateTone = Literal["waiting", "on", "held", "ready", "off"]
"""The colour class of a state."""
ChangeKind = Literal["added", "removed", "changed"]
"""The kind of a difference between two versions."""
View = Literal["machine", "trace", "diff", "coverage"]
"""The plain machine, or the overlay that is drawn on it."""
Endpoints = tuple[str, str]
"""The names of the source and the target of an edge."""


def identifier(name: str) -> str:
    """Returns the name of a state as an identifier, which Graphviz, Mermaid and SVG accept.

    >>> identifier("paused"), identifier("AUTO-WAIT")
    ('paused', 'AUTO_2d_WAIT')
    """
    return re.sub(r"\W", lambda found: f"_{ord(found[0]):x}_", name)


@attrs.frozen
class DiagramTransition:
    """A transition, or several that a reader cannot tell apart.

    Args:
        source: the name of the state in which it is taken.
        target: the name of the state after it, which is the source where the state stays.
        trigger: the name of its trigger; of a timed transition its moment, such as "after 10 s".
        guards: the labels of its guards.
        command: the recorder command and, of a stop, its reason; empty if there is none.
        rules: ids of the rules that it implements.
        effects: the labels of the actions that it shows: changes of timers, except where they go
            without saying, and the end of a meeting by a timer without a recorder command.
        timed: whether a timer that is up takes it.
        manual: whether only a manual event takes it.
        other_kind: whether only a recording of another kind than the plan's takes it.
        actions: the names of its actions; a diagram does not show them.
        position: its position among the transitions of its state and trigger.
        definitions: the transitions of the machine that it stands for.
        steps: the numbers of the scenario steps that took it, in a trace view.
        count: the number of times it was taken, in a coverage view.
        change: the difference to the other version, in a diff view.
    """

    source: str
    target: str
    trigger: str
    guards: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    timed: bool = attrs.field(default=False, eq=False)
    manual: bool = attrs.field(default=False, eq=False)
    other_kind: bool = attrs.field(default=False, eq=False)
    actions: tuple[str, ...] = attrs.field(default=(), eq=False)
    position: int = attrs.field(default=0, eq=False)
    definitions: tuple[Any, ...] = attrs.field(default=(), eq=False, repr=False)
    steps: tuple[int, ...] = ()
    count: int | None = None
    change: TransitionChange | None = None

    @property
    def endpoints(self) -> Endpoints:
        """The names of its source and its target."""
        return self.source, self.target

    @property
    def stays(self) -> bool:
        """True if it does not leave its state."""
        return self.source == self.target

    @property
    def inside(self) -> bool:
        """True if it does not leave its state, which shows more of it than its trigger."""
        return self.stays and (self.timed or bool(self.effects))

    @property
    def removed(self) -> bool:
        """True if a diff view shows it as removed."""
        return self.change is not None and self.change.kind == "removed"

    @property
    def old(self) -> DiagramTransition:
        """Its form in the old version, in a diff view; itself where that is not known."""
        change = self.change
        return change.other if change and change.other and change.kind == "changed" else self


@attrs.frozen
class TransitionChange:
    """The difference of a transition to its form in the other version.

    Args:
        kind: the kind of the difference.
        other: its form in the other version, if it has one: the old form of a changed
            transition, or the new form of one that is shown as removed because its target
            is another one now.
    """

    kind: ChangeKind
    other: DiagramTransition | None = None


@attrs.frozen
class RefusedSteps:
    """The scenario steps that a state refused for the same reason.

    Args:
        trigger: the name of the trigger.
        reason: the reason code of the refusal.
        steps: the numbers of the steps.
    """

    trigger: str
    reason: str
    steps: tuple[int, ...]


@attrs.frozen
class Node:
    """One state.

    Args:
        name: its name.
        tone: its colour class.
        initial: whether it is the initial state.
        refused: the refused steps, in a trace view.
        change: the kind of its difference to the other version, in a diff view.
        final: whether the scenario ended in it, in a trace view.
        entry: the labels of the callbacks of entering it.
        exit: the labels of the callbacks of leaving it.
        several: whether it stands for several states, from which a transition is drawn once.
    """

    name: str
    tone: StateTone
    initial: bool = False
    refused: tuple[RefusedSteps, ...] = ()
    change: ChangeKind | None = None
    final: bool = False
    entry: tuple[str, ...] = ()
    exit: tuple[str, ...] = ()
    several: bool = False


@attrs.frozen
class Frame:
    """A frame around states. Transitions that leave all of them alike are drawn from the frame.

    Args:
        name: its name.
        states: the names of the states in it, in the order of their declaration.
    """

    name: str
    states: tuple[str, ...]


@attrs.frozen
class PreconditionDiff:
    """A difference of the preconditions of triggers.

    Args:
        kind: the kind of the difference; ``changed`` where only the order differs.
        triggers: the triggers with this difference; empty if every trigger has it.
        guards: the added or removed preconditions, or all of them in their new order.
    """

    kind: ChangeKind
    triggers: tuple[str, ...]
    guards: tuple[str, ...]


@attrs.frozen
class OrderDiff:
    """Transitions that are tried in another order, which can change the reason of a refusal.

    Args:
        source: the name of the state.
        trigger: the name of the trigger.
        transitions: the transitions in their new order.
    """

    source: str
    trigger: str
    transitions: tuple[DiagramTransition, ...]


@attrs.frozen
class Diagram:
    """A machine, or the machine under one plan, ready to be rendered.

    Args:
        name: its name on the command line and in file names.
        nodes: its states.
        transitions: its transitions, those of an edge in the order in which they are tried.
        preconditions: the labels of the preconditions of each trigger, in the order in which
            they are tested.
        machine: the name of the machine that it shows; empty for one of a user.
        title: its title.
        circumstances: the circumstances under which it holds.
        omitted_guards: the labels of guards that no transition shows, by their triggers; no
            triggers stand for every trigger.
        view: the overlay that it shows.
        scenarios: the number of scenarios that were run, in a coverage view.
        scenario: the title of the scenario, in a trace view.
        version: the name of the old version, in a diff view.
        frame: the frame around some of its states, if it has one.
        remarks: the differences that no transition shows, in a diff view.
        automatic: whether the machine has automatic transitions ``to_<state>``, which it leaves
            out.
    """

    name: str
    nodes: tuple[Node, ...]
    transitions: tuple[DiagramTransition, ...]
    preconditions: Mapping[str, tuple[str, ...]]
    machine: str = ""
    title: str = ""
    circumstances: tuple[str, ...] = ()
    omitted_guards: Mapping[tuple[str, ...], tuple[str, ...]] = attrs.field(factory=dict)
    view: View = "machine"
    scenarios: int = 0
    scenario: str = ""
    version: str = ""
    frame: Frame | None = None
    remarks: tuple[PreconditionDiff | OrderDiff, ...] = ()
    automatic: bool = False

    def node(self, name: str) -> Node:
        """Returns the node of a state.

        Raises:
            KeyError: the diagram has no such state.
        """
        return {node.name: node for node in self.nodes}[name]

    def edges(self) -> dict[Endpoints, tuple[DiagramTransition, ...]]:
        """Returns the transitions from one state to another, by what they connect.

        Those that leave all states of the frame alike stand there once, with the frame as their
        source; in a coverage view with the count of the state from which they were taken least.
        """
        edges: dict[Endpoints, tuple[DiagramTransition, ...]] = {}
        for transition in self._drawn():
            if not transition.stays:
                same = edges.get(transition.endpoints, ())
                edges[transition.endpoints] = (*same, transition)
        return edges

    def greys(self, transition: DiagramTransition) -> bool:
        """Returns whether a transition is grey because only the other kind takes it.

        In a diff and a coverage view, grey says something else.
        """
        plain = self.view == "machine" or (self.view == "trace" and not transition.steps)
        return transition.other_kind and plain

    def numbers(self, drawn: DiagramTransition) -> tuple[int, ...]:
        """Returns the numbers of the transitions for which one of an edge stands.

        A number is a position among the transitions of the diagram.
        """
        alike = _unplaced(drawn, drawn.source)
        sources = self._sources(drawn)
        return tuple(
            number
            for number, each in enumerate(self.transitions)
            if each.source in sources and _unplaced(each, drawn.source) == alike
        )

    def _sources(self, drawn: DiagramTransition) -> tuple[str, ...]:
        frame = self.frame
        return frame.states if frame and drawn.source == frame.name else (drawn.source,)

    def _drawn(self) -> Iterator[DiagramTransition]:
        """Yields the transitions, those that leave all states of the frame alike only once."""
        frame = self.frame
        shared: dict[DiagramTransition, list[DiagramTransition]] = {}
        for each in self.transitions if frame else ():
            if frame and each.source in frame.states and each.target not in frame.states:
                shared.setdefault(_unplaced(each, frame.name), []).append(each)
        for each in self.transitions:
            same = shared.get(_unplaced(each, frame.name), []) if frame else []
            if not frame or [other.source for other in same] != [*frame.states]:
                yield each
            elif each is same[0]:
                yield attrs.evolve(
                    each,
                    source=frame.name,
                    change=_unplaced(each, frame.name).change,
                    other_kind=all(other.other_kind for other in same),
                    definitions=tuple(one for other in same for one in other.definitions),
                    steps=tuple(sorted(step for other in same for step in other.steps)),
                    count=None if each.count is None else min(other.count or 0 for other in same),
                )

    def unmarked_triggers(self, state: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Returns the triggers that do not leave a state and have no mark of an overlay.

        They are grouped under a heading. Triggers that also leave the state, where an earlier
        transition applies, are a group of their own.
        """
        marked = self.marked_triggers(state)
        own = [each for each in self.transitions if each.source == state]
        leaving = {each.trigger for each in own if not each.stays and not each.removed}
        staying = dict.fromkeys(
            each.trigger
            for each in own
            if each.stays and not each.inside and each.change is None and each.trigger not in marked
        )
        groups = (
            ("stays", tuple(each for each in staying if each not in leaving)),
            ("otherwise stays", tuple(each for each in staying if each in leaving)),
        )
        return tuple((heading, triggers) for heading, triggers in groups if triggers)

    def marked_triggers(self, state: str) -> dict[str, tuple[tuple[int, ...], int]]:
        """Returns the steps and the count of each trigger that was taken inside a state."""
        marks: dict[str, tuple[tuple[int, ...], int]] = {}
        for each in self.transitions:
            if each.endpoints == (state, state) and not each.inside and (each.steps or each.count):
                steps, count = marks.get(each.trigger, ((), 0))
                marks[each.trigger] = (*steps, *each.steps), count + (each.count or 0)
        return marks

    def transitions_inside(self, state: str) -> tuple[DiagramTransition, ...]:
        """Returns the transitions inside a state of which it shows more than the trigger."""
        inside = (each for each in self.transitions if each.endpoints == (state, state))
        return tuple(each for each in inside if each.inside and each.change is None)

    def changes_inside(self, state: str) -> tuple[DiagramTransition, ...]:
        """Returns the transitions that do not leave a state and differ, in a diff view."""
        inside = (each for each in self.transitions if each.endpoints == (state, state))
        return tuple(each for each in inside if each.change)


def _unplaced(transition: DiagramTransition, source: str) -> DiagramTransition:
    """Returns a transition with another source and without the counts of an overlay."""
    change = transition.change
    if change and change.other:
        change = attrs.evolve(change, other=attrs.evolve(change.other, source=source))
    return attrs.evolve(transition, source=source, steps=(), count=None, change=change)
