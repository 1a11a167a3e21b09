"""Scenarios with waits and timers on the terminal."""

import json
import re

import pytest

from fsm.scenario import parse

from ..review.edits import PACKAGE, Edited, copy_with

CONTRACT = """\
title: The pause permission is off
account:
  edition: enterprise
  cloud_recording: true          # master switches, both on by default
  local_recording: true
  auto_record: {enabled: true, locked: true, kind: cloud, start_on_any_join: false, host_may_pause: false}
user:    {auto_record: true, kind: cloud, started_by: host}   # optional; started_by: host | anyone
booking: {auto_record: false}                                  # optional, same shape as user
meeting: {id: m-1, type: scheduled, grace: 10, end_when_empty: 3600}   # optional, and so is each key
events:
  - join: {id: bob, role: member, platform: ios, version: "3.20"}
  - join: {id: alice, role: host, platform: windows}
    expect: {state: recording, recorder: [{command: start, kind: cloud, client: null}], rule: R13}
  - pause: {by: alice}
    expect: {state: recording, refused: host_may_not_pause}
  - leave: {id: alice}
    expect: {state: recording, timers: [{set: grace, after: 10}]}
  - wait: 30                     # seconds pass; timers that are up by then fire, in their order
    expect: {state: stopped, recorder: [{command: stop, reason: hosts_left}]}
"""  # noqa: E501
LINES = """\
{"scenario": "The pause permission is off", "file": "x.yaml", "document": 1, "status": "locked_on", "plan": {"kind": "cloud", "started_by": "host", "host_may_pause": false, "source": "console"}}
{"step": 1, "event": {"join": {"id": "bob", "role": "member", "platform": "ios", "version": "3.20"}}, "before": "idle", "state": "idle", "recorder": [], "refused": null, "rules": [], "timers": []}
{"step": 2, "event": {"join": {"id": "alice", "role": "host", "platform": "windows"}}, "before": "idle", "state": "recording", "recorder": [{"command": "start", "kind": "cloud", "client": null}], "refused": null, "rules": ["R13"], "timers": []}
{"step": 3, "event": {"pause": {"by": "alice"}}, "before": "recording", "state": "recording", "recorder": [], "refused": "host_may_not_pause", "rules": ["R9"], "timers": []}
{"step": 4, "event": {"leave": {"id": "alice"}}, "before": "recording", "state": "recording", "recorder": [], "refused": null, "rules": ["D14"], "timers": [{"set": "grace", "after": 10}]}
{"step": 5, "event": {"wait": 30}, "before": "recording", "state": "stopped", "recorder": [{"command": "stop", "reason": "hosts_left"}], "refused": null, "rules": ["D14", "R16"], "timers": [{"up": "grace"}]}
{"steps": 5, "state": "stopped", "failed": 0}
"""  # noqa: E501


_GRACE_ROW = """        when=("grace_ends_without_hosts",),
        timers=("use_up_timer",), actions=("clear_recording",),
        command=StopRecorder("hosts_left\""""
OTHER_REASON = Edited(
    "a grace that ends with another reason",
    (("table.py", _GRACE_ROW, _GRACE_ROW.replace("hosts_left", "everyone_left")),),
)


@pytest.fixture
def contract(tmp_path, monkeypatch):
    """The example of the scenario format, as the file ``x.yaml`` in the present directory."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "x.yaml"
    file.write_text(CONTRACT, encoding="utf-8")
    return file


def test_the_example_of_the_format_gives_exactly_its_lines(fsm, contract):
    assert fsm("play", "--json", "x.yaml") == (0, LINES, "")


def test_the_table_names_the_timers(fsm, contract):
    code, out, _ = fsm("play", "x.yaml")
    rows = [re.sub(" {2,}", " | ", line.strip()) for line in out.splitlines()]
    assert code == 0
    assert "4 | leave alice | recording | D14 | set grace after 10 s | ✓" in rows
    assert "5 | wait 30 | recording → stopped | D14 R16 | stop hosts_left; grace is up | ✓" in rows
    assert rows[-2] == "5 steps, ends stopped, all 4 expectations hold"


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        ("3", "the recording stops in 7 s unless a host joins"),
        ("3.5", "the recording stops in 7 s unless a host joins"),
        ("9.999", "the recording stops in 1 s unless a host joins"),
    ],
)
def test_stepping_says_what_a_timer_will_do(fsm, contract, wait, words):
    contract.write_text(CONTRACT.replace("  - wait: 30 ", f"  - wait: {wait}\n  - wait: 30 "))
    code, out, _ = fsm("play", "--step", "x.yaml")
    assert code == 0
    assert [line.strip() for line in out.splitlines() if "unless" in line] == [
        "the recording stops in 10 s unless a host joins", words,
    ]  # fmt: skip


def test_stepping_says_who_keeps_a_meeting_and_a_recording_of_anyone(fsm):
    text = """\
account: {edition: pro}
user: {auto_record: true, kind: cloud, started_by: anyone}
meeting: {grace: 10, end_when_empty: 60}
events: [{join: {id: bob, role: member, platform: ios}}, {leave: {id: bob}}]
"""
    _, out, _ = fsm("play", "--step", "-", stdin=text)
    assert [line.strip() for line in out.splitlines() if "unless" in line] == [
        "the recording stops in 10 s unless somebody joins",
        "the meeting ends in 1 min unless somebody joins",
    ]


def test_a_wait_that_fails_its_expectation_exits_with_1(fsm, contract):
    contract.write_text(
        CONTRACT.replace("reason: hosts_left}]", "reason: hosts_left}], timers: []")
    )
    code, out, _ = fsm("play", "x.yaml")
    assert code == 1
    assert "✗ timers: grace is up, expected nothing" in out


def test_a_wrong_wait_is_one_line_of_bad_input(fsm, contract):
    contract.write_text(CONTRACT.replace("wait: 30 ", "wait: -1 "))
    code, out, err = fsm("play", "x.yaml")
    assert (code, out) == (2, "")
    assert err == (
        "x.yaml:18: a wait must be 0 to 31,536,000 seconds with at most three decimals, not -1 "
        "(such as: 30)\n"
    )


def test_accept_brings_timers_up_to_date(fsm, contract):
    wrong = CONTRACT.replace("{set: grace, after: 10}", "{cancel: empty}").replace(
        "reason: hosts_left}]}", "reason: hosts_left}], timers: []}"
    )
    contract.write_text(wrong, encoding="utf-8")
    code, out, _ = fsm("play", "--accept", "x.yaml")
    assert (code, out.splitlines()) == (0, [
        "x.yaml:17: step 4: timers: cancel empty → set grace after 10 s",
        "x.yaml:19: step 5: timers: nothing → grace is up",
        "accepted 2 values in 1 file",
    ])  # fmt: skip
    text = contract.read_text(encoding="utf-8")
    assert text == CONTRACT.replace(
        "reason: hosts_left}]}", "reason: hosts_left}], timers: [{up: grace}]}"
    )
    assert parse(text.encode())
    assert fsm("play", "--accept", "x.yaml")[1].startswith("nothing to accept")


def test_a_wait_is_played_against_another_version(fsm, contract, tmp_path):
    assert fsm("play", "x.yaml", "--against", PACKAGE.parent)[:2] == (
        0, "The pause permission is off (x.yaml)\n5 steps, none different\n\n",
    )  # fmt: skip
    copy_with(OTHER_REASON, tmp_path / "version")
    code, out, err = fsm("play", "x.yaml", "--against", tmp_path / "version")
    assert (code, err) == (1, "")
    assert out.splitlines()[1:4] == [
        "step 5: wait 30",
        "  before: stopped, recorder gets stop everyone_left, timers: grace is up (D14 R16)",
        "  now:    stopped, recorder gets stop hosts_left, timers: grace is up (D14 R16)",
    ]
    _, out, _ = fsm("play", "x.yaml", "--against", tmp_path / "version", "--json")
    _, step, summary = map(json.loads, out.splitlines())
    assert step["event"] == {"wait": 30}
    assert step["old"]["timers"] == step["new"]["timers"] == [{"up": "grace"}]
    assert summary == {"steps": 5, "different": 1}


def test_a_scenario_of_waits_alone_plays(fsm_json, tmp_path):
    file = tmp_path / "w.json"
    file.write_text(json.dumps({"account": {"edition": "pro"}, "events": [{"wait": 1.5}] * 2}))
    lines = fsm_json("play", "--json", file)
    assert [line["event"] for line in lines[1:-1]] == [{"wait": 1.5}] * 2
    assert lines[-1] == {"steps": 2, "state": "idle", "failed": 0}


def test_a_version_that_refuses_the_settings_compares_no_step(fsm, contract, tmp_path):
    edits = (("plan.py", "MAX_GRACE: Final = 600", "MAX_GRACE: Final = 5"),)
    copy_with(Edited("a shorter grace", edits), tmp_path / "version")
    code, out, _ = fsm("play", "x.yaml", "--against", tmp_path / "version")
    assert code == 1
    assert "before: grace must be a whole number from 0 to 5, not 10" in out
    assert "5 steps, none compared" in out
