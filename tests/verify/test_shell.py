"""The `fsm verify` command: its report, its files, its exit codes."""

import io
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from rich.console import Console

from fsm import verification
from fsm.cli import cli
from fsm.recording.situation import Situation
from fsm.scenario import load, opened, play
from fsm.verify import Broken, verifier

from .faulty import build, changed


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the command, in threads: a table put into this process is the one they see."""
    monkeypatch.setattr(verification, "processes", lambda: ThreadPoolExecutor(2))
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments):
        return CliRunner().invoke(cli, ["verify", *arguments])

    return invoke


@pytest.fixture
def broken_table(monkeypatch):
    rows, requires = changed("pause", 0, when=("records_to_cloud",))
    monkeypatch.setattr(verifier, "RECORDING", build(rows, requires).freeze(Situation))


def test_without_a_violation_it_succeeds_and_counts(run, verified, monkeypatch, tmp_path):
    monkeypatch.setattr(verification, "run_with_progress", lambda participants, pool: verified)
    done = run("--participants", "2")
    assert done.exit_code == 0, done.output
    assert "up to 2 participants; 8171 settings resolved to 14 plans" in done.output
    assert "never left: idle, under no auto-recording, by hand nothing" in done.output
    assert done.output.count("the same") == 4
    assert done.output.splitlines()[-1] == "0 violations, 0 gaps"
    assert list(tmp_path.iterdir()) == []


def test_a_violation_is_named_and_written_as_a_scenario_that_plays(run, broken_table, tmp_path):
    done = run("--participants", "1", "-o", "found")
    assert done.exit_code == 1
    name = "An event is refused for the first reason that holds, and for no other"
    assert f"violated: {name} R9 D1 D2 D3 D9 D10 D11" in done.output
    file = (
        tmp_path
        / "found"
        / ("an-event-is-refused-for-the-first-reason-that-holds-and-for-no-other.yaml")
    )
    assert "it is refused for None, the rules say host_may_not_pause, after 2 events" in done.output
    [scenario] = load(str(file))
    steps = list(play(scenario, opened(scenario)))
    # The real table refuses what the broken one let through.
    assert [each.outcome.refused for each in steps] == [None, "host_may_not_pause"]
    played = CliRunner().invoke(cli, ["play", str(file)])
    assert played.exit_code == 0, played.output


def test_a_violation_in_json_names_its_file(run, broken_table):
    done = run("--participants", "1", "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    [violation] = report["violations"]
    assert violation["events"] == 2
    assert violation["rules"][0] == "R9"
    assert violation["file"].startswith("out/verify/an-event-is-refused")
    assert any("host_may_pause" in gap for gap in report["gaps"]) is False
    assert report["machines"]["policy"]["situations"] == 81
    assert report["participants"] == 1


def test_gaps_alone_fail_it_too(run):
    # Alone in a meeting nobody can be the last host but one.
    done = run("--participants", "1")
    assert done.exit_code == 1
    assert "gap: " in done.output


@pytest.mark.parametrize("given", ["0", "7", "-1", "two", ""])
def test_a_bad_number_of_participants_is_bad_input(run, given):
    done = run("--participants", given)
    assert done.exit_code == 2


def test_a_folder_that_cannot_be_written_is_bad_input(run, broken_table, tmp_path):
    (tmp_path / "found").write_text("a file", encoding="utf-8")
    done = run("--participants", "1", "-o", "found")
    assert done.exit_code == 2
    assert "found: cannot be written" in done.stderr
    assert "Traceback" not in done.output


def test_what_no_meeting_shows_is_listed_with_its_changes():
    report = verifier.begin(1)
    report.policy.broken["It holds"] = Broken("It holds", ("R4",), "no\x1b", None, ("lock",))
    files = verification.write_scenarios(report.violations, None)
    out = io.StringIO()
    verification.show(Console(file=out, width=200), report, files)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    at = lines.index("violated: It holds R4")
    assert lines[at + 1 : at + 3] == ["   no\\x1b, after 1 events", "   lock"]
    assert "anyone's join   no               never" in out.getvalue()


def test_each_plan_is_a_task_and_progress_is_shown_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    with ThreadPoolExecutor(2) as pool:
        report = verification.run_with_progress(1, pool)
    assert report.recording.situations > 0
    assert "14/14" in shown.getvalue()


def test_processes_are_as_many_as_there_are_processors_and_find_the_same():
    with verification.processes() as pool:
        in_processes = verification.run_with_progress(1, pool)
    assert in_processes.recording == verifier.verify(1).recording
