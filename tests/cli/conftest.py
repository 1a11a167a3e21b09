"""The command run in this process, and a scenario for it."""

import io
import json
import sys

import pytest

from fsm import cli
from fsm.verify import verify

SCENARIO = """\
title: Ein 会议
account: {edition: pro}
user: {auto_record: true, kind: cloud, started_by: host}
events:
  - join: {id: alice, role: host, platform: windows}
    expect: {state: recording}
  - pause: {by: alice}
  - pause: {by: bob}
"""


@pytest.fixture
def scenario(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file


@pytest.fixture
def fsm(monkeypatch, capfd):
    """Runs the command and returns its exit code, its output and its error messages."""

    def run(*arguments, stdin=""):
        monkeypatch.setattr(sys, "argv", ["fsm", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = 0
        try:
            cli.main()
        except SystemExit as exit_:
            code = exit_.code or 0
        out, err = capfd.readouterr()
        return code, out, err

    return run


def lines(out):
    """Returns the JSON objects of an output with one on each line."""
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="package")
def verified():
    """The verification of meetings of two; it takes a few seconds, so there is one."""
    return verify(2)
