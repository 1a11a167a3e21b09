"""Outcomes of events, and the recorder commands in them."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from fsm.recording.vocabulary import Kind, Reason, State, StopReason

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
    """

    before: State
    state: State
    recorder: tuple[Command, ...] = ()
    rules: tuple[str, ...] = ()
    refused: Reason | None = None
