import pytest

from fsm.diagrams import TraceStep, diagram, diagram_name, with_trace
from fsm.diagrams.trace_view import step_ranges
from fsm.recording.events import Join, Leave, Pause, Resume, Stop
from fsm.recording.plan import Plan

from .traces import BUSY, CLOUD, trace

ALICE = Join("alice", "host", "windows")
BOB = Join("bob", "member", "web")


def trace_view(plan, *events, lang="en"):
    return with_trace(diagram(diagram_name(plan), lang), trace(plan, *events))


def on_edges(diagram):
    return {
        (edge.source, edge.target, label.trigger): label.steps
        for edge in diagram.edges
        for label in edge.labels
        if label.steps
    }


def inside(diagram, state):
    node = diagram.node(state)
    accepted = {internal.trigger: internal.steps for internal in node.internal if internal.steps}
    return accepted, {refused.text(": "): refused.steps for refused in node.refused}


def test_a_step_that_changes_the_state_is_numbered_at_its_transition():
    view = trace_view(CLOUD, ALICE, Pause("alice"), Resume("alice"), Pause("alice"), Leave("alice"))
    assert on_edges(view) == {
        ("idle", "recording", "join"): (1,),
        ("recording", "paused", "pause"): (2, 4),
        ("paused", "recording", "resume"): (3,),
        ("paused", "stopped", "leave"): (5,),
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
            "pause: host_may_not_pause": (2,),
            "stop: host_may_not_pause": (4,),
        },
    )
    assert on_edges(view) == {("idle", "recording", "join"): (1,)}


def test_a_reason_is_in_the_language_of_the_diagram():
    view = trace_view(CLOUD, Pause("nobody"), lang="zh")
    assert inside(view, "idle") == ({}, {"暂停录制: 不在会中": (1,)})


def test_the_whole_machine_shows_any_trace():
    steps = trace(CLOUD, *BUSY)
    on_whole, on_plan = (
        on_edges(with_trace(diagram(name), steps)) for name in ("recording", "recording-cloud-host")
    )
    assert on_whole == on_plan


def test_every_step_is_shown_once():
    view = trace_view(CLOUD, *BUSY)
    shown = [step for edge in view.edges for label in edge.labels for step in label.steps]
    for node in view.nodes:
        accepted, refused = inside(view, node.name)
        shown += [step for steps in (*accepted.values(), *refused.values()) for step in steps]
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
