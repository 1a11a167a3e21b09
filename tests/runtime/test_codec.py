import json

import attrs
import pytest
from hypothesis import given, settings

from fsm.recording import (
    Account,
    AutoRecord,
    ChangeRole,
    Choice,
    End,
    Join,
    Leave,
    Meeting,
    Pause,
    PauseRecorder,
    Plan,
    RecorderFailed,
    Resume,
    ResumeRecorder,
    Start,
    StartRecorder,
    Stop,
    StopRecorder,
    TimeUp,
)
from fsm.recording.events import EVENTS
from fsm.recording.plan import MeetingSettings
from fsm.runtime import answers, codec

from ..recording import generate
from ..recording.translate import to_account, to_choice, to_event

ALL = [
    Join("alice", "host", "windows", "3.20"),
    Join("bob", "member", "web"),
    Leave("alice"),
    ChangeRole("bob", "cohost"),
    End("alice"),
    End(),
    RecorderFailed("disk full"),
    RecorderFailed(),
    Start("alice", "local"),
    Pause("alice"),
    Resume("alice"),
    Stop("alice"),
    TimeUp("grace", 2),
]
COMMANDS = [
    StartRecorder("cloud"),
    StartRecorder("local", "alice"),
    PauseRecorder(),
    ResumeRecorder(),
    StopRecorder("host_stopped"),
]


def test_every_kind_of_event_is_among_the_examples():
    assert {type(each) for each in ALL} == set(EVENTS)


@pytest.mark.parametrize("event", ALL, ids=str)
def test_an_event_comes_back_from_its_text(event):
    assert codec.load_event(codec.dump_event(event)) == event
    assert codec.event_from(codec.event_data(event)) == event


def test_event_data_is_that_of_a_scenario_without_null_fields():
    data = codec.event_data(Join("bob", "member", "web"))
    assert data == {"join": {"id": "bob", "role": "member", "platform": "web"}}


def test_the_text_of_an_event_has_null_fields():
    text = codec.dump_event(Join("bob", "member", "web"))
    assert json.loads(text) == {
        "join": {"id": "bob", "role": "member", "platform": "web", "version": None}
    }


@pytest.mark.parametrize(
    "letters", ["", "会议", "\0\x07\x1b[31m", '"\\', "\u2028", "🎥", "a" * 9999]
)
def test_any_valid_text_comes_back(letters):
    event = Join(letters, "host", "web", letters)
    assert codec.load_event(codec.dump_event(event)) == event


def test_invalid_text_is_refused():
    with pytest.raises(ValueError, match="surrogates not allowed"):
        codec.dump_event(Leave("\ud800"))


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"join": {"id": "a", "role": "host", "platform": "web"}, "leave": {"id": "a"}},
        {"explode": {}},
        {"leave": {}},
        {"leave": {"id": 7}},
        {"leave": {"id": "a", "more": 1}},
        {"start": {"by": "a", "kind": "clod"}},
    ],
    ids=str,
)
def test_plain_data_that_is_not_an_event_is_refused(data):
    with pytest.raises((ValueError, TypeError)):
        codec.event_from(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "7",
        '{"end": {"by": null}, "leave": {"id": "a"}}',
        '{"explode": {}}',
        '{"leave": {"id": 7}}',
        '{"leave": {}}',
        '{"leave": {"id"',
    ],
)
def test_text_that_is_not_an_event_is_refused(text):
    with pytest.raises((ValueError, TypeError)):
        codec.load_event(text)


@pytest.mark.parametrize("event", [Join("zoe", "host", "web"), End(), RecorderFailed()], ids=repr)
def test_null_fields_may_be_missing(event):
    [(trigger, parts)] = codec.event_data(event).items()
    text = codec.dump({trigger: parts})
    assert "null" not in text
    assert codec.load_event(text) == event


def test_an_unknown_field_is_refused():
    text = '{"leave":{"id":"zoe","more":1}}'
    with pytest.raises(TypeError, match="more"):
        codec.load_event(text)


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_a_command_comes_back_from_its_text(command):
    assert codec.load_command(codec.dump_command(command)) == command
    assert next(iter(codec.command_data(command))) == "command"


def test_an_unknown_command_is_refused():
    with pytest.raises(KeyError):
        codec.load_command('{"command": "explode"}')
    with pytest.raises(TypeError):
        codec.load_command('{"command": "pause", "more": 1}')


@settings(max_examples=40)
@given(generate.cases())
def test_every_outcome_and_all_settings_come_back_from_their_text(case):
    account, user, booking, kind, events = case
    settings_ = MeetingSettings(to_account(account), to_choice(user), to_choice(booking), kind)
    assert codec.load_settings(codec.dump(settings_)) == settings_
    plan = settings_.resolve().plan
    assert codec.load_plan(codec.dump(plan)) == plan
    meeting = Meeting(plan)
    for event in events:
        made = to_event(*event)
        assert codec.load_event(codec.dump_event(made)) == made
        outcome = meeting.handle(made)
        answer = answers.dump_answer(outcome, meeting.kind, meeting.client, meeting.ended)
        assert codec.load_outcome(answer) == outcome


def test_an_account_comes_back_with_its_console():
    account = Account("business", local_recording=False, auto_record=AutoRecord(locked=True))
    assert codec.load(codec.dump(account), Account) == account


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("null", Account),
        ('{"edition": "gold"}', Account),
        ('{"edition": "pro", "cloud_recording": false}', Account),
        ('{"account": {"edition": "pro"}, "type": "party"}', MeetingSettings),
        ('{"kind": "clod"}', Plan),
        ('{"auto_record": 1}', Choice),
    ],
)
def test_text_that_breaks_a_rule_is_refused(text, kind):
    with pytest.raises(ValueError, match=r".+"):
        codec.load(text, kind)


def test_equal_texts_share_settings_and_plans():
    text = codec.dump(MeetingSettings(Account("pro")))
    assert codec.load_settings(text) is codec.load_settings(text)
    text = codec.dump(Plan(kind="cloud"))
    assert codec.load_plan(text) is codec.load_plan(text)


def test_every_field_of_an_event_is_in_its_data():
    for event in ALL:
        [(_, parts)] = codec.event_data(event).items()
        given_parts = attrs.asdict(event, filter=lambda _, value: value is not None)
        assert parts == given_parts
