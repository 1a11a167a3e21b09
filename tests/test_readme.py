import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from fsm.cli import fsm_command, verify

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Commands that set up an environment run in tools/check.py, which has none yet.
SETS_UP = ("make ", "pip ")
# Commands that talk to the service have a test of their own, and so has the verification.
SERVES = ("fsm serve", "curl")
VERIFIES = "fsm verify --participants 2"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


COMMANDS = [
    line.split("  #")[0].strip()
    for block in blocks("sh")
    if not block.startswith(SERVES)
    for line in block.splitlines()
    if not line.startswith((*SETS_UP, VERIFIES))
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("benchmarks", "diagrams", "docs", "examples", "tests"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(command, checkout):
    programs = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=checkout, env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # The names of drawn files are on standard error if standard output is a report.
    errors = [line for line in done.stderr.splitlines() if not line.startswith("drew ")]
    assert (done.returncode, errors) == (0, [])


@pytest.mark.exhaustive
def test_the_verification_of_the_readme_runs(verified, monkeypatch, tmp_path):
    """In this process, because the same exploration is the base of other tests."""
    assert f"\n{VERIFIES}\n" in README
    known = {2: verified}
    monkeypatch.setattr(verify, "verify", lambda participants, watch, jobs: known[participants])
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(fsm_command, shlex.split(VERIFIES)[1:])
    assert (done.exit_code, done.stderr) == (0, "")


def test_the_readme_has_commands_to_run():
    assert len(COMMANDS) > 8


def test_the_program_of_the_readme_prints_the_output_of_the_readme(tmp_path):
    [program, _], [printed] = blocks("python"), blocks("text")
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == printed


def test_the_hub_of_the_readme_runs_twice_on_the_same_journal(tmp_path):
    _, program = blocks("python")
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout == "recording\n"


@contextlib.contextmanager
def serving(command, folder):
    """Runs the service of the readme on a free port, yields the port, and kills it at the end."""
    process = subprocess.Popen(
        [*shlex.split(command), "--port", "0"],
        executable=Path(sys.executable).parent / "fsm",
        cwd=folder, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield re.search(r"listening at http://127.0.0.1:(\d+)", process.stderr.readline())[1]
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl")
def test_the_service_of_the_readme_restores_its_meeting(tmp_path):
    [serve] = [block.strip() for block in blocks("sh") if block.startswith("fsm serve")]
    [talk] = [block for block in blocks("sh") if block.startswith("curl")]

    def output(script, port):
        done = subprocess.run(
            ["bash", "-ec", script.replace("localhost:8080", f"127.0.0.1:{port}")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    with serving(serve, tmp_path) as port:
        before = output(talk, port)
        assert before.count('"state":"paused"') == 2
        assert "problem" not in before
    with serving(serve, tmp_path) as port:
        last = talk.splitlines()[-1]
        after = json.loads(output(last, port))
        assert after.items() >= {"seq": 3, "state": "paused"}.items()
        assert list(after["present"]) == ["alice", "bob"]
