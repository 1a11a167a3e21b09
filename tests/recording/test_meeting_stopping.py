"""The stop of a recording, for every cause in the tables of R16 and R17."""

import pytest

from fsm.recording import (
    ChangeRole,
    End,
    Leave,
    Outcome,
    RecorderFailed,
    Start,
    Stop,
)

from .people import (
    ALICE,
    BOB,
    CAROL,
    CLOUD,
    CLOUD_ANYONE,
    CLOUD_ANYONE_NO_PAUSE,
    CLOUD_NO_PAUSE,
    EVE,
    LOCAL,
    NOTHING,
    after,
    local_recording,
    stopped_by,
    unchanged,
)

CLOUD_PLANS = [CLOUD, CLOUD_ANYONE, CLOUD_NO_PAUSE, CLOUD_ANYONE_NO_PAUSE]
cloud_plans = pytest.mark.parametrize(
    "plan", CLOUD_PLANS, ids=["host", "anyone", "host, no pause", "anyone, no pause"]
)
running_states = pytest.mark.parametrize("paused", [False, True], ids=["recording", "paused"])


# The rows of R16, and cloud recordings started by hand under other plans. The columns are for a
# meeting of Alice, the only host, and Bob: the plan, the reason to stop when Alice leaves, the
# reason to stop when she stops the recording, and the rule by which that is refused.
ROWS = {
    "anyone starts it, host may pause": (CLOUD_ANYONE, None, "host_stopped", None),
    "anyone starts it, host may not pause": (CLOUD_ANYONE_NO_PAUSE, None, None, "R9"),
    "a host starts it, host may pause": (CLOUD, "hosts_left", "host_stopped", None),
    "a host starts it, host may not pause": (CLOUD_NO_PAUSE, "hosts_left", None, "R9"),
    "no plan, started by hand": (NOTHING, "hosts_left", "host_stopped", None),
    "local plan, cloud started by hand": (LOCAL, "hosts_left", "host_stopped", None),
}


def cloud_recording(plan, paused, *joins):
    """A running or paused cloud recording with these participants, under any plan."""
    meeting = after(plan, *joins)
    if meeting.kind == "local":
        after_stop = meeting.handle(Stop("alice"))
        assert after_stop.state == "stopped"
    if meeting.state != "recording":
        meeting.handle(Start("alice", "cloud"))
    # Under R9 no event leads to `paused`, so the state is set directly.
    meeting.state = "paused" if paused else "recording"
    return meeting


stop_rows = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())


@pytest.mark.rule("R16", "D4", "D12")
@running_states
@stop_rows
def test_a_cloud_recording_stops_when_every_host_has_left_if_a_host_starts_it(row, paused):
    plan, hosts_left, _, _ = row
    meeting = cloud_recording(plan, paused, ALICE, BOB)
    before = meeting.state
    outcome = meeting.handle(Leave("alice"))
    assert outcome == (stopped_by("hosts_left", "R16", before) if hosts_left else unchanged(before))


@pytest.mark.rule("R16", "D12")
@running_states
@stop_rows
def test_a_cloud_recording_stops_when_everyone_has_left(row, paused):
    plan = row[0]
    meeting = cloud_recording(plan, paused, ALICE, BOB)
    before = meeting.state
    assert meeting.handle(Leave("bob")) == unchanged(before)
    # The last one is the last host too: everyone_left is the one that is named.
    assert meeting.handle(Leave("alice")) == stopped_by("everyone_left", "R16", before)


@pytest.mark.rule("R16", "D12")
@running_states
@stop_rows
@pytest.mark.parametrize("by", ["alice", None], ids=["by a host", "by the server"])
def test_a_cloud_recording_stops_when_the_meeting_ends(row, paused, by):
    meeting = cloud_recording(row[0], paused, ALICE, BOB)
    before = meeting.state
    assert meeting.handle(End(by)) == stopped_by("meeting_ended", "R16", before)


@pytest.mark.rule("R9", "R16", "D12")
@running_states
@stop_rows
def test_a_cloud_recording_stops_when_a_host_stops_it_if_the_host_may_pause(row, paused):
    plan, _, host_stopped, refusing_rule = row
    meeting = cloud_recording(plan, paused, ALICE, BOB)
    before = meeting.state
    outcome = meeting.handle(Stop("alice"))
    if host_stopped:
        assert outcome == stopped_by("host_stopped", "R16", before)
    else:
        refused = Outcome(before, before, (), (refusing_rule,), "host_may_not_pause")
        assert outcome == refused


@pytest.mark.rule("R8", "R16")
def test_if_anyones_join_starts_it_it_continues_without_a_host_until_the_last_one_leaves():
    meeting = after(CLOUD_ANYONE, BOB, EVE, ALICE, Leave("alice"), Leave("eve"))
    assert meeting.state == "recording"
    assert meeting.handle(Leave("bob")) == stopped_by("everyone_left", "R16")


@pytest.mark.rule("D1", "D4")
@pytest.mark.parametrize("first", ["alice", "carol"])
def test_while_a_host_or_cohost_remains_not_every_host_has_left(first):
    second = "carol" if first == "alice" else "alice"
    meeting = after(CLOUD, ALICE, CAROL, BOB)
    assert meeting.handle(Leave(first)) == unchanged("recording")
    assert meeting.handle(Leave(second)) == stopped_by("hosts_left", "R16")


@pytest.mark.rule("D4")
@pytest.mark.parametrize("takes_first", [True, False], ids=["bob is made first", "alice is first"])
def test_a_host_may_be_handed_over_in_two_steps(takes_first):
    steps = [ChangeRole("bob", "host"), ChangeRole("alice", "member")]
    meeting = after(CLOUD, ALICE, BOB, EVE)
    for step in steps if takes_first else reversed(steps):
        assert meeting.handle(step) == unchanged("recording")
    assert meeting.handle(Leave("alice")) == unchanged("recording")
    assert meeting.handle(Leave("bob")) == stopped_by("hosts_left", "R16")


@pytest.mark.rule("D4")
def test_after_a_change_of_role_that_leaves_no_host_only_the_last_leave_stops_it():
    meeting = after(CLOUD, ALICE, BOB, EVE, ChangeRole("alice", "member"))
    assert meeting.handle(Leave("alice")) == unchanged("recording")
    assert meeting.handle(Leave("eve")) == unchanged("recording")
    assert meeting.handle(Leave("bob")) == stopped_by("everyone_left", "R16")


@pytest.mark.rule("D4")
@cloud_plans
def test_a_member_who_leaves_stops_nothing_while_a_host_remains(plan):
    meeting = after(plan, ALICE, BOB)
    assert meeting.handle(Leave("bob")) == unchanged("recording")


@pytest.mark.rule("R16")
@pytest.mark.parametrize("state", ["idle", "stopped"])
def test_a_leave_changes_nothing_in_a_state_without_a_recording(state):
    meeting = after(NOTHING, ALICE, BOB)
    if state == "stopped":
        after_all = [Start("alice", "cloud"), Stop("alice")]
        meeting = after(NOTHING, ALICE, BOB, *after_all)
    assert meeting.handle(Leave("alice")) == unchanged(state)
    assert meeting.handle(Leave("bob")) == unchanged(state)


@pytest.mark.rule("R17")
@running_states
def test_a_local_recording_stops_when_the_client_that_records_leaves(paused):
    meeting = local_recording(paused)
    before = meeting.state
    assert meeting.handle(Leave("alice")) == stopped_by("recording_client_left", "R17", before)


@pytest.mark.rule("R17")
@running_states
@pytest.mark.parametrize("by", ["carol", None], ids=["by a host", "by the server"])
def test_a_local_recording_stops_when_the_meeting_ends(paused, by):
    meeting = local_recording(paused)
    before = meeting.state
    assert meeting.handle(End(by)) == stopped_by("meeting_ended", "R17", before)


@pytest.mark.rule("R17", "D4")
@running_states
def test_a_local_recording_goes_on_when_every_other_host_has_left(paused):
    meeting = local_recording(paused)
    before = meeting.state
    meeting.handle(ChangeRole("alice", "member"))
    assert meeting.handle(Leave("carol")) == unchanged(before)
    assert meeting.handle(Leave("bob")) == unchanged(before)
    # Alone, and of no rank: her leaving is still that of the recording client.
    assert meeting.handle(Leave("alice")) == stopped_by("recording_client_left", "R17", before)


@pytest.mark.rule("R17", "D2")
def test_a_local_recording_under_a_cloud_plan_stops_by_the_local_rules():
    meeting = after(CLOUD, ALICE, CAROL, Stop("alice"), Start("carol", "local"))
    assert meeting.handle(Leave("alice")) == unchanged("recording")
    assert meeting.handle(Leave("carol")) == stopped_by("recording_client_left", "R17")


@pytest.mark.rule("R17", "D2")
def test_the_client_that_once_recorded_locally_does_not_stop_a_later_cloud_recording():
    restarted = [Stop("alice"), Start("carol", "cloud")]
    meeting = after(LOCAL, ALICE, CAROL, BOB, *restarted)
    assert meeting.handle(Leave("alice")) == unchanged("recording")


@pytest.mark.rule("D2", "R16")
@pytest.mark.parametrize(("plan", "state"), [(CLOUD, "stopped"), (CLOUD_ANYONE, "recording")])
def test_the_plans_stop_rules_hold_for_a_cloud_recording_started_by_hand_too(plan, state):
    meeting = after(plan, ALICE, BOB, Stop("alice"), Start("alice", "cloud"))
    assert meeting.handle(Leave("alice")).state == state


@pytest.mark.rule("D10")
@pytest.mark.parametrize("by", ["alice", "carol", None])
@pytest.mark.parametrize("state", ["idle", "stopped"])
def test_the_end_of_a_meeting_that_records_nothing_sends_the_recorder_nothing(state, by):
    before = [Start("alice", "cloud"), Stop("alice")] if state == "stopped" else []
    meeting = after(NOTHING, ALICE, CAROL, *before)
    assert meeting.handle(End(by)) == unchanged(state, "D10")
    assert meeting.ended


@pytest.mark.rule("D11")
@running_states
@pytest.mark.parametrize("plan", [CLOUD, CLOUD_NO_PAUSE, LOCAL], ids=["cloud", "no pause", "local"])
def test_a_recorder_that_fails_stops_the_recording(plan, paused):
    meeting = after(plan, ALICE)
    meeting.state = "paused" if paused else "recording"
    outcome = meeting.handle(RecorderFailed("disk full"))
    assert outcome == stopped_by("recorder_failed", "D11", "paused" if paused else "recording")


@pytest.mark.rule("D2", "D11")
def test_after_a_recorder_failed_a_host_may_start_again():
    meeting = after(CLOUD, ALICE, RecorderFailed())
    assert meeting.handle(Start("alice", "cloud")).state == "recording"
