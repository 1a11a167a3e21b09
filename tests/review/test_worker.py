"""The requests of a review to the process of one version, answered in this process."""

import json

import pytest

from fsm.review.worker import INTERFACE, ReviewWorker

SETTINGS = {"account": {"edition": "pro"}, "user": {"auto_record": True}}
JOIN = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
MEMBER = {"join": {"id": "bob", "role": "member", "platform": "ios"}}
PAUSE = {"pause": {"by": "alice"}}
UNKNOWN = {"explode": {"by": "alice"}}


@pytest.fixture
def worker():
    return ReviewWorker()


def answer(worker, do, **arguments):
    """Returns the answer as the other process reads it."""
    return json.loads(json.dumps(worker.answer({"do": do, **arguments})))


def test_a_worker_names_its_interface_its_vocabulary_and_its_tables(worker):
    hello = answer(worker, "hello")
    assert hello["interface"] == INTERFACE
    assert "webinar" in hello["vocabulary"]["meeting type"]
    assert set(hello["tables"]) == {"recording", "policy"}
    assert hello["tables"]["recording"]["rows"][0]["trigger"] == "join"


def test_settings_are_resolved_and_equal_resolutions_have_one_number(worker):
    texts = answer(worker, "settings")["settings"]
    assert len(texts) == len(set(texts)) > 1000
    refused = json.dumps({"account": {"edition": "gold"}})
    resolved = answer(worker, "resolve", settings=[texts[0], texts[0], refused])
    assert resolved["numbers"] == [0, 0, 1]
    assert "plan" in resolved["resolutions"][0]
    assert "gold" in resolved["resolutions"][1]["error"]


def test_events_are_tried_in_a_situation_and_the_guards_of_one_explained(worker):
    [started] = answer(worker, "start", machine="recording", **{"from": [SETTINGS]})["situations"]
    events = answer(worker, "events", machine="recording", events=[JOIN, PAUSE])["list"]
    tried = answer(worker, "try", machine="recording", of=[[started, events]])
    [[joined, recording, paused, same]] = tried["steps"]
    assert recording != started
    assert same == started
    assert tried["answers"][joined]["state"] == "recording"
    assert tried["answers"][paused]["refused"] == "not_present"
    arguments = {"machine": "recording", "situation": recording, "list": events, "event": 1}
    explained = answer(worker, "explain", **arguments)
    assert explained["guards"]["host_may_pause"] is True
    assert explained["rows"]
    # In `idle` no row for a pause asks this guard, but an action might.
    explained = answer(worker, "explain", **arguments | {"situation": started})
    assert "host_may_pause" not in explained["guards"]
    assert explained["guards_elsewhere"]["host_may_pause"] is True


def test_a_change_of_the_console_is_tried(worker):
    [started] = answer(worker, "start", machine="policy", **{"from": ["business"]})["situations"]
    changes = [{"enable": {"by": ["super_admin"]}}, {"enable": {"by": ["admin"]}}]
    events = answer(worker, "events", machine="policy", events=changes)["list"]
    tried = answer(worker, "try", machine="policy", of=[[started, events]])
    [[enabled, after, refused, _]] = tried["steps"]
    assert tried["answers"][enabled]["state"] == "default_on"
    assert tried["answers"][refused]["refused"] is not None
    assert after != started


def test_a_scenario_is_played_and_an_unknown_event_changes_nothing(worker):
    arguments = {"machine": "recording", "from": SETTINGS, "events": [JOIN, MEMBER, UNKNOWN, PAUSE]}
    played = answer(worker, "play", **arguments)
    states = [each.get("state", "unknown") for each in played["answers"]]
    assert states == ["recording", "recording", "unknown", "paused"]
    refused = answer(worker, "play", machine="recording", events=[JOIN], **{"from": {}})
    assert refused["answers"] == []
    assert "error" in refused["resolution"]


def test_events_are_decided_in_a_situation_of_a_journal_each_on_its_own(worker):
    situation = {
        "plan": {"kind": "cloud", "started_by": "host", "host_may_pause": True},
        "state": "recording",
        "present": {"alice": ["host", "windows"], "bob": ["member", "ios"]},
        "kind": "cloud", "client": None, "events": [PAUSE, PAUSE, UNKNOWN],
    }  # fmt: skip
    unknown = situation | {"present": {"alice": ["panelist"]}}
    first, second = answer(worker, "decide", situations=[situation, unknown])["answers"]
    assert [each.get("state") for each in first] == ["paused", "paused", None]
    assert all("error" in each for each in second)


def test_the_diagrams_of_a_version_are_plain_data(worker):
    diagrams = answer(worker, "diagrams")["diagrams"]
    assert {"recording", "policy"} <= {each["name"] for each in diagrams}


def test_an_unknown_request_is_an_error(worker):
    with pytest.raises(KeyError):
        worker.answer({"do": "explode"})
