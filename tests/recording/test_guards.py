"""What each condition of the recording machine says of itself, and what a plan settles."""

import pytest

from fsm.recording import (
    POLICY,
    RECORDING,
    ChangeRole,
    End,
    Leave,
    Meeting,
    Pause,
    Resume,
    Start,
    Stop,
)
from fsm.recording.machine import decider
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import Outcome, StartRecorder, StopRecorder

from .people import (
    ALICE,
    BOB,
    CAROL,
    CLOUD,
    CLOUD_ANYONE,
    CLOUD_NO_PAUSE,
    DORA,
    LOCAL,
    NOTHING,
    after,
)

MEANINGS = {
    guard.name: guard.description
    for cell in RECORDING.table
    for guard in (*cell.preconditions, *(guard for row in cell.rows for guard in row.guards))
}


def test_what_depends_on_the_plan_alone_is_settled_with_it():
    assert {name for name, description in MEANINGS.items() if description.static} == {
        *("plan_is_cloud_by_anyone", "plan_is_cloud_by_host", "plan_is_local"),
        *("host_may_pause", "hosts_are_needed"),
    }


def test_a_guard_refuses_for_the_reason_and_by_the_rules_it_stands_for():
    assert {name: (m.reason, m.rules) for name, m in MEANINGS.items() if m.reason} == {
        "is_open": ("meeting_ended", ("D10",)),
        "is_absent": ("already_present", ("D9",)),
        "is_present": ("not_present", ("D9",)),
        "requester_is_present": ("not_present", ("D9",)),
        "requester_is_host": ("not_host", ("D1",)),
        "actor_is_present": ("not_present", ("D10",)),
        "actor_is_host": ("not_host", ("D10",)),
        "kind_is_available": ("kind_unavailable", ("D2",)),
        "local_is_requested_from_desktop": ("not_desktop", ("D2",)),
        "requester_records": ("not_recording_client", ("D3",)),
        "host_may_pause": ("host_may_not_pause", ("R9",)),
    }


def test_a_guard_that_only_chooses_a_row_stands_for_the_rules_of_that_choice():
    assert {name: m.rules for name, m in MEANINGS.items() if not m.reason} == {
        "plan_is_cloud_by_anyone": ("R8", "R13"),
        "plan_is_cloud_by_host": ("R13",),
        "plan_is_local": ("R14",),
        "joins_as_host": ("R13",),
        "from_supported_platform": ("R2",),
        "from_desktop": ("R14",),
        "version_is_new_enough": ("R3",),
        "records_to_cloud": (),
        "records_locally": (),
        "recording_client_leaves": ("R17",),
        "last_one_leaves": ("R16",),
        "hosts_are_needed": ("R16", "D12"),
        "last_host_leaves": ("D4",),
    }


@pytest.mark.rule("R8", "R9", "R13", "R14", "R16")
@pytest.mark.parametrize(
    ("plan", "answers"),
    [
        (NOTHING, (False, False, False, True, True)),
        (CLOUD, (False, True, False, True, True)),
        (CLOUD_ANYONE, (True, False, False, True, False)),
        (CLOUD_NO_PAUSE, (False, True, False, False, True)),
        (LOCAL, (False, False, True, True, True)),
    ],
    ids=["nothing", "cloud", "anyone", "no pause", "local"],
)
def test_what_a_plan_settles_is_what_it_says(plan, answers):
    situation = RecordingModel(plan)
    assert answers == (
        situation.plan_is_cloud_by_anyone(),
        situation.plan_is_cloud_by_host(),
        situation.plan_is_local(),
        situation.host_may_pause(),
        situation.hosts_are_needed(),
    )


def test_under_a_plan_only_the_rows_that_can_be_taken_are_left():
    left = RECORDING.table.bind(RecordingModel(NOTHING))
    assert {row.info.row.trigger for row in left.rows if row.info.starts} == {"start"}
    assert decider(CLOUD) is decider(CLOUD)


@pytest.mark.rule("R9", "D2", "D3")
def test_the_buttons_of_a_participant_are_named_after_what_they_do():
    permissions = after(CLOUD, ALICE, BOB).allowed("alice")
    assert {name: each.event for name, each in permissions.items()} == {
        "start_cloud": Start("alice", "cloud"),
        "start_local": Start("alice", "local"),
        "pause": Pause("alice"),
        "resume": Resume("alice"),
        "stop": Stop("alice"),
        "end": End("alice"),
    }
    assert {name: each.refused for name, each in permissions.items()} == {
        "start_cloud": "wrong_state",
        "start_local": "wrong_state",
        "pause": None,
        "resume": "wrong_state",
        "stop": None,
        "end": None,
    }
    assert (permissions["pause"].allowed, permissions["resume"].allowed) == (True, False)
    assert (permissions["pause"].rules, permissions["end"].rules) == (("R9",), ("R16",))


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
def test_after_a_local_recording_has_ended_nothing_of_it_is_kept(stop, reason, rule):
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
def test_after_a_cloud_recording_has_ended_nothing_of_it_is_kept(events, stop, reason):
    meeting = after(CLOUD, *events)
    assert (meeting.kind, meeting.client) == ("cloud", None)
    outcome = meeting.handle(stop)
    assert outcome == Outcome("recording", "stopped", (StopRecorder(reason),), ("R16",))
    assert (meeting.kind, meeting.client) == (None, None)
    who_left = {stop.id} if isinstance(stop, Leave) else set()
    assert meeting.present.keys() == {each.id for each in events} - who_left
    assert meeting.ended is isinstance(stop, End)


@pytest.mark.rule("D4", "D9")
def test_a_change_of_role_keeps_the_rest_of_the_participant():
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
def test_a_recording_by_hand_is_of_the_kind_and_by_whom_it_was_asked_for():
    meeting = after(NOTHING, ALICE, CAROL)
    outcome = meeting.handle(Start("carol", "local"))
    assert outcome == Outcome("idle", "recording", (StartRecorder("local", "carol"),), ("D2",))
    assert (meeting.kind, meeting.client) == ("local", "carol")
    meeting.handle(Stop("carol"))
    outcome = meeting.handle(Start("alice", "cloud"))
    assert outcome == Outcome("stopped", "recording", (StartRecorder("cloud"),), ("D2",))
    assert (meeting.kind, meeting.client) == ("cloud", None)


def test_a_new_meeting_is_empty_idle_and_open():
    meeting = Meeting(CLOUD)
    assert (meeting.state, meeting.present, meeting.hosts) == ("idle", {}, 0)
    assert (meeting.kind, meeting.client, meeting.ended) == (None, None, False)


def test_what_decides_follows_from_the_plan_and_cannot_be_given():
    with pytest.raises(TypeError, match="decide"):
        Meeting(CLOUD, decide=decider(LOCAL))


def test_meetings_are_compared_by_what_they_are_and_not_by_what_decides():
    one = after(CLOUD, ALICE)
    decider.cache_clear()
    assert one == after(CLOUD, ALICE)
    assert one != after(CLOUD, BOB)


def test_the_machines_are_named_after_what_they_decide():
    assert (RECORDING.title, POLICY.title) == ("recording", "policy")
