import attrs
import pytest

from fsm.diagrams import DIAGRAM_NAMES, diagram, with_coverage

RECORDINGS = [name for name in DIAGRAM_NAMES if name != "policy"]


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_transition_that_leaves_both_states_of_the_frame_alike_is_drawn_once(name):
    shown = diagram(name)
    drawn = [each for edge in shown.edges().values() for each in edge]
    for each in (each for each in shown.transitions if not each.stays):
        twins = [
            other
            for other in shown.transitions
            if other == attrs.evolve(each, source=other.source)
            and other.source in shown.frame.states
        ]
        leaves = each.source in shown.frame.states and each.target not in shown.frame.states
        expected = shown.frame.name if leaves and len(twins) == 2 else each.source
        assert attrs.evolve(each, source=expected) in drawn
    numbers = sorted(number for each in drawn for number in shown.numbers(each))
    assert numbers == [i for i, each in enumerate(shown.transitions) if not each.stays]


def test_a_transition_that_only_one_state_of_the_frame_has_is_drawn_from_that_state():
    edges = diagram("recording-cloud-host-no-pause").edges()
    own = {(each.trigger, each.guards) for each in edges["recording", "stopped"]}
    assert ("leave", ("the last participant", "cloud")) in own
    assert all("cloud" in str(guards) for _, guards in own)
    assert {each.trigger for each in edges["running", "stopped"]} == {
        "leave", "end", "recorder_failed", "stop",
    }  # fmt: skip


def test_the_count_of_a_transition_from_the_frame_is_the_lowest_of_its_states():
    shown = diagram("recording")
    failed = [each for each in shown.transitions if each.trigger == "recorder_failed"]
    counts = {
        definition: 3
        for each in failed
        if each.source == "recording"
        for definition in each.definitions
    }
    view = with_coverage(shown, counts, 3)
    (drawn,) = [
        each for each in view.edges()["running", "stopped"] if each.trigger == "recorder_failed"
    ]
    assert drawn.count == 0
    both = {definition: 2 for each in failed for definition in each.definitions}
    (drawn,) = [
        each
        for each in with_coverage(shown, both | counts, 3).edges()["running", "stopped"]
        if each.trigger == "recorder_failed"
    ]
    assert drawn.count == 2
