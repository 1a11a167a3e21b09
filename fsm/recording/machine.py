"""The recording machine: the transition table, frozen."""

from __future__ import annotations

from typing import cast

import attrs

from fsm.engine import Machine, Refusal
from fsm.recording.outcome import Command, Outcome, StartRecorder
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


def build() -> Machine:
    """Build the recording machine from its table, not yet frozen."""
    machine = Machine(
        name="recording",
        states=list(STATES),
        initial=STATES[0],
        auto_transitions=False,
        requires=dict(REQUIRES),
    )
    for row in ROWS:
        for source in row.source:
            machine.add_transition(
                row.trigger,
                source,
                row.target,
                conditions=list(row.when),
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


def refused(refusal: Refusal) -> Outcome:
    """Return the outcome of a refused event."""
    state = cast(State, refusal.state)
    if refusal.check is None:
        return Outcome(state, state, refused="wrong_state")
    meaning = refusal.check.meaning
    return Outcome(state, state, rules=meaning.rules, refused=cast(Reason, meaning.reason))
