"""The journal: all meetings and accounts, in one SQLite file.

Its methods block, and one thread writes. A commit is durable when it returns: the file is in WAL
mode with ``synchronous=FULL``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from fsm.runtime.errors import CorruptMeetingError
from fsm.runtime.file_access import one_line
from fsm.runtime.journal_file import JournalFile
from fsm.runtime.live import JournalEntry, LiveMeeting
from fsm.runtime.recorder import OutboxMessage
from fsm.runtime.schema import COLUMNS

# One row for each meeting, with all its events: rows of single events take much longer to read, and
# so do separate statements for the events and the messages.
_SELECT_LIVE = """
    SELECT m.key, m.id, m.opened_at, m.settings, m.plan, m.account, m.closed_at,
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
_SELECT_ENTRIES = "SELECT seq, id, at, event, answer FROM events"
# A clock that was wrong at the end must not make a meeting look old. Events after the end do not
# count, or those that are sent for ever would keep it for ever.
_SELECT_OLD = """
    SELECT key FROM meetings m
    WHERE closed_at < :before AND opened_at < :before AND NOT EXISTS (
        SELECT 1 FROM events WHERE meeting = m.key AND at >= :before
            AND answer NOT GLOB '*"refused":"meeting_ended"*')
    LIMIT :limit
"""
_MAX_ROWS = 2048
"""The number of rows in one statement; SQLite allows 32,766 values."""
_MAX_INTEGER = 2**63 - 1
"""The highest integer of SQLite."""


@attrs.frozen
class Summary:
    """One line of the list of meetings.

    Args:
        id: the meeting's id.
        opened_at: the time of its opening, in milliseconds since 1970.
        closed_at: the time when it was over and nothing was left to do for its recorder; ``None``
            before that.
        events: the number of its events.
    """

    id: str = attrs.field(validator=instance_of(str))
    opened_at: int = attrs.field(validator=instance_of(int))
    closed_at: int | None = attrs.field(validator=optional(instance_of(int)))
    events: int = attrs.field(validator=instance_of(int))


class Journal(JournalFile):
    """An open journal; for the arguments see :class:`~fsm.runtime.journal_file.JournalFile`."""

    _data_version = 0

    # -- writing --------------------------------------------------------------------------------

    def commit(self, batch: Batch) -> None:
        """Writes a batch, completely or not at all, and waits until it is on the disk.

        Raises:
            JournalError: the batch could not be written; the file is as it was.
        """
        with self._errors("written"):
            if len(batch) <= _MAX_ROWS:
                self._write(batch.values)
            else:
                with self._transaction():
                    for first in range(0, len(batch.values), _MAX_ROWS * COLUMNS):
                        self._write(batch.values[first : first + _MAX_ROWS * COLUMNS])
        self._checkpoint_if_due()

    def _write(self, values: list[Any]) -> None:
        rows = _statement_size(len(values) // COLUMNS)
        missing = rows * COLUMNS - len(values)
        # No trigger takes rows of NULL.
        self._db.execute(_insert(rows), (*values, *repeat(None, missing)))

    def probe(self) -> None:
        """Commits a change that leaves everything as it is, to test whether commits succeed.

        Raises:
            JournalError: they do not.
        """
        self.check_in_place()
        with self._errors("written"), self._transaction():
            self._write_version()

    def prune(self, before: int, limit: int = 100) -> int:
        """Deletes meetings that closed before a time, and have no later entry.

        Args:
            before: the time, in milliseconds since 1970.
            limit: the largest number of meetings, so that a writer need not wait for long.

        Returns:
            The number of meetings deleted.

        Raises:
            JournalError: the file cannot be written.
        """
        with self._errors("written"), self._transaction():
            keys = self._rows(_SELECT_OLD, {"before": before, "limit": limit})
            for table, column in (
                ("events", "meeting"),
                ("outbox", "meeting"),
                ("meetings", "key"),
            ):
                self._db.executemany(f"DELETE FROM {table} WHERE {column} = ?", keys)
        self._checkpoint_if_due()
        return len(keys)

    # -- loading meetings -----------------------------------------------------------------------

    def next_key(self) -> int:
        """Returns the first key that no meeting has, and no row of a meeting that was pruned.

        Such rows exist if the meeting was pruned while an event was written to it.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._errors("read"):
            [keys] = self._db.execute(
                "SELECT (SELECT max(key) FROM meetings), (SELECT max(meeting) FROM events), "
                "(SELECT max(meeting) FROM outbox)"
            )
        return max(key or 0 for key in keys) + 1

    def was_changed_by_others(self) -> bool:
        """Returns whether another connection has changed the file since the last call.

        Raises:
            JournalError: the file cannot be read.
        """
        before = self._data_version
        with self._errors("read"):
            [(self._data_version,)] = self._db.execute("PRAGMA data_version")
        return self._data_version != before

    def load(self, id: str) -> LiveMeeting | None:  # noqa: A002
        """Loads a meeting by replaying its events; ``None`` if there is no such meeting.

        Raises:
            CorruptMeetingError: the rows of the meeting are corrupt.
            JournalError: the file cannot be read.
        """
        if not _is_writable(id):
            return None
        with self._errors("read"), self._errors_of(id):
            rows = self._rows(f"{_SELECT_LIVE} WHERE m.id = ?", (id,))
            return self._live(rows[0]) if rows else None

    def load_open(self) -> Iterator[LiveMeeting]:
        """Loads all meetings that are not closed.

        Raises:
            CorruptMeetingError: the rows of a meeting are corrupt.
            JournalError: the file cannot be read.
        """
        with self._errors("read"):
            yield from self._load("m.closed_at IS NULL")

    def load_all(self) -> Iterator[LiveMeeting]:
        """Loads all meetings, as they were at one moment.

        Other reads during the iteration see the same moment.

        Raises:
            CorruptMeetingError: the rows of a meeting are corrupt.
            JournalError: the file cannot be read.
        """
        with self.at_one_moment():
            yield from self._load("TRUE")

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Makes all reads of the block see the same moment, even if another connection writes.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._errors("read"):
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                if self._db.in_transaction:
                    self._db.execute("COMMIT")

    def _load(self, where: str) -> Iterator[LiveMeeting]:
        for row in self._db.execute(f"{_SELECT_LIVE} WHERE {where} ORDER BY m.key"):
            # The same as `_errors_of`, which takes longer, and there may be many meetings.
            try:
                live = self._live(row)
            except apsw.Error:
                raise
            except Exception as error:
                raise self._corrupt(row[1], error) from error
            yield live

    def _live(self, row: Sequence[Any]) -> LiveMeeting:
        key, id_, opened_at, settings, plan, account, closed_at, events, messages, stop = row
        meeting = Meeting(codec.load_plan(plan))
        live = LiveMeeting(id_, key, opened_at, codec.load_settings(settings), meeting, account)
        live.closed = closed_at is not None
        if events is not None:
            first, last, texts = events.split(" ", 2)
            live.seq = int(last)
            replay = codec.load_events(texts)
            if int(first) != 1 or len(replay) != live.seq:
                raise ValueError(f"{len(replay)} events are numbered {first} to {last}")
            meeting.replay(replay)
        if messages is not None:
            lowest, live.last_sequence, live.recording, pending = map(int, messages.split())
            if lowest < 1:
                raise ValueError(f"a message of the outbox has the sequence {lowest}")
            live.last_stop = _stop_reason(stop)
            if pending:
                live.pending = tuple(self._outbox(id_, "result IS NULL"))
        return live

    def load_ids(self, live: LiveMeeting) -> None:
        """Loads the entries of a meeting's events whose senders gave them an id.

        Raises:
            CorruptMeetingError: an entry is corrupt.
            JournalError: the file cannot be read.
        """
        with self._errors("read"), self._errors_of(live.id):
            rows = self._rows(
                f"{_SELECT_ENTRIES} WHERE meeting = ? AND id IS NOT NULL", (live.key,)
            )
            live.by_id = {row[1]: _entry(live.id, *row) for row in rows}

    # -- reading --------------------------------------------------------------------------------

    def history(
        self,
        id: str,  # noqa: A002
        after: int = 0,
        limit: int = 1000,
    ) -> list[JournalEntry] | None:
        """Returns the entries of a meeting, in order; ``None`` if there is no such meeting.

        Args:
            id: the meeting's id.
            after: only entries with a higher number are returned.
            limit: the maximum number of entries.

        Raises:
            CorruptMeetingError: an entry is corrupt.
            JournalError: the file cannot be read.
        """
        if not _is_writable(id):
            return None
        with self._errors("read"), self._errors_of(id):
            keys = self._rows("SELECT key FROM meetings WHERE id = ?", (id,))
            if not keys:
                return None
            rows = self._rows(
                f"{_SELECT_ENTRIES} WHERE meeting = ? AND seq > ? ORDER BY seq LIMIT ?",
                (keys[0][0], min(after, _MAX_INTEGER), min(limit, _MAX_INTEGER)),
            )
            return [_entry(id, *row) for row in rows]

    def meetings(self, after: str = "", limit: int = 1000) -> list[Summary]:
        """Returns the meetings in the order of their ids.

        Args:
            after: only meetings with a higher id are returned.
            limit: the maximum number of meetings.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._errors("read"):
            rows = self._rows(
                "SELECT id, opened_at, closed_at, "
                "(SELECT coalesce(max(seq), 0) FROM events WHERE meeting = m.key) "
                "FROM meetings m WHERE id > ? ORDER BY id LIMIT ?",
                (after, min(limit, _MAX_INTEGER)),
            )
            return [Summary(*row) for row in rows]

    def outbox(self, id: str) -> list[OutboxMessage]:  # noqa: A002
        """Returns all messages of a meeting to its recorder, in order.

        Raises:
            CorruptMeetingError: a message is corrupt.
            JournalError: the file cannot be read.
        """
        with self._errors("read"), self._errors_of(id):
            return self._outbox(id, "TRUE")

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

    def accounts(self) -> dict[str, tuple[Account, int]]:
        """Returns the accounts by their ids, each with the number of its last change.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._errors("read"):
            rows = self._rows(
                "SELECT id, account, "
                "(SELECT coalesce(max(seq), 0) FROM changes WHERE account = a.id) FROM accounts a"
            )
            return {id_: (codec.load(text, Account), seq) for id_, text, seq in rows}

    def integrity_errors(self) -> list[str]:
        """Checks the structure of the whole file, and returns the errors.

        Raises:
            JournalError: the file cannot be read at all.
        """
        with self._errors("read"):
            errors = [text for (text,) in self._db.execute("PRAGMA integrity_check")]
            if errors != ["ok"]:
                return errors
            orphans = {
                table: count
                for table, sequence in (("events", "seq"), ("outbox", "sequence"))
                for (count,) in self._db.execute(
                    f"SELECT count(*) FROM {table} WHERE {sequence} < 1 "
                    "OR meeting NOT IN (SELECT key FROM meetings)"
                )
            }
        return [
            f"table {table!r}: {count} without a meeting or with an invalid sequence number"
            for table, count in orphans.items()
            if count
        ]

    # -- helpers --------------------------------------------------------------------------------

    def _rows(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
        # All rows at once: an error in one of them must not leave the statement open, since the
        # connection would go on to see the file as it was then.
        return list(self._db.execute(statement, values))

    @contextmanager
    def _errors_of(self, meeting: str) -> Iterator[None]:
        """Turns errors in the values of a meeting's rows into :class:`CorruptMeetingError`."""
        try:
            yield
        except apsw.Error:
            raise
        except Exception as error:
            raise self._corrupt(meeting, error) from error

    def _corrupt(self, meeting: str, error: Exception) -> CorruptMeetingError:
        return CorruptMeetingError(
            f"{self.file}: meeting {meeting!r} cannot be read: {one_line(error)}"
        )


def _stop_reason(command: str | None) -> StopReason | None:
    if command is None:
        return None
    stop = codec.load_command(command)
    if not isinstance(stop, StopRecorder):
        raise TypeError(f"{stop.command!r} is not a command that stops a recording")
    return stop.reason


def _entry(
    meeting: str,
    seq: int,
    id: str | None,  # noqa: A002
    at: int,
    event: str,
    answer: str,
) -> JournalEntry:
    return JournalEntry(meeting, seq, id, at, codec.load_event(event), codec.load_outcome(answer))


def _statement_size(rows: int) -> int:
    # A power of two: SQLite caches the prepared statements of these few sizes.
    return 1 << (rows - 1).bit_length()


@cache
def _insert(rows: int) -> str:
    row = f"({', '.join('?' * COLUMNS)})"
    return f"INSERT INTO write_view VALUES {', '.join([row] * rows)}"


def _is_writable(id: str) -> bool:  # noqa: A002
    # An argument of the command line may contain bytes that are not valid text.
    return not any("\ud800" <= letter <= "\udfff" for letter in id)
