"""The structural diff of two diagrams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from fsm.diagrams.model import Diagram, Line, Mark, Node

_MIN_SIMILARITY = 3.0


@attrs.frozen
class PlacedLine:
    """A line with its source and target.

    Args:
        source: the name of the state in which it is taken.
        target: the name of the state after it; the same if it keeps the state.
        line: the transition.
    """

    source: str
    target: str
    line: Line

    @property
    def stays(self) -> bool:
        """True if it keeps the state."""
        return self.source == self.target


def placed_lines(diagram: Diagram) -> Iterator[PlacedLine]:
    """Yields every line of a diagram, including those that keep the state."""
    for edge in diagram.edges:
        for line in edge.lines:
            yield PlacedLine(edge.source, edge.target, line)
    for node in diagram.nodes:
        for stay in node.stays:
            for line in stay.lines:
                yield PlacedLine(node.name, node.name, line)


@attrs.frozen
class PreconditionDiff:
    """A difference in the preconditions of triggers.

    Args:
        mark: the kind of the difference; ``changed`` if only the order differs.
        triggers: the triggers; an empty tuple for all of them.
        conditions: the added or removed guards, or all of them in the new order.
    """

    mark: Mark
    triggers: tuple[str, ...]
    conditions: tuple[str, ...]


@attrs.frozen
class OrderDiff:
    """Lines of one trigger and state in a different order, which may change reasons of refusals.

    Args:
        source: the name of the state.
        trigger: the trigger.
        lines: the lines in their new order.
    """

    source: str
    trigger: str
    lines: tuple[PlacedLine, ...]


def precondition_diffs(old: Diagram, new: Diagram) -> Iterator[PreconditionDiff]:
    """Yields the differences in preconditions, with the triggers that share each.

    A guard that the lines of a trigger show is reported with the lines.
    """
    were, are = ({each.trigger: each.conditions for each in one.required} for one in (old, new))
    found: dict[tuple[Mark, tuple[str, ...]], list[str]] = {}
    for trigger in {**are, **were}:
        was, now = were.get(trigger, ()), are.get(trigger, ())
        for each in _without(now, {*was, *_shown(new, trigger)}):
            found.setdefault(("added", (each,)), []).append(trigger)
        for each in _without(was, {*now, *_shown(old, trigger)}):
            found.setdefault(("removed", (each,)), []).append(trigger)
        if [each for each in was if each in now] != [each for each in now if each in was]:
            found.setdefault(("changed", now), []).append(trigger)
    for (mark, conditions), triggers in found.items():
        every = len(triggers) == len(were if mark == "removed" else are)
        yield PreconditionDiff(mark, () if every else tuple(triggers), conditions)


def order_diffs(old: Diagram, new: Diagram) -> Iterator[OrderDiff]:
    """Yields the lines that both diagrams have in a different order."""
    before, after = _cells(old), _cells(new)
    for (source, trigger), now in after.items():
        was = before.get((source, trigger), [])
        kept = tuple(each for each in now if each in was)
        if kept != tuple(each for each in was if each in now):
            yield OrderDiff(source, trigger, kept)


def numbered(words: Sequence[str], translate: Callable[[str], str]) -> str:
    """Numbers items in one line.

    >>> numbered(["a", "b"], str)
    '1. a, 2. b'
    """
    return translate(", ").join(f"{place}. {each}" for place, each in enumerate(words, 1))


def describe_lines(
    tried: OrderDiff, labels: Mapping[str, str], translate: Callable[[str], str]
) -> tuple[str, ...]:
    """Describes the target and the guards of lines."""
    return tuple(
        (translate("stays") if each.stays else f"→ {labels[each.target]}")
        + (f" [{translate(', ').join(each.line.conditions)}]" if each.line.conditions else "")
        for each in tried.lines
    )


def _cells(diagram: Diagram) -> dict[tuple[str, str], list[PlacedLine]]:
    found: dict[tuple[str, str], list[PlacedLine]] = {}
    for placed in sorted(placed_lines(diagram), key=lambda each: each.line.place):
        found.setdefault((placed.source, placed.line.trigger), []).append(placed)
    return found


def _shown(diagram: Diagram, trigger: str) -> set[str]:
    lines = (each.line for each in placed_lines(diagram) if each.line.trigger == trigger)
    return {condition for line in lines for condition in line.conditions}


def _without(these: Sequence[str], those: set[str]) -> list[str]:
    return [each for each in these if each not in those]


@attrs.frozen
class TransitionDiff:
    """A line that differs.

    Args:
        mark: the kind of the difference.
        was: the old line; ``None`` for an added one.
        now: the new line; ``None`` for a removed one.
    """

    mark: Mark
    was: PlacedLine | None
    now: PlacedLine | None


@attrs.frozen
class DiagramDiff:
    """The diff of a diagram.

    Args:
        old: the old diagram.
        new: the new diagram.
        states: added and removed states, and those with another label or initial mark.
        lines: the lines that differ.
        preconditions: the differences in preconditions.
        orders: the lines in a different order.
    """

    old: Diagram
    new: Diagram
    states: tuple[tuple[Mark, Node], ...]
    lines: tuple[TransitionDiff, ...]
    preconditions: tuple[PreconditionDiff, ...]
    orders: tuple[OrderDiff, ...]

    def __bool__(self) -> bool:
        return bool(self.states or self.lines or self.preconditions or self.orders)


def diff_diagrams(old: Diagram, new: Diagram) -> DiagramDiff:
    """Returns the diff of two diagrams of one name.

    Lines of the same state and trigger that are similar enough count as one changed line. All
    other lines count as added or removed.
    """
    before, after = list(placed_lines(old)), list(placed_lines(new))
    for placed in list(after):
        same = next((each for each in before if _same(each, placed)), None)
        if same is not None:
            before.remove(same)
            after.remove(placed)
    return DiagramDiff(
        old,
        new,
        tuple(_states(old, new)),
        _paired(before, after),
        tuple(precondition_diffs(old, new)),
        tuple(order_diffs(old, new)),
    )


def empty_diagram(diagram: Diagram) -> Diagram:
    """Returns an empty diagram, to be compared with a new one."""
    return attrs.evolve(diagram, nodes=(), edges=(), notes=(), required=())


def _same(one: PlacedLine, other: PlacedLine) -> bool:
    return one == other and one.line.actions == other.line.actions


def _paired(before: list[PlacedLine], after: list[PlacedLine]) -> tuple[TransitionDiff, ...]:
    similarities = [
        (_similarity(was, now), -i, -j)
        for i, was in enumerate(before)
        for j, now in enumerate(after)
        if (was.source, was.line.trigger) == (now.source, now.line.trigger)
    ]
    partner: dict[int, int] = {}
    for similarity, i, j in sorted(similarities, reverse=True):
        if similarity >= _MIN_SIMILARITY and -i not in partner.values() and -j not in partner:
            partner[-j] = -i
    found = [
        TransitionDiff("changed", before[partner[j]], now)
        if j in partner
        else TransitionDiff("added", None, now)
        for j, now in enumerate(after)
    ]
    gone = [was for i, was in enumerate(before) if i not in partner.values()]
    return (*found, *(TransitionDiff("removed", was, None) for was in gone))


def _similarity(was: PlacedLine, now: PlacedLine) -> float:
    old, new = was.line, now.line
    every = {*old.conditions, *new.conditions}
    shared = {*old.conditions} & {*new.conditions}
    return (
        2.0 * (was.target == now.target)
        + 2.0 * (old.command == new.command)
        + (old.rules == new.rules)
        + (2.0 * len(shared) / len(every) if every else 2.0)
    )


def _states(old: Diagram, new: Diagram) -> Iterator[tuple[Mark, Node]]:
    were = {node.name: node for node in old.nodes}
    for node in new.nodes:
        was = were.pop(node.name, None)
        if was is None:
            yield "added", node
        elif (was.label, was.initial) != (node.label, node.initial):
            yield "changed", node
    for was in were.values():
        yield "removed", was
