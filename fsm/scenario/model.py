"""A scenario: the settings of a meeting, and its events with their expectations."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, Final, get_args

import attrs

from fsm.decode import FLATTEN, VALIDATOR, VALUE
from fsm.json_schema import LIMITS
from fsm.recording import Account, Choice, Event, MeetingSettings, Resolution
from fsm.recording.outcome import Command, CommandName
from fsm.recording.plan import (
    MAX_END_WHEN_EMPTY,
    MAX_GRACE,
    check_end_when_empty,
    check_grace,
)
from fsm.recording.rules import RuleId
from fsm.recording.vocabulary import (
    Kind,
    MeetingType,
    Reason,
    State,
    StopReason,
    Timer,
    check_complete,
)

MAX_WAIT = 31_536_000
"""The longest wait of a step, in seconds: a year."""


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
        grace: the seconds for which a cloud recording goes on after a leave that would stop it.
        end_when_empty: the seconds after which an empty meeting ends; ``None`` for never.
    """

    id: str = "m-1"
    type: MeetingType = "scheduled"
    grace: int = attrs.field(
        default=0,
        metadata={VALIDATOR: check_grace, LIMITS: {"minimum": 0, "maximum": MAX_GRACE}},
    )
    end_when_empty: int | None = attrs.field(
        default=None,
        metadata={
            VALIDATOR: check_end_when_empty,
            LIMITS: {"minimum": 1, "maximum": MAX_END_WHEN_EMPTY},
        },
    )


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
class ExpectedTimer:
    """An expected change of a timer. A field left out may have any value.

    Args:
        set: the timer that is set.
        after: the seconds after which it fires.
        cancel: the timer that is cancelled.
        up: the timer that fires during a wait.
    """

    set: Timer | Anything = ANY
    after: int | Anything = ANY
    cancel: Timer | Anything = ANY
    up: Timer | Anything = ANY


@attrs.frozen
class Expectation:
    """The expected result of a step. A field left out may have any value.

    Args:
        state: the state after the step.
        recorder: the recorder commands.
        timers: what becomes of timers.
        refused: the reason for a refusal; ``None`` for "not refused".
        rule: a rule that decides the step.
    """

    state: State | Anything = ANY
    recorder: tuple[ExpectedCommand, ...] | Anything = ANY
    timers: tuple[ExpectedTimer, ...] | Anything = ANY
    refused: Reason | Anything | None = ANY
    rule: RuleId | Anything = ANY


def specified(expected: Expectation | ExpectedCommand | ExpectedTimer) -> dict[str, Any]:
    """Returns the fields of an expectation that the file contains, by their names."""
    fields = attrs.asdict(expected, recurse=False)
    return {name: value for name, value in fields.items() if value is not ANY}


def _check_wait(_: Any, __: Any, seconds: float) -> None:
    # NaN compares with nothing, so it is not within the limits either.
    exact = 0 <= seconds <= MAX_WAIT and Decimal(str(seconds)) * 1000 % 1 == 0
    if not exact:
        raise ValueError(
            f"a wait must be 0 to {MAX_WAIT:,} seconds with at most three decimals, not {seconds}"
        )


@attrs.frozen
class Wait:
    """Time passes. It is no event. Timers that are due by its end fire, the earliest first."""

    trigger: ClassVar[str] = "wait"
    seconds: float = attrs.field(
        validator=_check_wait,
        # Not "multipleOf": validators divide by 0.001 in floating point, and refuse 0.043.
        metadata={VALUE: True, LIMITS: {"minimum": 0, "maximum": MAX_WAIT}},
    )

    @property
    def milliseconds(self) -> int:
        """The length of the wait in milliseconds."""
        return int(Decimal(str(self.seconds)) * 1000)


@attrs.frozen
class StepDocument:
    """A step as written in a scenario file.

    Args:
        event: the event, or a wait.
        expect: the expected result.
    """

    event: Event | Wait = attrs.field(metadata={FLATTEN: True})
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

    @property
    def settings(self) -> MeetingSettings:
        """The settings of the meeting."""
        meeting = self.meeting or MeetingInfo()
        return MeetingSettings(
            self.account, self.user, self.booking,
            meeting.type, meeting.grace, meeting.end_when_empty,
        )  # fmt: skip


@attrs.frozen
class Step:
    """A step of a scenario.

    Args:
        event: the event, or a wait.
        written: the event as written in the file.
        expect: the expected result.
        line: its line in the file.
    """

    event: Event | Wait
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
