"""The model of the recording machine: participants, the current recording, and the plan.

The guards of the table are its methods, each with a description: the label in diagrams, the
reason code of a refusal, the rules behind it. So are the actions, which keep the model up to date.
"""

from __future__ import annotations

from itertools import product
from typing import Final, assert_never, get_args

import attrs

from fsm.engine import action, guard
from fsm.recording.client_version import is_new_enough
from fsm.recording.events import (
    ChangeRole,
    End,
    Join,
    Leave,
    Pause,
    Resume,
    Start,
    Stop,
    TimeUp,
)
from fsm.recording.plan import Plan
from fsm.recording.timers import (
    NO_TIMERS,
    RECORDING_TIMERS,
    Timers,
    is_current,
    runs,
    with_ended,
    with_set,
)
from fsm.recording.validators import instance_of
from fsm.recording.vocabulary import (
    AUTO_PLATFORMS,
    DESKTOPS,
    HOSTS,
    Kind,
    Platform,
    Role,
    State,
)

HostCommand = Start | Pause | Resume | Stop


@attrs.frozen
class Participant:
    """A connection of a client to the meeting (D9).

    Args:
        role: its current role.
        platform: its platform.
    """

    role: Role
    platform: Platform


PARTICIPANTS: Final = {
    (role, platform): Participant(role, platform)
    for role, platform in product(get_args(Role), get_args(Platform))
}
"""Every participant there can be: all meetings share these objects, so that a join creates none."""


def _copy_of(present: dict[str, Participant]) -> dict[str, Participant]:
    return present.copy()


# Hooks on setting an attribute would slow down every action.
@attrs.define(on_setattr=attrs.setters.NO_OP)
class RecordingModel:
    """The model of one meeting.

    Args:
        plan: the plan of the meeting.
        state: the state of its recording.
        present: the participants, by id.
        hosts: the number of hosts among them, kept so that no event needs to count.
        kind: the kind of the current recording; ``None`` if there is none.
        client: the client that records locally.
        ended: whether the meeting is over.
        timers: the timers that were ever set (D14, D15).
    """

    plan: Plan = attrs.field(validator=instance_of(Plan))
    state: State = "idle"
    # Copied, so that a model made from another one has participants of its own.
    present: dict[str, Participant] = attrs.field(factory=dict, converter=_copy_of)
    hosts: int = 0
    kind: Kind | None = None
    client: str | None = None
    ended: bool = False
    timers: Timers = NO_TIMERS

    # -- preconditions ----------------------------------------------------------------------

    @guard("the meeting is not over", reason="meeting_ended", rules=("D10",))
    def is_open(self, event: object) -> bool:
        """The meeting is not over."""
        return not self.ended

    @guard("not yet present", reason="already_present", rules=("D9",))
    def is_absent(self, event: Join) -> bool:
        """No participant has the joining id."""
        return event.id not in self.present

    @guard("is present", reason="not_present", rules=("D9",))
    def is_present(self, event: Leave | ChangeRole) -> bool:
        """The participant who leaves or changes role is present."""
        return event.id in self.present

    @guard("requester is present", reason="not_present", rules=("D9",))
    def requester_is_present(self, event: HostCommand) -> bool:
        """The requester of the command is present."""
        return event.by in self.present

    @guard("a host", reason="not_host", rules=("D1",))
    def requester_is_host(self, event: HostCommand) -> bool:
        """The requester of the command is a host."""
        return self.present[event.by].role in HOSTS

    @guard("requester is present", reason="not_present", rules=("D10",))
    def actor_is_present(self, event: End) -> bool:
        """The participant who ends the meeting is present, or the server ends it."""
        return event.by is None or event.by in self.present

    @guard("by a host or the server", reason="not_host", rules=("D10",))
    def actor_is_host(self, event: End) -> bool:
        """The participant who ends the meeting is a host, or the server ends it."""
        return event.by is None or self.present[event.by].role in HOSTS

    @guard("it is set", reason="timer_not_set")
    def timer_is_set(self, event: TimeUp) -> bool:
        """The firing is that of the present setting of its timer."""
        return is_current(self.timers, event)

    # -- starting -------------------------------------------------------------------------

    @guard("plan: cloud by anyone's join", rules=("R8", "R13"), static=True)
    def plan_is_cloud_by_anyone(self, event: object = None) -> bool:
        """By the plan, any participant's join starts a cloud recording."""
        return self.plan.kind == "cloud" and self.plan.started_by == "anyone"

    @guard("plan: cloud by a host's join", rules=("R13",), static=True)
    def plan_is_cloud_by_host(self, event: object = None) -> bool:
        """By the plan, a host's join starts a cloud recording."""
        return self.plan.kind == "cloud" and self.plan.started_by == "host"

    @guard("plan: local", rules=("R14",), static=True)
    def plan_is_local(self, event: object = None) -> bool:
        """By the plan, a host's join from a desktop starts a local recording."""
        return self.plan.kind == "local"

    @guard("a host", rules=("R13",))
    def joins_as_host(self, event: Join) -> bool:
        """The joining participant is a host."""
        return event.role in HOSTS

    @guard("desktop or phone app", rules=("R2",))
    def from_supported_platform(self, event: Join) -> bool:
        """The joining client's platform supports automatic cloud recording."""
        return event.platform in AUTO_PLATFORMS

    @guard("from a desktop", rules=("R14",))
    def from_desktop(self, event: Join) -> bool:
        """The joining client runs on a desktop."""
        return event.platform in DESKTOPS

    @guard("version 3.17 or later", rules=("R3",))
    def version_is_new_enough(self, event: Join) -> bool:
        """The joining client's version supports automatic recording."""
        return is_new_enough(event.version)

    @guard("that kind is on", reason="kind_unavailable", rules=("D2",))
    def kind_is_available(self, event: Start) -> bool:
        """The master switch of the requested kind is on."""
        return event.kind in self.plan.kinds

    @guard("local: from a desktop", reason="not_desktop", rules=("D2",))
    def local_is_requested_from_desktop(self, event: Start) -> bool:
        """The requester of a local recording is on a desktop."""
        match event.kind:
            case "cloud":
                return True
            case "local":
                return self.present[event.by].platform in DESKTOPS
            case _:
                assert_never(event.kind)

    # -- pausing and stopping -------------------------------------------------------------

    @guard("cloud")
    def records_to_cloud(self, event: object) -> bool:
        """A cloud recording runs or is paused."""
        return self.kind == "cloud"

    @guard("local")
    def records_locally(self, event: object) -> bool:
        """A local recording runs or is paused."""
        return self.kind == "local"

    @guard("local by the recording client", reason="not_recording_client", rules=("D3",))
    def requester_records(self, event: HostCommand) -> bool:
        """The requester is the client that records locally."""
        return event.by == self.client

    @guard("plan: host may pause", reason="host_may_not_pause", rules=("R9",), static=True)
    def host_may_pause(self, event: object = None) -> bool:
        """The plan allows hosts to pause and stop the cloud recording."""
        return self.plan.host_may_pause

    @guard("the recording client", rules=("R17",))
    def recording_client_leaves(self, event: Leave) -> bool:
        """The client that records locally leaves."""
        return event.id == self.client

    @guard("the last participant", rules=("R16",))
    def last_one_leaves(self, event: Leave) -> bool:
        """No participant remains after this leave."""
        return len(self.present) == 1

    @guard("plan: a host must remain", rules=("R16", "D12"), static=True)
    def hosts_are_needed(self, event: object = None) -> bool:
        """By the plan, a host must remain for a cloud recording to go on."""
        return self.plan.needs_hosts

    @guard("the last host", rules=("D4",))
    def last_host_leaves(self, event: Leave) -> bool:
        """A host leaves, and no host remains."""
        return self.hosts == 1 and self.present[event.id].role in HOSTS

    # -- timers -----------------------------------------------------------------------------

    @guard("plan: a grace", rules=("D14",), static=True, negative="no grace")
    def has_grace(self, event: object = None) -> bool:
        """A cloud recording goes on for some time after a leave that would stop it."""
        return self.plan.grace > 0

    @guard("plan: ends when empty", rules=("D15",), static=True)
    def ends_when_empty(self, event: object = None) -> bool:
        """The meeting ends by itself some time after the last participant has left."""
        return self.plan.end_when_empty is not None

    @guard("nobody is present", rules=("D14", "R16"))
    def grace_ends_without_anyone(self, event: TimeUp) -> bool:
        """The grace is up, and nobody is present."""
        return event.timer == "grace" and not self.present

    @guard("only members are present", rules=("D14", "R16"))
    def grace_ends_without_hosts(self, event: TimeUp) -> bool:
        """The grace is up, and participants are present, but none who keeps the recording going."""
        return event.timer == "grace" and bool(self.present)

    @guard("the meeting is empty", rules=("D15",))
    def empty_is_up(self, event: TimeUp) -> bool:
        """The meeting was empty for the time that it may be."""
        return event.timer == "empty"

    @action("set grace", only_if="has_grace")
    def set_grace(self, event: Leave) -> None:
        """Sets the grace, unless it runs already."""
        self.timers = with_set(self.timers, "grace")

    @action("cancel grace if the recording goes on", only_if="has_grace")
    def cancel_grace_if_kept(self, event: Join | ChangeRole) -> None:
        """Cancels the grace if the participant keeps the recording going."""
        # Few meetings have a grace that runs, so that is asked first.
        if runs(self.timers, "grace") and (event.role in HOSTS or not self.hosts_are_needed()):
            self.timers = with_ended(self.timers, "grace")

    @action("set empty if nobody remains", only_if="ends_when_empty")
    def set_empty_if_last(self, event: Leave) -> None:
        """Sets the timer of an empty meeting if no participant remains after this leave."""
        if self.last_one_leaves(event):
            self.timers = with_set(self.timers, "empty")

    @action("cancel empty", only_if="ends_when_empty")
    def cancel_empty(self, event: object) -> None:
        """Cancels the timer of an empty meeting, if it runs."""
        self.timers = with_ended(self.timers, "empty")

    def use_up_timer(self, event: TimeUp) -> None:
        """Marks the timer that fires as no longer running."""
        self.timers = with_ended(self.timers, event.timer)

    # -- actions ----------------------------------------------------------------------------

    def add_participant(self, event: Join) -> None:
        """Adds the joining participant."""
        self.present[event.id] = PARTICIPANTS[event.role, event.platform]
        if event.role in HOSTS:
            self.hosts += 1

    def remove_participant(self, event: Leave) -> None:
        """Removes the leaving participant."""
        if self.present.pop(event.id).role in HOSTS:
            self.hosts -= 1

    def change_role(self, event: ChangeRole) -> None:
        """Sets the new role."""
        participant = self.present[event.id]
        self.hosts += (event.role in HOSTS) - (participant.role in HOSTS)
        self.present[event.id] = PARTICIPANTS[event.role, participant.platform]

    def start_cloud(self, event: Join) -> None:
        """Starts a cloud recording."""
        self.kind = "cloud"

    def start_local(self, event: Join) -> None:
        """Starts a local recording on the joining client."""
        self.kind, self.client = "local", event.id

    def start_requested(self, event: Start) -> None:
        """Starts the requested recording, a local one on the requesting client."""
        self.kind = event.kind
        match event.kind:
            case "cloud":
                self.client = None
            case "local":
                self.client = event.by
            case _:
                assert_never(event.kind)

    def clear_recording(self, event: object) -> None:
        """Forgets the recording, which has stopped, and cancels its timers."""
        self.kind = self.client = None
        if self.timers:
            for timer in RECORDING_TIMERS:
                self.timers = with_ended(self.timers, timer)

    @action("end the meeting")
    def end_meeting(self, event: object) -> None:
        """Ends the meeting."""
        self.ended = True
