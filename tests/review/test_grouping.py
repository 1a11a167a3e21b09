import copy
import json

import pytest

from fsm.review.difference import Difference
from fsm.review.grouping import TableEdits, grouped
from fsm.review.scope import ReviewScope
from fsm.review.worker import ReviewWorker


@pytest.fixture(scope="module")
def hello():
    return json.loads(json.dumps(ReviewWorker().answer({"do": "hello"})))


@pytest.fixture
def older(hello):
    return copy.deepcopy(hello)


def rows(hello, trigger):
    table = hello["tables"]["recording"]["rows"]
    return [number for number, row in enumerate(table) if row["trigger"] == trigger]


def difference(**values):
    """A difference of the recording machine whose guards and rows do not explain it."""
    answer = {"before": "idle", "state": "idle", "recorder": [], "refused": None, "rules": []}
    given = {
        "kind": "answers", "machine": "recording", "parts": frozenset({"state"}), "start": {},
        "events": ({"pause": {"by": "alice"}},), "old": answer, "new": answer,
        "by": (["guard", None], ["guard", None]), "count": 1,
        "explained": ({"guards": {}, "rows": []}, {"guards": {}, "rows": []}),
    }  # fmt: skip
    return Difference(**{**given, **values})


def guards(before, after):
    return ({"guards": before, "rows": []}, {"guards": after, "rows": []})


def test_rows_that_only_moved_are_not_edited(hello, older):
    older["tables"]["recording"]["rows"].reverse()
    assert TableEdits(ReviewScope(older, hello), "recording").edits == ({}, {})


def test_the_same_edit_of_several_rows_is_one(hello, older):
    for number in (*rows(hello, "pause"), *rows(hello, "stop")):
        older["tables"]["recording"]["rows"][number]["when"].append("by_day")
    old, new = TableEdits(ReviewScope(older, hello), "recording").edits
    removed = ("edit", "recording", "when", frozenset({"by_day"}), frozenset())
    assert {edit for edits in (*old.values(), *new.values()) for edit in edits} == {removed}
    assert len(old) == len(new) == 4


def test_a_row_of_one_version_is_an_edit_of_its_own(hello, older):
    [first, *_] = rows(hello, "resume")
    del older["tables"]["recording"]["rows"][first]
    old, new = TableEdits(ReviewScope(older, hello), "recording").edits
    assert (old, new) == ({}, {first: {("row", "recording", 1, first)}})


def test_differences_of_one_guard_are_one_group(hello):
    by_guard = guards({"is_open": True}, {"is_open": False})
    one = difference(explained=by_guard)
    other = difference(explained=by_guard, events=({"stop": {"by": "alice"}},))
    third = difference(explained=guards({"is_present": True}, {"is_present": False}))
    found = grouped([one, third, other], ReviewScope(hello, hello))
    assert sorted(len(group.differences) for group in found) == [1, 2]
    assert [one, other] in [group.differences for group in found]


def test_a_guard_that_only_an_action_asks_joins_the_group_of_its_rows(hello):
    by_guard = guards({"last_one_leaves": True}, {"last_one_leaves": False})
    one = difference(explained=by_guard)
    nowhere = {"guards": {}, "rows": []}
    by_action = difference(
        parts=frozenset({"timers"}),
        explained=tuple(
            nowhere | {"guards_elsewhere": {"last_one_leaves": answer}} for answer in (True, False)
        ),
    )
    rules = difference(kind="rules", parts=frozenset({"rules"}), explained=by_guard)
    [group] = grouped([by_action, rules, one], ReviewScope(hello, hello))
    assert {id(each) for each in group.differences} == {id(one), id(by_action), id(rules)}


def test_the_guards_of_another_state_do_not_count_where_one_of_this_state_differs(hello):
    elsewhere = {"guards_elsewhere": {"b": True}}, {"guards_elsewhere": {"b": False}}
    both = tuple(
        one | other for one, other in zip(guards({"a": True}, {"a": False}), elsewhere, strict=True)
    )
    one = difference(explained=both)
    other = difference(explained=guards({"b": True}, {"b": False}))
    assert len(grouped([one, other], ReviewScope(hello, hello))) == 2


def test_a_difference_with_two_causes_joins_their_groups(hello):
    one = difference(situations={1, 2}, explained=guards({"a": True}, {"a": False}))
    two = difference(situations={2}, explained=guards({"b": True}, {"b": False}))
    both = difference(
        situations={1, 3}, explained=guards({"a": True, "b": True}, {"a": False, "b": False})
    )
    [group] = grouped([one, two, both], ReviewScope(hello, hello))
    assert group.situations == 3


def test_consequences_of_one_part_of_the_model_are_one_group(hello):
    one = difference(diverged=frozenset({"hosts"}), explained=guards({"a": True}, {"a": False}))
    two = difference(diverged=frozenset({"hosts", "role"}))
    assert len(grouped([one, two], ReviewScope(hello, hello))) == 1


def test_preconditions_in_another_order_are_one_group_of_all_triggers(hello, older):
    for trigger in ("pause", "stop"):
        older["tables"]["recording"]["preconditions"][trigger].reverse()
    by = (["guard", "is_open"], ["guard", "requester_is_host"])
    one = difference(by=by)
    other = difference(by=by, events=({"stop": {"by": "alice"}},))
    assert len(grouped([one, other], ReviewScope(older, hello))) == 1


def test_a_moved_name_joins_settings_and_answers(hello):
    moved = frozenset({"CONSOLE_EDITIONS"})
    answers = difference(
        constants=moved, explained=guards({"a": True}, {"a": False}), situations={7}
    )
    settings = difference(machine="", kind="settings", by=("form", "form"), constants=moved)
    [group] = grouped([settings, answers], ReviewScope(hello, hello))
    assert group.main is answers
    assert (group.settings, group.situations) == (1, 1)


def test_a_console_explains_the_settings_that_it_stores(hello):
    console = difference(machine="policy", events=({"lock": {"by": ["admin", True]}},))
    settings = difference(machine="", kind="settings", by=("status", "status"), replayed=console)
    other = difference(machine="", kind="settings", by=("plan", "plan"))
    found = grouped([console, settings, other], ReviewScope(hello, hello))
    assert [group.differences for group in found] == [[console, settings], [other]]


def test_other_rules_are_no_part_of_another_answer(hello, older):
    [number, *_] = rows(hello, "pause")
    row = older["tables"]["recording"]["rows"][number]
    row["rules"], row["target"] = ["D1"], "stopped"
    by = (["row", number], ["row", number])
    answers = difference(by=by, old=difference().old | {"rules": ["D1"]})
    rules = difference(by=by, kind="rules", parts=frozenset({"rules"}))
    found = grouped([rules, answers], ReviewScope(older, hello))
    assert [group.main for group in found] == [answers, rules]
    assert found[0].rules == ["D1"]


def test_other_reasons_belong_to_the_plans_that_changed_most_alike(hello):
    def settings(stage, *reasons):
        kind = "reasons" if stage == "why" else "settings"
        by = (stage, stage)
        return difference(machine="", kind=kind, by=by, reasons=frozenset(reasons))

    plans, forms = settings("plan", "a", "b"), settings("form", "c", "d", "e")
    status, reasons = settings("status", "b", "c"), settings("why", "b", "c")
    found = grouped([reasons, forms, plans, status], ReviewScope(hello, hello))
    assert [group.differences for group in found] == [[forms], [plans, reasons], [status]]
    found = grouped([reasons, status], ReviewScope(hello, hello))
    assert [group.main for group in found] == [status, reasons]


def test_rules_of_reasons_are_those_of_the_sentences_that_differ(hello):
    old, new = {"why": ["x (R6)", "y (R11)"]}, {"why": ["x (R6)", "z (D7, R11)"]}
    [group] = grouped(
        [difference(machine="", kind="reasons", by=("why", "why"), old=old, new=new)],
        ReviewScope(hello, hello),
    )
    assert group.rules == ["R11", "D7"]
