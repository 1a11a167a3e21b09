"""How much a hub takes, and what it takes at all."""

from __future__ import annotations

import attrs

from fsm.recording import Event
from fsm.recording.events import EVENTS
from fsm.runtime import codec
from fsm.runtime.errors import UnknownMeetingError

MOST_LETTERS = 200
"""The longest id of a meeting, an event, an account or a participant."""
MOST_DETAIL = 1000
"""The longest account of why a recorder failed."""

_PARTS = {
    each: [
        (part.name, MOST_DETAIL if part.name == "detail" else MOST_LETTERS)
        for part in attrs.fields(each)
    ]
    for each in EVENTS
}


@attrs.frozen
class HubLimits:
    """How much a hub takes.

    Args:
        meetings: how many may be open at once.
        participants: how many may be in one of them.
        waiting: how many requests may wait to be written.
        corrections: how often in a row a recorder is told again what it should be doing,
            before it counts as failed.
    """

    meetings: int = 100_000
    participants: int = 10_000
    waiting: int = 10_000
    corrections: int = 3


def check_id(what: str, id: str) -> None:  # noqa: A002
    """Refuse an id that a journal or a reader could stumble over.

    Raises:
        ValueError: it is empty, too long, or has letters that cannot be shown.
        TypeError: it is no text.
    """
    if not isinstance(id, str):
        raise TypeError(f"{what} must be a str, not a {type(id).__name__}: {id!r}")
    if not 1 <= len(id) <= MOST_LETTERS or not id.isprintable():
        raise ValueError(f"{what} must be 1 to {MOST_LETTERS} printable letters: {id[:40]!r}")


def check_known(meeting: str) -> None:
    """Refuse an id that no meeting has.

    Raises:
        UnknownMeetingError: it cannot be one.
    """
    # What cannot be an id is the id of no meeting, and the journal need not be asked.
    try:
        check_id("a meeting's id", meeting)
    except (ValueError, TypeError):
        raise UnknownMeetingError(meeting) from None


def written(event: Event) -> str:
    """Return an event as the text that the journal keeps.

    Raises:
        TypeError: it is none.
        ValueError: a part of it is too long, or has letters that cannot be written.
    """
    parts = _PARTS.get(type(event))
    if parts is None:
        raise TypeError(f"an event must be one of a meeting, not {event!r}")
    try:
        text = codec.dump_event(event)
    except UnicodeEncodeError:
        raise ValueError(f"an event has letters that cannot be written: {event!r}") from None
    if len(text) <= MOST_LETTERS:
        # Nothing in it can be too long.
        return text
    for name, most in parts:
        value = getattr(event, name)
        if value is not None and len(value) > most:
            raise ValueError(
                f"{name} of {event.trigger} must have at most {most} letters, not {len(value)}"
            )
    return text
