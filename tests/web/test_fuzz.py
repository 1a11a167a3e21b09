"""Mutated requests to every route: no internal error, no traceback, always a response."""

import json
import random
import socket
from contextlib import suppress

import pytest

from .serving import JOIN, PRO, logged, served

ROUTES = [
    ("GET", "/health", None),
    ("GET", "/ready", None),
    ("GET", "/metrics", None),
    ("GET", "/openapi.json", None),
    ("GET", "/schema", None),
    ("GET", "/v1/meetings", None),
    ("PUT", "/v1/meetings/m-3", PRO),
    ("GET", "/v1/meetings/m-1", None),
    ("GET", "/v1/meetings/m-1/resolution", None),
    ("GET", "/v1/meetings/m-1/events?after=1&limit=3", None),
    ("GET", "/v1/meetings/m-0/stream", None),
    ("GET", "/v1/meetings/m-1/allowed/alice", None),
    ("POST", "/v1/meetings/m-1/events", JOIN),
    ("POST", "/v1/meetings/m-1/reconcile", None),
    ("POST", "/v1/reconcile", None),
    ("POST", "/v1/resolution", PRO),
    ("GET", "/", None),
    ("GET", "/page/app.js", None),
    ("POST", "/v1/simulation", {**PRO, "events": [JOIN, {"wait": 1}], "after": 1}),
    ("POST", "/v1/simulation/diagram", PRO),
    ("POST", "/v1/scenarios", {"text": "account: {edition: pro}"}),
    ("PUT", "/v1/accounts/acme", {"edition": "business", "auto_record": {"enabled": True}}),
    ("GET", "/v1/accounts/acme", None),
    ("POST", "/v1/accounts/acme/changes", {"lock": {"by": {"role": "user"}}}),
    ("POST", "/v1/webhooks/bbb", {"meeting": "m-1", **JOIN}),
]
ODD = [
    b"\x00", b"\xff", b"\xc3", b"%00", b"%", b"%ff", b"%2F", b"..", b"//", b"\\", b'"', b"{", b"[",
    b"}", b"]", b",", b":", b"\\ud800", b"\\udc00\\ud800", b"\\u0000", b"1e999", b"-0", b"NaN",
    b"null", b"true", b"9" * 400, b"[" * 900, b'{"a":' * 300, "\U0001f600".encode(),
    "\u202e".encode(), b"\r", b"\n", b"\t", b" ", b"?", b"#", b"&", b"=", b";", b"",
]  # fmt: skip
HEADERS = [
    b"Idempotency-Key", b"Last-Event-ID", b"Authorization", b"X-Request-ID", b"Content-Type",
    b"webhook-id", b"webhook-timestamp", b"webhook-signature", b"Accept", b"Expect", b"Origin",
    b"Content-Encoding", b"Cookie", b"Host", b"Upgrade",
]  # fmt: skip
STATUSES = {200, 202, 204, 400, 401, 403, 404, 405, 409, 413, 422, 429, 503}


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    with served(tmp_path_factory.mktemp("fuzzed")) as service:
        service.open()
        service.open("m-0")
        service.send({"end": {}}, "m-0")
        yield service


def mutated(chance, content):
    """Returns a content with odd bytes inserted, removed or replaced."""
    content = bytearray(content)
    for _ in range(chance.randint(0, 3)):
        at = chance.randint(0, len(content))
        match chance.randrange(4):
            case 0:
                content[at:at] = chance.choice(ODD)
            case 1:
                del content[at : at + chance.randint(1, 5)]
            case 2:
                content[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                content[at:at] = chance.randbytes(chance.randint(1, 4))
    return bytes(content)


def exchanged(service, request):
    host, port = service.url.removeprefix("http://").split(":")
    response = b""
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        # The service may close the connection before the whole request is sent.
        with suppress(ConnectionError):
            connection.sendall(request)
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                response += part
    return response


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_mutated_requests_are_answered(fuzzed, log, method, path, body):
    chance = random.Random(f"{method} {path}")
    answered = 0
    for _ in range(60):
        content = mutated(chance, json.dumps(body).encode() if body is not None else b"")
        address = path.encode()
        if chance.random() < 0.4:
            address = b"/" + mutated(chance, address[1:])
            for odd in (b" ", b"\r", b"\n"):
                address = address.replace(odd, b"")
        lines = [b"%s %s HTTP/1.1" % (method.encode(), address), b"Connection: close"]
        names = [b"Host", *chance.sample(HEADERS, chance.randint(0, 2))]
        for name in dict.fromkeys(names):
            value = b"localhost" if name == b"Host" and chance.random() < 0.9 else b""
            value = value or mutated(chance, b"v1,abc")
            lines.append(name + b": " + value.replace(b"\r", b"").replace(b"\n", b""))
        lines.append(b"Content-Length: %d" % len(content))
        request = b"\r\n".join(lines) + b"\r\n\r\n" + content
        response = exchanged(fuzzed, request)
        if not response:
            continue
        head, _, rest = response.partition(b"\r\n\r\n")
        assert int(head.split(b" ")[1]) in STATUSES, (request, response)
        assert b"Traceback" not in rest
        answered += 1
    assert answered > 40
    assert [line for line in logged(log) if line["level"] in ("error", "critical")] == []
    assert fuzzed.get("/ready").status_code == 200


def test_random_bytes_leave_the_service_running(fuzzed, log):
    chance = random.Random(1)
    for _ in range(100):
        response = exchanged(fuzzed, chance.randbytes(chance.randint(1, 200)) + b"\r\n\r\n")
        assert b"Traceback" not in response
        assert not response or response.startswith(b"HTTP/1.1 4"), response
    assert [line for line in logged(log) if line["level"] == "error"] == []
    assert fuzzed.get("/health").status_code == 200
