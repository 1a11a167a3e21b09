"""Counterexamples: a violation as a scenario file, which `fsm play` replays and draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from fsm.recording.events import Event, Join, Leave, Pause, RecorderFailed, Start
from fsm.recording.outcome import Outcome, timers_data
from fsm.recording.plan import Plan
from fsm.scenario import write
from fsm.verify import plan_rules, reference_rules
from fsm.verify.reference_model import ReferenceModel
from fsm.verify.violation import RuleViolation, describe

COUNTEREXAMPLE_MARK = "# Written by fsm verify, whose next run removes it.\n"
"""The first line of every file, by which a later run recognises it."""
DISTINGUISHING_EVENTS: tuple[Event, ...] = (
    Join("alice", "member", "ios", "3.17"),
    Join("bob", "host", "windows", "3.17"),
    Pause("bob"),
    RecorderFailed(),
    Start("bob", "local"),
    RecorderFailed(),
    Start("bob", "cloud"),
    Leave("bob"),
    Leave("alice"),
)
"""A meeting that distinguishes all plans: any two plans answer it differently, unless they differ
only in the grace, and neither has cloud recordings."""


def scenario_of(violation: RuleViolation) -> str | None:
    """Returns a scenario that expects the answers of the rules, and so fails when played.

    Args:
        violation: the violation.

    Returns:
        The text of the file; ``None`` if no meeting shows the violation.
    """
    settings = violation.settings
    if settings is None:
        return None
    events = violation.events or DISTINGUISHING_EVENTS
    document = {
        "title": f"Violated: {violation.name}",
        **write.settings_data(settings),
        "events": [*_steps(plan_rules.expected_plan(settings), events)],
    }
    rules = ", ".join(violation.rules) or "none of its own"
    problem = " ".join(violation.problem.split())  # a comment has one line
    return f"{COUNTEREXAMPLE_MARK}# rules: {rules}\n# violation: {problem}\n" + yaml.safe_dump(
        document, sort_keys=False, allow_unicode=True
    )


def reproduction_steps(violation: RuleViolation) -> str:
    """Describes the steps to reproduce a violation in one line.

    Args:
        violation: the violation.
    """
    start = violation.start
    if violation.settings is not None:
        settings = yaml.safe_dump(
            write.settings_data(violation.settings),
            sort_keys=False, default_flow_style=True, width=float("inf"),
        )  # fmt: skip
        start = f"a meeting with {settings.strip()}"
    if not start:
        return "see it by creating these settings"
    path = ", ".join(describe(event) for event in violation.events)
    return f"see it in {start}" + (f", after: {path}" if path else "")


def _steps(plan: Plan, events: Iterable[Any]) -> Iterator[dict[str, Any]]:
    model = ReferenceModel()
    has_timers = plan.grace > 0 or plan.end_when_empty is not None
    for event in events:
        outcome = reference_rules.expected_outcome(plan, model, event)
        expect = _expectation(outcome)
        if outcome.refused is None and (has_timers or outcome.timers):
            expect["timers"] = timers_data(outcome)
        yield {event.trigger: write.fields_data(event), "expect": expect}
        model = model.after(event, outcome)


def _expectation(outcome: Outcome) -> dict[str, Any]:
    rule = {"rule": outcome.rules[0]} if outcome.rules else {}
    if outcome.refused is not None:
        return {"refused": outcome.refused, **rule}
    commands = [
        {"command": command.command, **write.fields_data(command)} for command in outcome.recorder
    ]
    return {"refused": None, "state": outcome.state, "recorder": commands, **rule}
