"""Refusals, one reason at a time and in pairs: of two that hold, the earlier one is given."""

import copy
from itertools import combinations
from typing import get_args

import attrs
import pytest
from hypothesis import given, settings

from fsm.recording import (
    ChangeRole,
    End,
    Join,
    Leave,
    Outcome,
    Pause,
    Plan,
    RecorderFailed,
    Resume,
    Start,
    Stop,
    TimeUp,
)
from fsm.recording.vocabulary import Reason

from . import generate
from .people import ALICE, BOB, CAROL, CLOUD, CLOUD_NO_PAUSE, DORA, EVE, LOCAL, NOTHING, after
from .translate import open_meeting, to_event

ORDER = [
    "meeting_ended",
    "already_present",
    "not_present",
    "not_host",
    "timer_not_set",
    "wrong_state",
    "kind_unavailable",
    "not_desktop",
    "not_recording_client",
    "host_may_not_pause",
]
NO_LOCAL = Plan(kinds=("cloud",))
CLOUD_NO_LOCAL = Plan(kind="cloud", kinds=("cloud",))
OLD_ALICE = Join("alice", "host", "windows", "3.16")
IPHONE_ALICE = Join("alice", "host", "ios")
PLAIN_CAROL = Join("carol", "member", "macos")
PLAIN_DORA = Join("dora", "member", "ios")
PAUSE, STOP = Pause("carol"), Stop("carol")


def refuses(plan, earlier_events, event, reason, *rules):
    meeting = after(plan, *earlier_events)
    untouched = copy.deepcopy(meeting)
    state = meeting.state
    assert meeting.handle(event) == Outcome(state, state, (), rules, reason)
    assert meeting == untouched


@settings(max_examples=300, deadline=None)
@given(generate.cases())
def test_a_refused_event_leaves_the_meeting_as_it_was(case):
    *header, events = case
    meeting = open_meeting(*header)
    for name, event in events:
        untouched = copy.deepcopy(meeting)
        outcome = meeting.handle(to_event(name, event))
        if outcome.refused is not None:
            assert meeting == untouched
            assert outcome.state == outcome.before
            assert outcome.recorder == ()


# -- one by one ----------------------------------------------------------------------------------


@pytest.mark.rule("D10")
@pytest.mark.parametrize(
    "event",
    [
        Join("zoe", "host", "windows"),
        Leave("alice"),
        ChangeRole("bob", "host"),
        End("alice"),
        End(),
        RecorderFailed(),
        Start("alice", "cloud"),
        Pause("alice"),
        Resume("alice"),
        Stop("alice"),
    ],
    ids=lambda event: event.trigger,
)
@pytest.mark.parametrize("plan", [CLOUD, LOCAL, NOTHING], ids=["cloud", "local", "no plan"])
def test_after_the_end_every_event_is_refused(plan, event):
    refuses(plan, [ALICE, BOB, End()], event, "meeting_ended", "D10")


@pytest.mark.rule("D9")
def test_a_second_join_with_an_id_that_is_present_is_refused():
    refuses(CLOUD, [BOB], Join("bob", "host", "windows"), "already_present", "D9")


@pytest.mark.rule("D9")
def test_an_id_that_has_left_may_join_again():
    assert after(CLOUD, BOB, Leave("bob"), Join("bob", "host", "windows")).state == "recording"


@pytest.mark.rule("D9")
@pytest.mark.parametrize(
    "event",
    [
        Leave("zoe"),
        ChangeRole("zoe", "host"),
        Start("zoe", "cloud"),
        Pause("zoe"),
        Resume("zoe"),
        Stop("zoe"),
    ],
    ids=lambda event: event.trigger,
)
def test_a_client_that_is_not_present_can_only_join(event):
    refuses(CLOUD, [ALICE], event, "not_present", "D9")


@pytest.mark.rule("D9")
def test_a_client_that_has_left_is_not_present():
    refuses(CLOUD, [ALICE, CAROL, Leave("carol")], Pause("carol"), "not_present", "D9")


@pytest.mark.rule("D1")
@pytest.mark.parametrize(
    "event",
    [Start("bob", "cloud"), Pause("bob"), Resume("bob"), Stop("bob")],
    ids=lambda event: event.trigger,
)
def test_a_member_can_give_no_command(event):
    refuses(CLOUD, [ALICE, BOB], event, "not_host", "D1")


@pytest.mark.rule("D1")
def test_the_role_that_counts_is_the_one_a_participant_has_now():
    refuses(CLOUD, [ALICE, ChangeRole("alice", "member")], Pause("alice"), "not_host", "D1")
    assert (
        after(CLOUD, ALICE, BOB, EVE, ChangeRole("bob", "cohost"), Pause("bob")).state == "paused"
    )


@pytest.mark.rule("D10")
def test_only_a_host_who_is_present_or_the_server_ends_the_meeting():
    refuses(CLOUD, [ALICE, BOB], End("zoe"), "not_present", "D10")
    refuses(CLOUD, [ALICE, BOB], End("bob"), "not_host", "D10")
    assert after(CLOUD, ALICE, BOB, End("alice")).ended


@pytest.mark.parametrize(
    ("plan", "so_far", "event"),
    [
        (CLOUD, [ALICE], Start("alice", "cloud")),
        (CLOUD, [ALICE, BOB, Pause("alice")], Start("alice", "cloud")),
        (NOTHING, [ALICE], Pause("alice")),
        (CLOUD, [ALICE, BOB, Pause("alice")], Pause("alice")),
        (CLOUD, [ALICE, Stop("alice")], Pause("alice")),
        (NOTHING, [ALICE], Resume("alice")),
        (CLOUD, [ALICE], Resume("alice")),
        (CLOUD, [ALICE, Stop("alice")], Resume("alice")),
        (NOTHING, [ALICE], Stop("alice")),
        (CLOUD, [ALICE, Stop("alice")], Stop("alice")),
    ],
)
def test_a_command_without_a_transition_in_the_state_is_refused(plan, so_far, event):
    refuses(plan, so_far, event, "wrong_state")


@pytest.mark.rule("D11")
@pytest.mark.parametrize("so_far", [[], [ALICE, Stop("alice")]], ids=["idle", "stopped"])
def test_a_recorder_cannot_fail_with_nothing_running(so_far):
    refuses(CLOUD, so_far, RecorderFailed(), "wrong_state")


@pytest.mark.rule("D2")
@pytest.mark.parametrize(("on", "off"), [("cloud", "local"), ("local", "cloud")])
def test_a_kind_whose_master_switch_is_off_cannot_be_started_by_hand(on, off):
    plan = Plan(kinds=(on,))
    refuses(plan, [ALICE], Start("alice", off), "kind_unavailable", "D2")
    assert after(plan, ALICE, Start("alice", on)).state == "recording"


@pytest.mark.rule("D2")
@pytest.mark.parametrize("platform", ["ios", "android", "linux", "web", "phone", "room", "other"])
def test_a_local_recording_cannot_be_started_by_hand_away_from_a_desktop(platform):
    away = Join("alice", "host", platform)
    refuses(NOTHING, [away], Start("alice", "local"), "not_desktop", "D2")


@pytest.mark.rule("D3")
@pytest.mark.parametrize("command", [Pause, Stop])
def test_only_the_recording_client_can_pause_or_stop(command):
    refuses(LOCAL, [ALICE, CAROL], command("carol"), "not_recording_client", "D3")


@pytest.mark.rule("D3")
def test_only_the_recording_client_can_resume():
    paused = [ALICE, CAROL, BOB, Pause("alice")]
    refuses(LOCAL, paused, Resume("carol"), "not_recording_client", "D3")


@pytest.mark.rule("R9")
@pytest.mark.parametrize("command", [Pause, Stop])
@pytest.mark.parametrize("who", [ALICE, CAROL], ids=["host", "cohost"])
def test_under_a_plan_without_pausing_no_host_pauses_or_stops_the_cloud_recording(who, command):
    refuses(CLOUD_NO_PAUSE, [ALICE, CAROL], command(who.id), "host_may_not_pause", "R9")


# -- two by two ----------------------------------------------------------------------------------


@attrs.frozen
class Pair:
    """An event that two reasons refuse, and a meeting in which only the later one holds."""

    earlier: str
    later: str
    event: object
    both: tuple
    only_later: tuple
    plan: Plan = NOTHING
    plan_only_later: Plan | None = None

    def __str__(self):
        return f"{self.earlier} before {self.later}"


LOCAL_BY_ALICE, LOCAL_BY_CAROL = Start("alice", "local"), Start("carol", "local")
STOP_BY_ALICE = Stop("alice")
PAIRS = [
    Pair("meeting_ended", "already_present", ALICE, (ALICE, End()), (ALICE,)),
    Pair("meeting_ended", "not_present", Leave("zoe"), (End(),), ()),
    Pair("meeting_ended", "not_host", Pause("bob"), (BOB, End()), (BOB,)),
    Pair("meeting_ended", "wrong_state", Pause("alice"), (ALICE, End()), (ALICE,)),
    Pair("meeting_ended", "kind_unavailable", LOCAL_BY_ALICE, (ALICE, End()), (ALICE,), NO_LOCAL),
    Pair("meeting_ended", "not_desktop", LOCAL_BY_ALICE, (IPHONE_ALICE, End()), (IPHONE_ALICE,)),
    Pair(
        "meeting_ended", "not_recording_client", STOP, (ALICE, CAROL, End()), (ALICE, CAROL), LOCAL
    ),
    Pair("meeting_ended", "host_may_not_pause", STOP, (CAROL, End()), (CAROL,), CLOUD_NO_PAUSE),
    Pair("meeting_ended", "timer_not_set", TimeUp("grace", 1), (ALICE, End()), (ALICE,)),
    Pair("not_present", "wrong_state", PAUSE, (), (CAROL,)),
    Pair("not_present", "kind_unavailable", LOCAL_BY_ALICE, (), (ALICE,), NO_LOCAL),
    Pair("not_present", "not_recording_client", PAUSE, (ALICE,), (ALICE, CAROL), LOCAL),
    Pair("not_present", "host_may_not_pause", PAUSE, (ALICE,), (ALICE, CAROL), CLOUD_NO_PAUSE),
    Pair("not_host", "wrong_state", PAUSE, (PLAIN_CAROL,), (CAROL,)),
    Pair(
        "not_host", "kind_unavailable", Start("carol", "local"), (PLAIN_CAROL,), (CAROL,), NO_LOCAL
    ),
    Pair("not_host", "not_desktop", Start("dora", "local"), (PLAIN_DORA,), (DORA,)),
    Pair("not_host", "not_recording_client", STOP, (ALICE, PLAIN_CAROL), (ALICE, CAROL), LOCAL),
    Pair(
        "not_host", "host_may_not_pause", STOP, (ALICE, PLAIN_CAROL), (ALICE, CAROL), CLOUD_NO_PAUSE
    ),
    Pair("wrong_state", "kind_unavailable", LOCAL_BY_ALICE, (ALICE,), (OLD_ALICE,), CLOUD_NO_LOCAL),
    Pair(
        "wrong_state",
        "not_desktop",
        Start("dora", "local"),
        (ALICE, DORA),
        (ALICE, DORA, Stop("alice")),
        CLOUD,
    ),
    Pair(
        "wrong_state",
        "not_recording_client",
        PAUSE,
        (ALICE, CAROL, BOB, Pause("alice")),
        (ALICE, CAROL),
        LOCAL,
    ),
    Pair(
        "wrong_state", "host_may_not_pause", Stop("alice"), (OLD_ALICE,), (ALICE,), CLOUD_NO_PAUSE
    ),
    Pair(
        "kind_unavailable",
        "not_desktop",
        LOCAL_BY_ALICE,
        (IPHONE_ALICE,),
        (IPHONE_ALICE,),
        NO_LOCAL,
        NOTHING,
    ),
]
NEVER_TOGETHER = {
    # Only a join can be refused because its id is present; otherwise only for the ended meeting.
    *((("already_present", later)) for later in ORDER[2:]),
    # Only a firing can be refused because its timer is not set; otherwise only after the end.
    *(("timer_not_set", reason) for reason in ORDER if ORDER.index(reason) > 4),
    *((reason, "timer_not_set") for reason in ORDER[2:4]),
    # A client that is absent has neither a role nor a platform.
    ("not_present", "not_host"),
    ("not_present", "not_desktop"),
    # Reasons of `start` against reasons of the other commands.
    ("kind_unavailable", "not_recording_client"),
    ("kind_unavailable", "host_may_not_pause"),
    ("not_desktop", "not_recording_client"),
    ("not_desktop", "host_may_not_pause"),
    # A recording is either local or cloud.
    ("not_recording_client", "host_may_not_pause"),
}


@pytest.mark.rule("R9", "D1", "D2", "D3", "D9", "D10")
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_of_two_reasons_the_earlier_one_is_given(pair):
    assert after(pair.plan, *pair.both).handle(pair.event).refused == pair.earlier
    plan = pair.plan_only_later or pair.plan
    assert after(plan, *pair.only_later).handle(pair.event).refused == pair.later


def test_every_pair_of_reasons_is_tested_or_can_never_hold_together():
    tried = {(pair.earlier, pair.later) for pair in PAIRS}
    assert not tried & NEVER_TOGETHER
    new = set(get_args(Reason)) - set(ORDER)
    assert not new, f"write {new} into ORDER, where the table of the rules has it"
    pairs = set(combinations(ORDER, 2))
    missing = sorted(pairs - tried - NEVER_TOGETHER)
    assert not missing, f"write a Pair for each, or into NEVER_TOGETHER: {missing}"
    assert tried | NEVER_TOGETHER == pairs
