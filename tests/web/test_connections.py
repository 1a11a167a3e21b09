"""Connections are limited in number, and in the time for which they wait for their clients."""

import asyncio
import socket
from contextlib import ExitStack, closing, suppress

import pytest

from fsm.recording import RecorderFailed
from fsm.web.service import ServiceLimits
from fsm.web.token_file import create_token

from .serving import JOIN, problem, served, until

ASK = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
STREAM = b"GET /v1/meetings/m-1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
WEBHOOK = (
    b"POST /v1/webhooks/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
    b"Expect: 100-continue\r\n\r\n"
)


@pytest.fixture
def hurried(tmp_path):
    """A service that waits a second for its clients."""
    with served(tmp_path, limits=ServiceLimits(client_timeout=1)) as running:
        yield running


@pytest.fixture
def narrow(tmp_path):
    """A service with room for four connections, of which the test's client takes none yet."""
    with served(tmp_path, limits=ServiceLimits(max_connections=4)) as running:
        yield running


def connected(service, receive_buffer=None):
    host, port = service.url.removeprefix("http://").split(":")
    connection = socket.socket()
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(60)
    connection.connect((host, int(port)))
    return closing(connection)


def rest_of(connection):
    """Returns what arrives until the service closes the connection."""
    received = b""
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            received += part
    return received


def asked(connection):
    """Sends a request over a connection, and returns its response."""
    connection.sendall(ASK)
    received = b""
    while not received.endswith(b'{"status":"ok"}'):
        part = connection.recv(1000)
        assert part, "the connection is closed"
        received += part
    return received


def send_slowly(connection):
    """Sends a byte now and then, for at most 60 seconds."""
    for _ in range(3000):
        connection.sendall(b"x")
        with suppress(TimeoutError):
            connection.recv(1000)


async def send_many(hub):
    event = RecorderFailed("会" * 1000)
    await asyncio.gather(*(hub.dispatch("m-1", event) for _ in range(900)))


def test_a_connection_without_a_request_is_closed(hurried):
    with connected(hurried) as silent:
        assert rest_of(silent) == b""


def test_late_headers_are_answered(hurried):
    with connected(hurried) as slow:
        slow.sendall(ASK[:20])
        assert rest_of(slow).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_headers_that_arrive_byte_by_byte_do_not_keep_the_connection_open(hurried):
    with connected(hurried) as slow:
        slow.sendall(ASK[:20])
        slow.settimeout(0.02)
        with pytest.raises(ConnectionError):
            send_slowly(slow)


def test_a_byte_after_a_response_does_not_keep_the_connection_open(hurried):
    with connected(hurried) as slow:
        asked(slow)
        slow.sendall(b"G")
        assert rest_of(slow).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_is_not_wanted_does_not_keep_the_connection_open(hurried):
    with connected(hurried) as slow:
        slow.sendall(b"GET /none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
        assert slow.recv(1000).startswith(b"HTTP/1.1 404 ")
        until(lambda: hurried.service.connections.open == 0)


def test_a_client_that_does_not_read_its_responses_is_disconnected(hurried):
    with connected(hurried, 1024) as deaf:
        deaf.settimeout(1)
        with suppress(OSError):  # at last the service takes no more requests
            for _ in range(1000):
                deaf.sendall(ASK.replace(b"/health", b"/openapi.json"))
        until(lambda: hurried.service.connections.open == 0)


def test_a_client_that_does_not_read_its_live_stream_is_disconnected(hurried):
    hurried.open()
    with connected(hurried, 1024) as deaf:
        deaf.sendall(STREAM)
        until(lambda: hurried.service.streams == 1)
        hurried.run(send_many(hurried.service.runtime))  # more than the buffers of the system hold
        until(lambda: hurried.service.streams == 0)


@pytest.mark.parametrize("announced", [b"", b"Content-Length: 5\r\n"], ids=["no body", "a body"])
def test_a_live_stream_outlasts_the_time_limit(tmp_path, announced):
    limits = ServiceLimits(client_timeout=2.0)
    with served(tmp_path, limits=limits, stream_heartbeat=0.1) as service:
        service.open()
        with connected(service) as stream:
            stream.sendall(STREAM.removesuffix(b"\r\n") + announced + b"\r\n")
            received = b""
            while received.count(b": still here") < 30:
                part = stream.recv(1000)
                assert part, "the stream has ended"
                received += part


def test_the_connection_that_waited_longest_makes_room(narrow):
    with ExitStack() as stack:
        first, *others = [stack.enter_context(connected(narrow)) for _ in range(4)]
        assert narrow.get("/health").status_code == 200
        assert rest_of(first) == b""
        for other in others:
            asked(other)


def test_a_used_connection_stays_open_while_another_waits_for_its_first_request(narrow):
    with ExitStack() as stack:
        used = stack.enter_context(connected(narrow))
        asked(used)
        for _ in range(30):
            stack.enter_context(connected(narrow))
        assert narrow.get("/health").status_code == 200
        asked(used)


def test_a_new_connection_is_refused_while_all_others_are_busy(narrow):
    narrow.open()
    assert narrow.get("/ready").status_code == 200
    with ExitStack() as stack:
        for number in range(3):
            stack.enter_context(connected(narrow)).sendall(STREAM)
            until(lambda number=number: narrow.service.streams == number + 1)
        problem(narrow.get("/ready"), 503)
        stack.enter_context(connected(narrow)).sendall(STREAM)
        until(lambda: narrow.service.streams == 4)
        with connected(narrow) as newcomer:
            assert rest_of(newcomer).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    until(lambda: narrow.service.streams == 0)
    assert narrow.get("/ready").status_code == 200


@pytest.mark.parametrize("before", [b"", ASK], ids=["first", "second"])
def test_a_connection_whose_body_does_not_arrive_makes_room(narrow, before):
    with ExitStack() as stack:
        for _ in range(4):
            slow = stack.enter_context(connected(narrow))
            slow.sendall(before + WEBHOOK)
            received = b""
            while b"100 Continue" not in received:
                part = slow.recv(1000)
                assert part, "the connection is closed"
                received += part
        asked(stack.enter_context(connected(narrow)))


def test_no_more_connections_are_open_than_the_limit(narrow):
    connections, counted = narrow.service.connections, []
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(connected(narrow)).sendall(ASK)
        until(lambda: counted.append(connections.open) or counted[-1] == 4)
        assert narrow.get("/health").status_code == 200
        assert max(*counted, connections.open) == 4
    narrow.client.close()
    until(lambda: connections.open == 0)


def test_the_number_of_open_connections_is_a_metric(service):
    with connected(service):
        until(lambda: service.service.connections.open == 1)
        assert "fsm_open_connections 2.0" in service.get("/metrics").text


def test_clients_without_a_token_do_not_lock_out_others(tmp_path):
    file = tmp_path / "tokens.json"
    headers = {"Authorization": f"Bearer {create_token(file, 'a', ['events'])}"}
    limits = ServiceLimits(max_connections=4)
    with served(tmp_path, tokens=file, headers=headers, limits=limits) as service:
        service.open()
        with ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(connected(service))
            assert service.send(JOIN)["state"] == "recording"
