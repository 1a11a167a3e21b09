"""Scenarios, plans and steps as the JSON objects that scripts rely on."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.recording import Form, Option, Plan
from fsm.scenario.model import Scenario
from fsm.scenario.play import Played, commands


def header(scenario: Scenario) -> dict[str, Any]:
    """Return the line that opens a scenario in ``fsm play --json``."""
    resolution = scenario.resolve()
    return {
        "scenario": scenario.title,
        "file": scenario.file,
        "document": scenario.document,
        "status": resolution.status,
        "plan": _plan(resolution.plan),
    }


def step(played: Played) -> dict[str, Any]:
    """Return the line of one step in ``fsm play --json``.

    A step that did not do what was expected has one key more, ``unexpected``.
    """
    outcome = played.outcome
    line = {
        "step": played.number,
        "event": played.step.written,
        "before": outcome.before,
        "state": outcome.state,
        "recorder": commands(outcome),
        "refused": outcome.refused,
        "rules": list(outcome.rules),
    }
    return line | ({"unexpected": list(played.unexpected)} if played.unexpected else {})


def summary(played: list[Played], state: str) -> dict[str, Any]:
    """Return the line that closes a scenario in ``fsm play --json``.

    Args:
        played: its steps.
        state: the state it ended in.
    """
    failed = sum(1 for each in played if each.unexpected)
    return {"steps": len(played), "state": state, "failed": failed}


def plan(scenario: Scenario) -> dict[str, Any]:
    """Return the line of a scenario in ``fsm plan --json``."""
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
    def option(each: Option) -> dict[str, Any]:
        return attrs.asdict(each)

    return {
        "visible": form.visible,
        "ticked": form.ticked,
        "editable": form.editable,
        "options": [option(each) for each in form.options],
        "selected": option(form.selected) if form.selected else None,
        "contact_admin": form.contact_admin,
    }
