"""Traces to draw: the steps of events handled by the recording machine."""

from __future__ import annotations

from fsm.diagrams import TraceStep
from fsm.engine import Refusal
from fsm.recording.events import End, Join, Leave, Pause, Resume, Start, Stop
from fsm.recording.machine import RECORDING
from fsm.recording.model import RecordingModel
from fsm.recording.plan import Plan


def trace(plan, *events) -> list[TraceStep]:
    model = RecordingModel(plan)
    steps = []
    for number, event in enumerate(events, start=1):
        state = model.state
        row = RECORDING.table.decide(model, event.trigger, event)
        if isinstance(row, Refusal):
            reason = row.guard.description.reason if row.guard else "wrong_state"
            steps.append(TraceStep(number, None, state, reason, event.trigger))
        else:
            row.apply(model, event)
            steps.append(TraceStep(number, row, state, None, event.trigger))
    return steps


CLOUD = Plan("cloud")
BUSY = (
    Join("bob", "member", "ios"),
    Join("carol", "member", "web"),
    Join("alice", "host", "windows"),
    Pause("bob"),
    *(Pause("alice"), Resume("alice")) * 8,
    Resume("alice"),
    Leave("bob"),
    Stop("alice"),
    Start("alice", "local"),
    Pause("alice"),
    Leave("carol"),
    Join("dan", "cohost", "ios"),
    Resume("dan"),
    Stop("alice"),
    Start("alice", "cloud"),
    Leave("alice"),
    Leave("dan"),
    Join("eve", "host", "ios"),
    End("eve"),
    End(),
)
