"""Power cuts at any write of one load; the journal must open and have all that was answered.

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

from .checks import opened
from .disk import CUTS, Disk, File
from .world import OPENINGS, WrongError

_TABLES = ("meetings", "events", "outbox", "accounts", "changes")


@attrs.define
class Recording:
    """The operations of one load on the disk.

    Args:
        operations: the operations, with ``asked`` and ``answered`` before and after each commit.
        contents: a digest of the journal after each commit, from the empty journal on.
    """

    operations: list[tuple] = attrs.field(factory=list)
    contents: list[str] = attrs.field(factory=list)

    def count(self, name, suffix=""):
        """Returns the number of operations of that name on files with a suffix."""
        return sum(op[0] == name and op[1].endswith(suffix) for op in self.operations)


def content(journal):
    """Returns a digest of all rows of a journal."""
    digest = hashlib.blake2b(digest_size=16)
    for table in _TABLES:
        columns = [row[1] for row in journal._db.execute(f"PRAGMA table_info({table})")]
        row = " || '|' || ".join(f"quote({column})" for column in columns)
        # One text of all rows is quicker than many rows.
        for (text,) in journal._db.execute(f"SELECT group_concat({row}, ';') FROM {table}"):
            digest.update(f"{table}: {text}".encode())
    return digest.hexdigest()


def recorded(commits=400, seed=1):
    """Runs a load, and returns the recording of it.

    Args:
        commits: the number of commits.
        seed: the seed of the load.
    """
    disk, recording, rng = Disk(), Recording(), random.Random(seed)
    disk.before = lambda *op: op[0] == "read" or recording.operations.append(op)
    load = _Load(rng)
    journal = _opened(disk)
    recording.contents.append(content(journal))
    for number in range(commits):
        batch = load.batch()
        recording.operations.append(("asked", ""))
        journal.commit(batch)
        recording.contents.append(content(journal))
        recording.operations.append(("answered", ""))
        if number % (commits // 4 or 1) == commits // 5:
            journal.close()
            journal = _opened(disk)
    journal.close()
    return recording


def _opened(disk):
    journal = opened(disk)
    # A recording is short, and must have checkpoints.
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
            settings = rng.choice(OPENINGS)
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
        entry, messages = live.take(event, f"e{live.seq}" if rng.random() < 0.7 else None, self._at)
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


def images(recording, count, rng):
    """Yields disks after power cuts, in the order of the recording.

    Args:
        recording: the recording.
        count: the number of cuts, spread over all operations and all kinds of cuts.
        rng: the source of their positions.

    Yields:
        The position and the kind of the cut, the disk, and the contents that its journal may have.
    """
    operations = recording.operations
    cuts = sorted((rng.randrange(len(operations) + 1), rng.randrange(len(CUTS)))
                  for _ in range(count))  # fmt: skip
    disk, asked, answered = Disk(), 0, 0
    at = 0
    for position, kind in cuts:
        while at < position:
            operation, name, *args = operations[at]
            asked += operation == "asked"
            answered += operation == "answered"
            _replay(disk, operation, name, args)
            at += 1
        allowed = recording.contents[answered : asked + 1]
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


def check(where, disk, allowed):
    """Opens the journal that a power cut left.

    Raises:
        WrongError: it does not open, is corrupt, or has too little or too much.
    """
    try:
        with opened(disk) as journal:
            errors, held = journal.integrity_errors(), content(journal)
    except Exception as error:
        raise WrongError(f"{where}: {type(error).__name__}: {error}") from error
    if errors:
        raise WrongError(f"{where}: {errors[0]}")
    if held not in allowed:
        raise WrongError(f"{where}: it does not have what was answered, or has more than was asked")
