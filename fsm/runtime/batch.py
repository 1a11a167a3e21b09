"""One commit as data: the rows to write, and what follows in memory."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Final

from fsm.recording import Account
from fsm.runtime import answers, codec
from fsm.runtime.entries import JournalEntry
from fsm.runtime.live import FiringTimes, LiveMeeting
from fsm.runtime.recorder import OutboxMessage
from fsm.runtime.schema import COLUMNS

_NOTHING: Final = (None,) * (COLUMNS - 1)


class Batch:
    """The rows of one commit, and its consequences.

    Args:
        delivering: the ids of meetings for which a delivery or a check is under way.

    Attributes:
        arrived: the time of the event loop's clock at which the request came that is applied now,
            in milliseconds. Only timers that were due by then come before its event: while it
            waited for a slow commit, a grace may have run out in which somebody did come back.
        values: the rows, one after another.
        dirty: meetings that differ from the journal until the commit succeeds, each with its new
            entries. If it fails, they are dropped from memory and come back from the journal.
        dirty_accounts: accounts that differ from the journal, as with meetings.
        deliveries: pending messages of meetings, to be delivered after the commit; with a flag
            that says whether there are new ones among them that must not wait.
        checks: meetings whose recorder is to be asked for its status after the commit.
        alarms: meetings whose alarms are set after the commit.
        replaced_firings: the firing times of meetings before the batch. If the commit fails, they
            count again.
        lateness: the milliseconds by which each timer that fires is late.
        refused_firings: the number of timers whose firing the rules refused for the first time.
        closed: meetings to drop from memory after the commit.
    """

    def __init__(self, delivering: Container[str] = ()) -> None:
        self.delivering = delivering
        self.arrived = 0
        # One flat list is a single object for the garbage collector, whatever its length.
        self.values: list[Any] = []
        # Dictionaries and not sets: the order must not depend on how strings are hashed.
        self.dirty: dict[str, list[JournalEntry]] = {}
        self.dirty_accounts: dict[str, None] = {}
        self.deliveries: dict[str, tuple[tuple[OutboxMessage, ...], bool]] = {}
        self.checks: dict[str, None] = {}
        self.alarms: dict[str, None] = {}
        self.replaced_firings: dict[str, FiringTimes] = {}
        self.lateness: list[int] = []
        self.refused_firings = 0
        self.closed: list[str] = []

    def __len__(self) -> int:
        return len(self.values) // COLUMNS

    # -- consequences ---------------------------------------------------------------------------

    def mark_dirty(self, meeting: str) -> None:
        """Marks a meeting as changed in memory."""
        self.dirty.setdefault(meeting, [])

    def mark_account_dirty(self, account: str) -> None:
        """Marks an account as changed in memory."""
        self.dirty_accounts[account] = None

    def deliver(
        self, meeting: str, messages: tuple[OutboxMessage, ...], *, new: bool = False
    ) -> None:
        """Schedules all that is pending for a meeting.

        Args:
            meeting: the meeting's id.
            messages: its pending messages.
            new: whether some of them are new. These interrupt a status check, and the interval
                after a correction that had no effect.
        """
        _, also_new = self.deliveries.get(meeting, ((), False))
        self.deliveries[meeting] = messages, new or also_new

    def check(self, meeting: str) -> None:
        """Schedules a check of the recorder of a meeting."""
        self.checks[meeting] = None

    # -- rows -----------------------------------------------------------------------------------

    def open_meeting(self, live: LiveMeeting) -> None:
        """Adds a new meeting."""
        settings, plan = codec.dump(live.settings), codec.dump(live.meeting.plan)
        row = (live.key, live.id, live.opened_at, settings, plan, live.account_id)
        self.values += ("meeting", *row, answers.meeting_checksum(*row), None)

    def open_again(self, live: LiveMeeting) -> None:
        """Refuses the commit if a meeting that is in memory was pruned: nobody had joined it."""
        self.mark_dirty(live.id)
        self.values += ("opened again", live.key, *_NOTHING[:7])

    def add_entry(self, live: LiveMeeting, entry: JournalEntry, text: str) -> None:
        """Adds a journal entry.

        Args:
            live: the meeting, which is marked as changed.
            entry: the entry.
            text: its event as text.
        """
        self.dirty.setdefault(live.id, []).append(entry)
        meeting = live.meeting
        answer = answers.answer_of(meeting, entry.outcome, live.due)
        presence = answers.dump_presence(entry.event, entry.outcome, meeting.present)
        if presence is not None:
            live.presence_checksum = answers.presence_checksum(presence, live.presence_checksum)
        assert entry.seq is not None, "an entry that is kept has a number"
        state = answers.state_checksum(live.presence_checksum, answer)
        row = (live.key, entry.seq, entry.id, entry.at, text, answer)
        self.values += ("event", *row, presence, answers.entry_checksum(state, *row))

    def add_message(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Adds a message to the outbox."""
        command = codec.dump_command(message.command)
        row = (
            live.key, message.sequence, message.recording, message.expected_sequence, command
        )  # fmt: skip
        self.values += ("message", *row, answers.message_checksum(*row), None, None)

    def mark_delivered(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Marks a message of the outbox as acknowledged by the recorder."""
        self._set_result(live, message, "delivered")

    def cancel_message(self, live: LiveMeeting, message: OutboxMessage) -> None:
        """Marks a message of the outbox as not to be delivered any more."""
        self._set_result(live, message, "cancelled")

    def _set_result(self, live: LiveMeeting, message: OutboxMessage, result: str) -> None:
        checksum = answers.column_checksum("result", result)
        self.values += ("result", live.key, message.sequence, result, checksum, *_NOTHING[:4])

    def close_meeting(self, live: LiveMeeting, at: int) -> None:
        """Marks a meeting as over, with nothing left to do for its recorder."""
        checksum = answers.column_checksum("closed_at", at)
        self.values += ("closed", live.key, at, checksum, *_NOTHING[:5])
        self.closed.append(live.id)

    def put_account(self, id: str, account: Account) -> None:  # noqa: A002
        """Adds an account, or replaces it."""
        row = (id, codec.dump(account))
        self.values += ("account", *row, answers.row_checksum(*row), *_NOTHING[:5])

    def add_change(self, account: str, seq: int, at: int, change: str, answer: str) -> None:
        """Adds a requested change of a console, with the answer to it."""
        row = (account, seq, at, change, answer)
        self.values += ("change", *row, answers.row_checksum(*row), None, None)
