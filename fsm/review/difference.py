"""A difference between two versions, and the comparison of plain data of which each knows more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import attrs

from fsm.review.versions import Data

DifferenceKind = Literal["settings", "reasons", "answers", "rules"]


@attrs.define(eq=False)
class Difference:
    """A difference between the versions, with its plainest example.

    Args:
        kind: another plan or form of settings, other reasons for the same one; another answer to
            an event, or other rule ids of the same answer.
        machine: the machine that answers; empty for settings.
        parts: the parts of the answer or resolution that differ.
        start: the settings of the example, or the edition of its console.
        events: the events of the example. The answers to the last one differ.
        old: the answer or resolution of the old version.
        new: that of the new version.
        by: the row or guard that decided, by version.
        subject: the participant of the example whom the event is about.
        explained: the answers of guards and the attempted rows, by version.
        diverged: the parts of the model that differed before the event.
        count: the number of settings.
        situations: the numbers of the pairs of situations.
        constants: the changed sets of names that each of them has a name of.
        replayed: the difference in the console that leads to this one in the settings.
        reasons: the sentences of a resolution that only one version gives, in any of them.
        meeting: the simplest settings whose meetings have another plan as well.
    """

    kind: DifferenceKind
    machine: str
    parts: frozenset[str]
    start: Any
    events: tuple[Data, ...]
    old: Data
    new: Data
    by: tuple[Any, Any] = (None, None)
    subject: Data = attrs.field(factory=dict)
    explained: tuple[Data, Data] = ({}, {})
    diverged: frozenset[str] = frozenset()
    count: int = 0
    situations: set[int] = attrs.field(factory=set)
    constants: frozenset[str] = frozenset()
    replayed: Difference | None = None
    reasons: frozenset[str] = frozenset()
    meeting: Any = None


def different_parts(old: Data, new: Data) -> set[str]:
    """Returns the parts of two answers that differ, among those that both have."""
    if ("error" in old) != ("error" in new):
        return {"error"}
    return {
        name
        for name in old.keys() & new.keys() - {"by", "before", "error"}
        if not alike(old[name], new[name])
    }


def alike(old: Any, new: Any) -> bool:
    """Returns whether two values are equal, apart from keys that only one version knows.

    >>> alike([{"kind": "cloud"}], [{"kind": "cloud", "quality": "high"}])
    True
    """
    if isinstance(old, dict) and isinstance(new, dict):
        return all(alike(old[key], new[key]) for key in old.keys() & new.keys())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(alike, old, new))
    return bool(old == new)


def different_values(old: Data, new: Data) -> set[str]:
    """Returns the keys of two objects that both have, with values that differ."""
    return {name for name in old.keys() & new.keys() if not alike(old[name], new[name])}


def texts_in(data: Any) -> Iterator[str]:
    """Yields every text in plain data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from texts_in(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from texts_in(value)
