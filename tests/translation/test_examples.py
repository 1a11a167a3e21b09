"""The Chinese titles of the example scenarios: each of them, and no other."""

import re
from pathlib import Path

import pytest

from fsm.diagrams.fontconfig import bundled_characters
from fsm.recording.rules import RULE_IDS
from fsm.scenario.load import load_file
from fsm.translation import Translator
from fsm.translation.examples import EXAMPLE_TITLES

SCENARIOS = Path(__file__).parents[2] / "examples" / "scenarios"
LATIN = re.compile(r"[A-Za-z]\w*")


@pytest.fixture(scope="module")
def titles():
    return {
        scenario.title for file in SCENARIOS.glob("*.yaml") for scenario in load_file(str(file))
    }


def test_every_example_has_a_chinese_title(titles):
    assert len(titles) > 100
    missing = titles - {*EXAMPLE_TITLES}
    assert not missing, f"write their Chinese into fsm/translation/examples.py: {missing}"


def test_no_title_is_of_an_example_that_is_gone(titles):
    assert {*EXAMPLE_TITLES} - titles == set()


def test_no_title_is_left_in_english():
    for title in EXAMPLE_TITLES.values():
        assert {*LATIN.findall(title)} <= {"ID", *RULE_IDS}, title


def test_no_two_examples_are_called_the_same_in_chinese():
    assert len({*EXAMPLE_TITLES.values()}) == len(EXAMPLE_TITLES)


def test_the_bundled_fonts_have_the_characters_of_the_titles():
    missing = {*"".join(EXAMPLE_TITLES.values())} - bundled_characters()
    assert not missing, f"build the fonts again with tools/fonts.py, they lack: {missing}"


def test_titles_that_are_no_examples_stay_as_they_are():
    translate = Translator("zh")
    assert translate.title("A quick meeting") == "快速会议"
    # A sentence of the program as a title is still a title.
    assert translate.title("grace 20 s") == "grace 20 s"
    assert Translator("en").title("A quick meeting") == "A quick meeting"
