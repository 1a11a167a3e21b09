"""A scenario: an account, a meeting, and what happens in it."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from fsm.recording import Account, Choice, Event, Resolution, resolve
from fsm.recording.rules import RuleId
from fsm.recording.vocabulary import Kind, MeetingType, Reason, State, StopReason

NULLABLE = ("refused", "client")
"""What may be expected to be nothing: that it is not refused, that no client records."""


@attrs.frozen
class MeetingInfo:
    """The meeting of a scenario.

    Args:
        id: its id.
        type: its type.
    """

    id: str = "m-1"
    type: MeetingType = "scheduled"


@attrs.frozen
class ExpectedCommand:
    """A recorder command that is expected; what is not given may be anything.

    Args:
        command: its name.
        given: the further parts that were given, by name.
    """

    command: Literal["start", "pause", "resume", "stop"]
    kind: Kind | None = None
    client: str | None = None
    reason: StopReason | None = None
    given: frozenset[str] = frozenset()


@attrs.frozen
class Expectation:
    """What a step is expected to do; what is not given may be anything.

    Args:
        state: the state after it.
        recorder: the recorder commands.
        refused: why it is refused; ``None`` for "it is not".
        rule: a rule that decides it.
        given: the parts that were given, by name.
    """

    state: State | None = None
    recorder: tuple[ExpectedCommand, ...] = ()
    refused: Reason | None = None
    rule: RuleId | None = None
    given: frozenset[str] = frozenset()


@attrs.frozen
class Step:
    """One event of a scenario.

    Args:
        event: the event.
        written: the event as the file has it.
        expect: what it is expected to do.
        line: the line of the file it stands on.
    """

    event: Event
    written: dict[str, Any]
    expect: Expectation
    line: int


@attrs.frozen
class Scenario:
    """One document of a scenario file.

    Args:
        title: what it shows.
        account: the organiser's account.
        user: the organiser's own setting.
        booking: what was picked for this meeting.
        meeting: the meeting.
        steps: what happens in it.
        file: the file it came from, as it was named.
        document: its number in that file, counted from 1.
    """

    title: str
    account: Account
    user: Choice | None = None
    booking: Choice | None = None
    meeting: MeetingInfo = MeetingInfo()
    steps: tuple[Step, ...] = ()
    file: str = "-"
    document: int = 1

    def resolve(self) -> Resolution:
        """Return how its plan comes about."""
        return resolve(self.account, self.user, self.booking, self.meeting.type)
