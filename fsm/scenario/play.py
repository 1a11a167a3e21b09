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
from fsm.translation import ENGLISH, Translator


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


def play(
    scenario: Scenario,
    meeting: Meeting,
    *,
    explained: bool = False,
    translate: Translator = ENGLISH,
) -> Iterator[PlayedStep]:
    """Plays a scenario step by step. Time passes only in waits.

    Args:
        scenario: the scenario.
        meeting: a new meeting under the scenario's plan.
        explained: whether each step carries its explanation, for people.
        translate: the translation of sentences about expectations.
    """
    player = Player(meeting)
    for number, step in enumerate(scenario.steps, start=1):
        event = step.event
        # An explanation describes the meeting before the decision is taken.
        why = meeting.why(event) if explained and not isinstance(event, Wait) else None
        outcome, timers, decided = player.play(event)
        unexpected = tuple(
            sentence for _, sentence in differences(step.expect, outcome, timers, translate)
        )
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
    expect: Expectation,
    outcome: Outcome,
    timers: tuple[dict[str, Any], ...],
    translate: Translator = ENGLISH,
) -> Iterator[tuple[str, str]]:
    """Yields each key of an expectation that does not hold, with a sentence about it.

    Args:
        expect: the expectation.
        outcome: the outcome.
        timers: what became of timers.
        translate: the translation of the sentences.
    """
    expected = specified(expect)
    if expected.get("state", outcome.state) != outcome.state:
        states = {
            name: translate.name("state", state)
            for name, state in (("state", outcome.state), ("expected", expected["state"]))
        }
        yield "state", translate.fill("state is {state}, expected {expected}", **states)
    if expected.get("refused", outcome.refused) != outcome.refused:
        answer = _answer(outcome.refused, translate)
        wanted = _answer(expected["refused"], translate)
        yield (
            "refused",
            translate.fill("it was {answer}, expected {expected}", answer=answer, expected=wanted),
        )
    if "rule" in expected and expected["rule"] not in outcome.rules:
        rules = translate(", ").join(outcome.rules) or translate("none")
        yield (
            "rule",
            translate.fill(
                "rules are {rules}, expected {expected}", rules=rules, expected=expected["rule"]
            ),
        )
    if "recorder" in expected:
        actual = commands_data(outcome)
        commands = [specified(command) for command in expected["recorder"]]
        if not _match(commands, actual):
            yield (
                "recorder",
                translate.fill(
                    "recorder gets {commands}, expected {expected}",
                    commands=describe_commands(actual, translate),
                    expected=describe_commands(commands, translate),
                ),
            )
    if "timers" in expected:
        changes = [specified(change) for change in expected["timers"]]
        if not _match(changes, timers):
            yield (
                "timers",
                translate.fill(
                    "timers: {changes}, expected {expected}",
                    changes=describe_timers(timers, translate),
                    expected=describe_timers(changes, translate),
                ),
            )


def _match(expected: list[dict[str, Any]], actual: Any) -> bool:
    return len(actual) == len(expected) and all(
        fields.items() <= item.items() for fields, item in zip(expected, actual, strict=True)
    )


def _answer(refused: str | None, translate: Translator) -> str:
    if refused is None:
        return translate("accepted")
    return translate.fill("refused: {reason}", reason=translate.name("reason", refused))


_VOCABULARIES = {"command": "command", "kind": "kind", "reason": "stop_reason"}
"""The vocabularies of the fields of recorder commands; a client has an id of its own."""


def describe_commands(commands: list[dict[str, Any]], translate: Translator = ENGLISH) -> str:
    """Describes recorder commands in words.

    Args:
        commands: the commands, as plain data.
        translate: the translation of the words.

    >>> describe_commands([{"command": "start", "kind": "local", "client": "alice"}])
    'start local alice'
    """
    texts = (
        " ".join(
            translate.name(_VOCABULARIES[field], value) if field in _VOCABULARIES else str(value)
            for field, value in command.items()
            if value is not None
        )
        for command in commands
    )
    return translate(", ").join(texts) or translate("nothing")


def describe_timers(changes: Any, translate: Translator = ENGLISH) -> str:
    """Describes what became of timers in words.

    Args:
        changes: the changes, as plain data.
        translate: the translation of the words.

    >>> describe_timers([{"cancel": "empty"}, {"set": "grace", "after": 10}, {"up": "grace"}])
    'cancel empty, set grace after 10 s, grace is up'
    """
    texts = (_describe_timer_change(change, translate) for change in changes)
    return translate(", ").join(texts) or translate("nothing")


def _describe_timer_change(change: dict[str, Any], translate: Translator) -> str:
    match change:
        case {"set": timer, "after": seconds}:
            return translate.fill(
                "set {timer} after {duration}",
                timer=translate.name("timer", timer), duration=translate.duration(seconds),
            )  # fmt: skip
        case {"cancel": timer}:
            return translate.fill("cancel {timer}", timer=translate.name("timer", timer))
        case {"set": timer}:
            return translate.fill("set {timer}", timer=translate.name("timer", timer))
        case {"up": timer}:
            return translate.fill("{timer} is up", timer=translate.name("timer", timer))
        case {"after": seconds}:
            return translate.fill("after {duration}", duration=translate.duration(seconds))
        case _:
            return translate("anything")
