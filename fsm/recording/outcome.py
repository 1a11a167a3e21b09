"""What the machine answers: one outcome for each event, and the commands in it."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from fsm.recording.vocabulary import Kind, Reason, State, StopReason

CommandName = Literal["start", "pause", "resume", "stop"]


@attrs.frozen
class StartRecorder:
    """Start recording; ``client`` is the client that records locally, ``None`` for cloud."""

    command: ClassVar[CommandName] = "start"
    kind: Kind
    client: str | None = None


@attrs.frozen
class PauseRecorder:
    """Pause what is being recorded."""

    command: ClassVar[CommandName] = "pause"


@attrs.frozen
class ResumeRecorder:
    """Go on with what is paused."""

    command: ClassVar[CommandName] = "resume"


@attrs.frozen
class StopRecorder:
    """Stop recording, and why."""

    command: ClassVar[CommandName] = "stop"
    reason: StopReason


Command = StartRecorder | PauseRecorder | ResumeRecorder | StopRecorder


# Meetings share their outcomes, and whoever keeps them looks them up by their hash.
@attrs.frozen(cache_hash=True)
class Outcome:
    """The answer to one event.

    Args:
        before: the state in which the event was met.
        state: the state after it; the same where the event was refused.
        recorder: the commands the recorder is to be sent, in order.
        rules: ids of the rules that decided.
        refused: why the event was refused; ``None`` where it was accepted.
    """

    before: State
    state: State
    recorder: tuple[Command, ...] = ()
    rules: tuple[str, ...] = ()
    refused: Reason | None = None
