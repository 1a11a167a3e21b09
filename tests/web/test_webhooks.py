"""Signed webhooks: signatures, repetition, rate limits."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from fsm.web.rate_limit import Rate
from fsm.web.service import ServiceLimits
from fsm.web.token_file import create_sender, create_token
from fsm.web.tokens import new_secret

from .serving import JOIN, problem, served

WEBHOOK = {"meeting": "m-1", **JOIN}


def signed(secret, body, *, id="msg-1", ago=timedelta(0)):  # noqa: A002
    when = datetime.now(tz=UTC) - ago
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": Webhook(secret).sign(id, when, body),
    }


@pytest.fixture
def secret(tmp_path):
    return create_sender(tmp_path / "tokens.json", "bbb")


@pytest.fixture
def token(tmp_path):
    return create_token(tmp_path / "tokens.json", "all", ["events", "read"])


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


def test_a_signed_webhook_sends_its_event(hooked, secret):
    body = json.dumps(WEBHOOK)
    answer = post(hooked, body, signed(secret, body))
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "recording"
    assert answer.json()["id"] == "webhook/bbb/msg-1"


def test_a_webhook_needs_no_token(tmp_path, secret):
    body = json.dumps(WEBHOOK)
    with served(tmp_path, tokens=tmp_path / "tokens.json") as service:
        assert problem(post(service, body, signed(secret, body)), 404)


def test_a_repeated_webhook_changes_nothing(hooked, secret):
    body = json.dumps(WEBHOOK)
    headers = signed(secret, body)
    first = post(hooked, body, headers).json()
    assert post(hooked, body, headers).json() == first
    later = signed(secret, body, ago=timedelta(minutes=-1))
    assert post(hooked, body, later).json() == first
    assert seq(hooked) == 1


def test_a_webhook_id_with_another_event_is_a_conflict(hooked, secret):
    for event, status in ((WEBHOOK, 200), ({"meeting": "m-1", "end": {}}, 409)):
        body = json.dumps(event)
        assert post(hooked, body, signed(secret, body)).status_code == status
    assert seq(hooked) == 1


@pytest.mark.parametrize(
    "damaged",
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
def test_a_webhook_without_a_valid_signature_is_refused(hooked, secret, damaged):
    body = json.dumps(WEBHOOK)
    answer = post(hooked, body, signed(secret, body) | damaged)
    assert problem(answer, 401)["type"].endswith(":signature")
    assert seq(hooked) == 0


def test_another_body_under_the_same_signature_is_refused(hooked, secret):
    headers = signed(secret, json.dumps(WEBHOOK))
    for body in (json.dumps({**WEBHOOK, "meeting": "m-2"}).encode(), b"\xff"):
        problem(post(hooked, body, headers), 401)


@pytest.mark.parametrize("minutes", [6, -6])
def test_a_signature_older_or_newer_than_five_minutes_is_refused(hooked, secret, minutes):
    body = json.dumps(WEBHOOK)
    answer = post(hooked, body, signed(secret, body, ago=timedelta(minutes=minutes)))
    assert "too" in problem(answer, 401)["detail"]


def test_a_wrong_secret_and_an_unknown_sender_get_the_same_response(hooked, secret):
    body = json.dumps(WEBHOOK)
    wrong = problem(post(hooked, body, signed(new_secret(), body)), 401)
    nobody = problem(post(hooked, body, signed(secret, body), sender="nobody"), 401)
    assert wrong["detail"] == nobody["detail"]


def test_without_a_token_file_every_webhook_is_refused(service):
    body = json.dumps(WEBHOOK)
    problem(post(service, body, signed(new_secret(), body)), 401)


def test_a_token_does_not_replace_a_signature(hooked):
    problem(post(hooked, json.dumps(WEBHOOK), {}), 401)


def test_a_signed_but_invalid_body_is_refused(hooked, secret):
    for body, status in (("{", 400), ("", 400), (json.dumps(JOIN), 422)):
        problem(post(hooked, body, signed(secret, body)), status)


def test_webhook_senders_are_rate_limited(tmp_path, secret):
    body = json.dumps(WEBHOOK)
    limits = ServiceLimits(caller_rate=Rate(0.001, 1))
    with served(tmp_path, tokens=tmp_path / "tokens.json", limits=limits) as service:
        problem(post(service, body, signed(new_secret(), body)), 401)
        problem(post(service, body, signed(secret, body)), 404)
        problem(post(service, body, signed(secret, body)), 429)
