"""The reference model of a meeting, as an outside observer can know it.

It is updated from events and outcomes alone, without access to the machine. The invariants compare
the machine with it.
"""

from __future__ import annotations

from typing import assert_never

import attrs

from fsm.recording.events import ChangeRole, End, Event, Join, Leave
from fsm.recording.outcome import (
    Outcome,
    PauseRecorder,
    ResumeRecorder,
    StartRecorder,
    StopRecorder,
)
from fsm.recording.vocabulary import Kind, Platform, Role, State
from fsm.verify.plan_rules import DESKTOP_PLATFORMS, HOST_ROLES


@attrs.frozen
class ReferenceParticipant:
    """A participant of the reference model.

    Args:
        id: the client's id.
        role: its current role.
        platform: its platform.
    """

    id: str
    role: Role
    platform: Platform

    @property
    def host(self) -> bool:
        """True for a host (D1)."""
        return self.role in HOST_ROLES

    @property
    def desktop(self) -> bool:
        """True for a desktop client."""
        return self.platform in DESKTOP_PLATFORMS


@attrs.frozen
class ReferenceModel:
    """The state of a meeting as known from outside.

    Args:
        present: the participants.
        runs: the kind of the current recording, by the recorder commands so far.
        client: the client that records, for a local recording.
        paused: whether the current recording is paused.
        automatic: whether the current recording was started by a join.
        started: whether there was ever a recording.
        ended: whether the meeting is over.
    """

    present: frozenset[ReferenceParticipant] = frozenset()
    runs: Kind | None = None
    client: str | None = None
    paused: bool = False
    automatic: bool = False
    started: bool = False
    ended: bool = False

    @property
    def state(self) -> State:
        """The state of the recording by the recorder commands so far."""
        if self.runs is not None:
            return "paused" if self.paused else "recording"
        return "stopped" if self.started else "idle"

    def find(self, participant: str | None) -> ReferenceParticipant | None:
        """Returns the participant with an id, ``None`` if there is none."""
        return next((person for person in self.present if person.id == participant), None)

    def after(self, event: Event, outcome: Outcome) -> ReferenceModel:
        """Returns the model after an event and its outcome."""
        if outcome.refused is not None:
            return self
        present, ended = self.present, self.ended
        match event:
            case Join() | Leave() | ChangeRole():
                present = self._present_after(event)
            case End():
                ended = True
            case _:
                pass  # the machine's model differs from this one if it is not so
        runs, client, paused = self.runs, self.client, self.paused
        automatic, started = self.automatic, self.started
        for command in outcome.recorder:
            match command:
                case StartRecorder():
                    runs, client, paused = command.kind, command.client, False
                    automatic, started = isinstance(event, Join), True
                case StopRecorder():
                    runs, client, paused, automatic = None, None, False, False
                case PauseRecorder():
                    paused = True
                case ResumeRecorder():
                    paused = False
                case _:
                    assert_never(command)
        return ReferenceModel(present, runs, client, paused, automatic, started, ended)

    def _present_after(self, event: Join | Leave | ChangeRole) -> frozenset[ReferenceParticipant]:
        known = self.find(event.id)
        match event:
            case Join():
                return self.present | {ReferenceParticipant(event.id, event.role, event.platform)}
            case Leave():
                return self.present - {known}
            case ChangeRole():
                if known is None:
                    return self.present
                changed = ReferenceParticipant(known.id, event.role, known.platform)
                return self.present - {known} | {changed}
            case _:
                assert_never(event)
