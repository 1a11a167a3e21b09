"""The recording machine: the transition table, frozen, and the outcomes of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import assert_never, cast

import attrs

from fsm.engine import Machine, Refusal, Row
from fsm.recording.events import Event, Trigger
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import Command, Outcome, StartRecorder
from fsm.recording.plan import Plan
from fsm.recording.table import PRECONDITIONS, ROWS, STATES, TableRow
from fsm.recording.timers import Timers, timer_changes, with_changes
from fsm.recording.vocabulary import Reason, State


@attrs.frozen
class RowOutcome:
    """The info of a compiled row: its row of the table, and its outcome.

    Args:
        row: the row of the table that it was compiled from.
        outcome: the outcome. If the row starts the recorder, its command is that of a cloud
            recording; :func:`outcome_of` replaces it for a local one.
        starts: whether the row starts the recorder.
    """

    row: TableRow
    outcome: Outcome
    starts: bool


def build(
    rows: Iterable[TableRow] = ROWS,
    preconditions: Mapping[Trigger, tuple[str, ...]] = PRECONDITIONS,
) -> Machine:
    """Builds the recording machine from its table, not yet frozen.

    Args:
        rows: the rows of the table.
        preconditions: the names of the preconditions, by trigger.
    """
    machine = Machine(
        name="recording",
        states=list(STATES),
        initial=STATES[0],
        auto_transitions=False,
        preconditions=preconditions,
    )
    for row in rows:
        for source in row.source:
            machine.add_transition(
                row.trigger,
                source,
                row.target,
                conditions=list(row.when),
                unless=list(row.unless),
                after=[*row.timers, *row.actions],
                info=_row_outcome(row, source),
            )
    return machine


def _row_outcome(row: TableRow, source: State) -> RowOutcome:
    starts = row.command is StartRecorder
    commands: tuple[Command, ...] = ()
    if starts:
        commands = (StartRecorder("cloud"),)
    elif row.command is not None:
        commands = (cast(Command, row.command),)
    outcome = Outcome(source, row.target or source, commands, row.rules)
    return RowOutcome(row, outcome, starts)


RECORDING = build().freeze(RecordingModel)

Decider = Callable[[RecordingModel, str, Event], Row | Refusal]
"""The decision function of a table: it returns the row that an event takes, or its refusal."""


@lru_cache(maxsize=256)
def decider(plan: Plan) -> Decider:
    """Returns the decision function for meetings under a plan.

    It decides as the complete table does, but no longer evaluates static guards, whose
    answers follow from the plan.
    """
    model = RecordingModel(plan)
    # The seconds of timers are data: plans that differ only in them share a table.
    alike = attrs.evolve(plan, grace=min(plan.grace, 1), end_when_empty=plan.end_when_empty and 1)
    if alike != plan:
        return decider(alike)
    return RECORDING.table.bind(model, keep_refusals=True).decider()


def outcome_of(
    decision: Row | Refusal, model: RecordingModel, event: Event, timers: Timers
) -> Outcome:
    """Returns the outcome of a decision.

    Args:
        decision: the row that was taken, or the refusal.
        model: the model after the row was taken.
        event: the event.
        timers: the timers before the row was taken.
    """
    if isinstance(decision, Refusal):
        return _refused(decision)
    info: RowOutcome = decision.info
    outcome = started(info.outcome, model) if info.starts else info.outcome
    if model.timers is timers:
        return outcome
    changes = timer_changes(timers, model.timers, event, model.plan)
    return with_changes(outcome, changes) if changes else outcome


def started(outcome: Outcome, model: RecordingModel) -> Outcome:
    """Returns the outcome of a row that starts the recorder.

    Args:
        outcome: the outcome of the row for a cloud recording.
        model: the model after the row was taken.
    """
    match model.kind:
        case "local":
            start = StartRecorder("local", model.client)
            return attrs.evolve(outcome, recorder=(start,))
        case "cloud" | None:
            return outcome
        case _:
            assert_never(model.kind)


# A table has a few hundred refusals, and the outcome of a refusal is always the same.
@lru_cache(maxsize=4096)
def _refused(refusal: Refusal) -> Outcome:
    state = cast(State, refusal.state)
    if refusal.guard is None:
        return Outcome(state, state, refused="wrong_state")
    description = refusal.guard.description
    return Outcome(state, state, rules=description.rules, refused=cast(Reason, description.reason))
