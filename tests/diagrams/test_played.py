from collections import Counter

import pytest

from fsm.diagrams import (
    TraceStep,
    diagram,
    diagram_name,
    uncovered_transitions,
    with_coverage,
    with_trace,
)
from fsm.diagrams.dot import render_dot
from fsm.diagrams.texts import note_texts, refusal_texts, subtitle_text
from fsm.recording.events import Join, Leave, Pause, Resume, Stop
from fsm.recording.plan import Plan
from fsm.translation import Translator

from .traces import BUSY, CLOUD, trace

ALICE = Join("alice", "host", "windows")
BOB = Join("bob", "member", "web")


STEPS = trace(CLOUD, BOB, Join("a", "host", "ios"), Pause("a"), Leave("a"))
ENGLISH, CHINESE = Translator("en"), Translator("zh")


def trace_view(plan, *events):
    return with_trace(diagram(diagram_name(plan)), trace(plan, *events))


def coverage_view(name="recording", steps=STEPS):
    counts = Counter(step.row.definition for step in steps if step.row)
    return with_coverage(diagram(name), counts, 3)


def on_edges(diagram):
    return {
        (*each.endpoints, each.trigger): each.steps
        for each in diagram.transitions
        if each.steps and not each.stays
    }


def inside(diagram, state):
    accepted = {each: steps for each, (steps, _) in diagram.marked_triggers(state).items()}
    refused = {(each.trigger, each.reason): each.steps for each in diagram.node(state).refused}
    return accepted, refused


def test_a_step_that_changes_the_state_is_numbered_at_its_transition():
    pause, resume = Pause("alice"), Resume("alice")
    view = trace_view(CLOUD, BOB, ALICE, pause, resume, pause, Leave("alice"))
    assert on_edges(view) == {
        ("idle", "recording", "join"): (2,),
        ("recording", "paused", "pause"): (3, 5),
        ("paused", "recording", "resume"): (4,),
        ("paused", "stopped", "leave"): (6,),
    }


def test_a_step_that_does_not_change_the_state_is_numbered_inside_it():
    view = trace_view(CLOUD, BOB, ALICE, Leave("bob"))
    assert inside(view, "idle") == ({"join": (1,)}, {})
    assert inside(view, "recording") == ({"leave": (3,)}, {})


def test_a_refused_step_is_named_inside_its_state_with_its_reason():
    view = trace_view(
        Plan("cloud", host_may_pause=False), ALICE, Pause("alice"), BOB, Stop("alice")
    )
    assert inside(view, "recording") == (
        {"join": (3,)},
        {
            ("pause", "host_may_not_pause"): (2,),
            ("stop", "host_may_not_pause"): (4,),
        },
    )
    assert on_edges(view) == {("idle", "recording", "join"): (1,)}


def test_a_reason_is_in_the_language_of_the_diagram():
    view = trace_view(CLOUD, Pause("nobody"))
    assert list(refusal_texts(view, "idle", ENGLISH)) == ["✗ 1 pause: not_present"]
    assert list(refusal_texts(view, "idle", CHINESE)) == ["✗ 1 暂停录制：不在会中"]


def test_the_whole_machine_shows_any_trace():
    steps = trace(CLOUD, *BUSY)
    on_whole, on_plan = (
        on_edges(with_trace(diagram(name), steps)) for name in ("recording", "recording-cloud-host")
    )
    assert on_whole == on_plan


def test_every_step_is_shown_once():
    view = trace_view(CLOUD, *BUSY)
    shown = [step for each in view.transitions for step in each.steps]
    shown += [step for node in view.nodes for each in node.refused for step in each.steps]
    assert sorted(shown) == list(range(1, len(BUSY) + 1))


@pytest.mark.parametrize("step", [*trace(CLOUD, ALICE), TraceStep(1, None, "nowhere", "not_host")])
def test_a_trace_of_another_plan_is_refused(step):
    with pytest.raises(ValueError, match="step 1 is not on the diagram 'recording-local'"):
        with_trace(diagram("recording-local"), [step])


def test_the_diagram_under_a_trace_is_not_changed():
    before = diagram("recording")
    with_trace(before, trace(CLOUD, ALICE))
    assert before == diagram("recording")
    assert before.view == "machine"


def test_each_transition_has_its_count():
    taken = {
        (*each.endpoints, each.trigger): each.count
        for each in coverage_view(steps=STEPS * 2).transitions
        if each.count
    }
    assert taken == {
        ("idle", "idle", "join"): 2,
        ("idle", "recording", "join"): 2,
        ("recording", "paused", "pause"): 2,
        ("paused", "stopped", "leave"): 2,
    }


def test_internal_triggers_are_counted_inside_their_state():
    steps = trace(CLOUD, Join("b", "member", "ios"), Join("a", "host", "ios"))
    view = coverage_view("recording-cloud-host", steps)
    assert view.marked_triggers("idle") == {"join": ((), 1)}
    assert view.unmarked_triggers("idle") == (("stays", ("leave", "role", "end")),)
    assert "✓ 1× join<" in render_dot(view, ENGLISH)


def test_a_transition_that_changes_a_timer_is_counted_at_its_own_line_inside_its_state():
    view = coverage_view(steps=trace(CLOUD, Join("b", "member", "ios"), Join("a", "host", "ios")))
    assert view.marked_triggers("idle") == {}
    assert view.unmarked_triggers("idle") == (("stays", ("role", "end")),)
    source = render_dot(view, ENGLISH)
    assert "✓ 1× join [otherwise] / cancel empty<" in source
    assert "0× leave / set empty if nobody remains<" in source


def test_the_transitions_that_were_never_taken_are_named():
    uncovered = uncovered_transitions(coverage_view())
    assert len(coverage_view().transitions) - len(uncovered) == 4
    start = "start [a host, that kind is on, local: from a desktop] / start D2"
    assert f"stopped → recording: {start}" in uncovered
    assert "stopped (stays): role" in uncovered
    uncovered = uncovered_transitions(coverage_view(steps=[]))
    assert uncovered[0].startswith("idle → recording: join [plan")
    assert "已停止录制 (状态不变)： 变更角色" in uncovered_transitions(coverage_view(), "zh")


def test_only_an_edge_that_was_never_taken_is_dashed_and_grey():
    source = render_dot(coverage_view(), ENGLISH)
    lines = [line for line in source.splitlines() if "->" in line and "card_" in line]
    taken = ("idle_recording", "recording_paused", "paused_stopped")
    for line in lines:
        was_taken = any(edge in line for edge in taken)
        assert ("dashed" in line) == ("#b6c2d1" in line) == (not was_taken)


def test_the_view_counts_the_scenarios_and_explains_its_marks():
    view = coverage_view()
    assert subtitle_text(view, ENGLISH).endswith("scenarios: 3")
    assert subtitle_text(view, CHINESE).endswith("场景：3")
    notes = list(note_texts(view, ENGLISH))
    assert notes[-1][0].startswith("n×")
    assert not [text for note in notes for text in note if "a host's request" in text]
