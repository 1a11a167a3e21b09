"""The invariants of a meeting: properties of every event and its outcome, by the rules.

Nothing here reads the transition table or its guards. An invariant judges an event by the plan, the
reference model and the outcome, so a fault in the table cannot hide in the invariant that should
find it.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import attrs

from fsm.recording.events import (
    ChangeRole,
    End,
    Event,
    Join,
    Leave,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    Stop,
)
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import Command, Outcome, StartRecorder, StopRecorder
from fsm.recording.plan import Plan
from fsm.recording.rules import RuleId
from fsm.verify import reference_rules
from fsm.verify.reference_model import ReferenceModel
from fsm.verify.violation import describe, describe_refusal_difference


@attrs.frozen
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

    @property
    def expected_command(self) -> Command | None:
        """The recorder command by the rules, for an accepted event."""
        return reference_rules.expected_command(self.plan, self.before, self.event)

    def command_difference(self) -> str | None:
        """Describes the difference from the expected command, ``None`` if there is none."""
        if self.command == self.expected_command:
            return None
        actual, expected = describe(self.command), describe(self.expected_command)
        return f"the recorder gets {actual}, the rules say {expected}"


@attrs.frozen
class Invariant:
    """An invariant of every event of a meeting.

    Args:
        name: the invariant as a sentence.
        rules: ids of the rules behind it.
        check: returns a description of the violation, ``None`` if there is none.
    """

    name: str
    rules: tuple[RuleId, ...]
    check: Callable[[ObservedStep], str | None]


INVARIANTS: list[Invariant] = []


def invariant(
    name: str, *rules: RuleId
) -> Callable[[Callable[[ObservedStep], str | None]], Callable[[ObservedStep], str | None]]:
    """Registers a function as an invariant."""

    def register(
        check: Callable[[ObservedStep], str | None],
    ) -> Callable[[ObservedStep], str | None]:
        INVARIANTS.append(Invariant(name, rules, check))
        return check

    return register


# -- starting -----------------------------------------------------------------------------


@invariant(
    "The first join that qualifies starts the recording, and no other join does",
    "R2", "R3", "R8", "R13", "R14", "R15", "D5",
)  # fmt: skip
def starts_automatically(step: ObservedStep) -> str | None:
    """Automatic starts: at most once, on the first join that qualifies, of the plan's kind."""
    if not isinstance(step.event, Join) or not step.accepted:
        return None
    starts = isinstance(step.command, StartRecorder)
    expected = reference_rules.qualifies(step.plan, step.event) and not step.before.started
    if starts == expected:
        return None
    return "the join should not start it" if starts else "the join should start it"


@invariant(
    "A join starts the recording of the plan, on the joining client if it is local", "R13", "R14"
)
def starts_the_planned_kind(step: ObservedStep) -> str | None:
    """The kind is the plan's; a local recording is on the joining client."""
    if not isinstance(step.event, Join) or not isinstance(step.command, StartRecorder):
        return None
    client = step.event.id if step.plan.kind == "local" else None
    expected = StartRecorder(step.plan.kind or "cloud", client)
    if step.command == expected:
        return None
    return f"the recorder gets {describe(step.command)}, the plan is {describe(expected)}"


@invariant("A start by hand starts the requested recording", "D2")
def starts_the_requested_kind(step: ObservedStep) -> str | None:
    """A start by hand starts the requested kind, local on the requesting client."""
    return step.command_difference() if step.accepted and isinstance(step.event, Start) else None


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


# -- stopping -----------------------------------------------------------------------------


@invariant(
    "A leave stops the recording when the stop table says so, and only then",
    "R16", "R17", "D4", "D12",
)  # fmt: skip
def stops_on_a_leave(step: ObservedStep) -> str | None:
    """The endings by leaving: everyone, every host, or the client that records."""
    if not isinstance(step.event, Leave) or not step.accepted:
        return None
    reason = reference_rules.stop_on_leave(step.plan, step.before, step.event)
    actual = step.command.reason if isinstance(step.command, StopRecorder) else None
    if actual == reason:
        return None
    outcome = f"it stops for {actual}" if actual else "it does not stop"
    return f"{outcome}, the rules say {f'it stops for {reason}' if reason else 'it does not'}"


@invariant("The end of the meeting stops the recording", "R16", "R17")
def stops_at_the_end(step: ObservedStep) -> str | None:
    """Ending the meeting stops a running or paused recording, for that reason."""
    return step.command_difference() if step.accepted and isinstance(step.event, End) else None


@invariant("A recorder that fails stops the recording", "D11")
def stops_when_the_recorder_fails(step: ObservedStep) -> str | None:
    """A failed recorder stops the recording, for that reason."""
    return (
        step.command_difference()
        if step.accepted and isinstance(step.event, RecorderFailed)
        else None
    )


@invariant("A host's pause, resume and stop have the requested effect", "R9", "R16", "D3")
def sends_the_requested_command(step: ObservedStep) -> str | None:
    """An accepted command of a host reaches the recorder."""
    requested = isinstance(step.event, Pause | Resume | Stop)
    return step.command_difference() if step.accepted and requested else None


@invariant("A change of role sends the recorder nothing", "D4")
def role_changes_send_nothing(step: ObservedStep) -> str | None:
    """Granting or revoking the host role neither starts nor stops a recording."""
    return (
        step.command_difference() if step.accepted and isinstance(step.event, ChangeRole) else None
    )


# -- refusals and rules ----------------------------------------------------------------------


@invariant(
    "An event is refused for the first reason that holds, and for no other",
    "R9", "D1", "D2", "D3", "D9", "D10", "D11",
)  # fmt: skip
def refuses_for_the_first_reason(step: ObservedStep) -> str | None:
    """The refusals, in their order."""
    expected = reference_rules.expected_refusal(step.plan, step.before, step.event)
    return describe_refusal_difference(step.outcome.refused, expected)


@invariant("A refused event changes nothing and sends the recorder nothing", "D9", "D10")
def refusals_change_nothing(step: ObservedStep) -> str | None:
    """A refusal leaves the machine as it was."""
    if step.accepted:
        return None
    if step.outcome.recorder:
        return f"it sends the recorder {describe(step.command)}"
    if step.outcome.state != step.outcome.before:
        return f"it leads from {step.outcome.before} to {step.outcome.state}"
    return None


@invariant("An outcome names the rule that decides it")
def names_the_rule(step: ObservedStep) -> str | None:
    """The rule of an outcome is the one that the reference rules give."""
    # A wrong recorder command violates other invariants.
    if step.accepted and step.command != step.expected_command:
        return None
    expected = reference_rules.expected_rules(
        step.plan, step.before, step.event, step.outcome.refused
    )
    if step.outcome.rules == expected:
        return None
    return f"it names {describe(step.outcome.rules)}, the deciding rule is {describe(expected)}"


# -- the meeting and the machine ------------------------------------------------------------


_FIELDS = tuple(each.name for each in attrs.fields(RecordingModel))
_field_values: Callable[[RecordingModel], tuple[Any, ...]] = attrgetter(*_FIELDS)


@invariant("A meeting answers like the complete table, and has the same state")
def meeting_agrees_with_the_table(step: ObservedStep) -> str | None:
    """A meeting runs on the bound table of its plan, which must not differ observably."""
    if isinstance(step.meeting_outcome, Exception):
        error = step.meeting_outcome
        return f"the meeting raises {type(error).__name__}: {error}"
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
    runs, paused = step.before.runs is not None, step.before.paused
    fitting = {"start": not runs, "pause": runs and not paused, "resume": paused, "stop": runs}
    if step.command is not None and not fitting[step.command.command]:
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
    return None if step.model.plan == step.plan else f"it changed to {describe(step.model.plan)}"


@invariant("The machine's model agrees with the reference model", "D1", "D9", "D10")
def model_agrees_with_the_reference(step: ObservedStep) -> str | None:
    """Participants, number of hosts, current recording, its client, and the end agree."""
    # A refused event changes neither.
    if not step.accepted or _agrees(step.model, step.after):
        return None
    model, reference = step.model, step.after
    compared = (
        ("the recorded kind", model.kind, reference.runs),
        ("the recording client", model.client, reference.client),
        ("the end", model.ended, reference.ended),
        ("the number of hosts", model.hosts, sum(person.host for person in reference.present)),
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
    hosts = 0
    for expected in reference.present:
        actual = people.get(expected.id)
        if actual is None or (actual.role, actual.platform) != (expected.role, expected.platform):
            return False
        hosts += expected.host
    return model.hosts == hosts
