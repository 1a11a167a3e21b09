"""The short way of an event answers, logs and counts as the framework's route does."""

import json
import random

import pytest

from fsm.web.rate_limit import Rate
from fsm.web.service import ServiceLimits
from fsm.web.token_file import create_token

from .serving import JOIN, logged, served, until
from .test_fuzz import exchanged, mutated
from .test_metrics import samples

PAUSE = {"pause": {"by": "alice"}}
BODIES = [
    JOIN, JOIN, PAUSE, PAUSE, {**PAUSE, "id": "e-1"}, {**PAUSE, "id": "e-1"},
    {"resume": {"by": "alice"}, "id": "e-1"}, {"stop": {"by": "bob"}}, {"leave": {}},
    {"leave": {"id": 7}}, {"join": {**JOIN["join"], "id": "x" * 201}}, {"jion": {}}, {}, [],
    {**PAUSE, "id": ""}, {**PAUSE, "id": "webhook/a/1"}, {**PAUSE, "end": {}}, {"end": None}, PAUSE,
    {"time_up": {"timer": "grace", "set": 1}},
]  # fmt: skip
TEXTS = [json.dumps(body).encode() for body in BODIES]
TEXTS += [b"{", b"\xff", b"NaN", b"[" * 20_000, b'"\\ud800"', b" ", b"x" * 70_000]
HEADERS = [
    {"Idempotency-Key": "k-1"}, {"Idempotency-Key": '"k-1"'}, {"Idempotency-Key": ""},
    {"Idempotency-Key": '"'}, {"Idempotency-Key": "webhook/a/1"}, {"Idempotency-Key": "null"},
    {"Content-Type": "text/plain"}, {"Accept": "text/html"}, {"X-Request-ID": "mine"},
    {"Origin": "http://evil.test"}, {"Host": "evil.test"}, {"Via": "proxy"},
    {"Authorization": "Bearer wrong"}, {"Content-Encoding": "gzip"}, {"Cookie": "a=b"},
]  # fmt: skip


def answers(service, log, meeting, content, headers=None, path="/v1/meetings/{}/events"):
    """Returns the answers of both ways to one request: its body announced, and in chunks."""
    both = []
    for way, body in (("short", content), ("framework", iter([content]))):
        log.truncate(0)
        log.seek(0)
        id_ = f"{way[0]}-{meeting}"
        answer = service.client.post(path.format(id_), content=body, headers=headers)
        request = answer.headers.pop("x-request-id")
        until(lambda request=request: requested(log, request))
        [line] = requested(log, request)
        del line["request_id"]
        line["meeting"] = line["meeting"] and line["meeting"].replace(id_, meeting)
        answer.headers.pop("date")
        answer.headers.pop("content-length")
        told = answer.json()
        for varying in ("meeting", "at", "request_id", "instance"):
            told.pop(varying, None)
        told = json.dumps(told).replace(id_, meeting)
        del line["ms"], line["timestamp"]
        both.append((answer.status_code, sorted(answer.headers.items()), told, line))
    return both


def requested(log, request):
    """Returns the log lines of a request, without those of earlier ones that are late."""
    return [line for line in logged(log) if line.get("request_id") == request]


@pytest.fixture
def open_service(service):
    for way in "sf":
        service.open(f"{way}-m")
    return service


def test_both_ways_answer_the_same(open_service, log):
    statuses = set()
    for text in TEXTS:
        short, framework = answers(open_service, log, "m", text)
        assert short == framework, text[:100]
        statuses.add(short[0])
    assert statuses == {200, 400, 409, 413, 422}


def test_both_ways_read_headers_the_same(open_service, log):
    for text in (TEXTS[0], TEXTS[4]):
        for headers in HEADERS:
            short, framework = answers(open_service, log, "m", text, headers)
            assert short == framework, headers


def test_both_ways_answer_mutated_bodies_the_same(open_service, log):
    chance = random.Random(5)
    refused = 0
    for _ in range(60):
        text = mutated(chance, chance.choice(TEXTS[:17])) or b" "
        short, framework = answers(open_service, log, "m", text)
        assert short == framework, text
        refused += short[0] >= 400
    assert 10 < refused < 60


@pytest.mark.parametrize(
    "path",
    ["/v1/meetings/{}", "/v1/meetings/{}/events/", "/v1/meetings//events",
     "/v1/meetings/{}%2Fb/events", "/v1/meetings/{}/events?after=x",
     "/v1/meetings/%E4%BC%9A/events", "/v1/meetings/%0A/events", "/v1/meetings/../events"],
)  # fmt: skip
def test_both_ways_read_addresses_the_same(open_service, log, path):
    short, framework = answers(open_service, log, "m", TEXTS[0], path=path)
    assert short == framework


@pytest.mark.parametrize("length", [b"0" * 5000 + b"1", b"1" * 5000, b"-1", b"1 1", b"\xb2"])
def test_a_length_that_is_no_length_is_no_internal_error(open_service, log, length):
    head = b"POST /v1/meetings/s-m/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    response = exchanged(open_service, head + b"Content-Length: %s\r\n\r\n{" % length)
    assert response.startswith(b"HTTP/1.1 400 ")
    assert not [line for line in logged(log) if line["level"] == "error"]


def test_an_unknown_meeting_gets_the_same_answer_on_both_ways(open_service, log):
    short, framework = answers(open_service, log, "none", TEXTS[0])
    assert short == framework
    assert short[0] == 404


def test_tokens_and_their_scopes_are_the_same_on_both_ways(tmp_path, log):
    file = tmp_path / "tokens.json"
    tokens = {scope: create_token(file, scope, [scope]) for scope in ("events", "read")}
    known = {f"Bearer {token}" for token in tokens.values()}
    opening = {"Authorization": f"Bearer {tokens['events']}"}
    with served(tmp_path, tokens=file) as service:
        for way in "sf":
            service.open(f"{way}-m", headers=opening)
        statuses = set()
        for header in (*known, "", "Bearer", "Bearer x", "Basic YTpi", tokens["events"]):
            headers = {"Authorization": header}
            short, framework = answers(service, log, "m", TEXTS[0], headers)
            assert short == framework, header
            statuses.add(short[0])
    assert statuses == {200, 401, 403}


def test_a_limited_meeting_gets_the_same_answer_on_both_ways(tmp_path, log):
    with served(tmp_path, limits=ServiceLimits(meeting_rate=Rate(0.001, 3))) as service:
        for way in "sf":
            service.open(f"{way}-m")
        statuses = []
        for _ in range(5):
            short, framework = answers(service, log, "m", TEXTS[2])
            assert short == framework
            statuses.append(short[0])
    assert statuses == [200, 200, 200, 429, 429]


def test_both_ways_are_counted_the_same(open_service, log):
    answers(open_service, log, "m", TEXTS[0])
    answers(open_service, log, "m", TEXTS[8])
    metrics = samples(open_service)
    events = "fsm_events_total", (("refused", ""), ("trigger", "join"))
    labels = ("method", "POST"), ("route", "/v1/meetings/{meeting}/events")
    count = "fsm_http_request_duration_seconds_count"
    assert metrics[events] == 2
    assert metrics[count, (*labels, ("status", "200"))] == 2
    assert metrics[count, (*labels, ("status", "422"))] == 2
    assert metrics["fsm_http_problems_total", (("problem", "wrong-data"),)] == 2
