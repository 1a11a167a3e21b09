import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.recording import (
    Account,
    ChangeRole,
    Choice,
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
    resolve,
)

from . import generate
from .people import (
    ALICE,
    BOB,
    CAROL,
    CLOUD,
    CLOUD_ANYONE,
    CLOUD_ANYONE_NO_PAUSE,
    CLOUD_NO_PAUSE,
    DORA,
    EVE,
    LOCAL,
    NOTHING,
    after,
)
from .translate import open_meeting, to_event

START_CLOUD = StartRecorder("cloud", None)
CLOUD_PLANS = [CLOUD, CLOUD_ANYONE, CLOUD_NO_PAUSE, CLOUD_ANYONE_NO_PAUSE]
cloud_plans = pytest.mark.parametrize(
    "plan", CLOUD_PLANS, ids=["host", "anyone", "host, no pause", "anyone, no pause"]
)
running_states = pytest.mark.parametrize("paused", [False, True], ids=["recording", "paused"])
hosts = pytest.mark.parametrize("role", ["host", "cohost"])


def stopped_by(reason, rule, before="recording"):
    return Outcome(before, "stopped", (StopRecorder(reason),), (rule,))


def unchanged(state, *rules):
    return Outcome(state, state, (), rules)


# -- starting by itself ------------------------------------------------------------------------


@pytest.mark.rule("R13", "D1")
@hosts
@pytest.mark.parametrize("plan", [CLOUD, CLOUD_NO_PAUSE])
def test_the_first_join_of_a_host_starts_the_cloud_recording(plan, role):
    meeting = after(plan, BOB, EVE)
    assert meeting.state == "idle"
    outcome = meeting.handle(Join("alice", role, "windows"))
    assert outcome == Outcome("idle", "recording", (START_CLOUD,), ("R13",))


@pytest.mark.rule("R8", "R13")
@pytest.mark.parametrize("role", ["host", "cohost", "member"])
@pytest.mark.parametrize("plan", [CLOUD_ANYONE, CLOUD_ANYONE_NO_PAUSE])
def test_where_anyone_starts_it_the_first_join_starts_it_at_once(plan, role):
    outcome = Meeting(plan).handle(Join("bob", role, "ios"))
    assert outcome == Outcome("idle", "recording", (START_CLOUD,), ("R13",))


@pytest.mark.rule("R14", "D1")
@hosts
@pytest.mark.parametrize("platform", ["windows", "macos"])
def test_the_first_join_of_a_host_from_a_desktop_starts_the_local_recording_there(platform, role):
    meeting = after(LOCAL, BOB, DORA)
    assert meeting.state == "idle"
    outcome = meeting.handle(Join("alice", role, platform))
    assert outcome == Outcome("idle", "recording", (StartRecorder("local", "alice"),), ("R14",))


@pytest.mark.rule("R2", "D5")
@pytest.mark.parametrize(
    ("platform", "cloud", "local"),
    [
        ("windows", True, True),
        ("macos", True, True),
        ("ios", True, False),
        ("android", True, False),
        ("linux", False, False),
        ("web", False, False),
        ("phone", False, False),
        ("room", False, False),
    ],
)
def test_a_recording_starts_only_from_a_platform_that_has_it(platform, cloud, local):
    joins = Join("alice", "host", platform)
    for plan, starts in ((CLOUD, cloud), (CLOUD_ANYONE, cloud), (LOCAL, local)):
        outcome = Meeting(plan).handle(joins)
        assert (outcome.state == "recording") is starts
        assert outcome.refused is None


@pytest.mark.rule("R3", "D5")
@pytest.mark.parametrize("plan", [CLOUD, CLOUD_ANYONE, LOCAL], ids=["host", "anyone", "local"])
@pytest.mark.parametrize(
    ("version", "state"),
    [("3.16", "idle"), ("3.9", "idle"), ("3.17", "recording"), (None, "recording")],
)
def test_a_recording_starts_only_from_a_client_that_is_new_enough(plan, version, state):
    assert Meeting(plan).handle(Join("alice", "host", "windows", version)).state == state


@pytest.mark.rule("D5")
@pytest.mark.parametrize(
    ("plan", "too_little"),
    [
        (CLOUD, Join("zoe", "member", "windows")),
        (CLOUD, Join("zoe", "host", "web")),
        (CLOUD, Join("zoe", "host", "windows", "3.16")),
        (CLOUD_ANYONE, Join("zoe", "member", "phone")),
        (CLOUD_ANYONE, Join("zoe", "member", "ios", "3.16")),
        (LOCAL, Join("zoe", "member", "windows")),
        (LOCAL, Join("zoe", "host", "ios")),
        (LOCAL, Join("zoe", "host", "macos", "3.16")),
    ],
)
def test_a_join_that_does_not_qualify_uses_nothing_up(plan, too_little):
    meeting = Meeting(plan)
    assert meeting.handle(too_little) == unchanged("idle")
    assert meeting.handle(ALICE).state == "recording"


@pytest.mark.rule("R11", "R15")
def test_without_a_plan_nothing_starts_by_itself():
    meeting = Meeting(NOTHING)
    assert [meeting.handle(join) for join in (BOB, ALICE, CAROL)] == [unchanged("idle")] * 3


@pytest.mark.rule("D4")
@pytest.mark.parametrize("plan", [CLOUD, LOCAL])
def test_being_made_host_inside_the_meeting_starts_nothing(plan):
    meeting = after(plan, BOB)
    assert meeting.handle(ChangeRole("bob", "host")) == unchanged("idle")
    assert meeting.handle(CAROL).state == "recording"


@pytest.mark.rule("R15", "D5")
def test_a_host_who_was_there_as_a_member_starts_it_by_joining_anew():
    meeting = after(CLOUD, BOB, ChangeRole("bob", "host"), Leave("bob"))
    assert meeting.state == "idle"
    assert meeting.handle(Join("bob", "host", "windows")).state == "recording"


@pytest.mark.rule("R15")
@pytest.mark.parametrize("plan", [CLOUD, CLOUD_ANYONE, LOCAL], ids=["host", "anyone", "local"])
@pytest.mark.parametrize(
    "stopper",
    [Stop("alice"), RecorderFailed(), Leave("alice")],
    ids=["a host stopped it", "the recorder failed", "all have left"],
)
def test_nobodys_later_join_starts_it_again_whatever_stopped_it(plan, stopper):
    meeting = after(plan, ALICE, stopper)
    assert meeting.state == "stopped"
    assert meeting.handle(CAROL) == unchanged("stopped")
    assert meeting.handle(Join("again", "host", "windows")) == unchanged("stopped")


@pytest.mark.rule("R15", "D9")
def test_a_host_who_joins_while_it_runs_starts_nothing_new():
    meeting = after(CLOUD, ALICE)
    assert meeting.handle(CAROL) == unchanged("recording")
    meeting.handle(Pause("alice"))
    assert meeting.handle(DORA) == unchanged("paused")


@pytest.mark.rule("R15", "D2")
@pytest.mark.parametrize("plan", [CLOUD, CLOUD_ANYONE, LOCAL], ids=["host", "anyone", "local"])
def test_starting_by_hand_uses_up_the_automatic_start(plan):
    old = Join("old", "host", "windows", "3.16")
    meeting = after(plan, old, Start("old", "cloud"), RecorderFailed())
    assert meeting.handle(ALICE) == unchanged("stopped")


# -- stopping: the four rows of R16, each with every cause ---------------------------------------

# Alice is the only host; Bob has come as well. What each event of the column does to a running
# recording: the reason it stops for, a refusal, or nothing.
ROWS = {
    "anyone starts it, host may pause": (CLOUD_ANYONE, None, "host_stopped", None),
    "anyone starts it, host may not pause": (CLOUD_ANYONE_NO_PAUSE, None, None, "R9"),
    "a host starts it, host may pause": (CLOUD, "hosts_left", "host_stopped", None),
    "a host starts it, host may not pause": (CLOUD_NO_PAUSE, "hosts_left", None, "R9"),
    "no plan, started by hand": (NOTHING, "hosts_left", "host_stopped", None),
    "local plan, cloud started by hand": (LOCAL, "hosts_left", "host_stopped", None),
}


def cloud_recording(plan, paused, *joins):
    """A running or paused cloud recording with these people, whatever the plan."""
    meeting = after(plan, *joins)
    if meeting.kind == "local":
        after_stop = meeting.handle(Stop("alice"))
        assert after_stop.state == "stopped"
    if meeting.state != "recording":
        meeting.handle(Start("alice", "cloud"))
    # Under R9 nobody can bring a cloud recording to `paused`, so it is put there.
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
def test_where_anyone_starts_it_it_runs_on_without_any_host_until_the_last_one_leaves():
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
def test_where_no_host_is_left_by_a_change_of_role_only_the_last_one_stops_it():
    meeting = after(CLOUD, ALICE, BOB, EVE, ChangeRole("alice", "member"))
    assert meeting.handle(Leave("alice")) == unchanged("recording")
    assert meeting.handle(Leave("eve")) == unchanged("recording")
    assert meeting.handle(Leave("bob")) == stopped_by("everyone_left", "R16")


@pytest.mark.rule("D4")
@cloud_plans
def test_a_member_leaving_stops_nothing_while_somebody_remains(plan):
    meeting = after(plan, ALICE, BOB)
    assert meeting.handle(Leave("bob")) == unchanged("recording")


@pytest.mark.rule("R16")
@pytest.mark.parametrize("state", ["idle", "stopped"])
def test_leaving_stops_nothing_where_nothing_runs(state):
    meeting = after(NOTHING, ALICE, BOB)
    if state == "stopped":
        after_all = [Start("alice", "cloud"), Stop("alice")]
        meeting = after(NOTHING, ALICE, BOB, *after_all)
    assert meeting.handle(Leave("alice")) == unchanged(state)
    assert meeting.handle(Leave("bob")) == unchanged(state)


# -- stopping a local recording ------------------------------------------------------------------


def local_recording(paused):
    """Alice's client records; Carol and Bob are there."""
    return after(LOCAL, ALICE, CAROL, BOB, *[Pause("alice")] * paused)


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


@pytest.mark.rule("D9")
def test_one_person_on_two_devices_is_two_participants():
    phone = Join("alice-phone", "host", "ios")
    meeting = after(LOCAL, ALICE, phone)
    outcome = meeting.handle(Stop("alice-phone"))
    assert (outcome.refused, outcome.rules) == ("not_recording_client", ("D3",))
    assert meeting.handle(Leave("alice-phone")) == unchanged("recording")
    assert meeting.handle(Leave("alice")).state == "stopped"


# -- by hand -------------------------------------------------------------------------------------


@pytest.mark.rule("D1", "D2")
@hosts
@pytest.mark.parametrize("kind", ["cloud", "local"])
@pytest.mark.parametrize("state", ["idle", "stopped"])
def test_a_host_may_start_a_recording_by_hand(state, kind, role):
    before = [Start("alice", "cloud"), Stop("alice")] if state == "stopped" else []
    meeting = after(NOTHING, ALICE, *before, Join("hand", role, "macos"))
    client = "hand" if kind == "local" else None
    assert meeting.handle(Start("hand", kind)) == Outcome(
        state, "recording", (StartRecorder(kind, client),), ("D2",)
    )


@pytest.mark.rule("D2")
def test_a_recording_that_stopped_may_be_started_by_hand_as_often_as_one_likes():
    meeting = after(CLOUD, ALICE)
    for kind in ("local", "cloud", "cloud", "local"):
        assert meeting.handle(Stop("alice")).state == "stopped"
        assert meeting.handle(Start("alice", kind)).state == "recording"


@pytest.mark.rule("D2")
@pytest.mark.parametrize("platform", ["linux", "web", "phone", "room", "ios"])
def test_starting_a_cloud_recording_by_hand_asks_for_no_platform_and_no_version(platform):
    meeting = after(NOTHING, Join("alice", "host", platform, "2.0"))
    assert meeting.handle(Start("alice", "cloud")).state == "recording"


@pytest.mark.rule("R1", "D2")
@pytest.mark.parametrize("edition", ["free", "pro"])
def test_editions_that_do_not_auto_record_locally_may_still_do_so_by_hand(edition):
    stored = Choice(True, "local")
    meeting = after(resolve(Account(edition), user=stored).plan, ALICE)
    assert meeting.state == "idle"
    assert meeting.handle(Start("alice", "local")).state == "recording"


@pytest.mark.rule("R9", "D2")
def test_the_plans_pause_permission_holds_for_a_cloud_recording_started_by_hand_too():
    old = Join("old", "host", "windows", "3.16")
    meeting = after(CLOUD_NO_PAUSE, old, Start("old", "cloud"))
    for command in (Pause("old"), Stop("old")):
        assert meeting.handle(command).refused == "host_may_not_pause"


@pytest.mark.rule("D2", "R16")
@pytest.mark.parametrize(("plan", "state"), [(CLOUD, "stopped"), (CLOUD_ANYONE, "recording")])
def test_the_plans_stop_rules_hold_for_a_cloud_recording_started_by_hand_too(plan, state):
    meeting = after(plan, ALICE, BOB, Stop("alice"), Start("alice", "cloud"))
    assert meeting.handle(Leave("alice")).state == state


@pytest.mark.rule("R9", "D1")
@hosts
def test_a_host_may_pause_and_resume_a_cloud_recording(role):
    meeting = after(CLOUD, ALICE, Join("hand", role, "web"))
    assert meeting.handle(Pause("hand")) == Outcome(
        "recording", "paused", (PauseRecorder(),), ("R9",)
    )
    assert meeting.handle(Resume("alice")) == Outcome(
        "paused", "recording", (ResumeRecorder(),), ("R9",)
    )


@pytest.mark.rule("D3")
def test_the_client_that_records_locally_may_pause_resume_and_stop():
    meeting = after(LOCAL, ALICE)
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
    meeting = after(CLOUD_NO_PAUSE, old, ALICE, RecorderFailed(), Start("old", "local"))
    assert meeting.handle(Stop("alice")).refused == "not_recording_client"
    assert meeting.handle(Pause("old")).state == "paused"
    assert meeting.handle(Stop("old")).state == "stopped"


# -- facts ---------------------------------------------------------------------------------------


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


# -- questions -----------------------------------------------------------------------------------

BUTTONS = {
    "start_cloud": lambda who: Start(who, "cloud"),
    "start_local": lambda who: Start(who, "local"),
    "pause": Pause,
    "resume": Resume,
    "stop": Stop,
    "end": End,
}


@pytest.mark.rule("R9", "D1", "D2", "D3")
@settings(max_examples=150, deadline=None)
@given(generate.cases(length=15), st.sampled_from([*generate.IDS, "nobody"]))
def test_what_is_allowed_is_what_would_be_accepted(case, who):
    *header, events = case
    meeting = open_meeting(*header)
    for name, event in events:
        meeting.handle(to_event(name, event))
    untouched = copy.deepcopy(meeting)
    permissions = meeting.allowed(who)
    assert meeting == untouched
    assert set(permissions) == set(BUTTONS)
    for name, permission in permissions.items():
        outcome = copy.deepcopy(meeting).handle(BUTTONS[name](who))
        assert permission.event == BUTTONS[name](who)
        assert (permission.refused, permission.rules) == (outcome.refused, outcome.rules)
        assert permission.allowed is (outcome.refused is None)


@settings(max_examples=200, deadline=None)
@given(generate.cases())
def test_why_agrees_with_what_then_happens(case):
    *header, events = case
    meeting = open_meeting(*header)
    for name, event in events:
        untouched = copy.deepcopy(meeting)
        why = meeting.why(to_event(name, event))
        assert meeting == untouched
        outcome = meeting.handle(to_event(name, event))
        assert why.state == outcome.before
        assert why.allowed is (outcome.refused is None)
        # Where the state simply has no such transition, no condition can be blamed.
        assert why.reason == (None if outcome.refused == "wrong_state" else outcome.refused)
        if why.allowed:
            assert why.row.info.outcome.state == outcome.state


@pytest.mark.rule("R9")
def test_why_names_the_guard_that_says_no_and_the_value_it_read():
    why = str(after(CLOUD_NO_PAUSE, ALICE).why(Pause("alice")))
    assert "plan: host may pause" in why
    assert "plan.host_may_pause = False" in why


# -- equality ------------------------------------------------------------------------------------


def test_an_outcome_compares_by_what_it_says():
    # The tests above compare outcomes as wholes; this is what that rests on.
    one = Outcome("idle", "recording", (START_CLOUD,), ("R13",))
    assert one == Outcome("idle", "recording", (StartRecorder("cloud"),), ("R13",))
    assert one != Outcome("idle", "recording", (StartRecorder("local", "a"),), ("R13",))
    assert after(Plan(), ALICE) != after(Plan(), CAROL)


@given(generate.cases())
def test_a_replay_leads_where_the_events_led(case):
    *header, events = case
    meeting, again = open_meeting(*header), open_meeting(*header)
    happened = [to_event(name, event) for name, event in events]
    for event in happened:
        meeting.handle(event)
    again.replay(happened)
    assert again == meeting
