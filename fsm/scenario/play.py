"""Playing a scenario: the outcome of each event, compared with its expectation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from fsm.engine import Explanation, Refusal, Row
from fsm.recording import RECORDING, Meeting, Outcome
from fsm.scenario.model import ExpectedCommand, Scenario, Step


@attrs.frozen
class PlayedStep:
    """A played step.

    Args:
        number: its number, counted from 1.
        step: the step.
        outcome: the outcome of its event.
        row: the row that was taken; ``None`` if the event was refused.
        why: the explanation of the decision.
        unexpected: a sentence for each expectation that does not hold.
    """

    number: int
    step: Step
    outcome: Outcome
    row: Row | None
    why: Explanation
    unexpected: tuple[str, ...]


def play(scenario: Scenario, meeting: Meeting) -> Iterator[PlayedStep]:
    """Plays a scenario step by step.

    Args:
        scenario: the scenario.
        meeting: a new meeting under the scenario's plan.
    """
    for number, step in enumerate(scenario.steps, start=1):
        decision = RECORDING.decide(meeting, step.event.trigger, step.event)
        why = meeting.why(step.event)
        outcome = meeting.handle(step.event)
        row = None if isinstance(decision, Refusal) else decision
        yield PlayedStep(number, step, outcome, row, why, tuple(_unexpected(step, outcome)))


def open_meeting(scenario: Scenario) -> Meeting:
    """Opens the meeting of a scenario."""
    return Meeting(scenario.resolve().plan)


def commands_data(outcome: Outcome) -> list[dict[str, Any]]:
    """Returns the recorder commands of an outcome as plain data."""
    return [
        {"command": each.command, **attrs.asdict(each)}  # the name is a class variable, not a field
        for each in outcome.recorder
    ]


def _unexpected(step: Step, outcome: Outcome) -> Iterator[str]:
    expect = step.expect
    if "state" in expect.given and expect.state != outcome.state:
        yield f"state is {outcome.state}, expected {expect.state}"
    if "refused" in expect.given and expect.refused != outcome.refused:
        yield f"refused is {outcome.refused}, expected {expect.refused}"
    if "rule" in expect.given and expect.rule not in outcome.rules:
        yield f"rules are {', '.join(outcome.rules) or 'none'}, expected {expect.rule}"
    if "recorder" in expect.given:
        actual = commands_data(outcome)
        expected = [_expected(command) for command in expect.recorder]
        matches = len(actual) == len(expected) and all(
            want.items() <= got.items() for want, got in zip(expected, actual, strict=True)
        )
        if not matches:
            wanted = describe_commands(expected)
            yield f"recorder gets {describe_commands(actual)}, expected {wanted}"


def _expected(command: ExpectedCommand) -> dict[str, Any]:
    return {name: getattr(command, name) for name in sorted(command.given)}


def describe_commands(commands: list[dict[str, Any]]) -> str:
    """Describes recorder commands in words.

    >>> describe_commands([{"command": "start", "kind": "local", "client": "alice"}])
    'start local alice'
    """
    return (
        ", ".join(
            " ".join(
                str(command[name])
                for name in ("command", "kind", "client", "reason")
                if command.get(name) is not None
            )
            for command in commands
        )
        or "nothing"
    )
