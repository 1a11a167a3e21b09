"""Routes of meetings."""

import pytest

from .serving import JOIN, PRO, problem, served


def test_a_meeting_opens_with_its_plan(service):
    opened = service.open()
    assert opened["state"] == "idle"
    assert opened["plan"]["kind"] == "cloud"
    assert service.get("/v1/meetings/m-1").json() == opened


def test_an_invalid_id_of_a_meeting_is_refused(service):
    for id_ in ("%07", "x" * 201):
        [fault] = problem(service.put(f"/v1/meetings/{id_}", PRO), 422)["errors"]
        assert fault["detail"].startswith("a meeting's id must have 1 to 200 characters")
    assert service.get("/v1/meetings").json()["meetings"] == []


def test_opening_again_with_the_same_settings_changes_nothing(service):
    service.open()
    service.send(JOIN)
    assert service.open()["seq"] == 1


def test_opening_again_with_other_settings_is_a_conflict(service):
    service.open()
    answer = service.put("/v1/meetings/m-1", {"account": {"edition": "free"}})
    assert problem(answer, 409)["type"] == "urn:meeting-fsm:problem:conflict"


@pytest.mark.rule("D17")
def test_a_meeting_that_is_over_is_not_opened_again(service):
    service.open()
    service.send({"end": {}})
    answer = problem(service.put("/v1/meetings/m-1", PRO), 409)
    assert answer["detail"] == (
        "meeting 'm-1' is over, and its id is used up (open the next meeting under a new id)"
    )


def test_an_event_is_answered_with_its_outcome(service):
    service.open()
    answer = service.send({**JOIN, "id": "e-1"})
    assert answer.pop("at") > 1_700_000_000_000
    assert answer == {
        "meeting": "m-1", "seq": 1, "id": "e-1", "event": JOIN, "before": "idle",
        "state": "recording", "refused": None, "rules": ["R13"],
        "recorder": [{"command": "start", "kind": "cloud", "client": None}], "timers": [],
    }  # fmt: skip


def test_a_cohost_on_another_platform_starts_nothing_and_keeps_the_recording_going(service):
    service.open()
    cohost = {"join": {"id": "carol", "role": "cohost", "platform": "other"}}
    assert service.send(cohost)["state"] == "idle"
    service.send(JOIN)
    assert service.send({"leave": {"id": "alice"}})["recorder"] == []
    assert service.send({"leave": {"id": "carol"}})["state"] == "stopped"


def test_a_refused_command_is_a_normal_response(service):
    service.open()
    answer = service.send({"pause": {"by": "bob"}})
    assert (answer["refused"], answer["rules"]) == ("not_present", ["D9"])
    assert answer["recorder"] == []


@pytest.mark.parametrize("event", [{"end": {}}, {"end": None}])
def test_an_event_without_parts_is_written_as_in_a_scenario(service, event):
    service.open()
    assert service.send(event)["event"] == {"end": {}}
    assert service.get("/v1/meetings/m-1").json()["ended"] is True


def test_a_repeated_id_gets_the_same_response(service):
    service.open()
    first = service.send({**JOIN, "id": "e-1"})
    assert service.send({**JOIN, "id": "e-1"}) == first
    assert service.send(JOIN, headers={"Idempotency-Key": "e-1"}) == first
    assert service.send(JOIN, headers={"Idempotency-Key": '"e-1"'}) == first
    assert service.get("/v1/meetings/m-1").json()["seq"] == 1


def test_an_id_used_for_another_event_is_a_conflict(service):
    service.open()
    service.send({**JOIN, "id": "e-1"})
    answer = service.post("/v1/meetings/m-1/events", {"leave": {"id": "alice"}, "id": "e-1"})
    problem(answer, 409)


def test_an_event_with_two_ids_is_refused(service):
    service.open()
    answer = service.post(
        "/v1/meetings/m-1/events", {**JOIN, "id": "a"}, headers={"Idempotency-Key": "b"}
    )
    assert problem(answer, 400)["type"].endswith("two-ids")
    assert service.get("/v1/meetings/m-1").json()["seq"] == 0


def test_a_key_that_would_be_another_id_in_a_body_is_refused(service):
    service.open()
    key = {"Idempotency-Key": "é".encode()}
    [fault] = problem(service.post("/v1/meetings/m-1/events", JOIN, headers=key), 400)["errors"]
    assert fault["pointer"] == "Idempotency-Key"
    assert "must be ASCII" in fault["detail"]
    assert service.send({**JOIN, "id": "é"})["id"] == "é"


def test_the_list_of_meetings_comes_in_pages(service):
    for number in range(5):
        service.open(f"m-{number}")
    first = service.get("/v1/meetings", params={"limit": 3}).json()
    assert [meeting["id"] for meeting in first["meetings"]] == ["m-0", "m-1", "m-2"]
    rest = service.get("/v1/meetings", params={"limit": 3, "after": first["next"]}).json()
    assert [meeting["id"] for meeting in rest["meetings"]] == ["m-3", "m-4"]
    assert rest["next"] is None


def test_the_history_comes_in_pages(service):
    service.open()
    sent = [service.send({"join": {**JOIN["join"], "id": f"p-{n}"}}) for n in range(5)]
    first = service.get("/v1/meetings/m-1/events", params={"limit": 3}).json()
    assert first["entries"] == sent[:3]
    rest = service.get("/v1/meetings/m-1/events", params={"after": first["next"]}).json()
    assert rest == {"entries": sent[3:], "next": None}


def test_a_participant_learns_which_commands_it_may_give(service):
    service.open()
    service.send(JOIN)
    service.send({"join": {"id": "bob", "role": "member", "platform": "ios"}})
    permissions = service.get("/v1/meetings/m-1/allowed/alice").json()
    assert {name: permission["allowed"] for name, permission in permissions.items()} == {
        "start_cloud": False, "start_local": False, "pause": True, "resume": False,
        "stop": True, "end": True,
    }  # fmt: skip
    assert permissions["resume"]["refused"] == "wrong_state"
    assert service.send(permissions["pause"]["event"])["state"] == "paused"


def test_the_resolution_of_a_meeting_has_form_plan_and_reasons(service):
    service.open()
    resolution = service.get("/v1/meetings/m-1/resolution").json()
    assert resolution["status"] == "free"
    assert resolution["form"]["visible"] is True
    assert resolution["plan"]["source"] == "user"
    assert any("R11" in line for line in resolution["why"])


def test_settings_are_resolved_without_a_meeting(service):
    answer = service.post("/v1/resolution", PRO)
    assert answer.status_code == 200
    assert answer.json()["plan"]["kind"] == "cloud"
    assert service.get("/v1/meetings").json()["meetings"] == []


def test_meetings_are_reconciled_on_request(service):
    service.open()
    answer = service.post("/v1/meetings/m-1/reconcile")
    assert (answer.status_code, answer.json()) == (202, {"meetings": 1})
    assert service.post("/v1/reconcile").json() == {"meetings": 1}


def test_answered_events_survive_a_restart(tmp_path):
    with served(tmp_path) as first:
        first.open()
        sent = first.send(JOIN)
    with served(tmp_path) as second:
        assert second.get("/v1/meetings/m-1").json()["state"] == "recording"
        assert second.get("/v1/meetings/m-1/events").json()["entries"] == [sent]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    with served(tmp_path_factory.mktemp("empty")) as service:
        yield service


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/meetings/none", None),
        ("GET", "/v1/meetings/none/resolution", None),
        ("GET", "/v1/meetings/none/events", None),
        ("GET", "/v1/meetings/none/stream", None),
        ("GET", "/v1/meetings/none/allowed/alice", None),
        ("POST", "/v1/meetings/none/events", JOIN),
        ("POST", "/v1/meetings/none/reconcile", None),
        ("GET", "/v1/accounts/none", None),
        ("POST", "/v1/accounts/none/changes", {"lock": {"by": {"role": "user"}}}),
        ("PUT", "/v1/meetings/m-1", {"account": "none"}),
        ("POST", "/v1/resolution", {"account": "none"}),
    ],
)
def test_an_unknown_meeting_or_account_is_not_found(empty, method, path, body):
    answer = empty.client.request(method, path, json=body)
    assert problem(answer, 404)["type"].startswith("urn:meeting-fsm:problem:unknown-")
    assert problem(answer, 404)["instance"] == path


def test_the_ids_of_webhooks_are_reserved(service):
    service.open()
    answer = service.client.post("/v1/meetings/m-1/events", json={**JOIN, "id": "webhook/a/1"})
    assert answer.status_code == 422
    key = {"Idempotency-Key": "webhook/a/1"}
    bare = {"join": JOIN["join"]}
    answer = service.client.post("/v1/meetings/m-1/events", json=bare, headers=key)
    [fault] = problem(answer, 400)["errors"]
    assert fault["pointer"] == "Idempotency-Key"
    assert "reserved for webhooks" in fault["detail"]


def test_an_overlong_id_is_neither_repeated_nor_logged_in_full(service, log):
    answer = service.client.post(f"/v1/meetings/{'x' * 50_000}/events", json=JOIN)
    assert answer.status_code == 404
    assert len(answer.text) < 3_000
    assert len(log.getvalue()) < 3_000
