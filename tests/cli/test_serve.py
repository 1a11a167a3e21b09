import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from fsm.web.tokens import new_secret

pytestmark = pytest.mark.service

JOIN = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
PRO = {"account": {"edition": "pro"}, "user": {"auto_record": True}}


def test_the_number_of_delivery_attempts_can_be_set(tmp_path):
    # Nothing listens at port 9.
    arguments = ["--port", "0", "--db", str(tmp_path / "m.db"), "--recorder", "http://127.0.0.1:9"]
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", "serve", *arguments, "--recorder-attempts", "1"],
        env={**os.environ, "FSM_RECORDER_SECRET": new_secret()},
        stderr=subprocess.PIPE,
        text=True,
    ) as service:
        try:
            url = re.search(r"http://\S+(?=,)", service.stderr.readline())[0]
            with httpx.Client(base_url=url, trust_env=False, verify=False, timeout=60) as client:
                client.put("/v1/meetings/m-1", json=PRO)
                client.post("/v1/meetings/m-1/events", json=JOIN)
                end = time.monotonic() + 60
                while client.get("/v1/meetings/m-1").json()["state"] != "stopped":
                    assert time.monotonic() < end
                    time.sleep(0.02)
                last = client.get("/v1/meetings/m-1/events").json()["entries"][-1]
            assert "recorder_failed" in last["event"]
        finally:
            service.kill()


def test_a_log_that_nobody_reads_delays_neither_requests_nor_the_end(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", "serve", "--port", "0", "--db", str(tmp_path / "m.db")],
        stderr=subprocess.PIPE,
        text=True,
    ) as service:
        try:
            url = re.search(r"http://\S+(?=,)", service.stderr.readline())[0]
            with httpx.Client(base_url=url, trust_env=False, verify=False, timeout=60) as client:
                # A pipe holds some hundred lines.
                for _ in range(600):
                    assert client.get("/health").status_code == 200
            service.terminate()
            assert service.wait(60) == 0
        finally:
            service.kill()


@contextmanager
def running(file, *arguments, **variables):
    """Runs the service, and yields a client of it."""
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", "serve", "--port", "0", "--db", str(file), *arguments],
        env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True,
    ) as service:  # fmt: skip
        try:
            url = re.search(r"http://\S+(?=,)", service.stderr.readline())[0]
            with httpx.Client(base_url=url, trust_env=False, verify=False) as client:
                yield client
        finally:
            service.kill()


def timers_of(client, meeting):
    plan = client.put(f"/v1/meetings/{meeting}", json=PRO).json()["plan"]
    return plan["grace"], plan["end_when_empty"]


def test_the_timers_of_meetings_are_options_and_variables(tmp_path):
    file = tmp_path / "m.db"
    with running(file, "--grace", "10", FSM_END_WHEN_EMPTY="3600") as client:
        assert timers_of(client, "m-1") == (10, 3_600)
    with running(file, "--end-when-empty", "0") as client:
        assert timers_of(client, "m-1") == (10, 3_600)
        assert timers_of(client, "m-2") == (0, None)
    with running(file) as client:
        assert timers_of(client, "m-3") == (0, 43_200)


@pytest.mark.rule("D14", "D15")
def test_timers_survive_a_kill(tmp_path):
    file = tmp_path / "m.db"
    with running(file, "--grace", "2", "--end-when-empty", "1") as client:
        timers_of(client, "m-1")
        client.post("/v1/meetings/m-1/events", json=JOIN)
        client.post("/v1/meetings/m-1/events", json={"leave": {"id": "alice"}})
    time.sleep(1)
    with running(file) as client:
        end = time.monotonic() + 10
        while not client.get("/v1/meetings/m-1").json()["ended"]:
            assert time.monotonic() < end
            time.sleep(0.02)
        last = client.get("/v1/meetings/m-1/events").json()["entries"][-1]
    assert last["event"] == {"time_up": {"timer": "empty", "set": 1}}
    assert last["timers"] == [{"cancel": "grace"}]
    assert last["recorder"] == [{"command": "stop", "reason": "meeting_ended"}]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--grace", "601"], "'601' is not a whole number of seconds (0 to 600)"),
        (["--grace", "-1"], "'-1' is not a whole number of seconds (0 to 600)"),
        (["--grace", "1.5"], "'1.5' is not a whole number of seconds (0 to 600)"),
        (["--end-when-empty", "604801"], "'604801' is not a whole number of seconds (0 to 604800)"),
        (["--end-when-empty", "never"], "'never' is not a whole number of seconds (0 to 604800)"),
    ],
)
def test_a_time_that_is_not_valid_is_one_line(tmp_path, arguments, words):
    done = subprocess.run(
        [sys.executable, "-m", "fsm", "serve", "--db", tmp_path / "m.db", *arguments],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert words in done.stderr
    assert not (tmp_path / "m.db").exists()
