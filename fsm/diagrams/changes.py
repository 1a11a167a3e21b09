"""What changed between two versions of a machine."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from fsm.diagrams.model import Diagram, Mark, Node
from fsm.diagrams.moves import Move, moves
from fsm.diagrams.order import Asked, Tried, asked_otherwise, tried_otherwise

_ALIKE_ENOUGH = 3.0


@attrs.frozen
class Difference:
    """One line that is not as it was.

    Args:
        mark: the kind of the change.
        was: as it was; ``None`` where it is added.
        now: as it is; ``None`` where it is removed.
    """

    mark: Mark
    was: Move | None
    now: Move | None


@attrs.frozen
class Changes:
    """All that changed on one picture.

    Args:
        old: the picture as it was.
        new: the picture as it is.
        states: the states that were added, removed, or are otherwise labelled or begun in.
        lines: the lines that differ.
        asked: what differs in what events are asked first.
        tried: lines that are tried in another order.
    """

    old: Diagram
    new: Diagram
    states: tuple[tuple[Mark, Node], ...]
    lines: tuple[Difference, ...]
    asked: tuple[Asked, ...]
    tried: tuple[Tried, ...]

    def __bool__(self) -> bool:
        return bool(self.states or self.lines or self.asked or self.tried)


def compare(old: Diagram, new: Diagram) -> Changes:
    """Return what differs between two pictures of one name.

    A line that is in one of them only is put together with one of the other if they are
    of the same state and event and alike enough: that is a change. All else was added or
    removed.
    """
    before, after = list(moves(old)), list(moves(new))
    for move in list(after):
        same = next((each for each in before if _same(each, move)), None)
        if same is not None:
            before.remove(same)
            after.remove(move)
    return Changes(
        old,
        new,
        tuple(_states(old, new)),
        _paired(before, after),
        tuple(asked_otherwise(old, new)),
        tuple(tried_otherwise(old, new)),
    )


def empty(diagram: Diagram) -> Diagram:
    """Return a picture of nothing, to compare one with that was not there before."""
    return attrs.evolve(diagram, nodes=(), edges=(), notes=(), required=())


def _same(one: Move, other: Move) -> bool:
    return one == other and one.line.actions == other.line.actions


def _paired(before: list[Move], after: list[Move]) -> tuple[Difference, ...]:
    likeness = [
        (_likeness(was, now), -i, -j)
        for i, was in enumerate(before)
        for j, now in enumerate(after)
        if (was.source, was.line.trigger) == (now.source, now.line.trigger)
    ]
    partner: dict[int, int] = {}
    for alike, i, j in sorted(likeness, reverse=True):
        if alike >= _ALIKE_ENOUGH and -i not in partner.values() and -j not in partner:
            partner[-j] = -i
    found = [
        Difference("changed", before[partner[j]], now)
        if j in partner
        else Difference("added", None, now)
        for j, now in enumerate(after)
    ]
    gone = [was for i, was in enumerate(before) if i not in partner.values()]
    return (*found, *(Difference("removed", was, None) for was in gone))


def _likeness(was: Move, now: Move) -> float:
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
