"""The events of a meeting: facts that the server reports, and commands that a host requests.

Times and ids come in with the events; the machine invents neither. Creating an event with an
unknown name or a wrong type raises a ``ValueError`` or ``TypeError``.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any, ClassVar, Final, Literal, get_args

import attrs
from attrs.validators import optional

from fsm.recording.validators import check_whole_number, instance_of, one_of
from fsm.recording.vocabulary import Kind, Platform, Role, Timer, check_complete

Trigger = Literal[
    "join", "leave", "role", "end", "recorder_failed", "time_up",
    "start", "pause", "resume", "stop",
]  # fmt: skip


@attrs.frozen
class Join:
    """A client joined the meeting.

    Args:
        id: the id of its connection: a person on two devices has two, and one who comes back after
            a broken connection has a new one (D9).
        role: its role at the join.
        platform: its platform; ``other`` for one without a name of its own (D5).
        version: its version as text, such as ``"3.17"``; ``None`` if unknown.
    """

    trigger: ClassVar[Trigger] = "join"
    id: str = attrs.field(validator=instance_of(str))
    role: Role = attrs.field(validator=one_of(Role))
    platform: Platform = attrs.field(validator=one_of(Platform))
    version: str | None = attrs.field(default=None, validator=optional(instance_of(str)))


@attrs.frozen
class Leave:
    """The client with this id left the meeting."""

    trigger: ClassVar[Trigger] = "leave"
    id: str = attrs.field(validator=instance_of(str))


@attrs.frozen
class ChangeRole:
    """The role of a participant changed."""

    trigger: ClassVar[Trigger] = "role"
    id: str = attrs.field(validator=instance_of(str))
    role: Role = attrs.field(validator=one_of(Role))


@attrs.frozen
class End:
    """The meeting ended: by a host, or by the server if ``by`` is ``None`` (D10)."""

    trigger: ClassVar[Trigger] = "end"
    by: str | None = attrs.field(default=None, validator=optional(instance_of(str)))


@attrs.frozen
class RecorderFailed:
    """The recorder failed (D11). ``detail`` is a message for people."""

    trigger: ClassVar[Trigger] = "recorder_failed"
    detail: str | None = attrs.field(default=None, validator=optional(instance_of(str)))


def _valid_set(_: object, __: object, value: Any) -> None:
    # JavaScript reads no higher number exactly.
    check_whole_number("set", value, 1, 2**53 - 1)


@attrs.frozen
class TimeUp:
    """A timer is up (D14, D15). Only the runtime reports it.

    Args:
        timer: the timer.
        set: the number of its setting in this meeting, counted from 1. A firing of a timer that was
            cancelled or set anew since is stale, and refused.
    """

    trigger: ClassVar[Trigger] = "time_up"
    timer: Timer = attrs.field(validator=one_of(Timer))
    set: int = attrs.field(validator=_valid_set)


@attrs.frozen
class Start:
    """A participant requests a recording of a kind (D2)."""

    trigger: ClassVar[Trigger] = "start"
    by: str = attrs.field(validator=instance_of(str))
    kind: Kind = attrs.field(validator=one_of(Kind))


@attrs.frozen
class Pause:
    """A participant requests to pause the recording."""

    trigger: ClassVar[Trigger] = "pause"
    by: str = attrs.field(validator=instance_of(str))


@attrs.frozen
class Resume:
    """A participant requests to resume the paused recording."""

    trigger: ClassVar[Trigger] = "resume"
    by: str = attrs.field(validator=instance_of(str))


@attrs.frozen
class Stop:
    """A participant requests to stop the recording."""

    trigger: ClassVar[Trigger] = "stop"
    by: str = attrs.field(validator=instance_of(str))


ReportedEvent = Join | Leave | ChangeRole | End | RecorderFailed | Start | Pause | Resume | Stop
"""The events that a server sends to the runtime."""
Event = ReportedEvent | TimeUp
EVENTS: tuple[type[Event], ...] = get_args(Event)
check_complete(
    {event.trigger for event in EVENTS}, get_args(Trigger),
    "Event in fsm/recording/events.py", "the class of the event, and list it there",
)  # fmt: skip


def events_with(event: type[Event], /, **values: Iterable[object]) -> list[Event]:
    """Returns the events of a class with all combinations of the values of their fields.

    Args:
        event: the class.
        **values: the values of each field by its name. A field without values has its default.

    >>> events_with(Start, by=["alice"], kind=["cloud", "local"])
    [Start(by='alice', kind='cloud'), Start(by='alice', kind='local')]
    """
    names = [field.name for field in attrs.fields(event) if field.name in values]
    return [
        event(**dict(zip(names, combination, strict=True)))
        for combination in product(*(values[name] for name in names))
    ]


REQUESTS: Final[tuple[type[Event], ...]] = tuple(
    sorted(
        (event for event in EVENTS if "by" in attrs.fields_dict(event)),
        key=lambda event: event is End,
    )
)
"""The classes of the events that a participant requests; the end of the meeting is the last."""
