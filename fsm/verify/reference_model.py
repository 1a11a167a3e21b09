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
        return self.role in ("host", "cohost")

    @property
    def desktop(self) -> bool:
        """True for a desktop client."""
        return self.platform in ("windows", "macos")


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
        model = self
        if isinstance(event, Join | Leave | ChangeRole):
            model = attrs.evolve(model, present=self._present_after(event))
        elif isinstance(event, End):
            model = attrs.evolve(model, ended=True)
        for command in outcome.recorder:
            match command:
                case StartRecorder():
                    model = attrs.evolve(
                        model,
                        runs=command.kind,
                        client=command.client,
                        paused=False,
                        automatic=isinstance(event, Join),
                        started=True,
                    )
                case StopRecorder():
                    model = attrs.evolve(
                        model, runs=None, client=None, paused=False, automatic=False
                    )
                case PauseRecorder():
                    model = attrs.evolve(model, paused=True)
                case ResumeRecorder():
                    model = attrs.evolve(model, paused=False)
                case _:
                    assert_never(command)
        return model

    def _present_after(self, event: Event) -> frozenset[ReferenceParticipant]:
        if isinstance(event, Join):
            return self.present | {ReferenceParticipant(event.id, event.role, event.platform)}
        if isinstance(event, Leave):
            return self.present - {self.find(event.id)}
        if isinstance(event, ChangeRole):
            old = self.find(event.id)
            if old is not None:
                return self.present - {old} | {
                    ReferenceParticipant(old.id, event.role, old.platform)
                }
        return self.present
