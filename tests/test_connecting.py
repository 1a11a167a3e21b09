"""The way to a first recording in docs/connecting.md: its commands, with other ports."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from .test_livekit_example import free_port
from .web.serving import until

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl"),
]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "connecting.md").read_text(encoding="utf-8")
SETS_UP = ("python3 -m venv", "pip ")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell(tmp_path):
    """A function that starts a block in a clone that is installed already."""
    ports = {"8080": str(free_port()), "9200": str(free_port())}
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    activate = tmp_path / ".venv" / "bin" / "activate"
    activate.parent.mkdir(parents=True)
    activate.write_text(f'PATH="{Path(sys.executable).parent}:$PATH"\n')

    def with_ports(text):
        return re.sub("8080|9200", lambda match: ports[match[0]], text)

    def shell(block, stdout=subprocess.PIPE):
        return subprocess.Popen(
            ["bash", "-ec", with_ports(block)], cwd=tmp_path, text=True,
            stdout=stdout, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    (tmp_path / "webhook.py").write_text(with_ports(blocks("python")[0]))
    return shell


def output(process):
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0, text
    return text


@contextmanager
def running(shell, block, log, ready):
    """Runs a program until the block ends; what it prints goes to a file."""
    with log.open("w") as file:
        process = shell(block, stdout=file)
    try:
        until(lambda: ready in log.read_text() or process.poll() is not None)
        assert ready in log.read_text(), log.read_text()
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(shell, block):
    """The answers that a block prints, one for each call of curl."""
    text = output(shell(re.sub(r"^curl ", "curl -s -w '\\\\n' ", block, flags=re.MULTILINE)))
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_the_commands_of_the_page_record_a_meeting(shell, tmp_path):
    install, serve, bridge, join, look, command, leave, end = blocks("sh")
    output(shell("\n".join(x for x in install.splitlines() if not x.startswith(SETS_UP))))
    serve = serve.replace("fsm serve", "fsm serve --port 8080")
    bridge = bridge.rstrip() + " --service http://127.0.0.1:8080"
    third = "\n".join(x for x in join.splitlines() if not x.startswith("python "))
    with (
        running(shell, serve, tmp_path / "serve.log", "listening at"),
        running(shell, bridge, printed := tmp_path / "bridge.log", "running on"),
    ):
        assert "200 join: meeting standup.RM_1 is recording" in output(shell(join))
        listed, meeting = answers(shell, look)
        assert [each["id"] for each in listed["meetings"]] == ["standup.RM_1"]
        assert meeting["state"] == "recording"
        assert meeting["present"] == {"PA_1": {"role": "host", "platform": "windows"}}
        paused, resumed, allowed = answers(shell, command)
        assert (paused["state"], resumed["state"]) == ("paused", "recording")
        assert allowed["pause"]["allowed"]
        [left] = answers(shell, f"{third}\n{leave}")
        assert {"grace", "empty"} == left["timers"].keys()
        until(lambda: printed.read_text().count('"POST /commands HTTP/1.1" 200') == 3)
        [history] = answers(shell, f"{third}\n{end}")
        assert [*history["entries"][-1]["event"]] == ["leave"]
        [_, over] = answers(shell, look)
        assert over["ended"]


def test_the_settings_of_the_page_are_those_of_a_meeting():
    from fsm.decode import decode
    from fsm.web.schemas import MeetingBody

    [settings] = [json.loads(each) for each in blocks("json")]
    assert decode(settings["recording"], MeetingBody).grace == 15


def test_every_link_of_the_page_to_a_file_is_right():
    for link in re.findall(r"\]\((?!http)([^)#]*)", PAGE):
        assert not link or (ROOT / "docs" / link).exists(), link
