"""The table of the recording machine: its shape, and its rows in random meetings."""

from itertools import product
from typing import get_args

import pytest
from hypothesis import given, settings

from fsm.engine import Refusal
from fsm.recording import POLICY, RECORDING, Meeting, Outcome, Plan, events
from fsm.recording.rules import RULE_IDS
from fsm.recording.table import ROWS, STATES, TableRow
from fsm.recording.vocabulary import Reason

from . import generate
from .people import ALICE, CLOUD, CLOUD_ANYONE, LOCAL, NOTHING
from .translate import open_meeting, to_event

TRIGGERS = {"join", "leave", "role", "end", "recorder_failed", "start", "pause", "resume", "stop"}
# The states in which a trigger has no row, by docs/rules.md.
WITHOUT_ROW = {
    *(("recorder_failed", state) for state in ("idle", "stopped")),
    *(("start", state) for state in ("recording", "paused")),
    *(("pause", state) for state in ("idle", "paused", "stopped")),
    *(("resume", state) for state in ("idle", "recording", "stopped")),
    *(("stop", state) for state in ("idle", "stopped")),
}


def test_the_machine_has_the_states_and_triggers_of_the_rules():
    assert STATES == ("idle", "recording", "paused", "stopped")
    assert RECORDING.initial == "idle"
    assert set(RECORDING.table.cells) == set(get_args(events.Trigger)) >= TRIGGERS
    assert {event.trigger for event in events.EVENTS} == set(RECORDING.table.cells)


@pytest.mark.rule("R15")
def test_nothing_leads_back_to_idle():
    assert [row for row in RECORDING.table.rows if row.target == "idle"] == []


@pytest.mark.rule("R15")
def test_only_idle_has_an_automatic_start():
    starts = [row for row in RECORDING.table.rows if row.info.starts and row.trigger != "start"]
    assert starts
    assert {(row.trigger, row.source) for row in starts} == {("join", "idle")}


@pytest.mark.rule("D2")
def test_a_stopped_recording_is_started_by_hand_only():
    out_of_stopped = {
        row.trigger for row in RECORDING.table.rows if row.source == "stopped" and row.target
    }
    assert out_of_stopped == {"start"}


@pytest.mark.rule("R16", "R17")
def test_a_paused_recording_stops_for_the_same_causes_as_a_running_one():
    def stops(source):
        return [
            (row.trigger, [guard.name for guard in row.guards], row.info.outcome.recorder)
            for row in RECORDING.table.rows
            if row.source == source and row.target == "stopped"
        ]

    assert stops("recording")
    assert stops("paused") == stops("recording")


def test_every_state_has_a_cell_for_every_trigger():
    cells = {(cell.trigger, cell.state): cell for cell in RECORDING.table}
    assert set(cells) == {*product(get_args(events.Trigger), STATES)}
    empty = {where for where, cell in cells.items() if not cell.rows}
    assert {(trigger, state) for trigger, state in empty if trigger in TRIGGERS} == WITHOUT_ROW


@pytest.mark.parametrize(("trigger", "state"), sorted(WITHOUT_ROW))
def test_a_state_without_a_row_refuses_with_wrong_state(trigger, state):
    meeting = Meeting(Plan(), state=state, present={"alice": ALICE}, hosts=1)
    about = {"start": {"by": "alice", "kind": "cloud"}, "recorder_failed": {}}
    event = to_event(trigger, about.get(trigger, {"by": "alice"}))
    assert meeting.handle(event) == Outcome(state, state, (), (), "wrong_state")


def test_a_row_has_a_recorder_command_exactly_if_it_changes_the_state():
    for row in ROWS:
        assert (row.target is None) is (row.command is None), row


def test_the_only_rows_without_rules_keep_the_state():
    without = {row.trigger for row in ROWS if not row.rules}
    assert without == {"join", "leave", "role"}
    assert all(row.target is None for row in ROWS if not row.rules)


@pytest.mark.rule("R16")
@pytest.mark.parametrize(
    "plan", [CLOUD, CLOUD_ANYONE, LOCAL, NOTHING], ids=["host", "anyone", "local", "no plan"]
)
@settings(max_examples=100, deadline=None)
@given(sequence=generate.events())
def test_two_rows_of_one_cell_never_both_hold(plan, sequence):
    meeting = Meeting(plan)
    for name, plain in sequence:
        event = to_event(name, plain)
        cell = RECORDING.table.cell(meeting, name)
        if all(_holds(guard, meeting, event) for guard in cell.preconditions):
            holding = [
                row
                for row in cell.rows
                if row.guards and all(_holds(guard, meeting, event) for guard in row.guards)
            ]
            assert len(holding) <= 1
        meeting.handle(event)


def _holds(guard, meeting, event):
    return guard.call(meeting, event) == guard.wanted


def test_a_row_without_guards_is_last_and_keeps_the_state():
    for cell in RECORDING.table:
        unconditional = [row for row in cell.rows if not row.guards]
        assert unconditional in ([], [cell.rows[-1]] if cell.rows else [])
        if len(cell.rows) > 1:
            assert all(row.target is None for row in unconditional)


@pytest.mark.rule("D8")
@settings(max_examples=150, deadline=None)
@given(generate.cases())
def test_static_guards_keep_their_answer_for_the_whole_meeting(case):
    # Therefore a table that is bound once decides as the complete table does, at every event.
    *header, sequence = case
    meeting = open_meeting(*header)
    bound = RECORDING.table.bind(meeting)
    for name, plain in sequence:
        event = to_event(name, plain)
        complete = RECORDING.decide(meeting, name, event)
        decision = bound.decide(meeting, name, event)
        assert isinstance(decision, Refusal) is isinstance(complete, Refusal)
        if not isinstance(complete, Refusal):
            assert decision.info is complete.info
        meeting.handle(event)


@pytest.mark.parametrize("machine", [RECORDING, POLICY], ids=lambda machine: machine.title)
def test_every_rule_id_in_a_machine_is_one_of_the_rules(machine):
    used = set()
    for cell in machine.table:
        for guard in cell.preconditions:
            used.update(guard.description.rules)
        for row in cell.rows:
            used.update(getattr(row.info, "row", row.info).rules)
            for guard in row.guards:
                used.update(guard.description.rules)
    assert used
    assert used <= set(RULE_IDS)


def test_the_reason_codes_of_the_machine_are_those_of_the_rules():
    reasons = {no.guard.description.reason for no in RECORDING.table.refusals if no.guard}
    assert reasons | {"wrong_state"} == set(get_args(Reason))


@pytest.mark.parametrize("column", ["source", "when", "unless", "actions"])
def test_a_single_name_where_a_row_takes_several_is_refused(column):
    # A string would be read letter by letter.
    given = {"trigger": "join", "source": ("idle",), "target": None, column: "idle"}
    with pytest.raises(TypeError, match=f"{column} must be a tuple, not a str: 'idle'"):
        TableRow(**given)
