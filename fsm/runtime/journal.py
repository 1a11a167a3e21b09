"""The journal: all meetings and accounts, in one SQLite file.

Its methods block, and one thread writes. A commit is durable when it returns: the file is in WAL
mode with ``synchronous=FULL``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from itertools import repeat
from typing import Any

import apsw

from fsm.recording import StopRecorder
from fsm.recording.timers import NOTHING_DUE
from fsm.recording.vocabulary import StopReason
from fsm.runtime import answers, codec
from fsm.runtime.batch import Batch
from fsm.runtime.entries import SELECT_ENTRIES
from fsm.runtime.errors import OtherRecorderError, PrunedError
from fsm.runtime.file_access import one_line
from fsm.runtime.journal_reader import JournalReader, is_writable
from fsm.runtime.live import LiveMeeting, RecordedMeeting
from fsm.runtime.schema import COLUMNS, STARTS

# Meetings are read in groups: reading and decoding in turns, row by row, takes a third longer. In
# groups of a thousand the rows are no longer in the processor's cache when they are decoded.
_SELECT_MEETINGS = """
    SELECT key, id, opened_at, settings, plan, account, rules, closed_at, checksum
    FROM meetings WHERE key > :after AND {where} ORDER BY key LIMIT 100
"""
# One row for each meeting: rows of single events take much longer to read. With a single `max`,
# SQLite takes the other columns from the row of the maximum: the last answer. It reads the changes
# of the participants by their index, in order: in another order they had another checksum.
_SELECT_ANSWERS = """
    SELECT meeting, count(*), sum(seq), group_concat(present, ','), max(seq), at, answer, checksum
    FROM events WHERE {where} GROUP BY meeting
"""
_SELECT_MESSAGES = """
    SELECT last.*, (
        SELECT min(sequence) FROM outbox
        WHERE meeting = last.meeting AND recording = last.recording)
    FROM (
        SELECT meeting, max(sequence), recording, command, count(*) FILTER (WHERE result IS NULL),
            count(*) FILTER (WHERE result = 'delivered')
        FROM outbox WHERE {where} GROUP BY meeting
    ) last
"""
_NO_MESSAGE = (None, 0, 0, None, 0, 0, 0)
_KEYS = "meeting IN (SELECT value FROM json_each(?))"
_RANGE = "meeting BETWEEN ? AND ?"
# All times count, so that a clock that was wrong at the end makes no meeting look old. Events after
# the end do not count: a sender that repeats them without end would keep the meeting without end.
_SELECT_OLD = """
    SELECT key FROM meetings m
    WHERE closed_at < :before AND opened_at < :before AND NOT EXISTS (
        SELECT 1 FROM events WHERE meeting = m.key AND at >= :before
            AND answer NOT GLOB '*"refused":"meeting_ended"*')
    UNION ALL
    SELECT key FROM meetings m
    WHERE closed_at IS NULL AND opened_at < :before AND NOT EXISTS (
        SELECT 1 FROM events WHERE meeting = m.key AND present IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE meeting = m.key AND result IS NULL)
    LIMIT :limit
"""
_MAX_ROWS = 2048
"""The number of rows in one statement; SQLite allows 32,766 values."""


class Journal(JournalReader):
    """An open journal; for the arguments see :class:`~fsm.runtime.journal_file.JournalFile`."""

    _data_version = 0

    # -- writing --------------------------------------------------------------------------------

    def commit(self, batch: Batch) -> None:
        """Writes a batch, completely or not at all, and waits until it is on the disk.

        Raises:
            PrunedError: a meeting of the batch was pruned; the file is as it was.
            JournalError: the batch could not be written; the file is as it was.
        """
        with self._errors("written"), _pruned_errors():
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
        # Rows of NULL fill the statement up: no trigger of the view writes those.
        self._db.execute(_insert(rows), (*values, *repeat(None, missing)))

    def probe(self) -> None:
        """Commits a change that leaves everything as it is, to test whether commits succeed.

        Raises:
            JournalError: the commit failed.
        """
        self.check_in_place()
        with self._errors("written"), self._transaction():
            self._write_version()

    def prune(self, before: int, limit: int = 100) -> int:
        """Deletes meetings that closed before a time, and have no later entry.

        Meetings that nobody ever joined have no end: they count from their opening (D15).

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

    def use_recorder(self, name: str | None, meetings: int, *, replaces: bool) -> None:
        """Notes the recorder that gets the commands from now on.

        Args:
            name: the recorder's name; ``None`` if there is no recorder.
            meetings: the number of open meetings that have had commands.
            replaces: whether it takes over the recordings of another recorder.

        Raises:
            OtherRecorderError: the commands of these meetings went to another recorder.
            JournalError: the file cannot be read or written.
        """
        with self._errors("written"):
            earlier = self._db.execute("SELECT value FROM properties WHERE name = 'recorder'").get
            if name == earlier:
                return
            if earlier is not None and meetings and (name is None or not replaces):
                now = "there is none now" if name is None else f"now it is {name!r}"
                raise OtherRecorderError(
                    f"{self.file}: the recorder {earlier!r} may still be recording for "
                    f"{meetings} open {'meeting' if meetings == 1 else 'meetings'}, and {now} "
                    "(use that one again, or another with --replaces-recorder; "
                    "in Python Hub(..., replaces_recorder=True))"
                )
            with self._transaction():
                self._db.execute("DELETE FROM properties WHERE name = 'recorder'")
                if name is not None:
                    self._db.execute("INSERT INTO properties VALUES ('recorder', ?)", (name,))

    def count_start(self) -> int:
        """Counts a start of a service with timers that begin anew.

        Returns:
            The number of starts since :meth:`forget_starts`, with this one.

        Raises:
            JournalError: the file cannot be read or written.
        """
        with self._errors("written"), self._transaction():
            count = int(self._property(STARTS) or 0) + 1
            self._db.execute(
                "INSERT OR REPLACE INTO properties VALUES (?, ?)", (STARTS, str(count))
            )
        return count

    def forget_starts(self) -> None:
        """Begins to count starts anew.

        Raises:
            JournalError: the file cannot be written.
        """
        with self._errors("written"), self._transaction():
            self._db.execute("DELETE FROM properties WHERE name = ?", (STARTS,))

    # -- loading meetings -----------------------------------------------------------------------

    def next_key(self) -> int:
        """Returns the first key that neither a meeting nor a row of a pruned meeting has.

        Earlier releases left such rows if a meeting was pruned while an event was written to it.

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
        """Loads a meeting from its recorded answers; ``None`` if there is no such meeting.

        Raises:
            CorruptMeetingError: the rows of the meeting are corrupt.
            JournalError: the file cannot be read.
        """
        if not is_writable(id):
            return None
        with self.at_one_moment(), self._errors_of(id):
            return next(self._load("id = :id", id=id), None)

    def load_open(self) -> Iterator[LiveMeeting]:
        """Loads all meetings that are not closed.

        Raises:
            CorruptMeetingError: the rows of a meeting are corrupt.
            JournalError: the file cannot be read.
        """
        with self.at_one_moment():
            yield from self._load("closed_at IS NULL")

    def load_all(self) -> Iterator[LiveMeeting]:
        """Loads all meetings, as they were at one moment.

        Other reads during the iteration see the same moment.

        Raises:
            CorruptMeetingError: the rows of a meeting are corrupt.
            JournalError: the file cannot be read.
        """
        with self.at_one_moment():
            yield from self._load("TRUE")

    def _load(self, where: str, **values: str) -> Iterator[LiveMeeting]:
        select = _SELECT_MEETINGS.format(where=where)
        last = -1
        while rows := self._rows(select, {**values, "after": last}):
            last = rows[-1][0]
            condition, keys = _condition([row[0] for row in rows])
            answer_of, message_of = (
                {row[0]: row for row in self._rows(each.format(where=condition), keys)}
                for each in (_SELECT_ANSWERS, _SELECT_MESSAGES)
            )
            for row in rows:
                key = row[0]
                # The same as `_errors_of`, which takes longer, and there may be many meetings.
                try:
                    live = self._live(row, answer_of.get(key), message_of.get(key))
                except apsw.Error:
                    raise
                except Exception as error:
                    raise self._corrupt(row[1], error) from error
                yield live

    def _live(
        self, row: Sequence[Any], last_answer: Sequence[Any] | None, message: Sequence[Any] | None
    ) -> LiveMeeting:
        key, id_, opened_at, settings, plan, account, _, closed_at, checksum = row
        if answers.meeting_checksum(*row[:-1]) != checksum:
            raise ValueError("its row has a wrong checksum: it was changed after it was written")
        seq = at = presence_checksum = 0
        answer, presence = None, ""
        if last_answer is not None:
            _, count, total, changes, seq, at, answer, entry_checksum = last_answer
            # `count` different numbers up to `count` have this sum only if none of them is missing.
            if (seq, total) != (count, seq * (seq + 1) // 2):
                raise ValueError(f"its {count} events are not numbered from 1 to {count}")
            if changes:
                presence = changes
                presence_checksum = answers.presence_checksum(presence)
            state = answers.state_checksum(presence_checksum, answer)
            if state != answers.state_part(entry_checksum):
                raise ValueError(
                    "its last answer, or a change of its participants, was changed after it was "
                    "written"
                )
        recorded = answers.recorded_state(answer)
        _, sequence, recording, command, pending, delivered, start = message or _NO_MESSAGE
        if message is not None and sequence < 1:
            raise ValueError(f"a message of the outbox has the sequence {sequence}")
        return LiveMeeting(
            id_, key, opened_at, codec.load_settings(settings),
            RecordedMeeting(codec.load_plan(plan), recorded, presence), account, seq,
            recording=recording,
            start_sequence=start if recording else 0,
            acknowledged=delivered > 0,
            last_sequence=sequence,
            pending=tuple(self._outbox(id_, "result IS NULL")) if pending else (),
            last_stop=_stop_reason(command),
            closed=closed_at is not None,
            presence_checksum=presence_checksum,
            last_at=at,
            due=recorded.due or NOTHING_DUE,
        )  # fmt: skip

    def load_ids(self, live: LiveMeeting) -> None:
        """Loads the rows of a meeting's events whose senders gave them an id.

        Raises:
            CorruptMeetingError: a row cannot be read.
            JournalError: the file cannot be read.
        """
        with self._errors("read"), self._errors_of(live.id):
            rows = self._rows(f"{SELECT_ENTRIES} WHERE meeting = ? AND id IS NOT NULL", (live.key,))
            live.by_id = {row[2]: row for row in rows}


def _condition(keys: list[int]) -> tuple[str, tuple[Any, ...]]:
    """Returns the condition for the rows of some meetings, with its values.

    Args:
        keys: their keys, in ascending order.
    """
    # The rows of a range are read faster than those of single keys. It may have rows of
    # other meetings as well, such as closed ones; where these are more, the keys are named.
    if keys[-1] - keys[0] < 2 * len(keys):
        return _RANGE, (keys[0], keys[-1])
    return _KEYS, (codec.dump(keys),)


@contextmanager
def _pruned_errors() -> Iterator[None]:
    try:
        yield
    except apsw.ConstraintError as error:
        # The triggers of the view for writing raise for no other reason.
        code: int = vars(error)["extendedresult"]  # not in the stubs of apsw
        if code == apsw.SQLITE_CONSTRAINT_TRIGGER:
            raise PrunedError(one_line(error)) from error
        raise


@lru_cache(maxsize=4096)
def _stop_reason(command: str | None) -> StopReason | None:
    """Returns the reason of a stop command; ``None`` for another command, or for none."""
    if command is None:
        return None
    stop = codec.load_command(command)
    return stop.reason if isinstance(stop, StopRecorder) else None


def _statement_size(rows: int) -> int:
    # A power of two: SQLite caches the prepared statements of these few sizes.
    return 1 << (rows - 1).bit_length()


@cache
def _insert(rows: int) -> str:
    row = f"({', '.join('?' * COLUMNS)})"
    return f"INSERT INTO write_view VALUES {', '.join([row] * rows)}"
