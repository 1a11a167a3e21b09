"""Playing a scenario: each event, its outcome, and whether that was expected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from fsm.engine import Explanation, Refusal, Row
from fsm.recording import RECORDING, Meeting, Outcome
from fsm.scenario.model import ExpectedCommand, Scenario, Step


@attrs.frozen
class Played:
    """One step as it was played.

    Args:
        number: the number of the step, counted from 1.
        step: the step.
        outcome: what the machine answered.
        row: the row that was taken; ``None`` where the event was refused.
        why: the answer explained.
        unexpected: each expectation that did not hold, in words.
    """

    number: int
    step: Step
    outcome: Outcome
    row: Row | None
    why: Explanation
    unexpected: tuple[str, ...]


def play(scenario: Scenario, meeting: Meeting) -> Iterator[Played]:
    """Play a scenario step by step.

    Args:
        scenario: what happens.
        meeting: the meeting it happens to: a new one under the scenario's plan.
    """
    for number, step in enumerate(scenario.steps, start=1):
        decision = RECORDING.decide(meeting, step.event.trigger, step.event)
        why = meeting.why(step.event)
        outcome = meeting.handle(step.event)
        row = None if isinstance(decision, Refusal) else decision
        yield Played(number, step, outcome, row, why, tuple(_unexpected(step, outcome)))


def opened(scenario: Scenario) -> Meeting:
    """Open the meeting of a scenario."""
    return Meeting(scenario.resolve().plan)


def commands(outcome: Outcome) -> list[dict[str, Any]]:
    """Return the recorder commands of an outcome as plain data."""
    return [
        {"command": each.command, **attrs.asdict(each)}  # the name is the class's, not a field
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
        told = commands(outcome)
        wanted = [_wanted(command) for command in expect.recorder]
        matches = len(told) == len(wanted) and all(
            want.items() <= got.items() for want, got in zip(wanted, told, strict=True)
        )
        if not matches:
            yield f"recorder is told {in_words(told)}, expected {in_words(wanted)}"


def _wanted(command: ExpectedCommand) -> dict[str, Any]:
    return {name: getattr(command, name) for name in sorted(command.given)}


def in_words(told: list[dict[str, Any]]) -> str:
    """Return recorder commands as a reader would say them.

    >>> in_words([{"command": "start", "kind": "local", "client": "alice"}])
    'start local alice'
    """
    return (
        ", ".join(
            " ".join(
                str(command[name])
                for name in ("command", "kind", "client", "reason")
                if command.get(name) is not None
            )
            for command in told
        )
        or "nothing"
    )
