"""Events, answers and openings as the JSON texts that the journal keeps.

An event is written as in a scenario file, ``{"join": {"id": "alice", ...}}``, with what is nothing
in it as well; an answer as ``fsm play --json`` prints it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypedDict, TypeVar, get_args, get_type_hints

import attrs
import msgspec

from fsm.recording import Command, Event, Outcome, Plan
from fsm.recording.events import EVENTS
from fsm.recording.plan import MeetingSettings

_EVENTS: dict[str, Any] = {each.trigger: each for each in EVENTS}
_PARTS = {each.trigger: [part.name for part in attrs.fields(each)] for each in EVENTS}


def _as_read(event: Any) -> Any:
    kinds = get_type_hints(event)
    parts = [
        (part.name, kinds[part.name], *(() if part.default is attrs.NOTHING else (part.default,)))
        for part in attrs.fields(event)
    ]
    return msgspec.defstruct(
        event.__name__, parts, namespace={"trigger": event.trigger}, forbid_unknown_fields=True
    )


# An event as it is written, and read for a replay: under its trigger what has its parts.
_READ: Any = TypedDict(  # type: ignore[misc]
    "_READ", {each.trigger: _as_read(each) for each in EVENTS}, total=False
)
_COMMANDS: dict[str, Any] = {each.command: each for each in get_args(Command)}
_T = TypeVar("_T")

_encode = msgspec.json.Encoder().encode
_by_trigger = msgspec.json.Decoder(list[_READ]).decode


def dump(thing: Any) -> str:
    """Return an opening, a plan, an account, or plain data as text."""
    return _encode(thing).decode()


def load(text: str, kind: type[_T]) -> _T:
    """Make an opening, a plan, an account, or plain data of its text.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return msgspec.json.decode(text, type=kind)


def event_data(event: Event) -> dict[str, Any]:
    """Return an event as a scenario file has it; what is nothing is left out."""
    # `attrs.asdict` is made for nested classes, and costs ten times as much.
    parts = {name: getattr(event, name) for name in _PARTS[event.trigger]}
    return {event.trigger: {name: part for name, part in parts.items() if part is not None}}


def event_from(data: dict[str, Any]) -> Event:
    """Make an event of what :func:`event_data` returned.

    Raises:
        ValueError: it is none: an unknown trigger, or a name that is not one of the rules'.
        TypeError: it is none: a part is missing, unknown or of another type.
    """
    if not isinstance(data, dict) or len(data) != 1:
        raise ValueError(f"an event is one trigger and its parts, not {data!r}")
    [(trigger, parts)] = data.items()
    if trigger not in _EVENTS:
        raise ValueError(f"there is no event {trigger!r} (one of: {', '.join(_EVENTS)})")
    return _EVENTS[trigger](**parts)  # type: ignore[no-any-return]


def dump_event(event: Event) -> str:
    """Return an event as text, with what is nothing in it as well."""
    return _encode({event.trigger: event}).decode()


def load_event(text: str) -> Event:
    """Make an event of its text.

    Raises:
        msgspec.MsgspecError, ValueError, TypeError: it is none, or has a part that is unknown.
    """
    return event_from(load(text, dict))


def load_events(texts: str) -> list[Event]:
    """Make of a JSON list of events what a machine can replay.

    It has the trigger and the parts of each, which have their types, but is of no event's class:
    to make that takes three times as long.

    Raises:
        msgspec.MsgspecError, ValueError: one of them is none, or has a part that is unknown. What
            else stands beside its trigger is passed over.
    """
    events = []
    written: Any
    for written in _by_trigger(texts):
        [event] = written.values()
        events.append(event)
    return events


def command_data(command: Command) -> dict[str, Any]:
    """Return a recorder command as plain data, its name first."""
    return {"command": command.command, **attrs.asdict(command)}


def command_from(data: dict[str, Any]) -> Command:
    """Make a recorder command of what :func:`command_data` returned.

    Raises:
        TypeError, KeyError: it is none.
    """
    parts = dict(data)
    return _COMMANDS[parts.pop("command")](**parts)  # type: ignore[no-any-return]


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as plain data."""
    return {
        "before": outcome.before,
        "state": outcome.state,
        "recorder": [command_data(each) for each in outcome.recorder],
        "refused": outcome.refused,
        "rules": list(outcome.rules),
    }


# Meetings share a few hundred outcomes, commands and openings: each is made and read once,
# but for those that name a client.


@lru_cache(maxsize=4096)
def dump_command(command: Command) -> str:
    """Return a recorder command as text."""
    return dump(command_data(command))


@lru_cache(maxsize=4096)
def load_command(text: str) -> Command:
    """Make a recorder command of its text.

    Raises:
        msgspec.MsgspecError, TypeError, KeyError: it is none.
    """
    return command_from(load(text, dict))


@lru_cache(maxsize=4096)
def dump_outcome(outcome: Outcome) -> str:
    """Return an outcome as text."""
    return dump(outcome_data(outcome))


@lru_cache(maxsize=4096)
def load_outcome(text: str) -> Outcome:
    """Make an outcome of its text.

    Raises:
        msgspec.MsgspecError, TypeError, KeyError: it is none.
    """
    data = load(text, dict)
    commands = tuple(command_from(each) for each in data["recorder"])
    return Outcome(data["before"], data["state"], commands, tuple(data["rules"]), data["refused"])


@lru_cache(maxsize=4096)
def load_opening(text: str) -> MeetingSettings:
    """Make an opening of its text; equal texts share one.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return load(text, MeetingSettings)


@lru_cache(maxsize=256)
def load_plan(text: str) -> Plan:
    """Make a plan of its text; equal texts share one.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return load(text, Plan)
