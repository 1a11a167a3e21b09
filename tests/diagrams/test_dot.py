import re
from xml.etree import ElementTree

import attrs
import pytest

from fsm.diagrams import DIAGRAM_NAMES, LANGS, diagram, with_trace
from fsm.diagrams.dot import render_dot, render_marked_svg, render_svg, run_graphviz
from fsm.diagrams.texts import command_text, note_texts, subtitle_text
from fsm.recording.events import Join
from fsm.translation import Translator

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


SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_states_edges_and_transitions_of_a_marked_diagram_can_be_found(name):
    shown = diagram(name)
    root = ElementTree.fromstring(render_marked_svg(shown, Translator("en")))
    ids = {each.get("id") for each in root.iter()}
    assert {f"state-{node.name}" for node in shown.nodes} <= ids
    for source, target in shown.edges():
        edge = f"{source}-{target}"
        assert {f"card-{edge}", f"edge-{edge}-upper", f"edge-{edge}-lower"} <= ids
    for number, transition in enumerate(shown.transitions):
        marked = [
            group
            for group in root.iter(f"{SVG}g")
            if {"transition", f"transition-{number}"} <= {*group.get("class", "").split()}
        ]
        texts = [text.text or "" for group in marked for text in group.iter(f"{SVG}text")]
        assert bool(marked) == (not transition.stays)
        assert transition.stays or transition.trigger in texts
    assert not any("{http://www.w3.org/1999/xlink}href" in each.attrib for each in root.iter())


def test_the_marks_of_transitions_change_nothing_else():
    shown = diagram("recording-cloud-host-grace")
    marked = render_marked_svg(shown, Translator("en"))
    unmarked = re.sub(r'<g class="transition [^"]*">\n(.*?)</g>', r"\1", marked, flags=re.S)
    assert unmarked.split() == render_svg(shown, Translator("en")).split()


def test_a_line_from_the_frame_is_found_by_each_transition_it_stands_for():
    shown = diagram("recording-cloud-host")
    svg = render_marked_svg(shown, ENGLISH)
    failed = [
        number for number, each in enumerate(shown.transitions) if each.trigger == "recorder_failed"
    ]
    first, second = (number for number in failed if not shown.transitions[number].stays)
    assert f'class="transition transition-{first} transition-{second}"' in svg
    assert "frame-running" in {each.get("id") for each in ElementTree.fromstring(svg).iter()}


def test_an_edge_of_the_frame_begins_at_its_border():
    geometry = measured(diagram("recording-cloud-host"))
    (line,) = [
        each
        for each in geometry.lines
        if {"state_paused"} < each.ends and "card_running_stopped" in each.ends
    ]
    (paused,) = [each for each in geometry.nodes if each.name == "state_paused"]
    assert max(y for _, y in line.points) < paused.bottom


def test_the_view_of_a_scenario_has_its_title_and_the_state_in_which_it_ended():
    view = with_trace(
        diagram("recording"), trace(CLOUD, Join("a", "host", "ios")), "A & <b>day</b>"
    )
    assert "A & <b>day</b> → recording" in text_of(view)
    assert "A & <b>day</b> → 录制中" in [text.name for text in measured(view, "zh").texts]
    lines = render_dot(view, ENGLISH).splitlines()
    (state,) = [line for line in lines if "penwidth=4" in line]
    assert "state_recording" in state


def test_a_title_of_any_length_is_cut_and_wrapped():
    for title in ("word " * 3000, "字" * 3000, "x" * 3000):
        view = with_trace(diagram("recording-local"), [], title)
        canvas = measured(view).canvas
        assert canvas.right - canvas.left < 1200
        assert "… → idle" in text_of(view)


def test_a_label_whose_glyphs_are_missing_is_an_error_and_a_title_is_not():
    shown = diagram("recording-local")
    first, *others = shown.transitions
    changed = attrs.evolve(shown, transitions=(attrs.evolve(first, guards=("𓀀 is here",)), *others))
    with pytest.raises(ValueError, match=r"the fonts of the diagrams lack 𓀀 .*tools/fonts.py"):
        render_svg(changed, ENGLISH)
    assert "𓀀" in render_svg(attrs.evolve(shown, title="𓀀"), ENGLISH)
