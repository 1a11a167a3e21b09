"""Waits of a scenario: timers fire in their order, and a wait is one step."""

import json

import pytest

from fsm.recording import Plan, TimeUp
from fsm.scenario import open_meeting, parse, play, report
from fsm.scenario.play import describe_timers
from fsm.scenario.write import step_words

from ..rule_sets import WITHOUT_GRACE, Release

HEAD = """\
account: {edition: pro}
user: {auto_record: true}
meeting: {grace: 10, end_when_empty: 60}
events:
  - join: {id: a, role: host, platform: ios}
  - leave: {id: a}
"""


def played(steps, head=HEAD):
    """The steps after the head of a scenario, played."""
    [scenario] = parse(f"{head}{steps}".encode(), "x.yaml")
    return list(play(scenario, open_meeting(scenario)))[2:]


def lines(steps, head=HEAD):
    return [json.loads(json.dumps(report.step_line(step))) for step in played(steps, head)]


def test_a_wait_of_a_scenario_is_no_event():
    [scenario] = parse(f"{HEAD}  - wait: 1.5\n".encode())
    step = scenario.steps[-1]
    assert step.event.milliseconds == 1_500
    assert (step.written, step_words(step.written)) == ({"wait": 1.5}, "wait 1.5")


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [("0", 0), ("0.001", 1), ("0.043", 43), ("1.1", 1_100), ("5.10", 5_100), ("1e3", 1_000_000),
     ("4.35", 4_350), ("31536000", 31_536_000_000)],
)  # fmt: skip
def test_seconds_with_decimals_are_exact_milliseconds(written, milliseconds):
    [scenario] = parse(f"account: {{edition: pro}}\nevents: [{{wait: {written}}}]".encode())
    assert scenario.steps[0].event.milliseconds == milliseconds


def test_a_timer_that_is_due_at_the_end_of_a_wait_fires_in_it():
    early, late, after = lines("  - wait: 9.999\n  - wait: 0.001\n  - wait: 1\n")
    assert (early["state"], early["timers"]) == ("recording", [])
    assert (late["before"], late["state"]) == ("recording", "stopped")
    assert late["timers"] == [{"up": "grace"}]
    assert after["timers"] == []


def test_the_parts_of_a_wait_add_up_exactly():
    steps = lines("  - wait: 0.1\n" * 100)
    assert [step["timers"] for step in steps] == [[]] * 99 + [[{"up": "grace"}]]


def test_several_timers_of_one_wait_fire_in_their_order():
    [line] = lines("  - wait: 60\n")
    assert line == {
        "step": 3, "event": {"wait": 60}, "before": "recording", "state": "stopped",
        "recorder": [{"command": "stop", "reason": "everyone_left"}], "refused": None,
        "rules": ["D14", "R16", "D10", "D15"], "timers": [{"up": "grace"}, {"up": "empty"}],
    }  # fmt: skip
    [step] = played("  - wait: 60\n")
    assert [each.event for each in step.decided] == [TimeUp("grace", 1), TimeUp("empty", 1)]
    assert [each.row.trigger for each in step.decided] == ["time_up"] * 2
    assert step.why is None


def test_a_firing_that_cancels_another_timer_says_both():
    [line] = lines("  - wait: 600\n", HEAD.replace("grace: 10", "grace: 600"))
    assert line["timers"] == [{"up": "empty"}, {"cancel": "grace"}]
    assert line["recorder"] == [{"command": "stop", "reason": "meeting_ended"}]


def test_a_wait_is_never_refused():
    ended, after = lines("  - end: {}\n  - wait: 60\n")
    assert ended["timers"] == [{"cancel": "grace"}, {"cancel": "empty"}]
    assert (after["refused"], after["rules"], after["timers"]) == (None, [], [])
    assert (after["before"], after["state"]) == ("stopped", "stopped")


def test_a_scenario_knows_when_its_timers_are_due():
    [first, second] = played("  - wait: 3.5\n  - wait: 10\n")
    assert first.remaining == {"grace": 6_500, "empty": 56_500}
    assert second.remaining == {"empty": 46_500}


def test_a_stale_firing_is_answered_and_changes_nothing():
    stale, [up] = lines("  - time_up: {timer: grace, set: 2}\n")[0], lines("  - wait: 10\n")
    assert (stale["refused"], stale["timers"]) == ("timer_not_set", [])
    assert up["timers"] == [{"up": "grace"}]


def test_a_firing_in_the_file_uses_the_timer_up():
    fired, waited = lines("  - time_up: {timer: grace, set: 1}\n  - wait: 10\n")
    assert (fired["state"], fired["timers"]) == ("stopped", [])
    assert waited["timers"] == []


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("{timers: []}", "timers: grace is up, expected nothing"),
        ("{timers: [{cancel: grace}]}", "timers: grace is up, expected cancel grace"),
        ("{timers: [{up: empty}]}", "timers: grace is up, expected empty is up"),
        ("{timers: [{up: grace}, {up: empty}]}", "expected grace is up, empty is up"),
        ("{state: recording}", "state is stopped, expected recording"),
        ("{recorder: []}", "recorder gets stop everyone_left, expected nothing"),
        ("{rule: D15}", "rules are D14, R16, expected D15"),
        ("{refused: timer_not_set}", "it was accepted, expected refused: timer_not_set"),
    ],
)
def test_an_expectation_of_a_wait_that_does_not_hold_is_named(expect, words):
    [step] = played(f"  - wait: 10\n    expect: {expect}\n")
    assert len(step.unexpected) == 1
    assert words in step.unexpected[0]


@pytest.mark.parametrize(
    "timers",
    ["[{set: grace, after: 10}, {set: empty, after: 60}]", "[{set: grace}, {after: 60}]",
     "[{}, {}]"],
)  # fmt: skip
def test_a_field_left_out_of_an_expected_timer_may_have_any_value(timers):
    head, _, leave = HEAD.rpartition("  - leave")
    text = f"{head}  - leave{leave}    expect: {{timers: {timers}}}\n"
    [scenario] = parse(text.encode())
    assert [step.unexpected for step in play(scenario, open_meeting(scenario))] == [(), ()]


@pytest.mark.parametrize(
    ("timers", "words"),
    [
        ("[{set: empty}, {set: grace}]", "expected set empty, set grace"),
        ("[{set: grace, after: 11}, {}]", "expected set grace after 11 s, anything"),
        ("[{set: grace}]",
         "timers: set grace after 10 s, set empty after 1 min, expected set grace"),
    ],
)  # fmt: skip
def test_number_and_order_of_expected_timers_must_match(timers, words):
    head, _, leave = HEAD.rpartition("  - leave")
    [scenario] = parse(f"{head}  - leave{leave}    expect: {{timers: {timers}}}\n".encode())
    [sentence] = list(play(scenario, open_meeting(scenario)))[1].unexpected
    assert words in sentence


def test_changes_of_timers_are_described_in_words():
    assert describe_timers([]) == "nothing"


def test_the_settings_of_a_file_reach_the_plan():
    [scenario] = parse(HEAD.encode())
    assert scenario.resolve().plan == Plan("cloud", source="user", grace=10, end_when_empty=60)
    [scenario] = parse(b"account: {edition: pro}\nmeeting: {end_when_empty: null}")
    assert (scenario.settings.grace, scenario.settings.end_when_empty) == (0, None)


def test_a_firing_that_the_table_refuses_is_left_out_of_a_wait():
    with Release(WITHOUT_GRACE).installed():
        [step] = played("  - wait: 100\n")
    assert step.timers == ({"up": "empty"}, {"cancel": "grace"})
    assert step.outcome.state == "stopped"
