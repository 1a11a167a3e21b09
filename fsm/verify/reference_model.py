"""The reference model of a meeting, as an outside observer can know it.

It is updated from events and outcomes alone, without access to the machine. The invariants compare
the machine with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

import attrs

from fsm.recording.events import ChangeRole, End, Event, Join, Leave, TimeUp
from fsm.recording.outcome import (
    CancelTimer,
    Outcome,
    PauseRecorder,
    ResumeRecorder,
    SetTimer,
    StartRecorder,
    StopRecorder,
    TimerChange,
)
from fsm.recording.vocabulary import Kind, Platform, Role, State, Timer
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
class ReferenceTimer:
    """A timer of the reference model.

    Args:
        settings: the number of its settings so far.
        running: whether it was set and has neither fired nor been cancelled since.
    """

    settings: int = 0
    running: bool = False

    def after(self, change: TimerChange) -> ReferenceTimer:
        """Returns the timer after a change."""
        match change:
            case SetTimer():
                return ReferenceTimer(self.settings + 1, True)
            case CancelTimer():
                return self.stopped
            case _:
                assert_never(change)

    @property
    def stopped(self) -> ReferenceTimer:
        """The timer after it was cancelled, or has fired."""
        return ReferenceTimer(self.settings)


NEVER_SET = ReferenceTimer()


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
        grace: the timer of a cloud recording that goes on after a leave that would stop it (D14).
        empty: the timer of a meeting that nobody is left in (D15).
    """

    present: frozenset[ReferenceParticipant] = frozenset()
    runs: Kind | None = None
    client: str | None = None
    paused: bool = False
    automatic: bool = False
    started: bool = False
    ended: bool = False
    grace: ReferenceTimer = NEVER_SET
    empty: ReferenceTimer = NEVER_SET

    @property
    def state(self) -> State:
        """The state of the recording by the recorder commands so far."""
        if self.runs is not None:
            return "paused" if self.paused else "recording"
        return "stopped" if self.started else "idle"

    @property
    def has_set_timers(self) -> bool:
        """True if any timer was ever set."""
        return self.grace is not NEVER_SET or self.empty is not NEVER_SET

    def find(self, participant: str | None) -> ReferenceParticipant | None:
        """Returns the participant with an id, ``None`` if there is none."""
        return next((person for person in self.present if person.id == participant), None)

    def timer(self, name: Timer) -> ReferenceTimer:
        """Returns a timer."""
        match name:
            case "grace":
                return self.grace
            case "empty":
                return self.empty
            case _:
                assert_never(name)

    def after(self, event: Event, outcome: Outcome) -> ReferenceModel:
        """Returns the model after an event and its outcome."""
        if outcome.refused is not None:
            return self
        present, ended = self.present, self.ended
        match event:
            case Join() | Leave() | ChangeRole():
                present = self._present_after(event)
            case End() | TimeUp(timer="empty"):
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
        grace, empty = self.grace, self.empty
        if outcome.timers or isinstance(event, TimeUp):
            grace = _timer_after("grace", grace, event, outcome.timers)
            empty = _timer_after("empty", empty, event, outcome.timers)
        return ReferenceModel(
            present, runs, client, paused, automatic, started, ended, grace, empty
        )

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


def _timer_after(
    name: Timer, timer: ReferenceTimer, event: Event, changes: Iterable[TimerChange]
) -> ReferenceTimer:
    """Returns a timer after an accepted event, which may be its firing."""
    if isinstance(event, TimeUp) and event.timer == name:
        timer = timer.stopped
    for change in changes:
        if change.timer == name:
            timer = timer.after(change)
    return timer
