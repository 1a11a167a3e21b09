"""Explanations of events over HTTP."""

import json

import pytest

from fsm.recording import End
from fsm.recording.rules import CHINESE_TITLES, RULES
from fsm.runtime import UnknownMeetingError

from .serving import JOIN, PRO, problem

NEEDS_A_HOST = "to 'recording' it would need 'a host' (event.role = 'member')"
GUEST = {"join": {"id": "bob", "role": "member", "platform": "web"}}


def asked(service, event, meeting="m-1", **more):
    text = event if isinstance(event, str) else json.dumps(event)
    return service.get(f"/v1/meetings/{meeting}/why", params={"event": text, **more})


def explained(service, event, **more):
    answer = asked(service, event, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_join_that_starts_nothing_says_what_it_needs(service):
    service.open()
    answer = explained(service, GUEST)
    assert answer == {
        "meeting": "m-1", "event": GUEST, "before": "idle", "state": "idle", "recorder": [],
        "refused": None, "rules": ["R13"], "timers": [],
        "why": [
            f"'join' in 'idle' stays there; {NEEDS_A_HOST}",
            f"R13: {RULES['R13']}",
        ],
    }  # fmt: skip


def test_a_join_after_a_stop_names_the_rule_of_one_start_in_both_languages(service):
    service.open()
    for event in (JOIN, {"stop": {"by": "alice"}}):
        service.send(event)
    join = {"join": {"id": "carol", "role": "host", "platform": "ios"}}
    answer = explained(service, join)
    assert (answer["before"], answer["rules"]) == ("stopped", ["R15"])
    assert answer["why"] == ["'join' in 'stopped' stays there", f"R15: {RULES['R15']}"]
    chinese = explained(service, join, lang="zh")
    assert chinese["why"][1].endswith(CHINESE_TITLES["R15"])
    assert "join" not in chinese["why"][0]
    assert chinese | {"why": None} == answer | {"why": None}


def test_an_event_has_the_answer_that_it_was_said_to_have_and_asking_leaves_no_entry(service):
    service.put("/v1/meetings/m-1", {**PRO, "grace": 5})
    for event in (JOIN, GUEST, {"pause": {"by": "bob"}}, {"pause": {"by": "alice"}},
                  {"leave": {"id": "alice"}}, {"leave": {"id": "bob"}}, {"end": None}):  # fmt: skip
        before = service.get("/v1/meetings/m-1").json()["seq"]
        told = explained(service, {**event, "id": "e-1"})
        assert service.get("/v1/meetings/m-1").json()["seq"] == before
        answer = service.send(event)
        for key in ("event", "before", "state", "recorder", "refused", "timers"):
            assert told[key] == answer[key]
        assert set(answer["rules"]) <= set(told["rules"])
    assert len(service.get("/v1/meetings/m-1/events").json()["entries"]) == 7
    assert explained(service, JOIN)["refused"] == "meeting_ended"


@pytest.mark.parametrize(
    ("event", "pointer"),
    [
        ("{", "event"), ("", "event"), ("[" * 9_000, "event"), ("7", "event"),
        ({"jion": {}}, "event/jion"), ({"leave": {"id": 7}}, "event/leave/id"),
        ({"pause": {"by": "x" * 201}}, "event/pause/by"),
        ({"time_up": {"timer": "grace", "set": 1}}, "event/time_up"),
    ],
)  # fmt: skip
def test_what_is_no_event_is_a_fault_of_the_parameter(service, event, pointer):
    service.open()
    details = problem(asked(service, event), 400)
    assert details["type"].endswith(":wrong-parameter")
    assert details["errors"][0]["pointer"] == pointer


def test_a_missing_event_and_an_unknown_meeting_are_problems(service):
    details = problem(service.get("/v1/meetings/m-1/why"), 400)
    assert details["detail"] == "event: it is missing (required)"
    assert problem(asked(service, JOIN, "none"), 404)["type"].endswith(":unknown-meeting")


def test_the_hub_explains_events_of_open_and_of_closed_meetings(service):
    hub = service.service.runtime
    service.open()
    assert service.run(hub.why("m-1", End())).rules == ("D10",)
    service.send({"end": {}})
    assert service.run(hub.why("m-1", End())).outcome.refused == "meeting_ended"
    with pytest.raises(UnknownMeetingError):
        service.run(hub.why("none", End()))
    with pytest.raises(ValueError, match="must have 1 to 200 characters"):
        service.run(hub.why("m-1", End("\n")))
