import io
import json
import sys

import pytest

from fsm import cli

SCENARIO = """\
title: Ein 会议
account: {edition: pro}
user: {auto_record: true, kind: cloud, started_by: host}
events:
  - join: {id: alice, role: host, platform: windows}
    expect: {state: recording}
  - join: {id: carl, role: member, platform: web}
  - pause: {by: alice}
  - pause: {by: bob}
"""


@pytest.fixture
def scenario(tmp_path):
    """A file with a scenario."""
    file = tmp_path / "a.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file


@pytest.fixture
def fsm(monkeypatch, capfd):
    """Runs the command, and returns its exit code, its output and its error output."""

    def run(*arguments, stdin=""):
        monkeypatch.setattr(sys, "argv", ["fsm", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = 0
        try:
            cli.run_command()
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capfd.readouterr()
        return code, out, err

    return run


@pytest.fixture
def fsm_json(fsm):
    """Runs the command, and returns the JSON objects that it prints, one a line."""

    def run(*arguments):
        _, out, _ = fsm(*arguments)
        return [json.loads(line) for line in out.splitlines()]

    return run
