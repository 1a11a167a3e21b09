"""Scenarios that two versions play, and the steps whose answers differ."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.review.difference import different_parts
from fsm.review.versions import Data, Version
from fsm.scenario import Scenario, open_meeting, play, report


@attrs.frozen
class PlayedByBoth:
    """A scenario as two versions play it.

    Args:
        scenario: the scenario.
        old: the status and plan of the other version, or its error.
        new: the status and plan of this version.
        steps: the steps that differ, each as the line of this version and the answer of the other.
    """

    scenario: Scenario
    old: Data
    new: Data
    steps: list[tuple[Data, Data]]

    @property
    def differs(self) -> bool:
        """True if the plan or a step differs."""
        return bool(self.steps) or self.old != self.new


def play_both(scenario: Scenario, version: Version) -> PlayedByBoth:
    """Plays a scenario on this version and on another one.

    Args:
        scenario: the scenario.
        version: the other version.

    Raises:
        VersionError: the process of the other version ended.
    """
    played = version.ask(
        "play",
        machine="recording",
        **{"from": _settings(scenario), "events": [step.written for step in scenario.steps]},
    )
    lines = [report.step_line(step) for step in play(scenario, open_meeting(scenario))]
    header = report.header_line(scenario)
    new = {name: header[name] for name in ("status", "plan")}
    resolution = played["resolution"]
    if "error" in resolution:
        return PlayedByBoth(scenario, {"error": resolution["error"]}, new, [])
    plan = {name: resolution["plan"].get(name) for name in new["plan"]}
    answers = zip(lines, played["answers"], strict=True)
    return PlayedByBoth(
        scenario,
        {"status": resolution["status"], "plan": plan},
        new,
        [(line, answer) for line, answer in answers if different_parts(answer, line)],
    )


def _settings(scenario: Scenario) -> dict[str, Any]:
    """Returns the settings without default values, which an older version may not know."""
    return attrs.asdict(
        scenario.settings, filter=lambda attribute, value: value != attribute.default
    )
