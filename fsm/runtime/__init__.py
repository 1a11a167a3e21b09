"""Many meetings at once, durably: the hub, its journal, and delivery to the recorder.

:class:`Hub` holds one machine for each meeting. It answers an event once it is in the journal,
a SQLite file. Commands for the recorder are written with the event that caused them, into an
outbox, and delivered to the :class:`Recorder` in order and at least once.
"""

from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import (
    BusyError,
    ClosedError,
    ClusterError,
    ConflictError,
    CorruptMeetingError,
    HubError,
    JournalError,
    JournalFileError,
    MovedError,
    OtherRecorderError,
    UnknownAccountError,
    UnknownMeetingError,
)
from fsm.runtime.hub import Hub
from fsm.runtime.journal import Journal
from fsm.runtime.journal_reader import Summary
from fsm.runtime.limits import DEFAULT, HubLimits, TimerDefaults
from fsm.runtime.meeting_runtime import MeetingRuntime
from fsm.runtime.recorder import (
    GapError,
    MemoryRecorder,
    OutboxMessage,
    Recorder,
    RecorderError,
    RecorderStatus,
    RecorderTimeoutError,
    RetryPolicy,
    disposition,
    status_after,
)
from fsm.runtime.snapshot import Health, Snapshot

__all__ = [
    "DEFAULT",
    "BusyError",
    "ClosedError",
    "ClusterError",
    "ConflictError",
    "CorruptMeetingError",
    "GapError",
    "Health",
    "Hub",
    "HubError",
    "HubLimits",
    "Journal",
    "JournalEntry",
    "JournalError",
    "JournalFileError",
    "MeetingRuntime",
    "MemoryRecorder",
    "MovedError",
    "OtherRecorderError",
    "OutboxMessage",
    "Recorder",
    "RecorderError",
    "RecorderStatus",
    "RecorderTimeoutError",
    "RetryPolicy",
    "Snapshot",
    "Summary",
    "TimerDefaults",
    "UnknownAccountError",
    "UnknownMeetingError",
    "disposition",
    "status_after",
]
