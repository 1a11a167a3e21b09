"""Meetings: pausing and resuming, permissions, explanations, restoring, copies."""

import copy
import pickle

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.recording import (
    End,
    Join,
    Leave,
    Meeting,
    Outcome,
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
)
from fsm.recording.machine import decider
from fsm.recording.model import RecordingModel

from . import generate
from .people import (
    ALICE,
    BOB,
    CAROL,
    CLOUD,
    CLOUD_NO_PAUSE,
    LOCAL,
    START_CLOUD,
    after,
    local_recording,
    stopped_by,
    unchanged,
)
from .translate import open_meeting, to_event

hosts = pytest.mark.parametrize("role", ["host", "cohost"])


@pytest.mark.rule("R9", "D1")
@hosts
def test_a_host_may_pause_and_resume_a_cloud_recording(role):
    meeting = after(CLOUD, ALICE, BOB, Join("hand", role, "web"))
    assert meeting.handle(Pause("hand")) == Outcome(
        "recording", "paused", (PauseRecorder(),), ("R9",)
    )
    assert meeting.handle(Resume("alice")) == Outcome(
        "paused", "recording", (ResumeRecorder(),), ("R9",)
    )


@pytest.mark.rule("D3")
def test_the_client_that_records_locally_may_pause_resume_and_stop():
    meeting = after(LOCAL, ALICE, BOB)
    assert [meeting.handle(command(ALICE.id)) for command in (Pause, Resume, Stop)] == [
        Outcome("recording", "paused", (PauseRecorder(),), ("D3",)),
        Outcome("paused", "recording", (ResumeRecorder(),), ("D3",)),
        stopped_by("host_stopped", "D3"),
    ]


@pytest.mark.rule("D3")
@pytest.mark.parametrize(
    ("paused", "command"),
    [(False, Pause), (True, Resume), (False, Stop), (True, Stop)],
)
def test_no_other_client_may_pause_resume_or_stop_a_local_recording(paused, command):
    outcome = local_recording(paused).handle(command("carol"))
    assert (outcome.refused, outcome.rules) == ("not_recording_client", ("D3",))


@pytest.mark.rule("R9", "D3")
def test_the_pause_permission_is_about_cloud_recordings_only():
    old = Join("old", "host", "windows", "3.16")
    meeting = after(CLOUD_NO_PAUSE, old, ALICE, BOB, RecorderFailed(), Start("old", "local"))
    assert meeting.handle(Stop("alice")).refused == "not_recording_client"
    assert meeting.handle(Pause("old")).state == "paused"
    assert meeting.handle(Stop("old")).state == "stopped"


@pytest.mark.rule("D9")
def test_one_person_on_two_devices_is_two_participants():
    phone = Join("alice-phone", "host", "ios")
    meeting = after(LOCAL, ALICE, phone)
    outcome = meeting.handle(Stop("alice-phone"))
    assert (outcome.refused, outcome.rules) == ("not_recording_client", ("D3",))
    assert meeting.handle(Leave("alice-phone")) == unchanged("recording")
    assert meeting.handle(Leave("alice")).state == "stopped"


def test_a_new_meeting_is_empty_idle_and_open():
    meeting = Meeting(CLOUD)
    assert (meeting.state, meeting.present, meeting.hosts) == ("idle", {}, 0)
    assert (meeting.kind, meeting.client, meeting.ended) == (None, None, False)


def test_the_decider_of_a_meeting_is_no_argument():
    with pytest.raises(TypeError, match="decide"):
        Meeting(CLOUD, decide=decider(LOCAL))


def test_the_decider_does_not_count_when_meetings_are_compared():
    one = after(CLOUD, ALICE)
    decider.cache_clear()
    assert one == after(CLOUD, ALICE)
    assert one != after(CLOUD, BOB)


@pytest.mark.rule("R9", "D2", "D3")
def test_permissions_are_named_after_the_buttons_of_a_client():
    permissions = after(CLOUD, ALICE, BOB).allowed("alice")
    assert {name: permission.event for name, permission in permissions.items()} == {
        "start_cloud": Start("alice", "cloud"),
        "start_local": Start("alice", "local"),
        "pause": Pause("alice"),
        "resume": Resume("alice"),
        "stop": Stop("alice"),
        "end": End("alice"),
    }
    assert {name: permission.refused for name, permission in permissions.items()} == {
        "start_cloud": "wrong_state",
        "start_local": "wrong_state",
        "pause": None,
        "resume": "wrong_state",
        "stop": None,
        "end": None,
    }
    assert (permissions["pause"].allowed, permissions["resume"].allowed) == (True, False)
    assert (permissions["pause"].rules, permissions["end"].rules) == (("R9",), ("R16",))


BUTTONS = {
    "start_cloud": lambda participant: Start(participant, "cloud"),
    "start_local": lambda participant: Start(participant, "local"),
    "pause": Pause,
    "resume": Resume,
    "stop": Stop,
    "end": End,
}


@pytest.mark.rule("R9", "D1", "D2", "D3")
@settings(max_examples=150, deadline=None)
@given(generate.cases(length=15), st.sampled_from([*generate.IDS, "nobody"]))
def test_a_command_is_allowed_exactly_if_it_would_be_accepted(case, participant):
    *header, events = case
    meeting = open_meeting(*header)
    for name, event in events:
        meeting.handle(to_event(name, event))
    untouched = copy.deepcopy(meeting)
    permissions = meeting.allowed(participant)
    assert meeting == untouched
    assert set(permissions) == set(BUTTONS)
    for name, permission in permissions.items():
        outcome = copy.deepcopy(meeting).handle(BUTTONS[name](participant))
        assert permission.event == BUTTONS[name](participant)
        # The rules of the timers that an answer changes come after those that decide it.
        decided_by = outcome.rules[: len(permission.rules)]
        assert (permission.refused, permission.rules) == (outcome.refused, decided_by)
        assert permission.allowed is (outcome.refused is None)


@settings(max_examples=200, deadline=None)
@given(generate.cases())
def test_the_explanation_agrees_with_the_outcome(case):
    *header, events = case
    meeting = open_meeting(*header)
    for name, event in events:
        untouched = copy.deepcopy(meeting)
        why = meeting.why(to_event(name, event))
        assert meeting == untouched
        outcome = meeting.handle(to_event(name, event))
        assert why.state == outcome.before
        assert why.allowed is (outcome.refused is None)
        # A state without a row for the trigger refuses without a failed guard.
        assert why.reason == (None if outcome.refused == "wrong_state" else outcome.refused)
        if why.allowed:
            assert why.row.info.outcome.state == outcome.state


@given(generate.cases())
def test_a_decision_that_is_taken_is_an_event_that_is_handled(case):
    *header, events = case
    meeting, handled = open_meeting(*header), open_meeting(*header)
    for name, written in events:
        event = to_event(name, written)
        untouched = copy.deepcopy(meeting)
        decision = meeting.decide(event)
        assert meeting == untouched
        assert meeting.take(decision, event) == handled.handle(event)
        assert meeting == handled


@pytest.mark.rule("R9")
def test_the_explanation_names_the_failed_guard_and_the_value_it_read():
    why = str(after(CLOUD_NO_PAUSE, ALICE).why(Pause("alice")))
    assert "plan: host may pause" in why
    assert "plan.host_may_pause = False" in why


def test_outcomes_and_meetings_compare_by_value():
    # The other tests rely on it: they compare whole outcomes and meetings.
    one = Outcome("idle", "recording", (START_CLOUD,), ("R13",))
    assert one == Outcome("idle", "recording", (StartRecorder("cloud"),), ("R13",))
    assert one != Outcome("idle", "recording", (StartRecorder("local", "a"),), ("R13",))
    assert after(Plan(), ALICE) != after(Plan(), CAROL)


@given(generate.cases())
def test_a_meeting_is_restored_from_the_values_of_its_situation(case):
    *header, events = case
    meeting = open_meeting(*header)
    for name, event in events:
        meeting.handle(to_event(name, event))
    present, kind, client = meeting.present, meeting.kind, meeting.client
    again = Meeting.restore(
        meeting.plan, meeting.state, present, kind, client, meeting.ended, meeting.timers
    )
    assert again == meeting
    assert again.present is not present
    assert again.decide(Pause("nobody")) is meeting.decide(Pause("nobody"))


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each)), attrs.evolve],
    ids=["copy", "deepcopy", "pickle", "evolve"],
)
def test_a_copy_of_a_meeting_equals_the_original_and_is_independent_of_it(copied):
    meeting = after(CLOUD, ALICE)
    other = copied(meeting)
    assert other == meeting
    assert other.handle(Leave("alice")).state == "stopped"
    other.handle(Join("bob", "host", "web"))
    assert (meeting.state, set(meeting.present), meeting.hosts) == ("recording", {"alice"}, 1)
    assert meeting.handle(Leave("alice")).recorder == (StopRecorder("everyone_left"),)


def test_the_repr_of_a_meeting_shows_the_model_alone():
    shown = repr(Meeting(CLOUD))
    assert shown == repr(RecordingModel(CLOUD)).replace("RecordingModel", "Meeting", 1)
