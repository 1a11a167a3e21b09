"""The JSON objects of ``fsm play --json`` and ``fsm plan --json``."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.recording import Form, Outcome, Plan
from fsm.recording.outcome import timers_data
from fsm.scenario.model import Scenario
from fsm.scenario.play import PlayedStep, commands_data


def header_line(scenario: Scenario) -> dict[str, Any]:
    """Returns the first line of a scenario in ``fsm play --json``."""
    resolution = scenario.resolve()
    return {
        "scenario": scenario.title,
        "file": scenario.file,
        "document": scenario.document,
        "status": resolution.status,
        "plan": _plan(resolution.plan),
    }


def step_line(played: PlayedStep) -> dict[str, Any]:
    """Returns the line of a step in ``fsm play --json``.

    A step with a failed expectation has the additional key ``unexpected``.
    """
    line = {
        "step": played.number,
        "event": played.step.written,
        **outcome_line(played.outcome),
        "timers": list(played.timers),
    }
    return line | ({"unexpected": list(played.unexpected)} if played.unexpected else {})


def outcome_line(outcome: Outcome) -> dict[str, Any]:
    """Returns an outcome as the line of its step has it."""
    return {
        "before": outcome.before,
        "state": outcome.state,
        "recorder": commands_data(outcome),
        "refused": outcome.refused,
        "rules": list(outcome.rules),
        "timers": timers_data(outcome),
    }


def summary_line(played: list[PlayedStep], state: str) -> dict[str, Any]:
    """Returns the last line of a scenario in ``fsm play --json``.

    Args:
        played: its steps.
        state: the state after the last step.
    """
    failed = sum(1 for step in played if step.unexpected)
    return {"steps": len(played), "state": state, "failed": failed}


def plan_line(scenario: Scenario) -> dict[str, Any]:
    """Returns the line of a scenario in ``fsm plan --json``."""
    resolution = scenario.resolve()
    return {
        "scenario": scenario.title,
        "status": resolution.status,
        "form": _form(resolution.form),
        "plan": _plan(resolution.plan),
        "why": list(resolution.why),
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "kind": plan.kind,
        "started_by": plan.started_by,
        "host_may_pause": plan.host_may_pause,
        "source": plan.source,
    }


def _form(form: Form) -> dict[str, Any]:
    return {
        "visible": form.visible,
        "ticked": form.ticked,
        "editable": form.editable,
        "options": [attrs.asdict(option) for option in form.options],
        "selected": attrs.asdict(form.selected) if form.selected else None,
        "contact_admin": form.contact_admin,
    }
