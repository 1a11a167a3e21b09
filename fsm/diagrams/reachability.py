"""The rows that meetings under a plan take, and what those rows do to timers.

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
from fsm.recording.vocabulary import AUTO_PLATFORMS, DESKTOPS, KINDS, Platform, Role

Effects = Mapping[Any, frozenset[str]]
"""The names of the actions that change timers, by the definition of each reachable row."""

# Two participants reach every row, because no guard counts further than "the last participant".
_PARTICIPANTS = ("a", "b")
_PLATFORMS = tuple(
    {(each in DESKTOPS, each in AUTO_PLATFORMS): each for each in get_args(Platform)}.values()
)
"""One platform of each class."""


@cache
def reachable_rows(plan: Plan, participants: tuple[str, ...] = _PARTICIPANTS) -> Effects:
    """Returns all rows that some meeting under a plan takes, with their actions on timers.

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
    effects = {row.definition: frozenset[str]() for row in found.taken}
    for definition, names in cast(Iterable[tuple[Any, frozenset[str]]], found.observed):
        effects[definition] |= names
    return effects


def effects_under(plans: tuple[Plan, ...]) -> Effects:
    """Returns the rows that meetings under some of the plans take, with their actions on timers.

    Args:
        plans: the plans.
    """
    effects: dict[Any, frozenset[str]] = {}
    for plan in plans:
        for definition, names in reachable_rows(plan).items():
            effects[definition] = effects.get(definition, frozenset()) | names
    return effects


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
    """Returns the row of a step, and the names of its actions that change timers."""
    row, before, after = step.decision, step.before, step.after
    if not isinstance(row, Row) or not row.info.row.timers:
        return None
    over = after.ended or (before.kind is not None and after.kind is None)
    names = set()
    for name in row.info.row.timers:
        alone = _copy(before)
        getattr(alone, name)(step.event)
        changes = timers.timer_changes(before.timers, alone.timers, step.event, before.plan)
        if any(isinstance(each, SetTimer) or not over for each in changes):
            names.add(name)
    return row.definition, frozenset(names)
