"""Reachability of the rows of the recording machine under one plan.

Binding the guards that depend on the plan is not enough: where a host may not pause, a
cloud recording is never paused, so no row of a paused cloud recording is reachable either.
That follows from the machine as a whole, so the machine is explored here. The explorer of
the engine also collects evidence about every guard, which no diagram needs.
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

# Two participants reach every row, because no guard counts further than "the last participant".
_PARTICIPANTS = ("a", "b")
_ROLES: tuple[Role, ...] = ("host", "member")
_PLATFORMS: tuple[Platform, ...] = ("windows", "ios", "web")


def reachable_rows(plan: Plan, participants: tuple[str, ...] = _PARTICIPANTS) -> frozenset[Any]:
    """Returns the definitions of all rows that some meeting under a plan takes.

    Args:
        plan: the plan of the meetings.
        participants: the ids of the participants who may join.
    """
    events = tuple(_events(participants))
    initial = RecordingModel(plan)
    seen = {_fingerprint(initial)}
    frontier = [initial]
    reached = set()
    while frontier:
        model = frontier.pop()
        for event in events:
            row = RECORDING.table.decide(model, event.trigger, event)
            if isinstance(row, Refusal):
                continue
            reached.add(row.definition)
            successor = attrs.evolve(model, present=dict(model.present))
            row.apply(successor, event)
            if _fingerprint(successor) not in seen:
                seen.add(_fingerprint(successor))
                frontier.append(successor)
    return frozenset(reached)


def _events(participants: tuple[str, ...]) -> Iterator[Event]:
    yield End()
    yield RecorderFailed()
    for user in participants:
        yield from (Join(user, role, platform) for role in _ROLES for platform in _PLATFORMS)
        yield Leave(user)
        yield from (ChangeRole(user, role) for role in _ROLES)
        yield from (Start(user, kind) for kind in KINDS)
        yield from (Pause(user), Resume(user), Stop(user))


def _fingerprint(model: RecordingModel) -> object:
    present = frozenset(model.present.values())
    return model.state, model.kind, model.client, model.ended, present
