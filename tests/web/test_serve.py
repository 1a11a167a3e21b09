"""The service as a process: start, signals, kills."""

import signal
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from fsm.runtime import MemoryRecorder, RetryPolicy
from fsm.runtime.committer import Committer
from fsm.runtime.meeting_timers import MAX_STARTS_ANEW
from fsm.web.rate_limit import Rate
from fsm.web.serve import DESCRIPTOR_RESERVE, MIN_CONNECTIONS, fit_to_descriptors, serve
from fsm.web.service import ServiceLimits, Settings
from fsm.web.token_file import create_token

from ..processes import start
from .listening import listening
from .serving import JOIN, PRO, until
from .test_http_recorder import SECRET, create_recorder_app, serving

TOKENS = Path("tokens.json")
FAST = {"limits": ServiceLimits(meeting_rate=Rate(1e6, 10**6), caller_rate=Rate(1e6, 10**6))}


def started(db, descriptors=None, run=serve, **settings):
    return start(run, Settings(db, **{"port": 0, **settings}), descriptors=descriptors)


def serve_until_a_commit_breaks(settings):
    """Runs a service whose hub has an error in it, at the end of the first commit."""

    def follow_up(self, batch):
        raise ZeroDivisionError("injected")

    Committer._follow_up = follow_up
    return serve(settings)


def running(db, **settings):
    return listening(*started(db, **settings))


def client_of(process, **more):
    return httpx.Client(base_url=process.url, trust_env=False, timeout=60, verify=False, **more)


def refused(db, **settings):
    process, stderr = started(db, **settings)
    with stderr:
        error = stderr.read()
    process.join(60)
    assert process.exitcode == 2, error
    assert error.startswith("fsm serve: ")
    assert error.count("\n") == 1
    return error


def test_the_first_line_names_the_url_and_the_restored_meetings(tmp_path):
    db = tmp_path / "meetings.db"
    with running(db) as process:
        assert f"0 meetings loaded from {db}" in process.first
        with client_of(process) as client:
            for number in range(3):
                client.put(f"/v1/meetings/m-{number}", json=PRO)
        assert process.stop() == 0
    with running(db) as process:
        assert "3 meetings loaded" in process.first
        assert process.stop(signal.SIGINT) == 0


def test_answered_events_survive_a_kill(tmp_path):
    db = tmp_path / "meetings.db"
    with running(db) as process, client_of(process) as client:
        client.put("/v1/meetings/m-1", json=PRO)
        answer = client.post("/v1/meetings/m-1/events", json={**JOIN, "id": "e-1"}).json()
        assert process.stop(signal.SIGKILL) == -signal.SIGKILL
    with running(db) as process, client_of(process) as client:
        assert client.get("/v1/meetings/m-1").json()["state"] == "recording"
        again = client.post("/v1/meetings/m-1/events", json={**JOIN, "id": "e-1"}).json()
        assert again == answer


def test_a_signal_under_load_completes_requests_ends_streams_and_loses_no_answered_event(tmp_path):
    db = tmp_path / "meetings.db"
    answered: dict[str, int] = {}
    streamed: list[str] = []
    faults: list[str] = []

    def send(number):
        with client_of(process) as client:
            for event in range(100_000):
                id_ = f"{number}-{event}"
                body = {"leave": {"id": "nobody"}, "id": id_}
                try:
                    answer = client.post(f"/v1/meetings/m-{number}/events", json=body)
                except httpx.TransportError:
                    return
                if answer.status_code != 200:
                    faults.append(answer.text)
                    return
                answered[id_] = answer.json()["seq"]

    def watch():
        with (
            client_of(process) as client,
            client.stream("GET", "/v1/meetings/m-0/stream") as stream,
        ):
            # A stream that is cut off instead of ended would raise here.
            streamed.extend(line for line in stream.iter_lines() if line.startswith("id: "))

    with running(db, **FAST) as process:
        with client_of(process) as client:
            for number in range(4):
                client.put(f"/v1/meetings/m-{number}", json=PRO)
        threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
        threads.append(threading.Thread(target=watch))
        for thread in threads:
            thread.start()
        end = time.monotonic() + 60
        while len(answered) < 100 and time.monotonic() < end:
            time.sleep(0.01)
        assert process.stop() == 0
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
    # A request that arrived during the shutdown gets the problem `closing`.
    assert all("closing" in fault for fault in faults)
    assert len(answered) >= 100
    assert streamed
    stored = {}
    with running(db) as process, client_of(process) as client:
        for number in range(4):
            after = 0
            while after is not None:
                page = client.get(
                    f"/v1/meetings/m-{number}/events", params={"after": after, "limit": 1000}
                ).json()
                stored |= {entry["id"]: entry["seq"] for entry in page["entries"]}
                after = page["next"]
    assert answered.items() <= stored.items()


def test_an_endless_request_does_not_prevent_the_shutdown(tmp_path):
    with running(tmp_path / "meetings.db", shutdown_grace=1.0) as process:
        host, port = process.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as slow:
            slow.sendall(
                b"PUT /v1/meetings/m-1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
            )
            with client_of(process) as client:
                assert client.get("/health").status_code == 200
            began = time.monotonic()
            assert process.stop() == 0
            assert time.monotonic() - began < 20


def test_the_service_survives_clients_that_disconnect(tmp_path):
    with running(tmp_path / "meetings.db") as process, client_of(process) as client:
        client.put("/v1/meetings/m-1", json=PRO)
        host, port = process.url.removeprefix("http://").split(":")
        for number in range(5):
            hasty = socket.create_connection((host, int(port)))
            hasty.sendall(b"GET /v1/meetings/m-1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            hasty.recv(100)
            hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            hasty.close()
            event = {"join": {**JOIN["join"], "id": f"p-{number}"}}
            assert client.post("/v1/meetings/m-1/events", json=event).status_code == 200
        assert process.stop() == 0


def test_a_service_that_is_killed_again_and_again_within_a_grace_stops_the_recording(tmp_path):
    db = tmp_path / "meetings.db"
    with running(db) as process, client_of(process) as client:
        client.put("/v1/meetings/m-1", json={**PRO, "grace": 5})
        client.post("/v1/meetings/m-1/events", json=JOIN)
        client.post("/v1/meetings/m-1/events", json={"leave": {"id": "alice"}})
        process.stop(signal.SIGKILL)
    left = time.monotonic()
    for _ in range(MAX_STARTS_ANEW):
        with running(db) as process:
            process.stop(signal.SIGKILL)
    time.sleep(max(0, left + 5 - time.monotonic()))
    with running(db) as process, client_of(process) as client:
        # It is due, and fires before any event that comes now.
        assert client.post("/v1/meetings/m-1/events", json=JOIN).json()["state"] == "stopped"
        until(lambda: any("start 6 in a row" in line for line in process.lines))


def test_a_service_whose_hub_breaks_down_ends_with_one_line_and_can_be_started_again(tmp_path):
    db = tmp_path / "meetings.db"
    with running(db, run=serve_until_a_commit_breaks) as process:
        with client_of(process) as client:
            assert client.put("/v1/meetings/m-1", json=PRO).status_code == 503
        process.process.join(30)
        assert process.process.exitcode == 1
    *_, last = process.lines
    assert last == (
        "fsm serve: the hub broke down: ZeroDivisionError('injected') "
        "(start the service again: every answered event is in the journal)\n"
    )
    assert not any(line.startswith("Traceback") for line in process.lines)
    with running(db) as process, client_of(process) as client:
        assert client.get("/ready").status_code == 200


def test_a_second_service_on_the_same_journal_is_refused(tmp_path):
    db = tmp_path / "meetings.db"
    with running(db) as process:
        assert f"{db}: another service has it open" in refused(db)
        with client_of(process) as client:
            assert client.get("/ready").status_code == 200


def test_a_port_in_use_is_reported(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = refused(tmp_path / "meetings.db", port=port)
    assert f"127.0.0.1:{port}: Address already in use (choose another with --port)" in error


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_tokens_it_listens_on_the_loopback_only(tmp_path, host):
    error = refused(tmp_path / "meetings.db", host=host)
    assert "is not the loopback, and there are no tokens" in error
    assert not (tmp_path / "meetings.db").exists()


def test_with_tokens_it_listens_everywhere_and_requires_one(tmp_path):
    file = tmp_path / "tokens.json"
    token = create_token(file, "a", ["read"])
    with running(tmp_path / "meetings.db", host="0.0.0.0", tokens=file) as process:
        port = process.url.rpartition(":")[2]
        url = f"http://127.0.0.1:{port}/v1/meetings"
        assert httpx.get(url, trust_env=False).status_code == 401
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(url, headers=headers, trust_env=False).status_code == 200
        assert process.stop() == 0
    assert token not in "".join(process.lines)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"tokens": Path("/none/tokens.json")}, "there is no such file (fsm token new"),
        ({"host": "no.such.host.invalid"}, "cannot listen at no.such.host.invalid:0"),
        ({"host": "203.0.113.1", "tokens": TOKENS}, "cannot listen at 203.0.113.1:0"),
        ({"recorder_url": "http://127.0.0.1:9"}, "must be signed"),
        ({"recorder_url": "nowhere", "recorder_secret": SECRET}, "is not a URL"),
        ({"recorder_url": "http://h:99999", "recorder_secret": SECRET}, "a port is 1 to 65535"),
        ({"recorder_url": "http://x", "recorder_secret": "short"}, "a secret is whsec_"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_reason_not_to_start_is_one_line(tmp_path, monkeypatch, settings, why):
    monkeypatch.chdir(tmp_path)
    create_token(TOKENS, "a", ["read"])
    assert why in refused(tmp_path / "meetings.db", **settings)


def test_a_start_without_the_recorder_leaves_its_recordings_alone(tmp_path):
    """Otherwise its messages would count as delivered, and its recordings would never stop."""
    db = tmp_path / "meetings.db"
    recorder = MemoryRecorder()
    with serving(create_recorder_app(recorder, SECRET)) as url:
        known = {"recorder_url": url, "recorder_secret": SECRET}
        with running(db, **known) as process, client_of(process) as client:
            client.put("/v1/meetings/m-1", json=PRO)
            client.post("/v1/meetings/m-1/events", json=JOIN)
            until(lambda: recorder.statuses.get("m-1", None) and recorder.statuses["m-1"].kind)
            assert process.stop(signal.SIGKILL) == -signal.SIGKILL
        assert f"the recorder '{url}' may still be recording for 1 open meeting" in refused(db)
        with running(db, **known) as process, client_of(process) as client:
            client.post("/v1/meetings/m-1/events", json={"end": {}})
            until(lambda: recorder.statuses["m-1"].kind is None)
            assert process.stop() == 0


def test_a_recorder_at_another_url_must_be_said_to_replace_the_first(tmp_path):
    db = tmp_path / "meetings.db"
    with serving(create_recorder_app(MemoryRecorder(), SECRET)) as url:
        with (
            running(db, recorder_url=url, recorder_secret=SECRET) as process,
            client_of(process) as client,
        ):
            client.put("/v1/meetings/m-1", json=PRO)
            client.post("/v1/meetings/m-1/events", json=JOIN)
            assert process.stop() == 0
        other = {
            "recorder_url": url.replace("//", "//me:pass@") + "/two",
            "recorder_secret": SECRET,
        }
        error = refused(db, **other)
        assert f"and now it is '{url}/two'" in error
        assert "pass@" not in error
        with running(db, **other, replaces_recorder=True) as process:
            assert "1 meeting loaded" in process.first
            assert process.stop() == 0


def test_silent_clients_leave_descriptors_for_the_journal_and_the_recorder(tmp_path):
    with (
        serving(create_recorder_app(MemoryRecorder(), SECRET)) as url,
        running(
            tmp_path / "meetings.db",
            descriptors=200,
            recorder_url=url,
            recorder_secret=SECRET,
            retry=RetryPolicy(max_attempts=1),
        ) as process,
        client_of(process) as client,
        ExitStack() as stack,
    ):
        client.put("/v1/meetings/m-1", json=PRO)
        host, port = process.url.removeprefix("http://").split(":")
        for _ in range(300):
            stack.enter_context(socket.create_connection((host, int(port))))
        for number in range(40):  # each needs a connection to the recorder
            assert client.put(f"/v1/meetings/m-{number}", json=PRO).status_code == 200
            client.post(f"/v1/meetings/m-{number}/events", json=JOIN)
        for number in range(40):
            path = f"/v1/meetings/m-{number}"
            until(lambda path=path: client.get(path).json()["undelivered"] == 0)
            assert client.get(path).json()["state"] == "recording"
        assert client.get("/ready").status_code == 200


def test_too_few_descriptors_are_a_reason_not_to_start(tmp_path):
    error = refused(tmp_path / "meetings.db", descriptors=60)
    assert "only 60 files may be open at once (ulimit -n 128, or more)" in error


@pytest.mark.parametrize("recorder_url", [None, "http://127.0.0.1:9000"])
def test_connections_and_recorder_calls_leave_a_reserve_of_descriptors(recorder_url):
    settings = Settings(Path("meetings.db"), recorder_url=recorder_url)
    for limit in (128, 200, 1024, 4096, 65_536):
        fitted = fit_to_descriptors(settings, limit)
        connections, retry = fitted.limits.max_connections, fitted.retry
        calls = retry.max_commands + retry.max_status_checks if recorder_url else 0
        assert connections + calls + DESCRIPTOR_RESERVE <= limit
        assert connections >= MIN_CONNECTIONS
        assert retry.max_commands >= retry.max_status_checks >= 1
    assert fitted == settings


def test_a_file_of_another_program_is_refused(tmp_path):
    db = tmp_path / "meetings.db"
    db.write_text("these are not meetings, but a file of something else altogether\n" * 20)
    assert f"{db}: it is not a journal" in refused(db)


class CountingRecorder(MemoryRecorder):
    """A recorder that counts the requests for its status."""

    checks = 0

    async def status(self, meeting):
        self.checks += 1
        return await super().status(meeting)


def test_recorders_are_reconciled_at_the_interval(tmp_path):
    recorder = CountingRecorder()
    with (
        serving(create_recorder_app(recorder, SECRET)) as url,
        running(
            tmp_path / "meetings.db",
            recorder_url=url,
            recorder_secret=SECRET,
            reconcile_every=0.05,
        ) as process,
        client_of(process) as client,
    ):
        client.put("/v1/meetings/m-1", json=PRO)
        client.post("/v1/meetings/m-1/events", json=JOIN)
        until(lambda: client.get("/v1/meetings/m-1").json()["undelivered"] == 0)
        before = recorder.checks
        until(lambda: recorder.checks >= before + 2)
        assert process.stop() == 0
