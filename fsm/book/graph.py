"""The explored meetings as a graph: situations as nodes, events as edges with their answers.

It is the walk of ``fsm verify`` (:mod:`fsm.engine.explore`), kept instead of judged, so whoever
looks up an event in the graph needs no rule. Participants have no names in it. They are positions
in an order that depends on the situation alone, so situations that differ only in names are one;
an answer says where each position is found afterwards.

Platforms are classes, and versions are new, old or unknown, as in :mod:`fsm.verify.meeting_space`.
Of a timer it is known whether it runs; its moment is not part of a situation, so a running timer
may be up at any time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from typing import Any, Final, get_args

import attrs

from fsm.recording.events import (
    EVENTS,
    End,
    Join,
    RecorderFailed,
    TimeUp,
)
from fsm.recording.model import RecordingModel
from fsm.recording.plan import Plan
from fsm.recording.vocabulary import (
    KINDS,
    KINDS_WITH_OPTIONS,
    TIMERS,
    Kind,
    Platform,
    Role,
    Starter,
    State,
    Timer,
    check_complete,
)
from fsm.verify.meeting_space import CLASSES, ROLES, VERSIONS

BOOK_PARTICIPANTS: Final = 3
"""The maximum number of participants of a meeting in the book."""
TRIED_VERSIONS: Final[tuple[str | None, ...]] = (*VERSIONS, None)
"""The versions of a client that joins: new enough, too old, unknown."""
GRACE: Final = 10
"""The seconds of a grace in the book, those of the gallery's diagrams."""
END_WHEN_EMPTY: Final = 43_200
"""The seconds after which an empty meeting ends in the book, those of the gallery's diagrams."""
CURRENT: Final = "current"
"""The setting of a timer that runs, in a firing."""
STALE: Final = "stale"
"""A setting of a timer that does not run, in a firing."""

PositionedEvent = dict[str, dict[str, Any]]
"""An event as in a scenario file, with positions for participants; the number after those present
is somebody who is absent. The setting of a firing is :data:`CURRENT` or :data:`STALE`."""


@attrs.frozen
class Person:
    """A participant without a name.

    Args:
        role: the role.
        platform: the representative of the platform's class.
    """

    role: Role
    platform: Platform


@attrs.frozen
class GraphNode:
    """A situation, independent of names.

    Args:
        people: the participants who are present, in their order.
        state: the state of the recording.
        kind: the kind of the recording; ``None`` if there is none.
        client: the position of the client that records locally.
        timers: the timers that run.
        ended: whether the meeting is over.
    """

    people: tuple[Person, ...]
    state: State
    kind: Kind | None
    client: int | None
    timers: tuple[Timer, ...]
    ended: bool


check_complete(
    {"plan", "state", "present", "hosts", "kind", "client", "ended", "timers"},
    (field.name for field in attrs.fields(RecordingModel)),
    "GraphNode in fsm/book/graph.py", "the field, unless it follows from others",
)  # fmt: skip


@attrs.frozen
class Answer:
    """The answer to an event. It is the same in many situations.

    Args:
        refused: the reason for a refusal; ``None`` if the event was accepted.
        rules: ids of the rules that decided.
        no_more: ids of the rules for which an accepted event changed the recording no further.
        recorder: the recorder commands as plain data, with positions for clients. A position is
            that before the event.
        timers: what became of timers, as plain data.
        row: the number of the row that was taken, in the table; ``None`` for a refusal.
        attempts: the rows that were tried in vain, by number, with the label of the guard that
            failed; after a failed precondition the rows that would have left the state.
        failed: the label of the precondition that failed; empty if none did.
        places: for each position after the event, the position before it.
    """

    refused: str | None
    rules: tuple[str, ...]
    no_more: tuple[str, ...]
    recorder: tuple[tuple[tuple[str, Any], ...], ...]
    timers: tuple[tuple[tuple[str, Any], ...], ...]
    row: int | None
    attempts: tuple[tuple[int, str], ...]
    failed: str
    places: tuple[int, ...]


@attrs.frozen
class Edge:
    """An event tried in a situation.

    Args:
        plans: the plans under which this is the answer, as the bits of a number.
        answer: the answer.
        target: the situation after it.
    """

    plans: int
    answer: Answer
    target: GraphNode


@attrs.define
class Graph:
    """The explored meetings under several plans.

    Args:
        plans: the plans.
        edges: for each situation the edges of each event, in the order of :func:`events_for`;
            one edge, unless plans differ.
        steps: the number of events tried, each plan counted.
        opening: the situation in which a meeting opens.
    """

    plans: tuple[Plan, ...]
    edges: dict[GraphNode, list[list[Edge]]]
    steps: int
    opening: GraphNode

    def situations(self) -> list[int]:
        """Returns the number of situations that meetings reach, by plan."""
        reached = [_union(events[0]) for events in self.edges.values()]
        return [sum(group >> number & 1 for group in reached) for number in range(len(self.plans))]

    def counts(self) -> list[tuple[int, int]]:
        """Returns the number of events tried, and of those accepted, by plan."""
        groups: Counter[tuple[int, bool]] = Counter(
            (edge.plans, edge.answer.refused is None)
            for events in self.edges.values()
            for edges in events
            for edge in edges
        )
        return [
            (
                sum(count for (group, _), count in groups.items() if group >> number & 1),
                sum(count for (group, yes), count in groups.items() if yes and group >> number & 1),
            )
            for number in range(len(self.plans))
        ]


def _union(edges: Iterable[Edge]) -> int:
    plans = 0
    for edge in edges:
        plans |= edge.plans
    return plans


def every_plan() -> tuple[Plan, ...]:
    """Returns every plan that differs in effect from the others.

    Seconds are data: a plan with a timer has those of :data:`GRACE` and :data:`END_WHEN_EMPTY`.
    """
    return tuple(
        Plan(kind, starter, may_pause, kinds=kinds, grace=grace, end_when_empty=empty)
        for kind, starter, may_pause in _recordings()
        for grace, empty in product((0, GRACE), (None, END_WHEN_EMPTY))
        for kinds in _switches(kind)
    )


def _recordings() -> Iterator[tuple[Kind | None, Starter, bool]]:
    for kind in KINDS:
        if kind in KINDS_WITH_OPTIONS:
            yield from ((kind, *options) for options in product(get_args(Starter), (True, False)))
        else:
            yield kind, "host", True
    yield None, "host", True


def _switches(kind: Kind | None) -> Iterator[tuple[Kind, ...]]:
    """Yields the kinds that may be on under a plan of a kind, all of them first."""
    for on in product((True, False), repeat=len(KINDS)):
        kinds = tuple(each for each, is_on in zip(KINDS, on, strict=True) if is_on)
        if kind is None or kind in kinds:
            yield kinds


@cache
def events_for(present: int) -> tuple[PositionedEvent, ...]:
    """Returns every event to try with a number of participants present.

    Args:
        present: the number.
    """
    positions = range(min(present + 1, BOOK_PARTICIPANTS))
    absent = [present] if present < BOOK_PARTICIPANTS else []
    joins = [
        {"join": {"id": present, "role": role, "platform": platform, "version": version}}
        for _ in absent
        for role, platform, version in product(ROLES, CLASSES, TRIED_VERSIONS)
    ]
    again = [
        {"join": {"id": who, "role": ROLES[0], "platform": CLASSES[0], "version": VERSIONS[0]}}
        for who in range(present)
    ]
    firings = [
        {"time_up": {"timer": timer, "set": which}}
        for timer, which in product(TIMERS, (CURRENT, STALE))
    ]
    values = {"id": positions, "by": positions, "role": ROLES, "kind": KINDS}
    others: list[PositionedEvent] = [
        {kind.trigger: dict(zip(names, chosen, strict=True))}
        for kind in EVENTS
        if kind not in (Join, TimeUp, End, RecorderFailed)
        for names in [[field.name for field in attrs.fields(kind)]]
        for chosen in product(*(values[name] for name in names))
    ]
    ends = [{"end": {"by": who}} for who in (None, *positions)]
    return (*joins, *again, *others, *ends, {"recorder_failed": {}}, *firings)
