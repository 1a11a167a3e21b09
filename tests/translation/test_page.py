"""The page in both languages: each of its texts is in the catalogue, and in Chinese."""

import json
import re

import pytest

from fsm.simulator.pages import page_files
from fsm.translation.examples import EXAMPLE_TITLES
from fsm.translation.page import PAGE_TEXTS
from fsm.translation.rule_texts import CHINESE_NAMES, VOCABULARIES
from fsm.translation.translator import LANGS

from .page_source import MODULES, document_texts, literals

PLACEHOLDER = re.compile(r"\{(\w+)\}")
LATIN = re.compile(r"[A-Za-z]{2,}")
KEPT = re.compile(r"\{\w+\}|\bID\b|Ctrl\+C|fsm book|fsm token new")


def module_texts():
    """The texts that the modules translate."""
    texts = set()
    for module in MODULES:
        for each in literals(module.read_text(encoding="utf-8")):
            if each.translated:
                texts.update(each.parts)
    return texts


@pytest.fixture(scope="module")
def texts():
    """Every English text of the page."""
    return module_texts() | document_texts()


def test_every_text_of_the_page_is_in_the_catalogue(texts):
    assert len(texts) > 180
    missing = texts - set(PAGE_TEXTS)
    assert not missing, f"write their Chinese into PAGE_TEXTS in fsm/translation/page.py: {missing}"


def test_the_catalogue_has_no_other_texts(texts):
    assert set(PAGE_TEXTS) - texts == set()


ENGLISH_NAMES = [
    "a host stopped it", "everyone has left", "every host has left",
    "the recording client has left", "the meeting has ended",
]  # fmt: skip
"""The English words for names, whose Chinese stands with that of the other names."""


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_shows_no_text_without_a_translation(module):
    found = [each for each in literals(module.read_text(encoding="utf-8")) if each.hard_coded]
    expected = ENGLISH_NAMES if module.name == "language.js" else []
    assert [each.parts for each in found] == [(each,) for each in expected]


@pytest.mark.parametrize(
    "code",
    [
        'element("p", {}, "Hello there")',
        'element("p", { class: "muted" }, "hello")',
        'button("go", press)',
        'const text = `Step ${number} of many`;',
        'const text = "Read the rules";',
        'input({ placeholder: "seconds" })',
        'throw new Error("It is damaged.");',
        'element("p", {}, ...(ended ? ["The end"] : []))',
        't("Copy {name}", { name: "Other words" })',
    ],
)  # fmt: skip
def test_a_text_without_a_translation_is_found(code):
    assert any(each.hard_coded for each in literals(code))


@pytest.mark.parametrize(
    "code",
    [
        'element("p", {}, t("Hello there"))',
        'element("p", { class: "muted small" }, text) // A comment with words',
        'list.querySelector("ol.steps button")',
        't(ended ? "It is over." : "It goes on.", { state })',
        'fetch(`/v1/meetings/${name}/events`)',
        'text.replace(/"Some words"/g, "")',
    ],
)  # fmt: skip
def test_what_is_translated_or_technical_is_none(code):
    assert not any(each.hard_coded for each in literals(code))


def test_a_translation_has_the_placeholders_of_its_text():
    wrong = {
        text
        for text, chinese in PAGE_TEXTS.items()
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(chinese))
    }
    assert wrong == set()


def test_no_translation_is_left_in_english():
    wrong = {text for text in PAGE_TEXTS.values() if LATIN.search(KEPT.sub("", text))}
    assert wrong == set()


def test_every_value_that_a_text_asks_for_is_given():
    call = re.compile(
        r"""\b(?:t|nodesOf)\(\s*(?:[^()"]*\?\s*)?"((?:[^"\\]|\\.)*)"(?:\s*:\s*"((?:[^"\\]|\\.)*)")?"""
    )
    for module in MODULES:
        source = module.read_text(encoding="utf-8")
        for match in call.finditer(source):
            names = set(PLACEHOLDER.findall(match[1] + (match[2] or "")))
            following = source[match.end() : match.end() + 300]
            for name in names:
                given = rf"^\s*,\s*\{{.*?\b{name}\b"
                assert re.search(given, following, re.DOTALL), (module.name, match[0])


def test_the_page_gets_the_words_of_each_language():
    files = page_files()
    for lang in LANGS:
        if lang != "en":
            media_type, content = files[f"words.{lang}.json"]
            assert media_type == "application/json"
            words = json.loads(content)
            assert words == {
                "texts": PAGE_TEXTS, "names": CHINESE_NAMES, "titles": EXAMPLE_TITLES,
            }  # fmt: skip


def test_every_vocabulary_that_the_page_names_is_in_the_catalogue():
    named = {
        name
        for module in MODULES
        for name in re.findall(
            r'\b(?:named|optionsOf)\("(\w+)"', module.read_text(encoding="utf-8")
        )
    }
    assert len(named) > 8
    assert named <= set(VOCABULARIES)
