"""Recorded answers, and meetings that are brought back from them."""

import copy
import json

import pytest
from hypothesis import given

from fsm.recording import ChangeRole, End, Join, Leave, Meeting, Pause, Plan
from fsm.runtime import answers

from ..recording import generate
from ..recording.test_meeting import open_meeting
from ..recording.translate import to_event

ALICE = Join("alice", "host", "windows")


def recorded(meeting, event):
    """Handles an event, and returns the texts of its answer and of the change of participants."""
    outcome = meeting.handle(event)
    answer = answers.dump_answer(outcome, meeting.kind, meeting.client, meeting.ended)
    return answer, answers.dump_presence(event, outcome, meeting.present)


def test_an_answer_names_the_recording_that_runs_and_the_end():
    meeting = Meeting(Plan(kind="local"))
    answer, _ = recorded(meeting, ALICE)
    assert json.loads(answer) == {
        "before": "idle", "state": "recording",
        "recorder": [{"command": "start", "kind": "local", "client": "alice"}],
        "refused": None, "rules": ["R14"], "kind": "local", "client": "alice",
    }  # fmt: skip
    answer, _ = recorded(meeting, End())
    assert json.loads(answer)["ended"]
    assert "kind" not in json.loads(answer)


@pytest.mark.parametrize(
    ("event", "presence"),
    [
        (Join('b"b', "member", "web"), r'"b\"b":["member","web"]'),
        (Leave("alice"), '"alice":null'),
        (ChangeRole("alice", "cohost"), '"alice":["cohost","windows"]'),
        (Leave("nobody"), None),
        (Pause("alice"), None),
    ],
    ids=str,
)
def test_a_change_of_the_participants_is_recorded_unless_the_event_is_refused(event, presence):
    meeting = Meeting(Plan(kind="cloud"))
    meeting.handle(ALICE)
    assert recorded(meeting, event)[1] == presence


@pytest.mark.rule("D16")
@given(generate.cases())
def test_an_answer_names_all_that_its_event_changed(case):
    *header, events = case
    meeting = open_meeting(*header)
    answer, changes, checksum = None, [], 0
    for name, event in events:
        before = copy.copy(meeting)
        answer, presence = recorded(meeting, to_event(name, event))
        answers.apply(before, answer, presence)
        assert before == meeting
        if presence is not None:
            changes.append(presence)
            checksum = answers.presence_checksum(presence, checksum)
    restored = answers.restore(meeting.plan, answers.recorded_state(answer), ",".join(changes))
    assert restored == meeting
    assert restored.hosts == meeting.hosts
    if changes:
        assert answers.presence_checksum(",".join(changes)) == checksum


def test_the_checksum_of_a_row_fits_an_integer_of_sqlite_and_has_that_of_the_state_in_it():
    for state in (0, 1, 2**32 - 1):
        for seq in range(100):
            checksum = answers.entry_checksum(state, 1, seq, "e", 0, "{}", "{}")
            assert 0 <= checksum < 2**63
            assert answers.state_part(checksum) == state


def test_each_value_of_a_row_changes_its_checksum():
    row = (1, 2, "e-1", 3, "event", "answer")
    checksums = {answers.entry_checksum(0, *row), answers.entry_checksum(7, *row)}
    for index, value in enumerate(row):
        other = value + 1 if isinstance(value, int) else f"{value}!"
        checksums.add(answers.entry_checksum(0, *row[:index], other, *row[index + 1 :]))
    assert len(checksums) == len(row) + 2
    assert answers.state_checksum(0, "a") != answers.state_checksum(0, "b")
    assert answers.row_checksum("a", "bc") != answers.row_checksum("ab", "c")
