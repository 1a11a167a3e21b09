import attrs
import pytest

from fsm.diagrams import LANGS, diagram, diff_diagrams, dot, empty_diagram, mermaid, with_diff
from fsm.diagrams.theme import COMMAND_COLOURS, SECONDARY_COLOUR, TEXT_COLOUR

from .altered import (
    all_at_once,
    asking,
    condition_less,
    edges,
    one,
    other_target,
    row_less,
    staying,
    turned,
)
from .geometry import measured

NEW = diagram("recording")


def shown(old, new=NEW):
    return with_diff(diff_diagrams(old, new), "main")


def marked(diagram):
    return [
        (edge.source, edge.target, line.trigger, line.change.mark, line.change.elsewhere)
        for edge in diagram.edges
        for line in edge.lines
        if line.change
    ]


def test_a_changed_line_keeps_what_it_was():
    shown_diagram = shown(condition_less(NEW))
    assert marked(shown_diagram) == [("recording", "paused", "pause", "changed", "")]
    words = {word.name for word in measured(shown_diagram).words}
    assert {"~", "+ plan: host may pause"} <= words


def test_a_guard_that_is_gone_is_struck_out():
    source = dot.dot_source(shown(NEW, condition_less(NEW)))
    assert "<S>plan: host may pause</S>" in source
    assert source.count("<S>") == 1


def test_a_removed_line_is_drawn_where_it_was_and_struck_out():
    shown_diagram = shown(NEW, row_less(NEW))
    assert marked(shown_diagram) == [("paused", "recording", "resume", "removed", "")]
    assert "<S>resume</S>" in dot.dot_source(shown_diagram)


def test_a_removed_line_stands_where_it_stood():
    for gone in range(3):
        leaves = []

        def change(here, target, line, gone=gone, leaves=leaves):
            if (here, line.trigger) == ("recording", "leave"):
                leaves.append(line)
                if len(leaves) == gone + 1:
                    return None
                line = attrs.evolve(line, place=line.place - (len(leaves) > gone + 1))
            return here, target, line

        less = edges(NEW, change)
        shown_diagram = shown(NEW, less)
        (edge,) = [
            each
            for each in shown_diagram.edges
            if (each.source, each.target) == ("recording", "stopped")
        ]
        commands = [each.command.words for each in edge.lines if each.trigger == "leave"]
        assert commands == [each.command.words for each in leaves]
        assert edge.lines[gone].change.mark == "removed"


def test_only_what_changed_has_a_colour():
    source = dot.dot_source(shown(condition_less(NEW)))
    assert [colour for colour in COMMAND_COLOURS.values() if f'COLOR="{colour}">/' in source] == []
    resume = next(row for row in source.splitlines() if "label_paused_recording" in row)
    assert f'COLOR="{SECONDARY_COLOUR}"><B>resume</B>' in resume
    assert TEXT_COLOUR not in resume


def test_a_line_that_leads_elsewhere_is_on_both_edges():
    assert sorted(marked(shown(other_target(NEW)))) == [
        ("recording", "idle", "recorder_failed", "removed", "now → stopped"),
        ("recording", "stopped", "recorder_failed", "changed", "before → idle"),
    ]


def test_a_line_that_no_longer_leads_away_says_so():
    stays = staying(NEW, "recording", "stop")
    shown_diagram = shown(NEW, stays)
    assert marked(shown_diagram) == [("recording", "stopped", "stop", "removed", "now stays")]
    (stay,) = [stay for stay in shown_diagram.node("recording").stays if stay.change]
    assert (stay.trigger, stay.change.elsewhere) == ("stop", "before → stopped")
    assert marked(shown(stays)) == [("recording", "stopped", "stop", "changed", "stayed before")]
    assert not shown_diagram.remarks


def test_an_edge_has_the_colour_of_its_lines():
    source = dot.dot_source(shown(other_target(NEW)))
    rows = [row for row in source.splitlines() if "->" in row and "label_recording" in row]
    assert all("#b91c1c" in row and "dashed" in row for row in rows if "recording_idle" in row)
    assert all("#b45309" in row for row in rows if "recording_stopped" in row)
    assert all("#b6c2d1" in row for row in rows if "recording_paused" in row)


def test_states_are_marked_and_a_removed_one_stays_where_it_was():
    idle, *others = NEW.nodes
    asleep = attrs.evolve(idle, name="asleep", label="asleep")
    shown_diagram = shown(attrs.evolve(NEW, nodes=(idle, asleep, *others)))
    assert [node.name for node in shown_diagram.nodes][:2] == ["idle", "asleep"]
    assert shown_diagram.node("asleep").mark == "removed"
    assert "<S><B>− asleep</B></S>" in dot.dot_source(shown_diagram)
    assert "dashed" in next(
        row for row in dot.dot_source(shown_diagram).splitlines() if "state_asleep" in row
    )


def test_the_diagram_names_the_version_and_explains_its_colours():
    shown_diagram = shown(condition_less(NEW))
    assert shown_diagram.subtitle.endswith("changes against main")
    assert shown_diagram.notes[-1][0].startswith("green")
    long = with_diff(diff_diagrams(NEW, NEW), "/a/long/way/to/another/version")
    assert long.subtitle.endswith("against …g/way/to/another/version")


def test_what_is_asked_first_is_told_below_in_words_that_stand_out():
    old = asking(NEW, "join", lambda conditions: (*conditions[:1], "by day"))
    assert shown(old).remarks == (
        "+ preconditions in every state – join: not yet present",
        "− preconditions in every state – join: by day",
    )
    shown_diagram = shown(asking(NEW, "join", lambda conditions: conditions[::-1]))
    (remark,) = shown_diagram.remarks
    assert remark == (
        "~ preconditions in every state – join: guards in another order: "
        "1. the meeting is not over, 2. not yet present"
    )
    assert f'COLOR="#b45309"><B>{remark[:40]}' in dot.dot_source(shown_diagram)
    assert "note right of idle : ~ preconditions" in mermaid.mermaid_source(shown_diagram)


def test_the_order_in_which_lines_are_tried_is_told_below():
    (remark,) = shown(turned(NEW, "recording", "pause")).remarks
    assert remark == (
        "~ lines in another order – recording, pause: "
        "1. → paused [a host, cloud, plan: host may pause], "
        "2. → paused [a host, local, by the recording client]"
    )


def test_another_order_of_the_guards_of_a_line_is_told_beside_it():
    old = one(
        NEW, "recording", "stop",
        lambda target, line: (target, attrs.evolve(line, conditions=line.conditions[::-1])),
    )  # fmt: skip
    words = [word.name for word in measured(shown(old)).words]
    assert words.count("guards in another order") == 1


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["policy", "recording"])
def test_a_diagram_that_was_not_there_before_is_all_new(name, lang):
    shown_diagram = with_diff(
        diff_diagrams(empty_diagram(diagram(name, lang)), diagram(name, lang))
    )
    assert {mark for *_, mark, _ in marked(shown_diagram)} == {"added"}
    assert {node.mark for node in shown_diagram.nodes} == {"added"}


def test_the_diagram_that_is_drawn_on_is_left_alone():
    before = diagram("recording")
    shown(all_at_once(NEW), before)
    assert before == diagram("recording")
