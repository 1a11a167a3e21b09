"""The program against a second reading of the rules (see oracle.py)."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings

from fsm.recording import form_of, resolve

from . import generate, oracle
from .translate import (
    open_meeting,
    plain_form,
    plain_outcome,
    plain_plan,
    to_account,
    to_choice,
    to_event,
)


@pytest.mark.rule("R1", "R6", "R10", "D6")
@settings(max_examples=300, deadline=None)
@given(generate.accounts())
def test_any_account_has_the_form_the_rules_give_it(account):
    assert plain_form(form_of(to_account(account))) == oracle.form(account)


@pytest.mark.rule("R5", "R6", "R11", "R12", "D6", "D7", "D13")
@settings(max_examples=500, deadline=None)
@given(generate.headers())
def test_any_settings_resolve_to_the_plan_the_rules_give(header):
    account, user, booking, meeting_type = header
    found = resolve(to_account(account), to_choice(user), to_choice(booking), meeting_type)
    assert found.status == oracle.status(account)
    assert plain_form(found.form) == oracle.form(account)
    assert plain_plan(found.plan) == oracle.plan(account, user, booking, meeting_type)


@pytest.mark.rule("R2", "R3", "R8", "R9", "R13", "R14", "R15", "R16", "R17")
@pytest.mark.rule("D1", "D2", "D3", "D4", "D5", "D9", "D10", "D11", "D12")
@settings(max_examples=400, deadline=None)
@given(generate.cases())
def test_any_meeting_goes_the_way_the_rules_say(case):
    assert _played(*case) == oracle.run(*case)


@pytest.mark.rule("R13", "R14", "R15", "R16", "R17", "D2", "D4")
def test_seeded_meetings_agree_and_reach_all_there_is_to_reach():
    reached = Counter()
    for seed in range(2000):
        case = generate.a_case(random.Random(seed).choice, length=40)
        answers = _played(*case)
        assert answers == oracle.run(*case), f"seed {seed}"
        reached.update(_sights(answers))
        reached["status", oracle.status(case[0])] += 1
        reached["source", oracle.plan(*case[:4])["source"]] += 1
    seldom = {what: reached[what] for what in _everything() if reached[what] < 5}
    assert not seldom


def _played(account, user, booking, meeting_type, events):
    meeting = open_meeting(account, user, booking, meeting_type)
    return [plain_outcome(meeting.handle(to_event(name, event))) for name, event in events]


def _sights(answers):
    for answer in answers:
        yield "state", answer["state"]
        yield "moved", answer["before"], answer["state"]
        yield "refused", answer["refused"]
        for rule in answer["rules"]:
            yield "rule", rule
        for command in answer["recorder"]:
            if command["command"] == "stop":
                yield "stop", command["reason"], answer["before"]
            elif command["command"] == "start":
                yield "start", command["kind"], answer["before"]


def _everything():
    running = ("recording", "paused")
    yield from (("state", state) for state in ("idle", *running, "stopped"))
    yield from (("moved", "idle", state) for state in ("idle", "recording"))
    yield from (("moved", "recording", state) for state in (*running, "stopped"))
    yield from (("moved", "paused", state) for state in (*running, "stopped"))
    # Started again by hand.
    yield from (("moved", "stopped", state) for state in ("stopped", "recording"))
    yield from (("refused", reason) for reason in oracle.REFUSAL_RULES)
    for reason in (
        "host_stopped",
        "everyone_left",
        "hosts_left",
        "recording_client_left",
        "meeting_ended",
        "recorder_failed",
    ):
        yield from (("stop", reason, state) for state in running)
    for kind in ("cloud", "local"):
        yield from (("start", kind, state) for state in ("idle", "stopped"))
    yield from (("rule", rule) for rule in ("R9", "R13", "R14", "R16", "R17"))
    yield from (("rule", rule) for rule in ("D1", "D2", "D3", "D9", "D10", "D11"))
    yield from (("status", status) for status in ("off", "free", "default_on", "locked_on"))
    yield from (("source", source) for source in ("console", "booking", "user", "none"))
