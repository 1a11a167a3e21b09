"""Reachability: the rows of the recording machine that a meeting under a plan can take.

Binding the table to the plan is not enough. If a host may not pause, a cloud recording is never
paused, so no row of a paused cloud recording can be taken. That follows from the machine as a
whole, so the machine is run.
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

# Two participants are enough: no guard counts further than "the last one".
_PEOPLE = ("a", "b")
_ROLES: tuple[Role, ...] = ("host", "member")
_PLATFORMS: tuple[Platform, ...] = ("windows", "ios", "web")


def reachable_rows(plan: Plan, people: tuple[str, ...] = _PEOPLE) -> frozenset[Any]:
    """Returns the definitions of all rows that some meeting under a plan takes.

    Args:
        plan: the plan of the meetings.
        people: the ids of the participants.
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
