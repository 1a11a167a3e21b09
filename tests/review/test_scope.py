import copy
import json

import pytest

from fsm.review.scope import ReviewScope, subject_of
from fsm.review.worker import ReviewWorker


@pytest.fixture(scope="module")
def hello():
    return json.loads(json.dumps(ReviewWorker().answer({"do": "hello"})))


@pytest.fixture
def older(hello):
    """The greeting of a version with a smaller vocabulary, and one name that is gone now."""
    old = copy.deepcopy(hello)
    old["vocabulary"]["platform"] = ["windows", "ios", "telex"]
    old["vocabulary"]["meeting type"].remove("webinar")
    old["vocabulary"]["key of join"].remove("version")
    old["vocabulary"]["key of choice"].remove("started_by")
    old["vocabulary"]["trigger"].remove("role")
    old["constants"]["DESKTOPS"].append("ios")
    return old


def test_names_of_one_version_are_new_or_gone(hello, older):
    scope = ReviewScope(older, hello)
    assert scope.only_in("old") == [("platform", "telex")]
    assert ("platform", "macos") in scope.only_in("new")
    assert ("key of join", "version") in scope.only_in("new")
    assert scope.names("platform") == ["windows", "ios"]
    assert ReviewScope(hello, hello).only_in("new") == []


def test_a_vocabulary_that_one_version_lacks_has_no_common_names(hello, older):
    del older["vocabulary"]["edition"]
    assert ReviewScope(older, hello).names("edition") == []
    assert ("edition", "pro") in ReviewScope(older, hello).only_in("new")


def test_settings_lose_unknown_keys_and_are_left_out_for_unknown_names(hello, older):
    account = {"edition": "pro", "cloud_recording": True}
    choice = {"auto_record": True, "kind": "cloud", "started_by": "host"}
    settings = [
        {"account": account, "user": choice, "booking": None, "type": "scheduled"},
        {"account": account, "user": None, "booking": None, "type": "webinar"},
        {"account": {"edition": "premium"}, "user": None, "booking": None, "type": "quick"},
    ]
    known = ReviewScope(older, hello).known_settings(map(json.dumps, settings))
    assert [json.loads(text) for text in known] == [
        {**settings[0], "user": {"auto_record": True, "kind": "cloud"}}
    ]
    texts = [json.dumps(each) for each in settings]
    assert ReviewScope(hello, hello).known_settings([*texts, *texts]) == texts


def test_events_use_the_words_that_both_versions_know(hello, older):
    events = ReviewScope(older, hello).events((), 1)
    joins = [event["join"] for event in events if "join" in event]
    assert {join["platform"] for join in joins} == {"windows", "ios"}
    assert not any("version" in join for join in joins)
    assert not any("role" in event for event in events)
    assert {"end": {}} in events
    assert {"end": {"by": "alice"}} in events
    assert {"recorder_failed": {}} in events


def test_every_platform_joins_an_empty_meeting_and_one_of_each_class_another(hello):
    scope = ReviewScope(hello, hello)
    assert scope.platforms == ["windows", "ios", "linux"]

    def platforms(present):
        events = scope.events(present, 3)
        return {event["join"]["platform"] for event in events if "join" in event}

    assert platforms(()) == set(scope.names("platform"))
    assert platforms(("alice",)) == set(scope.platforms)
    assert platforms(("alice", "bob", "carol")) == {"windows"}  # a second join of alice alone


def test_versions_of_clients_lie_around_the_first_version_of_both(hello):
    assert ReviewScope(hello, hello).versions == [None, "3.16"]
    old = copy.deepcopy(hello)
    old["constants"]["FIRST_VERSION"] = [3, 12]
    assert ReviewScope(old, hello).versions == [None, "3.11", "3.16", "3.12", "3.17"]


def test_names_that_moved_to_another_set_are_known(hello, older):
    scope = ReviewScope(older, hello)
    assert scope.moved_names == {"DESKTOPS": frozenset({"ios"})}
    assert scope.moved_constants(frozenset({"alice", "ios"})) == {"DESKTOPS"}
    assert scope.moved_constants(frozenset({"windows"})) == frozenset()


def test_an_account_is_replayed_as_changes_of_a_new_console(hello):
    auto = {
        "enabled": True, "locked": True, "kind": "cloud", "start_on_any_join": True,
        "host_may_pause": False,
    }  # fmt: skip
    account = {"edition": "business", "local_recording": False, "auto_record": auto}
    scope = ReviewScope(hello, hello)
    changes = scope.replayed(account)
    assert [next(iter(change)) for change in changes] == [
        "choose_kind", "set_options", "switch_off", "enable", "lock",
    ]  # fmt: skip
    assert all(change in scope.changes for change in changes)


def test_the_subject_of_an_event_is_a_participant():
    assert subject_of({"leave": {"id": "bob"}}) == "bob"
    assert subject_of({"pause": {"by": "bob"}}) == "bob"
    assert subject_of({"end": {}}) is None
    assert subject_of({"enable": {"by": ["admin", True]}}) is None
