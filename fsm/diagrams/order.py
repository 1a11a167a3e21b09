"""What is asked first, and in which order the rest: how that differs between two versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from fsm.diagrams.model import Diagram, Mark
from fsm.diagrams.moves import Move, moves


@attrs.frozen
class Asked:
    """A difference in what events are asked before any line.

    Args:
        mark: the kind of the change; ``changed`` where only the order is another one.
        triggers: the events; none stands for all of them.
        conditions: those that were added or removed, or all of them in their new order.
    """

    mark: Mark
    triggers: tuple[str, ...]
    conditions: tuple[str, ...]


@attrs.frozen
class Tried:
    """Lines that are tried in another order, so that another reason may be given for a no.

    Args:
        source: the name of the state.
        trigger: the event.
        lines: the lines in their new order.
    """

    source: str
    trigger: str
    lines: tuple[Move, ...]


def asked_otherwise(old: Diagram, new: Diagram) -> Iterator[Asked]:
    """Yield what differs in what events are asked first, the events together that share it.

    A condition that the lines of an event show is told with the lines.
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
        yield Asked(mark, () if every else tuple(triggers), conditions)


def tried_otherwise(old: Diagram, new: Diagram) -> Iterator[Tried]:
    """Yield the lines that both pictures have and that are tried in another order."""
    before, after = _cells(old), _cells(new)
    for (source, trigger), now in after.items():
        was = before.get((source, trigger), [])
        kept = tuple(each for each in now if each in was)
        if kept != tuple(each for each in was if each in now):
            yield Tried(source, trigger, kept)


def numbered(words: Sequence[str], say: Callable[[str], str]) -> str:
    """Return things in their order, as one line.

    >>> numbered(["a", "b"], str)
    '1. a, 2. b'
    """
    return say(", ").join(f"{place}. {each}" for place, each in enumerate(words, 1))


def lines_in_words(
    tried: Tried, labels: Mapping[str, str], say: Callable[[str], str]
) -> tuple[str, ...]:
    """Return where each of some lines leads, and its conditions."""
    return tuple(
        (say("stays") if each.stays else f"→ {labels[each.target]}")
        + (f" [{say(', ').join(each.line.conditions)}]" if each.line.conditions else "")
        for each in tried.lines
    )


def _cells(diagram: Diagram) -> dict[tuple[str, str], list[Move]]:
    found: dict[tuple[str, str], list[Move]] = {}
    for move in sorted(moves(diagram), key=lambda each: each.line.place):
        found.setdefault((move.source, move.line.trigger), []).append(move)
    return found


def _shown(diagram: Diagram, trigger: str) -> set[str]:
    lines = (each.line for each in moves(diagram) if each.line.trigger == trigger)
    return {condition for line in lines for condition in line.conditions}


def _without(these: Sequence[str], those: set[str]) -> list[str]:
    return [each for each in these if each not in those]
