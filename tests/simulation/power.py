"""Power cuts at every write of one load: what is left opens, and holds what was answered.

The load is real, on a real journal. What it does to the disk is recorded, and played again up
to each of those operations; there the power is cut.
"""

from __future__ import annotations

import hashlib
import random

import attrs

from fsm.recording import Account, End, Join, Leave, Meeting, Pause, Resume, Start
from fsm.recording.console import Actor, Disable, Enable
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
    """What one load did to the disk.

    Args:
        operations: what was done to which file, with ``asked`` and ``answered`` in between.
        contents: what the journal held after each commit, from the empty one on.
    """

    operations: list[tuple] = attrs.field(factory=list)
    contents: list[str] = attrs.field(factory=list)

    def count(self, what, ending=""):
        """How often something was done to files with that ending."""
        return sum(op[0] == what and op[1].endswith(ending) for op in self.operations)


def content(journal):
    """All that a journal holds, in short."""
    digest = hashlib.blake2b(digest_size=16)
    for table in _TABLES:
        columns = [row[1] for row in journal._db.execute(f"PRAGMA table_info({table})")]
        row = " || '|' || ".join(f"quote({each})" for each in columns)
        # Made one text by SQLite, which is quicker than rows.
        for (text,) in journal._db.execute(f"SELECT group_concat({row}, ';') FROM {table}"):
            digest.update(f"{table}: {text}".encode())
    return digest.hexdigest()


def recorded(commits=400, seed=1):
    """Run a load and record it.

    Args:
        commits: how many commits it makes.
        seed: what it does.
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
    # A recording is short, and the file must be brought up to date meanwhile.
    journal.checkpoint_after = 200
    return journal


class _Load:
    """Meetings that open, run and end, some events in each commit."""

    def __init__(self, rng):
        self._rng = rng
        self._live = []
        self._next = 1
        self._at = 1_000
        self._accounts = Accounts({})

    def batch(self):
        batch, rng = Batch(), self._rng
        if len(self._live) < 8:
            opening = rng.choice(OPENINGS)
            meeting = Meeting(opening.resolve().plan)
            live = LiveMeeting(f"m{self._next}", self._next, self._at, opening, meeting, by_id={})
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
        rng, one = self._rng, self._rng.choice(("ann", "bob", "cid"))
        self._at += rng.randrange(1000)
        live = rng.choice(self._live)
        event = rng.choice(
            [Join(one, "host", "windows", "5.0"), Leave(one), Start(one, "cloud"), Pause(one),
             Resume(one), Join(one + "x" * rng.randrange(300), "member", "web")]
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
    """Yield disks after power cuts, in the order of the recording.

    Args:
        recording: what was done.
        count: how many; spread over all operations and all kinds of cuts.
        rng: which.

    Yields:
        Where and how the power was cut, the disk, and what the journal on it may hold.
    """
    operations = recording.operations
    cuts = sorted((rng.randrange(len(operations) + 1), rng.randrange(len(CUTS)))
                  for _ in range(count))  # fmt: skip
    disk, asked, answered = Disk(), 0, 0
    at = 0
    for position, kind in cuts:
        while at < position:
            what, name, *parts = operations[at]
            asked += what == "asked"
            answered += what == "answered"
            _play(disk, what, name, parts)
            at += 1
        allowed = recording.contents[answered : asked + 1]
        yield f"operation {position}, {CUTS[kind]}", disk.cut(CUTS[kind], rng), allowed


def _play(disk, what, name, parts):
    if what == "write":
        disk.files.setdefault(name, File(lasts=False)).write(*parts)
    elif what == "truncate":
        disk.files[name].truncate(*parts)
    elif what == "sync":
        disk.sync(name)
    elif what == "delete":
        disk.delete(name, *parts)


def check(where, disk, allowed):
    """Open what a power cut left.

    Raises:
        WrongError: it does not open, is damaged, or holds too little or too much.
    """
    try:
        with opened(disk) as journal:
            damage, held = journal.integrity_errors(), content(journal)
    except Exception as error:
        raise WrongError(f"{where}: {type(error).__name__}: {error}") from error
    if damage:
        raise WrongError(f"{where}: {damage[0]}")
    if held not in allowed:
        raise WrongError(f"{where}: it does not hold what was answered, or more than was asked")
