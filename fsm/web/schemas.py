"""Schemas of request and response bodies, as attrs classes."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

import attrs

from fsm.decode import FLATTEN, RESERVED, VALIDATOR
from fsm.recording import (
    Account,
    Change,
    Choice,
    Command,
    Event,
    EventExplanation,
    Form,
    Permission,
    TimerChange,
)
from fsm.recording.events import ReportedEvent, TimeUp
from fsm.recording.outcome import timers_data
from fsm.recording.plan import (
    MAX_END_WHEN_EMPTY,
    MAX_GRACE,
    check_end_when_empty,
    check_grace,
)
from fsm.recording.vocabulary import MeetingType, PolicyStatus, Reason, State
from fsm.runtime import JournalEntry, Summary, codec
from fsm.runtime.limits import DEFAULT, MAX_ID_LENGTH, Default, check_id
from fsm.translation import Translator
from fsm.translation.explanations import event_sentences

_ACCOUNT = {"edition": "business", "auto_record": {"enabled": True}}
_JOIN = {"join": {"id": "alice", "role": "host", "platform": "windows", "version": "3.17"}}


class PlainData(dict[str, Any]):
    """Plain data of an instance of one of the classes of a union, as in a scenario file."""

    union: ClassVar[Any]


class EventData(PlainData):
    """An event: its trigger and its parts."""

    union = Event


class CommandData(PlainData):
    """A recorder command: its name and its parts."""

    union = Command


class TimerData(PlainData):
    """A change of a timer: the timer that was cancelled, or that was set and its seconds."""

    union = TimerChange


_EVENT_METADATA: Final = {
    FLATTEN: True,
    RESERVED: {
        TimeUp.trigger: "only the service itself reports that a timer is up (send no 'time_up': "
        "timers fire by themselves)"
    },
}
WEBHOOK_ID_PREFIX = "webhook/"
"""The beginning of the ids of events from webhooks, reserved for them."""


def check_event_id(id: str) -> None:  # noqa: A002
    """Validates the id of an event that is not from a webhook.

    Raises:
        ValueError: the id is invalid, or reserved for webhooks.
    """
    check_id("an event's id", id)
    if id.startswith(WEBHOOK_ID_PREFIX):
        raise ValueError(
            f"an event's id cannot begin with {WEBHOOK_ID_PREFIX!r}: it is reserved for webhooks"
        )


_ID_SCHEMA = {"min_length": 1, "max_length": MAX_ID_LENGTH}


EXAMPLES: dict[type[Any], tuple[dict[str, Any], ...]] = {
    Account: (
        {"edition": "pro"},
        {"edition": "business", "auto_record": {"enabled": True, "locked": True}},
        {"edition": "education", "cloud_recording": False, "auto_record": {"kind": "local"}},
    )
}
"""Examples of classes of :mod:`fsm.recording`, for the OpenAPI description."""


@attrs.frozen
class MeetingBody:
    """Settings of a meeting that opens; its plan is resolved from them once.

    Args:
        account: the organiser's account, or the id of a stored account.
        user: the organiser's own setting, if there is one.
        booking: the choice for this meeting, if it was booked.
        type: the type of the meeting.
        grace: the seconds for which a cloud recording goes on after a leave that would stop it;
            null for the default of the service.
        end_when_empty: the seconds after which the empty meeting ends, null for never; without the
            key the default of the service.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"account": {"edition": "pro"}, "user": {"auto_record": True, "started_by": "anyone"}},
        {"account": _ACCOUNT, "booking": {"auto_record": True, "kind": "local"}},
        {"account": "acme", "type": "webinar", "grace": 10, "end_when_empty": 3600},
    )
    account: Account | str
    user: Choice | None = None
    booking: Choice | None = None
    type: MeetingType = "scheduled"
    grace: int | None = attrs.field(
        default=None,
        metadata={VALIDATOR: check_grace, "schema": {"minimum": 0, "maximum": MAX_GRACE}},
    )
    end_when_empty: int | Default | None = attrs.field(
        default=DEFAULT,
        metadata={
            VALIDATOR: check_end_when_empty,
            "schema": {"minimum": 1, "maximum": MAX_END_WHEN_EMPTY},
        },
    )


@attrs.frozen
class EventBody:
    """An event as in a scenario file, with its idempotency key.

    Args:
        event: the event.
        id: the id of the event, chosen by the client (idempotency key); repeating it returns the
            same response.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {**_JOIN, "id": "e-1"},
        {"pause": {"by": "alice"}},
        {"start": {"by": "alice", "kind": "cloud"}},
        {"end": {}},
    )
    event: ReportedEvent = attrs.field(metadata=_EVENT_METADATA)
    id: str | None = attrs.field(
        default=None, metadata={VALIDATOR: check_event_id, "schema": _ID_SCHEMA}
    )


@attrs.frozen
class EventItem:
    """One of many events, with its meeting and its idempotency key.

    Args:
        meeting: the id of the meeting.
        event: the event.
        id: the id of the event, chosen by the client (idempotency key); repeating it returns the
            same response.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"meeting": "m-1", "id": "e-1", **_JOIN},
        {"meeting": "m-2", "pause": {"by": "alice"}},
    )
    meeting: str
    event: ReportedEvent = attrs.field(metadata=_EVENT_METADATA)
    id: str | None = attrs.field(
        default=None, metadata={VALIDATOR: check_event_id, "schema": _ID_SCHEMA}
    )


@attrs.frozen
class WebhookBody:
    """An event of a webhook, with its meeting.

    Args:
        meeting: the id of the meeting.
        event: the event.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"meeting": "m-1", **_JOIN},)
    meeting: str
    event: ReportedEvent = attrs.field(metadata=_EVENT_METADATA)


@attrs.frozen
class ChangeBody:
    """A change of a console, with its actor.

    Args:
        change: the change.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"enable": {"by": {"role": "super_admin"}}},
        {"switch_off": {"by": {"role": "admin", "account_settings": True}, "kind": "local"}},
        {"lock": {"by": {"role": "user"}}},
    )
    change: Change = attrs.field(metadata={FLATTEN: True})


@attrs.frozen
class EntryResponse:
    """An event of a meeting, with its outcome.

    Args:
        meeting: the id of the meeting.
        seq: the number of the entry in the meeting, from 1; null for an event without an id after
            the end, which is not stored.
        id: the id that the client chose for the event; null without one.
        at: the time of the event, in milliseconds since 1970, UTC.
        event: the event.
        before: the state before the event.
        state: the state after the event; unchanged if the event was refused.
        recorder: the recorder commands, in order.
        refused: the reason of refusal; null if the event was accepted.
        rules: the ids of the rules that decided.
        timers: the timers that were cancelled and set.
    """

    meeting: str
    seq: int | None
    id: str | None
    at: int
    event: EventData
    before: State
    state: State
    recorder: tuple[CommandData, ...]
    refused: Reason | None
    rules: tuple[str, ...]
    timers: tuple[TimerData, ...]

    @classmethod
    def of(cls, entry: JournalEntry) -> EntryResponse:
        """Returns the response body of a journal entry."""
        outcome = entry.outcome
        return cls(
            entry.meeting, entry.seq, entry.id, entry.at, EventData(codec.event_data(entry.event)),
            outcome.before, outcome.state,
            tuple(CommandData(codec.command_data(command)) for command in outcome.recorder),
            outcome.refused, outcome.rules, tuple(map(TimerData, timers_data(outcome))),
        )  # fmt: skip


@attrs.frozen
class HistoryPage:
    """A page of the history of a meeting.

    Args:
        entries: the events with their outcomes, in order.
        next: the parameter ``after`` of the next page; null on the last page.
    """

    entries: tuple[EntryResponse, ...]
    next: int | None


@attrs.frozen
class MeetingsPage:
    """A page of the list of meetings.

    Args:
        meetings: the meetings, in the order of their ids.
        next: the parameter ``after`` of the next page; null on the last page.
    """

    meetings: tuple[Summary, ...]
    next: str | None


@attrs.frozen
class PermissionResponse:
    """A participant's permission to give a command now.

    Args:
        allowed: whether the participant may give the command.
        refused: the reason for which it would be refused; null if it is allowed.
        rules: the ids of the rules that decide.
        event: the command as an event, ready to be sent.
    """

    allowed: bool
    refused: Reason | None
    rules: tuple[str, ...]
    event: EventData

    @classmethod
    def of(cls, permission: Permission) -> PermissionResponse:
        """Returns the response body of a permission."""
        event = EventData(codec.event_data(permission.event))
        return cls(permission.allowed, permission.refused, permission.rules, event)


@attrs.frozen
class ExplanationResponse:
    """The explanation of what an event would do now.

    Args:
        meeting: the id of the meeting.
        event: the event.
        before: the present state.
        state: the state after the event.
        recorder: the recorder commands that it would lead to, in order.
        refused: the reason for which it would be refused; null if it would be accepted.
        rules: the ids of the rules that decide, and of those for which it would do no more.
        timers: the timers that it would cancel and set.
        why: the explanation in sentences: the decision, then each of the rules with its title.
    """

    meeting: str
    event: EventData
    before: State
    state: State
    recorder: tuple[CommandData, ...]
    refused: Reason | None
    rules: tuple[str, ...]
    timers: tuple[TimerData, ...]
    why: tuple[str, ...]

    @classmethod
    def of(
        cls, meeting: str, explanation: EventExplanation, translate: Translator
    ) -> ExplanationResponse:
        """Returns the response body of an explanation in a language."""
        outcome = explanation.outcome
        return cls(
            meeting, EventData(codec.event_data(explanation.event)), outcome.before, outcome.state,
            tuple(CommandData(codec.command_data(command)) for command in outcome.recorder),
            outcome.refused, explanation.rules, tuple(map(TimerData, timers_data(outcome))),
            event_sentences(explanation, translate),
        )  # fmt: skip


@attrs.frozen
class AccountResponse:
    """A stored account.

    Args:
        id: the id of the account.
        status: the policy status that follows from its settings.
        form: the booking form of a user who has not chosen yet.
        account: the settings.
    """

    id: str
    status: PolicyStatus
    form: Form
    account: Account


@attrs.frozen
class ReconcileResponse:
    """A reconciliation that has started.

    Args:
        meetings: the number of meetings that are being reconciled.
    """

    meetings: int


@attrs.frozen
class StreamMessage:
    """A message of a live stream.

    Args:
        id: the number of the entry, from which a client can resume.
        event: ``message``, the type that browsers assume for a message without one, as here.
        data: the entry as in the history, in JSON.
    """

    id: str
    data: str
    event: Literal["message"] = "message"


@attrs.frozen
class HealthResponse:
    """The service runs.

    Args:
        status: always ``ok``.
    """

    status: Literal["ok"] = "ok"
