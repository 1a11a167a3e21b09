"""The rows of both machines as numbered transitions."""

import os
from pathlib import Path

from fsm.book.transitions import carriers, policy_rows, preconditions, recording_rows
from fsm.recording.policy_table import CONSOLE_ROWS
from fsm.recording.table import ROWS
from fsm.verify.traceability import traces


def test_each_row_of_a_table_has_a_number_in_its_order():
    rows = recording_rows()
    assert [row.number for row in rows] == [f"T{number}" for number in range(1, len(ROWS) + 1)]
    assert [row.trigger for row in rows] == [row.trigger for row in ROWS]
    assert [row.sources for row in rows] == [row.source for row in ROWS]
    assert len(policy_rows()) == len(CONSOLE_ROWS)


def test_a_row_has_its_command_and_what_it_does_to_timers():
    [row] = [row for row in recording_rows() if row.trigger == "leave" and "R17" in row.rules]
    assert row.command == ("stop", "recording_client_left")
    assert row.timers == ("set empty if nobody remains",)
    assert row.target == "stopped"


def test_every_rule_that_rows_decide_has_carriers():
    rows = [*recording_rows(), *policy_rows()]
    for trace in traces(Path(os.devnull)):
        own, by_guard = carriers(rows, trace.rule)
        assert bool(own or by_guard) == bool(trace.rows), trace.rule
    by_number = {row.number: row for row in rows}
    own, by_guard = carriers(rows, "R17")
    assert [by_number[number].trigger for number in own] == ["leave", "end"]
    assert by_guard == []
    found = [by_number[number] for number in carriers(rows, "D4")[1]]
    assert [row.target for row in found] == ["stopped", ""]
    assert all("the last host" in (guard.label for guard in row.guards) for row in found)


def test_the_guards_of_an_event_are_those_of_its_trigger():
    assert [guard.label for guard in preconditions()["pause"]] == [
        "the meeting is not over", "requester is present", "a host",
    ]  # fmt: skip
