"""The id that comes out of an address is the one that went in."""

import json
from urllib.parse import quote

import pytest

from .serving import JOIN, PRO, problem, served
from .test_fuzz import exchanged

IDS = ["room/7", "/x1", "x2/", "//", ".", "..", "a b", " a", "%", "a%2Fb", "a+b", "a;b", "a?b#c",
       "réunion", "会议", "\U0001f469\u200d\U0001f467", "a\u00a0b", "events", "v1/meetings/m-1",
       "\\", "'", '"', "x" * 200]  # fmt: skip
MEMBER = {"join": {"id": "a member", "role": "member", "platform": "ios"}}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A service of several tests, with the meeting `m-1`."""
    with served(tmp_path_factory.mktemp("shared")) as running:
        running.open()
        yield running


def meetings_of(service):
    return [each["id"] for each in service.get("/v1/meetings").json()["meetings"]]


def segment(id_):
    return quote(id_, safe="").replace(".", "%2E")


def raw(service, method, path, body=None):
    """Sends a request with exactly this path; returns the status and the data of the response."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    response = exchanged(
        service, head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content
    )
    status, _, data = response.partition(b"\r\n\r\n")
    return int(status.split()[1]), json.loads(data)


@pytest.mark.parametrize("id_", IDS)
def test_every_id_can_be_addressed(shared, id_):
    path, others = f"/v1/meetings/{segment(id_)}", meetings_of(shared)
    assert raw(shared, "PUT", path, PRO)[1]["id"] == id_
    join = {"join": {**JOIN["join"], "id": id_}}
    status, entry = raw(shared, "POST", f"{path}/events", join)
    assert (status, entry["meeting"], entry["event"]) == (200, id_, join)
    chunked = shared.client.post(f"{path}/events", content=iter([b'{"pause": {"by": "x"}}']))
    assert chunked.json()["meeting"] == id_
    assert raw(shared, "GET", path)[1]["present"][id_]["role"] == "host"
    assert raw(shared, "GET", f"{path}/events")[1]["entries"][0] == entry
    assert raw(shared, "GET", f"{path}/resolution")[0] == 200
    raw(shared, "POST", f"{path}/events", MEMBER)
    allowed = raw(shared, "GET", f"{path}/allowed/{segment(id_)}")[1]
    assert allowed["pause"]["event"] == {"pause": {"by": id_}}
    assert allowed["pause"]["allowed"] is True
    assert raw(shared, "POST", f"{path}/reconcile")[1] == {"meetings": 1}
    assert meetings_of(shared) == sorted([*others, id_])


@pytest.mark.parametrize("id_", IDS)
def test_every_account_can_be_addressed(shared, id_):
    path = f"/v1/accounts/{segment(id_)}"
    assert raw(shared, "PUT", path, {"edition": "business"})[1]["id"] == id_
    assert raw(shared, "GET", path)[1]["id"] == id_
    change = {"lock": {"by": {"role": "super_admin"}}}
    assert raw(shared, "POST", f"{path}/changes", change)[1]["status"] == "off"
    meeting = f"/v1/meetings/of-account-{IDS.index(id_)}"
    assert raw(shared, "PUT", meeting, {"account": id_})[0] == 200


@pytest.mark.parametrize(
    "path",
    ["/v1/meetings/%2Fx1/events", "/v1/meetings/x1%2F/events", "/v1/meetings/x1%20/events",
     "/v1/meetings/X1/events", "/v1/meetings/%78%31%00/events"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["short", "framework"])
def test_an_event_reaches_no_meeting_of_a_similar_id(service, path, way):
    service.open("x1")
    body = b'{"end": {}}'
    answer = service.client.post(path, content=body if way == "short" else iter([body]))
    problem(answer, 404)
    assert service.get("/v1/meetings/x1").json()["ended"] is False


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/v1/meetings/r%E9union", "not percent-encoded UTF-8"),
        ("/v1/meetings/%ED%A0%80", "not percent-encoded UTF-8"),
        ("/v1/meetings/100%", "not percent-encoded UTF-8"),
        ("/v1/meetings/%zz", "not percent-encoded UTF-8"),
        ("/v1/meetings/m-1/allowed/%FF", "not percent-encoded UTF-8"),
        ("/v1/meetings?after=r%E9union", "not percent-encoded UTF-8"),
        ("/v1/accounts/%C3", "not percent-encoded UTF-8"),
        ("/v1/meetings//events", "is empty"),
        ("/v1/meetings/", "is empty"),
        ("/v1//meetings", "is empty"),
        ("/v1/meetings/m-1/allowed/", "is empty"),
        ("/v1/meetings/m-1//", "is empty"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_an_address_that_is_not_exact_is_refused(shared, method, path, why):
    before = meetings_of(shared)
    status, details = raw(shared, method, path, PRO)
    assert (status, details["type"]) == (400, "urn:meeting-fsm:problem:wrong-address")
    assert why in details["detail"]
    assert meetings_of(shared) == before


@pytest.mark.parametrize("id_", ["%20", "%20%20", "%09", "%E3%80%80", "%C2%A0", "%00", "%7F"])
def test_a_blank_id_or_one_with_control_characters_is_refused(shared, id_):
    for path, body in (("/v1/meetings", PRO), ("/v1/accounts", {"edition": "pro"})):
        status, details = raw(shared, "PUT", f"{path}/{id_}", body)
        assert (status, details["type"]) == (422, "urn:meeting-fsm:problem:wrong-data")
        assert "not only blanks, and no control characters" in details["detail"]


@pytest.mark.parametrize("id_", ["", " ", "\u3000", "\n", "a\x07", "\u202e"])
@pytest.mark.parametrize("event", ["join", "leave", "pause", "end", "event"])
def test_a_participant_or_an_event_has_no_such_id_either(shared, event, id_):
    body = {
        "join": {"join": {**JOIN["join"], "id": id_}},
        "leave": {"leave": {"id": id_}},
        "pause": {"pause": {"by": id_}},
        "end": {"end": {"by": id_}},
        "event": {"end": {}, "id": id_},
    }[event]
    answer = shared.post("/v1/meetings/m-1/events", body)
    [fault] = problem(answer, 422)["errors"]
    name = "by" if event in ("pause", "end") else "id"
    assert fault["pointer"] == (f"/{event}/{name}" if event != "event" else "/id")
    assert "must have 1 to 200 characters, not only blanks" in fault["detail"]


def test_the_log_and_a_problem_show_the_address_as_it_was_sent(service, log):
    status, details = raw(service, "GET", "/v1/meetings/room%2F7%C3%A9")
    assert (status, details["instance"]) == (404, "/v1/meetings/room%2F7%C3%A9")
    assert '"meeting":"room/7é"' in log.getvalue().replace(": ", ":").replace("\\u00e9", "é")
