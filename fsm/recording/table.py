"""The transition table of the recording machine: all of its transitions.

Read a row aloud: on `trigger`, in one of the `source` states, if all guards in `when` and none in
`unless` hold, move to `target`, change `timers`, run `actions`, send the recorder `command`, by
`rules`. A target of ``None`` keeps the state. Guards, changes of timers and actions are methods of
:class:`~fsm.recording.model.RecordingModel`, by name. Rows of one state and trigger exclude each
other, except for a last row without guards, which means "otherwise".

The `PRECONDITIONS` of a trigger are evaluated before its rows, in every state. An event in a state
without a row for it is refused with `wrong_state`.

A recording starts automatically at most once (R15) by the shape of the table: only `idle` has
rows in which a join starts it, and no row leads back to `idle`.
"""

from __future__ import annotations

from typing import get_args

import attrs

from fsm.recording.events import Trigger
from fsm.recording.outcome import PauseRecorder, ResumeRecorder, StartRecorder, StopRecorder
from fsm.recording.validators import instance_of
from fsm.recording.vocabulary import ACTIVE_STATES, State, Timer, check_complete


@attrs.frozen
class TableRow:
    """One row of the table.

    Args:
        trigger: the trigger of the event.
        source: the states in which the row applies.
        target: the state that it leads to; ``None`` keeps the state.
        when: guards that must hold.
        unless: guards that must not hold.
        timers: actions of the model that set or cancel timers. They run before the others, so, like
            guards, they see the meeting before the event.
        actions: actions of the model, in order.
        command: the command for the recorder. The class ``StartRecorder`` stands for a command
            whose kind and client are those of the model after the actions.
        rules: ids of the rules behind the row.
        after: the timer whose firing the row answers.
    """

    trigger: Trigger
    source: tuple[State, ...] = attrs.field(validator=instance_of(tuple))
    target: State | None
    when: tuple[str, ...] = attrs.field(default=(), validator=instance_of(tuple))
    unless: tuple[str, ...] = attrs.field(default=(), validator=instance_of(tuple))
    timers: tuple[str, ...] = attrs.field(default=(), validator=instance_of(tuple))
    actions: tuple[str, ...] = attrs.field(default=(), validator=instance_of(tuple))
    command: type[StartRecorder] | PauseRecorder | ResumeRecorder | StopRecorder | None = None
    rules: tuple[str, ...] = attrs.field(default=(), validator=instance_of(tuple))
    after: Timer | None = None


STATES: tuple[State, ...] = get_args(State)
_ANY = STATES
_ACTIVE = tuple(state for state in STATES if state in ACTIVE_STATES)
_INACTIVE = tuple(state for state in STATES if state not in ACTIVE_STATES)

_BY_HOST = ("is_open", "requester_is_present", "requester_is_host")
PRECONDITIONS: dict[Trigger, tuple[str, ...]] = {
    "join": ("is_open", "is_absent"),
    "leave": ("is_open", "is_present"),
    "role": ("is_open", "is_present"),
    "end": ("is_open", "actor_is_present", "actor_is_host"),
    "recorder_failed": ("is_open",),
    "time_up": ("is_open", "timer_is_set"),
    "start": _BY_HOST,
    "pause": _BY_HOST,
    "resume": _BY_HOST,
    "stop": _BY_HOST,
}
check_complete(
    PRECONDITIONS, get_args(Trigger), "PRECONDITIONS in fsm/recording/table.py", "its guards"
)

# fmt: off
ROWS = (
    # Starting automatically.
    TableRow("join", ("idle",), "recording",
        when=("plan_is_cloud_by_anyone", "from_supported_platform", "version_is_new_enough"),
        timers=("cancel_empty",), actions=("add_participant", "start_cloud"),
        command=StartRecorder, rules=("R13",)),
    TableRow("join", ("idle",), "recording",
        when=("plan_is_cloud_by_host", "joins_as_host",
              "from_supported_platform", "version_is_new_enough"),
        timers=("cancel_empty",), actions=("add_participant", "start_cloud"),
        command=StartRecorder, rules=("R13",)),
    TableRow("join", ("idle",), "recording",
        when=("plan_is_local", "joins_as_host", "from_desktop", "version_is_new_enough"),
        timers=("cancel_empty",), actions=("add_participant", "start_local"),
        command=StartRecorder, rules=("R14",)),
    TableRow("join", _ANY, None, timers=("cancel_grace_if_kept", "cancel_empty"),
        actions=("add_participant",)),

    # Starting by hand.
    TableRow("start", _INACTIVE, "recording",
        when=("kind_is_available", "local_is_requested_from_desktop"),
        actions=("start_requested",), command=StartRecorder, rules=("D2",)),

    # Pausing, resuming and stopping by hand.
    TableRow("pause", ("recording",), "paused",
        when=("records_to_cloud", "host_may_pause"),
        command=PauseRecorder(), rules=("R9",)),
    TableRow("pause", ("recording",), "paused",
        when=("requester_records",),
        command=PauseRecorder(), rules=("D3",)),
    TableRow("resume", ("paused",), "recording",
        when=("records_to_cloud",),
        command=ResumeRecorder(), rules=("R9",)),
    TableRow("resume", ("paused",), "recording",
        when=("requester_records",),
        command=ResumeRecorder(), rules=("D3",)),
    TableRow("stop", _ACTIVE, "stopped",
        when=("records_to_cloud", "host_may_pause"),
        actions=("clear_recording",), command=StopRecorder("host_stopped"), rules=("R16",)),
    TableRow("stop", _ACTIVE, "stopped",
        when=("requester_records",),
        actions=("clear_recording",), command=StopRecorder("host_stopped"), rules=("D3",)),

    # Stopping because a participant leaves, unless there is a grace.
    TableRow("leave", _ACTIVE, "stopped",
        when=("recording_client_leaves",),
        timers=("set_empty_if_last",), actions=("remove_participant", "clear_recording"),
        command=StopRecorder("recording_client_left"), rules=("R17",)),
    TableRow("leave", _ACTIVE, "stopped",
        when=("last_one_leaves", "records_to_cloud"),
        unless=("has_grace",),
        timers=("set_empty_if_last",), actions=("remove_participant", "clear_recording"),
        command=StopRecorder("everyone_left"), rules=("R16",)),
    TableRow("leave", _ACTIVE, None,
        when=("last_one_leaves", "records_to_cloud", "has_grace"),
        timers=("set_grace", "set_empty_if_last"), actions=("remove_participant",),
        rules=("D14",)),
    TableRow("leave", _ACTIVE, "stopped",
        when=("last_host_leaves", "records_to_cloud", "hosts_are_needed"),
        unless=("last_one_leaves", "has_grace"),
        actions=("remove_participant", "clear_recording"),
        command=StopRecorder("hosts_left"), rules=("R16",)),
    TableRow("leave", _ACTIVE, None,
        when=("last_host_leaves", "records_to_cloud", "hosts_are_needed", "has_grace"),
        unless=("last_one_leaves",),
        timers=("set_grace",), actions=("remove_participant",),
        rules=("D14",)),
    TableRow("leave", _ANY, None, timers=("set_empty_if_last",), actions=("remove_participant",)),

    # A change of role starts and stops nothing (D4), but a new host cancels the grace.
    TableRow("role", _ANY, None, timers=("cancel_grace_if_kept",), actions=("change_role",)),

    # A timer is up.
    TableRow("time_up", _ACTIVE, "stopped", after="grace",
        when=("grace_ends_without_anyone",),
        timers=("use_up_timer",), actions=("clear_recording",),
        command=StopRecorder("everyone_left"), rules=("D14", "R16")),
    TableRow("time_up", _ACTIVE, "stopped", after="grace",
        when=("grace_ends_without_hosts",),
        timers=("use_up_timer",), actions=("clear_recording",),
        command=StopRecorder("hosts_left"), rules=("D14", "R16")),
    TableRow("time_up", _ACTIVE, "stopped", after="empty",
        when=("empty_is_up",),
        timers=("use_up_timer",), actions=("end_meeting", "clear_recording"),
        command=StopRecorder("meeting_ended"), rules=("D10", "D15", "R16")),
    TableRow("time_up", _INACTIVE, None, after="empty",
        timers=("use_up_timer",), actions=("end_meeting",), rules=("D10", "D15")),

    # The end of the meeting, and a failed recorder.
    TableRow("end", _ACTIVE, "stopped",
        when=("records_to_cloud",),
        timers=("cancel_empty",), actions=("end_meeting", "clear_recording"),
        command=StopRecorder("meeting_ended"), rules=("R16",)),
    TableRow("end", _ACTIVE, "stopped",
        when=("records_locally",),
        actions=("end_meeting", "clear_recording"),
        command=StopRecorder("meeting_ended"), rules=("R17",)),
    TableRow("end", _INACTIVE, None,
        timers=("cancel_empty",), actions=("end_meeting",), rules=("D10",)),
    TableRow("recorder_failed", _ACTIVE, "stopped",
        actions=("clear_recording",),
        command=StopRecorder("recorder_failed"), rules=("D11",)),
)
# fmt: on
