"""Which rows of the recording machine a meeting under one plan can really take.

Settling the plan's conditions is not enough: where a host may not pause, a cloud
recording is never paused, so nothing can happen to a paused one either. That follows
from the machine as a whole, so the machine is run. The explorer of the engine would do it
too, but it asks every condition of every row for its evidence, and takes three times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from fsm.engine import Refusal
from fsm.recording.events import (
    ChangeRole,
    End,
    Event,
    Join,
    Leave,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    Stop,
)
from fsm.recording.machine import RECORDING
from fsm.recording.model import RecordingModel
from fsm.recording.plan import Plan
from fsm.recording.vocabulary import KINDS, Platform, Role

# Two are enough for every row: no condition counts further than "the last one".
_PEOPLE = ("a", "b")
_ROLES: tuple[Role, ...] = ("host", "member")
_PLATFORMS: tuple[Platform, ...] = ("windows", "ios", "web")


def reachable_rows(plan: Plan, people: tuple[str, ...] = _PEOPLE) -> frozenset[Any]:
    """Returns the definitions of all rows that some meeting under the plan takes.

    Args:
        plan: what holds for the meetings.
        people: the ids of those who may be there.
    """
    events = tuple(_events(people))
    start = RecordingModel(plan)
    seen = {_key(start)}
    waiting = [start]
    taken = set()
    while waiting:
        situation = waiting.pop()
        for event in events:
            row = RECORDING.table.decide(situation, event.trigger, event)
            if isinstance(row, Refusal):
                continue
            taken.add(row.definition)
            after = attrs.evolve(situation, present=dict(situation.present))
            row.apply(after, event)
            if _key(after) not in seen:
                seen.add(_key(after))
                waiting.append(after)
    return frozenset(taken)


def _events(people: tuple[str, ...]) -> Iterator[Event]:
    yield End()
    yield RecorderFailed()
    for who in people:
        yield from (Join(who, role, platform) for role in _ROLES for platform in _PLATFORMS)
        yield Leave(who)
        yield from (ChangeRole(who, role) for role in _ROLES)
        yield from (Start(who, kind) for kind in KINDS)
        yield from (Pause(who), Resume(who), Stop(who))


def _key(situation: RecordingModel) -> object:
    present = frozenset(situation.present.values())
    return situation.state, situation.kind, situation.client, situation.ended, present
