"""The simulation of a meeting: a scenario played to its last step, with what a page shows of it.

The page sends the whole scenario with each click, and the machine decides it anew. So a simulation
needs no memory, and a link that holds the scenario is all that it takes to show it elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from fsm.diagrams.catalogue import plan_diagram
from fsm.engine import Explanation
from fsm.recording import Meeting, Resolution
from fsm.recording.timers import describe_timer
from fsm.recording.vocabulary import Kind, Platform, Reason, Role, State, Timer
from fsm.scenario import Scenario, open_meeting
from fsm.scenario.model import Wait
from fsm.scenario.play import Player, commands_data, differences

MAX_STEPS: Final = 1_000
"""The maximum number of steps of a simulated scenario."""
MAX_PERMISSIONS: Final = 100
"""The number of participants, the last to join, whose permissions a simulation shows."""


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
        timers: what became of timers.
        unexpected: a sentence for each expectation that does not hold.
        why: the decision as a sentence; null for a wait.
        taken: the numbers of the transitions that were taken, in the diagram of the plan.
        attempts: the transitions that were tried before, or in vain.
        at: the milliseconds that have passed since the meeting opened.
    """

    step: int
    event: dict[str, Any]
    before: State
    state: State
    recorder: tuple[dict[str, Any], ...]
    refused: Reason | None
    rules: tuple[str, ...]
    timers: tuple[dict[str, Any], ...]
    unexpected: tuple[str, ...]
    why: str | None
    taken: tuple[int, ...]
    attempts: tuple[SimulatedAttempt, ...]
    at: int


@attrs.frozen
class SimulatedPermission:
    """Whether a participant may give a command now.

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
        steps: the steps after those that were not asked for.
        situation: the meeting after the last step.
    """

    resolution: Resolution
    steps: tuple[SimulatedStep, ...]
    situation: Situation


def simulate(scenario: Scenario, after: int = 0) -> Simulation:
    """Plays a scenario.

    Args:
        scenario: the scenario.
        after: the number of steps that the caller knows already, and that are left out.
    """
    meeting = open_meeting(scenario)
    player = Player(meeting)
    numbers = _transition_numbers(meeting)
    steps = tuple(_steps(scenario, player, numbers, after))
    return Simulation(scenario.resolve(), steps, _situation(player))


def _transition_numbers(meeting: Meeting) -> Mapping[Any, int]:
    """Returns the number of each transition in the diagram of a plan, by its definitions."""
    transitions = plan_diagram(meeting.plan).transitions
    return {
        definition: number
        for number, transition in enumerate(transitions)
        for definition in transition.definitions
    }


def _steps(
    scenario: Scenario, player: Player, numbers: Mapping[Any, int], after: int
) -> Iterator[SimulatedStep]:
    for number, step in enumerate(scenario.steps, start=1):
        event = step.event
        if number <= after:
            player.play(event)
            continue
        # An explanation describes the meeting before the decision is taken.
        why = None if isinstance(event, Wait) else player.meeting.why(event)
        outcome, timers, decided = player.play(event)
        taken = (each.row.definition for each in decided if each.row is not None)
        yield SimulatedStep(
            number, step.written, outcome.before, outcome.state,
            tuple(commands_data(outcome)), outcome.refused, outcome.rules, timers,
            tuple(text for _, text in differences(step.expect, outcome, timers)),
            None if why is None else str(why),
            tuple(numbers[each] for each in taken if each in numbers),
            tuple(_attempts(why, numbers)), player.now,
        )  # fmt: skip


def _attempts(why: Explanation | None, numbers: Mapping[Any, int]) -> Iterator[SimulatedAttempt]:
    for attempt in () if why is None else why.attempts:
        number = numbers.get(attempt.row.definition)
        if attempt.failed is not None and number is not None:
            yield SimulatedAttempt(number, attempt.failed.guard.label)


def _situation(player: Player) -> Situation:
    meeting = player.meeting
    shown = list(meeting.present)[-MAX_PERMISSIONS:]
    return Situation(
        meeting.state, meeting.kind, meeting.client, meeting.ended, player.now,
        tuple(
            SimulatedParticipant(
                id_, participant.role, participant.platform,
                _permissions(meeting, id_) if id_ in shown else {},
            )
            for id_, participant in meeting.present.items()
        ),
        tuple(
            RunningTimer(timer, remaining, describe_timer(timer, meeting.plan, remaining))
            for timer, remaining in player.remaining().items()
        ),
    )  # fmt: skip


def _permissions(meeting: Meeting, participant: str) -> dict[str, SimulatedPermission]:
    permissions = {}
    for name, permission in meeting.allowed(participant).items():
        event = permission.event
        why = None if permission.allowed else str(meeting.why(event))
        permissions[name] = SimulatedPermission(
            permission.allowed, permission.refused, why, {event.trigger: attrs.asdict(event)}
        )
    return permissions
