import pytest

from fsm.diagrams import DIAGRAM_NAMES, diagram
from fsm.diagrams.catalogue import CATALOGUE
from fsm.diagrams.texts import note_texts, step_ranges
from fsm.translation import Translator

ENGLISH = Translator("en")


def test_omitted_guards_and_dashed_edges_are_in_the_notes():
    omitted, legend = note_texts(diagram("recording"), ENGLISH)
    assert omitted[0] == "guards not shown – every event: the meeting is not over"
    assert "leave, role: is present" in omitted
    assert "dashed: only on a host's request" in legend


@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_the_notes_explain_the_transitions_of_the_other_kind(name):
    shown = diagram(name)
    texts = [text for note in note_texts(shown, ENGLISH) for text in note]
    explained = any(
        text.startswith("grey: only in a recording of the other kind") for text in texts
    )
    plan = CATALOGUE[name].plan
    assert explained == (plan is not None and plan.kind is not None)


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((1,), "1"),
        ((1, 2), "1 2"),
        ((1, 2, 3), "1–3"),
        ((5, 1, 7, 6), "1 5–7"),
        (tuple(range(1, 40)), "1–39"),
        (tuple(range(1, 40, 2)), "1 3 5 7 … 39"),
    ],
)
def test_step_numbers_are_written_as_ranges(steps, text):
    assert step_ranges(steps) == text
