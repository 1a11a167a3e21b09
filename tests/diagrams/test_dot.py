import attrs
import pytest

from fsm.diagrams import DIAGRAM_NAMES, LANGS, diagram, with_trace
from fsm.diagrams.dot import render_dot, run_graphviz
from fsm.diagrams.texts import command_text, note_texts, subtitle_text
from fsm.diagrams.translation import Translator
from fsm.recording.events import Join

from .geometry import measured
from .traces import CLOUD, trace

ENGLISH, CHINESE = Translator("en"), Translator("zh")


def text_of(diagram):
    return " ".join(text.name for text in measured(diagram).texts)


def test_every_text_of_the_diagram_is_drawn():
    shown = diagram("recording")
    drawn = text_of(shown)
    for each in shown.transitions:
        texts = (*each.guards, *each.rules, f"/ {command_text(each, ENGLISH)}")
        for text in (each.trigger, *(texts if not each.stays else ())):
            assert text in drawn
    for node in shown.nodes:
        assert node.name in drawn
    notes = [text for note in note_texts(shown, ENGLISH) for text in note]
    for text in (shown.title, subtitle_text(shown, ENGLISH), *notes):
        assert text in drawn


@pytest.mark.parametrize("title", ['<b>&amp;</b> "q" \\N', "tab\tbell\aend", "多伦多 ✓ ñ"])
def test_any_title_is_drawn_as_it_is(title):
    shown = attrs.evolve(diagram("policy"), title=title)
    printable = "".join(char if char.isprintable() else " " for char in title).strip()
    assert printable in [text.name for text in measured(shown).texts]


@pytest.mark.parametrize("lang", LANGS)
def test_the_texts_of_a_label_have_one_baseline(lang):
    geometry = measured(diagram("policy"), lang)
    for (source, target), (first, *_) in diagram("policy").edges().items():
        (card,) = [box for box in geometry.nodes if box.name == f"card_{source}_{target}"]
        inside = [text for text in geometry.texts if card.holds(text)]
        trigger = Translator(lang)(first.trigger)
        triggers = {round(each.bottom) for each in inside if each.name == trigger}
        rules = {round(each.bottom) for each in inside if each.name == " ".join(first.rules)}
        assert triggers & rules


def test_an_edge_of_a_trace_is_drawn_bold_and_the_others_pale():
    assert "penwidth=3" not in render_dot(with_trace(diagram("recording"), []), ENGLISH)
    view = with_trace(diagram("recording"), trace(CLOUD, Join("a", "host", "ios")))
    bold = [line for line in render_dot(view, ENGLISH).splitlines() if "penwidth=3" in line]
    assert len(bold) == 2
    assert all("card_idle_recording" in line for line in bold)


def test_graphviz_can_read_the_graph():
    assert run_graphviz(render_dot(diagram("recording"), CHINESE), "dot")


@pytest.mark.parametrize("name", [name for name in DIAGRAM_NAMES if name != "policy"])
def test_an_edge_that_only_a_host_can_take_is_dashed(name):
    lines = [line for line in render_dot(diagram(name), ENGLISH).splitlines() if "-> card_" in line]
    lines += [
        line
        for line in render_dot(diagram(name), ENGLISH).splitlines()
        if "card_" in line and "-> state_" in line
    ]
    dashed = 0
    for (source, target), transitions in diagram(name).edges().items():
        halves = [line for line in lines if f"card_{source}_{target} " in line]
        manual = {each.trigger for each in transitions} == {"start"}
        assert [("dashed" in line) for line in halves] == [manual, manual]
        dashed += manual
    assert dashed
