"""Many meetings at once, durably: the hub, its journal, and delivery to the recorder.

:class:`Hub` holds one machine for each meeting. An event is answered once it is in the
journal, a SQLite file; what the recorder is to do is written with it, and brought to the
:class:`Recorder` in order and at least once.
"""

from fsm.runtime.delivery import Retry
from fsm.runtime.entry import Entry
from fsm.runtime.errors import (
    BusyError,
    ClosedError,
    ConflictError,
    HubError,
    JournalError,
    JournalFileError,
    UnknownAccountError,
    UnknownMeetingError,
    UnreadableError,
)
from fsm.runtime.hub import Hub
from fsm.runtime.journal import Journal, Summary
from fsm.runtime.limits import Limits
from fsm.runtime.recorder import (
    GapError,
    MemoryRecorder,
    Order,
    Recorder,
    RecorderError,
    Status,
    applied,
    due,
)
from fsm.runtime.snapshot import Health, Snapshot

__all__ = [
    "BusyError",
    "ClosedError",
    "ConflictError",
    "Entry",
    "GapError",
    "Health",
    "Hub",
    "HubError",
    "Journal",
    "JournalError",
    "JournalFileError",
    "Limits",
    "MemoryRecorder",
    "Order",
    "Recorder",
    "RecorderError",
    "Retry",
    "Snapshot",
    "Status",
    "Summary",
    "UnknownAccountError",
    "UnknownMeetingError",
    "UnreadableError",
    "applied",
    "due",
]
