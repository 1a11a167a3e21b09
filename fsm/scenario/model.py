"""A scenario: the settings of a meeting, and its events with their expectations."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from fsm.recording import Event, MeetingSettings, Resolution
from fsm.recording.rules import RuleId
from fsm.recording.vocabulary import Kind, MeetingType, Reason, State, StopReason

NULLABLE = ("refused", "client")
"""The expectations that may be null: no refusal, no recording client."""


@attrs.frozen
class MeetingInfo:
    """The meeting of a scenario, as written in the file.

    Args:
        id: its id.
        type: its type.
    """

    id: str = "m-1"
    type: MeetingType = "scheduled"


@attrs.frozen
class ExpectedCommand:
    """An expected recorder command. A field left out may have any value.

    Args:
        command: its name.
        specified: the names of the fields in the file.
    """

    command: Literal["start", "pause", "resume", "stop"]
    kind: Kind | None = None
    client: str | None = None
    reason: StopReason | None = None
    specified: frozenset[str] = frozenset()


@attrs.frozen
class Expectation:
    """The expected result of a step. A field left out may have any value.

    Args:
        state: the state after the step.
        recorder: the recorder commands.
        refused: the reason for a refusal; ``None`` for "not refused".
        rule: a rule that decides the step.
        specified: the names of the fields in the file.
    """

    state: State | None = None
    recorder: tuple[ExpectedCommand, ...] = ()
    refused: Reason | None = None
    rule: RuleId | None = None
    specified: frozenset[str] = frozenset()


@attrs.frozen
class Step:
    """A step of a scenario.

    Args:
        event: the event.
        written: the event as written in the file.
        expect: the expected result.
        line: its line in the file.
    """

    event: Event
    written: dict[str, Any]
    expect: Expectation
    line: int


@attrs.frozen
class Scenario:
    """A document of a scenario file.

    Args:
        title: its title.
        settings: the settings of the meeting.
        meeting: the id of the meeting.
        steps: its steps, in order.
        file: the name of its file, as the user gave it.
        document: its number in that file, counted from 1.
    """

    title: str
    settings: MeetingSettings
    meeting: str = "m-1"
    steps: tuple[Step, ...] = ()
    file: str = "-"
    document: int = 1

    def resolve(self) -> Resolution:
        """Resolves its plan, with the reason for each part."""
        return self.settings.resolve()
