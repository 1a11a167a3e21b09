import attrs
import pytest

from fsm.diagrams import LANGS, diagram, with_trace
from fsm.diagrams.dot import render_dot
from fsm.diagrams.formats import run_graphviz
from fsm.recording.events import Join

from .geometry import measured
from .traces import CLOUD, trace


def text_of(diagram):
    return " ".join(text.name for text in measured(diagram).texts)


def test_every_text_of_the_diagram_is_drawn():
    shown = diagram("recording")
    drawn = text_of(shown)
    for edge in shown.edges:
        for label in edge.labels:
            for text in (label.trigger, *label.guards, *label.rules, f"/ {label.command.text}"):
                assert text in drawn
    for node in shown.nodes:
        assert node.label in drawn
    for text in (shown.title, shown.subtitle, *shown.notes[0], *shown.notes[1]):
        assert text in drawn


@pytest.mark.parametrize("title", ['<b>&amp;</b> "q" \\N', "tab\tbell\aend", "多伦多 ✓ ñ"])
def test_any_title_is_drawn_as_it_is(title):
    shown = attrs.evolve(diagram("policy"), title=title)
    printable = "".join(char if char.isprintable() else " " for char in title).strip()
    assert printable in [text.name for text in measured(shown).texts]


@pytest.mark.parametrize("lang", LANGS)
def test_the_texts_of_a_label_have_one_baseline(lang):
    geometry = measured(diagram("policy", lang))
    for edge in diagram("policy", lang).edges:
        (card,) = [box for box in geometry.nodes if box.name == f"card_{edge.source}_{edge.target}"]
        inside = [text for text in geometry.texts if card.holds(text)]
        label = edge.labels[0]
        triggers = {round(each.bottom) for each in inside if each.name == label.trigger}
        rules = {round(each.bottom) for each in inside if each.name == " ".join(label.rules)}
        assert triggers & rules


def test_an_edge_of_a_trace_is_drawn_bold_and_the_others_pale():
    assert "penwidth=3" not in render_dot(with_trace(diagram("recording"), []))
    view = with_trace(diagram("recording"), trace(CLOUD, Join("a", "host", "ios")))
    bold = [line for line in render_dot(view).splitlines() if "penwidth=3" in line]
    assert len(bold) == 2
    assert all("card_idle_recording" in line for line in bold)


def test_graphviz_can_read_the_graph():
    assert run_graphviz(render_dot(diagram("recording", "zh")), "dot")
