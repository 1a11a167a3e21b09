"""The service as a process: it starts, is told to stop or is killed, and loses nothing."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import attrs
import httpx
import pytest

from fsm.web.tokens import new_secret, new_token

from .serving import JOIN, PRO

SCRIPT = """
import signal, sys
from pathlib import Path
from fsm.web.serve import serve
from fsm.web.settings import ServiceLimits, Rate, Settings
signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as the command does
everything = {"Path": Path, "ServiceLimits": ServiceLimits, "Rate": Rate, "Settings": Settings}
sys.exit(serve(eval(sys.argv[1], everything)))
"""
FAST = "limits=ServiceLimits(meeting=Rate(1e6, 10**6), token=Rate(1e6, 10**6))"


@attrs.define(eq=False)
class Process:
    process: subprocess.Popen
    url: str
    first: str
    lines: list[str]

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(30)


def started(db, more="", port=0):
    settings = f"Settings(Path({str(db)!r}), port={port}, {more})"
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, settings], stderr=subprocess.PIPE, text=True
    )


@contextmanager
def running(db, more=""):
    process = started(db, more)
    lines: list[str] = []
    try:
        first = process.stderr.readline()
        found = re.fullmatch(r"fsm serve: listening at (http://\S+), .*\n", first)
        assert found, first + process.stderr.read()
        reader = threading.Thread(target=lambda: lines.extend(process.stderr))
        reader.start()
        yield Process(process, found[1], first, lines)
    finally:
        process.kill()
        process.wait(30)
        reader.join(30)
        process.stderr.close()


def client_of(process, **more):
    return httpx.Client(base_url=process.url, trust_env=False, timeout=10, **more)


def refused(db, more="", port=0):
    with started(db, more, port) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 2, said
    assert said.startswith("fsm serve: ")
    assert said.count("\n") == 1
    return said


def test_it_says_where_it_listens_and_what_it_brought_back(tmp_path):
    db = tmp_path / "meetings.db"
    with running(db) as process:
        assert f"0 meetings brought back from {db}" in process.first
        with client_of(process) as client:
            for number in range(3):
                client.put(f"/v1/meetings/m-{number}", json=PRO)
        assert process.stop() == 0
    with running(db) as process:
        assert "3 meetings brought back" in process.first
        assert process.stop(signal.SIGINT) == 0


def test_what_was_answered_before_a_kill_is_there_after_it(tmp_path):
    db = tmp_path / "meetings.db"
    with running(db) as process, client_of(process) as client:
        client.put("/v1/meetings/m-1", json=PRO)
        answer = client.post("/v1/meetings/m-1/events", json={**JOIN, "id": "e-1"}).json()
        assert process.stop(signal.SIGKILL) == -signal.SIGKILL
    with running(db) as process, client_of(process) as client:
        assert client.get("/v1/meetings/m-1").json()["state"] == "recording"
        again = client.post("/v1/meetings/m-1/events", json={**JOIN, "id": "e-1"}).json()
        assert again == answer


def test_told_to_stop_while_it_works_it_answers_ends_streams_and_keeps_what_it_answered(tmp_path):
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
        with client_of(process) as client, client.stream("GET", "/v1/meetings/m-0/stream") as found:
            # It ends as a stream must, or this would raise.
            streamed.extend(line for line in found.iter_lines() if line.startswith("id: "))

    with running(db, FAST) as process:
        with client_of(process) as client:
            for number in range(4):
                client.put(f"/v1/meetings/m-{number}", json=PRO)
        threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
        threads.append(threading.Thread(target=watch))
        for each in threads:
            each.start()
        end = time.monotonic() + 30
        while len(answered) < 100 and time.monotonic() < end:
            time.sleep(0.01)
        assert process.stop() == 0
        for each in threads:
            each.join(30)
            assert not each.is_alive()
    # One that came while it stopped is told so.
    assert all("closing" in each for each in faults)
    assert len(answered) >= 100
    assert streamed
    kept = {}
    with running(db) as process, client_of(process) as client:
        for number in range(4):
            after = 0
            while after is not None:
                found = client.get(
                    f"/v1/meetings/m-{number}/events", params={"after": after, "limit": 1000}
                ).json()
                kept |= {each["id"]: each["seq"] for each in found["entries"]}
                after = found["next"]
    assert answered.items() <= kept.items()


def test_a_request_that_never_ends_does_not_keep_it_for_ever(tmp_path):
    with running(tmp_path / "meetings.db", "drain=1.0") as process:
        host, port = process.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as slow:
            slow.sendall(
                b"POST /v1/meetings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
            )
            with client_of(process) as client:
                assert client.get("/health").status_code == 200
            began = time.monotonic()
            assert process.stop() == 0
            assert time.monotonic() - began < 20


def test_a_client_that_hangs_up_does_not_take_the_service_with_it(tmp_path):
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


def test_a_second_one_on_the_same_file_is_refused(tmp_path):
    db = tmp_path / "meetings.db"
    with running(db) as process:
        assert f"{db}: another service has it open" in refused(db)
        with client_of(process) as client:
            assert client.get("/ready").status_code == 200


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(tmp_path / "meetings.db", port=port)
    assert f"127.0.0.1:{port}: Address already in use (--port takes another one)" in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_tokens_it_listens_to_this_machine_alone(tmp_path, host):
    said = refused(tmp_path / "meetings.db", f"host={host!r}")
    assert "is not the loopback, and there are no tokens" in said
    assert not (tmp_path / "meetings.db").exists()


def test_with_tokens_it_listens_everywhere_and_lets_in_who_has_one(tmp_path):
    file = tmp_path / "tokens.json"
    token = new_token(file, "a", ["read"])
    more = f"host='0.0.0.0', tokens=Path({str(file)!r})"
    with running(tmp_path / "meetings.db", more) as process:
        port = process.url.rpartition(":")[2]
        url = f"http://127.0.0.1:{port}/v1/meetings"
        assert httpx.get(url, trust_env=False).status_code == 401
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(url, headers=headers, trust_env=False).status_code == 200
        assert process.stop() == 0
    assert token not in "".join(process.lines)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("tokens=Path('/none/tokens.json')", "there is no such file (fsm token new"),
        ("host='no.such.host.invalid'", "cannot listen at no.such.host.invalid:0"),
        ("host='203.0.113.1', tokens=TOKENS", "cannot listen at 203.0.113.1:0"),
        ("recorder_url='http://127.0.0.1:9'", "must be signed"),
        ("recorder_url='nowhere', recorder_secret=SECRET", "is no address"),
        ("recorder_url='http://x', recorder_secret='short'", "a secret is whsec_"),
    ],
)
def test_what_it_cannot_start_with_is_told_in_one_line(tmp_path, more, why):
    file = tmp_path / "tokens.json"
    new_token(file, "a", ["read"])
    more = more.replace("TOKENS", f"Path({str(file)!r})").replace("SECRET", repr(new_secret()))
    assert why in refused(tmp_path / "meetings.db", more)


def test_a_file_of_another_program_is_refused(tmp_path):
    db = tmp_path / "meetings.db"
    db.write_text("these are not meetings, but a file of something else altogether\n" * 20)
    assert f"{db}: it is not a journal" in refused(db)


def test_it_goes_on_asking_recorders_where_it_is_told_to(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as recorder:
        url = f"http://127.0.0.1:{recorder.getsockname()[1]}"
        more = (
            f"recorder_url={url!r}, recorder_secret={new_secret()!r}, reconcile_every=0.05, "
            "drain=1.0"
        )
        with running(tmp_path / "meetings.db", more) as process, client_of(process) as client:
            client.put("/v1/meetings/m-1", json=PRO)
            recorder.settimeout(20)
            asked, _ = recorder.accept()
            with asked:
                assert asked.recv(1000).startswith(b"GET /meetings/m-1 HTTP/1.1")
            assert process.stop() == 0
