"""The journal: what happened, in one SQLite file.

Written by one thread; every method blocks. A commit is durable when it returns: the file is
in WAL mode with ``synchronous=FULL``. What is not in the file did not happen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import apsw
import attrs
from attrs.validators import optional
from filelock import FileLock, Timeout

from fsm.recording import Account, Meeting, StopRecorder
from fsm.recording.validators import a
from fsm.recording.words import StopReason
from fsm.runtime import codec
from fsm.runtime.batch import Batch
from fsm.runtime.entry import Entry
from fsm.runtime.errors import JournalError, JournalFileError, UnreadableError
from fsm.runtime.live import LiveMeeting
from fsm.runtime.recorder import Order
from fsm.runtime.schema import APPLICATION_ID, COLUMNS, MIGRATIONS, WRITING

# One row for each meeting with all that happened in it: many rows take three times as long, and
# so does one value after another of the same rows.
_LIVE = """
    SELECT m.number, m.id, m.opened_at, m.opening, m.plan, m.closed_at,
        (SELECT max(seq) || ' [' || group_concat(event, ',') || ']'
            FROM (SELECT seq, event FROM events WHERE meeting = m.number ORDER BY seq)),
        (SELECT max(number) || ' ' || max(recording) || ' ' || (count(*) - count(result))
            FROM orders WHERE meeting = m.number),
        (SELECT command FROM orders WHERE meeting = m.number
            AND command NOT GLOB '{"command":"start"*'
            AND command NOT GLOB '{"command":"pause"*'
            AND command NOT GLOB '{"command":"resume"*'
            ORDER BY number DESC LIMIT 1)
    FROM meetings m
"""
_MOST_LETTERS = 300
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

    id: str = attrs.field(validator=a(str))
    opened_at: int = attrs.field(validator=a(int))
    closed_at: int | None = attrs.field(validator=optional(a(int)))
    events: int = attrs.field(validator=a(int))


class Journal:
    """An open journal file.

    Args:
        file: the path of the file; it is created where there is none.
        vfs: the name of the SQLite file system to use.
        exclusive: keep the file to this one connection, as a file system without shared
            memory needs it.
        readonly: only read, and create nothing.
        lock: keep other services away from the file.

    Raises:
        JournalFileError: the file cannot be used as a journal.
    """

    def __init__(
        self,
        file: str | Path,
        *,
        vfs: str | None = None,
        exclusive: bool = False,
        readonly: bool = False,
        lock: bool = False,
    ) -> None:
        self.file = str(file)
        self._vfs = vfs
        self._exclusive = exclusive
        # One file may have many names, as links have.
        real = _real(self.file)
        self._lock = FileLock(f"{real}.lock", thread_local=False) if lock else None
        # Where SQLite has its own file system the names need not be those of the machine.
        self._kept = (Path(real), Path(f"{real}-wal")) if vfs is None and not readonly else ()
        self._there: list[tuple[int, int]] = []
        if self._lock is not None:
            # The lock would make them, and a slip of the pen or a disk that is not there would
            # go unnoticed.
            folder = Path(real).parent
            if not folder.is_dir():
                raise JournalFileError(f"{self.file}: there is no directory {str(folder)!r}")
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                if not Path(self._lock.lock_file).exists():
                    raise JournalFileError(
                        f"{self.file}: nothing can be written beside it (name another file)"
                    ) from None
                raise JournalFileError(
                    f"{self.file}: another service has it open "
                    "(stop that one, or name another file)"
                ) from None
            except OSError as error:
                raise JournalFileError(f"{self.file}: cannot be locked: {error.strerror}") from None
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        try:
            self._db = apsw.Connection(
                self.file, apsw.SQLITE_OPEN_READONLY if readonly else flags, vfs
            )
        except (apsw.Error, UnicodeEncodeError) as error:
            self._unlock()
            raise JournalFileError(f"{self.file}: cannot be opened: {_line(error)}") from None
        try:
            self._prepare(exclusive, readonly)
        except BaseException:
            self.close()
            raise

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def reader(self) -> Journal:
        """Return the journal for reading beside a writer; this one, where it is kept exclusive."""
        if self._exclusive:
            return self
        return Journal(self.file, vfs=self._vfs, readonly=True)

    def _prepare(self, exclusive: bool, readonly: bool) -> None:
        try:
            self._db.set_busy_timeout(5_000)
            if exclusive:
                self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            version = self._checked_version()
            self._db.execute("PRAGMA temp_store = MEMORY")
            self._db.execute(WRITING)
            if readonly:
                if version == 0:
                    raise JournalFileError(f"{self.file}: it is empty (name a journal)")
                if version < len(MIGRATIONS):
                    raise JournalFileError(
                        f"{self.file}: it was written by an older version (schema {version}; "
                        "start the service on it once, and it is brought up to date)"
                    )
                return
            [(mode,)] = self._db.execute("PRAGMA journal_mode = WAL")
            if mode != "wal":
                raise JournalFileError(
                    f"{self.file}: the file system cannot hold it in WAL mode (put it on another)"
                )
            self._db.execute("PRAGMA synchronous = FULL")
            # Also of a file that is up to date: a process that was killed may have left what is
            # not on the disk yet, and a commit puts it there before anybody reads it.
            self._migrate()
            self._there = [_identity(each) for each in self._kept]
        except apsw.NotADBError:
            raise JournalFileError(f"{self.file}: it is no journal (name another file)") from None
        except (apsw.Error, OSError) as error:
            raise JournalFileError(f"{self.file}: cannot be used: {_line(error)}") from None

    def _checked_version(self) -> int:
        [(mark,)] = self._db.execute("PRAGMA application_id")
        [(version,)] = self._db.execute("PRAGMA user_version")
        [(tables,)] = self._db.execute("SELECT count(*) FROM sqlite_schema")
        if (mark, version, tables) == (0, 0, 0):
            return 0
        if mark != APPLICATION_ID:
            raise JournalFileError(
                f"{self.file}: it belongs to another program (name another file)"
            )
        if not 0 <= version <= len(MIGRATIONS):
            raise JournalFileError(
                f"{self.file}: it was written by a newer version "
                f"(schema {version}; this one knows up to {len(MIGRATIONS)})"
            )
        return int(version)

    def _migrate(self) -> None:
        # Looked at again under the lock: another process may have been quicker.
        with self._transaction():
            for number in range(self._checked_version(), len(MIGRATIONS)):
                self._db.execute(MIGRATIONS[number])
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Nothing is lost without it."""
        # A disk that fails now leaves more to do for the next opening, and nothing else.
        with suppress(apsw.Error):
            self._db.close(True)
        self._unlock()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except JournalError:
            raise
        except Exception as error:
            # From a damaged file SQLite may return anything, so anything may come of it.
            raise JournalError(f"{self.file}: cannot be {doing}: {_line(error)}") from error

    def check_there(self) -> None:
        """Look whether the file is still where it was when it was opened.

        SQLite goes on writing to a file that has no name any more, which nobody finds again.

        Raises:
            JournalError: it was removed or replaced.
        """
        try:
            if [_identity(each) for each in self._kept] == self._there:
                return
        except OSError:
            pass
        raise JournalError(
            f"{self.file}: it was removed or replaced while it was open "
            "(stop the service, and put the file back)"
        )

    def commit(self, batch: Batch) -> None:
        """Write a batch, all of it or nothing, and wait until it is on the disk.

        Raises:
            JournalError: it could not be written; the file is as it was.
        """
        with self._told("written"):
            if len(batch) <= _MOST_ROWS:
                self._write(batch.values)
                return
            with self._transaction():
                for first in range(0, len(batch.values), _MOST_ROWS * COLUMNS):
                    self._write(batch.values[first : first + _MOST_ROWS * COLUMNS])

    def _write(self, values: list[Any]) -> None:
        rows = _room_for(len(values) // COLUMNS)
        missing = rows * COLUMNS - len(values)
        # Rows of nothing are written nowhere.
        self._db.execute(_writing(rows), (*values, *repeat(None, missing)))

    def attempt(self) -> None:
        """Write something that changes nothing, and wait until it is on the disk.

        Raises:
            JournalError: it could not be written.
        """
        self.check_there()
        with self._told("written"), self._transaction():
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def next_number(self) -> int:
        """Return the first number that no meeting has.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._told("read"):
            [(highest,)] = self._db.execute("SELECT max(number) FROM meetings")
        return (highest or 0) + 1

    def load(self, id: str) -> LiveMeeting | None:  # noqa: A002
        """Bring a meeting back by handling its events again; ``None`` where there is none.

        Raises:
            UnreadableError: what the file holds is no meeting.
            JournalError: the file cannot be read.
        """
        if not _can_be_written(id):
            return None
        with self._told("read"):
            return next(self._load("m.id = ?", (id,)), None)

    def load_open(self) -> Iterator[LiveMeeting]:
        """Bring back every meeting that is not closed.

        Raises:
            JournalError: the file cannot be read, or what it holds is no meeting.
        """
        with self._told("read"):
            yield from self._load("m.closed_at IS NULL", ())

    def load_all(self) -> Iterator[LiveMeeting]:
        """Bring back every meeting there is, as they all stood at one moment.

        What is read before the last of them was taken is of that moment as well.

        Raises:
            JournalError: the file cannot be read, or what it holds is no meeting.
        """
        with self._told("read"):
            self._db.execute("BEGIN")
            try:
                yield from self._load("TRUE", ())
            finally:
                if self._db.in_transaction:
                    self._db.execute("COMMIT")

    def _load(self, where: str, given: tuple[Any, ...]) -> Iterator[LiveMeeting]:
        for row in self._db.execute(f"{_LIVE} WHERE {where} ORDER BY m.number", given):
            number, id_, opened_at, opening, plan, closed_at, events, orders, stopped = row
            try:
                meeting = Meeting(codec.load_plan(plan))
                live = LiveMeeting(id_, number, opened_at, codec.load_opening(opening), meeting)
                live.closed = closed_at is not None
                if events is not None:
                    seq, _, texts = events.partition(" ")
                    live.seq = int(seq)
                    happened = codec.load_events(texts)
                    if len(happened) != live.seq:
                        raise ValueError(f"{len(happened)} events, and the last is number {seq}")
                    meeting.replay(happened)
                if orders is not None:
                    live.ordered, live.recording, pending = map(int, orders.split())
                    live.last_stop = _reason(stopped)
                    if pending:
                        live.pending = tuple(self._orders(id_, "x.result IS NULL"))
            except apsw.Error:
                raise
            except Exception as error:
                raise self._unreadable(id_, error) from error
            yield live

    def _orders(self, id: str, where: str) -> Iterator[Order]:  # noqa: A002
        rows = self._db.execute(
            "SELECT x.recording, x.number, x.since, x.command FROM meetings m "
            f"JOIN orders x ON x.meeting = m.number WHERE m.id = ? AND {where} ORDER BY x.number",
            (id,),
        )
        for recording, number, since, command in rows:
            yield Order(id, recording, number, since, codec.load_command(command))

    def _unreadable(self, meeting: str, error: Exception) -> UnreadableError:
        return UnreadableError(f"{self.file}: meeting {meeting!r} cannot be read: {_line(error)}")

    def load_ids(self, live: LiveMeeting) -> None:
        """Bring back what a meeting answered to events whose senders gave them an id.

        Raises:
            UnreadableError: what the file holds is no answer.
            JournalError: the file cannot be read.
        """
        with self._told("read"):
            rows = self._db.execute(
                "SELECT seq, id, at, event, answer FROM events "
                "WHERE meeting = ? AND id IS NOT NULL",
                (live.number,),
            )
            try:
                live.by_id = {row[1]: _entry(live.id, *row) for row in rows}
            except apsw.Error:
                raise
            except Exception as error:
                raise self._unreadable(live.id, error) from error

    def history(self, id: str, after: int = 0, limit: int = 1000) -> list[Entry] | None:  # noqa: A002
        """Return entries of a meeting; ``None`` where there is no such meeting.

        Args:
            id: the meeting's id.
            after: the number of the last entry that is not wanted.
            limit: how many at most.

        Raises:
            JournalError: the file cannot be read.
        """
        if not _can_be_written(id):
            return None
        with self._told("read"):
            found = self._db.execute("SELECT number FROM meetings WHERE id = ?", (id,)).fetchall()
            if not found:
                return None
            rows = self._db.execute(
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
            rows = self._db.execute(
                "SELECT id, opened_at, closed_at, "
                "(SELECT coalesce(max(seq), 0) FROM events WHERE meeting = m.number) "
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
            old = self._db.execute(
                "SELECT number FROM meetings WHERE closed_at < ? LIMIT ?", (before, limit)
            ).fetchall()
            for table, key in (
                ("events", "meeting"),
                ("orders", "meeting"),
                ("meetings", "number"),
            ):
                self._db.executemany(f"DELETE FROM {table} WHERE {key} = ?", old)
        return len(old)

    def accounts(self) -> dict[str, tuple[Account, int]]:
        """Return every account by its id, with the number of the last change of its console.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._told("read"):
            rows = self._db.execute(
                "SELECT id, account, "
                "(SELECT coalesce(max(seq), 0) FROM changes WHERE account = a.id) FROM accounts a"
            )
            return {id_: (codec.load(text, Account), seq) for id_, text, seq in rows}

    def orders(self, id: str) -> list[Order]:  # noqa: A002
        """Return every order there ever was for a meeting, in order.

        Raises:
            JournalError: the file cannot be read, or what it holds is no order.
        """
        with self._told("read"):
            return list(self._orders(id, "TRUE"))

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
                for table, number in (("events", "seq"), ("orders", "number"))
                for (count,) in self._db.execute(
                    f"SELECT count(*) FROM {table} WHERE {number} < 1 "
                    "OR meeting NOT IN (SELECT number FROM meetings)"
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


def _entry(meeting: str, seq: int, id: str | None, at: int, event: str, answer: str) -> Entry:  # noqa: A002
    return Entry(meeting, seq, id, at, codec.load_event(event), codec.load_outcome(answer))


def _room_for(rows: int) -> int:
    # Few sizes, so that SQLite need not prepare each statement anew.
    return 1 << (rows - 1).bit_length()


@cache
def _writing(rows: int) -> str:
    row = f"({', '.join('?' * COLUMNS)})"
    return f"INSERT INTO writing VALUES {', '.join([row] * rows)}"


def _line(error: Exception) -> str:
    # Of a damaged file SQLite tells with whole statements.
    return " ".join(str(error).split())[:_MOST_LETTERS]


def _real(file: str) -> str:
    try:
        return os.path.realpath(file)
    except ValueError:
        # No file can have this name, which is told when it is opened.
        return file


def _identity(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_dev, found.st_ino


def _can_be_written(id: str) -> bool:  # noqa: A002
    # The arguments of a command may hold bytes that are no text.
    return not any("\ud800" <= letter <= "\udfff" for letter in id)
