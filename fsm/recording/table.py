"""The transition table of the recording machine: the only place where transitions stand.

Read a row aloud: on `trigger`, from `source`, to `target`, when all of `when` holds, do
`effects`, tell the recorder `command`, by `rules`. The first row that holds wins. A
target of ``None`` stays where it is. A trigger's `REQUIRES` are asked before its rows,
in every state; a command in a state without a row for it is refused with `wrong_state`.
"""

from __future__ import annotations

import attrs

from fsm.recording.events import Trigger
from fsm.recording.outcome import PauseRecorder, ResumeRecorder, StartRecorder, StopRecorder
from fsm.recording.words import State


@attrs.frozen
class TableRow:
    """One row of the table; see the top of this module.

    Args:
        command: what the recorder is told. A class stands for a command whose details are
            those of the situation after the row: the kind and the client that records.
    """

    trigger: Trigger
    source: tuple[State, ...]
    target: State | None
    when: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    command: type[StartRecorder] | PauseRecorder | ResumeRecorder | StopRecorder | None = None
    rules: tuple[str, ...] = ()


STATES: tuple[State, ...] = ("idle", "recording", "paused", "stopped")
_ANY = STATES
_RUNNING: tuple[State, ...] = ("recording", "paused")
_RESTING: tuple[State, ...] = ("idle", "stopped")

_BY_A_HOST = ("is_open", "asker_is_present", "asker_is_host")
REQUIRES: dict[Trigger, tuple[str, ...]] = {
    "join": ("is_open", "is_absent"),
    "leave": ("is_open", "is_present"),
    "role": ("is_open", "is_present"),
    "end": ("is_open", "ender_is_present", "ender_is_host"),
    "recorder_failed": ("is_open",),
    "start": _BY_A_HOST,
    "pause": _BY_A_HOST,
    "resume": _BY_A_HOST,
    "stop": _BY_A_HOST,
}

# fmt: off
ROWS = (
    # Starting by itself. Only `idle` has such a row, and no row leads back there (R15).
    TableRow(
        "join",
        ("idle",),
        "recording",
        ("plan_is_cloud", "anyone_starts", "from_supported_platform", "version_is_new_enough"),
        ("enters", "records_cloud"),
        StartRecorder,
        ("R13",),
    ),
    TableRow(
        "join",
        ("idle",),
        "recording",
        ("plan_is_cloud", "joins_as_host", "from_supported_platform", "version_is_new_enough"),
        ("enters", "records_cloud"),
        StartRecorder,
        ("R13",),
    ),
    TableRow(
        "join",
        ("idle",),
        "recording",
        ("plan_is_local", "joins_as_host", "from_desktop", "version_is_new_enough"),
        ("enters", "records_here"),
        StartRecorder,
        ("R14",),
    ),
    TableRow("join", _ANY, None, (), ("enters",)),
    # Starting by hand.
    TableRow(
        "start",
        _RESTING,
        "recording",
        ("kind_is_available", "local_is_asked_from_desktop"),
        ("records_as_asked",),
        StartRecorder,
        ("D2",),
    ),
    # Pausing, resuming and stopping by hand.
    TableRow(
        "pause",
        ("recording",),
        "paused",
        ("records_to_cloud", "host_may_pause"),
        (),
        PauseRecorder(),
        ("R9",),
    ),
    TableRow(
        "pause",
        ("recording",),
        "paused",
        ("records_locally", "asker_records"),
        (),
        PauseRecorder(),
        ("D3",),
    ),
    TableRow(
        "resume", ("paused",), "recording", ("records_to_cloud",), (), ResumeRecorder(), ("R9",)
    ),
    TableRow(
        "resume",
        ("paused",),
        "recording",
        ("records_locally", "asker_records"),
        (),
        ResumeRecorder(),
        ("D3",),
    ),
    TableRow(
        "stop",
        _RUNNING,
        "stopped",
        ("records_to_cloud", "host_may_pause"),
        ("records_nothing",),
        StopRecorder("host_stopped"),
        ("R16",),
    ),
    TableRow(
        "stop",
        _RUNNING,
        "stopped",
        ("records_locally", "asker_records"),
        ("records_nothing",),
        StopRecorder("host_stopped"),
        ("D3",),
    ),
    # Stopping because somebody leaves.
    TableRow(
        "leave",
        _RUNNING,
        "stopped",
        ("recording_client_leaves",),
        ("leaves", "records_nothing"),
        StopRecorder("recording_client_left"),
        ("R17",),
    ),
    TableRow(
        "leave",
        _RUNNING,
        "stopped",
        ("last_one_leaves", "records_to_cloud"),
        ("leaves", "records_nothing"),
        StopRecorder("everyone_left"),
        ("R16",),
    ),
    TableRow(
        "leave",
        _RUNNING,
        "stopped",
        ("last_host_leaves", "records_to_cloud", "host_starts"),
        ("leaves", "records_nothing"),
        StopRecorder("hosts_left"),
        ("R16",),
    ),
    TableRow("leave", _ANY, None, (), ("leaves",)),
    # A change of role starts and stops nothing (D4).
    TableRow("role", _ANY, None, (), ("changes_role",)),
    # The end of the meeting, and a recorder that fails.
    TableRow(
        "end",
        _RUNNING,
        "stopped",
        ("records_to_cloud",),
        ("is_over", "records_nothing"),
        StopRecorder("meeting_ended"),
        ("R16",),
    ),
    TableRow(
        "end",
        _RUNNING,
        "stopped",
        ("records_locally",),
        ("is_over", "records_nothing"),
        StopRecorder("meeting_ended"),
        ("R17",),
    ),
    TableRow("end", _RESTING, None, (), ("is_over",), None, ("D10",)),
    TableRow(
        "recorder_failed",
        _RUNNING,
        "stopped",
        (),
        ("records_nothing",),
        StopRecorder("recorder_failed"),
        ("D11",),
    ),
)
# fmt: on
