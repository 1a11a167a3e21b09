"""Entries of a journal, and the rows of its table from which they are decoded."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs

from fsm.recording import Event, Outcome
from fsm.runtime import answers, codec

EntryRow: TypeAlias = tuple[Any, ...]
"""A row of :data:`SELECT_ENTRIES`."""
SELECT_ENTRIES = "SELECT meeting, seq, id, at, event, answer, checksum, present, rules FROM events"


# A hub keeps those with an id of every open meeting, which may be millions.
@attrs.frozen(weakref_slot=False)
class JournalEntry:
    """One event of a meeting, with the answer to it.

    Args:
        meeting: the meeting's id.
        seq: the number of the entry in the meeting, counted from 1; ``None`` for an event without
            an id after the end of the meeting, and for a firing that the rules refuse, which are
            answered but not kept.
        id: the sender's id of the event.
        at: the time of the event, in milliseconds since 1970, UTC.
        event: the event.
        outcome: the answer.
    """

    meeting: str
    seq: int | None
    id: str | None
    at: int
    event: Event
    outcome: Outcome


def decode_entry(meeting: str, row: EntryRow) -> JournalEntry:
    """Returns the entry of a row.

    Args:
        meeting: the meeting's id.
        row: the row.

    Raises:
        ValueError: the checksum of the row is wrong.
        Exception: a value of the row is none that the journal writes.
    """
    key, seq, id_, at, event, answer, checksum, _, rules = row
    state = answers.state_part(checksum)
    check_row(
        f"event {seq}",
        answers.entry_checksum(state, key, seq, id_, at, event, answer, rules),
        checksum,
    )
    return JournalEntry(meeting, seq, id_, at, codec.load_event(event), codec.load_outcome(answer))


def check_row(name: str, checksum: int, recorded: int) -> None:
    """Raises a ``ValueError`` if the checksum of a row is not the recorded one."""
    if checksum != recorded:
        raise ValueError(f"{name} has a wrong checksum: it was changed after it was written")
