"""Outcomes of events, with the recorder commands and the changes of timers in them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, assert_never

import attrs

from fsm.recording.vocabulary import Kind, Reason, State, StopReason, Timer

CommandName = Literal["start", "pause", "resume", "stop"]


@attrs.frozen
class StartRecorder:
    """Starts a recording. ``client`` is the client that records locally, ``None`` for cloud."""

    command: ClassVar[CommandName] = "start"
    kind: Kind
    client: str | None = None


@attrs.frozen
class PauseRecorder:
    """Pauses the recording."""

    command: ClassVar[CommandName] = "pause"


@attrs.frozen
class ResumeRecorder:
    """Resumes the paused recording."""

    command: ClassVar[CommandName] = "resume"


@attrs.frozen
class StopRecorder:
    """Stops the recording for a reason."""

    command: ClassVar[CommandName] = "stop"
    reason: StopReason


Command = StartRecorder | PauseRecorder | ResumeRecorder | StopRecorder


@attrs.frozen
class CancelTimer:
    """A timer was cancelled: it does not fire any more."""

    timer: Timer


@attrs.frozen
class SetTimer:
    """A timer was set: it is due in ``after`` seconds."""

    timer: Timer
    after: int


TimerChange = CancelTimer | SetTimer


# Meetings share their outcomes, and the journal looks up their text by hash.
@attrs.frozen(cache_hash=True)
class Outcome:
    """The answer to an event.

    Args:
        before: the state before the event.
        state: the state after it; the same if the event was refused.
        recorder: the commands for the recorder, in order.
        rules: ids of the rules that decided.
        refused: the reason for a refusal; ``None`` if the event was accepted.
        timers: the changes of timers: first those that were cancelled, then those that were set.
            A timer that fires is neither.
    """

    before: State
    state: State
    recorder: tuple[Command, ...] = ()
    rules: tuple[str, ...] = ()
    refused: Reason | None = None
    timers: tuple[TimerChange, ...] = ()


def timers_data(outcome: Outcome) -> list[dict[str, Any]]:
    """Returns the changes of timers as plain data.

    >>> timers_data(Outcome("idle", "idle", timers=(CancelTimer("grace"), SetTimer("empty", 60))))
    [{'cancel': 'grace'}, {'set': 'empty', 'after': 60}]
    """
    return [_timer_data(change) for change in outcome.timers]


def _timer_data(change: TimerChange) -> dict[str, Any]:
    match change:
        case CancelTimer():
            return {"cancel": change.timer}
        case SetTimer():
            return {"set": change.timer, "after": change.after}
        case _:
            assert_never(change)
