"""The diff view: a diagram that shows both versions, with the differences marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from fsm.diagrams.diff import DiagramDiff, TransitionDiff, numbered_list
from fsm.diagrams.model import (
    ChangeKind,
    Diagram,
    DiagramTransition,
    Edge,
    InternalTrigger,
    LabelChange,
    Node,
    TransitionLabel,
)
from fsm.diagrams.theme import CHANGE_SIGNS
from fsm.diagrams.translation import translator

DIFF_LEGEND = (
    "green, + : added",
    "red, struck out: removed",
    "amber, ~ : changed",
    "grey: unchanged",
)
_MAX_VERSION_LENGTH = 24


def with_diff(diff: DiagramDiff, version: str = "") -> Diagram:
    """Returns the new diagram with every addition, removal and change marked on it.

    Args:
        diff: the differences.
        version: the name of the old version, for the title.
    """
    new = diff.new
    translate = translator(new.lang)
    nodes = _nodes(diff)
    compared = ""
    if version:
        is_short = len(version) <= _MAX_VERSION_LENGTH
        short = version if is_short else f"…{version[-_MAX_VERSION_LENGTH:]}"
        compared = f"{translate('changes against')} {short}"
    return attrs.evolve(
        new,
        subtitle=" · ".join(filter(None, (new.subtitle, compared))),
        nodes=nodes,
        edges=_edges(diff, {node.name: node.label for node in nodes}),
        notes=(*new.notes, tuple(map(translate, DIFF_LEGEND))),
        remarks=tuple(_remarks(diff)),
        view="diff",
    )


def _remarks(diff: DiagramDiff) -> Iterator[str]:
    translate = translator(diff.new.lang)
    names = {node.name: node.label for node in diff.new.nodes}
    colon, comma = translate(": "), translate(", ")
    for preconditions in diff.preconditions:
        events = comma.join(preconditions.triggers) or translate("every event")
        guards = comma.join(preconditions.guards)
        if preconditions.kind == "changed":
            guards = numbered_list(preconditions.guards, translate)
            events = f"{events}{colon}{translate('guards in another order')}"
        title = f"{CHANGE_SIGNS[preconditions.kind]} {translate('preconditions in every state')}"
        yield f"{title} – {events}{colon}{guards}"
    for order in diff.orders:
        transitions = numbered_list(order.texts(names, translate), translate)
        title = f"{CHANGE_SIGNS['changed']} {translate('transitions in another order')}"
        yield f"{title} – {names[order.source]}{comma}{order.trigger}{colon}{transitions}"


def _nodes(diff: DiagramDiff) -> tuple[Node, ...]:
    kinds: dict[str, ChangeKind] = {node.name: kind for kind, node in diff.states}
    nodes = list(diff.new.nodes)
    for position, node in enumerate(diff.old.nodes):
        if kinds.get(node.name) == "removed":
            # A removed state keeps its place, but none of its internal triggers.
            nodes.insert(position, attrs.evolve(node, internal=(), initial=False))
    names = {node.name: node.label for node in nodes}
    return tuple(
        attrs.evolve(
            node, change=kinds.get(node.name), internal=_internal_triggers(node, diff, names)
        )
        for node in nodes
    )


def _internal_triggers(
    node: Node, diff: DiagramDiff, names: dict[str, str]
) -> tuple[InternalTrigger, ...]:
    changed = [
        InternalTrigger(
            transition.label.trigger,
            labels=(transition.label,),
            change=transition.label.change,
        )
        for transition in _changed_transitions(diff, names)
        if transition.source == transition.target == node.name
    ]
    replaced = {id(each.new.label) for each in diff.transitions if each.new}
    unchanged = []
    for internal in node.internal:
        labels = tuple(label for label in internal.labels if id(label) not in replaced)
        if labels:
            unchanged.append(attrs.evolve(internal, labels=labels))
    return (*unchanged, *changed)


def _edges(diff: DiagramDiff, names: dict[str, str]) -> tuple[Edge, ...]:
    changed = {id(each.new.label): each for each in diff.transitions if each.new}
    labels_of: dict[tuple[str, str], list[TransitionLabel]] = {}
    dashed: dict[tuple[str, str], bool] = {}
    for edge in diff.new.edges:
        endpoints = (edge.source, edge.target)
        dashed[endpoints] = edge.dashed
        labels_of[endpoints] = [
            _new_label(changed[id(label)], names, diff) if id(label) in changed else label
            for label in edge.labels
        ]
    for transition in _changed_transitions(diff, names):
        change = transition.label.change
        if not transition.stays and change and change.kind == "removed":
            labels = labels_of.setdefault((transition.source, transition.target), [])
            labels.insert(_old_position(transition.label, labels), transition.label)
    return tuple(
        Edge(source, target, tuple(labels), dashed.get((source, target), False))
        for (source, target), labels in labels_of.items()
    )


def _old_position(removed: TransitionLabel, labels: Sequence[TransitionLabel]) -> int:
    """Returns the index for a removed label: after those that were tried before it."""
    same_trigger = [i for i, label in enumerate(labels) if label.trigger == removed.trigger]
    before = [i + 1 for i in same_trigger if labels[i].position < removed.position]
    return max(before, default=min(same_trigger, default=len(labels)))


def _changed_transitions(diff: DiagramDiff, names: dict[str, str]) -> Iterator[DiagramTransition]:
    """Yields the new form of each changed transition, and the old one where it is elsewhere."""
    translate = translator(diff.new.lang)
    for each in diff.transitions:
        old, new = each.old, each.new
        if new is not None:
            yield attrs.evolve(new, label=_new_label(each, names, diff))
        if old is not None and (new is None or new.target != old.target):
            elsewhere = ""
            if new is not None and new.stays:
                elsewhere = translate("now stays")
            elif new is not None:
                elsewhere = f"{translate('now')} → {names[new.target]}"
            change = LabelChange("removed", elsewhere=elsewhere)
            yield attrs.evolve(old, label=attrs.evolve(old.label, change=change))


def _new_label(
    difference: TransitionDiff, names: dict[str, str], diff: DiagramDiff
) -> TransitionLabel:
    old, new = difference.old, difference.new
    assert new is not None
    if old is None:
        return attrs.evolve(new.label, change=LabelChange("added"))
    translate = translator(diff.new.lang)
    elsewhere = ""
    if old.target != new.target and old.stays:
        elsewhere = translate("stayed before")
    elif old.target != new.target:
        elsewhere = f"{translate('before')} → {names[old.target]}"
    return attrs.evolve(new.label, change=LabelChange("changed", old.label, elsewhere))
