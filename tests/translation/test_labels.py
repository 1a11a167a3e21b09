import ast
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

import fsm.diagrams
from fsm.diagrams import DIAGRAM_NAMES, diagram, plan_diagram
from fsm.diagrams.build import OTHERWISE
from fsm.diagrams.dot import render_dot
from fsm.diagrams.fontconfig import FONTS
from fsm.diagrams.own_machine import ANY_OTHER_STATE, ANY_STATE
from fsm.diagrams.texts import LEGENDS
from fsm.diagrams.theme import CHANGE_SIGNS
from fsm.recording.console import POLICY
from fsm.recording.machine import RECORDING
from fsm.recording.plan import STARTER_WORDS, Plan
from fsm.translation import Translator
from fsm.translation.rule_texts import RULE_LABELS
from fsm.translation.view_texts import VIEW_LABELS

from ..diagrams.geometry import measured

CHINESE = {**VIEW_LABELS, **RULE_LABELS}
LATIN = re.compile(r"[A-Za-z]{2,}")
NUMBER = re.compile(r"\d+")
# Plans that give each unit of time to each timer.
TIMED_PLANS = [
    Plan("cloud", grace=grace, end_when_empty=empty)
    for grace, empty in ((10, 7_200), (120, 90), (0, 600))
]
# Labels that the code does not translate as literals.
OTHERS = (
    *(text for legend in LEGENDS.values() for text in legend),
    *CHANGE_SIGNS,
    OTHERWISE,
    ANY_STATE,
    ANY_OTHER_STATE,
    *STARTER_WORDS.values(),
)


def literals_in_calls_of_translate():
    for path in Path(fsm.diagrams.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("translate"):
                for argument in call.args:
                    choices = (
                        (argument.body, argument.orelse)
                        if isinstance(argument, ast.IfExp)
                        else (argument,)
                    )
                    yield from (each.value for each in choices if isinstance(each, ast.Constant))


def reasons_of_refusals():
    for machine in (RECORDING, POLICY):
        for refusal in machine.table.refusals:
            yield (refusal.guard and refusal.guard.description.reason) or "wrong_state"


@pytest.fixture
def labels():
    """Every English label that a diagram can show, refusals included."""
    labels = {*literals_in_calls_of_translate(), *reasons_of_refusals(), *OTHERS}

    class Recorder(Translator):
        def __call__(self, label):
            # Durations have one translation for each unit of time.
            labels.add(label if label in CHINESE else NUMBER.sub("#", label))
            return label

    for shown in (*map(diagram, DIAGRAM_NAMES), *map(plan_diagram, TIMED_PLANS)):
        render_dot(shown, Recorder("en"))
        # A diff view names the preconditions that differ, with their triggers.
        for trigger, guards in shown.preconditions.items():
            labels.update((trigger, *guards))
    return labels


def test_every_label_has_a_translation(labels):
    assert len(labels) > 140
    missing = labels - set(CHINESE)
    assert not missing, (
        "write their Chinese into RULE_LABELS in fsm/translation/rule_texts.py, or those of a view "
        f"into VIEW_LABELS in view_texts.py beside it: {missing}"
    )


def test_every_translation_is_of_a_label(labels):
    unused = set(CHINESE) - labels
    assert not unused, (
        "remove from RULE_LABELS in fsm/translation/rule_texts.py, or VIEW_LABELS in view_texts.py "
        f"beside it: {unused}"
    )


@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_a_chinese_diagram_has_no_english_text(name):
    texts = {text.name for text in measured(diagram(name), "zh").texts}
    english = [text for text in texts if LATIN.search(text)]
    assert not english, f"write their Chinese into fsm/translation/rule_texts.py: {english}"


@pytest.mark.parametrize("style", ["Regular", "Bold"])
def test_the_fonts_have_every_character_of_every_chinese_label(style):
    covered = set()
    for font in FONTS.glob(f"*-{style}.*"):
        covered |= set(TTFont(font).getBestCmap())
    missing = {
        text: "".join(lacking)
        for text in CHINESE.values()
        if (lacking := [char for char in text if ord(char) not in covered])
    }
    assert not missing, (
        "write other words in fsm/translation, or build the fonts again with tools/fonts.py, they "
        f"lack: {missing}"
    )


def test_a_label_without_a_translation_stays_english():
    for lang in ("en", "zh"):
        assert Translator(lang)("no such label") == "no such label"
