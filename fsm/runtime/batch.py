"""What one commit writes, and what follows in memory once it has been written, or has not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fsm.recording import Account
from fsm.runtime import codec
from fsm.runtime.entry import JournalEntry
from fsm.runtime.live import LiveMeeting
from fsm.runtime.recorder import OutboxMessage
from fsm.runtime.schema import COLUMNS


class Batch:
    """What one commit writes.

    Args:
        forget: drops a meeting from memory, so that it is brought back from the journal.
        wake: tells those who watch meetings that something happened to them.
    """

    def __init__(
        self,
        forget: Callable[[str], object] = lambda _: None,
        wake: Callable[[Iterable[str]], object] = lambda _: None,
    ) -> None:
        # One flat list, of which the garbage collector need not look at every row.
        self.values: list[Any] = []
        # The one before it, where that is not yet known to be written.
        self.stands_on: Batch | None = None
        self.is_written = False
        self._forget = forget
        self._wake = wake
        # Like a set, but in order: what follows must not depend on how texts are hashed.
        self._touched: dict[str, None] = {}
        self._undo: list[Callable[[], object]] = []
        self._then: list[Callable[[], object]] = []

    def __len__(self) -> int:
        return len(self.values) // COLUMNS

    def touched(self, meeting: str) -> None:
        """Note that a meeting in memory is no longer as it is in the journal."""
        self._touched[meeting] = None

    def if_not_written(self, undo: Callable[[], object]) -> None:
        """Have something called where the batch cannot be written."""
        self._undo.append(undo)

    def when_written(self, then: Callable[[], object]) -> None:
        """Have something called once the batch is on the disk, before anybody is answered."""
        self._then.append(then)

    def written(self) -> None:
        """Do what was to be done once the batch is on the disk."""
        for then in self._then:
            then()
        self._wake(self._touched)

    def take_back(self) -> None:
        """Undo in memory what could not be written, the last first."""
        for undo in reversed(self._undo):
            undo()
        for meeting in self._touched:
            self._forget(meeting)

    def opened(self, live: LiveMeeting) -> None:
        """Add a meeting that opens."""
        opening, plan = codec.dump(live.opening), codec.dump(live.meeting.plan)
        self.values += ("opened", live.key, live.id, live.opened_at, opening, plan, None)

    def took(self, live: LiveMeeting, entry: JournalEntry, text: str) -> None:
        """Add an event, as text, with its answer."""
        answer = codec.dump_outcome(entry.outcome)
        self.values += ("event", live.key, entry.seq, entry.id, entry.at, text, answer)

    def add_message(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Add an order to the outbox."""
        command = codec.dump_command(message.command)
        sequence, recording, expected_sequence = (
            message.sequence,
            message.recording,
            message.expected_sequence,
        )
        self.values += ("message", live.key, sequence, recording, expected_sequence, command, None)

    def done(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Note that the recorder has taken an order."""
        self.values += ("result", live.key, message.sequence, "done", None, None, None)

    def void(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Note that an order is not to be sent any more."""
        self.values += ("result", live.key, message.sequence, "void", None, None, None)

    def closed(self, live: LiveMeeting, at: int) -> None:
        """Note that a meeting is over and its recorder has been told everything."""
        self.values += ("closed", live.key, at, None, None, None, None)

    def account(self, id: str, account: Account) -> None:  # noqa: A002
        """Add an account, or put another in its place."""
        self.values += ("account", id, codec.dump(account), None, None, None, None)

    def change(self, account: str, seq: int, at: int, change: str, answer: str) -> None:
        """Add a change of a console that was asked for, with its answer."""
        self.values += ("change", account, seq, at, change, answer, None)
