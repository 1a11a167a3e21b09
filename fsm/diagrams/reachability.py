"""The rows that meetings under a plan take, and their use: for which kinds, on which timers.

Binding the guards that depend on the plan is not enough: where a host may not pause, a cloud
recording is never paused, so no row of a paused cloud recording is reachable either. That follows
from the machine as a whole, so the machine is explored.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, cast, get_args

import attrs

from fsm.engine import Row
from fsm.engine.explore import explore
from fsm.engine.state_space import ExploredStep, StateSpace
from fsm.recording import timers
from fsm.recording.events import EVENTS, End, Event, TimeUp, events_with
from fsm.recording.machine import RECORDING
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import SetTimer
from fsm.recording.plan import Plan
from fsm.recording.vocabulary import AUTO_PLATFORMS, DESKTOPS, KINDS, Kind, Platform, Role


@attrs.frozen
class RowUse:
    """The use of a reachable row.

    Args:
        timers: the names of its actions that change timers.
        kinds: the kinds of the recordings that it starts, continues or stops.
    """

    timers: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()

    def __or__(self, other: RowUse) -> RowUse:
        return RowUse(self.timers | other.timers, self.kinds | other.kinds)


RowUses = Mapping[Any, RowUse]
"""The use of each reachable row, by its definition."""

# Two participants reach every row, because no guard counts further than "the last participant".
_PARTICIPANTS = ("a", "b")
_PLATFORMS = tuple(
    {(each in DESKTOPS, each in AUTO_PLATFORMS): each for each in get_args(Platform)}.values()
)
"""One platform of each class."""


@cache
def reachable_rows(plan: Plan, participants: tuple[str, ...] = _PARTICIPANTS) -> RowUses:
    """Returns all rows that some meeting under a plan takes, with their use.

    The cancelling of a timer is left out where the recording stops or the meeting ends, since a
    timer ends with it.

    Args:
        plan: the plan of the meetings.
        participants: the ids of the participants who may join.
    """
    events = [(event.trigger, event) for event in _events(participants)]
    space: StateSpace[RecordingModel] = StateSpace(
        events=lambda model, memory: [*events, *_firings(model)],
        copy=_copy,
        key=_identity,
        observe=_observed,
    )
    found = explore(RECORDING.table, [(RecordingModel(plan), None)], space)
    uses: dict[Any, RowUse] = {}
    for definition, use in cast(Iterable[tuple[Any, RowUse]], found.observed):
        uses[definition] = uses.get(definition, RowUse()) | use
    return uses


def uses_under(plans: tuple[Plan, ...]) -> RowUses:
    """Returns all rows that some meeting under some of the plans takes, with their use.

    Args:
        plans: the plans.
    """
    uses: dict[Any, RowUse] = {}
    for plan in plans:
        for definition, use in reachable_rows(plan).items():
            uses[definition] = uses.get(definition, RowUse()) | use
    return uses


def _events(participants: tuple[str, ...]) -> Iterator[Event]:
    for event in EVENTS:
        if event is not TimeUp:
            yield from events_with(
                event,
                id=participants,
                by=participants,
                role=get_args(Role),
                platform=_PLATFORMS,
                kind=KINDS,
            )
    yield End()


def _firings(model: RecordingModel) -> Iterator[tuple[str, TimeUp]]:
    """Yields the firings of the timers that run."""
    running = {*timers.running(model.timers)}
    plan = model.plan
    # The grace is never set later than the timer of an empty meeting, so it fires first here.
    if "grace" in running and plan.end_when_empty and plan.grace <= plan.end_when_empty:
        running -= {"empty"}
    for timer in sorted(running):
        yield TimeUp.trigger, TimeUp(timer, model.timers[timer].set)


def _copy(model: RecordingModel) -> RecordingModel:
    return attrs.evolve(model, present=dict(model.present))


def _identity(model: RecordingModel, _: None) -> Hashable:
    present = frozenset(model.present.values())
    running = timers.running(model.timers)
    return model.state, model.kind, model.client, model.ended, present, running


def _observed(step: ExploredStep[RecordingModel]) -> Hashable:
    """Returns the row of a step, and its use in this step."""
    row, before, after = step.decision, step.before, step.after
    if not isinstance(row, Row):
        return None
    over = after.ended or (before.kind is not None and after.kind is None)
    names = set()
    for name in row.info.row.timers:
        alone = _copy(before)
        getattr(alone, name)(step.event)
        changes = timers.timer_changes(before.timers, alone.timers, step.event, before.plan)
        if any(isinstance(each, SetTimer) or not over for each in changes):
            names.add(name)
    kinds = frozenset(kind for kind in (before.kind, after.kind) if kind)
    return row.definition, RowUse(frozenset(names), kinds)
