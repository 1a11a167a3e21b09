"""A difference between two versions, and the comparison of data by the keys that both have."""

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
        kind: ``settings`` lead to another plan or form, or to the same one for other ``reasons``;
            an event has other ``answers``, or the same one by other ``rules``.
        machine: the machine that answers; empty for settings.
        parts: the parts of the answer or resolution that differ.
        start: the settings of the example, or the edition of its console.
        events: the events of the example. The answers to the last one differ.
        old: the answer or resolution of the old version.
        new: the answer or resolution of the new version.
        by: the row or guard that decided, by version.
        subject: the participant of the example whom the event is about.
        explained: the answers of guards and the attempted rows, by version.
        diverged: the parts of the model that differed before the event.
        count: the number of settings with this difference.
        situations: the numbers of the pairs of situations with this difference.
        constants: the changed sets of names (such as ``DESKTOPS``) of which a changed name is in
            all settings, or events, with this difference.
        replayed: the difference of the console that explains this one of the settings.
        reasons: the sentences that only one version gives, of all settings with this difference.
        meeting: the simplest settings with this difference whose meetings go by another plan.
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
