"""The calls that move meetings and accounts between a journal and a cluster."""

from __future__ import annotations

import msgspec

from fsm.recording import Account
from fsm.runtime.restate.calls import Failure
from fsm.runtime.restate.state import Opening, Outbox, StoredEntry


class AdoptCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/adopt``: a part of a meeting that is moved from a journal.

    Args:
        source: the journal.
        opening: the settings and the plan.
        after: the number of entries before this part.
        entries: the entries of this part.
        last: whether it is the last part, after which the meeting is here.
        closed_at: the time when the meeting was closed.
        outbox: the messages for its recorder.
    """

    source: str
    opening: Opening
    after: int
    entries: list[StoredEntry]
    last: bool
    closed_at: int | None
    outbox: Outbox


class AdoptAnswer(msgspec.Struct, frozen=True):
    """The answer of ``Meeting/adopt``.

    Args:
        failure: the error, if there is one.
        taken: whether the part was taken. Otherwise the meeting was there before, with another
            number of entries.
        here: whether the meeting is here, and takes events.
        seq: the number of its entries.
    """

    failure: Failure | None = None
    taken: bool = False
    here: bool = False
    seq: int = 0


class ReleaseCall(msgspec.Struct, frozen=True):
    """The arguments of ``Meeting/release``: the journal to which the meeting is moved."""

    target: str


class ReleaseAnswer(msgspec.Struct, frozen=True):
    """The answer of ``Meeting/release``.

    Args:
        failure: the error, if there is one; then nothing else is there.
        opening: the settings and the plan.
        closed_at: the time when the meeting was closed.
        outbox: the messages for its recorder.
        seq: the number of its entries.
        last_entries: the last of them, which are all of a short meeting.
    """

    failure: Failure | None = None
    opening: Opening | None = None
    closed_at: int | None = None
    outbox: Outbox = Outbox()
    seq: int = 0
    last_entries: list[StoredEntry] = []


class StoredChange(msgspec.Struct, frozen=True):
    """A requested change of a console, with the answer to it, and its time."""

    at: int
    change: msgspec.Raw
    answer: msgspec.Raw


class AdoptAccountCall(msgspec.Struct, frozen=True):
    """The arguments of ``Account/adopt``: an account with all changes of its console."""

    source: str
    account: Account
    changes: list[StoredChange]


class ReleaseAccountCall(msgspec.Struct, frozen=True):
    """The arguments of ``Account/release``: the journal to which the account is moved."""

    target: str


class ReleaseAccountAnswer(msgspec.Struct, frozen=True):
    """The answer of ``Account/release``."""

    failure: Failure | None = None
    account: Account | None = None
    changes: list[StoredChange] = []
