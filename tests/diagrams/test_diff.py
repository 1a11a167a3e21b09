import attrs
import pytest

from fsm.diagrams import DIAGRAM_NAMES, compare, diagram, empty_diagram

from .altered import (
    with_another_target,
    with_first,
    with_first_altered,
    with_first_staying,
    with_preconditions,
    with_reversed_order,
    without_a_guard,
    without_a_row,
)

NEW = diagram("recording")


def differences(old, new=NEW):
    return [
        (each.kind, each.old and each.old.endpoints, each.new and each.new.endpoints,
         (each.new or each.old).trigger)
        for each in compare(old, new).transitions
    ]  # fmt: skip


def preconditions(old, new=NEW):
    return [(each.kind, each.triggers, each.guards) for each in compare(old, new).preconditions]


@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_a_diagram_does_not_differ_from_itself(name):
    assert not compare(diagram(name), diagram(name))


def test_an_additional_guard_is_a_change():
    endpoints = ("recording", "paused")
    assert differences(without_a_guard(NEW)) == [("changed", endpoints, endpoints, "pause")]
    (change,) = compare(without_a_guard(NEW), NEW).transitions
    assert {*change.new.guards} - {*change.old.guards} == {"plan: host may pause"}


def test_a_row_that_only_one_version_has_was_added_or_removed():
    endpoints = ("paused", "recording")
    assert differences(without_a_row(NEW)) == [("added", None, endpoints, "resume")]
    assert differences(NEW, without_a_row(NEW)) == [("removed", endpoints, None, "resume")]


def test_another_target_is_a_change_from_the_old_to_the_new_one():
    assert differences(with_another_target(NEW)) == [
        ("changed", ("recording", "idle"), ("recording", "stopped"), "recorder_failed")
    ]


@pytest.mark.parametrize(
    "difference",
    [{"rules": ("R9",)}, {"command": ("pause",)}, {"actions": ("end_meeting",)}],
)
def test_other_rules_commands_or_actions_are_a_change(difference):
    old = with_first_altered(NEW, "recording", "stop", **difference)
    endpoints = ("recording", "stopped")
    assert differences(old) == [("changed", endpoints, endpoints, "stop")]


def test_transitions_with_nothing_in_common_are_not_a_change_of_each_other():
    unlike = {"target": "idle", "guards": ("at night",), "command": (), "rules": ("R1",)}
    old = with_first_altered(NEW, "recording", "stop", **unlike)
    kinds = [kind for kind, *_ in differences(old)]
    assert kinds == ["added", "removed"]


def test_a_changed_transition_is_paired_with_the_most_similar_one():
    first = next(
        each for each in NEW.transitions if (each.source, each.trigger) == ("recording", "leave")
    )
    old = with_first_altered(NEW, "recording", "leave", rules=("R1",))
    (change,) = compare(old, NEW).transitions
    assert change.old.guards == change.new.guards == first.guards


def test_internal_triggers_are_compared():
    first = next(each for each in NEW.transitions if each.stays)
    fewer = attrs.evolve(
        NEW, transitions=tuple(each for each in NEW.transitions if each is not first)
    )
    assert differences(fewer) == [("added", None, ("idle", "idle"), first.trigger)]


def test_states_are_added_removed_and_changed():
    idle, recording, *others = NEW.nodes
    old = attrs.evolve(
        NEW,
        nodes=(
            attrs.evolve(recording, initial=True),
            attrs.evolve(idle, name="asleep"),
            *others,
        ),
    )
    assert [(kind, node.name) for kind, node in compare(old, NEW).states] == [
        ("added", "idle"),
        ("changed", "recording"),
        ("removed", "asleep"),
    ]


def test_everything_is_added_to_an_empty_diagram():
    diff = compare(empty_diagram(NEW), NEW)
    assert {each.kind for each in diff.transitions} == {"added"}
    assert len(diff.transitions) == len(NEW.transitions)
    assert len(diff.states) == 4


def test_an_additional_precondition_is_a_change():
    without = with_preconditions(NEW, "join", lambda guards: guards[:1])
    assert preconditions(without) == [("added", ("join",), ("not yet present",))]
    assert preconditions(NEW, without) == [("removed", ("join",), ("not yet present",))]


def test_preconditions_in_another_order_are_the_only_change():
    old = with_preconditions(NEW, "join", lambda guards: guards[::-1])
    diff = compare(old, NEW)
    assert diff
    assert preconditions(old) == [
        ("changed", ("join",), ("the meeting is not over", "not yet present"))
    ]
    assert (diff.transitions, diff.states, diff.orders) == ((), (), ())


def test_triggers_that_share_a_difference_are_one_difference():
    old = NEW
    for trigger in ("leave", "role"):
        old = with_preconditions(old, trigger, lambda guards: guards[:1])
    assert preconditions(old) == [("added", ("leave", "role"), ("is present",))]


def test_a_difference_of_every_trigger_names_no_trigger():
    old = NEW
    for trigger in NEW.preconditions:
        old = with_preconditions(old, trigger, lambda guards: guards[1:])
    assert preconditions(old) == [("added", (), ("the meeting is not over",))]


def test_a_precondition_that_the_labels_show_is_left_to_the_transitions():
    old = with_preconditions(NEW, "pause", lambda guards: guards[:-1])
    assert NEW.preconditions != old.preconditions
    assert preconditions(old) == []


def test_a_transition_that_now_stays_does_not_change_the_preconditions():
    assert preconditions(NEW, with_first_staying(NEW, "recording", "pause")) == []
    policy = diagram("policy")
    assert preconditions(policy, with_first_staying(policy, "free", "enable")) == []


def test_transitions_in_another_order_are_the_only_change():
    old = with_reversed_order(NEW, "recording", "pause")
    diff = compare(old, NEW)
    assert diff
    assert (diff.transitions, diff.states, diff.preconditions) == ((), (), ())
    (order,) = diff.orders
    assert (order.source, order.trigger) == ("recording", "pause")
    assert [each.rules for each in order.transitions] == [("R9",), ("D3",)]
    (reverse,) = compare(NEW, old).orders
    assert [each.rules for each in reverse.transitions] == [("D3",), ("R9",)]


@pytest.mark.parametrize(
    "remove",
    [without_a_row, lambda new: with_first(new, "recording", "leave", lambda each: None)],
)
def test_an_added_or_removed_transition_is_not_a_change_of_the_order(remove):
    assert not compare(NEW, remove(NEW)).orders
    assert not compare(remove(NEW), NEW).orders
