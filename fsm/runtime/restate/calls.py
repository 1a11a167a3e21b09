"""The calls between the processes of a cluster, as JSON: their arguments, answers and errors."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from fsm.recording import Account, Changed, Choice
from fsm.recording.vocabulary import MeetingType
from fsm.runtime.errors import (
    BusyError,
    ClosedError,
    ConflictError,
    HubError,
    JournalError,
    MovedError,
    UnknownAccountError,
    UnknownMeetingError,
)
from fsm.runtime.recorder import RecorderStatus
from fsm.runtime.restate.state import Bucket, Live, StoredEntry, StoredMessage

MEETING: Final = "Meeting"
"""The virtual object of meetings, one for each id."""
RECORDER: Final = "MeetingRecorder"
"""The virtual object that delivers the messages of a meeting to its recorder."""
ACCOUNT: Final = "Account"
"""The virtual object of accounts, one for each id."""

T = TypeVar("T")
encode: Final = msgspec.json.Encoder().encode


def decode_call(body: bytes, type: type[T]) -> T:  # noqa: A002
    """Returns the arguments or the answer of a call.

    Raises:
        msgspec.MsgspecError: the body is not that of such a call.
    """
    return msgspec.json.decode(body, type=type)


# -- meetings -------------------------------------------------------------------------------------


class OpenCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/open``; see :meth:`fsm.runtime.Hub.open`.

    ``end_when_empty`` is 0 for never, and ``None`` for the default. ``at`` is the time, in
    milliseconds since 1970: a call that is repeated after a crash has the same.
    """

    at: int
    account: Account
    account_id: str | None
    user: Choice | None
    booking: Choice | None
    type: MeetingType
    grace: int | None
    end_when_empty: int | None


class SentEvent(msgspec.Struct, frozen=True):
    """One event of a dispatch.

    Args:
        event: the event.
        at: the time at which it came, in milliseconds since 1970. Timers that were due by then are
            answered before it, and no others.
        id: the sender's id of the event.
    """

    event: msgspec.Raw
    at: int
    id: str | None = None


class DispatchCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/dispatch``: events of one meeting, in their order."""

    events: list[SentEvent]


class FireCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/fire``.

    Args:
        moment: the moment that has come, in milliseconds since 1970; 0 to fire what is due by the
            clock of the endpoint.
    """

    moment: int = 0


class ArmCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/arm``.

    Args:
        moment: the moment of a timer, in milliseconds since 1970.
    """

    moment: int


class ReadCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/read``.

    Args:
        participant: the only participant whose presence matters; ``None`` for all.
    """

    participant: str | None = None


class HistoryCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/history``; see :meth:`fsm.runtime.Hub.history`."""

    after: int = 0
    limit: int = 1000


class Failure(msgspec.Struct, frozen=True):
    """An error of a call.

    Args:
        type: the name of the class of the error.
        text: its message.
        argument: the id that is not known, or the seconds after which to try again.
    """

    type: str
    text: str
    argument: str | float | None = None


class StateAnswer(msgspec.Struct, frozen=True):
    """The answer of ``Meeting/open`` and ``Meeting/read``: the state of a meeting.

    Args:
        failure: the error, if there is one; then nothing else is there.
        live: the value of ``live``.
        buckets: the buckets of participants that the caller asked for.
    """

    failure: Failure | None = None
    live: Live | None = None
    buckets: list[Bucket] = []


class EventAnswer(msgspec.Struct, frozen=True):
    """The answer to one event of a dispatch: its entry, or an error."""

    entry: StoredEntry | None = None
    failure: Failure | None = None


class DispatchAnswer(msgspec.Struct, frozen=True):
    """The answer of ``Meeting/dispatch``.

    Args:
        failure: the error of the whole call, if there is one.
        events: the answers to the events, in their order.
    """

    failure: Failure | None = None
    events: list[EventAnswer] = []


class HistoryAnswer(msgspec.Struct, frozen=True):
    """The answer of ``Meeting/history``.

    Args:
        failure: the error, if there is one.
        entries: the entries.
        ended: whether the meeting is over.
        seq: the number of its last entry.
    """

    failure: Failure | None = None
    entries: list[StoredEntry] = []
    ended: bool = False
    seq: int = 0


# -- recorders ------------------------------------------------------------------------------------


class Status(msgspec.Struct, frozen=True):
    """A status of a recorder; see :class:`~fsm.runtime.recorder.RecorderStatus`."""

    sequence: int
    kind: str | None
    client: str | None
    paused: bool

    @classmethod
    def of(cls, status: RecorderStatus) -> Status:
        """Returns a status as data."""
        return cls(status.sequence, status.kind, status.client, status.paused)

    def status(self) -> RecorderStatus:
        """Returns the status."""
        return RecorderStatus(self.sequence, self.kind, self.client, self.paused)  # type: ignore[arg-type]


class DeliveryAttempt(msgspec.Struct, frozen=True):
    """The result of an attempt to reach the recorder.

    Args:
        at: the time at its end, in milliseconds since 1970.
        status: the status that it answered with.
        gap: whether it refused the message, because earlier ones are missing.
        error: the error of an attempt that failed.
        superseded: whether the message was not sent, since a later one makes it pointless.
        confirmed: the status that the recorder of a meeting that is over has answered with
            when it was asked after the message.
    """

    at: int
    status: Status | None = None
    gap: bool = False
    error: str | None = None
    superseded: bool = False
    confirmed: Status | None = None


class DeliverCall(msgspec.Struct, frozen=True):
    """The arguments of ``MeetingRecorder/deliver``.

    Args:
        messages: the messages, in their order.
        over: whether the meeting is over, so that the recorder is asked for its status after the
            last message.
        moved: whether they come with a meeting that was moved here. What was delivered before is
            then known to the meeting alone.
    """

    messages: tuple[StoredMessage, ...]
    over: bool = False
    moved: bool = False


class SettleCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/settle``: the result of a delivery.

    Args:
        sequence: the sequence number of the message.
        attempt: the result of the last attempt.
        waits: whether the delivery waits for the messages that follow; otherwise it is over, and
            they are sent to a new one.
    """

    sequence: int
    attempt: DeliveryAttempt
    waits: bool


class SettleAnswer(msgspec.Struct, frozen=True):
    """The answer of ``Meeting/settle``.

    Args:
        pending: the messages that are to be delivered now.
        last_sequence: the sequence number of the last message.
        back_off: whether to wait before the next delivery, since corrections have no effect.
    """

    pending: tuple[StoredMessage, ...]
    last_sequence: int
    back_off: bool


class RetryingCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/retrying``: the delivery of a message waits for its next attempt.

    Args:
        sequence: the sequence number of the message.
        awakeable: the awakeable that ends the wait.
    """

    sequence: int
    awakeable: str


class RetryingAnswer(msgspec.Struct, frozen=True):
    """The answer of ``Meeting/retrying``.

    Args:
        superseded: whether a later message already makes the next attempt pointless.
    """

    superseded: bool


class CheckCall(msgspec.Struct, frozen=True):
    """The arguments of ``MeetingRecorder/check``, and half of those of ``Meeting/checked``.

    Args:
        last_sequence: the sequence number of the last message when the status was asked for. If
            another one has been added since, the status says nothing.
        at: the time of the answer, in milliseconds since 1970.
        status: the status that the recorder answered with; ``None`` if it did not answer.
    """

    last_sequence: int
    at: int = 0
    status: Status | None = None


class ReconcileCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/reconcile``.

    Args:
        regular: whether it is the regular check, which schedules the next one.
    """

    regular: bool = False


# -- accounts -------------------------------------------------------------------------------------


class ReadAccountCall(msgspec.Struct, frozen=True):
    """The arguments of ``Account/read``: none."""


class PutAccountCall(msgspec.Struct, frozen=True):
    """The arguments of ``Account/put``."""

    account: Account


class ChangeCall(msgspec.Struct, frozen=True):
    """The arguments of ``Account/change``.

    Args:
        trigger: the trigger of the change.
        change: its fields.
    """

    trigger: str
    change: msgspec.Raw


class AccountAnswer(msgspec.Struct, frozen=True):
    """The answer of ``Account/put`` and ``Account/read``."""

    failure: Failure | None = None
    account: Account | None = None


class ChangeAnswer(msgspec.Struct, frozen=True):
    """The answer of ``Account/change``."""

    failure: Failure | None = None
    changed: Changed | None = None


# -- errors ---------------------------------------------------------------------------------------


def failure_of(error: Exception) -> Failure:
    """Returns an error of a hub, or a ``ValueError`` or ``TypeError``, as data."""
    argument: str | float | None = None
    match error:
        case UnknownMeetingError():
            argument = error.meeting
        case UnknownAccountError():
            argument = error.account
        case BusyError():
            argument = error.retry_after
    return Failure(type(error).__name__, str(error), argument)


def error_of(failure: Failure) -> Exception:
    """Returns the error that :func:`failure_of` described."""
    match failure.type:
        case "UnknownMeetingError":
            return UnknownMeetingError(str(failure.argument))
        case "UnknownAccountError":
            return UnknownAccountError(str(failure.argument))
        case "BusyError":
            return BusyError(failure.text, float(failure.argument or 1.0))
    kinds: tuple[type[Exception], ...] = (
        ClosedError, ConflictError, HubError, MovedError, TypeError, ValueError
    )  # fmt: skip
    return {each.__name__: each for each in kinds}.get(failure.type, JournalError)(failure.text)
