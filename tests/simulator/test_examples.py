"""The example scenarios of the page."""

import json
import runpy
from pathlib import Path

import pytest

from fsm.recording.rules import RULE_IDS
from fsm.simulator.pages import page_files

TOOL = Path(__file__).resolve().parents[2] / "tools" / "examples.py"


@pytest.fixture(scope="module")
def found():
    return json.loads(page_files()["examples.json"][1])


def test_the_examples_are_those_of_the_folder():
    tool = runpy.run_path(str(TOOL))
    assert page_files()["examples.json"][1].decode() == tool["text"](), "run `make examples`"


def test_every_example_has_a_title_and_its_rule(found):
    assert len(found) > 40
    assert all(each["scenario"]["title"] for each in found)
    rules = {each["rule"] for each in found}
    assert None in rules
    assert {rule for rule in rules if rule} <= {*RULE_IDS}
    assert {"R1", "R16", "D14", "D15"} <= rules
