import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.recording import (
    Account,
    AutoRecord,
    Choice,
    Join,
    Leave,
    Meeting,
    MeetingSettings,
    Pause,
    RecorderFailed,
)
from fsm.scenario import open_meeting, parse, play, write

from ..recording import generate
from ..recording.translate import to_account, to_choice, to_event


def read_back(meeting_settings, events):
    """The scenario that is written for a meeting, parsed again, and the meeting."""
    meeting = Meeting(meeting_settings.resolve().plan)
    steps = [write.step_data(event, meeting.handle(event)) for event in events]
    text = write.scenario_text({"title": "Written", **write.settings_data(meeting_settings)}, steps)
    [scenario] = parse(text.encode(), "written.yaml")
    return scenario, meeting


def test_default_settings_are_left_out():
    assert write.settings_data(MeetingSettings(Account("pro"))) == {"account": {"edition": "pro"}}


def test_other_settings_are_written():
    account = Account("business", auto_record=AutoRecord(enabled=True))
    head = write.settings_data(MeetingSettings(account, Choice(True), Choice(False), "webinar"))
    assert head["account"]["auto_record"]["enabled"] is True
    assert head["user"] == {"auto_record": True}
    assert head["booking"] == {"auto_record": False}
    assert head["meeting"] == {"type": "webinar"}


@pytest.mark.rule("R7")
def test_a_local_recording_is_written_without_the_options_it_does_not_have():
    account = Account("business", auto_record=AutoRecord(enabled=True, kind="local"))
    written = write.settings_data(MeetingSettings(account))["account"]["auto_record"]
    assert written == {"enabled": True, "locked": False, "kind": "local"}


def test_a_written_step_expects_the_recorded_outcome():
    meeting = Meeting(MeetingSettings(Account("pro"), Choice(True)).resolve().plan)
    join = Join("alice", "host", "windows")
    assert write.step_data(join, meeting.handle(join)) == {
        "join": {"id": "alice", "role": "host", "platform": "windows"},
        "expect": {
            "state": "recording",
            "recorder": [{"command": "start", "kind": "cloud", "client": None}],
        },
    }
    assert write.step_data(Pause("bob"), meeting.handle(Pause("bob"))) == {
        "pause": {"by": "bob"},
        "expect": {"state": "recording", "refused": "not_present"},
    }


@settings(max_examples=40, deadline=None)
@given(generate.cases())
def test_every_written_meeting_plays_without_a_failed_expectation(case):
    account, user, booking, kind, events = case
    header = MeetingSettings(to_account(account), to_choice(user), to_choice(booking), kind)
    scenario, meeting = read_back(header, [to_event(*event) for event in events])
    replayed = open_meeting(scenario)
    assert [step.unexpected for step in play(scenario, replayed)] == [()] * len(events)
    assert replayed == meeting


WORDS = ["no", "123", "1_000", "3.20", "0x1F", "1e3", ".inf", "~", "null", "2024-01-01", "=", "<<",
         "- a", "a: b", "#x", "'", '"', "{}", "[", "&a", "*a", "!x", "%x", "@x", "?", "12:30:45",
         " a ", "a\nb", "\t", "\0", "\x1b[31m", "\x85", "\u2028",
         "\ufeff", "🎥", "会议"]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=20)), max_size=6))
def test_ids_versions_and_details_are_read_back_unchanged(words):
    events = []
    for word in words:
        events += [Join(word, "host", "windows", word), RecorderFailed(word), Leave(word)]
    scenario, _ = read_back(MeetingSettings(Account("pro"), Choice(True)), events)
    assert [step.event for step in scenario.steps] == events


def test_equal_steps_are_written_out_without_aliases():
    leave = write.step_data(
        Leave("a"), Meeting(MeetingSettings(Account("pro")).resolve().plan).handle(Leave("a"))
    )
    text = write.scenario_text({"title": "t"}, [leave, leave])
    assert "&" not in text
    assert "*" not in text
    assert yaml.safe_load(text)["events"] == [leave, leave]
