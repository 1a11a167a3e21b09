"""The `fsm verify` command: its report, its files, its exit codes."""

import io
import json
import sys
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner
from rich.console import Console

from fsm.cli import fsm_command, verify
from fsm.cli.progress import shown_progress
from fsm.cli.verify_report import print_report
from fsm.recording import plan
from fsm.recording.model import RecordingModel
from fsm.recording.plan import MeetingSettings, Plan
from fsm.recording.settings import Account
from fsm.recording.table import ROWS
from fsm.verify import COUNTEREXAMPLE_MARK, RuleViolation, reproduction_steps, verifier
from fsm.verify.plan_invariants import resolve_all
from fsm.verify.stop_table import STOP_TABLE

from ..verify.faulty import (
    CLOUD,
    HOST,
    LAST_LEAVES,
    LAST_WITH_GRACE,
    NOBODY_BACK,
    TABLE,
    changed,
    deleted,
    put_in,
    verify_few_plans,
    with_method,
)

pytestmark = pytest.mark.exhaustive


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments):
        return CliRunner().invoke(fsm_command, ["verify", *arguments])

    return invoke


@pytest.fixture
def few_plans(monkeypatch):
    verify_few_plans(monkeypatch)


@pytest.fixture
def broken_table(monkeypatch):
    row = next(row for row in ROWS if row.trigger == "stop")
    guards = tuple(guard for guard in row.when if guard != "host_may_pause")
    put_in(monkeypatch, *changed("stop", CLOUD, when=guards))
    verify_few_plans(monkeypatch)


def test_without_a_violation_it_succeeds_and_counts(run, verified, monkeypatch, tmp_path):
    monkeypatch.setattr(
        verify, "verify", lambda participants, watch, jobs: {2: verified}[participants]
    )
    done = run("--participants", "2")
    assert done.exit_code == 0, done.output
    settings, plans = verified.resolved.settings, len(verified.resolved.effects)
    assert (settings > 39_000, plans >= 56) == (True, True)
    assert f"up to 2 participants; {settings} settings resolved to {plans} plans" in done.output
    never = "a meeting never leaves idle: no auto-recording, nothing can be started by hand"
    for timers in (
        "\n", ", a grace of 600 s\n", ", ends when empty for 604800 s\n",
        ", a grace of 10 s, ends when empty for 60 s\n",
    ):  # fmt: skip
        assert f"{never}{timers}" in done.output
    assert done.output.count("the same") == len(STOP_TABLE)
    assert done.output.splitlines()[-1] == "0 violations, 0 gaps"
    assert list(tmp_path.iterdir()) == []


def test_a_violation_is_named_and_written_as_a_scenario_that_plays(run, broken_table, tmp_path):
    done = run("--participants", "1", "-o", "found")
    assert done.exit_code == 1
    assert "violated: The answer is the one of the reference rules (R9)" in done.output
    assert "\n1 violation, " in done.output
    file = tmp_path / "found" / "the-answer-is-the-one-of-the-reference-rules-r9.yaml"
    assert (
        "it is accepted, the rules refuse it for host_may_not_pause, after 2 events" in done.output
    )
    played = CliRunner().invoke(fsm_command, ["play", str(file)])
    assert played.exit_code == 1, played.output
    assert "it was accepted, expected refused: host_may_not_pause" in played.output


def test_a_counterexample_plays_once_the_fault_is_fixed(run, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        put_in(patched, *changed("stop", CLOUD, when=("records_to_cloud",)))
        verify_few_plans(patched)
        run("--participants", "1")
    [file] = tmp_path.glob("out/verify/*.yaml")
    played = CliRunner().invoke(fsm_command, ["play", str(file)])
    assert played.exit_code == 0, played.output


FAULTS = {
    "a join that starts nothing": {"table": deleted("join", HOST)},
    "a leave that does not stop": {"table": deleted("leave", LAST_LEAVES)},
    "an end without a command": {"table": changed("end", CLOUD, command=None)},
    "an end by another rule": {"table": changed("end", CLOUD, rules=("R17",))},
    "a leave that sets no timer": {
        "table": changed("leave", LAST_WITH_GRACE, timers=("set_grace",))},
    "a grace that stops nothing": {"table": changed("time_up", NOBODY_BACK, command=None)},
    "a guard that raises": {
        "model": with_method("joins_as_host", lambda self, event: 1 / 0), "hidden": True},
    "hosts that are counted wrongly": {
        "model": with_method("remove_participant", lambda self, event: self.present.pop(event.id)),
        "hidden": True},
    "a plan of the wrong kind": {"plan": {"kind": "local", "started_by": "host"}},
    "a plan that keeps hosts from pausing": {"plan": {"kind": "cloud", "host_may_pause": False}},
    "no kind by hand": {"plan": {"kinds": ()}},
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_counterexample_fails_when_it_is_played(monkeypatch, tmp_path, fault):
    if "plan" in fault:
        resolve = plan.resolve

        def wrong(*arguments):
            right = resolve(*arguments)
            return attrs.evolve(right, plan=attrs.evolve(Plan(), **fault["plan"]))

        monkeypatch.setattr(plan, "resolve", wrong)
        violations = resolve_all().violations
    else:
        put_in(monkeypatch, *fault.get("table", TABLE), model=fault.get("model", RecordingModel))
        verify_few_plans(monkeypatch)
        violations = verifier.verify(1).violations
    assert violations
    files = verify.write_counterexamples(violations, tmp_path)
    for violation, file in zip(violations, files, strict=True):
        if file is None:
            assert reproduction_steps(violation).startswith("see")
            continue
        played = CliRunner().invoke(fsm_command, ["play", str(file)])
        assert (played.exit_code, "Traceback" in played.output) == (1, False)
    # An exception, and a fault of the model alone, cannot be seen in an outcome.
    assert any(files) == ("hidden" not in fault)


def test_the_files_of_an_earlier_run_are_removed_and_no_others(run, broken_table, tmp_path):
    folder = tmp_path / "out" / "verify"
    folder.mkdir(parents=True)
    (folder / "old.yaml").write_text(f"{COUNTEREXAMPLE_MARK}title: old\n", encoding="utf-8")
    (folder / "mine.yaml").write_text("title: mine\n", encoding="utf-8")
    (folder / "folder.yaml").mkdir()
    run("--participants", "1")
    assert {path.name for path in folder.iterdir()} == {
        "mine.yaml", "folder.yaml",
        "the-answer-is-the-one-of-the-reference-rules-r9.yaml",
    }  # fmt: skip


def test_the_check_of_a_writable_folder_leaves_no_trace(tmp_path):
    verify._check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
    verify._check_writable(tmp_path)
    assert tmp_path.is_dir()
    (tmp_path / "file").write_text("a file", encoding="utf-8")
    for bad in ("file", "file/below"):
        with pytest.raises((FileExistsError, NotADirectoryError)):
            verify._check_writable(tmp_path / bad)


def test_a_violation_in_json_names_its_file(run, broken_table):
    done = run("--participants", "1", "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    [violation] = report["violations"]
    assert violation["events"] == 2
    assert violation["rules"] == ["R9"]
    assert violation["file"] == "out/verify/the-answer-is-the-one-of-the-reference-rules-r9.yaml"
    assert violation["reproduce"].startswith("see it in a meeting with {account: ")
    assert any("host_may_pause" in gap for gap in report["gaps"]) is False
    assert report["machines"]["policy"]["situations"] == 322
    assert report["participants"] == 1


def test_gaps_alone_exit_with_1(run, few_plans):
    # A single participant is never the last host but one.
    done = run("--participants", "1")
    assert done.exit_code == 1
    assert "gap: " in done.output
    assert "a gap is a row that is never taken, " in done.output
    assert "a single participant always leaves some" in done.output


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


def test_a_violation_without_a_meeting_is_reported_with_its_changes(few_plans):
    report = verifier.verify(1)
    locked = RuleViolation("It holds", ("R4",), "no\x1b", None, ("lock",), "a new console")
    report.policy.violations["It holds", ("R4",)] = locked
    report.resolved = attrs.evolve(
        report.resolved,
        violations=(RuleViolation("It is", (), "no", MeetingSettings(Account("pro"))),),
    )
    files = verify.write_counterexamples(report.violations, Path("none"))
    assert files == [None, None]
    out = io.StringIO()
    print_report(Console(file=out, width=200), report, files)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    at = lines.index("violated: It is")
    assert lines[at + 1 : at + 6] == [
        "   no",
        "   see it in a meeting with {account: {edition: pro}}",
        "violated: It holds (R4)",
        "   no\\x1b, after 1 event",
        "   see it in a new console, after: lock",
    ]


def test_progress_is_shown_on_a_terminal(monkeypatch, few_plans):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    with shown_progress("verifying", "situations", "steps") as watch:
        report = verify.verify(1, watch)
    counted = f"{report.recording.situations} situations, {report.recording.steps} steps"
    assert counted in shown.getvalue()


def test_a_violation_that_the_reference_rules_cannot_answer_is_reported_without_a_file(
    run, broken_table, monkeypatch
):
    def fails(*arguments):
        raise KeyError("panelist")

    monkeypatch.setattr(verify, "scenario_of", fails)
    done = run("--participants", "1")
    assert done.exit_code == 1
    assert "violated: " in done.output
    assert "see it in a meeting with " in done.output
