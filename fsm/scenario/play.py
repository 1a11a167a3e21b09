"""Playing a scenario: the outcome of each event, compared with its expectation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from fsm.engine import Explanation, Refusal, Row
from fsm.recording import Meeting, Outcome
from fsm.scenario.model import Expectation, Scenario, Step, specified


@attrs.frozen
class PlayedStep:
    """A played step.

    Args:
        number: its number, counted from 1.
        step: the step.
        outcome: the outcome of its event.
        row: the row that was taken; ``None`` if the event was refused.
        why: the explanation of the decision; ``None`` unless the scenario is played with it.
        unexpected: a sentence for each expectation that does not hold.
    """

    number: int
    step: Step
    outcome: Outcome
    row: Row | None
    why: Explanation | None
    unexpected: tuple[str, ...]


def play(scenario: Scenario, meeting: Meeting, *, explained: bool = False) -> Iterator[PlayedStep]:
    """Plays a scenario step by step.

    Args:
        scenario: the scenario.
        meeting: a new meeting under the scenario's plan.
        explained: whether each step carries its explanation, for people.
    """
    for number, step in enumerate(scenario.steps, start=1):
        decision = meeting.decide(step.event)
        # An explanation describes the meeting before the decision is taken.
        why = meeting.why(step.event) if explained else None
        outcome = meeting.take(decision, step.event)
        row = None if isinstance(decision, Refusal) else decision
        unexpected = tuple(sentence for _, sentence in differences(step.expect, outcome))
        yield PlayedStep(number, step, outcome, row, why, unexpected)


def open_meeting(scenario: Scenario) -> Meeting:
    """Opens the meeting of a scenario."""
    return Meeting(scenario.resolve().plan)


def commands_data(outcome: Outcome) -> list[dict[str, Any]]:
    """Returns the recorder commands of an outcome as plain data."""
    return [
        # The name of a command is a class variable, not a field.
        {"command": command.command, **attrs.asdict(command)}
        for command in outcome.recorder
    ]


def differences(expect: Expectation, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yields each key of an expectation that does not hold, with a sentence about it.

    Args:
        expect: the expectation.
        outcome: the outcome.
    """
    expected = specified(expect)
    if expected.get("state", outcome.state) != outcome.state:
        yield "state", f"state is {outcome.state}, expected {expected['state']}"
    if expected.get("refused", outcome.refused) != outcome.refused:
        answer, wanted = _answer(outcome.refused), _answer(expected["refused"])
        yield "refused", f"it was {answer}, expected {wanted}"
    if "rule" in expected and expected["rule"] not in outcome.rules:
        rules = ", ".join(outcome.rules) or "none"
        yield "rule", f"rules are {rules}, expected {expected['rule']}"
    if "recorder" in expected:
        actual = commands_data(outcome)
        commands = [specified(command) for command in expected["recorder"]]
        matches = len(actual) == len(commands) and all(
            fields.items() <= command.items()
            for fields, command in zip(commands, actual, strict=True)
        )
        if not matches:
            gets = describe_commands(actual)
            yield "recorder", f"recorder gets {gets}, expected {describe_commands(commands)}"


def _answer(refused: str | None) -> str:
    return "accepted" if refused is None else f"refused: {refused}"


def describe_commands(commands: list[dict[str, Any]]) -> str:
    """Describes recorder commands in words.

    >>> describe_commands([{"command": "start", "kind": "local", "client": "alice"}])
    'start local alice'
    """
    return (
        ", ".join(
            " ".join(str(value) for value in command.values() if value is not None)
            for command in commands
        )
        or "nothing"
    )
