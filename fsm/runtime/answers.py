"""Recorded answers: the changes of an event as text, and meetings restored from such texts.

An answer names everything that the event changed, so a meeting is restored without a rule (D16):

* the text of the answer is the outcome, with the recording that runs after the event, if there is
  one, and with ``"ended": true`` if the meeting is over. If the meeting ever set a timer, the
  number of settings of each follows as ``"timer_sets"``, and the time at which each running one is
  due as ``"due"``. So the last answer of a meeting has all of its state but the participants;
* the change of the participants has a column of its own: ``"alice":["host","windows"]``, or
  ``"alice":null`` for a participant who left. All changes of a meeting, in order, are the members
  of one JSON object. The last value of each key counts.

The row of an event has a checksum of two halves. The lower half is that of the answer and of all
changes of the participants so far, the upper half that of all columns but the changes. So the last
row checks a meeting that is restored from its answer and all changes, and each row checks itself.

Columns that the journal fills by itself, or after the rest of the row, have checksums of their own,
which are combined with that of the row by an exclusive or, within SQLite.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import attrs
import msgspec

from fsm.recording import Event, Meeting, Outcome, Plan
from fsm.recording.events import EVENTS
from fsm.recording.model import PARTICIPANTS, Participant
from fsm.recording.timers import NO_TIMERS, NOTHING_DUE, Due, Timers, TimerState
from fsm.recording.vocabulary import HOSTS, Kind, Platform, Role, State, Timer
from fsm.runtime import codec

# An event with an `id` is about this participant; that of a requester is `by`.
_PARTICIPANT_EVENTS: Final = frozenset(
    event for event in EVENTS if "id" in attrs.fields_dict(event)
)
_UPPER: Final = 0x7FFF_FFFF  # integers of SQLite are signed
_LOWER: Final = 0xFFFF_FFFF

# By the number of values: one formatting is faster than joining their texts.
_SEPARATED: Final = ["\x1f%s" * count for count in range(8)]

_encode = msgspec.json.Encoder().encode
_TEXTS: dict[Participant | None, str] = {
    None: "null",
    **{participant: _encode(names).decode() for names, participant in PARTICIPANTS.items()},
}


class RecordedState(msgspec.Struct, frozen=True):
    """The part of an answer that a meeting is restored from; its participants are elsewhere."""

    state: State
    kind: Kind | None = None
    client: str | None = None
    ended: bool = False
    timer_sets: dict[Timer, int] | None = None
    due: dict[Timer, int] | None = None


# Few different states and answers occur, so meetings share them.
_timer_state = lru_cache(maxsize=1024)(TimerState)
_decode_state = lru_cache(maxsize=4096)(msgspec.json.Decoder(RecordedState).decode)
_BEFORE_EVENTS: Final = RecordedState("idle")
_decode_present = msgspec.json.Decoder(dict[str, tuple[Role, Platform] | None]).decode


# Most meetings share a few hundred answers; only those that name a client are their own.
@lru_cache(maxsize=4096)
def dump_answer(outcome: Outcome, kind: Kind | None, client: str | None, ended: bool) -> str:
    """Returns the text of an answer.

    Args:
        outcome: the outcome of the event.
        kind: the kind of the recording after it; ``None`` if there is none.
        client: the client that records locally.
        ended: whether the meeting is over.
    """
    return dump_answer_data(codec.outcome_data(outcome), kind, client, ended)


def dump_answer_data(
    outcome: dict[str, Any], kind: str | None, client: str | None, ended: bool
) -> str:
    """Returns the text of an answer from plain data; for the arguments see :func:`dump_answer`."""
    if not outcome.get("timers"):
        outcome = {name: value for name, value in outcome.items() if name != "timers"}
    state = {"kind": kind, "client": client, "ended": ended or None}
    return codec.dump(outcome | {name: value for name, value in state.items() if value is not None})


def answer_of(meeting: Meeting, outcome: Outcome, due: Due) -> str:
    """Returns the text of an answer, with the timers of the meeting if it ever set one.

    Args:
        meeting: the meeting after the event.
        outcome: the outcome of the event.
        due: the times at which the running timers are due, in milliseconds since 1970.
    """
    answer = dump_answer(outcome, meeting.kind, meeting.client, meeting.ended)
    return with_timers(answer, meeting.timers, due) if meeting.timers else answer


def with_timers(answer: str, timers: Timers, due: Due) -> str:
    """Returns the text of an answer with the timers of the meeting after it.

    Args:
        answer: the text without them.
        timers: the timers that were ever set.
        due: the times at which the running ones are due, in milliseconds since 1970.
    """
    state: dict[str, Any] = {"timer_sets": {timer: each.set for timer, each in timers.items()}}
    if due:
        state["due"] = due
    return f"{answer[:-1]},{codec.dump(state)[1:]}"


def recorded_timers(state: RecordedState) -> Timers:
    """Returns the timers in a recorded state."""
    if not state.timer_sets:
        return NO_TIMERS
    due = state.due or NOTHING_DUE
    return {timer: _timer_state(count, timer in due) for timer, count in state.timer_sets.items()}


def dump_presence(event: Event, outcome: Outcome, present: Mapping[str, Participant]) -> str | None:
    """Returns the text of a change of the participants; ``None`` if there was none.

    Args:
        event: the event.
        outcome: its outcome.
        present: the participants after it.
    """
    if outcome.refused is not None or type(event) not in _PARTICIPANT_EVENTS:
        return None
    return f"{_encode(event.id).decode()}:{_TEXTS[present.get(event.id)]}"  # type: ignore[union-attr]


def recorded_state(answer: str | None) -> RecordedState:
    """Returns the state in a recorded answer.

    Args:
        answer: the text of the answer; ``None`` before the first event.

    Raises:
        msgspec.MsgspecError: the text is not an answer.
    """
    return _BEFORE_EVENTS if answer is None else _decode_state(answer)


def restore(plan: Plan, state: RecordedState, presence: str) -> Meeting:
    """Returns a meeting as its recorded answers left it (D16), without a decision of the rules.

    Args:
        plan: its plan.
        state: the state in its last answer.
        presence: all changes of its participants, in order, joined by commas.

    Raises:
        msgspec.MsgspecError: the text is not a list of changes.

    >>> from fsm.recording import Join
    >>> alice = Join("alice", "host", "windows")
    >>> meeting = Meeting(Plan(kind="cloud"))
    >>> outcome = meeting.handle(alice)
    >>> answer = dump_answer(outcome, meeting.kind, meeting.client, meeting.ended)
    >>> presence = dump_presence(alice, outcome, meeting.present)
    >>> restore(meeting.plan, recorded_state(answer), presence) == meeting
    True
    """
    changes = _decode_present(f"{{{presence}}}")
    present = {id_: PARTICIPANTS[names] for id_, names in changes.items() if names is not None}
    return Meeting.restore(
        plan, state.state, present, state.kind, state.client, state.ended, recorded_timers(state)
    )


def apply(meeting: Meeting, answer: str, presence: str | None) -> None:
    """Applies the recorded answer to an event to its meeting, without a decision of the rules.

    Args:
        meeting: the meeting before the event.
        answer: the text of the answer.
        presence: the change of the participants; ``None`` if there was none.

    Raises:
        msgspec.MsgspecError: a text is not an answer or not a change.
    """
    state = _decode_state(answer)
    for id_, names in _decode_present(f"{{{presence or ''}}}").items():
        before = meeting.present.get(id_)
        meeting.hosts -= before is not None and before.role in HOSTS
        if names is None:
            meeting.present.pop(id_, None)
        else:
            meeting.present[id_] = PARTICIPANTS[names]
            meeting.hosts += names[0] in HOSTS
    meeting.state, meeting.ended = state.state, state.ended
    meeting.kind, meeting.client = state.kind, state.client
    meeting.timers = recorded_timers(state)


# -- checksums ------------------------------------------------------------------------------------


def presence_checksum(presence: str, before: int = 0) -> int:
    """Returns the checksum of changes of the participants.

    Args:
        presence: the next change, or all, joined by commas.
        before: the checksum of the changes before it.
    """
    return crc32(f",{presence}".encode(), before)


def state_checksum(presence: int, answer: str) -> int:
    """Returns the checksum of everything that a meeting is restored from.

    Args:
        presence: the checksum of all changes of its participants.
        answer: the text of its last answer.
    """
    return presence ^ _text_checksum(answer)


def entry_checksum(
    state: int,
    key: int,
    seq: int,
    id: str | None,  # noqa: A002
    at: int,
    event: str,
    answer: str,
    rules: int | None = None,
) -> int:
    """Returns the checksum of the row of an event.

    Args:
        state: the checksum of the state after the event (:func:`state_checksum`).
        key: the meeting's key.
        seq: the number of the event.
        id: the sender's id of the event.
        at: the time of the event.
        event: the event as text.
        answer: the answer as text.
        rules: the key of the rules of the answer.
    """
    row = crc32(f"{key} {seq} {at} {id}{event}".encode(), _text_checksum(answer))
    return upper_part(row ^ column_checksum("rules", rules)) | state


def upper_part(checksum: int) -> int:
    """Returns a checksum as the upper half of that of an event."""
    return (checksum & _UPPER) << 32


def state_part(checksum: int) -> int:
    """Returns the part of a row's checksum that is the checksum of the state."""
    return checksum & _LOWER


def meeting_checksum(
    key: int,
    id: str,  # noqa: A002
    opened_at: int,
    settings: str,
    plan: str,
    account: str | None,
    rules: int | None = None,
    closed_at: int | None = None,
) -> int:
    """Returns the checksum of the row of a meeting; the arguments are its columns."""
    texts = _checksum_of_texts(settings, plan)
    later = column_checksum("rules", rules)
    if closed_at is not None:
        later ^= column_checksum("closed_at", closed_at)
    return crc32(f"{key} {opened_at} {account} {id}".encode(), texts) ^ later


def message_checksum(*values: object, result: str | None = None) -> int:
    """Returns the checksum of the row of a message; the values are its other columns."""
    return row_checksum(*values) ^ column_checksum("result", result)


@lru_cache(maxsize=256)
def column_checksum(name: str, value: object) -> int:
    """Returns the checksum of a column that is not written with its row; 0 while it is ``NULL``."""
    return 0 if value is None else crc32(f"{name} {value}".encode())


# Meetings share most of their answers, settings and plans.
@lru_cache(maxsize=4096)
def _text_checksum(text: str) -> int:
    return crc32(text.encode())


@lru_cache(maxsize=4096)
def _checksum_of_texts(settings: str, plan: str) -> int:
    return crc32(settings.encode()) ^ crc32(plan.encode())


def row_checksum(*values: object) -> int:
    """Returns the checksum of the values of a row of any other table, with separators."""
    return crc32((_SEPARATED[len(values)] % values).encode())
