"""Reachability of the rows of the recording machine under one plan.

Binding the guards that depend on the plan is not enough: where a host may not pause, a
cloud recording is never paused, so no row of a paused cloud recording is reachable either.
That follows from the machine as a whole, so the machine is explored here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import attrs

from fsm.engine.explore import explore
from fsm.engine.state_space import StateSpace
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

# Two participants reach every row, because no guard counts further than "the last one".
_PARTICIPANTS = ("a", "b")
_ROLES: tuple[Role, ...] = ("host", "member")
_PLATFORMS: tuple[Platform, ...] = ("windows", "ios", "web")


def reachable_rows(plan: Plan, participants: tuple[str, ...] = _PARTICIPANTS) -> frozenset[Any]:
    """Returns the definitions of all rows that some meeting under a plan takes.

    Args:
        plan: the plan of the meetings.
        participants: the ids of the participants who may join.
    """
    events = [(event.trigger, event) for event in _events(participants)]
    space: StateSpace[RecordingModel] = StateSpace(
        events=lambda model, memory: events,
        copy=lambda model: attrs.evolve(model, present=dict(model.present)),
        key=_identity,
    )
    found = explore(RECORDING.table, [(RecordingModel(plan), None)], space)
    return frozenset(row.definition for row in found.taken)


def _events(participants: tuple[str, ...]) -> Iterator[Event]:
    yield End()
    yield RecorderFailed()
    for user in participants:
        yield from (Join(user, role, platform) for role in _ROLES for platform in _PLATFORMS)
        yield Leave(user)
        yield from (ChangeRole(user, role) for role in _ROLES)
        yield from (Start(user, kind) for kind in KINDS)
        yield from (Pause(user), Resume(user), Stop(user))


def _identity(model: RecordingModel, _: None) -> Hashable:
    present = frozenset(model.present.values())
    return model.state, model.kind, model.client, model.ended, present
