"""What an onlooker writes down of a meeting: who is there, what the recorder was told.

It is kept from events and outcomes alone, without a look into the machine, and is what the
promises judge the machine by.
"""

from __future__ import annotations

import attrs

from fsm.recording.events import ChangeRole, End, Event, Join, Leave
from fsm.recording.outcome import Outcome, StartRecorder, StopRecorder
from fsm.recording.vocabulary import Kind, Platform, Role, State


@attrs.frozen
class Attendee:
    """A participant as the onlooker sees it.

    Args:
        id: the client's id.
        role: the role it has now.
        platform: what it runs on.
    """

    id: str
    role: Role
    platform: Platform

    @property
    def host(self) -> bool:
        """Whether it is a host (D1)."""
        return self.role in ("host", "cohost")

    @property
    def desktop(self) -> bool:
        """Whether it is at a desktop."""
        return self.platform in ("windows", "macos")


@attrs.frozen
class Ledger:
    """What is known of a meeting from outside.

    Args:
        present: who is there.
        runs: the kind that the recorder was last told to start, and not to stop since.
        client: the client that records, for a local recording.
        paused: whether it was told to pause, and not to resume since.
        automatic: whether a join started what runs.
        started: whether it was ever told to start.
        ended: whether the meeting is over.
    """

    present: frozenset[Attendee] = frozenset()
    runs: Kind | None = None
    client: str | None = None
    paused: bool = False
    automatic: bool = False
    started: bool = False
    ended: bool = False

    @property
    def state(self) -> State:
        """The state that the recorder's commands so far lead to."""
        if self.runs is not None:
            return "paused" if self.paused else "recording"
        return "stopped" if self.started else "idle"

    def find(self, participant: str | None) -> Attendee | None:
        """Return who is there under an id."""
        return next((each for each in self.present if each.id == participant), None)

    def after(self, event: Event, outcome: Outcome) -> Ledger:
        """Return what is known after an event and its answer."""
        if outcome.refused is not None:
            return self
        known = self
        if isinstance(event, Join | Leave | ChangeRole):
            known = attrs.evolve(known, present=self._present_after(event))
        elif isinstance(event, End):
            known = attrs.evolve(known, ended=True)
        for command in outcome.recorder:
            if isinstance(command, StartRecorder):
                known = attrs.evolve(
                    known,
                    runs=command.kind,
                    client=command.client,
                    paused=False,
                    automatic=isinstance(event, Join),
                    started=True,
                )
            elif isinstance(command, StopRecorder):
                known = attrs.evolve(known, runs=None, client=None, paused=False, automatic=False)
            else:
                known = attrs.evolve(known, paused=command.command == "pause")
        return known

    def _present_after(self, event: Event) -> frozenset[Attendee]:
        if isinstance(event, Join):
            return self.present | {Attendee(event.id, event.role, event.platform)}
        if isinstance(event, Leave):
            return self.present - {self.find(event.id)}
        if isinstance(event, ChangeRole):
            old = self.find(event.id)
            if old is not None:
                return self.present - {old} | {Attendee(old.id, event.role, old.platform)}
        return self.present
