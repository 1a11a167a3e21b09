"""Signed webhooks bring events; what is not signed, or too old, or for others, does not."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from fsm.web.settings import Rate, ServiceLimits
from fsm.web.tokens import new_secret, new_sender, new_token

from .serving import JOIN, problem, served

HOOK = {"meeting": "m-1", **JOIN}


def signed(secret, body, *, id="msg-1", ago=timedelta(0)):  # noqa: A002
    when = datetime.now(tz=UTC) - ago
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": Webhook(secret).sign(id, when, body),
    }


@pytest.fixture
def secret(tmp_path):
    return new_sender(tmp_path / "tokens.json", "bbb")


@pytest.fixture
def token(tmp_path):
    return new_token(tmp_path / "tokens.json", "all", ["events", "read"])


@pytest.fixture
def hooked(tmp_path, secret, token):
    headers = {"Authorization": f"Bearer {token}"}
    with served(tmp_path, headers=headers, tokens=tmp_path / "tokens.json") as service:
        service.open()
        yield service


def post(service, body, headers, sender="bbb"):
    return service.client.post(f"/v1/webhooks/{sender}", content=body, headers=headers)


def seq(service):
    return service.get("/v1/meetings/m-1").json()["seq"]


def test_a_signed_webhook_brings_an_event(hooked, secret):
    body = json.dumps(HOOK)
    answer = post(hooked, body, signed(secret, body))
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "recording"
    assert answer.json()["id"] == "webhook/bbb/msg-1"


def test_a_webhook_needs_no_token(tmp_path, secret):
    body = json.dumps(HOOK)
    with served(tmp_path, tokens=tmp_path / "tokens.json") as service:
        assert problem(post(service, body, signed(secret, body)), 404)


def test_a_webhook_that_comes_again_changes_nothing(hooked, secret):
    body = json.dumps(HOOK)
    headers = signed(secret, body)
    first = post(hooked, body, headers).json()
    assert post(hooked, body, headers).json() == first
    later = signed(secret, body, ago=timedelta(minutes=-1))
    assert post(hooked, body, later).json() == first
    assert seq(hooked) == 1


def test_an_id_that_comes_with_another_event_is_a_conflict(hooked, secret):
    for event, status in ((HOOK, 200), ({"meeting": "m-1", "end": {}}, 409)):
        body = json.dumps(event)
        assert post(hooked, body, signed(secret, body)).status_code == status
    assert seq(hooked) == 1


@pytest.mark.parametrize(
    "spoilt",
    [
        {"webhook-id": "msg-2"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "soon"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-signature": ""},
        {"webhook-id": ""},
        {"webhook-timestamp": ""},
    ],
)
def test_what_is_not_signed_is_refused(hooked, secret, spoilt):
    body = json.dumps(HOOK)
    answer = post(hooked, body, signed(secret, body) | spoilt)
    assert problem(answer, 401)["type"].endswith(":signature")
    assert seq(hooked) == 0


def test_another_body_under_the_same_signature_is_refused(hooked, secret):
    headers = signed(secret, json.dumps(HOOK))
    for body in (json.dumps({**HOOK, "meeting": "m-2"}).encode(), b"\xff"):
        problem(post(hooked, body, headers), 401)


@pytest.mark.parametrize("minutes", [6, -6])
def test_a_signature_of_another_time_is_refused(hooked, secret, minutes):
    body = json.dumps(HOOK)
    answer = post(hooked, body, signed(secret, body, ago=timedelta(minutes=minutes)))
    assert "too" in problem(answer, 401)["detail"]


def test_another_secret_or_another_sender_is_refused_in_the_same_words(hooked, secret):
    body = json.dumps(HOOK)
    wrong = problem(post(hooked, body, signed(new_secret(), body)), 401)
    nobody = problem(post(hooked, body, signed(secret, body), sender="nobody"), 401)
    assert wrong["detail"] == nobody["detail"]


def test_without_a_file_of_tokens_there_is_no_sender(service):
    body = json.dumps(HOOK)
    problem(post(service, body, signed(new_secret(), body)), 401)


def test_a_token_does_not_stand_for_a_signature(hooked):
    problem(post(hooked, json.dumps(HOOK), {}), 401)


def test_what_is_signed_and_wrong_is_told_so(hooked, secret):
    for body, status in (("{", 400), ("", 400), (json.dumps(JOIN), 422)):
        problem(post(hooked, body, signed(secret, body)), status)


def test_a_sender_that_sends_too_often_has_to_wait(tmp_path, secret):
    body = json.dumps(HOOK)
    limits = ServiceLimits(token=Rate(0.001, 1))
    with served(tmp_path, tokens=tmp_path / "tokens.json", limits=limits) as service:
        problem(post(service, body, signed(new_secret(), body)), 401)
        problem(post(service, body, signed(secret, body)), 404)
        problem(post(service, body, signed(secret, body)), 429)
