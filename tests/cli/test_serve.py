import os
import re
import subprocess
import sys
import time

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
