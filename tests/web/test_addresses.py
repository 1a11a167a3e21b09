"""Each address does what it is there for."""

import pytest

from .serving import JOIN, PRO, problem, served


def test_a_meeting_opens_and_stands_as_its_plan_has_it(service):
    opened = service.open()
    assert opened["state"] == "idle"
    assert opened["plan"]["kind"] == "cloud"
    assert service.get("/v1/meetings/m-1").json() == opened


def test_a_meeting_can_be_opened_at_its_own_address(service):
    opened = service.put("/v1/meetings/m-2", PRO)
    assert opened.status_code == 200
    assert opened.json()["id"] == "m-2"


def test_opening_again_with_the_same_settings_changes_nothing(service):
    service.open()
    service.send(JOIN)
    assert service.open()["seq"] == 1


def test_opening_again_with_other_settings_is_a_conflict(service):
    service.open()
    answer = service.post("/v1/meetings", {"id": "m-1", "account": {"edition": "free"}})
    assert problem(answer, 409)["type"] == "urn:meeting-fsm:problem:conflict"


def test_an_event_is_answered_with_what_came_of_it(service):
    service.open()
    answer = service.send({**JOIN, "id": "e-1"})
    assert answer.pop("at") > 1_700_000_000_000
    assert answer == {
        "meeting": "m-1", "seq": 1, "id": "e-1", "event": JOIN, "before": "idle",
        "state": "recording", "refused": None, "rules": ["R13"],
        "recorder": [{"command": "start", "kind": "cloud", "client": None}],
    }  # fmt: skip


def test_a_refused_command_is_a_normal_answer(service):
    service.open()
    answer = service.send({"pause": {"by": "bob"}})
    assert (answer["refused"], answer["rules"]) == ("not_present", ["D9"])
    assert answer["recorder"] == []


@pytest.mark.parametrize("event", [{"end": {}}, {"end": None}])
def test_an_event_without_parts_is_written_as_in_a_scenario(service, event):
    service.open()
    assert service.send(event)["event"] == {"end": {}}
    assert service.get("/v1/meetings/m-1").json()["ended"] is True


def test_the_same_id_again_gets_the_same_answer(service):
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


def test_two_ids_of_one_event_are_refused(service):
    service.open()
    answer = service.post(
        "/v1/meetings/m-1/events", {**JOIN, "id": "a"}, headers={"Idempotency-Key": "b"}
    )
    assert problem(answer, 400)["type"].endswith("two-ids")
    assert service.get("/v1/meetings/m-1").json()["seq"] == 0


def test_the_list_of_meetings_comes_in_pages(service):
    for number in range(5):
        service.open(f"m-{number}")
    first = service.get("/v1/meetings", params={"limit": 3}).json()
    assert [each["id"] for each in first["meetings"]] == ["m-0", "m-1", "m-2"]
    rest = service.get("/v1/meetings", params={"limit": 3, "after": first["next"]}).json()
    assert [each["id"] for each in rest["meetings"]] == ["m-3", "m-4"]
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
    found = service.get("/v1/meetings/m-1/allowed/alice").json()
    assert {name: each["allowed"] for name, each in found.items()} == {
        "start_cloud": False, "start_local": False, "pause": True, "resume": False,
        "stop": True, "end": True,
    }  # fmt: skip
    assert found["resume"]["refused"] == "wrong_state"
    assert service.send(found["pause"]["event"])["state"] == "paused"


def test_the_resolution_of_a_meeting_has_form_plan_and_reasons(service):
    service.open()
    found = service.get("/v1/meetings/m-1/resolution").json()
    assert found["status"] == "free"
    assert found["form"]["visible"] is True
    assert found["plan"]["source"] == "user"
    assert any("R11" in line for line in found["why"])


def test_a_plan_can_be_asked_for_without_a_meeting(service):
    found = service.post("/v1/resolution", PRO)
    assert found.status_code == 200
    assert found.json()["plan"]["kind"] == "cloud"
    assert service.get("/v1/meetings").json()["meetings"] == []


def test_an_account_is_kept_changed_and_used(service):
    account = {"edition": "business", "auto_record": {"enabled": True}}
    kept = service.put("/v1/accounts/acme", account)
    assert (kept.status_code, kept.json()["status"]) == (200, "default_on")
    changed = service.post("/v1/accounts/acme/changes", {"lock": {"by": {"role": "super_admin"}}})
    assert changed.json() == {
        "before": "default_on", "status": "locked_on", "rules": ["R6"], "refused": None,
    }  # fmt: skip
    assert service.get("/v1/accounts/acme").json()["form"]["contact_admin"] is True
    service.post("/v1/meetings", {"id": "m-1", "account": "acme"})
    assert service.get("/v1/meetings/m-1/resolution").json()["status"] == "locked_on"
    assert service.post("/v1/resolution", {"account": "acme"}).json()["status"] == "locked_on"


@pytest.mark.rule("R4")
def test_who_may_not_change_a_console_is_told_so(service):
    service.put("/v1/accounts/acme", {"edition": "business"})
    by = {"role": "admin", "account_settings": False}
    answer = service.post("/v1/accounts/acme/changes", {"enable": {"by": by}})
    assert answer.status_code == 200
    assert (answer.json()["refused"], answer.json()["rules"]) == ("not_permitted", ["R4"])
    assert service.get("/v1/accounts/acme").json()["status"] == "free"


def test_an_account_that_is_kept_is_not_put_again_with_other_settings(service):
    service.put("/v1/accounts/acme", {"edition": "business"})
    assert service.put("/v1/accounts/acme", {"edition": "business"}).status_code == 200
    problem(service.put("/v1/accounts/acme", {"edition": "free"}), 409)


def test_recorders_are_asked_again(service):
    service.open()
    answer = service.post("/v1/meetings/m-1/reconcile")
    assert (answer.status_code, answer.json()) == (202, {"meetings": 1})
    assert service.post("/v1/reconcile").json() == {"meetings": 1}


def test_the_service_says_how_it_is(service):
    assert service.get("/health").json() == {"status": "ok"}
    assert service.get("/ready").json()["ok"] is True


def test_what_was_answered_is_there_after_the_service_comes_back(tmp_path):
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
        ("POST", "/v1/meetings", {"id": "m-1", "account": "none"}),
        ("POST", "/v1/resolution", {"account": "none"}),
    ],
)
def test_what_there_is_not_is_not_found(empty, method, path, body):
    answer = empty.client.request(method, path, json=body)
    assert problem(answer, 404)["type"].startswith("urn:meeting-fsm:problem:unknown-")
    assert problem(answer, 404)["instance"] == path
