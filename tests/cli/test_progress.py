"""The progress of long commands: on a terminal behind standard error, and nowhere else."""

import contextlib
import os
import pty
import re
import subprocess
import sys

import apsw
import pytest

from fsm.recording import End
from fsm.runtime import Journal

from ..runtime.hubs import ALICE
from ..runtime.journals import live_meeting, write


@pytest.fixture
def file(tmp_path):
    """A journal of two meetings."""
    with Journal(tmp_path / "meetings.db") as journal:
        write(journal, live_meeting(1), ALICE)
        write(journal, live_meeting(2), ALICE, End("alice"))
    return tmp_path / "meetings.db"


def on_terminal(*arguments, terminals=("stderr",)):
    """Runs the command with a terminal, and returns its exit code, output, and screen.

    Each control sequence of the screen is a line break.
    """
    ours, theirs = pty.openpty()
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    streams |= dict.fromkeys(terminals, theirs)
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", *map(str, arguments)],
        stdin=subprocess.DEVNULL, **streams,
        env={**os.environ, "COLUMNS": "500", "TERM": "xterm", "NO_COLOR": "1"},
    ) as process:  # fmt: skip
        os.close(theirs)
        screen = b""
        with contextlib.suppress(OSError):  # Linux reports the end of a terminal as an error
            while part := os.read(ours, 1 << 16):
                screen += part
        os.close(ours)
        out = process.stdout.read().decode() if process.stdout else ""
        code = process.wait(timeout=60)
    return code, out, re.sub(r"\x1b\[[?\d;]*\w", "\n", screen.decode())


@pytest.mark.parametrize(
    ("command", "progress", "result"),
    [
        (["verify", "--participants", "1", "-o", "DIR"], "verifying: 0 situations, 0 steps",
         "situations"),
        (["journal", "verify", "FILE"], "verifying: 0 meetings, 0 events", "2 meetings, no faults"),
        (["journal", "preview", "FILE"], "deciding again: 0 meetings, 0 situations compared",
         "2 open meetings"),
    ],
    ids=lambda value: value[1] if isinstance(value, list) else None,
)  # fmt: skip
def test_a_long_command_shows_its_progress_on_a_terminal(file, tmp_path, command, progress, result):
    paths = {"FILE": file, "DIR": tmp_path / "out"}
    _, out, screen = on_terminal(*(paths.get(each, each) for each in command))
    assert progress in screen
    assert result in out
    assert "0:00:0" in screen
    assert progress not in out


def test_a_finding_on_the_same_terminal_is_a_line_of_its_own(file):
    db = apsw.Connection(str(file))
    db.execute("UPDATE meetings SET opened_at = opened_at + 1")
    db.close()
    code, _, screen = on_terminal("journal", "verify", file, terminals=("stdout", "stderr"))
    assert code == 1
    lines = [line.strip() for line in screen.splitlines()]
    assert f"{file}: 2 meetings, 2 faults" in lines
    assert len([line for line in lines if line.startswith(f"{file}: meeting 'm-")]) == 2


def test_findings_go_to_standard_output_though_the_progress_is_shown(file):
    db = apsw.Connection(str(file))
    db.execute("UPDATE meetings SET opened_at = opened_at + 1")
    db.close()
    code, out, screen = on_terminal("journal", "verify", file)
    assert code == 1
    assert out.count("checksum") == 2
    assert "checksum" not in screen
