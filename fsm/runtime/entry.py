"""What the journal keeps of a meeting's life: each event with its answer."""

from __future__ import annotations

import attrs

from fsm.recording import Event, Outcome


# A hub keeps millions of them.
@attrs.frozen(weakref_slot=False)
class JournalEntry:
    """One event of a meeting, and what was answered.

    Args:
        meeting: the meeting's id.
        seq: its number in the meeting, counted from 1; ``None`` for an event that came after
            the end, of which nothing is kept.
        id: the id the sender gave it.
        at: when it was taken, in milliseconds since 1970, UTC.
        event: the event.
        outcome: the answer.
    """

    meeting: str
    seq: int | None
    id: str | None
    at: int
    event: Event
    outcome: Outcome
