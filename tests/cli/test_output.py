import contextlib
import os
import pty
import re
import subprocess
import sys

import pytest

from fsm.cli.output import print_columns, print_line

ROWS = [
    [
        [("会议", "bold")],
        [("idle", "cyan"), (" → ", "dim"), ("paused", "yellow")],
        [("a\nbcd", "red")],
    ],
    [[("x", "")], [("", "")], [("", "")]],
]


def test_columns_in_a_pipe_are_plain_text_without_trailing_blanks(capsys):
    print_columns(ROWS, ("name", "state", ""))
    assert capsys.readouterr().out.splitlines() == [
        "name  state",
        "会议  idle → paused  a",
        "                     bcd",
        "x",
    ]


def test_headings_are_optional(capsys):
    print_columns(ROWS[1:])
    assert capsys.readouterr().out == "x\n"


def test_a_line_in_a_pipe_has_no_styles(capsys):
    print_line(("a", "bold red"), ("[dim]b", "dim"))
    print_line()
    assert capsys.readouterr().out == "a[dim]b\n\n"


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.usefixtures("colours")
def test_a_terminal_gets_styles(capsys):
    print_line(("a", "bold"), ("b", ""))
    print_columns(ROWS, ("name", "state", ""))
    out = capsys.readouterr().out
    assert "\x1b[1ma\x1b[0mb" in out
    assert "\x1b[36midle\x1b[0m\x1b[2m → \x1b[0m\x1b[33mpaused\x1b[0m" in out


def test_a_terminal_folds_columns(scenario):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", "play", str(scenario)],
        stdin=subprocess.DEVNULL, stdout=theirs,
        env={**os.environ, "COLUMNS": "40", "TERM": "xterm", "NO_COLOR": "1"},
    ) as process:  # fmt: skip
        os.close(theirs)
        lines = []
        # Linux reports the end of a terminal as an error.
        with open(ours, encoding="utf-8") as screen, contextlib.suppress(OSError):  # noqa: PTH123
            for line in screen:
                lines.append(re.sub(r"\x1b\[[\d;]*m", "", line.rstrip("\n")))
        assert process.wait(timeout=60) == 0
    assert any("alice" in line for line in lines)
    assert max(map(len, lines)) <= 40
