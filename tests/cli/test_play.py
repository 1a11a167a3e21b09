import json
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

from fsm.recording.rules import RULE_IDS
from fsm.scenario import load_file

EXAMPLES = Path(__file__).parents[2] / "examples" / "scenarios"
RULES_AND_PRODUCTS = {*RULE_IDS, "Windows", "macOS", "iOS", "Android", "Linux"}


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def replace(file, old, new):
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_play_shows_each_step_with_its_rule(fsm, scenario):
    code, out, err = fsm("play", scenario)
    assert (code, err) == (0, "")
    assert "Ein 会议" in out
    assert "idle → recording" in out
    assert "R13" in out
    assert "start cloud" in out
    assert "refused: not_present" in out
    assert "4 steps, ends paused, the expectation holds" in out


def test_json_output_is_one_object_a_line(fsm, scenario):
    code, out, _ = fsm("play", "--json", scenario, scenario)
    assert code == 0
    header, *steps, summary = lines(out)[:6]
    assert header["scenario"] == "Ein 会议"
    assert header["file"] == str(scenario)
    assert [step["step"] for step in steps] == [1, 2, 3, 4]
    assert summary == {"steps": 4, "state": "paused", "failed": 0}
    assert len(lines(out)) == 12


def test_a_failed_expectation_exits_with_1(fsm, scenario):
    replace(scenario, "state: recording", "state: idle")
    code, out, _ = fsm("play", scenario)
    assert code == 1
    assert "✗ state is recording, expected idle" in out
    assert "1 of 1 expectations failed" in out
    assert fsm("play", "--json", scenario)[0] == 1


def test_a_scenario_is_read_from_standard_input(fsm, scenario):
    code, out, _ = fsm("play", "--json", "-", stdin=scenario.read_text(encoding="utf-8"))
    assert code == 0
    assert lines(out)[0]["file"] == "-"


def test_no_scenario_is_played_if_a_file_is_faulty(fsm, scenario, tmp_path):
    broken = tmp_path / "b.yaml"
    broken.write_text("account: {edition: fre}\n", encoding="utf-8")
    code, out, err = fsm("play", scenario, broken)
    assert (code, out) == (2, "")
    assert err == f"{broken}:1: 'edition' cannot be 'fre' (did you mean 'free'?)\n"


def test_every_faulty_file_is_reported_on_a_line(fsm, scenario, tmp_path):
    broken = tmp_path / "b.yaml"
    broken.write_text("account: {edition: fre}\n", encoding="utf-8")
    missing = tmp_path / "c.yaml"
    code, out, err = fsm("play", broken, scenario, missing)
    assert (code, out) == (2, "")
    assert [line.split(":")[0] for line in err.splitlines()] == [str(broken), str(missing)]


def test_a_long_expectation_pads_no_other_line(fsm, scenario):
    wrong = "{state: idle, refused: not_host, recorder: [{command: stop}, {command: pause}]}"
    replace(scenario, "{state: recording}", wrong)
    _, out, _ = fsm("play", scenario)
    assert [line.split("✗ ")[1] for line in out.splitlines() if "✗" in line] == [
        "state is recording, expected idle",
        "it was accepted, expected refused: not_host",
        "recorder gets start cloud, expected stop, pause",
    ]
    assert [line for line in out.splitlines() if line != line.rstrip()] == []
    _, out, _ = fsm("play", "--step", scenario)
    assert not [line for line in out.splitlines() if "✓" in line and line != line.rstrip()]


def test_control_characters_of_a_title_are_escaped(fsm, scenario):
    scenario.write_text('title: "a\\e[31mb"\naccount: {edition: free}\n', encoding="utf-8")
    _, out, _ = fsm("play", scenario)
    assert "\x1b" not in out
    assert "a\\x1b[31mb" in out


def test_a_join_that_starts_nothing_names_the_missing_guard(fsm, scenario):
    scenario.write_text(
        "account: {edition: pro}\nuser: {auto_record: true}\nevents:\n"
        '  - join: {id: a, role: host, platform: ios, version: "3.16"}\n',
        encoding="utf-8",
    )
    assert "starts nothing: needs version 3.17 or later" in fsm("play", scenario)[1]


def test_a_choice_that_is_passed_over_is_shown(fsm, scenario):
    scenario.write_text(
        "account: {edition: pro}\nbooking: {auto_record: true, kind: local}\n", encoding="utf-8"
    )
    assert (
        "the booking's choice 'local, started by a host' is passed over" in fsm("play", scenario)[1]
    )


def test_stepping_shows_the_machine_after_each_step(fsm, scenario):
    code, out, _ = fsm("play", "--step", scenario)
    assert code == 0
    assert out.count("[ idle ]") == 1
    assert out.count("[ paused ]") == 2
    assert "alice (host, windows)" in out
    assert "it needs 'requester is present'" in out


def test_stepping_waits_for_a_key_and_q_leaves_every_scenario(scenario):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "fsm", "play", "--step", str(scenario), str(scenario)],
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        for number, key in enumerate((b" ", b"q")):
            prompt = f"{number}/4 any key: next step, q: quit ".encode()
            assert process.stderr.read(len(prompt)) == prompt
            time.sleep(0.2)  # the terminal drops what is typed before it waits
            os.write(ours, key)
            assert process.stderr.read(1) == b"\n"
        out = process.stdout.read()
        assert process.wait(timeout=60) == 0
    os.close(ours)
    os.close(theirs)
    assert out.decode().count("status ") == 1
    assert "left after 1 of 4 steps, the expectation holds" in out.decode()


def test_the_trace_of_a_scenario_is_drawn(fsm, scenario, tmp_path):
    target = tmp_path / "new" / "path.svg"
    code, out, _ = fsm("play", scenario, "--draw", target)
    assert code == 0
    assert f"drew {target}" in out
    assert target.read_bytes().startswith(b"<?xml")


def test_several_scenarios_are_drawn_into_numbered_files(fsm, scenario, tmp_path):
    code, out, err = fsm("play", "--json", scenario, scenario, "--draw", tmp_path / "p.png")
    assert code == 0
    assert len(lines(out)) == 12
    assert err.splitlines() == [f"drew {tmp_path}/p-1.png", f"drew {tmp_path}/p-2.png"]
    assert (tmp_path / "p-2.png").read_bytes().startswith(b"\x89PNG")


def test_a_diagram_that_cannot_be_written_is_bad_input(fsm, scenario, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = fsm("play", scenario, "--draw", tmp_path / "file" / "x.svg")
    assert code == 2
    assert "cannot be written" in err
    assert err.count("\n") == 1


def test_accept_writes_what_happens_now_into_the_expectations(fsm, scenario):
    before = scenario.read_text(encoding="utf-8")
    scenario.chmod(0o640)
    replace(scenario, "state: recording", "state: idle")
    code, out, err = fsm("play", "--accept", scenario)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{scenario}:6: step 1: state: idle → recording",
        "accepted 1 value in 1 file",
    ]
    assert scenario.read_text(encoding="utf-8") == before
    assert scenario.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in scenario.parent.iterdir()] == [scenario.name]
    assert fsm("play", "--accept", scenario)[:2] == (
        0,
        "nothing to accept: every expectation holds\n",
    )


def test_accept_writes_no_file_if_one_is_faulty(fsm, scenario, tmp_path):
    replace(scenario, "state: recording", "state: idle")
    before = scenario.read_text(encoding="utf-8")
    broken = tmp_path / "b.yaml"
    broken.write_text("account: {edition: fre}\n", encoding="utf-8")
    code, out, err = fsm("play", "--accept", scenario, broken)
    assert (code, out) == (2, "")
    assert err == f"{broken}:1: 'edition' cannot be 'fre' (did you mean 'free'?)\n"
    assert scenario.read_text(encoding="utf-8") == before


def test_accept_leaves_a_file_that_cannot_be_replaced_as_it_was(fsm, scenario, monkeypatch):
    replace(scenario, "state: recording", "state: idle")
    before = scenario.read_text(encoding="utf-8")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, out, err = fsm("play", "--accept", scenario)
    assert (code, out) == (2, "")
    assert err.startswith(f"{scenario}: cannot be written: No space left on device")
    assert scenario.read_text(encoding="utf-8") == before
    assert [each.name for each in scenario.parent.iterdir()] == [scenario.name]


def test_accept_refuses_standard_input_and_other_output(fsm, scenario):
    code, _, err = fsm("play", "--accept", "-")
    assert (code, err) == (2, "fsm: --accept cannot rewrite standard input (name a file)\n")
    for option in (["--json"], ["--step"], ["--draw", "a.svg"]):
        code, _, err = fsm("play", "--accept", *option, scenario)
        assert (code, err.count("\n")) == (2, 1)
        assert "--accept excludes --json, --step, --draw and --against" in err


def test_the_text_is_in_chinese(fsm, scenario):
    code, out, err = fsm("play", "--lang", "zh", scenario)
    assert (code, err) == (0, "")
    assert "Ein 会议" in out
    assert (
        "管理状态：可自由选择 · 方案：云录制，主持人入会后开启，主持人可以暂停（由用户设置决定）"
        in out
    )
    assert "入会 alice 主持人 Windows" in out
    assert "未录制 → 录制中" in out
    assert "开始录制 云录制" in out
    assert "拒绝：不在会中" in out
    assert "4 步，结束时为已暂停，预期相符" in out
    replace(scenario, "state: recording", "state: idle")
    code, out, _ = fsm("play", "--lang", "zh", scenario)
    assert code == 1
    assert "✗ 状态为录制中，预期为未录制" in out
    assert "1 个预期中有 1 个不符" in out


def test_stepping_explains_in_chinese(fsm, scenario):
    _, out, _ = fsm("play", "--step", "--lang", "zh", scenario)
    assert "[ 录制中 ]" in out
    assert "alice（主持人，Windows）  可以：暂停录制，结束录制，结束会议" in out
    assert "carl（成员，网页）  现在不可进行任何操作" in out
    assert "“已暂停”时拒绝“暂停录制”：须满足“操作者在会中”（操作者：bob，bob 在会：否）" in out


def test_no_english_word_is_left_in_the_text_of_any_example(fsm):
    for file in sorted(EXAMPLES.glob("*.yaml")):
        [code, out, _] = fsm("play", "--step", "--lang", "zh", file)
        assert code == 0
        kept = ids_and_versions(file) | RULES_AND_PRODUCTS | {"ID", str(file)}
        for line in (*out.splitlines(), *fsm("plan", "--lang", "zh", file)[1].splitlines()):
            for text in sorted(kept, key=len, reverse=True):
                line = line.replace(text, "")
            assert re.findall("[A-Za-z]+", line) == [], (file.name, line)


def ids_and_versions(file):
    """The ids, versions and details in the scenarios of a file."""
    return {
        str(value)
        for scenario in load_file(str(file))
        for step in scenario.steps
        for fields in step.written.values()
        if isinstance(fields, dict)
        for name, value in fields.items()
        if name in ("id", "by", "version", "detail") and value
    }


def test_json_has_no_language(fsm, scenario):
    replace(scenario, "state: recording", "state: idle")
    assert fsm("play", "--json", "--lang", "zh", scenario) == fsm("play", "--json", scenario)


def test_a_chinese_trace_is_drawn(fsm, scenario, tmp_path):
    code, out, _ = fsm("play", "--lang", "zh", scenario, "--draw", tmp_path / "a.svg")
    assert (code, f"已绘制 {tmp_path / 'a.svg'}" in out) == (0, True)
    assert "录制中" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_an_example_has_its_chinese_title_in_the_text_and_in_the_trace(fsm, tmp_path):
    day, svg = EXAMPLES / "a-working-day.yaml", tmp_path / "day.svg"
    code, out, _ = fsm("play", "--lang", "zh", day, "--draw", svg)
    assert code == 0
    assert out.startswith(f"周一计划会：从第一人入会到最后一人离会 ({day})\n")
    assert "周一计划会：从第一人入会到最后一人离会" in svg.read_text(encoding="utf-8")
    assert "Monday" not in svg.read_text(encoding="utf-8")


def test_an_unknown_language_is_one_line(fsm, scenario):
    for command in ("play", "plan"):
        code, out, err = fsm(command, "--lang", "fr", scenario)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert "'fr' is not one of 'en', 'zh'" in err
