"""The protocol of the server limits what it collects in memory."""

import asyncio
import socket

import pytest

from fsm.web.protocol import MAX_INCOMPLETE, MAX_JOINED, JoinedWrites

from .serving import until
from .test_fuzz import exchanged

START = b"POST /v1/meetings/m-1/events HTTP/1.1\r\nHost: localhost\r\n"


def flood(service, start, part):
    """Sends an endless request, and returns the response and the number of bytes sent."""
    host, port = service.url.removeprefix("http://").split(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=60) as connection:
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


BODY = b'{"join": {"id": "alice", "role": "host", "platform": "windows"}}'
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
NEXT = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(CHUNKS), CHUNKS),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", CHUNKS),
        (b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", CHUNKS),
        (b"Content-Length: %d\r\nTransfer-Encoding: identity\r\n" % len(BODY), BODY),
        (b"Content-Length: %d\r\nTransfer-Encoding : chunked\r\n" % len(CHUNKS), CHUNKS),
        (b"Transfer-Encoding: chunked, gzip\r\n", CHUNKS),
        (b"Transfer-Encoding: xchunked\r\n", CHUNKS),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", CHUNKS),
        (b"Content-Length: 3\r\nContent-Length: %d\r\n" % len(BODY), BODY),
        (b"Content-Length: %d, %d\r\n" % (len(BODY), len(BODY)), BODY),
        (b"Content-Length: +%d\r\n" % len(BODY), BODY),
    ],
    ids=lambda part: str(part, "latin-1").replace("\r\n", "; "),
)
def test_a_request_whose_end_is_in_doubt_closes_the_connection(service, framing, body):
    service.open()
    response = exchanged(service, START + framing + b"\r\n" + body + NEXT)
    assert response.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in response
    assert response.count(b"HTTP/1.1") == 1  # the rest is no request
    assert service.get("/v1/meetings/m-1").json()["seq"] == 0


def test_an_invalid_request_is_not_answered_in_place_of_the_one_before(service):
    service.open()
    first = START + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    response = exchanged(service, first + b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n")
    assert not response.startswith(b"HTTP/1.1 400 ")
    until(lambda: service.get("/v1/meetings/m-1").json()["seq"] == 1)


# -- joined writes --------------------------------------------------------------------------------


class NotedWrites:
    """A transport that notes what is written to it."""

    def __init__(self, transport):
        self._transport = transport
        self.written = []

    def __getattr__(self, name):
        return getattr(self._transport, name)

    def write(self, data):
        self.written.append(data)
        self._transport.write(data)


def on_a_connection(steps):
    """Runs steps with joined writes and the writes beneath them, and returns what was received."""

    async def main():
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.setblocking(False)
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
            noted = NotedWrites(transport)
            joined = JoinedWrites(noted)
            await steps(joined, noted.written)
            joined.close()
            received = b""
            while part := await loop.sock_recv(theirs, 1 << 20):
                received += part
            return received

    return asyncio.run(main())


def test_writes_of_one_round_are_joined():
    async def steps(joined, written):
        joined.write(b"head ")
        joined.write(b"body ")
        assert (written, joined.get_write_buffer_size()) == ([], 10)
        await asyncio.sleep(0)
        assert (written, joined.get_write_buffer_size()) == ([b"head body "], 0)
        joined.write(b"next ")
        await asyncio.sleep(0)
        joined.write(b"last")
        assert written == [b"head body ", b"next "]

    assert on_a_connection(steps) == b"head body next last"


def test_long_writes_are_not_kept_back():
    async def steps(joined, written):
        joined.write(b"head")
        joined.write(b"x" * MAX_JOINED)
        assert [len(each) for each in written] == [MAX_JOINED + 4]

    assert on_a_connection(steps) == b"head" + b"x" * MAX_JOINED


def test_nothing_is_written_to_a_connection_that_was_aborted():
    async def steps(joined, written):
        joined.write(b"head")
        joined.abort()
        await asyncio.sleep(0)
        assert (written, joined.is_closing()) == ([], True)

    assert on_a_connection(steps) == b""
