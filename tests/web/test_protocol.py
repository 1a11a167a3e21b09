"""The protocol of the server limits what it collects in memory."""

import socket

import pytest

from fsm.web.protocol import MAX_INCOMPLETE

START = b"POST /v1/meetings/m-1/events HTTP/1.1\r\nHost: localhost\r\n"


def flood(service, start, part):
    """Sends an endless request, and returns the response and the number of bytes sent."""
    host, port = service.url.removeprefix("http://").split(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(start)
        try:
            while sent < 100 * MAX_INCOMPLETE:
                connection.sendall(part)
                sent += len(part)
            response = connection.recv(65536)
        except ConnectionError:
            response = b""
    return response, sent


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (START, b"A: %s\r\n" % (b"x" * 1000)),
        (START + b"A: ", b"x" * 1000),
        (START + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: %s\r\n" % (b"x" * 1000)),
    ],
    ids=["many headers", "a long header", "trailers"],
)
def test_endless_headers_are_refused(service, start, part):
    service.open()
    response, sent = flood(service, start, part)
    assert response == b"" or response.startswith(b"HTTP/1.1 400 ")
    assert sent < 100 * MAX_INCOMPLETE
    assert service.get("/v1/meetings/m-1").json()["seq"] == 0


def test_many_requests_on_one_connection_have_no_limit_together(service):
    service.open()
    for _ in range(40):
        headers = {"X-Padding": "x" * 5_000}
        assert service.get("/v1/meetings/m-1", headers=headers).status_code == 200
