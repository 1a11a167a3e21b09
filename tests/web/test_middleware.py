"""Middleware: body deadline, request ids, unhandled errors."""

import asyncio
import json
import socket
import time
from contextlib import contextmanager

import httpx
import pytest

from fsm.runtime import Hub
from fsm.web.app import add_middleware, create_app
from fsm.web.service import Service, ServiceLimits, Settings

from .serving import JOIN, logged, problem, served, until

EVENT = json.dumps(JOIN).encode()
HEADERS = b"POST /v1/meetings/m-1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
WHOLE = b"Content-Length: %d\r\n\r\n" % len(EVENT)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def hurried(tmp_path):
    """A service with a short deadline for bodies."""
    with served(tmp_path, limits=ServiceLimits(body_timeout=0.8)) as running:
        running.open()
        yield running


@contextmanager
def connected(service):
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        yield connection


def everything(connection):
    return b"".join(iter(lambda: connection.recv(65536), b""))


def requests_in(log):
    return [line for line in logged(log) if line["event"] == "request"]


@pytest.mark.parametrize(
    "sent",
    [WHOLE, WHOLE + EVENT[:-1], CHUNKED, CHUNKED + b"%x\r\n%s\r\n" % (len(EVENT), EVENT)],
    ids=["nothing", "not all", "no chunk", "no end"],
)
def test_a_late_body_is_refused_and_the_connection_closed(hurried, sent):
    with connected(hurried) as slow:
        slow.sendall(HEADERS + sent)
        head, _, body = everything(slow).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert head.lower().count(b"connection: close") == 1
    details = json.loads(body)
    assert details["type"] == "urn:meeting-fsm:problem:slow-body"
    assert "longer than 0.8 s; nothing was stored" in details["detail"]
    assert hurried.get("/v1/meetings/m-1").json()["seq"] == 0


def test_a_body_in_many_pieces_is_accepted(service):
    service.open()
    with connected(service) as slow:
        slow.sendall(HEADERS + b"Connection: close\r\n" + WHOLE)
        for letter in EVENT:
            slow.sendall(bytes([letter]))
        assert everything(slow).startswith(b"HTTP/1.1 200 ")
    assert service.get("/v1/meetings/m-1").json()["seq"] == 1


@pytest.mark.parametrize("sent", [b"", EVENT[:-1]], ids=["before", "in the middle"])
def test_an_early_disconnect_is_no_server_error(service, log, sent):
    service.open()
    with connected(service) as hasty:
        hasty.sendall(HEADERS + WHOLE + sent)
        assert service.get("/health").status_code == 200
    until(lambda: any(entry["method"] == "POST" for entry in requests_in(log)))
    [line] = [entry for entry in requests_in(log) if entry["method"] == "POST"]
    assert line["problem"] == "cut-off"
    assert line["status"] < 500
    assert not [entry for entry in logged(log) if entry["level"] == "error"]
    assert service.get("/v1/meetings/m-1").json()["seq"] == 0


@pytest.mark.parametrize("announced", [b"", b"Content-Length: 5\r\n"], ids=["no body", "a body"])
def test_a_live_stream_outlasts_the_deadline_of_its_body(hurried, log, announced):
    with connected(hurried) as stream:
        stream.sendall(
            b"GET /v1/meetings/m-1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n" + announced + b"\r\n"
        )
        until(lambda: hurried.service.streams == 1)
        time.sleep(1.6)
        hurried.send({"join": {"id": "alice", "role": "host", "platform": "windows"}})
        came = b""
        while b"alice" not in came:
            more = stream.recv(65536)
            assert more, came
            came += more
    until(lambda: hurried.service.streams == 0)
    assert not [entry for entry in logged(log) if entry["level"] == "error"]


def test_a_valid_request_id_of_the_client_is_used(service):
    answer = service.get("/health", headers={"X-Request-ID": "my-request-1"})
    assert answer.headers["x-request-id"] == "my-request-1"
    answer = service.get("/health", headers={"X-Request-ID": 'x","admin":"1'})
    assert "admin" not in answer.headers["x-request-id"]


def test_an_error_outside_the_handlers_is_reported_as_a_problem(tmp_path, log):
    async def ask():
        async with Hub(tmp_path / "meetings.db") as hub:

            async def broken(scope, receive, send):
                raise RuntimeError("the inside of the service")

            service = Service(hub, Settings(tmp_path / "meetings.db"))
            transport = httpx.ASGITransport(app=add_middleware(broken, service))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                return await client.get("/health"), service.metrics.text().decode()

    answer, metrics = asyncio.run(ask())
    problem(answer, 500)
    assert 'fsm_http_problems_total{problem="internal"} 1.0' in metrics
    assert "inside" not in answer.text
    assert "the inside of the service" in log.getvalue()


def test_the_application_starts_and_stops_with_any_server(tmp_path):
    received = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = []

    async def receive():
        return received.pop(0)

    async def send(message):
        sent.append(message["type"])

    async def live():
        async with Hub(tmp_path / "meetings.db") as hub:
            application = create_app(Service(hub, Settings(tmp_path / "meetings.db")))
            await application({"type": "lifespan", "asgi": {}, "state": {}}, receive, send)

    asyncio.run(live())
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
