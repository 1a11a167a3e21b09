"""A journal whose meetings are moved to a cluster, or come from one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from secrets import token_hex
from typing import Final

import attrs

from fsm.recording import Account, StartRecorder, StopRecorder
from fsm.runtime import answers, codec
from fsm.runtime.entries import SELECT_ENTRIES, check_row, decode_entry
from fsm.runtime.errors import JournalFileError
from fsm.runtime.journal import Journal
from fsm.runtime.recorder import OutboxMessage
from fsm.runtime.restate.move_calls import StoredChange
from fsm.runtime.restate.state import (
    Opening,
    Outbox,
    StoredEntry,
    outbox_value,
    raw,
    text,
)
from fsm.runtime.schema import MOVE_NAME, MOVED_FROM, MOVED_TO

_OTHER: Final = {MOVED_TO: MOVED_FROM, MOVED_FROM: MOVED_TO}


@attrs.frozen
class MovedMeeting:
    """A meeting on its way.

    Args:
        id: its id.
        opening: its settings and its plan.
        closed_at: the time when it was closed; ``None`` if it is not.
        outbox: the messages for its recorder.
        entries: its entries.
    """

    id: str
    opening: Opening
    closed_at: int | None
    outbox: Outbox
    entries: Sequence[StoredEntry]


class MovingJournal(Journal):
    """An open journal during a move; no service may have it open. Its methods block."""

    def _check_place(self) -> None:
        """Does nothing: the move is what a service must wait for."""

    @property
    def name(self) -> str:
        """The name of the file in a cluster. It stays if the file gets another path."""
        name = self._property(MOVE_NAME)
        assert name is not None, "a move has begun"
        return name

    @property
    def earlier_name(self) -> str | None:
        """The name of the file in a cluster; ``None`` before its first move."""
        return self._property(MOVE_NAME)

    @property
    def is_moving(self) -> bool:
        """True if a move has begun; it may be repeated."""
        return any(self._property(name) is not None for name in _OTHER)

    def begin(self, name: str, cluster: str) -> None:
        """Notes that a move begins, so that no service answers from this file meanwhile.

        Args:
            name: the property, :data:`MOVED_TO` or :data:`MOVED_FROM`.
            cluster: the address of the cluster.

        Raises:
            JournalFileError: the meetings are on another way, or a journal to which they are to
                be moved has meetings already.
            JournalError: the file cannot be read or written.
        """
        with self._errors("written"), self._transaction():
            if (other := self._property(_OTHER[name])) is not None:
                way = "to" if name == MOVED_FROM else "from"
                raise JournalFileError(
                    f"{self.file}: its meetings are on their way {way} the cluster at {other} "
                    "(name another file)"
                )
            if self._property(MOVE_NAME) is None:
                self._set_property(MOVE_NAME, f"the journal {self._path} ({token_hex(8)})")
            known = self._property(name)
            if known == cluster:
                return
            if known is not None:
                way = "from" if name == MOVED_FROM else "to"
                raise JournalFileError(
                    f"{self.file}: its meetings are on their way {way} the cluster at {known}, or "
                    "were moved (name that cluster)"
                )
            if name == MOVED_FROM and self._rows(
                "SELECT 1 FROM meetings UNION ALL SELECT 1 FROM accounts LIMIT 1"
            ):
                raise JournalFileError(
                    f"{self.file}: it has meetings or accounts already (name a new file)"
                )
            self._set_property(name, cluster)

    def _set_property(self, name: str, value: str) -> None:
        self._db.execute("INSERT INTO properties VALUES (?, ?)", (name, value))

    def finish(self) -> None:
        """Notes that all meetings of the cluster are in this file.

        Raises:
            JournalError: the file cannot be written.
        """
        with self._errors("written"), self._transaction():
            self._db.execute("DELETE FROM properties WHERE name = ?", (MOVED_FROM,))

    # -- to a cluster ---------------------------------------------------------------------------

    def moved_meeting(self, id: str) -> MovedMeeting:  # noqa: A002
        """Returns a meeting with all its entries.

        Raises:
            CorruptMeetingError: its rows are corrupt.
            JournalError: the file cannot be read.
        """
        with self.at_one_moment(), self._errors("read"), self._errors_of(id):
            live = self.load(id)
            assert live is not None, "it is in the list of meetings"
            live.acknowledged = live.acknowledged or bool(live.pending)
            rules = {
                key: f"{release} {fingerprint}"
                for key, release, fingerprint, _ in self._rows("SELECT * FROM rules")
            }
            [(settings, plan, rules_key, closed_at)] = self._rows(
                "SELECT settings, plan, rules, closed_at FROM meetings WHERE key = ?", (live.key,)
            )
            entries = []
            rows = self._rows(f"{SELECT_ENTRIES} WHERE meeting = ? ORDER BY seq", (live.key,))
            for row in rows:
                decode_entry(id, row)  # checks the row
                _, seq, event_id, at, event, answer, _, presence, by = row
                entries.append(
                    StoredEntry(
                        seq, event_id, at, raw(event), raw(answer), presence, rules.get(by, "")
                    )
                )
        opening = Opening(
            live.opened_at, raw(settings), raw(plan), live.account_id, rules.get(rules_key, "")
        )
        outbox = outbox_value(live, checking=False, retrying=None)
        return MovedMeeting(id, opening, closed_at, outbox, entries)

    def moved_account(self, id: str) -> tuple[Account, list[StoredChange]]:  # noqa: A002
        """Returns an account, with all changes of its console.

        Raises:
            JournalError: the file cannot be read, or a row is corrupt.
        """
        account, _ = self.accounts([id])[id]
        changes = []
        with self._errors("read"):
            for *row, checksum in self._rows(
                "SELECT account, seq, at, change, answer, checksum FROM changes "
                "WHERE account = ? ORDER BY seq", (id,),
            ):  # fmt: skip
                check_row(f"a change of account {id!r}", answers.row_checksum(*row), checksum)
                _, _, at, change, answer = row
                changes.append(StoredChange(at, raw(change), raw(answer)))
        return account, changes

    # -- from a cluster -------------------------------------------------------------------------

    def known_meetings(self) -> set[str]:
        """Returns the ids of all meetings in the file.

        Raises:
            JournalError: the file cannot be read.
        """
        with self._errors("read"):
            return {id_ for (id_,) in self._rows("SELECT id FROM meetings")}

    def add_account(self, id: str, account: Account, changes: Iterable[StoredChange]) -> None:  # noqa: A002
        """Adds an account, with all changes of its console, unless it is there.

        Raises:
            JournalError: the file cannot be written.
        """
        with self._errors("written"), self._transaction():
            if self._rows("SELECT 1 FROM accounts WHERE id = ?", (id,)):
                return
            row = (id, codec.dump(account))
            self._db.execute(
                "INSERT INTO accounts (id, account, checksum) VALUES (?, ?, ?)",
                (*row, answers.row_checksum(*row)),
            )
            for seq, each in enumerate(changes, 1):
                change = (id, seq, each.at, text(each.change), text(each.answer))
                self._db.execute(
                    "INSERT INTO changes (account, seq, at, change, answer, checksum) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (*change, answers.row_checksum(*change)),
                )

    def add_meetings(self, meetings: Iterable[MovedMeeting]) -> None:
        """Adds meetings with all their entries, all of them or none.

        Raises:
            JournalError: the file cannot be written.
        """
        with self._errors("written"), self._transaction():
            key = self.next_key()
            for key, meeting in enumerate(meetings, key):  # noqa: B020
                self._add_meeting(key, meeting)
        self._checkpoint_if_due()

    def _add_meeting(self, key: int, meeting: MovedMeeting) -> None:
        opening = meeting.opening
        row = (
            key, meeting.id, opening.opened_at, text(opening.settings), text(opening.plan),
            opening.account, self._key_of_rules(opening.rules), meeting.closed_at,
        )  # fmt: skip
        self._db.execute(
            "INSERT INTO meetings "
            "(key, id, opened_at, settings, plan, account, rules, closed_at, checksum) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, answers.meeting_checksum(*row)),
        )
        presence_checksum = 0
        for each in meeting.entries:
            assert each.seq is not None, "an entry that is kept has a number"
            if each.presence is not None:
                presence_checksum = answers.presence_checksum(each.presence, presence_checksum)
            answer, event = text(each.answer), text(each.event)
            state = answers.state_checksum(presence_checksum, answer)
            rules = self._key_of_rules(each.rules)
            checksum = answers.entry_checksum(
                state, key, each.seq, each.id, each.at, event, answer, rules
            )
            self._db.execute(
                "INSERT INTO events "
                "(meeting, seq, id, at, event, answer, present, rules, checksum) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (key, each.seq, each.id, each.at, event, answer, each.presence, rules, checksum),
            )
        for message, result in messages_of(meeting):
            command = codec.dump_command(message.command)
            values = (
                key, message.sequence, message.recording, message.expected_sequence, command
            )  # fmt: skip
            self._db.execute(
                "INSERT INTO outbox "
                "(meeting, sequence, recording, expected_sequence, command, result, checksum) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*values, result, answers.message_checksum(*values, result=result)),
            )

    def _key_of_rules(self, rules: str) -> int | None:
        if not rules:
            return None
        release, _, fingerprint = rules.partition(" ")
        key: int | None = self._db.execute(
            "SELECT key FROM rules WHERE release = ? AND fingerprint = ?", (release, fingerprint)
        ).get
        if key is None:
            key = int(self._db.execute("SELECT coalesce(max(key), 0) + 1 FROM rules").get)
            row = (key, release, fingerprint)
            self._db.execute(
                "INSERT INTO rules VALUES (?, ?, ?, ?)", (*row, answers.row_checksum(*row))
            )
        return key


def messages_of(meeting: MovedMeeting) -> list[tuple[OutboxMessage, str | None]]:
    """Returns the messages of a meeting from a cluster, each with its result.

    A cluster keeps the pending messages, and of the others the numbers that count. Those are made
    again from the commands of the entries. Corrections of the recorder among them are left out;
    where these came between, the others have other numbers than they had.
    """
    outbox = meeting.outbox
    pending = [each.for_meeting(meeting.id) for each in outbox.pending]
    commands = [
        command
        for each in meeting.entries
        for command in codec.load_outcome(text(each.answer)).recorder
    ]
    for message in reversed(pending):
        # A pending message that is not the last command of the entries is a correction.
        if commands and commands[-1] == message.command:
            commands.pop()
    first = max(
        (n for n, each in enumerate(commands) if isinstance(each, StartRecorder)),
        default=len(commands),
    )
    is_started = not pending or outbox.start_sequence < pending[0].sequence
    # Those before the last start have the lowest numbers, and those after it follow its number.
    sequences = [*range(1, first + 1)]
    start = outbox.start_sequence if is_started else first + 1
    sequences += range(start, start + len(commands) - first)
    last = outbox.last_sequence
    if not pending and last and last not in sequences:
        # The last one was a correction: of a command, or of a recording that none had started.
        sequences.append(last)
        commands.append(
            commands[-1] if commands else StopRecorder(outbox.last_stop or "meeting_ended")
        )
    result = "delivered" if outbox.acknowledged else "cancelled"
    messages: list[tuple[OutboxMessage, str | None]] = []
    before = recording = 0
    for number, (sequence, command) in enumerate(zip(sequences, commands, strict=True)):
        recording += isinstance(command, StartRecorder) and number <= first
        messages.append((OutboxMessage(meeting.id, recording, sequence, before, command), result))
        before = sequence
    return messages + [(each, None) for each in pending]
