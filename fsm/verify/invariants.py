"""The invariants of a meeting: properties of every event and its outcome, by the rules.

Nothing here reads the transition table or its guards. An invariant judges an event by the plan, the
reference model and the outcome, so a fault in the table cannot hide in the invariant that should
find it.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, assert_never

import attrs

from fsm.engine.errors import describe_error
from fsm.engine.state_space import Property
from fsm.recording.events import ChangeRole, Event, Join, Leave, Start, TimeUp
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import (
    CancelTimer,
    Command,
    Outcome,
    PauseRecorder,
    ResumeRecorder,
    SetTimer,
    StartRecorder,
    StopRecorder,
)
from fsm.recording.plan import Plan
from fsm.recording.rules import RuleId
from fsm.recording.timers import TimerState
from fsm.recording.vocabulary import TIMERS, Timer
from fsm.verify import plan_rules, reference_rules
from fsm.verify.reference_model import ReferenceModel
from fsm.verify.violation import describe, describe_refusal_difference


@attrs.define(eq=False)
class ObservedStep:
    """An explored event with its outcome, as the invariants see it.

    Args:
        plan: the plan of the meeting.
        before: the reference model before the event.
        event: the event.
        outcome: the outcome by the complete table.
        after: the reference model after the event.
        model: the machine's model after the event.
        meeting_outcome: the outcome of a meeting in the same situation, or the exception that
            it raises.
        meeting: that meeting after the event.
    """

    plan: Plan
    before: ReferenceModel
    event: Event
    outcome: Outcome
    after: ReferenceModel
    model: RecordingModel
    meeting_outcome: Outcome | Exception
    meeting: RecordingModel

    @property
    def accepted(self) -> bool:
        """True if the event was accepted."""
        return self.outcome.refused is None

    @property
    def command(self) -> Command | None:
        """The recorder command; by the rules there is never more than one."""
        return self.outcome.recorder[-1] if self.outcome.recorder else None


INVARIANTS: list[Property] = []


_Check = Callable[[ObservedStep], str | None]


def invariant(
    name: str, *rules: RuleId, rules_of: Callable[[ObservedStep], tuple[str, ...]] | None = None
) -> Callable[[_Check], _Check]:
    """Registers a function as an invariant; the arguments are those of ``Property``."""

    def register(check: _Check) -> _Check:
        INVARIANTS.append(Property(name, rules, check, rules_of))
        return check

    return register


# -- the answer ---------------------------------------------------------------------------


def _expected(step: ObservedStep) -> Outcome:
    return reference_rules.expected_outcome(step.plan, step.before, step.event)


def _deciding_rules(step: ObservedStep) -> tuple[str, ...]:
    """Returns the rules that decide by the reference rules, else those that the answer names."""
    return (
        _expected(step).rules
        or step.outcome.rules
        or reference_rules.PRESENCE_RULES[step.event.trigger]
    )


@invariant(
    "The answer is the one of the reference rules",
    *reference_rules.RULES_OF_OUTCOMES,
    rules_of=_deciding_rules,
)
def answers_by_the_reference_rules(step: ObservedStep) -> str | None:
    """State, recorder commands, refusal and rules are those of the reference rules."""
    actual, expected = step.outcome, _expected(step)
    if actual == expected:
        return None
    if refusal := describe_refusal_difference(actual.refused, expected.refused):
        return refusal
    return "; ".join(
        f"{field} {describe(ours)}, the rules say {describe(theirs)}"
        for field, ours, theirs in (
            ("it begins in", actual.before, expected.before),
            ("it leads to", actual.state, expected.state),
            ("the recorder gets", actual.recorder, expected.recorder),
            ("it is decided by", actual.rules, expected.rules),
            ("it changes the timers:", actual.timers, expected.timers),
        )
        if ours != theirs
    )


@invariant(
    "A refused event changes nothing and sends the recorder nothing", "D9", "D10", "D14", "D15"
)
def refusals_change_nothing(step: ObservedStep) -> str | None:
    """A refusal leaves the machine as it was."""
    if step.accepted:
        return None
    if step.outcome.timers:
        return f"it changes the timers: {describe(step.outcome.timers)}"
    if step.outcome.recorder:
        return f"it sends the recorder {describe(step.command)}"
    if step.outcome.state != step.outcome.before:
        return f"it leads from {step.outcome.before} to {step.outcome.state}"
    return None


# -- starting -----------------------------------------------------------------------------


@invariant("Nothing records without a cause", "R13", "R14", "D2")
def starts_on_a_join_or_a_request(step: ObservedStep) -> str | None:
    """Only a join and a host's start ever start the recorder."""
    if isinstance(step.command, StartRecorder) and not isinstance(step.event, Join | Start):
        return f"'{step.event.trigger}' starts the recorder"
    return None


@invariant("A local recording runs on the desktop of a host", "R2", "R14", "D2")
def starts_local_on_a_desktop(step: ObservedStep) -> str | None:
    """The client that records locally belonged to a host on a desktop at the start."""
    if isinstance(step.command, StartRecorder) and step.command.kind == "local":
        client = step.after.find(step.command.client)
        if client is None or not client.host or not client.desktop:
            where = (
                f"on {client.platform}, by a {client.role}" if client else "on an unknown client"
            )
            return f"it starts {where}"
    return None


# -- timers -------------------------------------------------------------------------------


@invariant("A timer that is set is cancelled or fires, once", "D14", "D15")
def timers_are_set_before_they_end(step: ObservedStep) -> str | None:
    """A timer is set while it does not run, and is cancelled or fires while it runs."""
    event = step.event
    if step.accepted and isinstance(event, TimeUp):
        timer = step.before.timer(event.timer)
        if not timer.running or timer.settings != event.set:
            return f"a firing of {event.timer} is accepted that is stale"
        if any(change.timer == event.timer for change in step.outcome.timers):
            return f"{event.timer} fires, and changes as well"
    if not step.outcome.timers:
        return None
    for change in step.outcome.timers:
        runs = step.before.timer(change.timer).running
        if isinstance(change, SetTimer) and runs:
            return f"{change.timer} is set while it runs"
        if isinstance(change, CancelTimer) and not runs:
            return f"{change.timer} is cancelled while it does not run"
    order = [(isinstance(each, SetTimer), each.timer) for each in step.outcome.timers]
    if sorted({*order}, key=lambda each: (each[0], TIMERS.index(each[1]))) != order:
        return f"the changes are not in their order: {describe(step.outcome.timers)}"
    return None


@invariant("No timer runs for what has ended", "D10", "D14", "D15", "R17")
def timers_end_with_their_cause(step: ObservedStep) -> str | None:
    """The grace needs a cloud recording, ``empty`` an open meeting in which nobody is present."""
    after = step.after
    if after.grace.running and (after.runs != "cloud" or after.ended):
        return f"the grace runs while {describe(after.runs)} is recorded"
    if after.empty.running and (after.present or after.ended):
        return f"empty runs in a meeting that is {'over' if after.ended else 'not empty'}"
    return None


@invariant("A return within the grace keeps the recording going", "D14")
def returns_keep_the_recording(step: ObservedStep) -> str | None:
    """A cloud recording goes on without anyone only for its grace, which a return cancels."""
    before, after = step.before, step.after
    if before.runs != "cloud":
        return None
    event = step.event
    if isinstance(event, Join | ChangeRole) and before.grace.running and step.accepted:
        if step.command is not None:
            return f"the recorder gets {describe(step.command)}"
        if plan_rules.keeps_going(step.plan, event) and after.grace.running:
            return "the grace still runs"
    if isinstance(event, Leave) and not after.present and step.accepted:
        has_grace = step.plan.grace > 0
        if after.grace.running != has_grace or (after.runs == "cloud") != has_grace:
            return f"nobody is left, and {describe(after.runs)} is recorded"
    return None


@invariant("A timer that is up stops the recording, or ends the meeting", "D14", "D15")
def firings_end_their_cause(step: ObservedStep) -> str | None:
    """No recording goes on after its grace, and no meeting after the time that it may be empty."""
    event = step.event
    if not isinstance(event, TimeUp) or not step.accepted:
        return None
    if step.after.runs is not None:
        return f"{step.after.runs} is still recorded"
    if (event.timer == "empty") != step.model.ended:
        return f"the meeting is {'over' if step.model.ended else 'still open'}"
    return None


@invariant("A meeting that everyone has left ends by itself", "D15")
def empty_meetings_end(step: ObservedStep) -> str | None:
    """The timer runs once the last participant has left, if the meeting has it."""
    if not isinstance(step.event, Leave) or not step.accepted or step.after.present:
        return None
    runs = step.after.empty.running
    if runs == (step.plan.end_when_empty is not None):
        return None
    return f"empty {'runs' if runs else 'does not run'} after the last one has left"


# -- the meeting and the machine ------------------------------------------------------------


_FIELDS = tuple(each.name for each in attrs.fields(RecordingModel))
_field_values: Callable[[RecordingModel], tuple[Any, ...]] = attrgetter(*_FIELDS)


@invariant("A meeting answers like the complete table, and has the same state")
def meeting_agrees_with_the_table(step: ObservedStep) -> str | None:
    """A meeting runs on the bound table of its plan, which must not differ observably."""
    if isinstance(step.meeting_outcome, Exception):
        return f"the meeting raises {describe_error(step.meeting_outcome)}"
    if step.meeting_outcome != step.outcome:
        meeting, table = describe(step.meeting_outcome), describe(step.outcome)
        return f"the meeting says {meeting}; the table {table}"
    if _field_values(step.meeting) != _field_values(step.model):
        return "; ".join(
            f"{name}: the meeting has {describe(actual)}, the table {describe(expected)}"
            for name, actual, expected in zip(
                _FIELDS, _field_values(step.meeting), _field_values(step.model), strict=True
            )
            if actual != expected
        )
    return None


# -- the machine and its recorder -----------------------------------------------------------


@invariant(
    "The recorder gets one command at a time, and only commands that fit its state", "R15", "R16"
)
def commands_fit_the_recorder(step: ObservedStep) -> str | None:
    """A start needs an idle recorder; pause, resume and stop need one that records."""
    if len(step.outcome.recorder) > 1:
        return f"{len(step.outcome.recorder)} commands at once"
    if step.command is None:
        return None
    runs, paused = step.before.runs is not None, step.before.paused
    match step.command:
        case StartRecorder():
            fits = not runs
        case PauseRecorder():
            fits = runs and not paused
        case ResumeRecorder():
            fits = paused
        case StopRecorder():
            fits = runs
        case _:
            assert_never(step.command)
    if not fits:
        now = "paused" if paused else "running" if runs else "not running"
        return f"it gets '{step.command.command}' while it is {now}"
    return None


@invariant("The state agrees with the recorder commands", "R15", "R16", "D2")
def state_agrees_with_the_commands(step: ObservedStep) -> str | None:
    """The state after an event is the one that the commands so far lead to."""
    expected = step.after.state
    if step.outcome.state != expected or step.model.state != expected:
        return f"the state is {step.model.state}, the recorder's is {expected}"
    return None


@invariant("After the end nothing is recorded", "D10")
def nothing_runs_after_the_end(step: ObservedStep) -> str | None:
    """The recorder of an ended meeting was stopped."""
    if step.after.ended and step.after.runs is not None:
        return f"a {step.after.runs} recording still runs"
    return None


@invariant("The plan of a meeting holds to its end", "D8")
def keeps_the_plan(step: ObservedStep) -> str | None:
    """No event changes the plan that was resolved when the meeting opened."""
    plan = step.model.plan
    if plan is step.plan or plan == step.plan:
        return None
    return f"it changed to {describe(plan)}"


@invariant("The machine's model agrees with the reference model", "D1", "D9", "D10")
def model_agrees_with_the_reference(step: ObservedStep) -> str | None:
    """Participants, number of hosts, recording, its client, timers, and the end agree."""
    # A refused event changes neither.
    if not step.accepted or _agrees(step.model, step.after):
        return None
    model, reference = step.model, step.after
    compared = (
        ("the recorded kind", model.kind, reference.runs),
        ("the recording client", model.client, reference.client),
        ("the end", model.ended, reference.ended),
        ("the number of hosts", model.hosts, sum(person.host for person in reference.present)),
        *(
            (f"the timer {name}", _timer(model, name), attrs.astuple(reference.timer(name)))
            for name in TIMERS
        ),
        (
            "the participants",
            sorted(f"{name} {describe(person)}" for name, person in model.present.items()),
            sorted(
                f"{person.id} role {person.role}, platform {person.platform}"
                for person in reference.present
            ),
        ),
    )
    return "; ".join(
        f"{name}: the model has {describe(actual)}, the reference model {describe(expected)}"
        for name, actual, expected in compared
        if actual != expected
    )


def _agrees(model: RecordingModel, reference: ReferenceModel) -> bool:
    people = model.present
    if (model.kind, model.client, model.ended) != (
        reference.runs,
        reference.client,
        reference.ended,
    ):
        return False
    if len(people) != len(reference.present):
        return False
    if model.timers or reference.has_set_timers:
        for name in TIMERS:
            timer = reference.timer(name)
            if _timer(model, name) != (timer.settings, timer.running):
                return False
    hosts = 0
    for expected in reference.present:
        actual = people.get(expected.id)
        if actual is None or (actual.role, actual.platform) != (expected.role, expected.platform):
            return False
        hosts += expected.host
    return model.hosts == hosts


def _timer(model: RecordingModel, name: Timer) -> tuple[int, bool]:
    state = model.timers.get(name, TimerState())
    return state.set, state.running
