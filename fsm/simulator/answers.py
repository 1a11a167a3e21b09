"""The answers of the simulator: each step, and the meeting after the last one."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.recording import Resolution
from fsm.recording.vocabulary import Kind, Platform, Reason, Role, State, Timer
from fsm.simulator.effects import IdleSetting
from fsm.translation import Translator


@attrs.frozen
class SimulatedAttempt:
    """A transition that was tried and not taken.

    Args:
        transition: its number in the diagram of the plan.
        guard: the label of the guard that failed.
    """

    transition: int
    guard: str


@attrs.frozen
class SimulatedStep:
    """A step with its answer.

    Args:
        step: its number, counted from 1.
        event: the event, or a wait, as in a scenario file.
        before: the state before the step.
        state: the state after it.
        recorder: the recorder commands, in order.
        refused: the reason of refusal; null if the event was accepted.
        rules: the ids of the rules that decided.
        no_more: the ids of the rules for which an accepted event changed the recording no further.
        timers: what became of timers.
        unexpected: a sentence for each expectation that does not hold.
        why: the decision as a sentence; null for a wait.
        taken: the numbers of the transitions that were taken, in the diagram of the plan.
        attempts: the transitions that were tried before, or in vain; if a precondition of the event
            failed, those that it kept from being tried.
        at: the milliseconds that have passed since the meeting opened.
    """

    step: int
    event: dict[str, Any]
    before: State
    state: State
    recorder: tuple[dict[str, Any], ...]
    refused: Reason | None
    rules: tuple[str, ...]
    no_more: tuple[str, ...]
    timers: tuple[dict[str, Any], ...]
    unexpected: tuple[str, ...]
    why: str | None
    taken: tuple[int, ...]
    attempts: tuple[SimulatedAttempt, ...]
    at: int


@attrs.frozen
class SimulatedPermission:
    """The permission of a participant to give a command now.

    Args:
        allowed: whether the participant may give it.
        refused: the reason for which it would be refused; null if it is allowed.
        why: the refusal as a sentence; null if it is allowed.
        event: the command as an event.
    """

    allowed: bool
    refused: Reason | None
    why: str | None
    event: dict[str, Any]


@attrs.frozen
class SimulatedParticipant:
    """A participant who is present.

    Args:
        id: the id.
        role: the role.
        platform: the platform.
        allowed: a permission for each command, by its name.
    """

    id: str
    role: Role
    platform: Platform
    allowed: dict[str, SimulatedPermission]


@attrs.frozen
class RunningTimer:
    """A timer that runs.

    Args:
        timer: its name.
        remaining: the milliseconds until it is due.
        means: what happens then, as a sentence.
    """

    timer: Timer
    remaining: int
    means: str


@attrs.frozen
class Situation:
    """A meeting after the last step.

    Args:
        state: the state of its recording.
        kind: the kind of the current recording; null if there is none.
        client: the client that records locally.
        ended: whether the meeting is over.
        at: the milliseconds that have passed since it opened.
        participants: the participants who are present, in the order of their joins.
        timers: the timers that run.
    """

    state: State
    kind: Kind | None
    client: str | None
    ended: bool
    at: int
    participants: tuple[SimulatedParticipant, ...]
    timers: tuple[RunningTimer, ...]


@attrs.frozen
class Simulation:
    """A simulated scenario.

    Args:
        resolution: the policy status, the booking form and the plan, with their reasons.
        idle_settings: the settings that have no effect beside the others.
        steps: the steps after those that were not asked for.
        situation: the meeting after the last step.
    """

    resolution: Resolution
    idle_settings: tuple[IdleSetting, ...]
    steps: tuple[SimulatedStep, ...]
    situation: Situation


def resolution_in(resolution: Resolution, translate: Translator) -> Resolution:
    """Returns a resolution with its reasons in a language."""
    return attrs.evolve(resolution, why=tuple(map(translate, resolution.why)))
