"""The JSON Schema of the scenario format, derived from the classes of a scenario."""

from __future__ import annotations

from typing import Any, get_args

from fsm.json_schema import json_schema
from fsm.recording.vocabulary import (
    CONSOLE_EDITIONS,
    KINDS,
    KINDS_WITH_OPTIONS,
    UNBOOKED,
    Edition,
)
from fsm.scenario.model import ScenarioDocument


def scenario_schema() -> dict[str, Any]:
    """Returns the JSON Schema of a scenario, for editors that complete and check files."""
    schema = json_schema(ScenarioDocument)
    account = schema["properties"]["account"]
    editions = [edition for edition in get_args(Edition) if edition not in CONSOLE_EDITIONS]
    without_options = [kind for kind in KINDS if kind not in KINDS_WITH_OPTIONS]
    account |= {
        "if": {"properties": {"edition": {"enum": editions}}},
        "then": _without("cloud_recording", "local_recording", "auto_record"),
    }
    account["properties"]["auto_record"] |= {
        "if": {"required": ["kind"], "properties": {"kind": {"enum": without_options}}},
        "then": _without("start_on_any_join", "host_may_pause"),
    }
    unbooked = {"required": ["type"], "properties": {"type": {"enum": sorted(UNBOOKED)}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario",
        **schema,
        "if": {"required": ["meeting"], "properties": {"meeting": unbooked}},
        "then": {"properties": {"booking": {"type": "null"}}},
    }


def _without(*names: str) -> dict[str, Any]:
    return {"properties": dict.fromkeys(names, False)}
