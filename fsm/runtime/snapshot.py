"""Snapshots of a meeting, and the health of a hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from fsm.recording import Plan
from fsm.recording.model import Participant
from fsm.recording.vocabulary import Kind, State, Timer
from fsm.runtime.live import LiveMeeting

LARGE: Final = 100
"""The number of participants of a large meeting: to make its snapshot takes a while."""


@attrs.frozen
class Snapshot:
    """A meeting at one moment.

    Args:
        id: the meeting's id.
        state: the state of its recording.
        plan: its plan.
        present: the participants present, by their ids, in the order of the ids.
        kind: the kind of the present recording.
        client: the client that records locally.
        ended: the meeting is over.
        seq: the number of its last event.
        undelivered: the number of messages that its recorder has not acknowledged yet.
        timers: the time at which each running timer is due, in milliseconds since 1970, UTC.
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
    timers: Mapping[Timer, int]


@attrs.frozen
class Health:
    """The condition of a hub.

    Args:
        ok: whether the last commit succeeded, and the hub is open.
        why: the reason if not; otherwise ``None``.
        meetings: the number of meetings in memory.
        waiting: the number of requests that wait.
        delivering: the number of meetings with a delivery, or a status check of the recorder.
        timers: the number of meetings that wait for a timer.
        fired: the number of timers that have fired since the hub was opened.
        lateness: the milliseconds by which these timers fired late, added up.
        refused: the number of timers whose firing the rules refused since then.
    """

    ok: bool
    why: str | None
    meetings: int
    waiting: int
    delivering: int
    timers: int
    fired: int
    lateness: int
    refused: int


def snapshot_of(live: LiveMeeting) -> Snapshot:
    """Returns a snapshot of a meeting; of a large one the same until the meeting changes.

    Many readers of a meeting with thousands of participants would otherwise delay every event.
    """
    kept = live.snapshot
    if kept is not None and (kept.seq, kept.undelivered, kept.timers) == (
        live.seq, len(live.pending), live.due,
    ):  # fmt: skip
        return kept
    meeting = live.meeting
    # Ordered by id, since a restart does not keep the order in which they came.
    present = dict(sorted(meeting.present.items()))
    snapshot = Snapshot(
        live.id, meeting.state, meeting.plan, present, meeting.kind, meeting.client,
        meeting.ended, live.seq, len(live.pending), live.due,
    )  # fmt: skip
    live.snapshot = snapshot if len(present) >= LARGE else None
    return snapshot
