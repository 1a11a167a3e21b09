import attrs
import pytest

from fsm.diagrams import compare, diagram, empty_diagram, with_diff
from fsm.diagrams.dot import render_dot
from fsm.diagrams.mermaid import render_mermaid
from fsm.diagrams.texts import note_texts, redirection_text, remark_texts, subtitle_text
from fsm.diagrams.theme import COMMAND_INKS, INK, MUTED
from fsm.translation import Translator

from .altered import (
    with_all_of_these,
    with_another_target,
    with_each,
    with_first,
    with_first_staying,
    with_preconditions,
    with_reversed_order,
    without_a_guard,
    without_a_row,
)
from .geometry import measured

NEW = diagram("recording")
ENGLISH = Translator("en")


def diff_view(old, new=NEW):
    return with_diff(compare(old, new), "main")


def changes(diagram):
    return [
        (*each.endpoints, each.trigger, each.change.kind, redirection_text(each, ENGLISH))
        for each in diagram.transitions
        if each.change and not each.stays
    ]


def remarks(diagram):
    return list(remark_texts(diagram, ENGLISH))


def test_a_changed_label_keeps_its_old_form():
    view = diff_view(without_a_guard(NEW))
    assert changes(view) == [("recording", "paused", "pause", "changed", "")]
    texts = {text.name for text in measured(view).texts}
    assert {"~", "+ plan: host may pause"} <= texts


def test_a_removed_guard_is_struck_out():
    source = render_dot(diff_view(NEW, without_a_guard(NEW)), ENGLISH)
    assert "<S>plan: host may pause</S>" in source
    assert source.count("<S>") == 1


def test_a_removed_transition_is_drawn_in_its_old_place_and_struck_out():
    view = diff_view(NEW, without_a_row(NEW))
    assert changes(view) == [("paused", "recording", "resume", "removed", "")]
    assert "<S>resume</S>" in render_dot(view, ENGLISH)


def test_a_removed_transition_keeps_its_position_in_the_label():
    for index in range(3):
        seen = {"recording": [], "paused": []}

        def change(each, index=index, seen=seen):
            if each.source in seen and each.trigger == "leave":
                leaves = seen[each.source]
                leaves.append(each)
                if len(leaves) == index + 1:
                    return None
                position = each.position - (len(leaves) > index + 1)
                each = attrs.evolve(each, position=position)
            return each

        view = diff_view(NEW, with_each(NEW, change))
        shown = view.edges()["running", "stopped"]
        commands = [each.command for each in shown if each.trigger == "leave"]
        assert commands == [each.command for each in seen["paused"]]
        assert [each for each in shown if each.trigger == "leave"][index].removed


def test_only_differences_have_a_colour():
    source = render_dot(diff_view(without_a_guard(NEW)), ENGLISH)
    assert [colour for colour in COMMAND_INKS.values() if f'COLOR="{colour}">/' in source] == []
    resume = next(line for line in source.splitlines() if "card_paused_recording [" in line)
    assert f'COLOR="{MUTED}"><B>resume</B>' in resume
    assert INK not in resume


def test_a_redirected_transition_is_on_both_edges():
    assert sorted(changes(diff_view(with_another_target(NEW)))) == [
        ("recording", "idle", "recorder_failed", "removed", "now → stopped"),
        ("recording", "stopped", "recorder_failed", "changed", "before → idle"),
    ]


def test_a_transition_that_comes_to_stay_names_its_old_target():
    stays = with_first_staying(NEW, "recording", "stop")
    view = diff_view(NEW, stays)
    assert changes(view) == [("recording", "stopped", "stop", "removed", "now stays")]
    (inside,) = view.changes_inside("recording")
    assert (inside.trigger, redirection_text(inside, ENGLISH)) == ("stop", "before → stopped")
    assert changes(diff_view(stays)) == [
        ("recording", "stopped", "stop", "changed", "stayed before")
    ]
    assert not view.remarks


def test_an_edge_has_the_colour_of_its_labels():
    source = render_dot(diff_view(with_another_target(NEW)), ENGLISH)
    lines = [line for line in source.splitlines() if "->" in line and "card_recording" in line]
    assert all("#b91c1c" in each and "dashed" in each for each in lines if "recording_idle" in each)
    assert all("#b45309" in each for each in lines if "recording_stopped" in each)
    assert all("#b6c2d1" in each for each in lines if "recording_paused" in each)


def test_changed_states_are_marked_and_a_removed_one_keeps_its_place():
    idle, *others = NEW.nodes
    asleep = attrs.evolve(idle, name="asleep")
    view = diff_view(attrs.evolve(NEW, nodes=(idle, asleep, *others)))
    assert [node.name for node in view.nodes][:2] == ["idle", "asleep"]
    assert view.node("asleep").change == "removed"
    source = render_dot(view, ENGLISH)
    assert "<S><B>− asleep</B></S>" in source
    assert "dashed" in next(line for line in source.splitlines() if "state_asleep" in line)


def test_the_view_names_the_old_version_and_explains_its_colours():
    view = diff_view(without_a_guard(NEW))
    assert subtitle_text(view, ENGLISH).endswith("changes against main")
    assert list(note_texts(view, ENGLISH))[-1][0].startswith("green")
    long = with_diff(compare(NEW, NEW), "/a/long/way/to/another/version")
    assert subtitle_text(long, ENGLISH).endswith("against …g/way/to/another/version")


def test_changed_preconditions_are_remarked_on_in_bold():
    old = with_preconditions(NEW, "join", lambda guards: (*guards[:1], "by day"))
    assert remarks(diff_view(old)) == [
        "+ preconditions in every state – join: not yet present",
        "− preconditions in every state – join: by day",
    ]
    view = diff_view(with_preconditions(NEW, "join", lambda guards: guards[::-1]))
    (remark,) = remarks(view)
    assert remark == (
        "~ preconditions in every state – join: guards in another order: "
        "1. the meeting is not over, 2. not yet present"
    )
    assert f'COLOR="#b45309"><B>{remark[:40]}' in render_dot(view, ENGLISH)
    assert "note right of idle : ~ preconditions in every" in render_mermaid(view, ENGLISH)


def test_transitions_in_another_order_are_remarked_on():
    (remark,) = remarks(diff_view(with_reversed_order(NEW, "paused", "resume")))
    assert remark == (
        "~ transitions in another order – paused, resume: "
        "1. → recording [a host, cloud], "
        "2. → recording [a host, local by the recording client]"
    )


def test_guards_in_another_order_are_remarked_on_in_the_label():
    old = with_first(
        NEW, "recording", "stop", lambda each: attrs.evolve(each, guards=each.guards[::-1])
    )
    texts = [text.name for text in measured(diff_view(old)).texts]
    assert texts.count("guards in another order") == 1


@pytest.mark.parametrize("name", ["policy", "recording"])
def test_everything_is_added_in_a_new_diagram(name):
    view = with_diff(compare(empty_diagram(diagram(name)), diagram(name)))
    assert {kind for *_, kind, _ in changes(view)} == {"added"}
    assert {node.change for node in view.nodes} == {"added"}


def test_the_compared_diagram_is_not_changed():
    before = diagram("recording")
    diff_view(with_all_of_these(NEW), before)
    assert before == diagram("recording")
