"""What can happen to a meeting: facts that the server reports, commands that a host asks for.

Times and ids come in with the events; the machine makes up neither. An event that cannot be
one, because a name or a type is wrong, raises a ``ValueError`` or ``TypeError`` when it is made.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs
from attrs.validators import optional

from fsm.recording.validators import instance_of, one_of
from fsm.recording.vocabulary import Kind, Platform, Role

Trigger = Literal[
    "join", "leave", "role", "end", "recorder_failed", "start", "pause", "resume", "stop"
]


@attrs.frozen
class Join:
    """A client came into the meeting.

    Args:
        id: the client's id; a person on two devices is two clients (D9).
        role: its role as it joins.
        platform: what it runs on.
        version: its version as text, such as ``"3.17"``; ``None`` where it is not known.
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
    """A participant was given another role."""

    trigger: ClassVar[Trigger] = "role"
    id: str = attrs.field(validator=instance_of(str))
    role: Role = attrs.field(validator=one_of(Role))


@attrs.frozen
class End:
    """The meeting is over: ended by a host, or by the server where ``by`` is ``None`` (D10)."""

    trigger: ClassVar[Trigger] = "end"
    by: str | None = attrs.field(default=None, validator=optional(instance_of(str)))


@attrs.frozen
class RecorderFailed:
    """The recorder stopped working (D11); ``detail`` is for people."""

    trigger: ClassVar[Trigger] = "recorder_failed"
    detail: str | None = attrs.field(default=None, validator=optional(instance_of(str)))


@attrs.frozen
class Start:
    """A participant asks to start a recording of a kind (D2)."""

    trigger: ClassVar[Trigger] = "start"
    by: str = attrs.field(validator=instance_of(str))
    kind: Kind = attrs.field(validator=one_of(Kind))


@attrs.frozen
class Pause:
    """A participant asks to pause the recording."""

    trigger: ClassVar[Trigger] = "pause"
    by: str = attrs.field(validator=instance_of(str))


@attrs.frozen
class Resume:
    """A participant asks to resume the paused recording."""

    trigger: ClassVar[Trigger] = "resume"
    by: str = attrs.field(validator=instance_of(str))


@attrs.frozen
class Stop:
    """A participant asks to stop the recording."""

    trigger: ClassVar[Trigger] = "stop"
    by: str = attrs.field(validator=instance_of(str))


Event = Join | Leave | ChangeRole | End | RecorderFailed | Start | Pause | Resume | Stop
EVENTS: tuple[type[Event], ...] = (
    Join, Leave, ChangeRole, End, RecorderFailed, Start, Pause, Resume, Stop,
)  # fmt: skip
