import contextlib
import os
import pty
import re
import subprocess
import sys

import pytest
from rich.cells import cell_len

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


def shown(arguments, columns):
    """The lines that a command writes to a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", *arguments],
        stdin=subprocess.DEVNULL, stdout=theirs,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"},
    ) as process:  # fmt: skip
        os.close(theirs)
        lines = []
        # Linux reports the end of a terminal as an error.
        with open(ours, encoding="utf-8") as screen, contextlib.suppress(OSError):  # noqa: PTH123
            for line in screen:
                lines.append(re.sub(r"\x1b\[[\d;]*m", "", line.rstrip("\n")))
        assert process.wait(timeout=60) == 0
    return lines


def test_a_terminal_folds_columns(scenario):
    lines = shown(["play", str(scenario)], 40)
    assert any("alice" in line for line in lines)
    assert max(map(len, lines)) <= 40


def test_a_terminal_indents_the_rest_of_a_wrapped_line(scenario):
    scenario.write_text(scenario.read_text(encoding="utf-8").replace("Ein", "x" * 50))
    for arguments, columns, indents in (
        (["rules", "R13"], 80, {15}), (["plan", str(scenario)], 30, {2, 4}),
    ):  # fmt: skip
        lines, whole = shown(arguments, columns), shown(arguments, 1000)
        # The lines that begin no line of the whole text.
        rest = [
            line
            for line in lines
            if line.strip() and not any(each.startswith(line[:15]) for each in whole)
        ]
        assert max(map(len, lines)) <= columns
        assert {len(line) - len(line.lstrip()) for line in rest} == indents
        # Nothing is lost or doubled.
        assert "".join("".join(lines).split()) == "".join("".join(whole).split())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_lines_of_a_narrow_terminal_are_never_too_long(lang, scenario):
    for columns in (1, 30):
        lines = shown(["plan", str(scenario), "--lang", lang], columns)
        assert "".join(lines).replace(" ", "")
        assert all(cell_len(line) <= max(columns, 8) for line in lines)
