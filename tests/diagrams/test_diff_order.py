import pytest

from fsm.diagrams import diagram, diff_diagrams

from .altered import asking, one, row_less, staying, turned

NEW = diagram("recording")


def preconditions(old, new=NEW):
    return [
        (each.mark, each.triggers, each.conditions)
        for each in diff_diagrams(old, new).preconditions
    ]


def test_a_guard_that_an_event_is_asked_first_is_a_change():
    without = asking(NEW, "join", lambda conditions: conditions[:1])
    assert preconditions(without) == [("added", ("join",), ("not yet present",))]
    assert preconditions(NEW, without) == [("removed", ("join",), ("not yet present",))]


def test_another_order_of_what_is_asked_first_is_a_change_and_nothing_else_is():
    old = asking(NEW, "join", lambda conditions: conditions[::-1])
    changes = diff_diagrams(old, NEW)
    assert changes
    assert preconditions(old) == [
        ("changed", ("join",), ("the meeting is not over", "not yet present"))
    ]
    assert (changes.lines, changes.states, changes.orders) == ((), (), ())


def test_events_that_share_a_change_are_told_together():
    old = NEW
    for trigger in ("leave", "role"):
        old = asking(old, trigger, lambda conditions: conditions[:1])
    assert preconditions(old) == [("added", ("leave", "role"), ("is present",))]


def test_what_every_event_is_asked_names_none():
    old = NEW
    for each in NEW.required:
        old = asking(old, each.trigger, lambda conditions: conditions[1:])
    assert preconditions(old) == [("added", (), ("the meeting is not over",))]


def test_what_the_lines_show_is_told_with_the_lines():
    old = asking(NEW, "pause", lambda conditions: conditions[:-1])
    assert NEW.required != old.required
    assert preconditions(old) == []


def test_a_line_that_comes_to_stay_changes_nothing_of_what_is_asked_first():
    assert preconditions(NEW, staying(NEW, "recording", "pause")) == []
    policy = diagram("policy")
    assert preconditions(policy, staying(policy, "free", "enable")) == []


def test_lines_that_are_tried_in_another_order_are_a_change_and_nothing_else_is():
    old = turned(NEW, "recording", "pause")
    changes = diff_diagrams(old, NEW)
    assert changes
    assert (changes.lines, changes.states, changes.preconditions) == ((), (), ())
    (order,) = changes.orders
    assert (order.source, order.trigger) == ("recording", "pause")
    assert [each.line.rules for each in order.lines] == [("R9",), ("D3",)]
    (back,) = diff_diagrams(NEW, old).orders
    assert [each.line.rules for each in back.lines] == [("D3",), ("R9",)]


@pytest.mark.parametrize(
    "less", [row_less, lambda new: one(new, "recording", "leave", lambda *_: None)]
)
def test_lines_that_come_or_go_are_no_change_of_the_order(less):
    assert not diff_diagrams(NEW, less(NEW)).orders
    assert not diff_diagrams(less(NEW), NEW).orders
