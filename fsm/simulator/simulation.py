"""The simulation of a meeting: a scenario played to its last step, with what a page shows of it.

The page sends the whole scenario with each click, and the machine decides it anew. So a simulation
needs no memory, and a link that holds the scenario is all that it takes to show it elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from fsm.diagrams.catalogue import plan_diagram
from fsm.diagrams.model import DiagramTransition
from fsm.engine import Explanation
from fsm.recording import Meeting
from fsm.recording.timers import describe_timer
from fsm.recording.vocabulary import Timer
from fsm.recording.why import missed_guards, rules_for_no_more
from fsm.scenario import Scenario, open_meeting
from fsm.scenario.model import Wait
from fsm.scenario.play import Player, commands_data, differences
from fsm.simulator.answers import (
    RunningTimer,
    SimulatedAttempt,
    SimulatedParticipant,
    SimulatedPermission,
    SimulatedStep,
    Simulation,
    Situation,
    resolution_in,
)
from fsm.simulator.effects import idle_settings
from fsm.translation import ENGLISH, Translator
from fsm.translation.explanations import explanation_text

MAX_PERMISSIONS: Final = 100
"""The number of participants, the last to join, whose permissions a simulation shows."""


def simulate(scenario: Scenario, after: int = 0, translate: Translator = ENGLISH) -> Simulation:
    """Plays a scenario.

    Args:
        scenario: the scenario.
        after: the number of steps that the caller knows already, and that are left out.
        translate: the translation of the sentences.
    """
    meeting = open_meeting(scenario)
    player = Player(meeting)
    transitions = plan_diagram(meeting.plan).transitions
    steps = tuple(_steps(scenario, player, transitions, after, translate))
    situation = situation_of(meeting, player.now, player.remaining(), translate)
    return Simulation(
        resolution_in(scenario.resolve(), translate), idle_settings(scenario.settings), steps,
        situation,
    )  # fmt: skip


def transition_numbers(transitions: Sequence[DiagramTransition]) -> Mapping[Any, int]:
    """Returns the number of each transition in its diagram, by its definitions."""
    return {
        definition: number
        for number, transition in enumerate(transitions)
        for definition in transition.definitions
    }


def _steps(
    scenario: Scenario,
    player: Player,
    transitions: Sequence[DiagramTransition],
    after: int,
    translate: Translator,
) -> Iterator[SimulatedStep]:
    numbers = transition_numbers(transitions)
    for number, step in enumerate(scenario.steps, start=1):
        event = step.event
        if number <= after:
            player.play(event)
            continue
        why: Explanation | None = None
        no_more: tuple[str, ...] = ()
        if isinstance(event, Wait):
            outcome, timers, decided = player.play(event)
        else:
            # An explanation describes the meeting before the decision is taken.
            why = player.meeting.why(event)
            outcome, timers, decided = player.play(event)
            no_more = rules_for_no_more(player.meeting.plan, event, outcome, missed_guards(why))
        taken = (each.row.definition for each in decided if each.row is not None)
        yield SimulatedStep(
            number, step.written, outcome.before, outcome.state,
            tuple(commands_data(outcome)), outcome.refused, outcome.rules,
            no_more, timers,
            tuple(text for _, text in differences(step.expect, outcome, timers, translate)),
            None if why is None else explanation_text(why, translate),
            tuple(numbers[each] for each in taken if each in numbers),
            () if why is None else tuple(attempts_in(why, transitions, numbers, translate)),
            player.now,
        )  # fmt: skip


def attempts_in(
    why: Explanation,
    transitions: Sequence[DiagramTransition],
    numbers: Mapping[Any, int],
    translate: Translator,
) -> Iterator[SimulatedAttempt]:
    """Yields the transitions that an explanation says were tried and not taken."""
    precondition = why.failed_precondition
    if precondition is not None:
        # No row was tried. The guard stands at each transition that it kept from being tried.
        for position, transition in enumerate(transitions):
            if (
                (transition.source, transition.trigger) == (why.state, why.trigger)
                and transition.target != transition.source
            ):  # fmt: skip
                yield SimulatedAttempt(position, translate(precondition.guard.label))
    for attempt in why.attempts:
        number = numbers.get(attempt.row.definition)
        if attempt.failed is not None and number is not None:
            yield SimulatedAttempt(number, translate(attempt.failed.guard.label))


def situation_of(
    meeting: Meeting, at: int, remaining: Mapping[Timer, int], translate: Translator
) -> Situation:
    """Returns what a page shows of a meeting.

    Args:
        meeting: the meeting.
        at: the milliseconds that have passed since it opened.
        remaining: the milliseconds until each running timer is due.
        translate: the translation of the sentences.
    """
    shown = list(meeting.present)[-MAX_PERMISSIONS:]
    return Situation(
        meeting.state, meeting.kind, meeting.client, meeting.ended, at,
        tuple(
            SimulatedParticipant(
                id_, participant.role, participant.platform,
                _permissions(meeting, id_, translate) if id_ in shown else {},
            )
            for id_, participant in meeting.present.items()
        ),
        tuple(
            RunningTimer(timer, rest, translate(describe_timer(timer, meeting.plan, rest)))
            for timer, rest in remaining.items()
        ),
    )  # fmt: skip


def _permissions(
    meeting: Meeting, participant: str, translate: Translator
) -> dict[str, SimulatedPermission]:
    permissions = {}
    for name, permission in meeting.allowed(participant).items():
        event = permission.event
        why = None if permission.allowed else explanation_text(meeting.why(event), translate)
        permissions[name] = SimulatedPermission(
            permission.allowed, permission.refused, why, {event.trigger: attrs.asdict(event)}
        )
    return permissions
