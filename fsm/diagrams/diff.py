"""The structural diff of two versions of a diagram."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from fsm.diagrams.model import ChangeKind, Diagram, DiagramTransition, Node

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
        trigger: the event.
        transitions: the transitions in their new order.
    """

    source: str
    trigger: str
    transitions: tuple[DiagramTransition, ...]

    def texts(self, names: Mapping[str, str], translate: Callable[[str], str]) -> tuple[str, ...]:
        """Returns the target and the guards of each transition as text.

        Args:
            names: the label of each state.
            translate: translates an English label.
        """
        texts = []
        for transition in self.transitions:
            text = translate("stays") if transition.stays else f"→ {names[transition.target]}"
            if transition.label.guards:
                text += f" [{translate(', ').join(transition.label.guards)}]"
            texts.append(text)
        return tuple(texts)


@attrs.frozen
class DiagramDiff:
    """All differences between two versions of a diagram. It is true if there are any.

    Args:
        old: the old version.
        new: the new version.
        states: states that were added or removed, or whose label or initial mark changed.
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
    only_old, only_new = list(old.transitions()), list(new.transitions())
    for transition in list(only_new):
        same = next((other for other in only_old if _are_equal(other, transition)), None)
        if same is not None:
            only_old.remove(same)
            only_new.remove(transition)
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
    return attrs.evolve(diagram, nodes=(), edges=(), notes=(), preconditions=())


def numbered_list(texts: Sequence[str], translate: Callable[[str], str]) -> str:
    """Returns texts as a numbered list in one line.

    >>> numbered_list(["a", "b"], str)
    '1. a, 2. b'
    """
    return translate(", ").join(f"{number}. {text}" for number, text in enumerate(texts, 1))


def _are_equal(one: DiagramTransition, other: DiagramTransition) -> bool:
    return one == other and one.label.actions == other.label.actions


def _paired(
    only_old: list[DiagramTransition], only_new: list[DiagramTransition]
) -> tuple[TransitionDiff, ...]:
    # Indexes are negated so that the first of equally similar pairs comes first.
    candidates = [
        (_similarity(old, new), -i, -j)
        for i, old in enumerate(only_old)
        for j, new in enumerate(only_new)
        if (old.source, old.label.trigger) == (new.source, new.label.trigger)
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
    old_guards, new_guards = {*old.label.guards}, {*new.label.guards}
    union = old_guards | new_guards
    return (
        2.0 * (old.target == new.target)
        + 2.0 * (old.label.command == new.label.command)
        + (old.label.rules == new.label.rules)
        + (2.0 * len(old_guards & new_guards) / len(union) if union else 2.0)
    )


def _compare_states(old: Diagram, new: Diagram) -> Iterator[tuple[ChangeKind, Node]]:
    old_nodes = {node.name: node for node in old.nodes}
    for node in new.nodes:
        old_node = old_nodes.pop(node.name, None)
        if old_node is None:
            yield "added", node
        elif (old_node.label, old_node.initial) != (node.label, node.initial):
            yield "changed", node
    for node in old_nodes.values():
        yield "removed", node


def _compare_preconditions(old: Diagram, new: Diagram) -> Iterator[PreconditionDiff]:
    """Yields the differences of the preconditions, one for all triggers that share it.

    A precondition that the transition labels show is left to the diff of the transitions.
    """
    old_preconditions, new_preconditions = (
        {each.trigger: each.guards for each in version.preconditions} for version in (old, new)
    )
    triggers_of: dict[tuple[ChangeKind, tuple[str, ...]], list[str]] = {}
    for trigger in {**new_preconditions, **old_preconditions}:
        old_guards = old_preconditions.get(trigger, ())
        new_guards = new_preconditions.get(trigger, ())
        for guard in _without(new_guards, {*old_guards, *_shown_guards(new, trigger)}):
            triggers_of.setdefault(("added", (guard,)), []).append(trigger)
        for guard in _without(old_guards, {*new_guards, *_shown_guards(old, trigger)}):
            triggers_of.setdefault(("removed", (guard,)), []).append(trigger)
        if not _same_order(old_guards, new_guards):
            triggers_of.setdefault(("changed", new_guards), []).append(trigger)
    for (kind, guards), triggers in triggers_of.items():
        version = old_preconditions if kind == "removed" else new_preconditions
        yield PreconditionDiff(
            kind, () if len(triggers) == len(version) else tuple(triggers), guards
        )


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
    for transition in sorted(diagram.transitions(), key=lambda each: each.label.position):
        cells.setdefault((transition.source, transition.label.trigger), []).append(transition)
    return cells


def _shown_guards(diagram: Diagram, trigger: str) -> set[str]:
    return {
        guard
        for transition in diagram.transitions()
        if transition.label.trigger == trigger
        for guard in transition.label.guards
    }


def _without(guards: Sequence[str], excluded: set[str]) -> list[str]:
    return [guard for guard in guards if guard not in excluded]
