import attrs
import pytest

from fsm.diagrams import LANGS, diagram, dot, with_trace
from fsm.diagrams.render import lay_out
from fsm.recording.events import Join

from .geometry import measured
from .paths import CLOUD, played


def text_of(diagram):
    return " ".join(word.name for word in measured(diagram).words)


def test_every_word_of_the_diagram_is_drawn():
    shown = diagram("recording")
    build_diagram = text_of(shown)
    for edge in shown.edges:
        for line in edge.lines:
            for word in (line.trigger, *line.conditions, *line.rules, f"/ {line.command.words}"):
                assert word in build_diagram
    for node in shown.nodes:
        assert node.label in build_diagram
    for piece in (shown.title, shown.subtitle, *shown.notes[0], *shown.notes[1]):
        assert piece in build_diagram


@pytest.mark.parametrize("title", ['<b>&amp;</b> "q" \\N', "tab\tbell\aend", "多伦多 ✓ ñ"])
def test_any_title_is_drawn_as_it_is(title):
    shown = attrs.evolve(diagram("policy"), title=title)
    plain = "".join(each if each.isprintable() else " " for each in title).strip()
    assert plain in [word.name for word in measured(shown).words]


@pytest.mark.parametrize("lang", LANGS)
def test_the_words_of_a_line_stand_on_one_height(lang):
    geometry = measured(diagram("policy", lang))
    for edge in diagram("policy", lang).edges:
        (card,) = [
            box for box in geometry.nodes if box.name == f"label_{edge.source}_{edge.target}"
        ]
        inside = [word for word in geometry.words if card.holds(word)]
        line = edge.lines[0]
        triggers = {round(each.bottom) for each in inside if each.name == line.trigger}
        rules = {round(each.bottom) for each in inside if each.name == " ".join(line.rules)}
        assert triggers & rules


def test_an_edge_that_a_path_takes_is_drawn_bold_and_the_others_pale():
    assert "penwidth=3" not in dot.dot_source(with_trace(diagram("recording"), []))
    path = with_trace(diagram("recording"), played(CLOUD, Join("a", "host", "ios")))
    bold = [row for row in dot.dot_source(path).splitlines() if "penwidth=3" in row]
    assert len(bold) == 2
    assert all("label_idle_recording" in row for row in bold)


def test_the_graph_can_be_read_by_graphviz():
    assert lay_out(dot.dot_source(diagram("recording", "zh")), "dot")
