"""The Chinese titles of the example scenarios: those of the scenario files, and no other."""

import re
import runpy
from pathlib import Path

import pytest

from fsm.diagrams.fontconfig import bundled_characters
from fsm.recording.rules import RULE_IDS
from fsm.scenario.load import load_file
from fsm.translation import Translator
from fsm.translation.examples import EXAMPLE_TITLES

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "examples" / "scenarios"
TOOL = runpy.run_path(str(ROOT / "tools" / "example_titles.py"))
LATIN = re.compile(r"[A-Za-z]\w*")
ONE = "# zh: 会议\ntitle: A meeting\nevents: []\n"
OTHER = '# A comment.\n\n# zh: 另一会议\ntitle: "Another\n  meeting"   # behind\nevents: []\n'


def test_every_example_has_a_chinese_title_of_its_own():
    assert [*TOOL["faults"]()] == []


def test_the_titles_of_the_program_are_those_of_the_files():
    assert TOOL["file"]().read_text(encoding="utf-8") == TOOL["text"](), "run `make examples`"
    titles = {
        scenario.title for file in SCENARIOS.glob("*.yaml") for scenario in load_file(str(file))
    }
    assert len(titles) > 100
    assert {*EXAMPLE_TITLES} == titles


def test_the_line_above_a_title_has_the_chinese_one():
    assert [*TOOL["titles_in"](f"{ONE}---\n{OTHER}")] == [
        (2, "A meeting", "会议"), (8, "Another meeting", "另一会议"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("title: A talk\n",
         "b.yaml:1: 'A talk' has no Chinese title (write it above, as a line # zh: ...)"),
        ("# zh: 讲座\n\ntitle: A talk\n", "b.yaml:3: 'A talk' has no Chinese title"),
        ("# zh: \ntitle: A talk\n", "b.yaml:2: 'A talk' has no Chinese title"),
        ("# zh: 讲座\ntitle: A meeting\n",
         "b.yaml:2: 'A meeting' has another Chinese title, 会议 (write that one)"),
        ("# zh: 会议\ntitle: A talk\n",
         "b.yaml:2: 会议 is the title of 'A meeting' (write another one)"),
    ],
)  # fmt: skip
def test_a_fault_of_a_title_names_the_scenario_file_and_its_line(tmp_path, text, fault):
    (tmp_path / "a.yaml").write_text(ONE, encoding="utf-8")
    assert [*TOOL["faults"](tmp_path)] == []
    (tmp_path / "b.yaml").write_text(text, encoding="utf-8")
    [found] = TOOL["faults"](tmp_path)
    assert fault in found


def test_no_title_is_left_in_english():
    for title in EXAMPLE_TITLES.values():
        assert {*LATIN.findall(title)} <= {"ID", *RULE_IDS}, title


def test_the_bundled_fonts_have_the_characters_of_the_titles():
    missing = "".join(sorted({*"".join(EXAMPLE_TITLES.values())} - bundled_characters()))
    assert not missing, (
        f"the fonts lack {missing}: write other words above the title in examples/scenarios, or "
        "build the fonts again with tools/fonts.py"
    )


def test_titles_that_are_no_examples_stay_as_they_are():
    translate = Translator("zh")
    assert translate.title("A quick meeting") == "快速会议"
    # A sentence of the program as a title is still a title.
    assert translate.title("grace 20 s") == "grace 20 s"
    assert Translator("en").title("A quick meeting") == "A quick meeting"
