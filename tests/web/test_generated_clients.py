"""Clients that generators make of the OpenAPI description, with which a real service is driven."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from fsm.web.serve import serve
from fsm.web.service import Settings
from fsm.web.signing import sign
from fsm.web.token_file import create_sender, create_token

from ..processes import start
from .listening import listening

TYPESCRIPT = Path(__file__).parent / "typescript_client"
NODE_PACKAGES = Path(__file__).parents[2] / "node_modules"
needs_node = pytest.mark.skipif(
    not (TYPESCRIPT / "node_modules").is_dir() or not (NODE_PACKAGES / "openapi-fetch").is_dir(),
    reason="needs the packages of package.json: npm ci",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service in a process of its own, with a token and a sender of webhooks."""
    folder = tmp_path_factory.mktemp("running")
    tokens = folder / "tokens.json"
    token = create_token(tokens, "all", ["events", "console", "read"])
    secret = create_sender(tokens, "signalling")
    settings = Settings(folder / "meetings.db", port=0, tokens=tokens)
    with listening(*start(serve, settings)) as process:
        yield process.url, token, secret


@pytest.fixture(scope="module")
def description(running, tmp_path_factory):
    """The file of the description, as a user would fetch it."""
    file = tmp_path_factory.mktemp("description") / "openapi.json"
    file.write_bytes(httpx.get(f"{running[0]}/openapi.json", trust_env=False, timeout=60).content)
    return file


@pytest.fixture(scope="module")
def python_client(description, tmp_path_factory):
    """The package of the client in Python, generated without a warning."""
    folder = tmp_path_factory.mktemp("generated")
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", description,
         "--output-path", folder / "meeting_client", "--meta", "none", "--fail-on-warning"],
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    try:
        yield lambda name: importlib.import_module(f"meeting_client.{name}")
    finally:
        sys.path.remove(str(folder))


def test_a_generated_client_in_python_drives_the_service(running, python_client):
    url, token, secret = running
    models = python_client("models")
    client = python_client("client").AuthenticatedClient(
        url, token, timeout=httpx.Timeout(60), httpx_args={"trust_env": False}
    )

    def call(group, operation, *ids, **more):
        module = python_client(f"api.{group}.{operation}")
        return module.sync(*ids, client=client, **more)

    def send(body):
        return call("meetings", "send_event", "m/py", body=body)

    opened = call(
        "meetings", "open_meeting", "m/py",
        body=models.MeetingBody(models.Account(models.Edition.PRO), models.Choice(True)),
    )  # fmt: skip
    assert opened.plan.kind is models.Kind.CLOUD
    join = models.Join("alice", models.Role.HOST, models.Platform.WINDOWS)
    joined = send(models.JoinEventBody(join, id="e-1"))
    assert joined.state is models.State.RECORDING
    assert isinstance(joined.recorder[0], models.StartCommandData)
    assert send(models.PauseEventBody(models.Pause("alice"))).state is models.State.PAUSED
    refused = send(models.PauseEventBody(models.Pause("bob")))
    assert refused.refused is models.Reason.NOT_PRESENT

    read = call("meetings", "read_meeting", "m/py")
    assert read.present["alice"].role is models.Role.HOST
    history = call("meetings", "read_history", "m/py", limit=2)
    assert [entry.seq for entry in history.entries] == [1, 2]
    assert isinstance(history.entries[0].event, models.JoinEventData)
    problem = call("meetings", "read_meeting", "none")
    assert isinstance(problem, models.ProblemDetails)
    assert problem.type_ == "urn:meeting-fsm:problem:unknown-meeting"

    resume, pause = models.Resume("alice"), models.Pause("alice")
    items = [
        models.ResumeEventItem(resume, "m/py"),
        models.PauseEventItem(pause, "none"),
        models.PauseEventItem(pause, "m/py", id="e-2"),
    ]
    resumed, failed, paused = call("meetings", "send_events", body=items)
    assert [resumed.state, paused.state] == [models.State.RECORDING, models.State.PAUSED]
    assert (failed.status, failed.instance) == (404, "/v1/events#/1")

    stored = call("accounts", "store_account", "py", body=models.Account(models.Edition.BUSINESS))
    assert stored.status is models.PolicyStatus.FREE
    actor = models.Actor(models.ActorRole.SUPER_ADMIN)
    enabled = call(
        "accounts", "change_console", "py", body=models.EnableChangeBody(models.Enable(actor))
    )
    assert enabled.status is models.PolicyStatus.DEFAULT_ON
    user = models.Actor(models.ActorRole.USER)
    refused = call(
        "accounts", "change_console", "py", body=models.LockChangeBody(models.Lock(user))
    )
    assert refused.refused is models.ConsoleReason.NOT_PERMITTED

    def signing(request):
        request.headers.update(sign(secret, "msg-py", request.content.decode()))

    client.get_httpx_client().event_hooks["request"].append(signing)
    hooked = call(
        "webhooks", "send_webhook", "signalling",
        body=models.ResumeWebhookBody(models.Resume("alice"), "m/py"),
    )  # fmt: skip
    assert (hooked.id, hooked.state) == ("webhook/signalling/msg-py", models.State.RECORDING)
    client.get_httpx_client().close()


@needs_node
def test_a_generated_client_in_typescript_drives_the_service(running, description, tmp_path):
    url, token, secret = running
    for name in ("drive.ts", "tsconfig.json", "package.json"):
        shutil.copy(TYPESCRIPT / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(NODE_PACKAGES)
    tools = TYPESCRIPT / "node_modules" / ".bin"

    def run(*command):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    generated = run(tools / "openapi-typescript", description, "--output", "generated.d.ts")
    assert not re.search("warn|⚠", generated.stdout + generated.stderr, re.IGNORECASE)
    run(tools / "tsc", "--project", ".")
    answers = json.loads(run("node", "out/drive.js", url, token, "signalling", secret).stdout)
    assert answers == {
        "opened": "cloud",
        "joined": [{"command": "start", "kind": "cloud", "client": None}],
        "paused": "paused",
        "refused": "not_present",
        "role": "host",
        "history": [1, 2],
        "problem": "urn:meeting-fsm:problem:unknown-meeting",
        "changed": "default_on",
        "hooked": "recording",
    }
