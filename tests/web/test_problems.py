"""What cannot be answered is a problem that says what is wrong, where, and what would be right."""

import asyncio

import httpx
import pytest

from fsm.runtime import Hub, HubLimits, JournalError
from fsm.web.app import create_app
from fsm.web.service import Service
from fsm.web.settings import Settings

from .serving import JOIN, PRO, logged, problem, served

EVENTS = "/v1/meetings/m-1/events"
TRIGGERS = "join, leave, role, end, recorder_failed, start, pause, resume, stop"
ACCOUNT = "edition, cloud_recording, local_recording, auto_record"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A service in whose meeting nothing ever happens."""
    with served(tmp_path_factory.mktemp("shared")) as service:
        service.open()
        service.put("/v1/accounts/acme", {"edition": "business"})
        yield service


def faults(answer):
    return {each["pointer"]: each["detail"] for each in problem(answer, 422)["errors"]}


@pytest.mark.parametrize(
    ("path", "body", "pointer", "detail"),
    [
        (EVENTS, {"jion": {}}, "/jion", "there is no 'jion' (did you mean 'join'?)"),
        (EVENTS, {**JOIN, "ide": "1"}, "/ide", "there is no 'ide' (did you mean 'id'?)"),
        (EVENTS, {"leave": {}}, "/leave", "'id' is missing (it needs: id)"),
        (EVENTS, {"leave": {"id": 7}}, "/leave/id", "it must be text, not a whole number"),
        (EVENTS, {"leave": []}, "/leave", "it must be an object with id, not a list"),
        (EVENTS, {"role": {"id": "a", "role": "hst"}}, "/role/role",
         "it cannot be 'hst' (did you mean 'host'?)"),
        (EVENTS, {"start": {"by": "a", "kind": "tape"}}, "/start/kind",
         "it cannot be 'tape' (one of: cloud, local)"),
        (EVENTS, {"start": {"by": "a", "kind": True}}, "/start/kind",
         "it must be one of: cloud, local; not true or false"),
        (EVENTS, {**JOIN, "end": {}}, "",
         f"exactly one is wanted, here is 'join' and 'end' (one of: {TRIGGERS})"),
        (EVENTS, {}, "",
         f"exactly one is wanted, here is none (one of: {TRIGGERS})"),
        (EVENTS, {**JOIN, "id": ""}, "/id",
         "an event's id must be 1 to 200 printable letters: ''"),
        (EVENTS, [], "",
         ("it must be an object with one of join, leave, role, end, recorder_failed, start, "
          "pause, resume, stop, not a list")),
        ("/v1/meetings", {"id": "a/b", "account": "x"}, "/id",
         "a meeting's id must be one part of an address: no '/', no '.' alone"),
        ("/v1/meetings", {"id": "m-1"}, "", "'account' is missing (it needs: id, account)"),
        ("/v1/meetings", {"id": "m-1", "account": 5}, "/account",
         f"it must be an object with {ACCOUNT}, not a whole number"),
        ("/v1/meetings", {"id": "m-1", "account": {"edition": "pro", "cloud_recording": "true"}},
         "/account/cloud_recording", "it must be true or false, not text"),
        ("/v1/meetings", {"id": "m-1", "account": {"edition": "pro", "local_recording": False}},
         "/account", "pro accounts have no console to set (R4)"),
        ("/v1/meetings", {"id": "m-1", **PRO, "type": "quick", "booking": {"auto_record": True}},
         "", "a quick meeting is not booked (D13)"),
        ("/v1/resolution", {**PRO, "type": "personal", "booking": {"auto_record": True}},
         "", "a personal meeting is not booked (D13)"),
        ("/v1/accounts/acme/changes", {"lock": {"by": {"role": "king"}}}, "/lock/by/role",
         "it cannot be 'king' (one of: super_admin, admin, user)"),
        ("/v1/accounts/acme/changes", {"switch_off": {"by": {"role": "user"}}}, "/switch_off",
         "'kind' is missing (it needs: by, kind)"),
    ],
)  # fmt: skip
def test_a_wrong_body_is_told_what_is_wrong_and_where(shared, path, body, pointer, detail):
    assert faults(shared.post(path, body)) == {pointer: detail}
    assert shared.get("/v1/meetings/m-1").json()["seq"] == 0


@pytest.mark.parametrize("name", ["id", "version"])
def test_what_names_somebody_has_an_end(shared, name):
    event = {"join": {**JOIN["join"], name: "x" * 201}}
    found = faults(shared.post(EVENTS, event))
    assert found == {f"/join/{name}": "it must have at most 200 letters"}


def test_of_many_unknown_names_the_first_are_told(shared):
    body = {f"x{number}": 1 for number in range(4_000)}
    assert list(faults(shared.post(EVENTS, body))) == [f"/x{number}" for number in range(10)]
    assert len(faults(shared.post(EVENTS, {"leave": {"id": "a", **body}}))) == 10


def test_everything_that_is_wrong_is_told_at_once(shared):
    found = faults(shared.post(EVENTS, {"join": {"id": 7, "role": "hst", "x": 1}, "id": ""}))
    assert set(found) == {"/id", "/join", "/join/id", "/join/role", "/join/x"}


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
def test_a_wrong_parameter_is_named(shared, path, name):
    found = problem(shared.get(path), 400)
    assert [each["pointer"] for each in found["errors"]] == [name]


def test_an_unknown_address_is_not_found(shared):
    assert problem(shared.get("/v2/nothing"), 404)["type"] == "about:blank"
    assert problem(shared.get("/v1/meetings/a/b/c"), 404)["instance"] == "/v1/meetings/a/b/c"


def test_an_unknown_method_is_refused_and_the_known_ones_are_named(shared):
    answer = shared.client.delete("/v1/meetings")
    problem(answer, 405)
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


def test_a_request_id_is_given_back_if_it_is_harmless(service):
    answer = service.get("/health", headers={"X-Request-ID": "my-request-1"})
    assert answer.headers["x-request-id"] == "my-request-1"
    answer = service.get("/health", headers={"X-Request-ID": 'x","admin":"1'})
    assert "admin" not in answer.headers["x-request-id"]


# -- when the hub cannot ------------------------------------------------------------------


def test_too_many_meetings_are_refused_for_now(tmp_path):
    with served(tmp_path, hub=HubLimits(meetings=1)) as service:
        service.open("m-1")
        answer = service.post("/v1/meetings", {"id": "m-2", **PRO})
        assert problem(answer, 503)["type"].endswith(":busy")
        assert int(answer.headers["retry-after"]) >= 1
        problem(service.get("/v1/meetings/m-2"), 404)


def test_too_many_participants_are_refused_for_now(tmp_path):
    with served(tmp_path, hub=HubLimits(participants=1)) as service:
        service.open()
        service.send(JOIN)
        answer = service.post(EVENTS, {"join": {**JOIN["join"], "id": "bob"}})
        problem(answer, 503)
        assert "retry-after" in answer.headers
        assert service.get("/v1/meetings/m-1").json()["seq"] == 1


def test_a_queue_that_is_full_is_refused_for_now(tmp_path):
    with served(tmp_path, hub=HubLimits(waiting=0)) as service:
        answer = service.post("/v1/meetings", {"id": "m-1", **PRO})
        problem(answer, 503)
        assert answer.headers["retry-after"] == "1"


class FailingDisk:
    """The real journal of a hub, whose disk is full when a test says so."""

    def __init__(self, hub):
        self.full = False
        self._commit = hub._journal.commit
        self._probe = hub._journal.probe
        hub._journal.commit = self.commit
        hub._journal.probe = self.probe

    def commit(self, batch):
        self._write()
        self._commit(batch)

    def probe(self):
        self._write()
        self._probe()

    def _write(self):
        if self.full:
            raise JournalError("/secret/place/meetings.db: cannot be written: disk is full")


def test_what_cannot_be_written_is_refused_and_the_service_says_that_it_is_unwell(service, log):
    service.open()
    disk = FailingDisk(service.service.hub)
    disk.full = True
    answer = service.post(EVENTS, {**JOIN, "id": "e-1"})
    found = problem(answer, 503)
    assert found["type"].endswith(":journal")
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


def test_a_hub_that_is_closing_asks_to_come_back(service):
    service.open()
    service.loop.call_soon_threadsafe(service.service.hub._requests.close)
    answer = service.post(EVENTS, JOIN)
    assert problem(answer, 503)["type"].endswith(":closing")
    assert "retry-after" in answer.headers


def test_a_fault_is_told_without_a_word_of_it_and_logged(service, log):
    def broken(*_):
        raise RuntimeError("the inside of the service")

    service.service.hub.read = broken
    answer = service.get("/v1/meetings/m-1")
    found = problem(answer, 500)
    assert "inside" not in answer.text
    told = [line for line in logged(log) if line["level"] == "error"]
    assert [line["request_id"] for line in told] == [found["request_id"]]
    assert "the inside of the service" in told[0]["exception"]


def test_a_fault_outside_of_the_handlers_is_told_the_same_way(tmp_path, log):
    async def ask():
        async with Hub(tmp_path / "meetings.db") as hub:
            door = create_app(Service(hub, Settings(tmp_path / "meetings.db")))

            async def broken(scope, receive, send):
                raise RuntimeError("the inside of the service")

            door.app = broken
            transport = httpx.ASGITransport(app=door)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                return await client.get("/health")

    answer = asyncio.run(ask())
    problem(answer, 500)
    assert "inside" not in answer.text
    assert "the inside of the service" in log.getvalue()
