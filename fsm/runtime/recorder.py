"""The port to what really records: the orders it is sent, and what it says it is doing.

An adapter implements :class:`Recorder`. Orders come in order for each meeting and at least
once; a recorder therefore keeps, for each meeting, the sequence of the last order it applied,
and :func:`due` says what to do with the next one.
"""

from __future__ import annotations

from typing import Literal, Protocol

import attrs
from attrs.validators import optional

from fsm.recording import Command, PauseRecorder, ResumeRecorder, StartRecorder, StopRecorder
from fsm.recording.validators import instance_of, one_of
from fsm.recording.vocabulary import Kind

MOST_ORDERS = 999_999_999
"""The highest sequence of an order that a recorder can have applied."""
MOST_AHEAD = 1_000_000
"""By how much a recorder can be ahead of a journal that was put back to an older state."""


@attrs.frozen
class OutboxMessage:
    """One command for the recorder of a meeting.

    Args:
        meeting: the meeting's id.
        recording: which recording of the meeting it is about, counted from 1.
        sequence: the order's sequence among those of the meeting, counted from 1.
        since: the sequence the recorder must have reached for this order to make sense;
            where it has not, orders in between were lost and it must say so.
        command: what to do.
    """

    meeting: str
    recording: int
    sequence: int
    expected_sequence: int
    command: Command

    @property
    def key(self) -> str:
        """The idempotency key: the same order always has the same."""
        return f"{self.meeting}/{self.recording}/{self.sequence}"


def _a_sequence(_: object, field: attrs.Attribute[int], value: int) -> None:
    if not isinstance(value, int):
        raise TypeError(f"{field.name} must be an int, not a {type(value).__name__}: {value!r}")
    if not 0 <= value <= MOST_ORDERS:
        raise ValueError(f"{field.name} must be 0 to {MOST_ORDERS}: {value}")


@attrs.frozen
class RecorderStatus:
    """What the recorder of a meeting is doing.

    Args:
        sequence: the sequence of the last order it applied; 0 where it knows of none.
        kind: what it records; ``None`` where it records nothing.
        client: the client that records, where that is local.
        paused: whether the recording is paused.

    Raises:
        ValueError, TypeError: a recorder can do no such thing.
    """

    sequence: int = attrs.field(default=0, validator=_a_sequence)
    kind: Kind | None = attrs.field(default=None, validator=optional(one_of(Kind)))
    client: str | None = attrs.field(default=None, validator=optional(instance_of(str)))
    paused: bool = attrs.field(default=False, validator=instance_of(bool))


_NOTHING = RecorderStatus()


class RecorderError(Exception):
    """The recorder did not answer, or could not do what it was told; to be tried again."""


class GapError(RecorderError):
    """An order was refused because orders before it are missing.

    Args:
        status: what the recorder is doing.
    """

    def __init__(self, status: RecorderStatus) -> None:
        super().__init__(f"the last order the recorder applied is sequence {status.sequence}")
        self.status = status


class Recorder(Protocol):
    """What really records.

    Each method that is given an order applies it as :func:`due` says and answers with what the
    recorder is doing after it. To start what runs already, or to stop what does not run, is
    no error: it changes nothing but the sequence.

    Raises:
        RecorderError: it cannot be reached, or failed; the order is sent again.
        GapError: orders before this one are missing.
    """

    async def start(self, message: OutboxMessage) -> RecorderStatus:
        """Start recording what the order's ``StartRecorder`` says."""
        ...

    async def pause(self, message: OutboxMessage) -> RecorderStatus:
        """Pause what is being recorded."""
        ...

    async def resume(self, message: OutboxMessage) -> RecorderStatus:
        """Go on with what is paused."""
        ...

    async def stop(self, message: OutboxMessage) -> RecorderStatus:
        """Stop recording."""
        ...

    async def status(self, meeting: str) -> RecorderStatus:
        """Say what is being done for a meeting; of one it never heard of, nothing."""
        ...


def check_recorder(recorder: object) -> None:
    """Refuse what cannot be a :class:`Recorder`.

    Raises:
        TypeError: it is a class, or has not all the methods.
    """
    methods = ("start", "pause", "resume", "stop", "status")
    missing = [each for each in methods if not callable(getattr(recorder, each, None))]
    if missing or isinstance(recorder, type):
        why = f"it has no {', '.join(missing)}" if missing else "give an object of it"
        raise TypeError(f"{recorder!r} is no recorder ({why})")


async def send(recorder: Recorder, message: OutboxMessage) -> RecorderStatus:
    """Send an order by the method it belongs to.

    Raises:
        RecorderError: as the recorder does.
    """
    return await getattr(recorder, message.command.command)(message)  # type: ignore[no-any-return]


def due(message: OutboxMessage, last: int) -> Literal["apply", "again", "gap"]:
    """Say what a recorder must do with an order.

    Args:
        message: the order.
        last: the sequence of the last order the recorder applied for the meeting.

    Returns:
        ``"apply"`` it; it came ``"again"``, so answer and do nothing; or refuse it because
        of a ``"gap"``.

    >>> order = OutboxMessage("m-1", recording=1, sequence=3, since=2, command=PauseRecorder())
    >>> due(order, last=2), due(order, last=3), due(order, last=1)
    ('apply', 'again', 'gap')
    """
    if message.sequence <= last:
        return "again"
    return "gap" if message.expected_sequence > last else "apply"


def applied(message: OutboxMessage, status: RecorderStatus) -> RecorderStatus:
    """Return what a faultless recorder is doing once it has applied an order.

    Args:
        message: the order, which is due.
        status: what it was doing before.
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


class MemoryRecorder:
    """A recorder that records nothing but keeps the rules of the port.

    It is what a service without a recorder runs with, and what an adapter is compared to.
    """

    def __init__(self) -> None:
        self.doing: dict[str, RecorderStatus] = {}

    async def _take(self, message: OutboxMessage) -> RecorderStatus:
        status = self.doing.get(message.meeting, _NOTHING)
        what = due(message, status.sequence)
        if what == "gap":
            raise GapError(status)
        if what == "apply":
            status = self.doing[message.meeting] = applied(message, status)
        return status

    start = pause = resume = stop = _take

    async def status(self, meeting: str) -> RecorderStatus:
        """Say what is being done for a meeting."""
        return self.doing.get(meeting, _NOTHING)
