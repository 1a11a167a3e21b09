"""Journal entries: events with their answers."""

from __future__ import annotations

import attrs

from fsm.recording import Event, Outcome


# A hub keeps millions of them.
@attrs.frozen(weakref_slot=False)
class JournalEntry:
    """One event of a meeting, with the answer to it.

    Args:
        meeting: the meeting's id.
        seq: the number of the entry in the meeting, counted from 1; ``None`` for an event after
            the end of the meeting, which is answered but not kept.
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
