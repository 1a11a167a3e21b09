"""Many events in one request."""

import json

import pytest

from fsm.web.rate_limit import Rate
from fsm.web.service import ServiceLimits
from fsm.web.token_file import create_token

from .serving import JOIN, logged, problem, served, until
from .test_metrics import samples
from .test_problems import FailingDisk

PAUSE = {"pause": {"by": "alice"}}
EVENTS = "/v1/events"
LINES = {"Content-Type": "application/x-ndjson"}


def of(meeting, event, **more):
    return {"meeting": meeting, **event, **more}


def sent(service, items, **more):
    answer = service.post(EVENTS, items, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def types(answers):
    """The problem types of answers; the states of those that are none."""
    return [
        each["type"].rpartition(":")[2] if "type" in each else each["state"] for each in answers
    ]


@pytest.fixture
def two(service):
    service.open("a")
    service.open("b")
    return service


def test_each_event_has_the_answer_of_a_request_of_its_own_in_its_place(two):
    items = [of("a", JOIN, id="e-1"), of("b", JOIN), of("a", PAUSE), of("b", PAUSE), of("a", PAUSE)]
    answers = sent(two, items)
    assert types(answers) == ["recording", "recording", "paused", "paused", "paused"]
    assert [each["refused"] for each in answers] == [None, None, None, None, "wrong_state"]
    assert two.send({**JOIN, "id": "e-1"}, "a") == answers[0]
    for meeting in "ab":
        entries = two.get(f"/v1/meetings/{meeting}/events").json()["entries"]
        assert entries == [each for each in answers if each["meeting"] == meeting]


# What is refused of an item is refused in the same words as in a request of its own.
BAD = [
    {}, {"jion": {}}, {"leave": {}}, {"leave": {"id": 7}}, {**PAUSE, "end": {}},
    {**PAUSE, "id": ""}, {**PAUSE, "id": "webhook/a/1"}, {"time_up": {"timer": "grace", "set": 1}},
    {"join": {**JOIN["join"], "id": "x" * 201}}, {"pause": {"by": "\n"}}, {**JOIN, "ide": "1"},
    {"join": {**JOIN["join"], "version": "1" * 201}},
]  # fmt: skip


def without_hints(details):
    """Problem details without their hints: the keys of an item are not those of a request."""
    faults = [each | {"detail": each["detail"].partition(" (")[0]} for each in details["errors"]]
    return details | {"errors": faults, "detail": "", "instance": "", "request_id": ""}


def test_an_item_is_refused_as_a_request_of_its_own_and_hurts_no_other(two):
    for number, bad in enumerate(BAD):
        single = problem(two.post("/v1/meetings/a/events", bad), 422)
        for fault in single["errors"]:
            fault["pointer"] = f"/1{fault['pointer']}"
        answers = sent(two, [of("b", JOIN), of("a", bad), of("b", PAUSE)])
        assert without_hints(answers[1]) == without_hints(single)
        assert answers[1]["instance"] == f"{EVENTS}#/1"
        assert [answers[0]["seq"], answers[2]["seq"]] == [2 * number + 1, 2 * number + 2]


def test_items_may_fail_for_any_reason(two):
    two.send({**JOIN, "id": "e-1"}, "a")
    items = [
        of("none", JOIN), of("a", {"end": {}}, id="e-1"), {"meeting": 7, **JOIN}, JOIN, 7, None,
        of("x" * 5000, JOIN), of("a", PAUSE),
    ]  # fmt: skip
    answers = sent(two, items)
    assert types(answers) == [
        "unknown-meeting", "conflict", "wrong-data", "wrong-data", "wrong-data", "wrong-data",
        "unknown-meeting", "paused",
    ]  # fmt: skip
    assert [each["instance"] for each in answers[:-1]] == [f"{EVENTS}#/{n}" for n in range(7)]
    assert answers[2]["errors"][0]["pointer"] == "/2/meeting"


def test_a_key_that_is_given_twice_is_the_fault_of_its_item(two):
    twice = '{"meeting": "a", "end": {}, "end": {}}'
    answers = two.client.post(EVENTS, content=f"[{json.dumps(of('a', JOIN))}, {twice}]").json()
    assert types(answers) == ["recording", "wrong-data"]
    assert answers[1]["errors"] == [
        {"pointer": "/1/end", "detail": "the key 'end' is given twice (give it once)"}
    ]


def test_lines_are_items_as_well(two):
    lines = [json.dumps(of("a", JOIN)), "", '{"meeting":', "  \r", json.dumps(of("a", PAUSE))]
    for line_end in ("", "\n"):
        text = "\n".join(lines) + line_end
        answers = two.client.post(EVENTS, content=text, headers=LINES).json()
        assert [each.get("state") for each in answers] in (
            ["recording", None, "paused"], ["paused", None, "paused"]
        )  # fmt: skip
        assert types(answers)[1] == "not-json"
        assert answers[1]["instance"] == f"{EVENTS}#/1"
    media_type = {"Content-Type": "Application/X-NDJSON; charset=utf-8"}
    answers = two.client.post(EVENTS, content=lines[0] + "\n" + lines[4], headers=media_type).json()
    assert [each["refused"] for each in answers] == ["already_present", "wrong_state"]


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"", 400, "no-body"), (b"{", 400, "not-json"), (b"[", 400, "not-json"),
        (b"[1,]", 400, "not-json"), (b"[] []", 400, "not-json"), (b"\xff", 400, "not-json"),
        (b"[" * 100_000, 400, "not-json"), (b"NaN", 400, "not-json"), (b"x" * 2**21, 413, None),
        (b"{}", 422, "wrong-data"), (b"null", 422, "wrong-data"), (b'"[]"', 422, "wrong-data"),
        (b"[" + b"{}," * 1_000 + b"{}]", 422, "wrong-data"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_list_is_one_problem(two, body, status, name):
    details = problem(two.client.post(EVENTS, content=body), status)
    assert details["type"] == (f"urn:meeting-fsm:problem:{name}" if name else "about:blank")


def test_the_largest_number_of_events_fits(two):
    id_ = "x" * 190
    answers = sent(two, [of("a", JOIN, id=f"{id_}{number}") for number in range(1000)])
    assert [each["seq"] for each in answers] == list(range(1, 1001))
    assert sent(two, []) == []


def test_each_event_counts_against_the_limit_of_its_meeting_and_none_overtakes(tmp_path):
    with served(tmp_path, limits=ServiceLimits(meeting_rate=Rate(0.001, 3))) as service:
        service.open("a")
        service.open("b")
        items = [of(meeting, JOIN) for meeting in "aaabaab"]
        assert types(answers := sent(service, items)) == ["recording"] * 4 + ["rate"] * 2 + [
            "recording"
        ]
        assert answers[4]["retry_after"] >= 1
        assert answers[4]["detail"].startswith("this meeting exceeds its rate limit")


def test_each_event_counts_against_the_limit_of_its_caller(tmp_path):
    file = tmp_path / "tokens.json"
    headers = {"Authorization": f"Bearer {create_token(file, 'server', ['events'])}"}
    limits = ServiceLimits(caller_rate=Rate(0.001, 6))
    with served(tmp_path, tokens=file, limits=limits, headers=headers) as service:
        service.open("a")  # one
        assert types(sent(service, [of("a", JOIN)] * 4)) == ["recording"] * 4  # four more
        assert types(sent(service, [of("a", JOIN)] * 3)) == ["recording", "rate", "rate"]
        details = problem(service.post(EVENTS, [of("a", JOIN)]), 429)
        assert details["detail"].startswith("this token exceeds its rate limit")


def test_a_token_needs_the_scope_of_events(tmp_path):
    file = tmp_path / "tokens.json"
    token = create_token(file, "reader", ["read", "console"])
    with served(tmp_path, tokens=file) as service:
        problem(service.post(EVENTS, []), 401)
        problem(service.post(EVENTS, [], headers={"Authorization": f"Bearer {token}"}), 403)


def test_events_and_problems_are_counted_and_logged(two, log):
    answer = two.post(EVENTS, [of("a", JOIN), of("b", PAUSE), of("none", JOIN), 7, 8])
    metrics = samples(two)
    assert metrics["fsm_events_total", (("refused", ""), ("trigger", "join"))] == 1
    assert metrics["fsm_events_total", (("refused", "not_present"), ("trigger", "pause"))] == 1
    assert metrics["fsm_http_problems_total", (("problem", "wrong-data"),)] == 2
    assert metrics["fsm_http_problems_total", (("problem", "unknown-meeting"),)] == 1
    labels = (("method", "POST"), ("route", EVENTS), ("status", "200"))
    assert metrics["fsm_http_request_duration_seconds_count", labels] == 1
    request = answer.headers["x-request-id"]
    until(lambda: [line for line in logged(log) if line.get("request_id") == request])
    [line] = [line for line in logged(log) if line.get("request_id") == request]
    assert (line["events"], line["failed"], line["route"]) == (5, 3, EVENTS)
    assert {each["request_id"] for each in answer.json()[2:]} == {request}


def test_while_the_disk_is_full_each_event_says_so_and_the_log_once(two, log):
    disk = FailingDisk(two.service.runtime)
    disk.full = True
    answer = two.post(EVENTS, [of("a", JOIN, id="e-1"), of("none", JOIN), of("b", JOIN)])
    assert types(answer.json()) == ["journal", "unknown-meeting", "journal"]
    assert answer.json()[0]["retry_after"] == 5
    assert "/secret/place" not in answer.text
    assert len([line for line in logged(log) if "/secret/place" in line.get("why", "")]) == 1
    assert samples(two)["fsm_journal_failures_total", ()] == 2
    disk.full = False
    assert types(sent(two, [of("a", JOIN, id="e-1"), of("b", JOIN)])) == ["recording"] * 2


def test_an_unexpected_error_of_one_event_is_not_shown(two, log):
    operations = two.service.runtime._meetings.operations
    handle = operations.handle

    def broken(batch, live, *rest):
        if live.id == "a":
            raise ZeroDivisionError("secret")
        return handle(batch, live, *rest)

    operations.handle = broken
    answer = two.post(EVENTS, [of("a", JOIN), of("b", JOIN)])
    assert types(answer.json()) == ["internal", "recording"]
    assert "secret" not in answer.text
    assert any("secret" in str(line) for line in logged(log))
