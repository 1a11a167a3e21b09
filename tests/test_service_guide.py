"""The guide of the service: its commands and programs run, in any time zone."""

import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl"),
]

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```(\w+)\n(.*?)^ *```$", GUIDE, re.MULTILINE | re.DOTALL)
PROGRAMS = Path(sys.executable).parent
# Without the names of places, which need a data base of time zones.
ZONES = {"UTC": "UTC0", "Shanghai": "CST-8", "New York": "EST5EDT", "Berlin": "CET-1CEST"}
SHANGHAI = ZONES["Shanghai"]


def block(part):
    """The only block of the guide with a part of a text in it."""
    [found] = [text for _, text in BLOCKS if part in text]
    return found


def data_after(part):
    """The data that follows a block."""
    position = BLOCKS.index(("sh", block(part)))
    return next(json.loads(text) for language, text in BLOCKS[position:] if language == "json")


@contextlib.contextmanager
def serving(folder, command="fsm serve --db meetings.db", zone=SHANGHAI, **environment):
    """Runs the service on a free port, in a time zone, and kills it at the end."""
    with subprocess.Popen(
        [*shlex.split(command), "--port", "0"], executable=PROGRAMS / "fsm", cwd=folder,
        env={**os.environ, "TZ": zone, **environment}, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield re.search(r"listening at http://(127.0.0.1:\d+)", process.stderr.readline())[1]
        finally:
            process.kill()


def run(command, folder, address="", zone=SHANGHAI, **environment):
    """Runs commands of the guide against a service, and returns what they print."""
    for written in ("localhost:8080", "127.0.0.1:8080"):
        command = command.replace(written, address)
    done = subprocess.run(
        ["bash", "-ec", command], cwd=folder, capture_output=True, text=True, timeout=300,
        env={**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "TZ": zone, **environment},
    )  # fmt: skip
    assert done.returncode == 0, command + done.stdout + done.stderr
    return done.stdout


def run_program(program, folder, address, zone=SHANGHAI, **environment):
    program = program.replace("127.0.0.1:8080", address)
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=300,
        env={**os.environ, "TZ": zone, **environment}, check=False,
    )  # fmt: skip


def objects(text):
    """The JSON values that stand one after another in a text."""
    decoder = json.JSONDecoder()
    while text.strip():
        value, end = decoder.raw_decode(text.lstrip())
        text = text.lstrip()[end:]
        yield value


def test_the_commands_of_the_guide_run_one_after_another(tmp_path):
    with serving(tmp_path) as address:
        _, joined, paused = objects(run(block("-X PUT"), tmp_path, address))
        assert joined | {"at": 0} == data_after("-X PUT") | {"at": 0}
        assert paused["state"] == "paused"

        reading = block("/stream").replace("curl -N", "timeout 2 curl -sN") + "[ $? = 124 ]"
        read = run(reading.replace("/stream\n", "/stream || "), tmp_path, address)
        assert read.count('"seq":2') == 3

        [why] = objects(run(block("/why"), tmp_path, address))
        assert why == data_after("/why")

        [answers] = objects(run(block('"e-3"'), tmp_path, address))
        assert answers[0]["state"] == "recording"
        assert answers[1]["refused"] == "not_present"
        assert answers[2]["instance"] == "/v1/events#/2"
        [answers] = objects(run(block("x-ndjson"), tmp_path, address))
        assert [answer["recorder"][:1] for answer in answers] == [
            [{"command": "stop", "reason": "everyone_left"}], []
        ]  # fmt: skip
    for command in block("fsm journal list").splitlines():
        run(command, tmp_path)
    assert "m-1" in (tmp_path / "m-1.yaml").read_text(encoding="utf-8")


def test_the_generated_client_of_the_guide_runs(tmp_path):
    with serving(tmp_path) as address:
        run(block("openapi-python-client generate"), tmp_path, address)
        done = run_program(block("from meeting_client import"), tmp_path, address)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("recording [StartCommandData(")
        assert "'state': 'recording'" in done.stdout


@pytest.fixture(scope="module")
def hooked(tmp_path_factory):
    """A service with the tokens of the guide, its address, a token and the secret of a sender."""
    folder = tmp_path_factory.mktemp("hooked")
    tokens, console, serve, _, ask = block("fsm token new media").splitlines()
    token = run(tokens, folder).strip()
    run(console, folder)
    secret = run("fsm token sender signalling", folder).strip()
    assert "fsm token sender signalling" in GUIDE
    assert serve == "FSM_HOST=0.0.0.0 FSM_TOKENS=tokens.json fsm serve"
    with serving(folder, "fsm serve", FSM_TOKENS="tokens.json") as address:
        bearer = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"http://{address}", headers=bearer, trust_env=False) as client:
            settings = {"account": {"edition": "pro"}, "user": {"auto_record": True}}
            client.put("/v1/meetings/m-1", json=settings)
            join = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
            client.post("/v1/meetings/m-1/events", json=join)
        [page] = objects(run(ask, folder, address, TOKEN=token))
        assert [each["id"] for each in page["meetings"]] == ["m-1"]
        yield folder, address, secret


@pytest.mark.parametrize("zone", ZONES)
def test_the_webhook_of_the_guide_is_accepted_in_each_time_zone(hooked, zone):
    folder, address, secret = hooked
    program = block("from standardwebhooks")
    done = run_program(program, folder, address, ZONES[zone], WEBHOOK_SECRET=secret)
    assert done.returncode == 0, done.stderr
    # The second and later ones repeat the first, and have its answer.
    assert "'id': 'webhook/signalling/msg-1'" in done.stdout
    assert "'state': 'paused'" in done.stdout


def test_a_naive_time_is_refused_outside_utc_as_the_guide_says(hooked):
    folder, address, secret = hooked
    assert "a naive time is signed wrongly outside UTC" in GUIDE
    program = block("from standardwebhooks").replace("now(tz=UTC)", "now()")
    statuses = {}
    for zone, written in ZONES.items():
        done = run_program(program, folder, address, written, WEBHOOK_SECRET=secret)
        statuses[zone] = "401 Unauthorized" in done.stderr
    assert statuses == {"UTC": False, "Shanghai": True, "New York": True, "Berlin": True}


def test_the_recorder_of_the_guide_gets_commands(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    secret, _, serve = block("fsm serve --db meetings.db --recorder").splitlines()
    run(secret, tmp_path)
    environment = {"FSM_RECORDER_SECRET": (tmp_path / "recorder.secret").read_text().strip()}
    start = block("python examples/recorder_service.py").splitlines()[1].replace("9000", str(port))
    with subprocess.Popen(
        [sys.executable, *shlex.split(start)[1:]], cwd=ROOT, env=os.environ | environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as recorder:  # fmt: skip
        try:
            with serving(tmp_path, serve.replace("9000", str(port)), **environment) as address:
                run(block("-X PUT"), tmp_path, address)
                end = time.monotonic() + 60
                read = f"http://{address}/v1/meetings/m-1"
                while httpx.get(read, trust_env=False).json()["undelivered"]:
                    assert time.monotonic() < end, "the recorder never got its commands"
                    time.sleep(0.05)
        finally:
            recorder.kill()
