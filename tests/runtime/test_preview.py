"""The preview of new rules over the open meetings of a journal."""

from copy import copy

import pytest

from fsm.recording import End, Join, Leave, Meeting, Pause, Plan, Resume
from fsm.recording.model import Participant
from fsm.runtime import Journal, codec
from fsm.runtime.journal_check import in_words
from fsm.runtime.preview import next_events, preview, situation_data

from ..rule_sets import Release
from .hubs import ALICE, BOB
from .journals import live_meeting, write

RESUME_STOPS = "a target changed: a resume stops"


@pytest.fixture
def file(tmp_path):
    """Four meetings: one was resumed, one is paused, one is new, and one is over."""
    file = tmp_path / "meetings.db"
    with Journal(file) as journal:
        write(journal, live_meeting(1), ALICE, BOB, Pause("alice"), Resume("alice"))
        write(journal, live_meeting(2), ALICE, BOB, Pause("alice"))
        write(journal, live_meeting(3))
        write(journal, live_meeting(4), ALICE, End("alice"))
    return file


def decisions_of(release):
    """Returns the decisions of a release, as another version's process gives them."""

    def answers(data):
        present = {id_: Participant(*names) for id_, names in data["present"].items()}
        plan = codec.load_plan(codec.dump(data["plan"]))
        meeting = Meeting.restore(
            plan, data["state"], present, data["kind"], data["client"], data["ended"]
        )
        return [in_words(copy(meeting).handle(codec.event_from(each))) for each in data["events"]]

    def decide(situations):
        with Release(release).installed():
            return [answers(data) for data in situations]

    return decide


def test_the_same_rules_change_nothing(file):
    with Journal(file, readonly=True) as journal:
        result = preview(journal, decisions_of("today's rules"))
    assert (result.meetings, result.diverged, result.affected) == (4, 0, 0)
    assert (result.changed_answers, result.changed_next) == ([], [])
    [(rules, count)] = result.rules.items()
    assert rules.startswith("release ")
    assert count == 3


def test_a_meeting_in_another_situation_is_named_with_the_first_answer_that_differs(file):
    with Release(RESUME_STOPS).installed(), Journal(file, readonly=True) as journal:
        result = preview(journal)
    assert (result.meetings, result.diverged, result.affected) == (4, 1, None)
    [group] = result.changed_answers
    assert (group.event, group.before, group.now) == (
        "resume", "recording, resume (R9)", "stopped, stop (R9)"
    )  # fmt: skip
    assert (group.meetings, group.example, group.events) == (1, "m-1", 4)


def test_another_effect_of_the_same_answer_is_named_as_such(file):
    release = "an action changed: an end leaves the meeting open"
    with Release(release).installed(), Journal(file, readonly=True) as journal:
        result = preview(journal)
    assert result.diverged == 1
    [group] = result.changed_answers
    assert (group.event, group.before, group.now, group.example) == (
        "an event with the same answer", "its recorded effect", "another effect", "m-4"
    )  # fmt: skip


def test_meetings_whose_next_events_are_answered_otherwise_are_counted_with_an_example(file):
    with Journal(file, readonly=True) as journal:
        result = preview(journal, decisions_of(RESUME_STOPS))
    assert result.diverged == 0
    assert result.affected == 1
    [group] = result.changed_next
    assert (group.event, group.before, group.now) == (
        "resume by a host on windows", "stopped, stop (R9)", "recording, resume (R9)"
    )  # fmt: skip
    assert (group.meetings, group.example, group.events) == (1, "m-2", 3)


def test_the_progress_counts_meetings_and_then_situations(file):
    seen = []
    with Journal(file, readonly=True) as journal:
        preview(journal, decisions_of("today's rules"), lambda *numbers: seen.append(numbers))
    # One of the four meetings is over, so no next event is compared.
    assert seen == [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (4, 1), (4, 2)]


def test_the_next_events_are_those_of_one_participant_of_each_kind():
    meeting = Meeting(Plan(kind="cloud"))
    for event in (ALICE, BOB, Join("carol", "member", "web")):
        meeting.handle(event)
    events = list(next_events(meeting))
    assert len(events) == len(set(events))
    assert {each.id for each in events if isinstance(each, Leave)} == {"alice", "carol"}
    assert all(codec.event_from(codec.event_data(each)) == each for each in events)
    assert situation_data(meeting)["present"]["bob"] == ["member", "web"]
