"""What the recording machine sees of a meeting: who is there, what runs, what the plan says.

The conditions of the table are methods here, each with its meaning: the words for
pictures, the reason code of a refusal, the rules it stands for. So are the effects,
which keep the situation up to date.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import get_args

import attrs

from fsm.engine import guard
from fsm.recording.events import ChangeRole, End, Join, Leave, Pause, Resume, Start, Stop
from fsm.recording.plan import Plan
from fsm.recording.validators import instance_of
from fsm.recording.vocabulary import (
    AUTO_PLATFORMS,
    DESKTOPS,
    FIRST_VERSION,
    HOSTS,
    Kind,
    Platform,
    Role,
    State,
)

_LEADING_NUMBERS = re.compile(r"\s*[vV]?(\d+(?:\.\d+)*)")
Asked = Start | Pause | Resume | Stop


@lru_cache(maxsize=1024)
def is_new_enough(version: str | None) -> bool:
    """Say whether a client's version has automatic recording (R3).

    Versions are compared by their number parts. One that is not known, or that does not
    begin with a number, counts as new enough (D5).

    >>> is_new_enough("3.9"), is_new_enough("3.17"), is_new_enough("4"), is_new_enough(None)
    (False, True, True, True)
    """
    found = _LEADING_NUMBERS.match(version) if version is not None else None
    if found is None:
        return True
    # Nine digits are enough to tell a number from 17, and few enough to read in any text.
    parts = (part.lstrip("0")[:9] or "0" for part in found[1].split("."))
    return tuple(map(int, parts)) >= FIRST_VERSION


@attrs.frozen
class Participant:
    """One connected client, by what is asked of it while it is there.

    Args:
        role: the role it has now.
        platform: what it runs on.
    """

    role: Role
    platform: Platform


# Meetings share the few kinds of participants there are: a join makes no new object.
_PARTICIPANTS = {both: Participant(*both) for both in product(get_args(Role), get_args(Platform))}


# Without hooks on setting: they would slow down every effect.
@attrs.define(on_setattr=attrs.setters.NO_OP)
class RecordingModel:
    """One meeting as the machine sees it.

    Args:
        plan: what holds for the meeting.
        state: the state of its recording.
        present: who is there, by id.
        hosts: how many of them are hosts, kept so that no event needs to count.
        kind: what is being recorded; ``None`` while nothing is.
        client: the client that records locally.
        ended: whether the meeting is over.
    """

    plan: Plan = attrs.field(validator=instance_of(Plan))
    state: State = "idle"
    present: dict[str, Participant] = attrs.field(factory=dict)
    hosts: int = 0
    kind: Kind | None = None
    client: str | None = None
    ended: bool = False

    # -- what a trigger requires, whatever the state ------------------------------------

    @guard("the meeting is not over", reason="meeting_ended", rules=("D10",))
    def is_open(self, event: object) -> bool:
        """The meeting is not over."""
        return not self.ended

    @guard("not there yet", reason="already_present", rules=("D9",))
    def is_absent(self, event: Join) -> bool:
        """Nobody with the joining id is present."""
        return event.id not in self.present

    @guard("is present", reason="not_present", rules=("D9",))
    def is_present(self, event: Leave | ChangeRole) -> bool:
        """The participant the event is about is present."""
        return event.id in self.present

    @guard("requester is present", reason="not_present", rules=("D9",))
    def requester_is_present(self, event: Asked) -> bool:
        """The participant requester is present."""
        return event.by in self.present

    @guard("a host", reason="not_host", rules=("D1",))
    def requester_is_host(self, event: Asked) -> bool:
        """The participant who asks is a host."""
        return self.present[event.by].role in HOSTS

    @guard("actor is present", reason="not_present", rules=("D10",))
    def actor_is_present(self, event: End) -> bool:
        """The participant who ends the meeting is present, or the server ends it."""
        return event.by is None or event.by in self.present

    @guard("by a host or the server", reason="not_host", rules=("D10",))
    def actor_is_host(self, event: End) -> bool:
        """The participant who ends the meeting is a host, or the server ends it."""
        return event.by is None or self.present[event.by].role in HOSTS

    # -- starting -------------------------------------------------------------------------

    @guard("plan: cloud, by anyone's join", rules=("R8", "R13"), static=True)
    def plan_is_cloud_by_anyone(self, event: object = None) -> bool:
        """Anyone's join is to start a cloud recording."""
        return self.plan.kind == "cloud" and self.plan.started_by == "anyone"

    @guard("plan: cloud, by a host's join", rules=("R13",), static=True)
    def plan_is_cloud_by_host(self, event: object = None) -> bool:
        """A host's join is to start a cloud recording."""
        return self.plan.kind == "cloud" and self.plan.started_by == "host"

    @guard("plan: local", rules=("R14",), static=True)
    def plan_is_local(self, event: object = None) -> bool:
        """A host's join from a desktop is to start a local recording."""
        return self.plan.kind == "local"

    @guard("a host", rules=("R13",))
    def joins_as_host(self, event: Join) -> bool:
        """The joining client is a host's."""
        return event.role in HOSTS

    @guard("desktop or phone app", rules=("R2",))
    def from_supported_platform(self, event: Join) -> bool:
        """The joining client's platform has automatic cloud recording."""
        return event.platform in AUTO_PLATFORMS

    @guard("from a desktop", rules=("R14",))
    def from_desktop(self, event: Join) -> bool:
        """The joining client runs on a desktop."""
        return event.platform in DESKTOPS

    @guard("version 3.17 or later", rules=("R3",))
    def version_is_new_enough(self, event: Join) -> bool:
        """The joining client is new enough."""
        return is_new_enough(event.version)

    @guard("its kind is on", reason="kind_unavailable", rules=("D2",))
    def kind_is_available(self, event: Start) -> bool:
        """The master switch of the asked kind is on."""
        return event.kind in self.plan.kinds

    @guard("local: from a desktop", reason="not_desktop", rules=("D2",))
    def local_is_requested_from_desktop(self, event: Start) -> bool:
        """A local recording is asked for from a desktop."""
        return event.kind != "local" or self.present[event.by].platform in DESKTOPS

    # -- pausing and stopping -------------------------------------------------------------

    @guard("cloud")
    def records_to_cloud(self, event: object) -> bool:
        """A cloud recording runs or is paused."""
        return self.kind == "cloud"

    @guard("local")
    def records_locally(self, event: object) -> bool:
        """A local recording runs or is paused."""
        return self.kind == "local"

    @guard("local, by the recording client", reason="not_recording_client", rules=("D3",))
    def requester_records(self, event: Asked) -> bool:
        """The client that asks is the one that records locally."""
        return event.by == self.client

    @guard("plan: host may pause", reason="host_may_not_pause", rules=("R9",), static=True)
    def host_may_pause(self, event: object = None) -> bool:
        """The plan lets a host pause and stop the cloud recording."""
        return self.plan.host_may_pause

    @guard("the recording client", rules=("R17",))
    def recording_client_leaves(self, event: Leave) -> bool:
        """The client that records locally leaves."""
        return event.id == self.client

    @guard("the last one", rules=("R16",))
    def last_one_leaves(self, event: Leave) -> bool:
        """Nobody remains when this participant has left."""
        return len(self.present) == 1

    @guard("plan: a host must remain", rules=("R16", "D12"), static=True)
    def hosts_are_needed(self, event: object = None) -> bool:
        """The plan does not let anyone's join start the recording, so hosts keep it going."""
        return self.plan.started_by == "host"

    @guard("the last host", rules=("D4",))
    def last_host_leaves(self, event: Leave) -> bool:
        """A host leaves, and no host remains."""
        return self.hosts == 1 and self.present[event.id].role in HOSTS

    # -- effects ----------------------------------------------------------------------------

    def add_participant(self, event: Join) -> None:
        """Note who came."""
        self.present[event.id] = _PARTICIPANTS[event.role, event.platform]
        if event.role in HOSTS:
            self.hosts += 1

    def remove_participant(self, event: Leave) -> None:
        """Note who left."""
        if self.present.pop(event.id).role in HOSTS:
            self.hosts -= 1

    def change_role(self, event: ChangeRole) -> None:
        """Note the new role."""
        participant = self.present[event.id]
        self.hosts += (event.role in HOSTS) - (participant.role in HOSTS)
        self.present[event.id] = _PARTICIPANTS[event.role, participant.platform]

    def start_cloud(self, event: Join) -> None:
        """Note that a cloud recording starts."""
        self.kind = "cloud"

    def start_local(self, event: Join) -> None:
        """Note that the joining client starts to record."""
        self.kind, self.client = "local", event.id

    def start_requested(self, event: Start) -> None:
        """Note what was asked for, and by whom if it is local."""
        self.kind = event.kind
        self.client = event.by if event.kind == "local" else None

    def clear_recording(self, event: object) -> None:
        """Note that nothing is recorded any more."""
        self.kind = self.client = None

    def end_meeting(self, event: End) -> None:
        """Note that the meeting has ended."""
        self.ended = True
