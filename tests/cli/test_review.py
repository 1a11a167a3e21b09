import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

import fsm as package
from fsm.cli import fsm_command

from ..review.edits import REFACTORINGS, Edited, copy_with, review_few_meetings

PACKAGE = Path(package.__file__).parent


_STOP_ROW = """    TableRow("stop", _ACTIVE, "stopped",
        when=("records_to_cloud", "host_may_pause\""""
STOP_FOR_ALL_HOSTS = Edited(
    "a stop without the permission",
    (("table.py", _STOP_ROW, _STOP_ROW.replace('"host_may_pause"', "*()")),),
)


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory):
    """A version whose stop needs no permission, and the folder and the output of its review."""
    version, folder = tmp_path_factory.mktemp("version"), tmp_path_factory.mktemp("review")
    copy_with(STOP_FOR_ALL_HOSTS, version)
    for name in ("02-old.svg", "mine.svg", "mine.yaml", "policy-changes.svg"):
        (folder / name).touch()
    (folder / "09-old.yaml").write_text("# Written by fsm review, whose next run removes it.\n")
    with pytest.MonkeyPatch.context() as patched:
        review_few_meetings(patched)
        arguments = ["review", version, "-o", folder, "--participants", 1]
        done = CliRunner().invoke(fsm_command, list(map(str, arguments)))
    return version, folder, done


def test_a_difference_is_reported_in_markdown_and_exits_with_1(reviewed):
    _, folder, done = reviewed
    assert done.exit_code == 1
    sentence = (
        "stop by a host: before stopped, recorder gets stop host_stopped, "
        "now refused: host_may_not_pause"
    )
    assert f"## 1. {sentence}".replace("_", "\\_") in done.stdout
    assert "added guards: **plan: host may pause**" in done.stdout
    assert done.stdout == (folder / "review.md").read_text(encoding="utf-8")
    assert done.stderr == f"wrote {folder}\n"


def test_files_of_an_earlier_review_are_removed_and_no_others(reviewed):
    _, folder, _ = reviewed
    stem = "01-stop-by-a-host-before-stopped-recorder-gets-stop-host"
    assert sorted(file.name for file in folder.iterdir()) == [
        f"{stem}.svg", f"{stem}.yaml", "mine.svg", "mine.yaml", "recording-changes.svg",
        "review.md",
    ]  # fmt: skip


def test_the_example_holds_here_and_plays_differently_there(reviewed, fsm):
    version, folder, _ = reviewed
    [example] = folder.glob("01-*.yaml")
    code, out, _ = fsm("play", example)
    assert (code, "all 2 expectations hold" in out) == (0, True)
    code, out, err = fsm("play", example, "--against", version)
    assert (code, err) == (1, "")
    assert "step 2: stop alice" in out
    assert "before: stopped, recorder gets stop host_stopped (R16)" in out
    assert "now:    refused: host_may_not_pause (R9)" in out
    assert "2 steps, 1 different" in out
    _, out, _ = fsm("play", example, "--against", version, "--lang", "zh")
    assert "第 2 步：结束录制 alice" in out
    assert "原为：已停止录制，录制命令：结束录制 主持人结束录制（R16）" in out
    assert "现为：拒绝：主持人不可暂停（R9）" in out
    assert "2 步，1 步不同" in out


def test_play_against_prints_the_differing_steps_as_json(reviewed, fsm):
    version, folder, _ = reviewed
    [example] = folder.glob("01-*.yaml")
    code, out, _ = fsm("play", example, "--against", version, "--json")
    header, step, summary = map(json.loads, out.splitlines())
    assert code == 1
    assert header["old"] == header["new"]
    assert header["new"]["status"] == "locked_on"
    assert (step["step"], step["old"]["state"], step["new"]["state"]) == (2, "stopped", "recording")
    assert step["new"]["refused"] == "host_may_not_pause"
    assert summary == {"steps": 2, "different": 1}


def test_play_against_the_same_version_finds_nothing(scenario, fsm):
    code, out, _ = fsm("play", scenario, "--against", PACKAGE.parent)
    assert code == 0
    assert "4 steps, none different" in out


def test_play_against_shows_another_plan_and_unknown_keys(tmp_path, scenario, fsm):
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(f"{text}  - recorder_failed: {{detail: full}}\n", encoding="utf-8")
    field = "(default=None, validator=optional(instance_of(str)))\n\n\ndef _valid_set"
    unset = field.replace("validator=optional(instance_of(str))", "init=False")
    other = Edited(
        "an older version",
        (
            ("plan.py", 'Option("cloud", "anyone"))', 'Option("cloud", "anyone"))[1:]'),
            ("events.py", "    detail: str | None =", "    _detail: str | None ="),
            ("events.py", field, unset),
        ),
    )
    copy_with(other, tmp_path / "version")
    code, out, _ = fsm("play", scenario, "--against", tmp_path / "version")
    assert code == 1
    assert "before: status free · plan: kind None" in out
    assert "now:    status free · plan: kind cloud" in out
    assert "before: an error: " in out
    _, out, _ = fsm("play", scenario, "--against", tmp_path / "version", "--lang", "zh")
    assert "原为：管理状态：可自由选择 · 方案：方案的方式：无" in out
    assert "由谁决定：用户" in out


def test_a_refactoring_of_the_table_is_no_change(fsm, tmp_path, monkeypatch):
    review_few_meetings(monkeypatch)
    [split] = [each for each in REFACTORINGS if each.name == "a row is split by its states"]
    version, folder = copy_with(split, tmp_path / "version"), tmp_path / "review"
    code, out, err = fsm("review", version, "-o", folder, "--participants", 1, "--json")
    result = json.loads(out)
    assert (code, err) == (0, f"wrote {folder}\n")
    assert result["changes"] == result["added"] == result["removed"] == result["tables"] == []
    assert result["settings"] > 29_000
    report = (folder / "review.md").read_text(encoding="utf-8")
    assert "**Nothing changed**" in report


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["review"], "Missing argument 'REV' (such as: fsm review HEAD)"),
        (["review", "no-such-thing"], "fsm review: 'no-such-thing' is neither a directory nor"),
        (["review", "."], "fsm review: '.' holds no version of the project"),
        (["review", "HEAD", "--participants", "9"], "is not a number of participants (1 to 6)"),
        (["review", "HEAD", "-o", "a.yaml"], "fsm review: a.yaml is a file (name a folder)"),
        (["play", "a.yaml", "--against", "."], "fsm play: '.' holds no version of the project"),
        (["play", "a.yaml", "--against", ".", "--step"], "--against excludes --step and --draw"),
        (["play", "a.yaml", "--against", ".", "--draw", "a.svg"], "--against excludes"),
        (["play", "a.yaml", "--against"], "(such as: fsm play examples/scenarios/"),
    ],
)
def test_bad_input_gets_one_line(fsm, scenario, monkeypatch, tmp_path, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    code, out, err = fsm(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert complaint in err
