"""A scenario: the settings of a meeting, and its events with their expectations."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, get_args

import attrs

from fsm.decode import FLATTEN
from fsm.recording import Account, Choice, Event, MeetingSettings, Resolution
from fsm.recording.outcome import Command, CommandName
from fsm.recording.rules import RuleId
from fsm.recording.vocabulary import (
    Kind,
    MeetingType,
    Reason,
    State,
    StopReason,
    check_complete,
)


class Anything(Enum):
    """The type of :data:`ANY`."""

    ANY = "any"


ANY: Final = Anything.ANY
"""The expectation of a field that the file leaves out: it may have any value."""


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
    """

    command: CommandName
    kind: Kind | Anything = ANY
    client: str | Anything | None = ANY
    reason: StopReason | Anything = ANY


check_complete(
    attrs.fields_dict(ExpectedCommand),
    (field.name for command in get_args(Command) for field in attrs.fields(command)),
    "ExpectedCommand in fsm/scenario/model.py", "the field",
)  # fmt: skip


@attrs.frozen
class Expectation:
    """The expected result of a step. A field left out may have any value.

    Args:
        state: the state after the step.
        recorder: the recorder commands.
        refused: the reason for a refusal; ``None`` for "not refused".
        rule: a rule that decides the step.
    """

    state: State | Anything = ANY
    recorder: tuple[ExpectedCommand, ...] | Anything = ANY
    refused: Reason | Anything | None = ANY
    rule: RuleId | Anything = ANY


def specified(expected: Expectation | ExpectedCommand) -> dict[str, Any]:
    """Returns the fields of an expectation that the file contains, by their names."""
    fields = attrs.asdict(expected, recurse=False)
    return {name: value for name, value in fields.items() if value is not ANY}


@attrs.frozen
class StepDocument:
    """A step as written in a scenario file.

    Args:
        event: the event.
        expect: the expected result.
    """

    event: Event = attrs.field(metadata={FLATTEN: True})
    expect: Expectation | None = None


@attrs.frozen
class ScenarioDocument:
    """An account, a meeting, and its events.

    Args:
        title: the title; by default the name of the file.
    """

    account: Account
    title: str | None = None
    user: Choice | None = None
    booking: Choice | None = None
    meeting: MeetingInfo | None = None
    events: tuple[StepDocument, ...] | None = None


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
