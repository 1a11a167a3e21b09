"""The rules as a hand-written class, without a state machine: methods full of conditions.

It has the same outcomes as :class:`fsm.recording.Meeting`, and is the base of the benchmark.
"""

from __future__ import annotations

from itertools import product
from typing import get_args

from fsm.recording import (
    ChangeRole,
    Command,
    End,
    Event,
    Join,
    Leave,
    Outcome,
    Pause,
    PauseRecorder,
    Plan,
    RecorderFailed,
    Resume,
    ResumeRecorder,
    Start,
    StartRecorder,
    StopRecorder,
)
from fsm.recording.client_version import is_new_enough
from fsm.recording.model import Participant
from fsm.recording.vocabulary import (
    AUTO_PLATFORMS,
    DESKTOPS,
    HOSTS,
    Kind,
    Platform,
    Reason,
    Role,
    State,
    StopReason,
)

PARTICIPANTS = {pair: Participant(*pair) for pair in product(get_args(Role), get_args(Platform))}


class HandwrittenMeeting:
    """One meeting."""

    __slots__ = ("client", "ended", "hosts", "kind", "plan", "present", "state")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.state: State = "idle"
        self.present: dict[str, Participant] = {}
        self.hosts = 0
        self.kind: Kind | None = None
        self.client: str | None = None
        self.ended = False

    def handle(self, event: Event) -> Outcome:
        """Handles an event."""
        if self.ended:
            return self._refuse("meeting_ended", "D10")
        if isinstance(event, Join):
            return self._join(event)
        if isinstance(event, Leave):
            return self._leave(event)
        if isinstance(event, ChangeRole):
            return self._change_role(event)
        if isinstance(event, End):
            return self._end(event)
        if isinstance(event, RecorderFailed):
            if self.state == "recording" or self.state == "paused":
                return self._stopped("recorder_failed", "D11")
            return Outcome(self.state, self.state, refused="wrong_state")
        return self._command(event)

    def _join(self, event: Join) -> Outcome:
        if event.id in self.present:
            return self._refuse("already_present", "D9")
        self.present[event.id] = PARTICIPANTS[event.role, event.platform]
        host = event.role in HOSTS
        if host:
            self.hosts += 1
        if self.state == "idle":
            plan = self.plan
            if plan.kind == "cloud":
                if (
                    (host or plan.started_by == "anyone")
                    and event.platform in AUTO_PLATFORMS
                    and is_new_enough(event.version)
                ):
                    self.kind = "cloud"
                    return self._move("recording", StartRecorder("cloud"), "R13")
            elif (
                plan.kind == "local"
                and host
                and event.platform in DESKTOPS
                and is_new_enough(event.version)
            ):
                self.kind, self.client = "local", event.id
                return self._move("recording", StartRecorder("local", event.id), "R14")
        return Outcome(self.state, self.state)

    def _leave(self, event: Leave) -> Outcome:
        participant = self.present.pop(event.id, None)
        if participant is None:
            return self._refuse("not_present", "D9")
        host = participant.role in HOSTS
        if host:
            self.hosts -= 1
        if self.state == "recording" or self.state == "paused":
            if self.kind == "local":
                if event.id == self.client:
                    return self._stopped("recording_client_left", "R17")
            elif not self.present:
                return self._stopped("everyone_left", "R16")
            elif host and self.hosts == 0 and self.plan.started_by == "host":
                return self._stopped("hosts_left", "R16")
        return Outcome(self.state, self.state)

    def _change_role(self, event: ChangeRole) -> Outcome:
        participant = self.present.get(event.id)
        if participant is None:
            return self._refuse("not_present", "D9")
        self.hosts += (event.role in HOSTS) - (participant.role in HOSTS)
        self.present[event.id] = PARTICIPANTS[event.role, participant.platform]
        return Outcome(self.state, self.state)

    def _end(self, event: End) -> Outcome:
        if event.by is not None:
            participant = self.present.get(event.by)
            if participant is None:
                return self._refuse("not_present", "D10")
            if participant.role not in HOSTS:
                return self._refuse("not_host", "D10")
        self.ended = True
        if self.state == "recording" or self.state == "paused":
            return self._stopped("meeting_ended", "R17" if self.kind == "local" else "R16")
        return Outcome(self.state, self.state, rules=("D10",))

    def _command(self, event: Start | Pause | Resume | Event) -> Outcome:
        requester: str = event.by  # type: ignore[union-attr, assignment]
        participant = self.present.get(requester)
        if participant is None:
            return self._refuse("not_present", "D9")
        if participant.role not in HOSTS:
            return self._refuse("not_host", "D1")
        state = self.state
        if isinstance(event, Start):
            if state == "recording" or state == "paused":
                return Outcome(state, state, refused="wrong_state")
            if event.kind not in self.plan.kinds:
                return self._refuse("kind_unavailable", "D2")
            if event.kind == "local" and participant.platform not in DESKTOPS:
                return self._refuse("not_desktop", "D2")
            self.kind = event.kind
            self.client = requester if event.kind == "local" else None
            return self._move("recording", StartRecorder(event.kind, self.client), "D2")
        if isinstance(event, Resume):
            if state != "paused":
                return Outcome(state, state, refused="wrong_state")
        elif isinstance(event, Pause):
            if state != "recording":
                return Outcome(state, state, refused="wrong_state")
        elif state != "recording" and state != "paused":
            return Outcome(state, state, refused="wrong_state")
        local = self.kind == "local"
        if local and requester != self.client:
            return self._refuse("not_recording_client", "D3")
        if isinstance(event, Resume):
            return self._move("recording", ResumeRecorder(), "D3" if local else "R9")
        if not local and not self.plan.host_may_pause:
            return self._refuse("host_may_not_pause", "R9")
        if isinstance(event, Pause):
            return self._move("paused", PauseRecorder(), "D3" if local else "R9")
        return self._stopped("host_stopped", "D3" if local else "R16")

    def _refuse(self, reason: Reason, rule: str) -> Outcome:
        return Outcome(self.state, self.state, (), (rule,), reason)

    def _move(self, state: State, command: Command, rule: str) -> Outcome:
        before, self.state = self.state, state
        return Outcome(before, state, (command,), (rule,))

    def _stopped(self, reason: StopReason, rule: str) -> Outcome:
        self.kind = self.client = None
        return self._move("stopped", StopRecorder(reason), rule)
