"""The JSON texts of the journal: events, outcomes, settings, plans and recorder commands.

An event is written as in a scenario file, ``{"join": {"id": "alice", ...}}``, but with its ``null``
fields; an outcome as ``fsm play --json`` prints it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar, get_args

import attrs
import msgspec

from fsm.recording import CancelTimer, Command, Event, Outcome, Plan, SetTimer, TimerChange
from fsm.recording.events import EVENTS
from fsm.recording.outcome import timers_data
from fsm.recording.plan import MeetingSettings

_EVENTS: dict[str, Any] = {event.trigger: event for event in EVENTS}
_FIELDS = {event.trigger: [field.name for field in attrs.fields(event)] for event in EVENTS}
_COMMANDS: dict[str, Any] = {command.command: command for command in get_args(Command)}
_T = TypeVar("_T")

_encode = msgspec.json.Encoder().encode


def dump(value: Any) -> str:
    """Returns the text of settings, a plan, an account, or plain data."""
    return _encode(value).decode()


def load(text: str, type: type[_T]) -> _T:  # noqa: A002
    """Returns the settings, the plan, the account or the plain data of a text.

    Args:
        text: the text.
        type: the type of the value.

    Raises:
        msgspec.MsgspecError: the text is not that of a value of this type.
    """
    return msgspec.json.decode(text, type=type)


def event_data(event: Event) -> dict[str, Any]:
    """Returns an event as in a scenario file: fields that are ``None`` are left out."""
    # `attrs.asdict` descends into nested classes, and is much slower.
    values = {name: getattr(event, name) for name in _FIELDS[event.trigger]}
    return {event.trigger: {name: value for name, value in values.items() if value is not None}}


def event_from(data: dict[str, Any]) -> Event:
    """Returns the event of a result of :func:`event_data`.

    Raises:
        ValueError: the trigger is unknown, or the value of a field is not allowed.
        TypeError: a field is missing, unknown or of another type.
    """
    if not isinstance(data, dict) or len(data) != 1:
        raise ValueError(f"an event is one trigger with its fields, not {data!r}")
    [(trigger, fields)] = data.items()
    if trigger not in _EVENTS:
        raise ValueError(f"there is no event {trigger!r} (one of: {', '.join(_EVENTS)})")
    return _EVENTS[trigger](**fields)  # type: ignore[no-any-return]


def dump_event(event: Event) -> str:
    """Returns the text of an event, with the fields that are ``None``."""
    return _encode({event.trigger: event}).decode()


def load_event(text: str) -> Event:
    """Returns the event of a text.

    Raises:
        msgspec.MsgspecError, ValueError, TypeError: the text is not that of an event, or has an
            unknown field.
    """
    return event_from(load(text, dict))


def command_data(command: Command) -> dict[str, Any]:
    """Returns a recorder command as plain data, with its name first."""
    return {"command": command.command, **attrs.asdict(command)}


def command_from(data: dict[str, Any]) -> Command:
    """Returns the recorder command of a result of :func:`command_data`.

    Raises:
        KeyError: there is no such command.
        TypeError: a field is missing or unknown.
    """
    fields = dict(data)
    return _COMMANDS[fields.pop("command")](**fields)  # type: ignore[no-any-return]


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """Returns an outcome as plain data."""
    return {
        "before": outcome.before,
        "state": outcome.state,
        "recorder": [command_data(command) for command in outcome.recorder],
        "refused": outcome.refused,
        "rules": list(outcome.rules),
        "timers": timers_data(outcome),
    }


# Most meetings share a few hundred outcomes, commands and settings; only those that name a client
# are their own.


@lru_cache(maxsize=4096)
def dump_command(command: Command) -> str:
    """Returns the text of a recorder command."""
    return dump(command_data(command))


@lru_cache(maxsize=4096)
def load_command(text: str) -> Command:
    """Returns the recorder command of a text.

    Raises:
        msgspec.MsgspecError, TypeError, KeyError: the text is not that of a command.
    """
    return command_from(load(text, dict))


@lru_cache(maxsize=4096)
def load_outcome(text: str) -> Outcome:
    """Returns the outcome in the text of an answer.

    Raises:
        msgspec.MsgspecError, TypeError, KeyError: the text is not that of an answer.
    """
    data = load(text, dict)
    commands = tuple(command_from(command) for command in data["recorder"])
    timers = tuple(map(_timer_change_from, data.get("timers", ())))
    return Outcome(
        data["before"], data["state"], commands, tuple(data["rules"]), data["refused"], timers
    )


def _timer_change_from(data: dict[str, Any]) -> TimerChange:
    return SetTimer(data["set"], data["after"]) if "set" in data else CancelTimer(data["cancel"])


@lru_cache(maxsize=4096)
def load_settings(text: str) -> MeetingSettings:
    """Returns the settings of a text; equal texts share one object.

    Raises:
        msgspec.MsgspecError: the text is not that of settings.
    """
    return load(text, MeetingSettings)


@lru_cache(maxsize=256)
def load_plan(text: str) -> Plan:
    """Returns the plan of a text; equal texts share one object.

    Raises:
        msgspec.MsgspecError: the text is not that of a plan.
    """
    # Made anew: msgspec sets the fields alone, and not the place for the hash.
    return attrs.evolve(load(text, Plan))
