"""Limits of a hub; ids, their length and form; the defaults of meetings."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final
from urllib.parse import quote

import attrs

from fsm.recording import Event, TimeUp
from fsm.recording.events import EVENTS
from fsm.recording.plan import MeetingSettings, check_end_when_empty, check_grace
from fsm.runtime import codec
from fsm.runtime.errors import UnknownMeetingError

MAX_ID_LENGTH = 200
"""The number of characters in the id of a meeting, an event, an account or a participant."""
MAX_DETAIL_LENGTH = 1000
"""The number of characters in the detail of a recorder's failure."""

# Control characters, line separators, characters that change the direction of text, and halves of
# surrogate pairs.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_IDS = {
    event: [field.name for field in attrs.fields(event) if field.name in ("id", "by")]
    for event in EVENTS
}
_TEXTS = {"version": MAX_ID_LENGTH, "detail": MAX_DETAIL_LENGTH}
_MAX_LENGTHS = {
    event: [
        (field.name, _TEXTS[field.name]) for field in attrs.fields(event) if field.name in _TEXTS
    ]
    for event in EVENTS
}


@attrs.frozen
class HubLimits:
    """The limits of a hub.

    Args:
        meetings: the number of meetings that may be open at once.
        participants: the number of participants in a meeting.
        waiting: the number of requests that may wait for a commit.
        corrections: the number of consecutive corrections of a recorder, after which it counts
            as failed.
    """

    meetings: int = 100_000
    participants: int = 10_000
    waiting: int = 10_000
    corrections: int = 3


class Default(Enum):
    """The type of :data:`DEFAULT`."""

    DEFAULT = "default"


DEFAULT: Final = Default.DEFAULT
"""The hub's default, where ``None`` means "never"."""


@attrs.frozen
class TimerDefaults:
    """The seconds of timers for meetings that are opened without their own.

    Args:
        grace: the seconds for which a cloud recording goes on after a leave that would stop it.
        end_when_empty: the seconds after which an empty meeting ends; ``None`` for never.

    Raises:
        ValueError: a number outside its limits.
        TypeError: a value that is not a whole number.
    """

    grace: int = 0
    end_when_empty: int | None = None

    def __attrs_post_init__(self) -> None:
        check_grace(self.grace)
        check_end_when_empty(self.end_when_empty)


def with_defaults(
    grace: int | None,
    end_when_empty: int | Default | None,
    defaults: TimerDefaults | MeetingSettings,
) -> tuple[int, int | None]:
    """Returns the seconds of a meeting's timers, with those that are left out filled in.

    Args:
        grace: the grace; ``None`` if it is left out.
        end_when_empty: the time of an empty meeting; ``DEFAULT`` if it is left out.
        defaults: the seconds that are filled in.
    """
    return (
        defaults.grace if grace is None else grace,
        defaults.end_when_empty if isinstance(end_when_empty, Default) else end_when_empty,
    )


def check_id(name: str, id: str) -> None:  # noqa: A002
    """Raises an error if an id is not valid.

    Args:
        name: the name of the id in the error message.
        id: the id.

    Raises:
        ValueError: the id is blank or too long, or has control characters.
        TypeError: the id is not a string.
    """
    if not isinstance(id, str):
        raise TypeError(f"{name} must be a str, not a {type(id).__name__}: {id!r}")
    is_control_free = id.isprintable() or not _CONTROL.search(id)
    if not 1 <= len(id) <= MAX_ID_LENGTH or id.isspace() or not is_control_free:
        raise ValueError(
            f"{name} must have 1 to {MAX_ID_LENGTH} characters, not only blanks, and no control "
            f"characters: {id[:40]!r}"
        )


def plain_id(id: str) -> str:  # noqa: A002
    """Returns an id as a plain ``str``.

    A member of an enumeration with texts is a ``str`` as well, but formats as its own name. So the
    checksum of its row would be that of another text than the one in the file.

    Args:
        id: the id, of any class of ``str``.
    """
    return str.__str__(id)


def check_possible_meeting(meeting: str) -> None:
    """Refuses the id of a meeting that cannot exist, without a look into the journal.

    Raises:
        UnknownMeetingError: no meeting can have this id.
    """
    try:
        check_id("a meeting's id", meeting)
    except (ValueError, TypeError):
        raise UnknownMeetingError(meeting) from None


def encode_event(event: Event) -> str:
    """Returns an event as JSON for the journal.

    Raises:
        TypeError: the object is no event, or an event that only the hub reports.
        ValueError: an id of the event is invalid, or a field is too long or has characters that
            cannot be encoded.
    """
    ids = _IDS.get(type(event))
    if type(event) is TimeUp:
        raise TypeError("only the hub itself reports that a timer is up")
    if ids is None:
        raise TypeError(f"an event must be an event of a meeting, not {event!r}")
    try:
        text = codec.dump_event(event)
    except UnicodeEncodeError:
        raise ValueError(f"an event has characters that cannot be encoded: {event!r}") from None
    for name in ids:
        id_ = getattr(event, name)
        if id_ is not None:
            check_id(f"{name} of {event.trigger}", id_)
    if len(text) <= MAX_ID_LENGTH:
        # No field can be too long.
        return text
    for name, limit in _MAX_LENGTHS[type(event)]:
        value = getattr(event, name)
        if value is not None and len(value) > limit:
            raise ValueError(
                f"{name} of {event.trigger} must have at most {limit} characters, not {len(value)}"
            )
    return text


def quote_segment(text: str) -> str:
    """Quotes a text as one segment of a URL's path or of a message's id: letters, digits, ``-_~%``.

    >>> quote_segment("会议/1.2")
    '%E4%BC%9A%E8%AE%AE%2F1%2E2'
    """
    return quote(text, safe="").replace(".", "%2E")
