"""The rules of automatic meeting recording, as two machines.

:class:`Console` models an admin's settings, :func:`resolve` turns them into the plan of a meeting
that opens, and :class:`Meeting` runs under that plan. Nothing here does I/O, reads a clock or draws
a random number.
"""

from fsm.recording.console import POLICY, Console
from fsm.recording.console_changes import (
    Actor,
    Change,
    Changed,
    ChooseKind,
    Disable,
    Enable,
    Lock,
    SetOptions,
    SwitchOff,
    SwitchOn,
    Unlock,
)
from fsm.recording.events import (
    ChangeRole,
    End,
    Event,
    Join,
    Leave,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    Stop,
    TimeUp,
)
from fsm.recording.machine import RECORDING
from fsm.recording.meeting import Meeting, Permission
from fsm.recording.outcome import (
    CancelTimer,
    Command,
    Outcome,
    PauseRecorder,
    ResumeRecorder,
    SetTimer,
    StartRecorder,
    StopRecorder,
    TimerChange,
)
from fsm.recording.plan import (
    Form,
    MeetingSettings,
    NotOnOfferError,
    Option,
    Plan,
    Resolution,
    check_choice,
    form_of,
    resolve,
)
from fsm.recording.settings import Account, AutoRecord, Choice
from fsm.recording.why import EventExplanation, explain_event

__all__ = [
    "POLICY",
    "RECORDING",
    "Account",
    "Actor",
    "AutoRecord",
    "CancelTimer",
    "Change",
    "ChangeRole",
    "Changed",
    "Choice",
    "ChooseKind",
    "Command",
    "Console",
    "Disable",
    "Enable",
    "End",
    "Event",
    "EventExplanation",
    "Form",
    "Join",
    "Leave",
    "Lock",
    "Meeting",
    "MeetingSettings",
    "NotOnOfferError",
    "Option",
    "Outcome",
    "Pause",
    "PauseRecorder",
    "Permission",
    "Plan",
    "RecorderFailed",
    "Resolution",
    "Resume",
    "ResumeRecorder",
    "SetOptions",
    "SetTimer",
    "Start",
    "StartRecorder",
    "Stop",
    "StopRecorder",
    "SwitchOff",
    "SwitchOn",
    "TimeUp",
    "TimerChange",
    "Unlock",
    "check_choice",
    "explain_event",
    "form_of",
    "resolve",
]
