"""What goes in and out of the service: classes of attrs, of which the OpenAPI is made too."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import attrs

from fsm.recording import Account, Change, Choice, Command, Event, Form, Permission
from fsm.recording.vocabulary import MeetingType, PolicyStatus, Reason, State
from fsm.runtime import JournalEntry, Summary, codec
from fsm.runtime.limits import MAX_ID_LENGTH, check_id
from fsm.web.structure import CHECK, FLAT

_ACCOUNT = {"edition": "business", "auto_record": {"enabled": True}}
_JOIN = {"join": {"id": "alice", "role": "host", "platform": "windows", "version": "3.17"}}


class Plain(dict[str, Any]):
    """Plain data that stands for one of the rules' classes, as in a scenario file."""

    kind: ClassVar[Any]


class EventData(Plain):
    """An event: its trigger and its parts."""

    kind = Event


class CommandData(Plain):
    """A recorder command: its name and its parts."""

    kind = Command


def check_meeting_id(id: str) -> None:  # noqa: A002
    """Refuse an id that cannot be a part of an address.

    Raises:
        ValueError: it cannot.
    """
    check_id("a meeting's id", id)
    if "/" in id or id in (".", ".."):
        raise ValueError("a meeting's id must be one part of an address: no '/', no '.' alone")


OF_WEBHOOKS = "webhook/"
"""What the ids of events begin with that webhooks brought, and no others."""


def check_event_id(id: str) -> None:  # noqa: A002
    """Refuse an id that no event that is sent here can have.

    Raises:
        ValueError: it cannot be one, or is kept for webhooks.
    """
    check_id("an event's id", id)
    if id.startswith(OF_WEBHOOKS):
        raise ValueError(f"an event's id cannot begin with {OF_WEBHOOKS!r}: webhooks have those")


_ID_SCHEMA = {"min_length": 1, "max_length": MAX_ID_LENGTH}
_MEETING_ID_SCHEMA = _ID_SCHEMA | {"pattern": "^[^/]+$"}


EXAMPLES: dict[type[Any], tuple[dict[str, Any], ...]] = {
    Account: (
        {"edition": "pro"},
        {"edition": "business", "auto_record": {"enabled": True, "locked": True}},
        {"edition": "education", "cloud_recording": False, "auto_record": {"kind": "local"}},
    )
}
"""Examples of the rules' own classes, which have none with them."""


@attrs.frozen
class MeetingBody:
    """The settings of the moment in which a meeting opens; its plan is resolved once.

    Args:
        account: the organiser's account, or the id of one that the service keeps.
        user: the organiser's own setting, if one is stored.
        booking: what was picked for this meeting, if it was booked.
        type: what kind of meeting it is.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"account": {"edition": "pro"}, "user": {"auto_record": True, "started_by": "anyone"}},
        {"account": _ACCOUNT, "booking": {"auto_record": True, "kind": "local"}},
        {"account": "acme", "type": "webinar"},
    )
    account: Account | str
    user: Choice | None = None
    booking: Choice | None = None
    type: MeetingType = "scheduled"


@attrs.frozen
class MeetingBodyWithId:
    """A meeting that is to open, and the settings of that moment.

    Args:
        id: the meeting's id, never used before for another one.
        account: the organiser's account, or the id of one that the service keeps.
        user: the organiser's own setting, if one is stored.
        booking: what was picked for this meeting, if it was booked.
        type: what kind of meeting it is.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = tuple(
        {"id": f"m-{number}", **example} for number, example in enumerate(MeetingBody.examples, 1)
    )
    id: str = attrs.field(metadata={CHECK: check_meeting_id, "schema": _MEETING_ID_SCHEMA})
    account: Account | str
    user: Choice | None = None
    booking: Choice | None = None
    type: MeetingType = "scheduled"


@attrs.frozen
class SentEvent:
    """An event as a scenario file has it, and the id its sender gave it.

    Args:
        event: the event.
        id: the sender's id of the event; the same again gets the same answer.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {**_JOIN, "id": "e-1"},
        {"pause": {"by": "alice"}},
        {"start": {"by": "alice", "kind": "cloud"}},
        {"end": {}},
    )
    event: Event = attrs.field(metadata={FLAT: True})
    id: str | None = attrs.field(
        default=None, metadata={CHECK: check_event_id, "schema": _ID_SCHEMA}
    )


@attrs.frozen
class HookedEvent:
    """An event that a webhook brings, and the meeting it belongs to.

    Args:
        meeting: the meeting's id.
        event: the event.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"meeting": "m-1", **_JOIN},)
    meeting: str
    event: Event = attrs.field(metadata={FLAT: True})


@attrs.frozen
class SentChange:
    """A change of the console, with who asks for it.

    Args:
        change: the change.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"enable": {"by": {"role": "super_admin"}}},
        {"switch_off": {"by": {"role": "admin", "account_settings": True}, "kind": "local"}},
        {"lock": {"by": {"role": "user"}}},
    )
    change: Change = attrs.field(metadata={FLAT: True})


@attrs.frozen
class EntryResponse:
    """One event of a meeting, and what was answered.

    Args:
        meeting: the meeting's id.
        seq: its number in the meeting, counted from 1; null for an event after the end, of
            which nothing is kept.
        id: the id its sender gave it.
        at: when it was taken, in milliseconds since 1970, UTC.
        event: the event.
        before: the state in which it was met.
        state: the state after it; the same where it was refused.
        recorder: the commands the recorder is sent, in order.
        refused: why it was refused; null where it was accepted.
        rules: ids of the rules that decided.
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

    @classmethod
    def of(cls, entry: JournalEntry) -> EntryResponse:
        """Return what a client is told of an entry."""
        outcome = entry.outcome
        return cls(
            entry.meeting, entry.seq, entry.id, entry.at, EventData(codec.event_data(entry.event)),
            outcome.before, outcome.state,
            tuple(CommandData(codec.command_data(each)) for each in outcome.recorder),
            outcome.refused, outcome.rules,
        )  # fmt: skip


@attrs.frozen
class History:
    """What happened to a meeting, a page of it.

    Args:
        entries: the events, in order.
        next: what ``after`` must be for the next page; null where there is none.
    """

    entries: tuple[EntryResponse, ...]
    next: int | None


@attrs.frozen
class Meetings:
    """The meetings there are, a page of them.

    Args:
        meetings: the meetings, in the order of their ids.
        next: what ``after`` must be for the next page; null where there is none.
    """

    meetings: tuple[Summary, ...]
    next: str | None


@attrs.frozen
class Allowed:
    """Whether a participant may give a command now.

    Args:
        allowed: whether it may.
        refused: why it would be refused; null where it may be given.
        rules: ids of the rules that decide.
        event: the command, to be sent as it stands.
    """

    allowed: bool
    refused: Reason | None
    rules: tuple[str, ...]
    event: EventData

    @classmethod
    def of(cls, permission: Permission) -> Allowed:
        """Return what a client is told of a permission."""
        event = EventData(codec.event_data(permission.event))
        return cls(permission.allowed, permission.refused, permission.rules, event)


@attrs.frozen
class AccountAnswer:
    """An account that the service keeps.

    Args:
        id: its id.
        status: what its settings amount to.
        form: what a user who has chosen nothing yet is shown.
        account: its settings.
    """

    id: str
    status: PolicyStatus
    form: Form
    account: Account


@attrs.frozen
class Reconciling:
    """Recorders are being asked what they are doing.

    Args:
        meetings: of how many meetings.
    """

    meetings: int


@attrs.frozen
class Streamed:
    """One message of a live stream.

    Args:
        id: the number of the entry, to go on from.
        event: always ``message``, which is not sent.
        data: the entry, as the history has it, in JSON.
    """

    id: str
    data: str
    event: Literal["message"] = "message"


@attrs.frozen
class Live:
    """The service runs.

    Args:
        status: always ``ok``.
    """

    status: Literal["ok"] = "ok"
