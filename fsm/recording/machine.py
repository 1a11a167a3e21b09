"""The recording machine: the transition table, frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import cast

import attrs

from fsm.engine import Machine, Refusal, Row
from fsm.recording.events import Event, Trigger
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import Command, Outcome, StartRecorder
from fsm.recording.plan import Plan
from fsm.recording.table import PRECONDITIONS, ROWS, STATES, TableRow
from fsm.recording.vocabulary import Reason, State


@attrs.frozen
class RowOutcome:
    """What a row of the machine carries: its row of the table, and its outcome.

    Args:
        row: the row of the table it was made from.
        outcome: the outcome; where the row starts the recorder, still without the command.
        starts: whether the row starts the recorder.
    """

    row: TableRow
    outcome: Outcome
    starts: bool


def build(
    rows: Iterable[TableRow] = ROWS,
    preconditions: Mapping[Trigger, tuple[str, ...]] = PRECONDITIONS,
) -> Machine:
    """Build the recording machine from its table, not yet frozen.

    Args:
        rows: the rows of the table.
        preconditions: what each trigger requires.
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
                after=list(row.actions),
                info=_answer(row, source),
            )
    return machine


def _answer(row: TableRow, source: State) -> RowOutcome:
    starts = row.command is StartRecorder
    commands = (
        (StartRecorder("cloud"),)
        if starts
        else ()
        if row.command is None
        else (cast(Command, row.command),)
    )
    outcome = Outcome(source, row.target or source, commands, row.rules)
    return RowOutcome(row, outcome, starts)


RECORDING = build().freeze(RecordingModel)

Decider = Callable[[RecordingModel, str, Event], Row | Refusal]


@lru_cache(maxsize=256)
def decider(plan: Plan) -> Decider:
    """Return what decides the events of meetings under a plan.

    It answers as the whole table does, but no longer asks what the plan has settled.
    """
    return RECORDING.table.bind(RecordingModel(plan), keep_refusals=True).decider()


def outcome_of(decision: Row | Refusal, situation: RecordingModel) -> Outcome:
    """Return the outcome of a decided event.

    Args:
        decision: the row that was taken, or the refusal.
        situation: the meeting after the row was taken.
    """
    if isinstance(decision, Refusal):
        return _refused(decision)
    answer: RowOutcome = decision.info
    if answer.starts and situation.kind == "local":
        start = StartRecorder("local", situation.client)
        return attrs.evolve(answer.outcome, recorder=(start,))
    return answer.outcome


# A table has a few hundred refusals, and each always means the same outcome.
@lru_cache(maxsize=4096)
def _refused(refusal: Refusal) -> Outcome:
    state = cast(State, refusal.state)
    if refusal.guard is None:
        return Outcome(state, state, refused="wrong_state")
    description = refusal.guard.description
    return Outcome(state, state, rules=description.rules, refused=cast(Reason, description.reason))
