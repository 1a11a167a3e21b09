"""The state of a meeting in its virtual object: the keys, their values, and meetings from them.

A short meeting is one value. What has become of a long one is moved from it in chunks:

* ``live``: the settings and the plan, the last answer with the numbers that go with it, which are a
  cache of the recorded answers (D16), the outbox, and the last entries. It is also the line of the
  meeting in lists;
* ``present/N``: the participants, in buckets by their ids, as the moved entries left them;
* ``recorded/N``: the moved entries, in chunks that never change;
* ``sent/ID``: the number of the moved entry of the event with this id.

A node sends the values with a call in the order of the keys, up to a limit. So those that most
calls need come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from zlib import crc32

import msgspec

from fsm.recording import Meeting
from fsm.recording.events import Event
from fsm.recording.model import PARTICIPANTS, Participant
from fsm.recording.vocabulary import Platform, Role, StopReason
from fsm.runtime import answers, codec
from fsm.runtime.answers import RecordedState
from fsm.runtime.entries import JournalEntry
from fsm.runtime.errors import JournalError
from fsm.runtime.live import LiveMeeting
from fsm.runtime.recorder import OutboxMessage

FORMAT: Final = 1
"""The format of the state, which a release that changes it counts up."""
CHUNK: Final = 32
"""The number of entries of a chunk. A larger one makes each event write more, a smaller one makes a
reader load more keys."""
BUCKETS: Final = 16
"""The number of buckets of participants. An event loads those whom it names."""


NO_ANSWER: Final = msgspec.Raw(b"null")
"""The answer in the value of ``live`` before the first event."""


class Opening(msgspec.Struct, frozen=True):
    """The part of ``live`` that never changes.

    Args:
        opened_at: the time of the opening, in milliseconds since 1970.
        settings: the settings.
        plan: the plan.
        account: the id of the account; ``None`` if the caller sent its settings.
        rules: the rules by which the plan was resolved.
    """

    opened_at: int
    settings: msgspec.Raw
    plan: msgspec.Raw
    account: str | None
    rules: str


class StoredMessage(msgspec.Struct, frozen=True):
    """A message of the outbox; see :class:`~fsm.runtime.recorder.OutboxMessage`."""

    recording: int
    sequence: int
    expected_sequence: int
    command: dict[str, Any]

    @classmethod
    def of(cls, message: OutboxMessage) -> StoredMessage:
        """Returns a message as data."""
        return cls(
            message.recording,
            message.sequence,
            message.expected_sequence,
            codec.command_data(message.command),
        )

    def for_meeting(self, meeting: str) -> OutboxMessage:
        """Returns the message for the recorder of a meeting."""
        return OutboxMessage(
            meeting,
            self.recording,
            self.sequence,
            self.expected_sequence,
            codec.command_from(self.command),
        )


class Outbox(msgspec.Struct, frozen=True):
    """The messages for a recorder; see :class:`~fsm.runtime.live.LiveMeeting` for most fields.

    Args:
        recording: the number of recordings.
        start_sequence: the sequence number of the message that started the last one.
        acknowledged: whether the recorder has acknowledged a message.
        last_sequence: the sequence number of the last message.
        pending: the messages that are not delivered yet.
        last_stop: the reason of the last message, if it is a stop.
        corrections: the number of consecutive corrections.
        stop_repeated: whether the recorder was told to stop once more.
        reported: whether the recorder has reported a status.
        checking: whether the next regular check is scheduled.
        retrying: the message whose delivery waits for its next attempt: its sequence number, and
            the awakeable that ends the wait.
    """

    recording: int = 0
    start_sequence: int = 0
    acknowledged: bool = False
    last_sequence: int = 0
    pending: tuple[StoredMessage, ...] = ()
    last_stop: StopReason | None = None
    corrections: int = 0
    stop_repeated: bool = False
    reported: bool = False
    checking: bool = False
    retrying: tuple[int, str] | None = None


class StoredEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry, with the answer as it is recorded.

    Args:
        seq: the number of the entry; ``None`` if it is not kept.
        id: the sender's id of the event.
        at: the time of the event, in milliseconds since 1970.
        event: the event.
        answer: the answer.
        presence: the change of the participants; ``None`` if there was none.
        rules: the rules of the answer.
    """

    seq: int | None
    id: str | None
    at: int
    event: msgspec.Raw
    answer: msgspec.Raw
    presence: str | None
    rules: str

    def entry(self, meeting: str) -> JournalEntry:
        """Returns the entry of a meeting."""
        event, outcome = codec.load_event(text(self.event)), codec.load_outcome(text(self.answer))
        return JournalEntry(meeting, self.seq, self.id, self.at, event, outcome)


class Alarm(msgspec.Struct, frozen=True, array_like=True):
    """A delayed call for a timer.

    Args:
        moment: the time at which it comes, in milliseconds since 1970.
        invocation: the id of the call, by which it can be cancelled.
    """

    moment: int
    invocation: str


class Live(msgspec.Struct, frozen=True):
    """The value of ``live``.

    Args:
        format: the format of the state.
        opening: what holds since the opening.
        closed_at: the time when the meeting was over, and nothing was left to do for its recorder.
        seq: the number of the last entry.
        last_at: its time.
        answer: the last answer; ``null`` before the first event.
        present: the number of participants.
        hosts: the number of hosts among them.
        alarms: the delayed calls for timers that are on their way.
        outbox: the messages for the recorder.
        tail: the last entries; those before are in chunks.
        elsewhere: the journal to which the meeting was moved, or from which it is being moved here;
            ``None`` while the meeting is here, and takes events.
    """

    format: int
    opening: Opening
    closed_at: int | None = None
    seq: int = 0
    last_at: int = 0
    answer: msgspec.Raw = NO_ANSWER
    present: int = 0
    hosts: int = 0
    alarms: tuple[Alarm, ...] = ()
    outbox: Outbox = Outbox()
    tail: tuple[StoredEntry, ...] = ()
    elsewhere: str | None = None

    @property
    def state(self) -> RecordedState:
        """The state in the last answer."""
        return answers.recorded_state(None if self.answer == NO_ANSWER else text(self.answer))

    @property
    def moved(self) -> int:
        """The number of entries that are in chunks."""
        return self.seq - len(self.tail)


Bucket = dict[str, tuple[Role, Platform]]
"""The value of ``present/N``: the participants, by their ids."""


def text(raw: msgspec.Raw) -> str:
    """Returns a part of a value as text."""
    return bytes(raw).decode()


def raw(text: str) -> msgspec.Raw:
    """Returns text of JSON as a part of a value."""
    return msgspec.Raw(text.encode())


def chunk_key(number: int) -> str:
    """Returns the key of a chunk of entries."""
    return f"recorded/{number}"


def event_key(id: str) -> str:  # noqa: A002
    """Returns the key of the number of the entry of an event."""
    return f"sent/{id}"


def bucket_of(participant: str) -> int:
    """Returns the bucket of a participant."""
    return crc32(participant.encode()) % BUCKETS


def bucket_key(number: int) -> str:
    """Returns the key of a bucket of participants."""
    return f"present/{number}"


def named_participants(event: Event) -> Iterable[str]:
    """Yields the ids of the participants whom an event names."""
    for name in ("id", "by"):
        participant = getattr(event, name, None)
        if isinstance(participant, str):
            yield participant


class PartialPresence(dict[str, Participant]):
    """The participants of a meeting, of whom only some are loaded.

    An event needs those whom it names, and the number of all.

    Args:
        loaded: the participants that are loaded.
        others: the number of the others.
    """

    def __init__(self, loaded: Mapping[str, Participant], others: int) -> None:
        super().__init__(loaded)
        self._others = others

    def __len__(self) -> int:
        return super().__len__() + self._others

    def copy(self) -> PartialPresence:
        """Returns an independent copy."""
        return PartialPresence(self, self._others)


_decode_presence: Final = msgspec.json.Decoder(dict[str, tuple[Role, Platform] | None]).decode


def presence_of(rows: Iterable[StoredEntry]) -> dict[str, tuple[Role, Platform] | None]:
    """Returns the last change of each participant in entries; ``None`` for one who left."""
    changes = ",".join(row.presence for row in rows if row.presence is not None)
    return _decode_presence(f"{{{changes}}}")


def changed_buckets(
    changes: Mapping[str, tuple[Role, Platform] | None], buckets: Mapping[int, Bucket]
) -> dict[int, Bucket]:
    """Returns buckets of participants after changes.

    Args:
        changes: the changes; see :func:`presence_of`.
        buckets: the values before, by their numbers. One that is missing was empty.
    """
    changed: dict[int, Bucket] = {}
    for participant, names in changes.items():
        number = bucket_of(participant)
        bucket = changed.setdefault(number, dict(buckets.get(number, {})))
        if names is None:
            bucket.pop(participant, None)
        else:
            bucket[participant] = names
    return changed


def check_format(id: str, live: Live) -> None:  # noqa: A002
    """Checks the format of the state of a meeting.

    Raises:
        JournalError: the state was written by a release that this one does not know.
    """
    if live.format != FORMAT:
        raise JournalError(
            f"meeting {id!r} has the format {live.format}, and this release reads {FORMAT} "
            "(use the release that wrote it, or a later one)"
        )


def live_meeting(id: str, live: Live, buckets: Iterable[Bucket]) -> LiveMeeting:  # noqa: A002
    """Returns a meeting as its recorded answers left it (D16), without a decision of the rules.

    Args:
        id: the meeting's id.
        live: the value of ``live``.
        buckets: the buckets that are loaded, with all participants who matter.

    Raises:
        JournalError: the state was written by a release that this one does not know.
    """
    check_format(id, live)
    opening, outbox, state = live.opening, live.outbox, live.state
    names: dict[str, tuple[Role, Platform] | None] = {}
    for bucket in buckets:
        names |= bucket
    names |= presence_of(live.tail)
    loaded = {id_: PARTICIPANTS[each] for id_, each in names.items() if each is not None}
    meeting = Meeting.restore(
        codec.load_plan(text(opening.plan)),
        state.state,
        PartialPresence(loaded, live.present - len(loaded)),
        state.kind,
        state.client,
        state.ended,
        answers.recorded_timers(state),
    )
    meeting.hosts = live.hosts
    due = state.due or {}
    return LiveMeeting(
        id, 0, opening.opened_at, codec.load_settings(text(opening.settings)), meeting,
        opening.account, live.seq, {}, outbox.recording, outbox.start_sequence,
        outbox.acknowledged, outbox.last_sequence,
        tuple(each.for_meeting(id) for each in outbox.pending), outbox.last_stop,
        outbox.corrections, outbox.stop_repeated, outbox.reported, live.closed_at is not None,
        last_at=live.last_at, due=due, moments=due,
    )  # fmt: skip


def live_value(
    before: Live, live: LiveMeeting, rows: Sequence[StoredEntry], outbox: Outbox
) -> Live:
    """Returns the value of ``live`` of a meeting.

    Args:
        before: the value before.
        live: the meeting.
        rows: its new entries.
        outbox: the messages for its recorder.
    """
    return msgspec.structs.replace(
        before, seq=live.seq, last_at=live.last_at,
        answer=rows[-1].answer if rows else before.answer,
        present=len(live.meeting.present), hosts=live.meeting.hosts, outbox=outbox,
        tail=(*before.tail, *rows),
    )  # fmt: skip


def outbox_value(live: LiveMeeting, *, checking: bool, retrying: tuple[int, str] | None) -> Outbox:
    """Returns the messages for the recorder of a meeting.

    Args:
        live: the meeting.
        checking: whether the next regular check is scheduled.
        retrying: the message whose delivery waits for its next attempt.
    """
    return Outbox(
        live.recording, live.start_sequence, live.acknowledged, live.last_sequence,
        tuple(map(StoredMessage.of, live.pending)), live.last_stop, live.corrections,
        live.stop_repeated, live.reported, checking, retrying,
    )  # fmt: skip
