"""The rows of both machines as numbered transitions, and those that carry each rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from fsm.engine import Guard, Row, Table
from fsm.engine.action import action_description
from fsm.recording import POLICY, RECORDING
from fsm.recording.model import RecordingModel
from fsm.recording.policy_table import CONSOLE_ROWS
from fsm.recording.table import ROWS
from fsm.verify.traceability import row_rules


@attrs.frozen
class NumberedRow:
    """A row of a table as written: one transition with all of its sources.

    Args:
        number: its number in the book, such as ``T3``; those of the policy begin with ``P``.
        trigger: its trigger.
        sources: the states that it leads from.
        target: the state that it leads to; empty if the state stays.
        guards: its guards.
        command: the recorder command and, of a stop, its reason; empty if there is none.
        timers: the labels of what it does to timers.
        rules: ids of the rules that it names.
        guard_rules: ids of the rules that its guards name, and that it does not.
    """

    number: str
    trigger: str
    sources: tuple[str, ...]
    target: str
    guards: tuple[Guard, ...]
    command: tuple[str, ...]
    timers: tuple[str, ...]
    rules: tuple[str, ...]
    guard_rules: tuple[str, ...]


def recording_rows() -> list[NumberedRow]:
    """Returns the rows of the recording machine."""
    return list(_numbered("T", RECORDING.table))


def policy_rows() -> list[NumberedRow]:
    """Returns the rows of the policy machine."""
    return list(_numbered("P", POLICY.table))


def carriers(rows: Iterable[NumberedRow], rule: str) -> tuple[list[str], list[str]]:
    """Returns the numbers of the rows that name a rule, and of those with a guard that does."""
    rows = list(rows)
    return (
        [row.number for row in rows if rule in row.rules],
        [row.number for row in rows if rule in row.guard_rules],
    )


def preconditions() -> dict[str, tuple[Guard, ...]]:
    """Returns the guards of each trigger, which are evaluated in every state before its rows."""
    return {
        cell.trigger: cell.preconditions for table in (RECORDING.table, POLICY.table)
        for cell in table
    }  # fmt: skip


def _numbered(letter: str, table: Table) -> Iterator[NumberedRow]:
    alike: dict[Any, list[Row]] = {}
    for row in table.rows:
        alike.setdefault(getattr(row.info, "row", row.info), []).append(row)
    written = sorted(alike, key=_place_of)
    for number, definition in enumerate(written, start=1):
        rows = alike[definition]
        row, rules = rows[0], row_rules(rows[0])
        named = (rule for guard in row.guards for rule in guard.description.rules)
        yield NumberedRow(
            f"{letter}{number}", row.trigger, tuple(each.source for each in rows),
            row.target or "", row.guards, _command(row), tuple(_timers(definition)), rules,
            tuple(rule for rule in dict.fromkeys(named) if rule not in rules),
        )  # fmt: skip


def _place_of(definition: Any) -> int:
    return [*ROWS, *CONSOLE_ROWS].index(definition)


def _command(row: Row) -> tuple[str, ...]:
    commands = row.info.outcome.recorder if hasattr(row.info, "outcome") else ()
    return tuple(
        text
        for command in commands
        for text in (command.command, getattr(command, "reason", None))
        if text
    )


def _timers(definition: Any) -> Iterator[str]:
    for name in getattr(definition, "timers", ()):
        described = action_description(getattr(RecordingModel, name))
        if described:
            yield described.label
