import json

import pytest

from fsm.review.comparison import Walk
from fsm.review.difference import alike, different_parts
from fsm.review.scope import ReviewScope
from fsm.review.settings import compare_settings, plan_starts
from fsm.review.versions import current, opened

from .edits import Edited, copy_with

FREE = {"account": {"edition": "free"}, "user": {"auto_record": True}}
_ADDED = "        self.present[event.id] = PARTICIPANTS[event.role, event.platform]"
_BY_POSITION = "host_may_pause, source, kinds)", "started_by, True, source, kinds)"
LATER = Edited(
    "a version with an outcome, a plan and a model that hold more",
    (
        ("outcome.py", "    refused: Reason | None = None",
         "    refused: Reason | None = None\n    by: str = 'rules'"),
        ("plan.py", "    source: Source = attrs.field(",
         "    quality: str = 'high'\n    source: Source = attrs.field("),
        *(("plan.py", call, call.replace("source", "'high', source")) for call in _BY_POSITION),
        ("model.py", "    hosts: int = 0", "    hosts: int = 0\n    seen: int = 0"),
        ("model.py", _ADDED, f"        self.seen = 1\n{_ADDED}"),
        ("model.py", "return event.role in HOSTS", "return event.role in HOSTS and self.seen < 1"),
    ),
)  # fmt: skip
"""A host's join starts a recording only if nobody has joined before."""
ENDLESS = Edited(
    "a model that counts the joins",
    (
        ("model.py", "    hosts: int = 0", "    hosts: int = 0\n    seen: int = 0"),
        ("model.py", _ADDED, f"        self.seen += 1\n{_ADDED}"),
    ),
)


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    version = copy_with(LATER, tmp_path_factory.mktemp("later"))
    with opened(str(version)) as old, current() as new:
        yield old, new, ReviewScope(old.hello, new.hello)


def test_parts_that_only_one_version_has_are_not_compared():
    assert alike({"a": 1, "b": [{"c": 1, "d": 2}]}, {"a": 1, "b": [{"c": 1}], "e": 3})
    assert not alike({"b": [{"c": 1}]}, {"b": [{"c": 2}]})
    assert not alike({"b": [1]}, {"b": [1, 2]})
    old = {"before": "idle", "state": "idle", "rules": ["D1"], "by": ["row", 1]}
    new = {"before": "paused", "state": "idle", "rules": ["D2"], "by": ["row", 2], "timers": []}
    assert different_parts(old, new) == {"rules"}
    assert different_parts({"error": "a"}, new) == {"error"}
    assert different_parts({"error": "a"}, {"error": "b"}) == set()


def test_a_plan_that_says_more_is_no_difference(versions):
    old, new, scope = versions
    compared = compare_settings(old, new, scope)
    assert compared.found == []
    assert compared.count > 29_000
    starts = plan_starts(compared.plans, 3)
    assert {limit for _, limit in starts} == {1, 2, 3}
    # Each plan without timers, and with both; those that differ in their source count once.
    complete = {
        json.dumps({**plan, "source": None})
        for plan, _ in compared.plans
        if bool(plan["grace"]) == bool(plan["end_when_empty"])
    }
    assert len(complete) >= 28
    assert sum(limit == 3 for _, limit in starts) == len(complete)


def test_a_path_ends_at_its_first_difference_and_the_shortest_is_kept(versions):
    old, new, scope = versions
    counted = []
    walk = Walk(old, new, "recording", scope, lambda *counts: counted.append(counts))
    walk.run([(FREE, 2)])
    [found] = [each for each in walk.explain() if each.kind == "answers"]
    assert [next(iter(event)) for event in found.events] == ["join", "join"]
    assert (found.old["state"], found.new["state"]) == ("idle", "recording")
    assert found.explained[0]["guards"]["joins_as_host"] is False
    assert found.explained[1]["guards"]["joins_as_host"] is True
    assert found.subject == {}
    assert len(found.situations) > 1
    assert counted[-1] == (walk.situations, walk.tried)


def test_a_walk_can_stop_at_the_first_difference(versions):
    old, new, scope = versions
    whole = Walk(old, new, "recording", scope, lambda *counts: None)
    whole.run([(FREE, 2)])
    first = Walk(old, new, "recording", scope, lambda *counts: None)
    first.run([(FREE, 2)], until_first=True)
    assert first.found.keys() == whole.found.keys()
    assert first.situations < whole.situations


def test_consequences_of_a_differing_model_are_limited(tmp_path, monkeypatch):
    edited = Edited(
        "a role change changes no role",
        (("model.py", "self.present[event.id] = PARTICIPANTS[event.role, participant.platform]",
          "pass"),),
    )  # fmt: skip
    with opened(str(copy_with(edited, tmp_path))) as old, current() as new:
        scope = ReviewScope(old.hello, new.hello)
        sizes = []
        for limit in (1_500, 10):
            monkeypatch.setattr("fsm.review.comparison._MAX_CONSEQUENCES", limit)
            walk = Walk(old, new, "recording", scope, lambda *counts: None)
            walk.run([(FREE, 2)])
            assert all(each.diverged for each in walk.found.values())
            sizes.append(walk.situations)
        assert sizes[0] > sizes[1]


def test_a_model_that_grows_without_end_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("fsm.review.comparison.max_pairs", lambda participants: 500)
    with opened(str(copy_with(ENDLESS, tmp_path))) as old, current() as new:
        walk = Walk(old, new, "recording", ReviewScope(old.hello, new.hello), lambda *counts: None)
        walk.run([(FREE, 1)])
        assert walk.endless
        assert not walk.found


def test_an_event_that_raises_is_an_answer(tmp_path):
    edited = Edited(
        "a guard that raises", (("model.py", "return event.role in HOSTS", "return 1 / 0 > 0"),)
    )
    with opened(str(copy_with(edited, tmp_path))) as old, current() as new:
        scope = ReviewScope(old.hello, new.hello)
        walk = Walk(old, new, "recording", scope, lambda *counts: None)
        walk.run([(FREE, 1)])
        found = walk.explain()
        assert {each.parts for each in found} == {frozenset({"error"})}
        assert {each.old["error"] for each in found} == {"ZeroDivisionError: division by zero"}
