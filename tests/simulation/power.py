"""Power cuts at any write of a load, after which the journal must hold every answered commit.

The load runs on a real journal. Its operations on the disk are recorded, and replayed up to the
moment of a power cut.
"""

from __future__ import annotations

import hashlib
import random

import attrs

from fsm.recording import Account, End, Join, Leave, Meeting, Pause, Resume, Start
from fsm.recording.console_changes import Actor, Disable, Enable
from fsm.runtime import codec
from fsm.runtime.accounts import Accounts
from fsm.runtime.batch import Batch
from fsm.runtime.live import LiveMeeting

from .checks import ViolationError, open_journal
from .clients import MEETING_SETTINGS
from .disk import CUTS, Disk, File

_TABLES = ("meetings", "events", "outbox", "accounts", "changes")


@attrs.define
class RecordedLoad:
    """The operations of one load on the disk.

    Args:
        operations: the operations, with ``begin`` and ``committed`` around those of each commit.
        digests: a digest of the journal after each commit, from the empty journal on.
    """

    operations: list[tuple] = attrs.field(factory=list)
    digests: list[str] = attrs.field(factory=list)

    def count(self, name, suffix=""):
        """Returns the number of operations of that name on files with a suffix."""
        return sum(op[0] == name and op[1].endswith(suffix) for op in self.operations)


def digest_of(journal):
    """Returns a digest of all rows of a journal."""
    digest = hashlib.blake2b(digest_size=16)
    for table in _TABLES:
        columns = [row[1] for row in journal._db.execute(f"PRAGMA table_info({table})")]
        row = " || '|' || ".join(f"quote({column})" for column in columns)
        # One text of all rows is quicker than many rows.
        for (text,) in journal._db.execute(f"SELECT group_concat({row}, ';') FROM {table}"):
            digest.update(f"{table}: {text}".encode())
    return digest.hexdigest()


def record_load(commits=400, seed=1):
    """Runs a load, and records its operations on the disk.

    Args:
        commits: the number of commits.
        seed: the seed of the load.
    """
    disk, recorded, rng = Disk(), RecordedLoad(), random.Random(seed)
    disk.before = lambda *op: op[0] == "read" or recorded.operations.append(op)
    load = _Load(rng)
    journal = _open_with_checkpoints(disk)
    recorded.digests.append(digest_of(journal))
    for number in range(commits):
        batch = load.batch()
        recorded.operations.append(("begin", ""))
        journal.commit(batch)
        recorded.digests.append(digest_of(journal))
        recorded.operations.append(("committed", ""))
        if number % (commits // 4 or 1) == commits // 5:
            journal.close()
            journal = _open_with_checkpoints(disk)
    journal.close()
    return recorded


def _open_with_checkpoints(disk):
    journal = open_journal(disk)
    # A load is too short for checkpoints at the usual interval.
    journal.checkpoint_after = 200
    return journal


class _Load:
    """Meetings that open, run and end, with some events in each commit."""

    def __init__(self, rng):
        self._rng = rng
        self._live = []
        self._next = 1
        self._at = 1_000
        self._accounts = Accounts({})

    def batch(self):
        batch, rng = Batch(), self._rng
        if len(self._live) < 8:
            settings = rng.choice(MEETING_SETTINGS)
            meeting = Meeting(settings.resolve().plan)
            live = LiveMeeting(f"m{self._next}", self._next, self._at, settings, meeting, by_id={})
            self._next += 1
            self._live.append(live)
            batch.open_meeting(live)
        for _ in range(rng.randrange(1, 6)):
            if self._live:
                self._event(batch)
        if self._next == 2:
            self._accounts.put(batch, "acme", Account("business"))
        if rng.random() < 0.1:
            change = rng.choice((Enable, Disable))(Actor("super_admin"))
            self._accounts.change(batch, "acme", change, self._at)
        return batch

    def _event(self, batch):
        rng, guest = self._rng, self._rng.choice(("ann", "bob", "cid"))
        self._at += rng.randrange(1000)
        live = rng.choice(self._live)
        event = rng.choice(
            [Join(guest, "host", "windows", "5.0"), Leave(guest), Start(guest, "cloud"),
             Pause(guest), Resume(guest), Join(guest + "x" * rng.randrange(300), "member", "web")]
        )  # fmt: skip
        if live.seq > 40:
            event = End()
        entry, messages = live.handle(
            event, f"e{live.seq}" if rng.random() < 0.7 else None, self._at, self._at
        )
        batch.add_entry(live, entry, codec.dump_event(entry.event))
        for message in messages:
            batch.add_message(live, message)
        if (live.pending and rng.random() < 0.5) or live.meeting.ended:
            for message in live.pending:
                batch.mark_delivered(live, message)
            live.pending = ()
        if live.meeting.ended:
            batch.close_meeting(live, self._at)
            self._live.remove(live)


def cut_disks(recorded, count, rng):
    """Yields disks after power cuts, in the order of the operations.

    Args:
        recorded: the load.
        count: the number of cuts, spread over all operations and all kinds of cuts.
        rng: the source of their positions.

    Yields:
        The position and the kind of the cut, the disk, and the digests that its journal may have.
    """
    operations = recorded.operations
    cuts = sorted((rng.randrange(len(operations) + 1), rng.randrange(len(CUTS)))
                  for _ in range(count))  # fmt: skip
    disk, begun, committed = Disk(), 0, 0
    at = 0
    for position, kind in cuts:
        while at < position:
            operation, name, *args = operations[at]
            begun += operation == "begin"
            committed += operation == "committed"
            _replay(disk, operation, name, args)
            at += 1
        allowed = recorded.digests[committed : begun + 1]
        yield f"operation {position}, {CUTS[kind]}", disk.cut(CUTS[kind], rng), allowed


def _replay(disk, operation, name, args):
    if operation == "write":
        disk.files.setdefault(name, File(durable=False)).write(*args)
    elif operation == "truncate":
        disk.files[name].truncate(*args)
    elif operation == "sync":
        disk.sync(name)
    elif operation == "delete":
        disk.delete(name, *args)


def check_cut_disk(cut, disk, allowed):
    """Checks that the journal of a disk opens after a power cut, and holds what it must.

    Args:
        cut: the position and the kind of the cut.
        disk: the disk.
        allowed: the digests that its journal may have.

    Raises:
        ViolationError: it does not open, is corrupt, or has too little or too much.
    """
    try:
        with open_journal(disk) as journal:
            errors, digest = journal.integrity_errors(), digest_of(journal)
    except Exception as error:
        raise ViolationError(f"{cut}: {type(error).__name__}: {error}") from error
    if errors:
        raise ViolationError(f"{cut}: {errors[0]}")
    if digest not in allowed:
        raise ViolationError(f"{cut}: the journal lacks a commit, or has more than was submitted")
