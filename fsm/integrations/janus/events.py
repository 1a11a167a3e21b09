"""The events of Janus that matter for meetings, decoded from the posts of its event handler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from fsm.integrations.janus.admin_api import VIDEOROOM

_NAMES: Final = {1: "name", 2: "name", 64: "plugin", 256: "status"}
"""The types of events that may matter: sessions, handles, plugins and the core; each with the field
that names the event."""


@attrs.frozen
class Joined:
    """A handle joined a room as a participant.

    Args:
        at: the time of Janus, in microseconds since 1970.
        room: the number of the room.
        feed: the id of the participant in the room. It may be used again after the participant
            has left.
        session: the id of the session.
        handle: the id of the handle.
        private: the private id of the participant, which is another one after each join.
        opaque: the opaque id that the client attached with; ``None`` without one.
    """

    at: int
    room: int
    feed: int
    session: int
    handle: int
    private: int
    opaque: str | None


@attrs.frozen
class Left:
    """A participant left a room, or was removed from it."""

    at: int
    room: int
    feed: int


@attrs.frozen
class Published:
    """A participant sends media from now on."""

    at: int
    room: int
    feed: int


@attrs.frozen
class HandleGone:
    """A handle ended; its participant is gone."""

    at: int
    session: int
    handle: int


@attrs.frozen
class SessionGone:
    """A session ended with all its handles, such as one whose client has disappeared."""

    at: int
    session: int


@attrs.frozen
class RoomDestroyed:
    """A room was destroyed, with all its participants in it."""

    at: int
    room: int


@attrs.frozen
class Started:
    """Janus started; it has neither rooms nor participants."""

    at: int


JanusEvent = Joined | Left | Published | HandleGone | SessionGone | RoomDestroyed | Started


class MalformedEventError(ValueError):
    """A post is no event of Janus."""


def decode_events(posted: object) -> list[JanusEvent]:
    """Returns the events of a post that matter, in their order; all others are left out.

    Args:
        posted: an event as Janus posts it, or a list of events.

    Raises:
        MalformedEventError: one of them is not an event of Janus.
    """
    events = posted if isinstance(posted, list) else [posted]
    return [found for event in events for found in _decoded(_object(event))]


def _decoded(event: Mapping[str, Any]) -> Iterator[JanusEvent]:
    kind = _integer(event, "type")
    if kind not in _NAMES:
        return
    body = _object(event.get("event"))
    match kind, body.get(_NAMES[kind]):
        case 1, "destroyed" | "timeout":
            yield SessionGone(_integer(event, "timestamp"), _integer(event, "session_id"))
        case 2, "detached":
            yield HandleGone(
                _integer(event, "timestamp"),
                _integer(event, "session_id"),
                _integer(event, "handle_id"),
            )
        case 64, name if name == VIDEOROOM:
            yield from _of_room(event, _object(body.get("data")))
        case 256, "started":
            yield Started(_integer(event, "timestamp"))


def _of_room(event: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[JanusEvent]:
    at = _integer(event, "timestamp")
    match data.get("event"):
        case "joined" if "private_id" in data:
            opaque = event.get("opaque_id")
            yield Joined(
                at,
                _integer(data, "room"),
                _integer(data, "id"),
                _integer(event, "session_id"),
                _integer(event, "handle_id"),
                _integer(data, "private_id"),
                opaque if isinstance(opaque, str) else None,
            )
        case "published":
            yield Published(at, _integer(data, "room"), _integer(data, "id"))
        case "leaving" | "kicked":
            yield Left(at, _integer(data, "room"), _integer(data, "id"))
        case "destroyed":
            yield RoomDestroyed(at, _integer(data, "room"))


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MalformedEventError("an event of Janus is an object")
    return value


def _integer(event: Mapping[str, Any], name: str) -> int:
    value = event.get(name)
    if type(value) is not int:
        raise MalformedEventError(f"{name} must be a whole number, not {value!r}")
    return value
