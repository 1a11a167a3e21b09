"""Playing a scenario: the outcome of each step, compared with its expectation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from fsm.engine import Explanation, Refusal, Row
from fsm.recording import Event, Meeting, Outcome, TimeUp
from fsm.recording.outcome import timers_data
from fsm.recording.timers import NOTHING_DUE, due_after, next_due
from fsm.recording.vocabulary import Timer
from fsm.scenario.model import Expectation, Scenario, Step, Wait, specified


@attrs.frozen
class DecidedEvent:
    """An event of a step with its outcome. A wait has one for each timer that fires.

    Args:
        event: the event.
        outcome: its outcome.
        row: the row that was taken; ``None`` if the event was refused.
    """

    event: Event
    outcome: Outcome
    row: Row | None


@attrs.frozen
class PlayedStep:
    """A played step.

    Args:
        number: its number, counted from 1.
        step: the step.
        outcome: its outcome; that of a wait has everything that the timers did.
        timers: what became of timers, as plain data.
        decided: the events of the step.
        why: the explanation of the decision; ``None`` for a wait, and unless the scenario is
            played with it.
        remaining: the milliseconds until each timer that runs after the step is due.
        unexpected: a sentence for each expectation that does not hold.
    """

    number: int
    step: Step
    outcome: Outcome
    timers: tuple[dict[str, Any], ...]
    decided: tuple[DecidedEvent, ...]
    why: Explanation | None
    remaining: Mapping[Timer, int]
    unexpected: tuple[str, ...]


def play(scenario: Scenario, meeting: Meeting, *, explained: bool = False) -> Iterator[PlayedStep]:
    """Plays a scenario step by step. Time passes only in waits.

    Args:
        scenario: the scenario.
        meeting: a new meeting under the scenario's plan.
        explained: whether each step carries its explanation, for people.
    """
    player = Player(meeting)
    for number, step in enumerate(scenario.steps, start=1):
        event = step.event
        # An explanation describes the meeting before the decision is taken.
        why = meeting.why(event) if explained and not isinstance(event, Wait) else None
        outcome, timers, decided = player.play(event)
        unexpected = tuple(sentence for _, sentence in differences(step.expect, outcome, timers))
        yield PlayedStep(
            number, step, outcome, timers, decided, why, player.remaining(), unexpected
        )


class Player:
    """A meeting on which a scenario is played, with a clock of its own.

    Args:
        meeting: the new meeting.

    Attributes:
        now: the milliseconds that have passed since the meeting opened.
    """

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting
        self.now = 0
        self._due = NOTHING_DUE

    def play(
        self, event: Event | Wait
    ) -> tuple[Outcome, tuple[dict[str, Any], ...], tuple[DecidedEvent, ...]]:
        """Plays an event or a wait; returns its outcome, what became of timers, and its events."""
        before = self.meeting.state
        decided = tuple(self._wait(event) if isinstance(event, Wait) else self._handle(event))
        return *_together(before, self.meeting.state, event, decided), decided

    def remaining(self) -> Mapping[Timer, int]:
        """Returns the milliseconds until each running timer is due."""
        return {timer: moment - self.now for timer, moment in self._due.items()}

    def _handle(self, event: Event) -> Iterator[DecidedEvent]:
        decision = self.meeting.decide(event)
        outcome = self.meeting.take(decision, event)
        self._due = due_after(self._due, event, outcome, self.now)
        yield DecidedEvent(event, outcome, None if isinstance(decision, Refusal) else decision)

    def _wait(self, wait: Wait) -> Iterator[DecidedEvent]:
        end = self.now + wait.milliseconds
        while (first := next_due(self._due)) and first[0] <= end:
            self.now, timer = first
            [firing] = self._handle(TimeUp(timer, self.meeting.timers[timer].set))
            if firing.outcome.refused is None:
                yield firing
            else:
                # A table without a row for it: it must not be due for ever.
                self._due = {name: due for name, due in self._due.items() if name != timer}
        self.now = end


def _together(
    before: Any, after: Any, event: Event | Wait, decided: tuple[DecidedEvent, ...]
) -> tuple[Outcome, tuple[dict[str, Any], ...]]:
    """Returns the outcome of all events of a step, and what became of timers."""
    if not isinstance(event, Wait):
        [only] = decided
        return only.outcome, tuple(timers_data(only.outcome))
    outcome = Outcome(
        before,
        after,
        tuple(command for each in decided for command in each.outcome.recorder),
        tuple(dict.fromkeys(rule for each in decided for rule in each.outcome.rules)),
        timers=tuple(change for each in decided for change in each.outcome.timers),
    )
    timers: list[dict[str, Any]] = []
    for each in decided:
        assert isinstance(each.event, TimeUp)
        timers += [{"up": each.event.timer}, *timers_data(each.outcome)]
    return outcome, tuple(timers)


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


def differences(
    expect: Expectation, outcome: Outcome, timers: tuple[dict[str, Any], ...]
) -> Iterator[tuple[str, str]]:
    """Yields each key of an expectation that does not hold, with a sentence about it.

    Args:
        expect: the expectation.
        outcome: the outcome.
        timers: what became of timers.
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
        if not _match(commands, actual):
            gets = describe_commands(actual)
            yield "recorder", f"recorder gets {gets}, expected {describe_commands(commands)}"
    if "timers" in expected:
        changes = [specified(change) for change in expected["timers"]]
        if not _match(changes, timers):
            happened = describe_timers(timers)
            yield "timers", f"timers: {happened}, expected {describe_timers(changes)}"


def _match(expected: list[dict[str, Any]], actual: Any) -> bool:
    return len(actual) == len(expected) and all(
        fields.items() <= item.items() for fields, item in zip(expected, actual, strict=True)
    )


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


def describe_timers(changes: Any) -> str:
    """Describes what became of timers in words.

    >>> describe_timers([{"cancel": "empty"}, {"set": "grace", "after": 10}, {"up": "grace"}])
    'cancel empty, set grace after 10 s, grace is up'
    """
    words = []
    for change in changes:
        parts = [f"{name} {change[name]}" for name in ("cancel", "set") if name in change]
        parts += [f"after {change['after']} s"] if "after" in change else []
        parts += [f"{change['up']} is up"] if "up" in change else []
        words.append(" ".join(parts) or "anything")
    return ", ".join(words) or "nothing"
