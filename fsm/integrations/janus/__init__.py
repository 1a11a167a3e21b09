"""An adapter between a hub and Janus with its VideoRoom.

The events of Janus become ``join``, ``leave`` and ``end``; the commands of the hub switch the
recording of rooms on and off.
"""

from fsm.integrations.janus.adapter import JanusAdapter
from fsm.integrations.janus.admin_api import AdminApi
from fsm.integrations.janus.errors import JanusError, JoinTokenError
from fsm.integrations.janus.local import CommandStreams, LocalClients
from fsm.integrations.janus.receiver import EventReceiver
from fsm.integrations.janus.recorder import JanusRecorder
from fsm.integrations.janus.rooms import Rooms
from fsm.integrations.janus.roster import JoinTokens, Roster, RosterEntry
from fsm.integrations.janus.store import RecordingStore, Segment

__all__ = [
    "AdminApi",
    "CommandStreams",
    "EventReceiver",
    "JanusAdapter",
    "JanusError",
    "JanusRecorder",
    "JoinTokenError",
    "JoinTokens",
    "LocalClients",
    "RecordingStore",
    "Rooms",
    "Roster",
    "RosterEntry",
    "Segment",
]
