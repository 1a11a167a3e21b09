from fsm.diagrams import diagram, dot, untaken, with_counts
from fsm.recording.events import Join, Leave, Pause

from .paths import CLOUD, played

STEPS = played(CLOUD, Join("a", "host", "ios"), Pause("a"), Leave("a"))


def covered(name="recording", steps=STEPS, lang="en"):
    counts = {}
    for step in steps:
        if step.row is not None:
            counts[step.row.definition] = counts.get(step.row.definition, 0) + 1
    return with_counts(diagram(name, lang), counts, 3)


def test_each_line_has_its_count():
    taken = {
        (edge.source, edge.target, line.trigger): line.count
        for edge in covered(steps=STEPS * 2).edges
        for line in edge.lines
        if line.count
    }
    assert taken == {
        ("idle", "recording", "join"): 2,
        ("recording", "paused", "pause"): 2,
        ("paused", "stopped", "leave"): 2,
    }


def test_what_stays_is_counted_inside_its_state():
    shown = covered(steps=played(CLOUD, Join("b", "member", "ios"), Join("a", "host", "ios")))
    assert {stay.trigger: stay.count for stay in shown.node("idle").stays} == {
        "join": 1, "leave": 0, "role": 0, "end": 0,
    }  # fmt: skip
    assert "✓ 1× join" in dot.dot_source(shown)


def test_the_lines_that_were_never_taken_are_named():
    total, never = untaken(covered())
    assert total - len(never) == 3
    start = "start [a host, its kind is on, local: from a desktop] / start D2"
    assert f"stopped → recording: {start}" in never
    assert "stopped (stays): role" in never
    assert untaken(covered(steps=[]))[1][0].startswith("idle → recording: join [plan")


def test_an_edge_that_was_never_taken_is_dashed_and_grey_and_no_other_is():
    rows = [
        row for row in dot.dot_source(covered()).splitlines() if "->" in row and "label_" in row
    ]
    taken = ("idle_recording", "recording_paused", "paused_stopped")
    for row in rows:
        assert ("dashed" in row) == ("#b6c2d1" in row) == (not any(way in row for way in taken))


def test_the_diagram_says_how_many_scenarios_and_what_its_marks_mean():
    shown = covered()
    assert shown.subtitle.endswith("scenarios: 3")
    assert shown.notes[-1][0].startswith("n×")
    assert not [each for note in shown.notes for each in note if "only where a host asks" in each]
    zh = covered(lang="zh")
    assert zh.subtitle.endswith("场景：3")
