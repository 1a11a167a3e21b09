import re
import subprocess
import sys

from ...examples import EXAMPLES
from .conftest import need_janus

RUN = EXAMPLES / "janus" / "run_janus.py"


def test_one_command_shows_a_meeting_with_what_was_recorded_and_why(tmp_path):
    need_janus()
    done = subprocess.run(
        [sys.executable, RUN, "--out", tmp_path],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    for line in (
        "join bob-.*: idle → idle",
        "she is out again",
        "join alice-.*: idle → recording, recorder: start",
        "R13: ",
        "stop bob-.*: refused, not_host",
        "pause alice-.*: recording → paused, recorder: pause",
        "leave alice-.*: recording → recording, set grace, after 5",
        "join alice-.*: recording → recording, cancel grace",
        "time_up: recording → stopped, recorder: stop",
        r"segment 1, \d+\.\d s, then paused",
        r"segment 2, \d+\.\d s, then stopped",
        r"alice-\w+ +audio +\d+\.\d s +\d+ packets",
    ):
        assert re.search(line, done.stdout), line
    assert (tmp_path / "meeting.mkv").stat().st_size > 10_000
