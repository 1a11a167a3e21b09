"""Reading a journal: the entries and messages of meetings, and accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import apsw
import attrs
from attrs.validators import optional

from fsm.recording import Account
from fsm.recording.validators import instance_of
from fsm.runtime import answers, codec
from fsm.runtime.entries import SELECT_ENTRIES, JournalEntry, check_row, decode_entry
from fsm.runtime.errors import CorruptMeetingError
from fsm.runtime.file_access import one_line
from fsm.runtime.journal_file import JournalFile
from fsm.runtime.recorder import OutboxMessage
from fsm.runtime.rules_version import RulesVersion

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


@attrs.frozen
class RecordedAnswer:
    """One event with its answer as it is recorded.

    Args:
        entry: the event, with the outcome.
        answer: the text of the answer.
        presence: the change of the participants; ``None`` if there was none.
        rules: the rules under which the answer was given; ``None`` if they are not recorded.
    """

    entry: JournalEntry
    answer: str
    presence: str | None
    rules: RulesVersion | None


class JournalReader(JournalFile):
    """The reading half of :class:`~fsm.runtime.Journal`; its methods block."""

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
        if not is_writable(id):
            return None
        with self._errors("read"), self._errors_of(id):
            keys = self._rows("SELECT key FROM meetings WHERE id = ?", (id,))
            if not keys:
                return None
            return self._entries(
                id,
                "WHERE meeting = ? AND seq > ? ORDER BY seq LIMIT ?",
                (keys[0][0], min(after, _MAX_INTEGER), min(limit, _MAX_INTEGER)),
            )

    def _entries(self, id: str, where: str, values: Sequence[Any]) -> list[JournalEntry]:  # noqa: A002
        return [decode_entry(id, row) for row in self._rows(f"{SELECT_ENTRIES} {where}", values)]

    def recorded_answers(
        self,
        id: str,  # noqa: A002
        upto: int = _MAX_INTEGER,
    ) -> Iterator[RecordedAnswer]:
        """Yields the answers of a meeting as they are recorded, in order.

        Args:
            id: the meeting's id.
            upto: the number of the last entry.

        Raises:
            CorruptMeetingError: a row is corrupt or missing.
            JournalError: the file cannot be read.
        """
        with self._errors("read"), self._errors_of(id):
            rules = {
                key: RulesVersion(release, fingerprint)
                for key, release, fingerprint, _ in self._db.execute("SELECT * FROM rules")
            }
            rows = self._rows(
                f"{SELECT_ENTRIES} WHERE meeting = (SELECT key FROM meetings WHERE id = ?) "
                "AND seq <= ? ORDER BY seq",
                (id, upto),
            )
            presence_checksum = 0
            for number, row in enumerate(rows, 1):
                entry = decode_entry(id, row)
                answer, row_checksum, presence, rules_key = row[5:]
                if entry.seq != number:
                    raise ValueError(f"event {number} is missing")
                if presence is not None:
                    presence_checksum = answers.presence_checksum(presence, presence_checksum)
                state = answers.state_checksum(presence_checksum, answer)
                if state != answers.state_part(row_checksum):
                    raise ValueError(f"event {number} has a wrong change of the participants")
                yield RecordedAnswer(entry, answer, presence, rules.get(rules_key))

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

    def outbox(self, id: str, *, delivered_only: bool = False) -> list[OutboxMessage]:  # noqa: A002
        """Returns the messages of a meeting to its recorder, in order.

        Args:
            id: the meeting's id.
            delivered_only: whether to leave out those that the recorder has not applied.

        Raises:
            CorruptMeetingError: a message is corrupt.
            JournalError: the file cannot be read.
        """
        with self._errors("read"), self._errors_of(id):
            return self._outbox(id, "result = 'delivered'" if delivered_only else "TRUE")

    def _outbox(self, id: str, where: str) -> list[OutboxMessage]:  # noqa: A002
        rows = self._rows(
            "SELECT meeting, sequence, recording, expected_sequence, command, result, checksum "
            "FROM outbox "
            f"WHERE meeting = (SELECT key FROM meetings WHERE id = ?) AND {where} "
            "ORDER BY sequence",
            (id,),
        )
        messages = []
        for *row, result, checksum in rows:
            _, sequence, recording, expected_sequence, command = row
            check_row(
                f"message {sequence}", answers.message_checksum(*row, result=result), checksum
            )
            messages.append(
                OutboxMessage(
                    id, recording, sequence, expected_sequence, codec.load_command(command)
                )
            )
        return messages

    def accounts(self, ids: Iterable[str] | None = None) -> dict[str, tuple[Account, int]]:
        """Returns accounts by their ids, each with the number of its last change.

        Args:
            ids: the ids; ``None`` for all accounts.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._errors("read"):
            select = (
                "SELECT id, account, checksum, "
                "(SELECT coalesce(max(seq), 0) FROM changes WHERE account = a.id) FROM accounts a"
            )
            if ids is None:
                rows = self._rows(select)
            else:
                rows = [row for id_ in ids for row in self._rows(f"{select} WHERE id = ?", (id_,))]
            accounts = {}
            for id_, text, checksum, seq in rows:
                check_row(f"account {id_!r}", answers.row_checksum(id_, text), checksum)
                accounts[id_] = codec.load(text, Account), seq
            return accounts

    def row_errors(self) -> list[str]:
        """Checks all rows that belong to no meeting, and returns the errors.

        Raises:
            JournalError: the file cannot be read.
        """
        errors = []
        with self._errors("read"):
            for name, columns, table in (
                ("account", "id, account", "accounts"),
                ("a change of account", "account, seq, at, change, answer", "changes"),
                ("version of the rules", "key, release, fingerprint", "rules"),
            ):
                for *row, checksum in self._db.execute(f"SELECT {columns}, checksum FROM {table}"):
                    try:
                        check_row(f"{name} {row[0]!r}", answers.row_checksum(*row), checksum)
                    except ValueError as error:
                        errors.append(str(error))
        return errors

    def rules_of_opening(self, id: str) -> RulesVersion | None:  # noqa: A002
        """Returns the rules under which a meeting was opened, ``None`` if they are not recorded.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._errors("read"):
            rows = self._rows(
                "SELECT r.release, r.fingerprint FROM meetings m JOIN rules r ON r.key = m.rules "
                "WHERE m.id = ?",
                (id,),
            )
        return RulesVersion(*rows[0]) if rows else None

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

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Makes all reads of the block see the same moment, even if another connection writes.

        A block inside another sees the moment of that one.

        Raises:
            JournalError: the file cannot be read.
        """
        if self._db.in_transaction:
            yield
            return
        with self._errors("read"):
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                if self._db.in_transaction:
                    self._db.execute("COMMIT")

    # -- helpers --------------------------------------------------------------------------------

    def _rows(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
        # All rows at once: an error in one of them must not leave the statement open, because the
        # connection would then go on reading the file as it was at that moment.
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


def is_writable(id: str) -> bool:  # noqa: A002
    """Returns whether an id can be in a journal at all."""
    # An argument of the command line may contain bytes that are not valid text.
    return not any("\ud800" <= letter <= "\udfff" for letter in id)
