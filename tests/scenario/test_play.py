import json

import pytest

from fsm.recording import Join, StartRecorder
from fsm.scenario import open_meeting, parse, play, report
from fsm.scenario.play import commands_data, describe_commands

TEXT = """\
title: The pause permission is off
account:
  edition: enterprise
  auto_record: {enabled: true, locked: true, kind: cloud, host_may_pause: false}
booking: {auto_record: false}
events:
  - join: {id: bob, role: member, platform: ios, version: "3.20"}
  - join: {id: alice, role: host, platform: windows}
    expect: {state: recording, recorder: [{command: start, kind: cloud, client: null}], rule: R13}
  - pause: {by: alice}
    expect: {state: recording, refused: host_may_not_pause}
  - leave: {id: alice}
    expect: {state: stopped, recorder: [{command: stop, reason: hosts_left}]}
"""


def played(text):
    [scenario] = parse(text.encode(), "x.yaml")
    meeting = open_meeting(scenario)
    return scenario, list(play(scenario, meeting, explained=True)), meeting


def test_a_scenario_is_played_to_its_end():
    _, steps, meeting = played(TEXT)
    assert [step.outcome.state for step in steps] == ["idle", "recording", "recording", "stopped"]
    assert not any(step.unexpected for step in steps)
    assert meeting.state == "stopped"


def test_a_played_step_has_its_row_and_its_explanation():
    _, steps, _ = played(TEXT)
    [joined], [paused] = steps[1].decided, steps[2].decided
    assert (joined.row.source, joined.row.target) == ("idle", "recording")
    assert (joined.event, joined.outcome) == (steps[1].step.event, steps[1].outcome)
    assert paused.row is None
    assert steps[2].why.reason == "host_may_not_pause"


def test_a_step_is_explained_on_request_and_answered_alike():
    scenario, explained, _ = played(TEXT)
    plain = list(play(scenario, open_meeting(scenario)))
    assert [step.why for step in plain] == [None] * 4
    assert [step.outcome for step in plain] == [step.outcome for step in explained]


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("{state: paused}", "state is recording, expected paused"),
        ("{refused: not_host}", "it was accepted, expected refused: not_host"),
        ("{rule: R14}", "rules are R13, expected R14"),
        ("{recorder: []}", "recorder gets start cloud, expected nothing"),
        ("{recorder: [{command: pause}]}", "recorder gets start cloud, expected pause"),
        ("{recorder: [{command: start, kind: local}]}", "expected start local"),
        ("{recorder: [{command: start, client: alice}]}", "expected start alice"),
        ("{recorder: [{command: start}, {command: pause}]}", "expected start, pause"),
    ],
)
def test_an_expectation_that_does_not_hold_is_named(expect, words):
    text = f"""\
account: {{edition: pro}}
user: {{auto_record: true}}
events:
  - join: {{id: a, role: host, platform: ios}}
    expect: {expect}
"""
    _, [step], _ = played(text)
    assert len(step.unexpected) == 1
    assert words in step.unexpected[0]


def test_an_unexpected_refusal_is_named():
    text = "account: {edition: pro}\nevents: [{pause: {by: a}, expect: {refused: null, rule: R1}}]"
    _, [step], _ = played(text)
    assert step.unexpected == (
        "it was refused: not_present, expected accepted",
        "rules are D9, expected R1",
    )


def test_a_field_left_out_of_an_expected_command_may_have_any_value():
    text = """\
account: {edition: pro}
user: {auto_record: true}
events:
  - join: {id: a, role: host, platform: ios}
    expect: {recorder: [{command: start}]}
"""
    assert played(text)[1][0].unexpected == ()


def test_the_json_lines_of_play_have_the_documented_keys():
    scenario, steps, meeting = played(TEXT)
    assert report.header_line(scenario) == {
        "scenario": "The pause permission is off", "file": "x.yaml", "document": 1,
        "status": "locked_on",
        "plan": {"kind": "cloud", "started_by": "host", "host_may_pause": False,
                 "source": "console"},
    }  # fmt: skip
    assert json.loads(json.dumps(report.step_line(steps[0]))) == {
        "step": 1,
        "event": {"join": {"id": "bob", "role": "member", "platform": "ios", "version": "3.20"}},
        "before": "idle", "state": "idle", "recorder": [], "refused": None, "rules": [],
        "timers": [],
    }  # fmt: skip
    assert report.step_line(steps[1])["recorder"] == [
        {"command": "start", "kind": "cloud", "client": None}
    ]
    assert report.step_line(steps[2])["refused"] == "host_may_not_pause"
    assert report.step_line(steps[3])["recorder"] == [{"command": "stop", "reason": "hosts_left"}]
    assert report.summary_line(steps, meeting.state) == {
        "steps": 4,
        "state": "stopped",
        "failed": 0,
    }


def test_the_line_of_a_failed_step_has_the_failed_expectations():
    _, steps, meeting = played(TEXT.replace("rule: R13", "rule: R14"))
    assert report.step_line(steps[1])["unexpected"] == ["rules are R13, expected R14"]
    assert report.summary_line(steps, meeting.state)["failed"] == 1


def test_the_json_line_of_plan_has_the_documented_keys():
    scenario, _, _ = played(TEXT)
    line = json.loads(json.dumps(report.plan_line(scenario)))
    why = line.pop("why")
    assert line == {
        "scenario": "The pause permission is off",
        "status": "locked_on",
        "form": {
            "visible": True, "ticked": True, "editable": False,
            "options": [{"kind": "cloud", "started_by": "host"},
                        {"kind": "local", "started_by": "host"}],
            "selected": {"kind": "cloud", "started_by": "host"},
            "contact_admin": True,
        },
        "plan": {"kind": "cloud", "started_by": "host", "host_may_pause": False,
                 "source": "console"},
    }  # fmt: skip
    assert all(isinstance(reason, str) for reason in why)
    assert any("R11" in reason for reason in why)


def test_a_form_that_is_not_shown_offers_nothing():
    text = "account: {edition: business, cloud_recording: false, local_recording: false}"
    scenario, _, _ = played(text)
    assert report.plan_line(scenario)["form"] == {
        "visible": False, "ticked": False, "editable": False, "options": [], "selected": None,
        "contact_admin": False,
    }  # fmt: skip


def test_recorder_commands_are_described_in_words():
    meeting = open_meeting(parse(b"account: {edition: pro}\nuser: {auto_record: true}")[0])
    outcome = meeting.handle(Join("a", "host", "ios"))
    assert outcome.recorder == (StartRecorder("cloud"),)
    assert describe_commands(commands_data(outcome)) == "start cloud"
    assert describe_commands([]) == "nothing"
