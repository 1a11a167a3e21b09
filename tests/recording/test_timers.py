"""Timers: the grace (D14), empty meetings (D15), and the moments at which timers are due."""

from copy import deepcopy

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.recording import (
    CancelTimer,
    ChangeRole,
    End,
    Join,
    Leave,
    Meeting,
    MeetingSettings,
    Pause,
    Plan,
    RecorderFailed,
    SetTimer,
    Start,
    Stop,
    StopRecorder,
    TimeUp,
    timers,
)
from fsm.recording.settings import Account

from .people import (
    ALICE,
    BOB,
    CAROL,
    CLOUD,
    CLOUD_ANYONE,
    CLOUD_NO_PAUSE,
    EVE,
    LOCAL,
    NOTHING,
    after,
)

SET_GRACE = SetTimer("grace", 10)
CANCEL_GRACE = CancelTimer("grace")
SET_EMPTY = SetTimer("empty", 60)
CANCEL_EMPTY = CancelTimer("empty")


def with_grace(plan):
    return attrs.evolve(plan, grace=10)


def with_empty(plan):
    return attrs.evolve(plan, end_when_empty=60)


def with_both(plan):
    return attrs.evolve(plan, grace=10, end_when_empty=60)


def recording_by_hand(plan):
    """A cloud recording that Alice started by hand, with Bob."""
    meeting = after(plan, ALICE, BOB)
    if meeting.state == "recording":
        meeting.handle(Stop("alice"))
    meeting.handle(Start("alice", "cloud"))
    return meeting


# -- grace -----------------------------------------------------------------------------------------


@pytest.mark.rule("D14")
@pytest.mark.parametrize("paused", [False, True], ids=["recording", "paused"])
@pytest.mark.parametrize("plan", [CLOUD, CLOUD_NO_PAUSE, NOTHING, LOCAL])
def test_a_cloud_recording_outlives_its_last_host_and_stops_when_the_grace_is_up(plan, paused):
    meeting = recording_by_hand(with_grace(plan))
    if paused and plan.host_may_pause:
        meeting.handle(Pause("alice"))
    state = meeting.state
    left = meeting.handle(Leave("alice"))
    assert (left.state, left.recorder, left.timers, left.rules) == (
        state, (), (SET_GRACE,), ("D14",)
    )  # fmt: skip
    stopped = meeting.handle(TimeUp("grace", 1))
    assert (stopped.before, stopped.state, stopped.timers) == (state, "stopped", ())
    assert stopped.recorder == (StopRecorder("hosts_left"),)
    assert stopped.rules == ("D14", "R16")


@pytest.mark.rule("D14")
@pytest.mark.parametrize("plan", [CLOUD, CLOUD_ANYONE])
def test_a_cloud_recording_outlives_everyone_and_names_everyone_as_the_reason(plan):
    meeting = after(with_grace(plan), ALICE)
    assert meeting.handle(Leave("alice")).timers == (SET_GRACE,)
    assert meeting.handle(TimeUp("grace", 1)).recorder == (StopRecorder("everyone_left"),)


@pytest.mark.rule("D14")
def test_the_reason_is_the_one_that_holds_when_the_grace_is_up():
    meeting = after(with_grace(CLOUD), ALICE, BOB, Leave("alice"), Leave("bob"))
    assert meeting.handle(EVE).timers == ()
    assert meeting.handle(TimeUp("grace", 1)).recorder == (StopRecorder("hosts_left"),)


@pytest.mark.rule("D14")
def test_while_the_grace_runs_it_is_not_set_anew():
    meeting = after(with_grace(CLOUD), ALICE, BOB, Leave("alice"))
    left = meeting.handle(Leave("bob"))
    assert (left.state, left.timers) == ("recording", ())
    assert meeting.timers["grace"] == timers.TimerState(1, running=True)


@pytest.mark.rule("D14")
@pytest.mark.parametrize(
    ("plan", "back"),
    [
        (CLOUD, CAROL),
        (CLOUD, Join("alice-2", "host", "web", "1.0")),
        (CLOUD_ANYONE, BOB),
        (CLOUD_ANYONE, CAROL),
    ],
)
def test_a_return_of_who_keeps_the_recording_going_cancels_the_grace(plan, back):
    meeting = after(with_grace(plan), ALICE, Leave("alice"))
    joined = meeting.handle(back)
    assert (joined.state, joined.recorder, joined.timers) == ("recording", (), (CANCEL_GRACE,))
    assert meeting.handle(TimeUp("grace", 1)).refused == "timer_not_set"
    assert meeting.state == "recording"


@pytest.mark.rule("D14")
def test_a_member_who_is_made_host_cancels_the_grace():
    meeting = after(with_grace(CLOUD), ALICE, BOB, Leave("alice"))
    changed = meeting.handle(ChangeRole("bob", "cohost"))
    assert (changed.state, changed.timers, changed.rules) == (
        "recording", (CANCEL_GRACE,), ("D14",)
    )  # fmt: skip


@pytest.mark.rule("D14")
@pytest.mark.parametrize("leaver", [ALICE, attrs.evolve(ALICE, role="member")])
def test_where_hosts_are_needed_a_member_who_comes_back_alone_saves_nothing(leaver):
    events = [ALICE] if leaver is ALICE else [ALICE, ChangeRole("alice", "member")]
    meeting = after(with_grace(CLOUD), *events, Leave("alice"))
    assert meeting.handle(BOB).timers == ()
    assert meeting.handle(ChangeRole("bob", "member")).timers == ()
    assert meeting.handle(TimeUp("grace", 1)).state == "stopped"


@pytest.mark.rule("D14")
@pytest.mark.rule("D4")
def test_a_change_of_role_alone_sets_no_grace():
    meeting = after(with_grace(CLOUD), ALICE, BOB)
    assert meeting.handle(ChangeRole("alice", "member")).timers == ()
    assert meeting.handle(Leave("alice")).timers == ()
    assert meeting.handle(Leave("bob")).timers == (SET_GRACE,)


@pytest.mark.rule("D14")
@pytest.mark.parametrize(
    ("event", "reason"), [(End(), "meeting_ended"), (RecorderFailed(), "recorder_failed")]
)
def test_whatever_else_stops_the_recording_cancels_the_grace(event, reason):
    meeting = after(with_grace(CLOUD), ALICE, Leave("alice"))
    stopped = meeting.handle(event)
    assert stopped.recorder == (StopRecorder(reason),)
    assert stopped.timers == (CANCEL_GRACE,)


@pytest.mark.rule("D14")
@pytest.mark.rule("R17")
def test_a_local_recording_has_no_grace():
    meeting = after(with_grace(LOCAL), ALICE, BOB)
    left = meeting.handle(Leave("alice"))
    assert (left.state, left.timers) == ("stopped", ())


@pytest.mark.rule("D14")
def test_a_grace_that_was_cancelled_is_set_again_under_the_next_number():
    meeting = after(with_grace(CLOUD), ALICE, Leave("alice"), CAROL)
    assert meeting.handle(Leave("carol")).timers == (SET_GRACE,)
    assert meeting.handle(TimeUp("grace", 1)).refused == "timer_not_set"
    assert meeting.handle(TimeUp("grace", 2)).state == "stopped"
    assert meeting.handle(TimeUp("grace", 2)).refused == "timer_not_set"


# -- empty meetings --------------------------------------------------------------------------------


@pytest.mark.rule("D15")
@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([BOB], "idle"),
        ([ALICE, BOB, Leave("alice")], "stopped"),
        ([ALICE, Stop("alice")], "stopped"),
    ],
)
def test_the_last_who_leaves_sets_the_timer_and_the_meeting_ends_when_it_is_up(events, state):
    meeting = after(with_empty(CLOUD), *events)
    [last] = meeting.present
    left = meeting.handle(Leave(last))
    assert (left.state, left.timers, left.rules) == (state, (SET_EMPTY,), ("D15",))
    ended = meeting.handle(TimeUp("empty", 1))
    assert (ended.state, ended.recorder, ended.timers) == (state, (), ())
    assert ended.rules == ("D10", "D15")
    assert meeting.ended
    assert meeting.handle(ALICE).refused == "meeting_ended"


@pytest.mark.rule("D15")
@pytest.mark.parametrize("plan", [CLOUD, LOCAL])
def test_the_leave_that_stops_a_recording_sets_the_timer_if_nobody_remains(plan):
    left = after(with_empty(plan), ALICE).handle(Leave("alice"))
    assert (left.state, left.timers) == ("stopped", (SET_EMPTY,))
    left = after(with_empty(plan), ALICE, BOB).handle(Leave("alice"))
    assert (left.state, left.timers) == ("stopped", ())


@pytest.mark.rule("D15")
@pytest.mark.parametrize("join", [ALICE, BOB, Join("x", "member", "phone")])
def test_any_join_cancels_the_timer(join):
    meeting = after(with_empty(CLOUD), EVE, Leave("eve"))
    assert CANCEL_EMPTY in meeting.handle(join).timers
    assert meeting.handle(TimeUp("empty", 1)).refused == "timer_not_set"


@pytest.mark.rule("D15")
def test_before_anyone_has_come_nothing_is_set():
    meeting = Meeting(with_empty(CLOUD))
    assert meeting.handle(Leave("alice")).timers == ()
    assert meeting.timers == {}


@pytest.mark.rule("D15")
@pytest.mark.rule("D14")
def test_an_end_that_comes_before_the_grace_is_up_stops_the_recording_and_cancels_the_grace():
    meeting = after(with_both(CLOUD), ALICE)
    assert meeting.handle(Leave("alice")).timers == (SET_GRACE, SET_EMPTY)
    ended = meeting.handle(TimeUp("empty", 1))
    assert (ended.state, ended.recorder) == ("stopped", (StopRecorder("meeting_ended"),))
    assert ended.timers == (CANCEL_GRACE,)
    assert ended.rules == ("D10", "D15", "R16", "D14")
    assert meeting.handle(TimeUp("grace", 1)).refused == "meeting_ended"


@pytest.mark.rule("D15")
@pytest.mark.parametrize("events", [[ALICE], [BOB]], ids=["recording", "idle"])
def test_the_end_of_a_meeting_cancels_every_timer_that_is_set(events):
    meeting = after(with_both(CLOUD), *events, Leave(events[0].id))
    running = tuple(name for name, timer in meeting.timers.items() if timer.running)
    assert meeting.handle(End()).timers == tuple(map(CancelTimer, running))


def test_a_join_that_saves_the_recording_cancels_both_timers():
    meeting = after(with_both(CLOUD), ALICE, Leave("alice"))
    joined = meeting.handle(CAROL)
    assert joined.timers == (CANCEL_GRACE, CANCEL_EMPTY)
    assert joined.rules == ("D14", "D15")


# -- firings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "firing"),
    [
        ([ALICE], TimeUp("grace", 1)),
        ([ALICE, Leave("alice")], TimeUp("grace", 2)),
        ([ALICE, Leave("alice"), TimeUp("grace", 1)], TimeUp("grace", 1)),
        ([BOB, Leave("bob")], TimeUp("grace", 1)),
        ([BOB], TimeUp("empty", 1)),
    ],
    ids=["never set", "not set so often", "fired already", "another one runs", "not set yet"],
)
def test_the_firing_of_a_timer_that_is_not_set_is_refused_and_changes_nothing(events, firing):
    meeting = after(with_both(CLOUD), *events)
    before = deepcopy(meeting)
    outcome = meeting.handle(firing)
    assert outcome.refused == "timer_not_set"
    assert (outcome.state, outcome.recorder, outcome.timers) == (before.state, (), ())
    assert meeting == before


def test_after_the_end_a_firing_is_refused_like_any_event():
    meeting = after(with_both(CLOUD), ALICE, Leave("alice"), End())
    assert meeting.handle(TimeUp("grace", 1)).refused == "meeting_ended"


@pytest.mark.parametrize(
    ("timer", "number", "error"),
    [
        ("graze", 1, "timer cannot be 'graze' (did you mean 'grace'?)"),
        ("grace", 0, "set must be a whole number from 1 to 9007199254740991, not 0"),
        ("grace", True, "set must be a whole number from 1 to 9007199254740991, not True"),
        ("grace", "1", "set must be a whole number from 1 to 9007199254740991, not '1'"),
    ],
)
def test_a_firing_that_cannot_be_is_refused_with_one_line(timer, number, error):
    with pytest.raises((ValueError, TypeError)) as raised:
        TimeUp(timer, number)
    assert str(raised.value) == error


# -- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [MeetingSettings, Plan])
@pytest.mark.parametrize(
    ("name", "value", "limits"),
    [
        ("grace", -1, "0 to 600"),
        ("grace", 601, "0 to 600"),
        ("grace", 1.5, "0 to 600"),
        ("end_when_empty", 0, "1 to 604800"),
        ("end_when_empty", 604_801, "1 to 604800"),
        ("end_when_empty", "60", "1 to 604800"),
    ],
)
def test_the_seconds_of_a_timer_have_limits(cls, name, value, limits):
    required = {"account": Account("pro")} if cls is MeetingSettings else {}
    with pytest.raises((ValueError, TypeError)) as raised:
        cls(**required, **{name: value})
    assert str(raised.value) == f"{name} must be a whole number from {limits}, not {value!r}"


def test_the_plan_of_a_meeting_has_the_seconds_of_its_timers_and_says_so():
    plain = MeetingSettings(Account("pro")).resolve()
    resolution = MeetingSettings(Account("pro"), grace=600, end_when_empty=604_800).resolve()
    assert resolution.plan == attrs.evolve(plain.plan, grace=600, end_when_empty=604_800)
    assert resolution.why[: len(plain.why)] == plain.why
    assert [why.rpartition(" ")[2] for why in resolution.why[len(plain.why) :]] == [
        "(D14)", "(D15)"
    ]  # fmt: skip
    assert MeetingSettings(Account("pro"), end_when_empty=60).resolve().why[-1].endswith("(D15)")


def test_meetings_that_differ_only_in_seconds_decide_by_one_table():
    first, second = (Meeting(Plan("cloud", grace=n, end_when_empty=60 * n)) for n in (10, 20))
    other = Meeting(CLOUD)
    assert first.decide(ALICE) is second.decide(ALICE) is not other.decide(ALICE)
    for meeting, seconds in ((first, 10), (second, 20)):
        meeting.handle(ALICE)
        changes = meeting.handle(Leave("alice")).timers
        assert changes == (SetTimer("grace", seconds), SetTimer("empty", 60 * seconds))


def test_a_meeting_without_timers_never_sets_one():
    meeting = after(CLOUD, ALICE, Leave("alice"))
    assert meeting.timers is timers.NO_TIMERS


# -- words and moments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timer", "plan", "milliseconds", "words"),
    [
        ("grace", with_grace(CLOUD), 6_001, "the recording stops in 7 s unless a host joins"),
        ("grace", with_grace(CLOUD_ANYONE), 0, "the recording stops in 0 s unless somebody joins"),
        ("empty", with_empty(CLOUD), -1, "the meeting ends in 0 s unless somebody joins"),
    ],
)
def test_a_running_timer_says_what_it_will_do_and_what_would_cancel_it(
    timer, plan, milliseconds, words
):
    assert timers.describe_timer(timer, plan, milliseconds) == words


def test_of_two_timers_that_are_due_at_one_moment_the_grace_is_first():
    assert timers.next_due({"empty": 5, "grace": 5}) == (5, "grace")
    assert timers.next_due({"empty": 4, "grace": 5}) == (4, "empty")
    assert timers.next_due({}) is None


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=30))
def test_the_timers_that_are_due_are_those_that_run(steps):
    meeting, due, now = Meeting(with_both(CLOUD)), timers.NOTHING_DUE, 0
    for passed, choice in steps:
        now += passed * 1000
        name = f"p{choice % 3}"
        event = [
            Join(name, "host", "windows"), Join(name, "member", "web"), Leave(name),
            ChangeRole(name, "host"), ChangeRole(name, "member"), RecorderFailed(),
            Leave(name), Start(name, "cloud"), TimeUp("grace", 1), TimeUp("empty", 1),
        ][choice]  # fmt: skip
        due = timers.due_after(due, event, meeting.handle(event), now)
        running = {timer for timer, state in meeting.timers.items() if state.running}
        assert due.keys() == running
        assert all(now <= moment + 600_000 for moment in due.values())
