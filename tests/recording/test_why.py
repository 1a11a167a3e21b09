"""Explanations of what an event would do, and the rules in them."""

from copy import deepcopy

import pytest

from fsm.recording import ChangeRole, End, Join, Leave, Meeting, Pause, Plan, Stop, explain_event

CLOUD = Plan(kind="cloud")
HOST = Join("alice", "host", "windows")
GUEST = Join("bob", "member", "web")


def played(plan, *events):
    meeting = Meeting(plan)
    for event in events:
        meeting.handle(event)
    return meeting


@pytest.mark.rule("R2", "R3", "R13", "R14")
@pytest.mark.parametrize(
    ("plan", "join", "rule", "needed"),
    [
        (CLOUD, GUEST, "R13", "'a host' (event.role = 'member')"),
        (CLOUD, Join("a", "host", "web"), "R2", "'desktop or phone app'"),
        (CLOUD, Join("a", "host", "ios", "3.16"), "R3", "'version 3.17 or later'"),
        (Plan(kind="local"), Join("a", "host", "ios"), "R14", "'from a desktop'"),
        (Plan(kind="cloud", started_by="anyone"), GUEST, "R2", "'desktop or phone app'"),
    ],
)
def test_a_join_that_starts_nothing_says_what_it_would_need(plan, join, rule, needed):
    why = explain_event(Meeting(plan), join)
    assert why.rules == (rule,)
    assert f"to 'recording' it would need {needed}" in str(why.decision)
    assert (why.outcome.state, why.outcome.refused) == ("idle", None)


@pytest.mark.rule("R15")
@pytest.mark.parametrize("command", [None, Pause("alice"), Stop("alice")])
def test_a_join_after_the_start_starts_nothing_by_the_rule_of_one_start(command):
    meeting = played(CLOUD, HOST, *([command] if command else []))
    why = explain_event(meeting, Join("carol", "host", "ios"))
    assert why.rules == ("R15",)
    assert why.outcome.recorder == ()


@pytest.mark.rule("R11")
def test_a_join_under_a_plan_without_automatic_recording_names_the_plan():
    assert explain_event(Meeting(Plan()), HOST).rules == ("R11",)


@pytest.mark.rule("D4")
def test_a_change_of_role_changes_no_recording_by_its_rule():
    meeting = played(CLOUD, HOST)
    assert explain_event(meeting, ChangeRole("alice", "member")).rules == ("D4",)


def test_an_accepted_event_names_the_rules_that_decide():
    meeting = played(CLOUD, HOST, GUEST)
    assert explain_event(Meeting(CLOUD), HOST).rules == ("R13",)
    assert explain_event(meeting, Pause("alice")).rules == ("R9",)
    assert explain_event(meeting, Leave("alice")).rules == ("R16",)
    assert explain_event(meeting, Leave("bob")).rules == ("R17", "R16", "D4")
    assert explain_event(Meeting(CLOUD), End()).rules == ("D10",)


def test_a_refused_event_names_the_rules_of_its_refusal():
    meeting = played(CLOUD, HOST, GUEST)
    why = explain_event(meeting, Pause("bob"))
    assert (why.outcome.refused, why.rules) == ("not_host", ("D1",))
    why = explain_event(meeting, HOST)
    assert (why.outcome.refused, why.rules) == ("already_present", ("D9",))


def test_an_explanation_changes_nothing_and_has_the_whole_outcome():
    plan = Plan(kind="local", end_when_empty=60)
    for events in ((), (HOST,), (HOST, GUEST), (HOST, GUEST, Leave("bob"))):
        for event in (HOST, GUEST, Leave("alice"), Leave("bob"), Pause("alice"), End()):
            meeting = played(plan, *events)
            before = deepcopy(meeting)
            why = explain_event(meeting, event)
            assert meeting == before
            assert why.outcome == meeting.handle(event)
            assert why.event is event
