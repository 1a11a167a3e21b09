import io
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fsm import cli

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
    """Run the command and return its exit code, its output and its complaints."""

    def run(*arguments, stdin=""):
        monkeypatch.setattr(sys, "argv", ["fsm", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = 0
        try:
            cli.main()
        except SystemExit as leaving:
            code = leaving.code or 0
        out, err = capfd.readouterr()
        return code, out, err

    return run


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def test_play_shows_each_step_with_its_rule(fsm, scenario):
    code, out, err = fsm("play", scenario)
    assert (code, err) == (0, "")
    assert "Ein 会议" in out
    assert "idle → recording" in out
    assert "R13" in out
    assert "start cloud" in out
    assert "refused: not_present" in out
    assert "3 steps, ends paused, the expectation holds" in out


def test_play_writes_one_json_object_a_line(fsm, scenario):
    code, out, _ = fsm("play", "--json", scenario, scenario)
    assert code == 0
    header, *steps, summary = lines(out)[:5]
    assert header["scenario"] == "Ein 会议"
    assert header["file"] == str(scenario)
    assert [step["step"] for step in steps] == [1, 2, 3]
    assert summary == {"steps": 3, "state": "paused", "failed": 0}
    assert len(lines(out)) == 10


def test_an_expectation_that_does_not_hold_makes_it_exit_1(fsm, scenario):
    scenario.write_text(SCENARIO.replace("state: recording", "state: idle"), encoding="utf-8")
    code, out, _ = fsm("play", scenario)
    assert code == 1
    assert "✗ state is recording, expected idle" in out
    assert "1 of 1 expectations failed" in out
    assert fsm("play", "--json", scenario)[0] == 1


def test_a_scenario_comes_from_standard_input(fsm):
    code, out, _ = fsm("play", "--json", "-", stdin=SCENARIO)
    assert code == 0
    assert lines(out)[0]["file"] == "-"


def test_nothing_is_played_when_one_of_the_files_is_broken(fsm, scenario, tmp_path):
    broken = tmp_path / "b.yaml"
    broken.write_text("account: {edition: fre}\n", encoding="utf-8")
    code, out, err = fsm("play", scenario, broken)
    assert (code, out) == (2, "")
    assert err == f"{broken}:1: 'edition' cannot be 'fre' (did you mean 'free'?)\n"


def test_every_broken_file_gets_a_line_and_the_good_ones_are_not_played(fsm, scenario, tmp_path):
    broken = tmp_path / "b.yaml"
    broken.write_text("account: {edition: fre}\n", encoding="utf-8")
    missing = tmp_path / "c.yaml"
    code, out, err = fsm("play", broken, scenario, missing)
    assert (code, out) == (2, "")
    assert [line.split(":")[0] for line in err.splitlines()] == [str(broken), str(missing)]


def test_what_was_expected_makes_no_other_line_longer(fsm, scenario):
    wrong = "{state: idle, refused: not_host, recorder: [{command: stop}, {command: pause}]}"
    scenario.write_text(SCENARIO.replace("{state: recording}", wrong), encoding="utf-8")
    _, out, _ = fsm("play", scenario)
    assert [line.split("✗ ")[1] for line in out.splitlines() if "✗" in line] == [
        "state is recording, expected idle",
        "refused is None, expected not_host",
        "recorder gets start cloud, expected stop, pause",
    ]
    assert [line for line in out.splitlines() if line != line.rstrip()] == []
    _, out, _ = fsm("play", "--step", scenario)
    assert not [line for line in out.splitlines() if "✓" in line and line != line.rstrip()]


def test_a_name_cannot_steer_the_terminal(fsm, scenario):
    scenario.write_text(
        'title: "a\\e[31mb"\naccount: {edition: fre}\n'.replace("fre}", "free}"), encoding="utf-8"
    )
    _, out, _ = fsm("play", scenario)
    assert "\x1b" not in out
    assert "a\\x1b[31mb" in out


def test_stepping_shows_the_machine_after_each_step(fsm, scenario):
    code, out, _ = fsm("play", "--step", scenario)
    assert code == 0
    assert out.count("[ idle ]") == 1
    assert out.count("[ paused ]") == 2
    assert "alice (host, windows)" in out
    assert "it needs 'requester is present'" in out


def test_stepping_waits_for_a_key_and_leaves_on_q(scenario):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", "play", "--step", str(scenario)],
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        for number, key in enumerate((b" ", b"q")):
            prompt = f"{number}/3 any key: next step, q: quit ".encode()
            assert process.stderr.read(len(prompt)) == prompt
            time.sleep(0.2)  # the terminal drops what is typed before it waits
            os.write(ours, key)
            assert process.stderr.read(1) == b"\n"
        out = process.stdout.read()
        assert process.wait(timeout=60) == 0
    os.close(ours)
    os.close(theirs)
    assert "left after 1 of 3 steps, the expectation holds" in out.decode()


def test_the_path_of_a_scenario_is_drawn(fsm, scenario, tmp_path):
    target = tmp_path / "new" / "path.svg"
    code, out, _ = fsm("play", scenario, "--draw", target)
    assert code == 0
    assert f"drew {target}" in out
    assert target.read_bytes().startswith(b"<?xml")


def test_several_scenarios_are_drawn_into_numbered_files(fsm, scenario, tmp_path):
    code, out, err = fsm("play", "--json", scenario, scenario, "--draw", tmp_path / "p.png")
    assert code == 0
    assert len(lines(out)) == 10
    assert err.splitlines() == [f"drew {tmp_path}/p-1.png", f"drew {tmp_path}/p-2.png"]
    assert (tmp_path / "p-2.png").read_bytes().startswith(b"\x89PNG")


def test_plan_shows_status_form_and_reasons(fsm, scenario):
    code, out, _ = fsm("plan", scenario)
    assert code == 0
    assert "status free" in out
    assert "☐ auto-record: ◉ cloud, started by a host, ○ cloud, started by anyone" in out
    assert "the user's choice (R11)" in out


def test_plan_says_when_the_form_is_locked_or_not_shown(fsm, scenario):
    scenario.write_text(
        "account: {edition: business, auto_record: {enabled: true, locked: true, kind: local}}\n"
        "---\naccount: {edition: business, auto_record: {locked: true}}\n",
        encoding="utf-8",
    )
    _, out, _ = fsm("plan", scenario)
    assert "☑" in out
    assert "(locked: ask the admin)" in out
    assert "form: not shown" in out
    assert "no auto-recording (nobody chose it)" in out


def test_plan_writes_one_json_object_a_scenario(fsm, scenario):
    _, out, _ = fsm("plan", "--json", scenario)
    [line] = lines(out)
    assert line["plan"] == {
        "kind": "cloud", "started_by": "host", "host_may_pause": True, "source": "user",
    }  # fmt: skip


def test_rules_shows_every_rule_with_what_carries_it(fsm, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, out, _ = fsm("rules")
    assert code == 0
    assert "R17 A local recording stops" not in out
    assert "R17 The causes that stop a local recording" in out
    assert "recording: leave [the recording client] recording → stopped" in out
    assert "D13 " in out


def test_rules_writes_one_json_object_a_rule(fsm, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    _, out, _ = fsm("rules", "--json")
    found = {line["rule"]: line for line in lines(out)}
    assert len(found) == 30
    assert set(found["R9"]) == {
        "rule", "title", "rows", "conditions", "code", "promises", "scenarios", "tests",
    }  # fmt: skip
    assert any("host_may_pause" in each for each in found["R9"]["conditions"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plya", "x"], "'play'"),
        (["play"], "Missing argument 'FILE...'"),
        (["play", "--jsn", "x"], "--json"),
        (["play", "--json", "--step", "x"], "do not go together"),
        (["play", "-", "-"], "- is given twice"),
        (["rules", "R99"], "there is no rule 'R99' (there are R1 to R17 and D1 to D13)"),
        (["rules", "R9", "x"], "there is no rule 'x' (there are R1 to R17 and D1 to D13)"),
        (["rules", ""], "there is no rule ''"),
        (["play", "x", "--draw", "x.gif"], "ends in .svg or .png"),
        (["draw", "recordin"], "did you mean 'recording'?"),
        (["draw", "--format", "gif"], "svg, png, dot, mermaid"),
    ],
)
def test_a_wrong_call_gets_one_line_and_exit_2(fsm, arguments, words):
    code, out, err = fsm(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_what_cannot_be_written_gets_one_line_and_exit_2(fsm, scenario, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = fsm("play", scenario, "--draw", tmp_path / "file" / "x.svg")
    assert code == 2
    assert "cannot be written" in err
    assert err.count("\n") == 1


def test_without_a_command_the_help_is_shown(fsm):
    code, _, err = fsm()
    assert code == 2
    assert "Commands:" in err


@pytest.mark.parametrize("command", [[], ["play"], ["plan"], ["draw"], ["rules"]])
def test_every_command_takes_help(fsm, command):
    code, out, err = fsm(*command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: fsm")


def test_a_reader_that_has_read_enough_ends_it_quietly(scenario):
    many = [str(scenario)] * 400
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", "play", "--json", *many],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE


@pytest.mark.parametrize(
    ("redirection", "words"),
    [
        (">&-", "fsm: standard output is closed"),
        (">/dev/full", "fsm: the output cannot be written: No space left on device"),
        ("<&-", "-:1: the file cannot be read: standard input is closed"),
    ],
)
def test_a_stream_that_is_closed_or_full_gets_one_line_and_exit_2(redirection, words):
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m fsm play --json - {redirection}"],
        input=SCENARIO.encode(), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.decode().startswith(words)
    assert done.stderr.count(b"\n") == 1


def test_a_join_that_starts_nothing_says_what_it_would_need(fsm, scenario):
    scenario.write_text(
        "account: {edition: pro}\nuser: {auto_record: true}\nevents:\n"
        '  - join: {id: a, role: host, platform: ios, version: "3.16"}\n',
        encoding="utf-8",
    )
    assert "starts nothing: needs version 3.17 or later" in fsm("play", scenario)[1]


def test_a_choice_that_is_passed_over_is_told_where_it_is_played(fsm, scenario):
    scenario.write_text(
        "account: {edition: pro}\nbooking: {auto_record: true, kind: local}\n", encoding="utf-8"
    )
    assert (
        "the booking's choice 'local, started by a host' is passed over" in fsm("play", scenario)[1]
    )


def test_rules_shows_only_the_rules_that_are_asked_for(fsm):
    out = fsm("rules", "r13", "D5")[1]
    assert [line[:3] for line in out.splitlines() if line[0] in "RD"] == ["R13", "D5 "]


def test_a_rule_is_found_however_it_is_written(fsm):
    for written in ("R9", "r9", "r09", " R9 "):
        out = fsm("rules", written)[1]
        assert [line[:3] for line in out.splitlines() if line[0] in "RD"] == ["R9 "]


@pytest.mark.parametrize("command", ["verify", "draw"])
def test_the_help_says_what_a_gap_and_mc_dc_are(fsm, command):
    out = " ".join(fsm(command, "--help")[1].split())
    assert "A gap is a " in out
    assert "MC/DC" in out


@pytest.mark.parametrize(
    ("module", "right", "wrong", "row"),
    [
        ("table", '"joins_as_host"', '"joins_as_hots"', "trigger 'join' in state 'idle'"),
        ("table", '"is_absent")', '"is_absnet")', "trigger 'join'"),
        (
            "policy_table",
            '("own_kind_is_on",)',
            '("own_kind_on",)',
            "trigger 'enable' in state 'free'",
        ),
    ],
)
def test_a_slip_in_a_table_is_one_line_that_names_row_and_condition(
    tmp_path, module, right, wrong, row
):
    shutil.copytree(
        Path(cli.__file__).parent, tmp_path / "fsm", ignore=shutil.ignore_patterns("__pycache__")
    )
    table = tmp_path / "fsm" / "recording" / f"{module}.py"
    text = table.read_text(encoding="utf-8")
    assert right in text
    table.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "fsm", "rules"],
        cwd=tmp_path, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("fsm: machine ")
    assert row in done.stderr
    assert f"'{wrong.strip('(,)').strip(chr(34))}' is neither on " in done.stderr


def test_output_fits_a_terminal_that_knows_only_ascii(scenario):
    for arguments in (["play", "--json"], ["play"], ["plan"]):
        done = subprocess.run(
            [sys.executable, "-m", "fsm", *arguments, str(scenario)],
            capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()


def test_a_part_that_is_not_installed_is_named_with_its_extra(scenario, tmp_path):
    hidden = tmp_path / "sitecustomize.py"
    hidden.write_text("import sys\nsys.modules['pygraphviz'] = None\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "fsm", "draw", "-o", str(tmp_path / "d")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == ("fsm: 'pygraphviz' is not installed (pip install 'meeting-fsm[draw]')\n")
