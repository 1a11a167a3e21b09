"""The Chinese rules say the same as the English ones, as far as a program can see."""

import re
from collections import Counter
from pathlib import Path

import pytest

from fsm.recording.rules import CHINESE_TITLES, RULE_IDS

DOCS = Path(__file__).resolve().parents[1] / "docs"
RULE = re.compile(r"^- \*\*([RD]\d+)\*\*", re.MULTILINE)


def texts(name):
    """The text of each rule, and what comes before the first."""
    parts = RULE.split((DOCS / name).read_text(encoding="utf-8"))
    return dict(zip(["", *parts[1::2]], parts[::2], strict=True))


ENGLISH, CHINESE = texts("rules.md"), texts("rules.zh.md")


def names(text):
    """The names of the program, the references to rules and the numbers in a text."""
    code = Counter(re.findall(r"`([^`]+)`", text))
    prose = re.sub(r"`[^`]+`", "", text)
    return set(code), set(re.findall(r"[RD]\d+", prose)), set(re.findall(r"\d[\d,.]*\d", prose))


def test_every_rule_is_there_in_its_order():
    assert (*list(ENGLISH)[1:],) == (*list(CHINESE)[1:],) == RULE_IDS


def test_every_rule_has_a_title():
    assert (*CHINESE_TITLES,) == RULE_IDS


@pytest.mark.parametrize("rule", RULE_IDS)
def test_a_rule_has_the_same_names_references_and_numbers(rule):
    pairs = zip(names(CHINESE[rule]), names(ENGLISH[rule]), strict=True)
    differ = sorted(name for chinese, english in pairs for name in chinese ^ english)
    assert not differ, f"{rule} in docs/rules.md and docs/rules.zh.md differ in {differ}"


def test_the_tables_have_as_many_rows():
    rows = [
        [line.count("|") for line in "".join(each.values()).splitlines() if line.startswith("|")]
        for each in (ENGLISH, CHINESE)
    ]
    assert rows[0] == rows[1], "docs/rules.zh.md lacks rows of docs/rules.md, or has others"


def test_every_heading_is_there():
    headings = ["".join(each.values()).count("\n## ") for each in (ENGLISH, CHINESE)]
    assert headings[0] == headings[1]
