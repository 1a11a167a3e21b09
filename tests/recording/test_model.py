"""The model of a meeting: its participants and the current recording after each action."""

import pytest
from hypothesis import given, settings

from fsm.recording import (
    ChangeRole,
    End,
    Leave,
    Meeting,
    Plan,
    Start,
    Stop,
)
from fsm.recording.model import Participant, RecordingModel
from fsm.recording.outcome import Outcome, StartRecorder, StopRecorder

from . import generate
from .people import (
    ALICE,
    BOB,
    CAROL,
    CLOUD,
    DORA,
    LOCAL,
    NOTHING,
    after,
)
from .translate import open_meeting, to_event


@pytest.mark.rule("D1", "D4")
@settings(max_examples=200, deadline=None)
@given(generate.cases())
def test_the_number_of_hosts_kept_always_equals_a_recount(case):
    *header, events = case
    meeting = open_meeting(*header)
    for name, event in events:
        meeting.handle(to_event(name, event))
        roles = [participant.role for participant in meeting.present.values()]
        assert meeting.hosts == sum(role in ("host", "cohost") for role in roles)


@pytest.mark.rule("D9")
@settings(max_examples=150, deadline=None)
@given(generate.cases())
def test_the_clients_that_joined_and_have_not_left_are_present(case):
    *header, events = case
    meeting = open_meeting(*header)
    roles = {}
    for name, event in events:
        if meeting.handle(to_event(name, event)).refused is None:
            if name in ("join", "role"):
                roles[event["id"]] = event["role"]
            elif name == "leave":
                del roles[event["id"]]
        assert {id_: participant.role for id_, participant in meeting.present.items()} == roles


class Unscannable(dict):
    """Participants that can be looked up, but not looked through."""

    def __iter__(self):
        raise AssertionError("somebody scans who is present")

    keys = values = items = __iter__


@pytest.mark.rule("D4")
def test_no_event_iterates_over_the_participants():
    meeting = Meeting(CLOUD, present=Unscannable())
    states = [
        meeting.handle(event).state
        for event in (
            BOB,
            ALICE,
            CAROL,
            ChangeRole("bob", "host"),
            ChangeRole("bob", "member"),
            Leave("carol"),
            Leave("alice"),
            End(),
        )
    ]
    assert states == ["idle", *["recording"] * 5, "stopped", "stopped"]


@pytest.mark.rule("D9")
def test_a_change_of_role_keeps_the_platform():
    meeting = after(NOTHING, BOB, ChangeRole("bob", "cohost"))
    assert meeting.present == {"bob": Participant("cohost", BOB.platform)}


@pytest.mark.parametrize(
    "plan_kind", ["cloud", "local", None], ids=["cloud plan", "local plan", "no plan"]
)
@settings(max_examples=60, deadline=None)
@given(sequence=generate.events())
def test_the_model_has_a_kind_exactly_while_recording_or_paused(plan_kind, sequence):
    # Which client records is only kept while one does: a stale one would stop the next recording.
    meeting = Meeting(Plan(kind=plan_kind))
    for name, event in sequence:
        meeting.handle(to_event(name, event))
        assert (meeting.kind is not None) is (meeting.state in ("recording", "paused"))
        assert (meeting.client is not None) is (meeting.kind == "local")


@pytest.mark.parametrize("of", [RecordingModel, Meeting])
def test_setting_an_attribute_runs_no_hooks(of):
    assert of.__setattr__ is object.__setattr__


@pytest.mark.rule("D2", "D3", "R16", "R17")
@pytest.mark.parametrize(
    ("stop", "reason", "rule"),
    [
        (Stop("alice"), "host_stopped", "D3"),
        (Leave("alice"), "recording_client_left", "R17"),
        (End("alice"), "meeting_ended", "R17"),
    ],
    ids=["stop", "leave", "end"],
)
def test_after_a_local_recording_kind_and_client_are_cleared(stop, reason, rule):
    meeting = after(LOCAL, ALICE, CAROL, DORA)
    assert (meeting.kind, meeting.client) == ("local", "alice")
    outcome = meeting.handle(stop)
    assert outcome == Outcome("recording", "stopped", (StopRecorder(reason),), (rule,))
    assert (meeting.kind, meeting.client) == (None, None)


@pytest.mark.rule("R16")
@pytest.mark.parametrize(
    ("events", "stop", "reason"),
    [
        ((ALICE, BOB), Stop("alice"), "host_stopped"),
        ((ALICE, BOB), Leave("alice"), "hosts_left"),
        ((ALICE,), Leave("alice"), "everyone_left"),
        ((ALICE, BOB), End(), "meeting_ended"),
    ],
    ids=["stop", "hosts", "everyone", "end"],
)
def test_after_a_cloud_recording_kind_and_client_are_cleared(events, stop, reason):
    meeting = after(CLOUD, *events)
    assert (meeting.kind, meeting.client) == ("cloud", None)
    outcome = meeting.handle(stop)
    assert outcome == Outcome("recording", "stopped", (StopRecorder(reason),), ("R16",))
    assert (meeting.kind, meeting.client) == (None, None)
    who_left = {stop.id} if isinstance(stop, Leave) else set()
    assert meeting.present.keys() == {each.id for each in events} - who_left
    assert meeting.ended is isinstance(stop, End)


@pytest.mark.rule("D4", "D9")
def test_a_change_of_role_and_back_restores_the_participant():
    meeting = after(NOTHING, BOB, ALICE)
    before = meeting.present["bob"]
    assert meeting.hosts == 1
    meeting.handle(ChangeRole("bob", "cohost"))
    assert (meeting.hosts, meeting.present["bob"].role) == (2, "cohost")
    meeting.handle(ChangeRole("bob", "host"))
    assert meeting.hosts == 2
    meeting.handle(ChangeRole("bob", "member"))
    assert (meeting.hosts, meeting.present["bob"]) == (1, before)


@pytest.mark.rule("D2")
def test_a_recording_by_hand_has_the_requested_kind_and_client():
    meeting = after(NOTHING, ALICE, CAROL)
    outcome = meeting.handle(Start("carol", "local"))
    assert outcome == Outcome("idle", "recording", (StartRecorder("local", "carol"),), ("D2",))
    assert (meeting.kind, meeting.client) == ("local", "carol")
    meeting.handle(Stop("carol"))
    outcome = meeting.handle(Start("alice", "cloud"))
    assert outcome == Outcome("stopped", "recording", (StartRecorder("cloud"),), ("D2",))
    assert (meeting.kind, meeting.client) == ("cloud", None)
