"""What the service counts and what it says of itself; neither holds a secret."""

import json

from prometheus_client.parser import text_string_to_metric_families

from fsm.web.tokens import new_sender, new_token

from .serving import JOIN, logged, served, until
from .test_webhooks import HOOK, post, signed


def samples(service, **more):
    answer = service.get("/metrics", **more)
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value
        for family in text_string_to_metric_families(answer.text)
        for each in family.samples
    }


def test_events_are_counted_by_trigger_and_refusal(service):
    service.open()
    service.send(JOIN)
    service.send(JOIN)
    service.send({"leave": {"id": "alice"}})
    found = samples(service)

    def count(trigger, refused=""):
        return found["fsm_events_total", (("refused", refused), ("trigger", trigger))]

    assert count("join") == count("join", "already_present") == count("leave") == 1


def test_answers_are_timed_by_route_and_not_by_address(service):
    for number in range(3):
        service.open(f"m-{number}")
        service.get(f"/v1/meetings/m-{number}")
        service.get(f"/nowhere/{number}")
    found = samples(service)

    def count(method, route, status):
        labels = (("method", method), ("route", route), ("status", status))
        return found["fsm_request_seconds_count", labels]

    assert count("POST", "/v1/meetings", "200") == 3
    assert count("GET", "/v1/meetings/{meeting}", "200") == 3
    assert count("GET", "none", "404") == 3


def test_the_hub_and_its_journal_are_looked_at(service):
    service.open()
    found = {name: value for (name, labels), value in samples(service).items() if not labels}
    assert found["fsm_healthy"] == 1
    assert found["fsm_meetings"] == 1
    assert found["fsm_queue"] == found["fsm_undelivered_meetings"] == 0
    assert found["fsm_journal_failures_total"] == 0
    assert found["fsm_journal_bytes"] > 0


def test_a_method_that_somebody_made_up_is_no_label(service):
    service.client.request("BREW", "/v1/meetings")
    assert "BREW" not in service.get("/metrics").text
    assert 'method="other"' in service.get("/metrics").text


def test_two_services_count_apart(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with served(tmp_path / "a") as first, served(tmp_path / "b") as second:
        first.open()
        assert samples(first)["fsm_meetings", ()] == 1
        assert samples(second)["fsm_meetings", ()] == 0


def test_each_request_is_one_line_of_json_with_its_id(service, log):
    answer = service.open()
    assert answer
    service.get("/v1/meetings/none")
    until(lambda: len(logged(log)) == 2)  # it is written when the answer is out
    lines = logged(log)
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/v1/meetings", 200),
        ("GET", "/v1/meetings/{meeting}", 404),
    ]
    assert lines[1]["meeting"] == "none"
    assert lines[1]["problem"] == "unknown-meeting"
    assert len({line["request_id"] for line in lines}) == 2


def test_what_is_logged_cannot_begin_a_line_of_its_own(service, log):
    service.get("/v1/meetings/a%0A%7B%22level%22:%22critical%22%7D")
    until(lambda: logged(log))
    assert [line["level"] for line in logged(log)] == ["info"]


def test_no_secret_and_no_body_is_in_any_line(tmp_path, log):
    file = tmp_path / "tokens.json"
    token = new_token(file, "all", ["events", "read", "console"])
    weak = new_token(file, "weak", ["read"])
    secret = new_sender(file, "bbb")
    headers = {"Authorization": f"Bearer {token}"}
    with served(tmp_path, tokens=file, headers=headers) as service:
        service.open()
        service.send({"join": {**JOIN["join"], "id": "a-name-of-a-person"}})
        service.post("/v1/meetings/m-1/events", {"join": {"id": "another-name"}})
        service.get("/v1/meetings", headers={"Authorization": f"Bearer {token}x"})
        service.get("/v1/meetings", headers={"Authorization": token})
        service.get(f"/v1/meetings?token={token}")
        service.get(f"/nowhere/{token}")
        service.post("/v1/reconcile", headers={"Authorization": f"Bearer {weak}"})
        body = json.dumps(HOOK)
        good = signed(secret, body)
        post(service, body, good)
        post(service, body, {**good, "webhook-id": "other"})
        service.service.hub.read = None
        service.get("/v1/meetings/m-1")
        until(lambda: len(logged(log)) >= 12)
        text = log.getvalue() + service.get("/metrics").text
    signature = good["webhook-signature"].removeprefix("v1,")
    for hidden in (token, weak, secret, signature, "a-name-of-a-person", "another-name"):
        assert hidden not in text
        assert hidden.removeprefix("fsm_").removeprefix("whsec_") not in text
