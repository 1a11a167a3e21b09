"""`fsm serve` and `fsm token` as they are typed."""

import os
import re
import subprocess
import sys
import time

import httpx
import pytest

from fsm.web.tokens import new_secret

JOIN = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
PRO = {"account": {"edition": "pro"}, "user": {"auto_record": True}}


@pytest.fixture
def token(tmp_path):
    """Run `fsm token`, on a file of its own; return the exit code and what it said."""

    def run(*given):
        done = subprocess.run(
            [sys.executable, "-m", "fsm", "token", *given],
            env={**os.environ, "FSM_TOKENS": str(tmp_path / "tokens.json")},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_tokens_and_senders_are_listed_without_a_secret(token):
    _, shown = token("new", "server", "--scope", "read", "--scope", "events")
    _, secret = token("sender", "hooks")
    code, listed = token("list")
    assert (code, listed) == (0, "hooks: sends webhooks\nserver: events, read\n")
    assert shown.startswith("fsm_")
    assert secret.startswith("whsec_")


def test_what_was_removed_is_listed_no_more(token):
    token("new", "server", "--scope", "read")
    assert token("remove", "server")[0] == 0
    assert token("list") == (0, "")
    code, said = token("remove", "server")
    assert code == 2
    assert "there is no 'server'" in said


@pytest.mark.parametrize("given", [("list",), ("remove", "server")])
def test_a_file_that_is_not_there_is_told_and_not_made(token, tmp_path, given):
    code, said = token(*given)
    assert code == 2
    assert "there is no such file (fsm token new NAME --scope events" in said
    assert list(tmp_path.iterdir()) == []


def test_how_often_a_recorder_is_tried_can_be_chosen(tmp_path):
    # Nothing listens at port 9.
    given = ["--port", "0", "--db", str(tmp_path / "m.db"), "--recorder", "http://127.0.0.1:9"]
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", "serve", *given, "--recorder-attempts", "1"],
        env={**os.environ, "FSM_RECORDER_SECRET": new_secret()},
        stderr=subprocess.PIPE,
        text=True,
    ) as service:
        try:
            url = re.search(r"http://\S+(?=,)", service.stderr.readline())[0]
            with httpx.Client(base_url=url, trust_env=False) as client:
                client.put("/v1/meetings/m-1", json=PRO)
                client.post("/v1/meetings/m-1/events", json=JOIN)
                end = time.monotonic() + 10
                while client.get("/v1/meetings/m-1").json()["state"] != "stopped":
                    assert time.monotonic() < end
                    time.sleep(0.02)
                last = client.get("/v1/meetings/m-1/events").json()["entries"][-1]
            assert "recorder_failed" in last["event"]
        finally:
            service.kill()
