"""The recording machine: the transition table, frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import cast

import attrs

from fsm.engine import Machine, Refusal, Row
from fsm.recording.events import Event, Trigger
from fsm.recording.outcome import Command, Outcome, StartRecorder
from fsm.recording.plan import Plan
from fsm.recording.situation import Situation
from fsm.recording.table import REQUIRES, ROWS, STATES, TableRow
from fsm.recording.words import Reason, State


@attrs.frozen
class Answer:
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
    rows: Iterable[TableRow] = ROWS, requires: Mapping[Trigger, tuple[str, ...]] = REQUIRES
) -> Machine:
    """Build the recording machine from its table, not yet frozen.

    Args:
        rows: the rows of the table.
        requires: what each trigger requires.
    """
    machine = Machine(
        name="recording",
        states=list(STATES),
        initial=STATES[0],
        auto_transitions=False,
        requires=requires,
    )
    for row in rows:
        for source in row.source:
            machine.add_transition(
                row.trigger,
                source,
                row.target,
                conditions=list(row.when),
                unless=list(row.unless),
                after=list(row.effects),
                info=_answer(row, source),
            )
    return machine


def _answer(row: TableRow, source: State) -> Answer:
    starts = row.command is StartRecorder
    commands = (
        (StartRecorder("cloud"),)
        if starts
        else ()
        if row.command is None
        else (cast(Command, row.command),)
    )
    outcome = Outcome(source, row.target or source, commands, row.rules)
    return Answer(row, outcome, starts)


RECORDING = build().freeze(Situation)

Decider = Callable[[Situation, str, Event], Row | Refusal]


@lru_cache(maxsize=256)
def decider(plan: Plan) -> Decider:
    """Return what decides the events of meetings under a plan.

    It answers as the whole table does, but no longer asks what the plan has settled.
    """
    return RECORDING.table.specialise(Situation(plan), refusals=True).decider()


def outcome_of(verdict: Row | Refusal, situation: Situation) -> Outcome:
    """Return the outcome of a decided event.

    Args:
        verdict: the row that was taken, or the refusal.
        situation: the meeting after the row was taken.
    """
    if isinstance(verdict, Refusal):
        return _refused(verdict)
    answer: Answer = verdict.info
    if answer.starts and situation.kind == "local":
        start = StartRecorder("local", situation.client)
        return attrs.evolve(answer.outcome, recorder=(start,))
    return answer.outcome


# A table has a few hundred refusals, and each always means the same outcome.
@lru_cache(maxsize=4096)
def _refused(refusal: Refusal) -> Outcome:
    state = cast(State, refusal.state)
    if refusal.check is None:
        return Outcome(state, state, refused="wrong_state")
    meaning = refusal.check.meaning
    return Outcome(state, state, rules=meaning.rules, refused=cast(Reason, meaning.reason))
