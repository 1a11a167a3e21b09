import io
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.scenario import ScenarioError, ScenarioFileError, load_file, parse
from fsm.scenario.model import specified

from .broken import BROKEN

GOOD = """\
title: Ein Treffen
account:
  edition: enterprise
  auto_record: {enabled: true, kind: cloud, host_may_pause: false}
user: {auto_record: true, kind: local}
booking:
meeting: {id: "7", type: webinar}
events:
  - join: {id: alice, role: host, platform: windows, version: "3.17"}
    expect: {state: recording, rule: R14, refused: null}
  - end:
  - recorder_failed: {detail: late}
    expect: {refused: meeting_ended}
"""


def test_a_file_becomes_its_scenarios(tmp_path):
    file = tmp_path / "two.yaml"
    file.write_text(GOOD + "---\naccount: {edition: free}\n---\n", encoding="utf-8")
    first, second = load_file(str(file))
    assert (first.title, first.document, first.file) == ("Ein Treffen", 1, str(file))
    assert first.settings.type == "webinar"
    assert first.settings.booking is None
    assert [step.event.trigger for step in first.steps] == ["join", "end", "recorder_failed"]
    assert [step.line for step in first.steps] == [9, 11, 12]
    assert (second.title, second.document, second.steps) == ("two.yaml", 2, ())


def test_only_the_fields_in_the_file_are_expected():
    [scenario] = parse(GOOD.encode())
    assert [sorted(specified(step.expect)) for step in scenario.steps] == [
        ["refused", "rule", "state"],
        [],
        ["refused"],
    ]


def test_a_step_keeps_its_event_as_written_in_the_file():
    [scenario] = parse(GOOD.encode())
    assert scenario.steps[0].written == {
        "join": {"id": "alice", "role": "host", "platform": "windows", "version": "3.17"}
    }
    assert scenario.steps[1].written == {"end": {}}


def test_json_is_read_with_its_tabs_and_surrogate_pairs():
    text = (
        '{\n\t"account":\t{"edition": "pro"},\n\t"title": "tab \\t \\ud83d\\ude00 a\\/b \\" {"\n}'
    )
    [scenario] = parse(text.encode())
    assert scenario.title == 'tab \t 😀 a/b " {'


def test_json_keeps_characters_that_yaml_takes_for_line_breaks():
    text = '{"account"\n:{"edition": "pro"}, "title": "a\\u0085b\\u2028c\\u007fd"}'
    [scenario] = parse(text.encode())
    assert scenario.title == "a\x85b\u2028c\x7fd"


def test_a_tab_in_single_quotes_stays_a_tab():
    [scenario] = parse(b"{account: {edition: pro},\ttitle: 'a\tb'}")
    assert scenario.title == "a\tb"


def test_a_byte_order_mark_is_passed_over():
    assert parse(b"\xef\xbb\xbfaccount: {edition: free}")[0].settings.account.edition == "free"


def test_an_alias_repeats_its_anchor():
    text = """\
account: {edition: free}
events:
  - join: &alice {id: alice, role: host, platform: ios}
  - leave: {id: alice}
  - join: *alice
"""
    [scenario] = parse(text.encode())
    assert scenario.steps[0].event == scenario.steps[2].event


def test_standard_input_is_read_for_a_dash(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"account: {edition: free}")))
    [scenario] = load_file("-")
    assert (scenario.file, scenario.title) == ("-", "-")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere.yaml", "there is no such file (name a scenario file, or - for standard input)"),
        ("folder/", "it is a directory (name its files: folder/*.yaml)"),
        ("a\0b", "the file cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_name(tmp_path, monkeypatch, name, words):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    with pytest.raises(ScenarioFileError, match=re.escape(f"{name}: {words}")):
        load_file(name)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_gets_one_line_with_its_line_number_and_the_fault(name, tmp_path):
    content, line, words = BROKEN[name]
    file = tmp_path / "broken.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ScenarioFileError) as caught:
        load_file(str(file))
    message = str(caught.value)
    assert message.startswith(f"{file}:{line}: "), message
    assert words in message
    assert re.search(r" \(.+\)$", message), "what would be right is missing"
    assert "\n" not in message
    assert len(message) < 400 + len(str(file))


LINES = GOOD.splitlines()
VALUES = ["", "7", "3.17", "null", "true", "[]", "{}", "[1, {a: b}]", "'", '"', "{", "*x", "&x y",
          "!!int x", "2024-01-01", "|", ">", "host", "clowd", "\t", "<<: 1", "? x", "- - -", "\x85",
          "0x1g", "1e999", "!!binary x", "!!set {a}", "!!timestamp x", "é", "😀"]  # fmt: skip


@st.composite
def mangled(draw):
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, len(lines) - 1))
        line = lines[position]
        match draw(st.integers(0, 5)):
            case 0:
                lines.insert(position, draw(st.sampled_from(LINES)))
            case 1 if len(lines) > 1:
                del lines[position]
            case 2:
                lines[position] = re.sub(
                    r": .*", lambda _: f": {draw(st.sampled_from(VALUES))}", line
                )
            case 3:
                lines[position] = draw(st.integers(0, 6)) * " " + line.lstrip()
            case 4:
                cut = draw(st.integers(0, len(line)))
                lines[position] = line[:cut] + draw(st.sampled_from(VALUES)) + line[cut:]
            case _:
                cut = draw(st.integers(0, len(line)))
                lines[position] = line[:cut] + draw(st.text(max_size=3)) + line[cut + 1 :]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


@settings(max_examples=600, deadline=None)
@given(mangled() | st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_content_is_parsed_or_refused_in_one_line(content):
    error = refusal(content)
    if error is not None:
        breaks = re.findall("\r\n|[\r\n\x85\u2028\u2029]", content.decode(errors="replace"))
        assert 1 <= error.line <= len(breaks) + 1
        assert "\n" not in str(error)


def refusal(content):
    try:
        assert parse(content)
    except ScenarioError as error:
        return error
    return None
