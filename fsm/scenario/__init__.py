"""Scenarios: meetings written down as files, to be played and looked at."""

from fsm.scenario.load import ScenarioFileError, load, parse
from fsm.scenario.model import Expectation, ExpectedCommand, MeetingInfo, Scenario, Step
from fsm.scenario.play import Played, opened, play
from fsm.scenario.source import ScenarioError

__all__ = [
    "Expectation",
    "ExpectedCommand",
    "MeetingInfo",
    "Played",
    "Scenario",
    "ScenarioError",
    "ScenarioFileError",
    "Step",
    "load",
    "opened",
    "parse",
    "play",
]
