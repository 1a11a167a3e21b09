"""The port to the recorder: its messages, its status, and a recorder in memory.

An adapter implements :class:`Recorder`. Messages arrive in order for each meeting, and at least
once. So a recorder stores, for each meeting, the sequence number of the last message it applied,
and :func:`disposition` decides what to do with the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, assert_never

import attrs
from attrs.validators import ge, gt, optional

from fsm.recording import Command, PauseRecorder, ResumeRecorder, StartRecorder, StopRecorder
from fsm.recording.validators import instance_of, one_of
from fsm.recording.vocabulary import Kind

MAX_SEQUENCE = 999_999_999
"""The highest sequence number of a message."""
MAX_AHEAD = 1_000_000
"""The highest lead of a recorder over a journal that was restored from an older copy."""


@attrs.frozen
class OutboxMessage:
    """A command for the recorder of a meeting, in the outbox.

    Args:
        meeting: the meeting's id.
        recording: the recording of the meeting, counted from 1.
        sequence: the sequence number among the messages of the meeting, counted from 1.
        expected_sequence: the sequence number that the recorder must at least have applied. If it
            has not, messages in between were lost, and it must refuse this one.
        command: the command.
    """

    meeting: str
    recording: int
    sequence: int
    expected_sequence: int
    command: Command

    @property
    def key(self) -> str:
        """The idempotency key, the same for every delivery of the message."""
        return f"{self.meeting}/{self.recording}/{self.sequence}"


def _is_sequence(_: object, field: attrs.Attribute[int], value: int) -> None:
    if not isinstance(value, int):
        raise TypeError(f"{field.name} must be an int, not a {type(value).__name__}: {value!r}")
    if not 0 <= value <= MAX_SEQUENCE:
        raise ValueError(f"{field.name} must be 0 to {MAX_SEQUENCE}: {value}")


@attrs.frozen
class RecorderStatus:
    """The status of the recorder of a meeting.

    Args:
        sequence: the sequence number of the last applied message; 0 if there is none.
        kind: the kind of the recording; ``None`` if there is none.
        client: the recording client of a local recording.
        paused: whether the recording is paused.

    Raises:
        ValueError, TypeError: no recorder can have this status.
    """

    sequence: int = attrs.field(default=0, validator=_is_sequence)
    kind: Kind | None = attrs.field(default=None, validator=optional(one_of(Kind)))
    client: str | None = attrs.field(default=None, validator=optional(instance_of(str)))
    paused: bool = attrs.field(default=False, validator=instance_of(bool))


_NOTHING = RecorderStatus()


class RecorderError(Exception):
    """The recorder did not answer, or could not apply a message. The delivery is retried."""


class SupersededError(RecorderError):
    """A message that was not sent, since a later one makes it pointless."""


class RecorderTimeoutError(RecorderError):
    """The recorder did not answer in time.

    Args:
        seconds: the timeout.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds} s")


class GapError(RecorderError):
    """The recorder refused a message, because earlier ones are missing.

    Args:
        status: the status of the recorder.
    """

    def __init__(self, status: RecorderStatus) -> None:
        super().__init__(
            f"the last message that the recorder applied has the sequence {status.sequence}"
        )
        self.status = status


class Recorder(Protocol):
    """The recorder: a port for the media server, or for an adapter to it.

    Each method with a message applies, ignores or refuses it as :func:`disposition` decides, and
    returns the status after it. To start what is already recorded, or to stop what is not, is no
    error: it changes only the sequence number.

    Raises:
        RecorderError: the recorder cannot be reached, or failed; the delivery is retried.
        RecorderTimeoutError, TimeoutError: it does not answer. Until it does, the calls for its
            meeting share the permits for slow calls.
        GapError: earlier messages are missing.
    """

    async def start(self, message: OutboxMessage) -> RecorderStatus:
        """Starts the recording of the message's ``StartRecorder``."""
        ...

    async def pause(self, message: OutboxMessage) -> RecorderStatus:
        """Pauses the recording."""
        ...

    async def resume(self, message: OutboxMessage) -> RecorderStatus:
        """Resumes the paused recording."""
        ...

    async def stop(self, message: OutboxMessage) -> RecorderStatus:
        """Stops the recording."""
        ...

    async def status(self, meeting: str) -> RecorderStatus:
        """Returns the status for a meeting; the default one if the meeting is unknown."""
        ...


def check_recorder(recorder: object) -> None:
    """Checks that an object can be a :class:`Recorder`.

    Raises:
        TypeError: it is a class, or a method is missing.
    """
    methods = ("start", "pause", "resume", "stop", "status")
    missing = [each for each in methods if not callable(getattr(recorder, each, None))]
    if missing or isinstance(recorder, type):
        problem = f"it has no {', '.join(missing)}" if missing else "give an instance"
        raise TypeError(f"{recorder!r} is no recorder ({problem})")


async def send(recorder: Recorder, message: OutboxMessage) -> RecorderStatus:
    """Calls the recorder's method for a message.

    Raises:
        RecorderError: the recorder failed.
    """
    match message.command:
        case StartRecorder():
            return await recorder.start(message)
        case PauseRecorder():
            return await recorder.pause(message)
        case ResumeRecorder():
            return await recorder.resume(message)
        case StopRecorder():
            return await recorder.stop(message)
        case _:
            assert_never(message.command)


def disposition(message: OutboxMessage, last: int) -> Literal["apply", "duplicate", "gap"]:
    """Returns what a recorder must do with a message.

    Args:
        message: the message.
        last: the sequence number of the last message that it applied for the meeting.

    Returns:
        ``"apply"`` for the next message, ``"duplicate"`` for one that was applied before and needs
        only an answer, and ``"gap"`` for one to refuse because earlier ones are missing.

    >>> message = OutboxMessage("m-1", 1, sequence=3, expected_sequence=2, command=PauseRecorder())
    >>> disposition(message, last=2), disposition(message, last=3), disposition(message, last=1)
    ('apply', 'duplicate', 'gap')
    """
    if message.sequence <= last:
        return "duplicate"
    return "gap" if message.expected_sequence > last else "apply"


def status_after(message: OutboxMessage, status: RecorderStatus) -> RecorderStatus:
    """Returns the status of a correct recorder after it applied a message.

    Args:
        message: the message, which is to be applied.
        status: the status before.
    """
    match message.command:
        case StartRecorder(kind, client):
            runs = (status.kind, status.client) == (kind, client)
            return RecorderStatus(message.sequence, kind, client, runs and status.paused)
        case PauseRecorder():
            runs = status.kind is not None
            return RecorderStatus(message.sequence, status.kind, status.client, paused=runs)
        case ResumeRecorder():
            return RecorderStatus(message.sequence, status.kind, status.client)
        case StopRecorder():
            return RecorderStatus(message.sequence)
        case _:
            assert_never(message.command)


def supersedes(later: OutboxMessage, earlier: OutboxMessage) -> bool:
    """Returns whether a message makes an earlier one of its meeting pointless.

    A stop does so to any, and a pause to a start or a resume: what is over or paused by now must
    not begin for a moment.
    """
    if later.sequence <= earlier.sequence:
        return False
    is_pause = isinstance(later.command, PauseRecorder)
    return isinstance(later.command, StopRecorder) or (
        is_pause and isinstance(earlier.command, StartRecorder | ResumeRecorder)
    )


class MemoryRecorder:
    """A recorder that records nothing, and behaves as the port requires.

    Adapters are compared to it.
    """

    def __init__(self) -> None:
        self.statuses: dict[str, RecorderStatus] = {}

    async def _apply(self, message: OutboxMessage) -> RecorderStatus:
        status = self.statuses.get(message.meeting, _NOTHING)
        decision = disposition(message, status.sequence)
        if decision == "gap":
            raise GapError(status)
        if decision == "apply":
            status = self.statuses[message.meeting] = status_after(message, status)
        return status

    start = pause = resume = stop = _apply

    async def status(self, meeting: str) -> RecorderStatus:
        """Returns the status for a meeting."""
        return self.statuses.get(meeting, _NOTHING)


class NullRecorder:
    """The recorder of a hub without one: it records nothing, and agrees with every meeting.

    Args:
        expected: returns the status that the recorder of a meeting should have.
    """

    def __init__(self, expected: Callable[[str], RecorderStatus]) -> None:
        self._expected = expected

    async def _apply(self, message: OutboxMessage) -> RecorderStatus:
        return self._expected(message.meeting)

    start = pause = resume = stop = _apply

    async def status(self, meeting: str) -> RecorderStatus:
        """Returns the status for a meeting."""
        return self._expected(meeting)


@attrs.frozen
class RetryPolicy:
    """The schedule of retries of a delivery. All times are in seconds.

    Args:
        max_attempts: the number of attempts, after which the recorder counts as failed. With the
            defaults these are spread over about 33 seconds, in which a recorder can restart; the
            time of the attempts themselves comes on top.
        initial_interval: the interval after the first and the second attempt. It doubles with each
            further one; a random part is added.
        max_interval: the maximum interval, also between corrections that have no effect.
        timeout: the timeout of one attempt.
        max_commands: the maximum number of concurrent commands.
        max_status_checks: the maximum number of concurrent status checks.

    Raises:
        ValueError: a number is less than 1, or a time is not positive.
    """

    max_attempts: int = attrs.field(default=9, validator=ge(1))
    initial_interval: float = attrs.field(default=0.25, validator=gt(0))
    max_interval: float = attrs.field(default=30.0, validator=gt(0))
    timeout: float = attrs.field(default=10.0, validator=gt(0))
    max_commands: int = attrs.field(default=256, validator=ge(1))
    max_status_checks: int = attrs.field(default=32, validator=ge(1))
