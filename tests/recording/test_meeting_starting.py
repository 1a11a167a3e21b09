"""The start of a recording: automatically by a join, or by hand."""

import pytest

from fsm.recording import (
    Account,
    ChangeRole,
    Choice,
    Join,
    Leave,
    Meeting,
    Outcome,
    Pause,
    RecorderFailed,
    Start,
    StartRecorder,
    Stop,
    resolve,
)

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
    START_CLOUD,
    after,
    unchanged,
)

hosts = pytest.mark.parametrize("role", ["host", "cohost"])


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
def test_if_anyones_join_starts_it_the_first_join_does(plan, role):
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
        ("other", False, False),
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
def test_without_auto_recording_no_join_starts_a_recording():
    meeting = Meeting(NOTHING)
    assert [meeting.handle(join) for join in (BOB, ALICE, CAROL)] == [unchanged("idle")] * 3


@pytest.mark.rule("D4")
@pytest.mark.parametrize("plan", [CLOUD, LOCAL])
def test_being_made_host_inside_the_meeting_starts_nothing(plan):
    meeting = after(plan, BOB)
    assert meeting.handle(ChangeRole("bob", "host")) == unchanged("idle")
    assert meeting.handle(CAROL).state == "recording"


@pytest.mark.rule("R15", "D5")
def test_a_host_who_was_present_as_a_member_starts_it_by_joining_again():
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
def test_no_later_join_starts_it_again_after_any_stop(plan, stopper):
    meeting = after(plan, ALICE, stopper)
    assert meeting.state == "stopped"
    assert meeting.handle(CAROL) == unchanged("stopped")
    assert meeting.handle(Join("again", "host", "windows")) == unchanged("stopped")


@pytest.mark.rule("R15", "D9")
def test_a_host_who_joins_during_a_recording_starts_nothing():
    meeting = after(CLOUD, ALICE, BOB)
    assert meeting.handle(CAROL) == unchanged("recording")
    meeting.handle(Pause("alice"))
    assert meeting.handle(DORA) == unchanged("paused")


@pytest.mark.rule("R15", "D2")
@pytest.mark.parametrize("plan", [CLOUD, CLOUD_ANYONE, LOCAL], ids=["host", "anyone", "local"])
def test_starting_by_hand_uses_up_the_automatic_start(plan):
    old = Join("old", "host", "windows", "3.16")
    meeting = after(plan, old, Start("old", "cloud"), RecorderFailed())
    assert meeting.handle(ALICE) == unchanged("stopped")


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
def test_a_stopped_recording_may_be_started_by_hand_any_number_of_times():
    meeting = after(CLOUD, ALICE)
    for kind in ("local", "cloud", "cloud", "local"):
        assert meeting.handle(Stop("alice")).state == "stopped"
        assert meeting.handle(Start("alice", kind)).state == "recording"


@pytest.mark.rule("D2")
@pytest.mark.parametrize("platform", ["linux", "web", "phone", "room", "other", "ios"])
def test_a_cloud_recording_may_be_started_by_hand_from_any_platform_and_version(platform):
    meeting = after(NOTHING, Join("alice", "host", platform, "2.0"))
    assert meeting.handle(Start("alice", "cloud")).state == "recording"


@pytest.mark.rule("R1", "D2")
@pytest.mark.parametrize("edition", ["free", "pro"])
def test_editions_without_local_auto_recording_may_record_locally_by_hand(edition):
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
