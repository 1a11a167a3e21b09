import attrs
import pytest

from fsm.diagrams import DIAGRAM_NAMES, diagram, diff_diagrams, empty_diagram
from fsm.diagrams.diff import placed_lines
from fsm.diagrams.model import CommandLabel

from .altered import condition_less, one, other_target, row_less

NEW = diagram("recording")


def told(old, new=NEW):
    return [
        (each.mark, each.was and (each.was.source, each.was.target),
         each.now and (each.now.source, each.now.target), (each.now or each.was).line.trigger)
        for each in diff_diagrams(old, new).lines
    ]  # fmt: skip


@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_a_diagram_does_not_differ_from_itself(name):
    assert not diff_diagrams(diagram(name), diagram(name))


def test_a_guard_more_is_a_change():
    way = ("recording", "paused")
    assert told(condition_less(NEW)) == [("changed", way, way, "pause")]
    (change,) = diff_diagrams(condition_less(NEW), NEW).lines
    assert {*change.now.line.conditions} - {*change.was.line.conditions} == {"plan: host may pause"}


def test_a_row_that_is_there_in_one_of_them_only_was_added_or_removed():
    way = ("paused", "recording")
    assert told(row_less(NEW)) == [("added", None, way, "resume")]
    assert told(NEW, row_less(NEW)) == [("removed", way, None, "resume")]


def test_another_target_is_a_change_with_both():
    assert told(other_target(NEW)) == [
        ("changed", ("recording", "idle"), ("recording", "stopped"), "recorder_failed")
    ]


@pytest.mark.parametrize(
    "difference",
    [{"rules": ("R9",)}, {"command": CommandLabel("pause", "hold")}, {"actions": ("end_meeting",)}],
)
def test_other_rules_commands_or_actions_are_a_change(difference):
    old = one(
        NEW, "recording", "stop",
        lambda target, line: (target, attrs.evolve(line, **difference)),
    )  # fmt: skip
    assert told(old) == [("changed", ("recording", "stopped"), ("recording", "stopped"), "stop")]


def test_rows_that_have_nothing_in_common_are_no_change_of_each_other():
    def other(target, line):
        return "idle", attrs.evolve(line, conditions=("at night",), command=None, rules=("R1",))

    marks = [mark for mark, *_ in told(one(NEW, "recording", "stop", other))]
    assert marks == ["added", "removed"]


def test_a_line_becomes_that_of_two_that_it_is_most_like():
    first = next(
        each.line
        for each in placed_lines(NEW)
        if (each.source, each.line.trigger) == ("recording", "leave")
    )
    old = one(
        NEW, "recording", "leave",
        lambda target, line: (target, attrs.evolve(line, rules=("R1",))),
    )  # fmt: skip
    (change,) = diff_diagrams(old, NEW).lines
    assert change.was.line.conditions == change.now.line.conditions == first.conditions


def test_what_stays_is_compared_too():
    idle, *others = NEW.nodes
    fewer = attrs.evolve(NEW, nodes=(attrs.evolve(idle, stays=idle.stays[1:]), *others))
    assert told(fewer) == [("added", None, ("idle", "idle"), idle.stays[0].trigger)]


def test_states_are_added_removed_and_changed():
    idle, recording, *others = NEW.nodes
    old = attrs.evolve(
        NEW,
        nodes=(
            attrs.evolve(recording, initial=True),
            attrs.evolve(idle, name="asleep", label="asleep", stays=()),
            *others,
        ),
    )
    assert [(mark, node.name) for mark, node in diff_diagrams(old, NEW).states] == [
        ("added", "idle"),
        ("changed", "recording"),
        ("removed", "asleep"),
    ]


def test_compared_with_nothing_everything_is_added():
    changes = diff_diagrams(empty_diagram(NEW), NEW)
    assert {each.mark for each in changes.lines} == {"added"}
    assert len(changes.lines) == len(list(placed_lines(NEW)))
    assert len(changes.states) == 4
