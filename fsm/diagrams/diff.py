"""The structural diff of two versions of a diagram, and the view that shows both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from fsm.diagrams.model import (
    ChangeKind,
    Diagram,
    DiagramTransition,
    Node,
    OrderDiff,
    PreconditionDiff,
    TransitionChange,
)

_MIN_SIMILARITY = 3.0


@attrs.frozen
class TransitionDiff:
    """A transition that differs between the two versions.

    Args:
        kind: the kind of the difference.
        old: the old transition; ``None`` where it was added.
        new: the new transition; ``None`` where it was removed.
    """

    kind: ChangeKind
    old: DiagramTransition | None
    new: DiagramTransition | None


@attrs.frozen
class DiagramDiff:
    """All differences between two versions of a diagram. It is true if there are any.

    Args:
        old: the old version.
        new: the new version.
        states: states that were added or removed, or whose initial mark changed.
        transitions: transitions that differ.
        preconditions: differences of the preconditions.
        orders: transitions that are tried in another order.
    """

    old: Diagram
    new: Diagram
    states: tuple[tuple[ChangeKind, Node], ...]
    transitions: tuple[TransitionDiff, ...]
    preconditions: tuple[PreconditionDiff, ...]
    orders: tuple[OrderDiff, ...]

    def __bool__(self) -> bool:
        return bool(self.states or self.transitions or self.preconditions or self.orders)


def compare(old: Diagram, new: Diagram) -> DiagramDiff:
    """Returns the differences between two versions of a diagram.

    A transition that only one version has counts as changed if the other version has a
    similar one of the same state and trigger; otherwise it was added or removed.
    """
    only_old, only_new = list(old.transitions), list(new.transitions)
    for transition in list(only_new):
        for other in only_old:
            if other == transition and other.actions == transition.actions:
                only_old.remove(other)
                only_new.remove(transition)
                break
    return DiagramDiff(
        old,
        new,
        tuple(_compare_states(old, new)),
        _paired(only_old, only_new),
        tuple(_compare_preconditions(old, new)),
        tuple(_compare_orders(old, new)),
    )


def empty_diagram(diagram: Diagram) -> Diagram:
    """Returns a diagram without states, as the old version of a diagram that is new."""
    return attrs.evolve(diagram, nodes=(), transitions=(), preconditions={})


def merged_items(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[ChangeKind | None, str]]:
    """Yields the items of the new version, then the removed ones, each with its difference.

    >>> list(merged_items(["a", "b"], ["b", "c"]))
    [(None, 'b'), ('added', 'c'), ('removed', 'a')]
    """
    for item in new:
        yield None if item in old else "added", item
    for item in old:
        if item not in new:
            yield "removed", item


def with_diff(diff: DiagramDiff, version: str = "") -> Diagram:
    """Returns the new diagram with every addition, removal and change marked on it.

    Args:
        diff: the differences.
        version: the name of the old version, for the title.
    """
    return attrs.evolve(
        diff.new,
        nodes=_marked_nodes(diff),
        transitions=_marked_transitions(diff),
        view="diff",
        version=version,
        remarks=(*diff.preconditions, *diff.orders),
    )


def _marked_nodes(diff: DiagramDiff) -> tuple[Node, ...]:
    kinds: dict[str, ChangeKind] = {node.name: kind for kind, node in diff.states}
    nodes = list(diff.new.nodes)
    for position, node in enumerate(diff.old.nodes):
        if kinds.get(node.name) == "removed":
            nodes.insert(position, attrs.evolve(node, initial=False))
    return tuple(attrs.evolve(node, change=kinds.get(node.name)) for node in nodes)


def _marked_transitions(diff: DiagramDiff) -> tuple[DiagramTransition, ...]:
    """Returns the transitions of the new version, and the old ones that are elsewhere now."""
    changes = {each.new: TransitionChange(each.kind, each.old) for each in diff.transitions}
    marked = [attrs.evolve(each, change=changes.get(each)) for each in diff.new.transitions]
    for each in diff.transitions:
        old, new = each.old, each.new
        if old is not None and (new is None or new.target != old.target):
            removed = attrs.evolve(old, change=TransitionChange("removed", new))
            marked.insert(_old_index(removed, marked), removed)
    return tuple(marked)


def _old_index(removed: DiagramTransition, marked: Sequence[DiagramTransition]) -> int:
    """Returns the index for a removed transition: after those that were tried before it."""
    same_cell = [
        index
        for index, each in enumerate(marked)
        if (each.endpoints, each.trigger) == (removed.endpoints, removed.trigger)
    ]
    before = [index + 1 for index in same_cell if marked[index].position < removed.position]
    return max(before, default=min(same_cell, default=len(marked)))


def _paired(
    only_old: list[DiagramTransition], only_new: list[DiagramTransition]
) -> tuple[TransitionDiff, ...]:
    # Indexes are negated so that the first of equally similar pairs comes first.
    candidates = [
        (_similarity(old, new), -i, -j)
        for i, old in enumerate(only_old)
        for j, new in enumerate(only_new)
        if (old.source, old.trigger) == (new.source, new.trigger)
    ]
    partners: dict[int, int] = {}
    for similarity, i, j in sorted(candidates, reverse=True):
        if similarity >= _MIN_SIMILARITY and -i not in partners.values() and -j not in partners:
            partners[-j] = -i
    changed_or_added = [
        TransitionDiff("changed", only_old[partners[j]], new)
        if j in partners
        else TransitionDiff("added", None, new)
        for j, new in enumerate(only_new)
    ]
    removed = [
        TransitionDiff("removed", old, None)
        for i, old in enumerate(only_old)
        if i not in partners.values()
    ]
    return (*changed_or_added, *removed)


def _similarity(old: DiagramTransition, new: DiagramTransition) -> float:
    old_guards, new_guards = {*old.guards}, {*new.guards}
    union = old_guards | new_guards
    return (
        2.0 * (old.target == new.target)
        + 2.0 * ((old.command, old.effects) == (new.command, new.effects))
        + (old.rules == new.rules)
        + (2.0 * len(old_guards & new_guards) / len(union) if union else 2.0)
    )


def _compare_states(old: Diagram, new: Diagram) -> Iterator[tuple[ChangeKind, Node]]:
    old_nodes = {node.name: node for node in old.nodes}
    for node in new.nodes:
        old_node = old_nodes.pop(node.name, None)
        if old_node is None:
            yield "added", node
        elif old_node.initial != node.initial:
            yield "changed", node
    for node in old_nodes.values():
        yield "removed", node


def _compare_preconditions(old: Diagram, new: Diagram) -> Iterator[PreconditionDiff]:
    """Yields the differences of the preconditions, one for all triggers that share it.

    A precondition that the transition labels show is left to the diff of the transitions.
    """
    triggers_of: dict[tuple[ChangeKind, tuple[str, ...]], list[str]] = {}
    for trigger in {**new.preconditions, **old.preconditions}:
        old_guards = old.preconditions.get(trigger, ())
        new_guards = new.preconditions.get(trigger, ())
        for kind, guard in merged_items(old_guards, new_guards):
            if kind and guard not in _shown_guards(old if kind == "removed" else new, trigger):
                triggers_of.setdefault((kind, (guard,)), []).append(trigger)
        if not _same_order(old_guards, new_guards):
            triggers_of.setdefault(("changed", new_guards), []).append(trigger)
    for (change, guards), triggers in triggers_of.items():
        version = old.preconditions if change == "removed" else new.preconditions
        group = () if len(triggers) == len(version) else tuple(triggers)
        yield PreconditionDiff(change, group, guards)


def _compare_orders(old: Diagram, new: Diagram) -> Iterator[OrderDiff]:
    """Yields the transitions that both versions have and that are tried in another order."""
    old_cells = _cells(old)
    for (source, trigger), transitions in _cells(new).items():
        old_transitions = old_cells.get((source, trigger), [])
        if not _same_order(old_transitions, transitions):
            kept = tuple(each for each in transitions if each in old_transitions)
            yield OrderDiff(source, trigger, kept)


def _same_order(old: Sequence[object], new: Sequence[object]) -> bool:
    """Returns whether the items that both sequences have stand in the same order."""
    return [item for item in old if item in new] == [item for item in new if item in old]


def _cells(diagram: Diagram) -> dict[tuple[str, str], list[DiagramTransition]]:
    cells: dict[tuple[str, str], list[DiagramTransition]] = {}
    for transition in sorted(diagram.transitions, key=lambda each: each.position):
        cells.setdefault((transition.source, transition.trigger), []).append(transition)
    return cells


def _shown_guards(diagram: Diagram, trigger: str) -> set[str]:
    return {
        guard
        for transition in diagram.transitions
        if transition.trigger == trigger
        for guard in transition.guards
    }
