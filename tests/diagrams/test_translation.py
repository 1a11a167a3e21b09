import re

import pytest
from fontTools.ttLib import TTFont

from fsm.diagrams import DIAGRAM_NAMES, diagram, labels
from fsm.diagrams.translation import CHINESE, translator
from fsm.diagrams.fontconfig import FONTS

LATIN = re.compile(r"[A-Za-z]{2,}")


def test_every_label_has_a_translation():
    assert set(labels()) <= set(CHINESE)


def test_every_translation_is_of_a_label():
    assert set(CHINESE) <= set(labels())


@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_a_chinese_picture_has_no_english_words(name):
    shown = diagram(name, "zh")
    words = [shown.title, shown.subtitle, *(text for note in shown.notes for text in note)]
    for node in shown.nodes:
        words += [node.label, *(stay.trigger for stay in node.internal)]
    for edge in shown.edges:
        for label in edge.labels:
            words += [line.trigger, *line.guards]
            words += [line.command.text] if line.command else []
    assert [each for each in words if LATIN.search(each)] == []


@pytest.mark.parametrize("style", ["Regular", "Bold"])
def test_the_fonts_have_every_character_of_every_chinese_label(style):
    covered = set()
    for font in FONTS.glob(f"*-{style}.*"):
        covered |= set(TTFont(font).getBestCmap())
    assert {each for text in CHINESE.values() for each in text if ord(each) not in covered} == set()


def test_a_label_without_a_translation_stays_as_it_is():
    assert translator("zh")("no such label") == translator("en")("no such label") == "no such label"
