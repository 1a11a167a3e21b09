import random
from pathlib import Path

import pytest

from fsm.diagrams.catalogue import plan_diagram
from fsm.scenario import load_file, open_meeting, parse, play
from fsm.scenario.report import step_line
from fsm.simulator.simulation import MAX_PERMISSIONS, simulate

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "scenarios").glob("*.yaml"))
HEAD = """\
account: {edition: pro}
user: {auto_record: true, kind: cloud, started_by: host}
meeting: {grace: 10, end_when_empty: 60}
events:
"""
BOB = "- join: {id: bob, role: member, platform: web}\n"
ALICE = "- join: {id: alice, role: host, platform: windows}\n"


def simulated(*steps, after=0):
    [scenario] = parse((HEAD + "".join(steps)).encode())
    return simulate(scenario, after)


def examples():
    return [scenario for file in EXAMPLES for scenario in load_file(str(file))]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_steps_of_a_simulation_are_those_of_the_play_command(file):
    for scenario in load_file(str(file)):
        lines = [step_line(played) for played in play(scenario, open_meeting(scenario))]
        for step, line in zip(simulate(scenario).steps, lines, strict=True):
            shown = {name: getattr(step, name) for name in line}
            assert shown == {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in line.items()
            }
            assert step.unexpected == ()


def test_each_transition_that_is_taken_or_tried_is_one_of_the_diagram_with_the_trigger():
    for scenario in examples():
        meeting = open_meeting(scenario)
        transitions = plan_diagram(meeting.plan).transitions
        for step in simulate(scenario).steps:
            [trigger] = step.event
            attempts = [attempt.transition for attempt in step.attempts]
            for number in (*step.taken, *attempts):
                shown = transitions[number].trigger
                assert (
                    shown.startswith("after ")
                    if trigger in ("wait", "time_up")
                    else shown == trigger
                )
            if step.before != step.state:
                assert [transitions[number].target for number in step.taken][-1] == step.state
            assert bool(step.taken) or step.refused is not None or trigger == "wait"


def test_a_refused_attempt_names_the_transition_and_the_guard_that_said_no():
    steps = (BOB, ALICE, "- pause: {by: alice}\n", "- stop: {by: bob}\n")
    *_, step = simulated(*steps).steps
    assert step.refused == "not_host"
    # A precondition failed, before any transition was tried: it stands at each of the trigger.
    [scenario] = parse((HEAD + "".join(steps)).encode())
    transitions = plan_diagram(open_meeting(scenario).plan).transitions
    assert [(attempt.transition, attempt.guard) for attempt in step.attempts] == [
        (number, "a host")
        for number, transition in enumerate(transitions)
        if (transition.source, transition.trigger) == ("paused", "stop")
    ]
    assert step.attempts
    assert "it needs 'a host'" in step.why


def test_a_join_that_starts_nothing_names_the_guard_that_said_no():
    [step] = simulated(BOB).steps
    assert "a host" in [attempt.guard for attempt in step.attempts]
    assert "it would need 'a host'" in step.why


def test_a_join_after_the_stop_names_the_rule_that_keeps_it_from_starting():
    *_, step = simulated(ALICE, "- stop: {by: alice}\n", BOB).steps
    assert (step.state, step.rules, step.no_more) == ("stopped", (), ("R15",))


def test_steps_that_the_caller_knows_are_left_out():
    steps = [BOB, ALICE, "- pause: {by: alice}\n", "- wait: 3\n"]
    whole = simulated(*steps)
    for after in range(len(steps) + 1):
        later = simulated(*steps, after=after)
        assert later.steps == whole.steps[after:]
        assert later.situation == whole.situation


def test_the_situation_has_the_timers_that_run_and_what_happens_when_they_are_up():
    situation = simulated(ALICE, "- leave: {id: alice}\n", "- wait: 3\n").situation
    assert (situation.state, situation.at) == ("recording", 3_000)
    grace, empty = sorted(situation.timers, key=lambda each: each.remaining)
    assert (grace.timer, grace.remaining) == ("grace", 7_000)
    assert grace.means == "the recording stops in 7 s unless a host joins"
    assert (empty.timer, empty.remaining) == ("empty", 57_000)


def test_a_step_has_the_time_that_has_passed():
    steps = simulated(ALICE, "- wait: 2.5\n", "- leave: {id: alice}\n", "- wait: 1\n").steps
    assert [step.at for step in steps] == [0, 2_500, 2_500, 3_500]


def test_each_participant_has_a_permission_for_each_command_and_a_reason_for_each_refusal():
    bob, alice = simulated(BOB, ALICE).situation.participants
    assert list(bob.allowed) == ["start_cloud", "start_local", "pause", "resume", "stop", "end"]
    assert alice.allowed["pause"].allowed
    assert alice.allowed["pause"].why is None
    assert alice.allowed["pause"].event == {"pause": {"by": "alice"}}
    assert bob.allowed["pause"].refused == "not_host"
    assert "it needs 'a host'" in bob.allowed["pause"].why


def test_a_permission_is_what_the_command_is_answered():
    rng = random.Random(1)
    for scenario in rng.sample(examples(), 20):
        for participant in simulate(scenario).situation.participants:
            for permission in participant.allowed.values():
                [(trigger, fields)] = permission.event.items()
                meeting = open_meeting(scenario)
                list(play(scenario, meeting))
                [event_class] = {type(each) for each in _requests(trigger)}
                outcome = meeting.handle(event_class(**fields))
                assert (outcome.refused is None, outcome.refused) == (
                    permission.allowed, permission.refused,
                )  # fmt: skip


def _requests(trigger):
    from fsm.recording.events import EVENTS, events_with

    [event_class] = [event for event in EVENTS if event.trigger == trigger]
    return events_with(event_class, by=["x"], kind=["cloud"])


def test_of_very_many_participants_the_last_have_permissions():
    count = MAX_PERMISSIONS + 5
    joins = [f"- join: {{id: p{number}, role: member, platform: web}}\n" for number in range(count)]
    participants = simulated(*joins).situation.participants
    assert len(participants) == count
    assert [bool(each.allowed) for each in participants] == [False] * 5 + [True] * MAX_PERMISSIONS


def test_a_wait_takes_the_transition_of_each_timer_that_fires():
    *_, wait = simulated(ALICE, "- leave: {id: alice}\n", "- wait: 100\n").steps
    assert (wait.before, wait.state, wait.why) == ("recording", "stopped", None)
    assert len(wait.taken) == 2
    assert wait.timers[0] == {"up": "grace"}
