"""The machine bound to a plan, which decides as the complete machine does."""

import attrs
import pytest
from hypothesis import given, settings

from fsm.engine import Refusal
from fsm.recording import (
    POLICY,
    RECORDING,
    Meeting,
    Plan,
    Start,
)
from fsm.recording.machine import decider, outcome_of

from . import generate
from .translate import to_event

PLANS = [
    Plan(),
    Plan(kinds=()),
    Plan("local"),
    *(Plan("cloud", by, may) for by in ("host", "anyone") for may in (True, False)),
]


@pytest.mark.parametrize("plan", PLANS, ids=str)
@settings(max_examples=40, deadline=None)
@given(sequence=generate.events())
def test_the_table_bound_to_a_plan_decides_as_the_complete_table(plan, sequence):
    meeting = Meeting(plan)
    for name, given_ in sequence:
        event = to_event(name, given_)
        complete = RECORDING.table.decide(meeting, event.trigger, event)
        decision = decider(plan)(meeting, event.trigger, event)
        if isinstance(complete, Refusal):
            assert decision is complete
        else:
            assert decision.definition is complete.definition
        meeting.handle(event)


def test_under_a_plan_without_pausing_a_refusal_keeps_its_reason():
    table = RECORDING.table.bind(Meeting(Plan("cloud", "host", False)), keep_refusals=True)
    [row] = [
        row
        for row in table.rows
        if row.trigger == "pause" and "records_to_cloud" in {guard.name for guard in row.guards}
    ]
    assert [guard.name for guard in row.guards] == ["records_to_cloud", "host_may_pause"]
    assert len(table.rows) < len(RECORDING.table.rows)


def test_a_local_start_names_its_client_and_a_cloud_start_does_not():
    [row] = [row for row in RECORDING.table.rows if (row.trigger, row.source) == ("start", "idle")]
    cloud, local = Meeting(Plan()), Meeting(Plan())
    cloud.kind, local.kind, local.client = "cloud", "local", "a"
    start = outcome_of(row, cloud, Start("a", "cloud"), {}).recorder
    assert [command.client for command in start] == [None]
    start = outcome_of(row, local, Start("a", "local"), {}).recorder
    assert [attrs.asdict(command) for command in start] == [{"kind": "local", "client": "a"}]


def test_the_machines_are_named_recording_and_policy():
    assert (RECORDING.title, POLICY.title) == ("recording", "policy")
