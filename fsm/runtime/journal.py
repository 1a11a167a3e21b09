"""The journal: what happened, in one SQLite file.

Written by one thread; every method blocks. A commit is durable when it returns: the file is
in WAL mode with ``synchronous=FULL``. What is not in the file did not happen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import repeat
from typing import Any

import apsw
import attrs
from attrs.validators import optional

from fsm.recording import Account, Meeting, StopRecorder
from fsm.recording.validators import instance_of
from fsm.recording.vocabulary import StopReason
from fsm.runtime import codec
from fsm.runtime.batch import Batch
from fsm.runtime.entry import JournalEntry
from fsm.runtime.errors import CorruptMeetingError
from fsm.runtime.journal_file import JournalFile, line
from fsm.runtime.live import LiveMeeting
from fsm.runtime.recorder import OutboxMessage
from fsm.runtime.schema import COLUMNS, MIGRATIONS

# One row for each meeting with all that happened in it: many rows take three times as long, and
# so does one value after another of the same rows.
_LIVE = """
    SELECT m.key, m.id, m.opened_at, m.opening, m.plan, m.closed_at,
        (SELECT min(seq) || ' ' || max(seq) || ' [' || group_concat(event, ',') || ']'
            FROM (SELECT seq, event FROM events WHERE meeting = m.key ORDER BY seq)),
        (SELECT min(sequence) || ' ' || max(sequence) || ' ' || max(recording)
                || ' ' || (count(*) - count(result))
            FROM outbox WHERE meeting = m.key),
        (SELECT command FROM outbox WHERE meeting = m.key
            AND command NOT GLOB '{"command":"start"*'
            AND command NOT GLOB '{"command":"pause"*'
            AND command NOT GLOB '{"command":"resume"*'
            ORDER BY sequence DESC LIMIT 1)
    FROM meetings m
"""
_MOST_ROWS = 2048
"""How many rows one statement takes; SQLite takes as many values as 32,766."""


@attrs.frozen
class Summary:
    """One line of the list of meetings.

    Args:
        id: the meeting's id.
        opened_at: when it opened, in milliseconds since 1970.
        closed_at: when it was over and its recorder told everything; ``None`` before.
        events: how many events it has had.
    """

    id: str = attrs.field(validator=instance_of(str))
    opened_at: int = attrs.field(validator=instance_of(int))
    closed_at: int | None = attrs.field(validator=optional(instance_of(int)))
    events: int = attrs.field(validator=instance_of(int))


class Journal(JournalFile):
    """An open journal; it is opened as its :class:`~fsm.runtime.journal_file.JournalFile` is."""

    def commit(self, batch: Batch) -> None:
        """Write a batch, all of it or nothing, and wait until it is on the disk.

        Raises:
            JournalError: it could not be written; the file is as it was.
        """
        with self._told("written"):
            if len(batch) <= _MOST_ROWS:
                self._write(batch.values)
            else:
                with self._transaction():
                    for first in range(0, len(batch.values), _MOST_ROWS * COLUMNS):
                        self._write(batch.values[first : first + _MOST_ROWS * COLUMNS])
        self._checkpoint_if_due()

    def _write(self, values: list[Any]) -> None:
        rows = _room_for(len(values) // COLUMNS)
        missing = rows * COLUMNS - len(values)
        # Rows of nothing are written nowhere.
        self._db.execute(_writing(rows), (*values, *repeat(None, missing)))

    def probe(self) -> None:
        """Write something that changes nothing, and wait until it is on the disk.

        Raises:
            JournalError: it could not be written.
        """
        self.check_there()
        with self._told("written"), self._transaction():
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def next_key(self) -> int:
        """Return the first number that no meeting has.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._told("read"):
            [(highest,)] = self._db.execute("SELECT max(key) FROM meetings")
        return (highest or 0) + 1

    def load(self, id: str) -> LiveMeeting | None:  # noqa: A002
        """Bring a meeting back by handling its events again; ``None`` where there is none.

        Raises:
            CorruptMeetingError: what the file holds is no meeting.
            JournalError: the file cannot be read.
        """
        if not _can_be_written(id):
            return None
        with self._told("read"), self._read_of(id):
            rows = self._rows(f"{_LIVE} WHERE m.id = ?", (id,))
            return self._live(rows[0]) if rows else None

    def load_open(self) -> Iterator[LiveMeeting]:
        """Bring back every meeting that is not closed.

        Raises:
            JournalError: the file cannot be read, or what it holds is no meeting.
        """
        with self._told("read"):
            yield from self._load("m.closed_at IS NULL")

    def load_all(self) -> Iterator[LiveMeeting]:
        """Bring back every meeting there is, as they all stood at one moment.

        What is read before the last of them was taken is of that moment as well.

        Raises:
            JournalError: the file cannot be read, or what it holds is no meeting.
        """
        with self.at_one_moment():
            yield from self._load("TRUE")

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Have all that is read in the block be as it stood at one moment, whoever writes.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._told("read"):
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                if self._db.in_transaction:
                    self._db.execute("COMMIT")

    def _load(self, where: str) -> Iterator[LiveMeeting]:
        for row in self._db.execute(f"{_LIVE} WHERE {where} ORDER BY m.key"):
            try:
                live = self._live(row)
            except apsw.Error:
                raise
            except Exception as error:
                raise self._unreadable(row[1], error) from error
            yield live

    def _live(self, row: Sequence[Any]) -> LiveMeeting:
        key, id_, opened_at, opening, plan, closed_at, events, messages, stopped = row
        meeting = Meeting(codec.load_plan(plan))
        live = LiveMeeting(id_, key, opened_at, codec.load_opening(opening), meeting)
        live.closed = closed_at is not None
        if events is not None:
            first, last, texts = events.split(" ", 2)
            live.seq = int(last)
            happened = codec.load_events(texts)
            if int(first) != 1 or len(happened) != live.seq:
                raise ValueError(f"{len(happened)} events are numbered {first} to {last}")
            meeting.replay(happened)
        if messages is not None:
            lowest, live.last_sequence, live.recording, pending = map(int, messages.split())
            if lowest < 1:
                raise ValueError(f"an order has the number {lowest}")
            live.last_stop = _reason(stopped)
            if pending:
                live.pending = tuple(self._outbox(id_, "result IS NULL"))
        return live

    def _outbox(self, id: str, where: str) -> list[OutboxMessage]:  # noqa: A002
        rows = self._rows(
            "SELECT recording, sequence, expected_sequence, command FROM outbox "
            f"WHERE meeting = (SELECT key FROM meetings WHERE id = ?) AND {where} "
            "ORDER BY sequence",
            (id,),
        )
        return [
            OutboxMessage(id, recording, sequence, expected_sequence, codec.load_command(command))
            for recording, sequence, expected_sequence, command in rows
        ]

    def _rows(self, statement: str, given: Sequence[Any] = ()) -> list[Any]:
        # All of them at once: whatever is wrong with one, none is left to be read, which would
        # keep the connection at what it saw then.
        return list(self._db.execute(statement, given))

    @contextmanager
    def _read_of(self, meeting: str) -> Iterator[None]:
        try:
            yield
        except apsw.Error:
            raise
        except Exception as error:
            raise self._unreadable(meeting, error) from error

    def _unreadable(self, meeting: str, error: Exception) -> CorruptMeetingError:
        return CorruptMeetingError(
            f"{self.file}: meeting {meeting!r} cannot be read: {line(error)}"
        )

    def load_ids(self, live: LiveMeeting) -> None:
        """Bring back what a meeting answered to events whose senders gave them an id.

        Raises:
            CorruptMeetingError: what the file holds is no answer.
            JournalError: the file cannot be read.
        """
        with self._told("read"), self._read_of(live.id):
            rows = self._rows(
                "SELECT seq, id, at, event, answer FROM events "
                "WHERE meeting = ? AND id IS NOT NULL",
                (live.key,),
            )
            live.by_id = {row[1]: _entry(live.id, *row) for row in rows}

    def history(self, id: str, after: int = 0, limit: int = 1000) -> list[JournalEntry] | None:  # noqa: A002
        """Return entries of a meeting; ``None`` where there is no such meeting.

        Args:
            id: the meeting's id.
            after: the number of the last entry that is not wanted.
            limit: how many at most.

        Raises:
            CorruptMeetingError: what the file holds is no entry.
            JournalError: the file cannot be read.
        """
        if not _can_be_written(id):
            return None
        with self._told("read"), self._read_of(id):
            found = self._rows("SELECT key FROM meetings WHERE id = ?", (id,))
            if not found:
                return None
            rows = self._rows(
                "SELECT seq, id, at, event, answer FROM events "
                "WHERE meeting = ? AND seq > ? ORDER BY seq LIMIT ?",
                (found[0][0], after, limit),
            )
            return [_entry(id, *row) for row in rows]

    def meetings(self, after: str = "", limit: int = 1000) -> list[Summary]:
        """Return the meetings in the order of their ids.

        Args:
            after: the id of the last one that is not wanted.
            limit: how many at most.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._told("read"):
            rows = self._rows(
                "SELECT id, opened_at, closed_at, "
                "(SELECT coalesce(max(seq), 0) FROM events WHERE meeting = m.key) "
                "FROM meetings m WHERE id > ? ORDER BY id LIMIT ?",
                (after, limit),
            )
            return [Summary(*row) for row in rows]

    def prune(self, before: int, limit: int = 100) -> int:
        """Forget meetings that closed before a time, some of them at once.

        Args:
            before: the time, in milliseconds since 1970.
            limit: how many at most, so that a writer need not wait long.

        Returns:
            How many were forgotten.

        Raises:
            JournalError: the file cannot be written.
        """
        with self._told("written"), self._transaction():
            old = self._rows(
                "SELECT key FROM meetings WHERE closed_at < ? LIMIT ?", (before, limit)
            )
            for table, key in (
                ("events", "meeting"),
                ("outbox", "meeting"),
                ("meetings", "key"),
            ):
                self._db.executemany(f"DELETE FROM {table} WHERE {key} = ?", old)
        self._checkpoint_if_due()
        return len(old)

    def accounts(self) -> dict[str, tuple[Account, int]]:
        """Return every account by its id, with the number of the last change of its console.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._told("read"):
            rows = self._rows(
                "SELECT id, account, "
                "(SELECT coalesce(max(seq), 0) FROM changes WHERE account = a.id) FROM accounts a"
            )
            return {id_: (codec.load(text, Account), seq) for id_, text, seq in rows}

    def outbox(self, id: str) -> list[OutboxMessage]:  # noqa: A002
        """Return every order there ever was for a meeting, in order.

        Raises:
            CorruptMeetingError: what the file holds is no order.
            JournalError: the file cannot be read.
        """
        with self._told("read"), self._read_of(id):
            return self._outbox(id, "TRUE")

    def damage(self) -> list[str]:
        """Let SQLite check the whole file, and return what it finds.

        Raises:
            JournalError: the file cannot be read at all.
        """
        with self._told("read"):
            found = [text for (text,) in self._db.execute("PRAGMA integrity_check")]
            if found != ["ok"]:
                return found
            strays = {
                table: count
                for table, sequence in (("events", "seq"), ("outbox", "sequence"))
                for (count,) in self._db.execute(
                    f"SELECT count(*) FROM {table} WHERE {sequence} < 1 "
                    "OR meeting NOT IN (SELECT key FROM meetings)"
                )
            }
        return [f"{count} {table} belong nowhere" for table, count in strays.items() if count]


def _reason(command: str | None) -> StopReason | None:
    if command is None:
        return None
    stopped = codec.load_command(command)
    if not isinstance(stopped, StopRecorder):
        raise TypeError(f"it was stopped by a {stopped.command}")
    return stopped.reason


def _entry(
    meeting: str, seq: int, id: str | None, at: int, event: str, answer: str
) -> JournalEntry:
    return JournalEntry(meeting, seq, id, at, codec.load_event(event), codec.load_outcome(answer))


def _room_for(rows: int) -> int:
    # Few sizes, so that SQLite need not prepare each statement anew.
    return 1 << (rows - 1).bit_length()


@cache
def _writing(rows: int) -> str:
    row = f"({', '.join('?' * COLUMNS)})"
    return f"INSERT INTO writing VALUES {', '.join([row] * rows)}"


def _can_be_written(id: str) -> bool:  # noqa: A002
    # The arguments of a command may hold bytes that are no text.
    return not any("\ud800" <= letter <= "\udfff" for letter in id)
