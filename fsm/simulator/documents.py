"""Scenarios as the page sends them, opens them from a file, and saves them."""

from __future__ import annotations

from typing import Any, Final

import attrs

from fsm.scenario import Scenario, open_meeting, play
from fsm.scenario.load import parse
from fsm.scenario.model import (
    Expectation,
    MeetingInfo,
    ScenarioDocument,
    Step,
    StepDocument,
    Wait,
)
from fsm.scenario.source import documents
from fsm.scenario.write import expectation_data, fields_data, scenario_text, settings_data

MAX_STEPS: Final = 1_000
"""The maximum number of steps of a simulated scenario."""
TITLE: Final = "A meeting"
"""The title of a scenario without one."""


def scenario_from(document: ScenarioDocument) -> Scenario:
    """Returns the scenario of a document.

    Raises:
        ValueError: the settings do not fit together.
    """
    settings = document.settings
    settings.resolve()  # raises if the booking does not fit the type
    steps = tuple(map(_step, document.events or ()))
    title = TITLE if document.title is None else document.title
    meeting = document.meeting or MeetingInfo()
    return Scenario(title, settings, meeting.id, steps)


def _step(step: StepDocument) -> Step:
    event = step.event
    value = event.seconds if isinstance(event, Wait) else fields_data(event)
    return Step(event, {event.trigger: value}, step.expect or Expectation(), 1)


def scenarios_in(content: bytes) -> list[dict[str, Any]]:
    """Returns the documents of a scenario file, each with a title.

    Args:
        content: YAML or JSON.

    Raises:
        ScenarioError: the content is faulty.
    """
    scenarios = parse(content, TITLE)
    return [
        {**document.data, "title": scenario.title}
        for scenario, document in zip(scenarios, documents(content), strict=True)
    ]


def with_expectations(scenario: Scenario) -> str:
    """Returns the text of a scenario file in which each step expects what happens now."""
    steps = [
        {
            **played.step.written,
            "expect": expectation_data(played.outcome)
            | ({"timers": list(played.timers)} if played.timers else {}),
        }
        for played in play(scenario, open_meeting(scenario))
    ]
    head = settings_data(scenario.settings)
    if scenario.meeting != attrs.fields(MeetingInfo).id.default:
        head["meeting"] = {"id": scenario.meeting, **head.get("meeting", {})}
    return scenario_text({"title": scenario.title, **head}, steps)
