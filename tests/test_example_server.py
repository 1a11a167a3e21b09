import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.service

SERVER = Path(__file__).parents[1] / "examples" / "server.py"


@pytest.fixture
def start(tmp_path):
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, SERVER, tmp_path / "meetings.db", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        words = process.stdout.readline().split()
        return process, int(words[3].strip(",")), int(words[6])

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def request(port, *lines):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(b"".join(json.dumps(each).encode() + b"\n" for each in lines))
        client.shutdown(socket.SHUT_WR)
        with client.makefile() as answers:
            return [json.loads(answer) for answer in answers]


def test_a_malformed_line_is_answered_with_the_form_of_a_line(start):
    _, port, _ = start()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(b"join alice\n")
        client.shutdown(socket.SHUT_WR)
        with client.makefile() as answers:
            [answer] = map(json.loads, answers)
    assert answer["error"].startswith("a line must be one object in JSON: ")


def test_the_embedding_server_answers_line_by_line_and_survives_being_killed(start):
    join = {"join": {"id": "alice", "role": "host", "platform": "ios"}}
    process, port, known = start()
    opened, joined, again, odd = request(
        port,
        {"open": "m-1", "edition": "pro", "user": {"auto_record": True}},
        {"meeting": "m-1", "event": join, "id": "e-1"},
        {"meeting": "m-1", "event": join, "id": "e-1"},
        {"meeting": "m-2", "event": join},
    )
    assert known == 0
    assert opened["plan"]["kind"] == "cloud"
    assert joined["state"] == "recording"
    assert again == joined
    assert odd["error"].startswith("UnknownMeetingError: there is no meeting 'm-2'")

    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, port, known = start()
    assert known == 1
    assert request(port, {"meeting": "m-1"}) == [{"state": "recording", "present": ["alice"]}]


def test_a_faulty_line_is_answered_with_an_error(start):
    _, port, _ = start()
    lines = ({"open": "m-1"}, {"open": "m-1", "edition": "gold"}, 7, {"open": "x" * 70_000})
    missing, wrong, odd, long = [each["error"] for each in request(port, *lines)]
    assert missing == "'edition' is missing"
    assert wrong.startswith("ValueError: edition cannot be 'gold' (one of: free, pro,")
    assert odd == 'ValueError: a line is an object with "open" or "meeting"'
    assert long == "a line has at most 64 KiB"
