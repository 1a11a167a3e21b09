"""Acceptance: expectations are brought up to date, and nothing else in a file changes."""

import json
from pathlib import Path

import pytest

from fsm.scenario import ScenarioError, parse
from fsm.scenario.accept import accept
from fsm.scenario.play import open_meeting, play

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "scenarios").glob("*.yaml"))
HEAD = """\
# A comment.
title: Ein 会议   # behind
account: {edition: pro}
user: {auto_record: true, kind: cloud, started_by: host}
events:
"""


def accepted(steps, head=HEAD):
    content, values = accept(f"{head}{steps}".encode(), "a.yaml")
    text = content.decode()
    assert text.startswith(head)
    return text.removeprefix(head), [
        (each.step, each.key, each.before, each.now) for each in values
    ]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_a_file_whose_expectations_hold_is_unchanged(file):
    content = file.read_bytes()
    assert accept(content, str(file)) == (content, [])


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_wrong_expectations_are_replaced_so_that_all_hold(file):
    content = file.read_bytes()
    wrong = content.replace(b"state: recording", b"state: idle").replace(b"R16", b"R17")
    wrong = wrong.replace(b"kind: cloud, client: null", b"kind: local")
    new, _ = accept(wrong, str(file))
    for scenario in parse(new):
        assert not any(each.unexpected for each in play(scenario, open_meeting(scenario)))
    lines = [line for line in wrong.splitlines() if b"expect" not in line]
    assert [line for line in new.splitlines() if b"expect" not in line] == lines


def test_only_keys_of_an_expectation_are_replaced_and_formatting_is_kept():
    text, values = accepted("""\
  - join: {id: bob, role: member, platform: ios}
  - join: {id: alice, role: host, platform: windows}
    expect: {state:   idle, rule: R14}  # because
  - pause: {by: alice}
    expect:
      # A comment inside.
      refused: not_host   # behind

      state: paused
  - end:
""")
    assert (
        text
        == """\
  - join: {id: bob, role: member, platform: ios}
  - join: {id: alice, role: host, platform: windows}
    expect: {state:   recording, rule: R13}  # because
  - pause: {by: alice}
    expect:
      # A comment inside.
      refused: null   # behind

      state: paused
  - end:
"""
    )
    assert values == [
        (2, "state", "idle", "recording"),
        (2, "rule", "R14", "R13"),
        (3, "refused", "not_host", "null"),
    ]


@pytest.mark.parametrize(
    ("written", "now"),
    [
        ("recorder: []", "recorder: [{command: start, kind: cloud}]"),
        ("recorder: [{command: start, kind: local}]", "recorder: [{command: start, kind: cloud}]"),
        ("recorder: [{command: start, client: bob}]", "recorder: [{command: start, client: null}]"),
        ("recorder: [{command: stop}, {command: pause}]",
         "recorder: [{command: start, kind: cloud}]"),
        ("recorder:\n      - command: stop\n        reason: hosts_left",
         "recorder: [{command: start, kind: cloud}]"),
        ("recorder:\n        - command: stop", "recorder: [{command: start, kind: cloud}]"),
        ("'state': \"idle\"", "'state': recording"),
        ("state:\n        idle", "state:\n        recording"),
    ],
)  # fmt: skip
def test_each_way_to_write_a_value_is_replaced(written, now):
    join = "  - join: {id: alice, role: host, platform: windows}\n    expect:\n      "
    text, _ = accepted(f"{join}{written}\n")
    assert text == f"{join}{now}\n"


ALICE = "  - join: {id: alice, role: host, platform: windows}\n"


@pytest.mark.parametrize(
    ("written", "now"),
    [
        ("{state: paused}", "{state: idle, refused: wrong_state}"),
        ("{ state: paused, } # why", "{ state: idle, refused: wrong_state, } # why"),
        ("\n      state: paused  # why\n      recorder: []",
         "\n      state: idle  # why\n      recorder: []\n      refused: wrong_state"),
        ("\n      state:\n        paused  # why",
         "\n      state:\n        idle  # why\n      refused: wrong_state"),
        ("{\n      state: paused,\n      recorder: []  # why\n    }",
         "{\n      state: idle,\n      recorder: [],\n      refused: wrong_state  # why\n    }"),
        ("{rule: R9, state: paused}", "{state: idle, refused: wrong_state}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_reason_of_a_new_refusal_is_added(written, now, line_end):
    head, join = HEAD.replace("auto_record: true", "auto_record: false"), ALICE
    head, join, written, now = (text.replace("\n", line_end) for text in (head, join, written, now))
    pause = f"  - pause: {{by: alice}}{line_end}    expect: "
    text, values = accepted(f"{join}{pause}{written}{line_end}", head)
    assert text == f"{join}{pause}{now}{line_end}"
    assert (2, "refused", "left out", "wrong_state") in values


def test_the_reason_of_a_new_refusal_is_added_to_json():
    data = {
        "account": {"edition": "pro"},
        "events": [{"pause": {"by": "bob"}, "expect": {"state": "paused"}}],
    }
    for indent, before in ((None, " "), ("\t", "\n\t\t\t\t")):
        content, _ = accept(json.dumps(data, indent=indent).encode(), "a.json")
        assert json.loads(content)["events"][0]["expect"] == {
            "state": "idle", "refused": "not_present"
        }  # fmt: skip
        assert f',{before}"refused": "not_present"'.encode() in content


def test_an_expectation_that_holds_gets_no_reason():
    steps = f"{ALICE}  - pause: {{by: bob}}\n    expect: {{state: recording}}\n"
    assert accepted(steps) == (steps, [])


def test_a_rule_is_left_out_where_none_decides():
    join = "  - join: {id: bob, role: member, platform: ios}\n    expect: "
    assert accepted(f"{join}{{rule: R13, state: paused}}\n")[0] == f"{join}{{state: idle}}\n"
    assert accepted(f"{join}{{rule: R13}}\n")[0] == f"{join}{{}}\n"


def test_the_recording_client_is_named_and_quoted_where_necessary():
    head = HEAD.replace("edition: pro", "edition: business").replace("kind: cloud", "kind: local")
    steps = "  - join: {id: '7', role: host, platform: windows}\n    expect: {recorder: []}\n"
    text, _ = accepted(steps, head)
    assert text.endswith("[{command: start, kind: local, client: '7'}]}\n")


def test_every_document_is_brought_up_to_date_and_line_ends_and_marks_are_kept():
    steps = "  - join: {id: alice, role: host, platform: windows}\n    expect: {state: idle}\n"
    text = f"{HEAD}{steps}---\n---\n{HEAD}{steps}".replace("\n", "\r\n")
    content, values = accept(b"\xef\xbb\xbf" + text.encode(), "a.yaml")
    assert content == b"\xef\xbb\xbf" + text.replace("state: idle", "state: recording").encode()
    assert [each.line for each in values] == [7, 16]


def test_json_stays_json():
    data = {
        "account": {"edition": "pro"},
        "user": {"auto_record": True, "kind": "cloud"},
        "events": [
            {"join": {"id": "会", "role": "host", "platform": "windows"},
             "expect": {"state": "idle", "recorder": [], "refused": "not_host"}},
        ],
    }  # fmt: skip
    text = json.dumps(data, indent="\t", ensure_ascii=False)
    content, values = accept(text.encode(), "a.json")
    data["events"][0]["expect"] = {
        "state": "recording",
        "recorder": [{"command": "start", "kind": "cloud"}],
        "refused": None,
    }
    assert json.loads(content) == data
    assert content.count(b"\n\t") == text.count("\n\t")
    assert len(values) == 3


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (("  - join: {id: alice, role: host, platform: windows}\n"
         "    expect: &wrong {state: idle}\n"
         "  - pause: {by: alice}\n"
         "    expect: *wrong\n"),
         "6: an expectation that has an alias cannot be rewritten (write it out at each step)"),
        ("  - join: {id: alice, role: chief, platform: windows}\n", "6: 'role' cannot be 'chief' "),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_rewritten_is_refused(steps, message):
    with pytest.raises(ScenarioError) as caught:
        accept(f"{HEAD}{steps}".encode(), "a.yaml")
    assert str(caught.value).startswith(message)


def test_json_with_escapes_is_refused_only_where_it_must_be_rewritten():
    data = {
        "title": "\N{GRINNING FACE}", "account": {"edition": "pro"},
        "events": [{"end": {}, "expect": {"state": "idle"}}],
    }  # fmt: skip
    right = json.dumps(data).encode()
    assert accept(right, "a.json") == (right, [])
    with pytest.raises(ScenarioError, match=r"written as \\u or \\/, and cannot be rewritten"):
        accept(right.replace(b'"idle"', b'"paused"'), "a.json")
