"""A recorder over HTTP keeps the same contract as any other, over a real connection."""

import asyncio
import gzip
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import tracemalloc
from contextlib import contextmanager, suppress

import httpx
import pytest
import uvicorn

from fsm.recording import Account, Choice, End, Join
from fsm.runtime import GapError, Hub, MemoryRecorder, RecorderError, RecorderStatus, RetryPolicy
from fsm.web.http_recorder import HttpRecorder, message_data, message_id
from fsm.web.signing import sign
from fsm.web.tokens import new_secret

from ..examples import example
from ..runtime.recorder_contract import CLOUD, PAUSE, RecorderContract, messages
from .serving import until
from .test_descriptors import descriptors_left

SECRET = new_secret()
SERVICE = example("recorder_service")
create_recorder_app = SERVICE.create_recorder_app


@contextmanager
def serving(app):
    """Serve an application in a thread, on a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, timeout_graceful_shutdown=1, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve([listening])),
    )
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)
        listening.close()
        assert not thread.is_alive()


class Loop:
    """One event loop for everything that is asked of one recorder."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)


@pytest.fixture
def loop():
    made = Loop()
    yield made
    made.loop.close()


@contextmanager
def reached(loop, url, secret=SECRET, timeout=60.0):
    recorder = HttpRecorder(url, secret, timeout=timeout)
    try:
        yield recorder
    finally:
        loop.run(recorder.close())


class TestHttpRecorder(RecorderContract):
    @pytest.fixture
    def recorder(self, loop):
        self._loop = loop
        with (
            serving(create_recorder_app(MemoryRecorder(), SECRET)) as url,
            reached(loop, url) as recorder,
        ):
            yield recorder

    def run(self, coroutine):
        return self._loop.run(coroutine)


def test_the_example_runs_as_a_program(loop):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "FSM_RECORDER_SECRET": SECRET}
    command = [sys.executable, SERVICE.__file__, "--port", str(port)]
    with (
        subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process,
        reached(loop, f"http://127.0.0.1:{port}") as recorder,
    ):

        def starts():
            with suppress(RecorderError):
                return loop.run(recorder.start(*messages(CLOUD)))

        try:
            until(starts, 60)
            assert loop.run(recorder.status("m-1")) == RecorderStatus(1, "cloud")
        finally:
            process.terminate()


def test_the_example_needs_a_secret():
    environment = {**os.environ, "FSM_RECORDER_SECRET": "short"}
    done = subprocess.run(
        [sys.executable, SERVICE.__file__],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "a secret is whsec_" in done.stderr


# -- who may give orders -------------------------------------------------------------------


@pytest.fixture
def recorded():
    """What a recorder does, and where it is reached."""
    memory = MemoryRecorder()
    with serving(create_recorder_app(memory, SECRET)) as url:
        yield memory, url


def test_an_order_signed_with_another_secret_is_refused(loop, recorded):
    memory, url = recorded
    with reached(loop, url, new_secret()) as recorder:
        with pytest.raises(RecorderError, match="401"):
            loop.run(recorder.start(*messages(CLOUD)))
        with pytest.raises(RecorderError, match="401"):
            loop.run(recorder.status("m-1"))
    assert memory.statuses == {}


def test_a_signature_is_good_for_one_order_and_one_meeting(recorded):
    memory, url = recorded
    first, second = messages(CLOUD, PAUSE)
    body = json.dumps(message_data(first))
    with httpx.Client(base_url=url, trust_env=False, verify=False, timeout=60) as client:

        def post(content, headers):
            return client.post("/commands", content=content, headers=headers).status_code

        good = sign(SECRET, message_id(first), body)
        assert post(json.dumps(message_data(second)), good) == 401
        assert post(body, sign(SECRET, message_id(second), body)) == 401
        assert post(body, {}) == 401
        assert post(b"\xff", good) == 401
        assert memory.statuses == {}
        assert post(body, good) == 200
        status = sign(SECRET, "status/m-1", "")
        assert client.get("/meetings/m-1", headers=status).json()["kind"] == "cloud"
        assert client.get("/meetings/m-2", headers=status).status_code == 401


@pytest.mark.parametrize(
    "spoilt",
    [
        {"command": {"command": "rewind"}},
        {"command": {}},
        {"command": {"command": "pause", "x": "y"}},
        {"command": {"command": "start", "kind": "tape"}},
        {"command": {"command": "stop", "reason": "none"}},
        {"command": None},
        {"sequence": "3"},
        {"sequence": None},
        {"extra": 1},
    ],
)
def test_an_order_that_is_none_is_refused(recorded, spoilt):
    memory, url = recorded
    [message] = messages(CLOUD)
    body = json.dumps(message_data(message) | spoilt)
    with httpx.Client(base_url=url, trust_env=False, verify=False, timeout=60) as client:
        answer = client.post(
            "/commands", content=body, headers=sign(SECRET, message_id(message), body)
        )
    assert answer.status_code == 422
    assert "Traceback" not in answer.text
    assert memory.statuses == {}


def test_a_recorder_that_fails_is_told_as_such_and_tried_again(loop):
    class Failing(MemoryRecorder):
        async def start(self, message):
            raise RecorderError("no disk")

        async def pause(self, message):
            raise RuntimeError("a secret of the recorder")

    with serving(create_recorder_app(Failing(), SECRET)) as url, reached(loop, url) as recorder:
        start, pause = messages(CLOUD, PAUSE)
        with pytest.raises(RecorderError, match="503"):
            loop.run(recorder.start(start))
        with pytest.raises(RecorderError, match="500"):
            loop.run(recorder.pause(pause))


# -- answers of others' recorders ------------------------------------------------------------


class Other:
    """A recorder of somebody else's, which gives the same answer to everything."""

    def __init__(self):
        self.url = ""
        self.asked = []
        self.answers(200, b"")

    def answers(self, status, body, *, delay=0.0, headers=()):
        self.status, self.body, self.delay, self.headers = status, body, delay, list(headers)
        self.asked.clear()

    async def __call__(self, scope, receive, send):
        self.asked.append(scope["path"])
        self.asked_with = scope["headers"]
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        size = max(1, len(self.body) // 8)
        for at in range(0, len(self.body), size):
            part = self.body[at : at + size]
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await asyncio.sleep(self.delay)
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def others():
    other = Other()
    with serving(other) as other.url:
        yield other


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"[]",
        b"null",
        b"{}",
        b"[" * 30_000,
        b"\xff",
        b'{"sequence": 1, "kind": "cloud", "client": null}',
        b'{"sequence": "1", "kind": "cloud", "client": null, "paused": false}',
        b'{"sequence": true, "kind": "cloud", "client": null, "paused": false}',
        b'{"sequence": -1, "kind": null, "client": null, "paused": false}',
        b'{"sequence": 1, "kind": "tape", "client": null, "paused": false}',
        b'{"sequence": 1, "kind": "cloud", "client": 7, "paused": false}',
        b'{"sequence": 1, "kind": "cloud", "client": null, "paused": 0}',
        b'{"sequence": 1, "kind": null, "kind": "cloud", "client": null, "paused": false}',
        b" " * 70_000,
    ],
)
@pytest.mark.parametrize("status", [200, 409])
def test_an_answer_that_is_none_is_an_error_of_the_recorder(loop, others, status, body):
    others.answers(status, body)
    with reached(loop, others.url) as recorder:
        with pytest.raises(RecorderError) as raised:
            loop.run(recorder.start(*messages(CLOUD)))
        assert not isinstance(raised.value, GapError)
        assert "\n" not in str(raised.value)
        with pytest.raises(RecorderError):
            loop.run(recorder.status("m-1"))


@pytest.mark.parametrize("status", [200, 409, 500])
def test_an_answer_is_not_unpacked(loop, others, status):
    body = gzip.compress(b" " * 20_000_000, 9)
    others.answers(status, body, headers=[(b"content-encoding", b"gzip")])
    tracemalloc.start()
    with reached(loop, others.url) as recorder, pytest.raises(RecorderError):
        loop.run(recorder.start(*messages(CLOUD)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_the_recorder_is_asked_not_to_compress_its_answers(loop, others):
    body = b'{"sequence": 1, "kind": "cloud", "client": null, "paused": false}'
    others.answers(200, gzip.compress(body), headers=[(b"content-encoding", b"gzip")])
    with (
        reached(loop, others.url) as recorder,
        pytest.raises(RecorderError, match="compressed answers are not read"),
    ):
        loop.run(recorder.status("m-1"))
    assert (b"accept-encoding", b"identity") in others.asked_with


def test_no_cookie_of_a_recorder_is_kept(loop, others):
    body = b'{"sequence": 1, "kind": "cloud", "client": null, "paused": false}'
    cookies = [(b"set-cookie", b"session=abc; path=/"), (b"set-cookie", b"other=1")]
    others.answers(200, body, headers=cookies)
    with reached(loop, others.url) as recorder:
        for _ in range(2):
            loop.run(recorder.start(*messages(CLOUD)))
            assert b"cookie" not in dict(others.asked_with)


def test_what_a_recorder_says_besides_is_passed_over(loop, others):
    body = b'{"sequence": 1, "kind": "cloud", "client": null, "paused": false, "file": "a.mp4"}'
    others.answers(200, body)
    with reached(loop, others.url) as recorder:
        assert loop.run(recorder.start(*messages(CLOUD))) == RecorderStatus(1, "cloud")


@pytest.mark.parametrize("status", [201, 204, 400, 401, 404, 422, 429, 500, 503])
def test_any_other_status_is_an_error_of_the_recorder(loop, others, status):
    others.answers(status, b"")
    with (
        reached(loop, others.url) as recorder,
        pytest.raises(RecorderError, match=str(status)),
    ):
        loop.run(recorder.start(*messages(CLOUD)))


def test_a_refused_signature_is_an_error_that_names_the_secret(loop, others):
    others.answers(401, b"")
    with (
        reached(loop, others.url) as recorder,
        pytest.raises(RecorderError, match="FSM_RECORDER_SECRET must be the same at both ends"),
    ):
        loop.run(recorder.start(*messages(CLOUD)))


def test_a_recorder_behind_https_must_show_a_valid_certificate(loop):
    with reached(loop, "HTTPS://localhost:9") as recorder:
        assert recorder._client._transport._pool._ssl_context.verify_mode is ssl.CERT_REQUIRED


def test_a_redirect_is_not_followed(loop, others):
    elsewhere = [(b"location", b"/elsewhere")]
    others.answers(307, b"", headers=elsewhere)
    with reached(loop, others.url) as recorder:
        with pytest.raises(RecorderError, match="307"):
            loop.run(recorder.start(*messages(CLOUD)))
        assert others.asked == ["/commands"]


def test_a_recorder_that_is_slow_is_given_up_in_time(loop, others):
    body = b'{"sequence": 1, "kind": "cloud", "client": null, "paused": false}'
    # Each part comes soon enough; all of them together would take three times as long.
    others.answers(200, body, delay=0.15)
    with (
        reached(loop, others.url, timeout=0.4) as recorder,
        pytest.raises(RecorderError, match=r"no answer within 0\.4 s"),
    ):
        loop.run(recorder.start(*messages(CLOUD)))


def test_a_request_is_repeated_once_there_are_descriptors_again(loop, recorded):
    memory, url = recorded

    async def start(recorder):
        with descriptors_left(0):
            starting = asyncio.create_task(recorder.start(*messages(CLOUD)))
            await asyncio.wait([starting], timeout=0.3)
            assert not starting.done()
        return await starting

    with reached(loop, url) as recorder:
        assert loop.run(start(recorder)) == RecorderStatus(1, "cloud")
    assert memory.statuses["m-1"].kind == "cloud"


def test_a_lasting_shortage_of_descriptors_is_described_without_a_file(loop, recorded):
    _, url = recorded

    async def start(recorder):
        with descriptors_left(0):
            await recorder.start(*messages(CLOUD))

    with (
        reached(loop, url, timeout=1.0) as recorder,
        pytest.raises(RecorderError, match="the service has no file descriptor left"),
    ):
        loop.run(start(recorder))


def test_an_error_of_the_system_is_described_without_a_file(loop, monkeypatch):
    async def failing(*_, **__):
        raise PermissionError(13, "Permission denied", "/etc/ssl/secret.pem")

    with reached(loop, "http://127.0.0.1:9") as recorder:
        monkeypatch.setattr(recorder._client, "send", failing)
        with pytest.raises(RecorderError) as raised:
            loop.run(recorder.status("m-1"))
    assert str(raised.value) == "Permission denied"


def test_a_recorder_that_is_not_there_is_an_error(loop):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with reached(loop, url) as recorder, pytest.raises(RecorderError):
        loop.run(recorder.status("m-1"))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "begins with http:// or https://"),
        ("recorder", "begins with http:// or https://"),
        ("ftp://x", "begins with http:// or https://"),
        ("http://", "begins with http:// or https://"),
        ("/commands", "begins with http:// or https://"),
        ("http://[::1", "Invalid port"),
        ("http://256.256.256.256", "Invalid IPv4 address"),
        ("http://" + "é" * 80 + ".test", "Invalid IDNA hostname"),
        ("http://h:99999", "a port is 1 to 65535"),
        ("http://h:65536", "a port is 1 to 65535"),
        ("http://h:0", "a port is 1 to 65535"),
        ("http://h:-1", "a port is 1 to 65535"),
        ("http://a..b", "no host has the name 'a..b'"),
        ("http://.", "no host has the name"),
        ("http://exa mple", "no host has the name"),
        ("http://*", "no host has the name"),
        ("http://" + "a" * 64 + ".test", "no host has the name"),
        ("http://" + "a." * 127 + "test", "no host has the name"),
        ("http://h/?x=1", "it ends before a '?' or '#'"),
        ("http://h#x", "it ends before a '?' or '#'"),
    ],
)
def test_an_impossible_address_is_refused(url, why):
    with pytest.raises(ValueError, match="is not a URL") as raised:
        HttpRecorder(url, SECRET)
    assert why in str(raised.value)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:65535", "https://recorder.test.", "http://[::1]:9000/base/", "http://a_b-1",
     "http://127.0.0.1", "http://réunion.test"],
)  # fmt: skip
def test_any_other_address_is_accepted(loop, url):
    with reached(loop, url):
        pass


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "whsec_%%%"])
def test_a_secret_that_is_none_is_refused(secret):
    with pytest.raises(ValueError, match="a secret is"):
        HttpRecorder("http://127.0.0.1", secret)
    with pytest.raises(ValueError, match="a secret is"):
        create_recorder_app(MemoryRecorder(), secret)


# -- together with the hub -------------------------------------------------------------------


def test_a_hub_records_over_http(loop, recorded, tmp_path):
    memory, url = recorded

    async def record():
        async with (
            HttpRecorder(url, SECRET) as recorder,
            Hub(
                tmp_path / "meetings.db", recorder, retry=RetryPolicy(initial_interval=0.01)
            ) as hub,
        ):
            await hub.open("a/b", Account("pro"), user=Choice(True))
            await hub.open("//", Account("pro"))
            await hub.dispatch("a/b", Join("alice", "host", "windows"))
            await hub.dispatch("//", End())
            # Once its status was asked for, the meeting that is over is closed.
            while (await hub.read("a/b")).undelivered or hub.health.meetings == 2:
                await asyncio.sleep(0.01)

    loop.run(record())
    assert memory.statuses["a/b"] == RecorderStatus(1, "cloud")
