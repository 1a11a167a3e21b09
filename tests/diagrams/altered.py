"""Other versions of a diagram: as it would be if its table were another one."""

from __future__ import annotations

import attrs

from fsm.diagrams import Diagram
from fsm.diagrams.model import Edge, InternalTrigger


def with_edges(diagram: Diagram, change) -> Diagram:
    """Puts each label where ``change(source, target, label)`` says; ``None`` removes it."""
    labels_of: dict = {}
    for edge in diagram.edges:
        for label in edge.labels:
            moved = change(edge.source, edge.target, label)
            if moved is not None:
                labels_of.setdefault(moved[:2], []).append(moved[2])
    return attrs.evolve(
        diagram,
        edges=tuple(Edge(*endpoints, tuple(labels)) for endpoints, labels in labels_of.items()),
    )


def with_first(diagram: Diagram, source: str, trigger: str, change) -> Diagram:
    """Changes the first label of a state and a trigger: ``change(target, label)``."""
    seen = []

    def change_first(state, target, label):
        if (state, label.trigger) == (source, trigger) and not seen:
            seen.append(label)
            moved = change(target, label)
            return moved and (state, *moved)
        return state, target, label

    altered = with_edges(diagram, change_first)
    assert seen
    return altered


def with_first_staying(diagram: Diagram, source: str, trigger: str) -> Diagram:
    """The first transition of a state and a trigger no longer leaves the state."""
    removed = []

    def remove(target, label):
        removed.append(label)

    altered = with_first(diagram, source, trigger, remove)
    nodes = tuple(
        attrs.evolve(
            node, internal=(*node.internal, InternalTrigger(trigger, labels=tuple(removed)))
        )
        if node.name == source
        else node
        for node in altered.nodes
    )
    return attrs.evolve(altered, nodes=nodes)


def with_preconditions(diagram: Diagram, trigger: str, change) -> Diagram:
    """Changes the preconditions of a trigger."""
    preconditions = tuple(
        attrs.evolve(each, guards=tuple(change(each.guards))) if each.trigger == trigger else each
        for each in diagram.preconditions
    )
    assert preconditions != diagram.preconditions
    return attrs.evolve(diagram, preconditions=preconditions)


def with_reversed_order(diagram: Diagram, source: str, trigger: str) -> Diagram:
    """The transitions of a state and a trigger are tried from the last to the first."""

    def change(state, target, label):
        if (state, label.trigger) == (source, trigger):
            label = attrs.evolve(label, position=-label.position)
        return state, target, label

    return with_edges(diagram, change)


def without_a_guard(diagram):
    """The first pause has one guard less."""
    return with_first(
        diagram, "recording", "pause",
        lambda target, label: (target, attrs.evolve(label, guards=label.guards[:-1])),
    )  # fmt: skip


def without_a_row(diagram):
    """The row of rule R9 that resumes a recording is missing."""
    return with_first(diagram, "paused", "resume", lambda target, label: None)


def with_another_target(diagram):
    """A failure of the recorder leads to another state."""
    return with_first(
        diagram, "recording", "recorder_failed", lambda target, label: ("idle", label)
    )


def with_all_of_these(diagram):
    return with_another_target(without_a_row(without_a_guard(diagram)))
