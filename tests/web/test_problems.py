"""Problem details: what is wrong, where, and what would be right."""

import pytest

from fsm.runtime import HubLimits, JournalError

from .serving import JOIN, PRO, logged, problem, served

EVENTS = "/v1/meetings/m-1/events"
SETTINGS = "/v1/resolution"
TRIGGERS = "join, leave, role, end, recorder_failed, start, pause, resume, stop"
PLATFORMS = "windows, macos, ios, android, linux, web, phone, room, other"
ACCOUNT = "edition, cloud_recording, local_recording, auto_record"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A service with a meeting that never gets an event."""
    with served(tmp_path_factory.mktemp("shared")) as service:
        service.open()
        service.put("/v1/accounts/acme", {"edition": "business"})
        yield service


def faults(answer):
    return {fault["pointer"]: fault["detail"] for fault in problem(answer, 422)["errors"]}


@pytest.mark.parametrize(
    ("path", "body", "pointer", "detail"),
    [
        (EVENTS, {"jion": {}}, "/jion", "unknown key 'jion' (did you mean 'join'?)"),
        (EVENTS, {**JOIN, "ide": "1"}, "/ide", "unknown key 'ide' (did you mean 'id'?)"),
        (EVENTS, {"leave": {}}, "/leave", "'id' is missing (required: id)"),
        (EVENTS, {"leave": {"id": 7}}, "/leave/id", "it must be text, not a whole number"),
        (EVENTS, {"leave": []}, "/leave", "it must be an object with id, not a list"),
        (EVENTS, {"role": {"id": "a", "role": "hst"}}, "/role/role",
         "unknown value 'hst' (did you mean 'host'?)"),
        (EVENTS, {"join": {**JOIN["join"], "platform": "iphone"}}, "/join/platform",
         "unknown value 'iphone' (did you mean 'ios'?)"),
        (EVENTS, {"join": {**JOIN["join"], "platform": "miniprogram"}}, "/join/platform",
         "unknown value 'miniprogram' (report it as 'other')"),
        (EVENTS, {"join": {**JOIN["join"], "platform": "toaster"}}, "/join/platform",
         (f"unknown value 'toaster' (one of: {PLATFORMS}; if it is none of these, "
          "report it as 'other')")),
        (EVENTS, {"join": {**JOIN["join"], "role": "owner"}}, "/join/role",
         "unknown value 'owner' (did you mean 'host'?)"),
        (EVENTS, {"unpause": {"by": "a"}}, "/unpause",
         "unknown key 'unpause' (did you mean 'resume'?)"),
        (SETTINGS, {"account": {"edition": "edu+"}}, "/account/edition",
         "unknown value 'edu+' (did you mean 'education_plus'?)"),
        (SETTINGS, {**PRO, "type": "unscheduled"}, "/type",
         "unknown value 'unscheduled' (did you mean 'quick'?)"),
        (EVENTS, {"start": {"by": "a", "kind": "tape"}}, "/start/kind",
         "unknown value 'tape' (one of: cloud, local)"),
        (EVENTS, {"start": {"by": "a", "kind": True}}, "/start/kind",
         "it must be one of: cloud, local; not true or false"),
        (EVENTS, {**JOIN, "end": {}}, "",
         f"exactly one key is required of: {TRIGGERS} (the data has 'join' and 'end')"),
        (EVENTS, {}, "",
         f"exactly one key is required of: {TRIGGERS} (the data has none of them)"),
        (EVENTS, {**JOIN, "id": ""}, "/id",
         ("an event's id must have 1 to 200 characters, not only blanks, and no control "
         "characters: ''")),
        (EVENTS, [], "",
         ("it must be an object with one of join, leave, role, end, recorder_failed, start, "
          "pause, resume, stop, not a list")),
        (SETTINGS, {}, "", "'account' is missing (required: account)"),
        (SETTINGS, {"account": 5}, "/account",
         f"it must be an object with {ACCOUNT}, not a whole number"),
        (SETTINGS, {"account": {"edition": "pro", "cloud_recording": "true"}},
         "/account/cloud_recording", "it must be true or false, not text"),
        (SETTINGS, {"account": {"edition": "pro", "local_recording": False}},
         "/account", "pro accounts have no console to set (R4)"),
        (SETTINGS, {**PRO, "type": "quick", "booking": {"auto_record": True}},
         "", "a quick meeting is not booked (D13)"),
        (SETTINGS, {**PRO, "type": "personal", "booking": {"auto_record": True}},
         "", "a personal meeting is not booked (D13)"),
        ("/v1/accounts/acme/changes", {"lock": {"by": {"role": "king"}}}, "/lock/by/role",
         "unknown value 'king' (one of: super_admin, admin, user)"),
        ("/v1/accounts/acme/changes", {"switch_off": {"by": {"role": "user"}}}, "/switch_off",
         "'kind' is missing (required: by, kind)"),
    ],
)  # fmt: skip
def test_an_invalid_body_is_refused_with_its_fault_and_place(shared, path, body, pointer, detail):
    assert faults(shared.post(path, body)) == {pointer: detail}
    assert shared.get("/v1/meetings/m-1").json()["seq"] == 0


def test_contradictory_settings_open_no_meeting(shared):
    body = {**PRO, "type": "quick", "booking": {"auto_record": True}}
    answer = shared.put("/v1/meetings/m-2", body)
    assert faults(answer) == {"": "a quick meeting is not booked (D13)"}
    problem(shared.get("/v1/meetings/m-2"), 404)


@pytest.mark.parametrize("name", ["id", "version"])
def test_overlong_ids_and_versions_are_refused(shared, name):
    event = {"join": {**JOIN["join"], name: "x" * 201}}
    [(pointer, detail)] = faults(shared.post(EVENTS, event)).items()
    assert pointer == f"/join/{name}"
    assert "200 characters" in detail


def test_only_the_first_unknown_keys_are_reported(shared):
    body = {f"x{number}": 1 for number in range(4_000)}
    assert list(faults(shared.post(EVENTS, body))) == [f"/x{number}" for number in range(10)]
    assert len(faults(shared.post(EVENTS, {"leave": {"id": "a", **body}}))) == 10


def test_all_faults_are_reported_at_once(shared):
    pointers = set(
        faults(shared.post(EVENTS, {"join": {"id": 7, "role": "hst", "x": 1}, "id": ""}))
    )
    assert pointers == {"/id", "/join", "/join/id", "/join/role", "/join/x"}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"NaN", b"[" * 20_000, b'"\\ud800"'])
def test_a_body_that_is_not_json_is_refused(shared, content):
    answer = shared.client.post(EVENTS, content=content)
    assert problem(answer, 400)["type"].rpartition(":")[2] in ("not-json", "no-body")


def test_a_body_that_is_too_large_is_refused(tmp_path):
    with served(tmp_path) as service:
        service.open()
        large = b" " * (64 * 1024 + 1)
        problem(service.client.post(EVENTS, content=large), 413)

        def parts():
            for _ in range(5):
                yield large[: 16 * 1024]

        problem(service.client.post(EVENTS, content=parts()), 413)
        assert service.get("/v1/meetings/m-1").json()["seq"] == 0


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/meetings?limit=0", "limit"),
        ("/v1/meetings?limit=1001", "limit"),
        ("/v1/meetings?limit=many", "limit"),
        ("/v1/meetings/m-1/events?after=-1", "after"),
        ("/v1/meetings/m-1/events?after=99999999999999999999", "after"),
    ],
)
def test_an_invalid_parameter_is_named(shared, path, name):
    details = problem(shared.get(path), 400)
    assert [fault["pointer"] for fault in details["errors"]] == [name]


def test_an_unknown_address_is_not_found(shared):
    assert problem(shared.get("/v2/nothing"), 404)["type"] == "about:blank"
    assert problem(shared.get("/v1/meetings/a/b/c"), 404)["instance"] == "/v1/meetings/a/b/c"


def test_an_unsupported_method_is_refused_with_the_allowed_methods(shared):
    answer = shared.client.delete("/v1/meetings")
    problem(answer, 405)
    assert "GET" in set(answer.headers["allow"].split(", "))


# -- errors of the hub ------------------------------------------------------------------


def test_a_meeting_beyond_the_limit_is_refused_for_now(tmp_path):
    with served(tmp_path, hub_limits=HubLimits(meetings=1)) as service:
        service.open("m-1")
        answer = service.put("/v1/meetings/m-2", PRO)
        assert problem(answer, 503)["type"].endswith(":busy")
        assert int(answer.headers["retry-after"]) >= 1
        problem(service.get("/v1/meetings/m-2"), 404)


def test_a_participant_beyond_the_limit_is_refused_for_now(tmp_path):
    with served(tmp_path, hub_limits=HubLimits(participants=1)) as service:
        service.open()
        service.send(JOIN)
        answer = service.post(EVENTS, {"join": {**JOIN["join"], "id": "bob"}})
        problem(answer, 503)
        assert "retry-after" in answer.headers
        assert service.get("/v1/meetings/m-1").json()["seq"] == 1


def test_a_request_to_a_full_queue_is_refused_for_now(tmp_path):
    with served(tmp_path, hub_limits=HubLimits(waiting=0)) as service:
        answer = service.put("/v1/meetings/m-1", PRO)
        problem(answer, 503)
        assert answer.headers["retry-after"] == "1"


class FailingDisk:
    """The journal of a hub, on a disk that a test can fill."""

    def __init__(self, hub):
        self.full = False
        self._commit = hub._threads.journal.commit
        self._probe = hub._threads.journal.probe
        hub._threads.journal.commit = self.commit
        hub._threads.journal.probe = self.probe

    def commit(self, batch):
        self._write()
        self._commit(batch)

    def probe(self):
        self._write()
        self._probe()

    def _write(self):
        if self.full:
            raise JournalError("/secret/place/meetings.db: cannot be written: disk is full")


def test_while_the_disk_is_full_events_are_refused_and_the_service_is_not_ready(service, log):
    service.open()
    disk = FailingDisk(service.service.runtime)
    disk.full = True
    answer = service.post(EVENTS, {**JOIN, "id": "e-1"})
    details = problem(answer, 503)
    assert details["type"].endswith(":journal")
    assert "retry-after" in answer.headers
    assert "/secret/place" not in answer.text
    assert problem(service.get("/ready"), 503)["type"].endswith(":not-ready")
    assert service.get("/health").status_code == 200
    assert "fsm_journal_failures_total 1.0" in service.get("/metrics").text
    assert "fsm_healthy 0.0" in service.get("/metrics").text
    assert any("/secret/place" in line.get("why", "") for line in logged(log))
    disk.full = False
    assert service.get("/v1/meetings/m-1").json()["seq"] == 0
    assert service.send({**JOIN, "id": "e-1"})["seq"] == 1
    assert service.get("/ready").status_code == 200


def test_a_closing_hub_asks_clients_to_retry(service):
    service.open()
    service.loop.call_soon_threadsafe(service.service.runtime._requests.close)
    answer = service.post(EVENTS, JOIN)
    assert problem(answer, 503)["type"].endswith(":closing")
    assert "retry-after" in answer.headers


def test_an_internal_error_is_logged_but_not_shown(service, log):
    def broken(*_):
        raise RuntimeError("the inside of the service")

    service.service.runtime.read = broken
    answer = service.get("/v1/meetings/m-1")
    details = problem(answer, 500)
    assert "inside" not in answer.text
    errors = [line for line in logged(log) if line["level"] == "error"]
    assert [line["request_id"] for line in errors] == [details["request_id"]]
    assert "the inside of the service" in errors[0]["exception"]
