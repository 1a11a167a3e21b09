"""How a meeting stands, and how a hub does."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fsm.recording import Plan
from fsm.recording.model import Participant
from fsm.recording.vocabulary import Kind, State
from fsm.runtime.live import LiveMeeting


@attrs.frozen
class Snapshot:
    """How a meeting stands.

    Args:
        id: its id.
        state: the state of its recording.
        plan: what holds for it.
        present: who is there, by id.
        kind: what is being recorded.
        client: the client that records locally.
        ended: whether it is over.
        seq: the number of its last event.
        undelivered: how many orders its recorder has not taken yet.
    """

    id: str
    state: State
    plan: Plan
    present: Mapping[str, Participant]
    kind: Kind | None
    client: str | None
    ended: bool
    seq: int
    undelivered: int


@attrs.frozen
class Health:
    """How a hub stands.

    Args:
        ok: whether it takes events.
        why: what is wrong; ``None`` where nothing is.
        meetings: how many meetings are in memory.
        waiting: how many requests wait.
        delivering: for how many meetings the recorder has something to be told.
    """

    ok: bool
    why: str | None
    meetings: int
    waiting: int
    delivering: int


def snapshot_of(live: LiveMeeting) -> Snapshot:
    """Return how a meeting stands now."""
    meeting = live.meeting
    return Snapshot(
        live.id, meeting.state, meeting.plan, dict(meeting.present), meeting.kind, meeting.client,
        meeting.ended, live.seq, len(live.pending),
    )  # fmt: skip
