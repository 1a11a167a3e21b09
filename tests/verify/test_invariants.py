"""Every invariant can be violated: each alone finds a fault planted for it."""

from functools import cache

import attrs
import pytest

from fsm.engine import Row
from fsm.engine.explore import explore
from fsm.recording import machine
from fsm.recording.meeting import Meeting
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import (
    PauseRecorder,
    ResumeRecorder,
    SetTimer,
    StartRecorder,
    StopRecorder,
)
from fsm.recording.plan import Plan
from fsm.recording.policy_table import CONSOLE_ROWS
from fsm.verify import CONSOLE_INVARIANTS, INVARIANTS, PLAN_INVARIANTS, meeting_space
from fsm.verify.reference_model import ReferenceModel

from .faulty import (
    ANYONE,
    CLIENT,
    CLIENT_LEAVES,
    CLOUD,
    EMPTY_RECORDS,
    HOST,
    HOST_LEAVES,
    LOCAL,
    LOCALLY,
    OTHER,
    PRECONDITIONS,
    RESTING,
    SOMEBODY_LEAVES,
    TABLE,
    changed,
    deleted,
    dropped,
    find,
    find_in_policy,
    plans,
    plans_with_timers,
    policy_table,
    preconditions,
    put,
    put_in,
    row,
    without_action,
)

ANSWER = "The answer is the one of the reference rules"
# Faults of the answer, each with the rules that it breaks.
ANSWERS = {
    "a join that qualifies starts nothing": (deleted("join", ANYONE), "R13"),
    "a join that does not qualify starts it": (dropped("join", HOST, "joins_as_host"), "R13"),
    "a join starts another kind than the plan's": (
        changed("join", LOCAL, actions=("add_participant", "start_cloud")), "R14"),
    "a start by hand starts nothing": (changed("start", 0, command=None), "D2"),
    "a leave does not stop it": (deleted("leave", HOST_LEAVES), "R16"),
    "the end does not stop it": (changed("end", LOCALLY, command=None), "R17"),
    "a failure stops it for another reason": (
        changed("recorder_failed", 0, command=StopRecorder("meeting_ended")), "D11"),
    "a pause resumes it": (changed("pause", CLIENT, command=ResumeRecorder()), "D3"),
    "a change of role pauses it": (changed("role", 0, command=PauseRecorder()), "D4"),
    "a stop that is not refused": (dropped("stop", CLOUD, "host_may_pause"), "R9"),
    "a stop by another rule": (changed("stop", CLOUD, rules=("R17",)), "R16"),
    "a start that leads to another state": (changed("join", HOST, target="stopped"), "R13"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "rule"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_breaks_a_rule_is_found_and_names_the_rule(table, rule):
    violations = find(*table, invariant=ANSWER)
    assert [(each.name, each.rules) for each in violations] == [(ANSWER, (rule,))]


def test_faults_of_different_rules_are_reported_separately(monkeypatch):
    rows, _ = changed("stop", CLOUD, rules=("R17",))
    put_in(
        monkeypatch,
        put("pause", CLOUD, row("pause", CLOUD, rows=rows, rules=("D3",)), rows=rows),
        PRECONDITIONS,
    )
    space = meeting_space.meeting_space(1)
    starts = [(RecordingModel(plan), ReferenceModel()) for plan in plans()]
    found = explore(machine.RECORDING.table, starts, space).violations
    assert [(each.name, each.rules) for each in found] == [(ANSWER, ("R9",)), (ANSWER, ("R16",))]


FAULTS = {
    "Nothing records without a cause": changed("resume", CLOUD, command=StartRecorder),
    "A local recording runs on the desktop of a host": dropped("join", LOCAL, "from_desktop"),
    "The recorder gets one command at a time, and only commands that fit its state":
        changed("end", RESTING, command=StopRecorder("meeting_ended")),
    "The state agrees with the recorder commands": changed("join", HOST, target="stopped"),
    "After the end nothing is recorded": changed("end", CLOUD, command=None),
    "The machine's model agrees with the reference model":
        without_action("leave", CLIENT_LEAVES, "clear_recording"),
}  # fmt: skip


@pytest.mark.parametrize(("invariant", "table"), FAULTS.items(), ids=FAULTS)
def test_every_invariant_of_a_meeting_can_be_violated(invariant, table):
    assert [violation.name for violation in find(*table, invariant=invariant)] == [invariant]


TIMER_FAULTS = {
    "A timer that is set is cancelled or fires, once": preconditions("time_up", "is_open"),
    "No timer runs for what has ended": changed("end", CLOUD, timers=()),
    "A return within the grace keeps the recording going":
        changed("join", OTHER, timers=("cancel_empty",)),
    "A timer that is up stops the recording, or ends the meeting":
        without_action("time_up", EMPTY_RECORDS, "end_meeting"),
    "A meeting that everyone has left ends by itself": changed("leave", SOMEBODY_LEAVES, timers=()),
}  # fmt: skip


@pytest.mark.rule("D14", "D15")
@pytest.mark.parametrize(("invariant", "table"), TIMER_FAULTS.items(), ids=TIMER_FAULTS)
def test_every_invariant_of_timers_can_be_violated(invariant, table):
    violations = find(*table, invariant=invariant, participants=1, plans=plans_with_timers)
    assert [violation.name for violation in violations] == [invariant]


REFUSED = "A refused event changes nothing and sends the recorder nothing"


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"recorder": (PauseRecorder(),)}, "it sends the recorder pause"),
        ({"state": "stopped"}, "it leads from idle to stopped"),
        ({"timers": (SetTimer("grace", 10),)}, "it changes the timers: set grace after 10 s"),
    ],
)
def test_the_invariant_of_refused_events_can_be_violated(monkeypatch, parts, problem):
    # No table can do this, but the function that makes an outcome of a refusal could.
    right = meeting_space.outcome_of

    def wrong(*arguments):
        outcome = right(*arguments)
        return outcome if outcome.refused is None else attrs.evolve(outcome, **parts)

    monkeypatch.setattr(meeting_space, "outcome_of", wrong)
    [violation] = find(*TABLE, invariant=REFUSED)
    assert violation.problem == problem


def test_two_commands_at_once_are_a_violation(monkeypatch):
    right = meeting_space.outcome_of

    def wrong(*arguments):
        outcome = right(*arguments)
        return attrs.evolve(outcome, recorder=outcome.recorder * 2)

    monkeypatch.setattr(meeting_space, "outcome_of", wrong)
    [violation] = find(
        *TABLE,
        invariant="The recorder gets one command at a time, and only commands that fit its state",
    )
    assert violation.problem == "2 commands at once"


PLAN = "The plan of a meeting holds to its end"


def test_the_invariant_of_the_plan_can_be_violated():
    class Forgetful(RecordingModel):
        def change_role(self, event):
            self.plan = Plan()

    [violation] = find(*TABLE, invariant=PLAN, model=Forgetful)
    assert len(violation.events) == 2


MEETING = "A meeting answers like the complete table, and has the same state"


def _decided_without_the_sub_options(plan):
    blind = RecordingModel(Plan(plan.kind, plan.started_by))
    return machine.RECORDING.table.bind(blind, keep_refusals=True).decider()


def test_a_bound_table_that_ignores_a_part_of_its_plan_is_found(monkeypatch):
    monkeypatch.setattr(machine, "decider", cache(_decided_without_the_sub_options))
    [violation] = find(*TABLE)
    assert violation.name == MEETING
    assert (violation.events[-1].trigger, len(violation.events)) == ("pause", 2)
    assert "refused host_may_not_pause" in violation.problem


def _omits_the_client(self, event):
    decision = self._decide(self, event.trigger, event)
    if isinstance(decision, Row):
        decision.apply(self, event)
        return decision.info.outcome
    return machine.outcome_of(decision, self, event, self.timers)


def _answers_without_a_change(self, event):
    return RIGHT(attrs.evolve(self, present=dict(self.present)), event)


def _raises(self, event):
    raise LookupError("no answer")


RIGHT = Meeting.handle


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (_omits_the_client, "the meeting says before idle, state recording, recorder start cloud"),
        (_answers_without_a_change, "ended: the meeting has no, the table yes"),
        (_raises, "the meeting raises LookupError: no answer"),
    ],
)
def test_a_meeting_that_answers_unlike_the_table_is_found(monkeypatch, wrong, problem):
    monkeypatch.setattr(Meeting, "handle", wrong)
    [violation] = find(*TABLE)
    assert (violation.name, len(violation.events)) == (MEETING, 1)
    assert violation.problem.startswith(problem)


def test_all_invariants_of_a_meeting_have_a_planted_fault():
    named = {*FAULTS, *TIMER_FAULTS, ANSWER, REFUSED, PLAN, MEETING}
    assert {invariant.name for invariant in INVARIANTS} == named


CONSOLE_FAULTS = {
    "Only permitted actors change the console": {"preconditions": ("has_console",)},
    "The status is the one of the status table": {
        "rows": put("lock", 0, row("lock", 0, rows=CONSOLE_ROWS, target=None), rows=CONSOLE_ROWS)
    },
    "A change has its own effect and no other": {"actions": {"enable": "lock"}},
}


@pytest.mark.parametrize(("invariant", "fault"), CONSOLE_FAULTS.items(), ids=CONSOLE_FAULTS)
def test_every_invariant_of_a_console_can_be_violated(monkeypatch, invariant, fault):
    table = policy_table(monkeypatch, **{"rows": CONSOLE_ROWS, **fault})
    assert [violation.name for violation in find_in_policy(table, invariant)] == [invariant]


def test_all_invariants_of_a_console_have_a_planted_fault():
    assert {invariant.name for invariant in CONSOLE_INVARIANTS} == set(CONSOLE_FAULTS)


def test_invariants_have_unique_names():
    names = [invariant.name for invariant in (*INVARIANTS, *PLAN_INVARIANTS, *CONSOLE_INVARIANTS)]
    assert len(set(names)) == len(names)
