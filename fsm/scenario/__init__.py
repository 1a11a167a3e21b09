"""Scenarios: meetings as files, to be loaded, played, reported, accepted and written."""

from fsm.scenario.load import ScenarioFileError, load_file, parse, read_file
from fsm.scenario.model import Expectation, ExpectedCommand, MeetingInfo, Scenario, Step
from fsm.scenario.play import PlayedStep, open_meeting, play
from fsm.scenario.source import ScenarioError

__all__ = [
    "Expectation",
    "ExpectedCommand",
    "MeetingInfo",
    "PlayedStep",
    "Scenario",
    "ScenarioError",
    "ScenarioFileError",
    "Step",
    "load_file",
    "open_meeting",
    "parse",
    "play",
    "read_file",
]
