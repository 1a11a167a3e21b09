import pytest

from fsm.diagrams import TraceStep, diagram, diagram_name, with_trace
from fsm.diagrams.trace_view import step_numbers
from fsm.recording.events import Join, Leave, Pause, Resume, Stop
from fsm.recording.meeting import Meeting
from fsm.recording.plan import Plan

from .paths import BUSY, CLOUD, played

ALICE = Join("alice", "host", "windows")
BOB = Join("bob", "member", "web")


def shown(plan, *events, lang="en"):
    return with_trace(diagram(diagram_name(plan), lang), played(plan, *events))


def taken(diagram):
    return {
        (edge.source, edge.target, line.trigger): line.steps
        for edge in diagram.edges
        for line in edge.lines
        if line.steps
    }


def inside(diagram, state):
    node = diagram.node(state)
    stays = {stay.trigger: stay.steps for stay in node.stays if stay.steps}
    return stays, {refused.words(": "): refused.steps for refused in node.refused}


def test_a_step_that_moves_the_machine_is_numbered_at_its_line():
    path = shown(CLOUD, ALICE, Pause("alice"), Resume("alice"), Pause("alice"), Leave("alice"))
    assert taken(path) == {
        ("idle", "recording", "join"): (1,),
        ("recording", "paused", "pause"): (2, 4),
        ("paused", "recording", "resume"): (3,),
        ("paused", "stopped", "leave"): (5,),
    }


def test_a_step_that_moves_nothing_is_numbered_inside_its_state():
    path = shown(CLOUD, BOB, ALICE, Leave("bob"))
    assert inside(path, "idle") == ({"join": (1,)}, {})
    assert inside(path, "recording") == ({"leave": (3,)}, {})


def test_a_refused_step_is_named_inside_its_state_with_its_reason():
    path = shown(Plan("cloud", host_may_pause=False), ALICE, Pause("alice"), BOB, Stop("alice"))
    assert inside(path, "recording") == (
        {"join": (3,)},
        {
            "pause: host_may_not_pause": (2,),
            "stop: host_may_not_pause": (4,),
        },
    )
    assert taken(path) == {("idle", "recording", "join"): (1,)}


def test_a_reason_is_told_in_the_language_of_the_diagram():
    path = shown(CLOUD, Pause("nobody"), lang="zh")
    assert inside(path, "idle") == ({}, {"暂停录制: 不在会中": (1,)})


def test_the_whole_machine_shows_any_path():
    steps = played(CLOUD, *BUSY)
    on_whole, on_plan = (
        taken(with_trace(diagram(name), steps)) for name in ("recording", "recording-cloud-host")
    )
    assert on_whole == on_plan


def test_every_step_is_shown_once():
    path = shown(CLOUD, *BUSY)
    found = [step for edge in path.edges for line in edge.lines for step in line.steps]
    for node in path.nodes:
        stays, refused = inside(path, node.name)
        found += [step for steps in (*stays.values(), *refused.values()) for step in steps]
    assert sorted(found) == list(range(1, len(BUSY) + 1))


def test_steps_may_be_tuples_or_things_with_an_outcome():
    class PlayedStep:
        def __init__(self, number, row, outcome, trigger):
            self.number, self.row, self.outcome, self.trigger = number, row, outcome, trigger

    events = (ALICE, Pause("bob"))
    steps = played(CLOUD, *events)
    meeting = Meeting(CLOUD)
    outcomes = [meeting.handle(event) for event in events]
    expected = with_trace(diagram("recording"), steps)
    tuples = [(step.number, step.row, step.state, step.refused, step.trigger) for step in steps]
    objects = [
        PlayedStep(step.number, step.row, outcome, step.trigger)
        for step, outcome in zip(steps, outcomes, strict=True)
    ]
    assert with_trace(diagram("recording"), tuples) == expected
    assert with_trace(diagram("recording"), objects) == expected


@pytest.mark.parametrize("step", [*played(CLOUD, ALICE), TraceStep(1, None, "nowhere", "not_host")])
def test_a_path_on_the_wrong_diagram_is_refused(step):
    with pytest.raises(ValueError, match="step 1 is not on the diagram 'recording-local'"):
        with_trace(diagram("recording-local"), [step])


def test_a_path_leaves_the_diagram_it_is_drawn_on_alone():
    before = diagram("recording")
    with_trace(before, played(CLOUD, ALICE))
    assert before == diagram("recording")
    assert not before.has_path


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((1,), "1"),
        ((1, 2), "1 2"),
        ((1, 2, 3), "1–3"),
        ((5, 1, 7, 6), "1 5–7"),
        (tuple(range(1, 40)), "1–39"),
        (tuple(range(1, 40, 2)), "1 3 5 7 … 39"),
    ],
)
def test_numbers_are_written_short(steps, words):
    assert step_numbers(steps) == words
