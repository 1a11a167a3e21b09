import re

import pytest
from fontTools.ttLib import TTFont

from fsm.diagrams import DIAGRAM_NAMES, diagram
from fsm.diagrams.all_labels import all_labels
from fsm.diagrams.fontconfig import FONTS
from fsm.diagrams.translation import TRANSLATIONS, translator

LATIN = re.compile(r"[A-Za-z]{2,}")


def test_every_label_has_a_translation():
    assert set(all_labels()) <= set(TRANSLATIONS)


def test_every_translation_is_of_a_label():
    assert set(TRANSLATIONS) <= set(all_labels())


@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_a_chinese_diagram_has_no_english_words(name):
    shown = diagram(name, "zh")
    words = [shown.title, shown.subtitle, *(text for note in shown.notes for text in note)]
    for node in shown.nodes:
        words += [node.label, *(stay.trigger for stay in node.stays)]
    for edge in shown.edges:
        for line in edge.lines:
            words += [line.trigger, *line.conditions]
            words += [line.command.words] if line.command else []
    assert [each for each in words if LATIN.search(each)] == []


@pytest.mark.parametrize("style", ["Regular", "Bold"])
def test_the_fonts_have_every_character_of_every_chinese_label(style):
    covered = set()
    for font in FONTS.glob(f"*-{style}.*"):
        covered |= set(TTFont(font).getBestCmap())
    assert {
        each for text in TRANSLATIONS.values() for each in text if ord(each) not in covered
    } == set()


def test_a_label_without_a_translation_stays_as_it_is():
    assert translator("zh")("no such label") == translator("en")("no such label") == "no such label"
