from fsm.diagrams import diagram, uncovered_transitions, with_coverage
from fsm.diagrams.dot import render_dot
from fsm.recording.events import Join, Leave, Pause

from .traces import CLOUD, trace

STEPS = trace(CLOUD, Join("a", "host", "ios"), Pause("a"), Leave("a"))


def coverage_view(name="recording", steps=STEPS, lang="en"):
    counts = {}
    for step in steps:
        if step.row is not None:
            counts[step.row.definition] = counts.get(step.row.definition, 0) + 1
    return with_coverage(diagram(name, lang), counts, 3)


def test_each_label_has_its_count():
    taken = {
        (edge.source, edge.target, label.trigger): label.count
        for edge in coverage_view(steps=STEPS * 2).edges
        for label in edge.labels
        if label.count
    }
    assert taken == {
        ("idle", "recording", "join"): 2,
        ("recording", "paused", "pause"): 2,
        ("paused", "stopped", "leave"): 2,
    }


def test_internal_triggers_are_counted_inside_their_state():
    view = coverage_view(steps=trace(CLOUD, Join("b", "member", "ios"), Join("a", "host", "ios")))
    assert {each.trigger: each.count for each in view.node("idle").internal} == {
        "join": 1, "leave": 0, "role": 0, "end": 0,
    }  # fmt: skip
    assert "✓ 1× join" in render_dot(view)


def test_the_transitions_that_were_never_taken_are_named():
    total, uncovered = uncovered_transitions(coverage_view())
    assert total - len(uncovered) == 3
    start = "start [a host, that kind is on, local: from a desktop] / start D2"
    assert f"stopped → recording: {start}" in uncovered
    assert "stopped (stays): role" in uncovered
    _, uncovered = uncovered_transitions(coverage_view(steps=[]))
    assert uncovered[0].startswith("idle → recording: join [plan")


def test_only_an_edge_that_was_never_taken_is_dashed_and_grey():
    source = render_dot(coverage_view())
    lines = [line for line in source.splitlines() if "->" in line and "card_" in line]
    taken = ("idle_recording", "recording_paused", "paused_stopped")
    for line in lines:
        was_taken = any(edge in line for edge in taken)
        assert ("dashed" in line) == ("#b6c2d1" in line) == (not was_taken)


def test_the_view_counts_the_scenarios_and_explains_its_marks():
    view = coverage_view()
    assert view.subtitle.endswith("scenarios: 3")
    assert view.notes[-1][0].startswith("n×")
    assert not [text for note in view.notes for text in note if "a host's request" in text]
    chinese = coverage_view(lang="zh")
    assert chinese.subtitle.endswith("场景：3")
