"""The JSON Schema of the scenario format, derived from the classes of a scenario."""

from __future__ import annotations

import inspect
import re
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from fsm.recording import Account, AutoRecord, Choice
from fsm.recording.events import EVENTS
from fsm.recording.vocabulary import CONSOLE_EDITIONS, UNBOOKED, Edition
from fsm.scenario.model import NULLABLE, Expectation, ExpectedCommand, MeetingInfo

_ARGUMENT = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)


def scenario_schema() -> dict[str, Any]:
    """Returns the JSON Schema of a scenario, for editors that complete and check files."""
    sub_options = ("start_on_any_join", "host_may_pause")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario",
        "description": "An account, a meeting, and its events.",
        "type": "object",
        "required": ["account"],
        "additionalProperties": False,
        "properties": {
            "title": {
                "type": "string",
                "description": "The title; by default the name of the file.",
            },
            "account": {
                **_object(Account),
                "if": {
                    "properties": {
                        "edition": {
                            "enum": [e for e in get_args(Edition) if e not in CONSOLE_EDITIONS]
                        }
                    }
                },
                "then": _without("cloud_recording", "local_recording", "auto_record"),
            },
            "user": _nullable(_object(Choice)),
            "booking": _nullable(_object(Choice)),
            "meeting": _nullable(_object(MeetingInfo)),
            "events": _nullable({"type": "array", "items": _step()}),
        },
        "if": {
            "required": ["meeting"],
            "properties": {
                "meeting": {
                    "required": ["type"],
                    "properties": {"type": {"enum": sorted(UNBOOKED)}},
                }
            },
        },
        "then": {"properties": {"booking": {"type": "null"}}},
        "$defs": {
            "auto_record": {
                **_object(AutoRecord),
                "if": {"required": ["kind"], "properties": {"kind": {"const": "local"}}},
                "then": _without(*sub_options),
            }
        },
    }


def _without(*names: str) -> dict[str, Any]:
    return {"properties": dict.fromkeys(names, False)}


def _nullable(part: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [part, {"type": "null"}]}


def _step() -> dict[str, Any]:
    events = {}
    for event in EVENTS:
        part = _object(event)
        events[event.trigger] = part if part["required"] else _nullable(part)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**events, "expect": _nullable(_object(Expectation))},
        "oneOf": [{"required": [trigger]} for trigger in events],
    }


def _object(cls: type[attrs.AttrsInstance]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    descriptions = _descriptions(cls)
    fields = [field for field in attrs.fields(cls) if field.name != "specified"]
    expected = len(fields) < len(attrs.fields(cls))
    return {
        "type": "object",
        "description": (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " "),
        "required": [field.name for field in fields if field.default is attrs.NOTHING],
        "additionalProperties": False,
        "properties": {
            field.name: {
                **_type(hints[field.name], nullable=not expected or field.name in NULLABLE),
                **descriptions.get(field.name, {}),
            }
            for field in fields
        },
    }


def _descriptions(cls: type) -> dict[str, dict[str, str]]:
    arguments = _ARGUMENT.findall(inspect.getdoc(cls) or "")
    return {
        name: {"description": " ".join(text.split()).replace("``None``", "null").replace("``", "")}
        for name, text in arguments
    }


def _type(hint: Any, nullable: bool = True) -> dict[str, Any]:
    if hint is AutoRecord:
        return {"$ref": "#/$defs/auto_record"}
    if get_origin(hint) is Literal:
        return {"enum": list(get_args(hint))}
    if get_origin(hint) in (Union, types.UnionType):
        part = _type(next(arg for arg in get_args(hint) if arg is not type(None)))
        if not nullable:
            return part
        if "enum" in part:
            return {"enum": [*part["enum"], None]}
        return {"type": [part["type"], "null"]}
    if hint == tuple[ExpectedCommand, ...]:
        return {"type": "array", "items": _object(ExpectedCommand)}
    return {str: {"type": "string"}, bool: {"type": "boolean"}}[hint]
