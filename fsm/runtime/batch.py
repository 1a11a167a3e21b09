"""What one commit writes, and what follows in memory once it has been written, or has not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fsm.recording import Account
from fsm.runtime import codec
from fsm.runtime.entry import Entry
from fsm.runtime.live import LiveMeeting
from fsm.runtime.recorder import Order

_OPEN_MEETING = "INSERT INTO meetings (number, id, opened_at, opening, plan) VALUES (?, ?, ?, ?, ?)"
_EVENT = "INSERT INTO events (meeting, seq, id, at, event, answer) VALUES (?, ?, ?, ?, ?, ?)"
_ORDER = "INSERT INTO orders (meeting, number, recording, since, command) VALUES (?, ?, ?, ?, ?)"
_RESULT = "UPDATE orders SET result = ? WHERE meeting = ? AND number = ?"
_CLOSE = "UPDATE meetings SET closed_at = ? WHERE number = ?"
_ACCOUNT = "INSERT INTO accounts VALUES (?, ?) ON CONFLICT DO UPDATE SET account = excluded.account"
_CHANGE = "INSERT INTO changes (account, seq, at, change, answer) VALUES (?, ?, ?, ?, ?)"
_IN_ORDER = (_OPEN_MEETING, _EVENT, _ORDER, _RESULT, _CLOSE, _ACCOUNT, _CHANGE)


class Batch:
    """What one commit writes."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._undo: list[Callable[[], object]] = []
        self._then: list[Callable[[], object]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def _add(self, statement: str, *row: Any) -> None:
        self._count += 1
        self._rows.setdefault(statement, []).append(row)

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

    def take_back(self) -> None:
        """Undo in memory what could not be written, the last first."""
        for undo in reversed(self._undo):
            undo()

    @property
    def statements(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """Each statement with its rows, in the order in which they are written."""
        return ((each, self._rows[each]) for each in _IN_ORDER if each in self._rows)

    def opened(self, live: LiveMeeting) -> None:
        """Add a meeting that opens."""
        plan = codec.dump(live.meeting.plan)
        self._add(
            _OPEN_MEETING, live.number, live.id, live.opened_at, codec.dump(live.opening), plan
        )

    def took(self, live: LiveMeeting, entry: Entry, text: str) -> None:
        """Add an event, as text, with its answer."""
        self._add(
            _EVENT, live.number, entry.seq, entry.id, entry.at, text,
            codec.dump_outcome(entry.outcome),
        )  # fmt: skip

    def ordered(self, live: LiveMeeting, order: Order) -> None:
        """Add an order to the outbox."""
        command = codec.dump_command(order.command)
        self._add(_ORDER, live.number, order.number, order.recording, order.since, command)

    def done(self, live: LiveMeeting, order: Order) -> None:
        """Note that the recorder has taken an order."""
        self._add(_RESULT, "done", live.number, order.number)

    def void(self, live: LiveMeeting, order: Order) -> None:
        """Note that an order is not to be sent any more."""
        self._add(_RESULT, "void", live.number, order.number)

    def closed(self, live: LiveMeeting, at: int) -> None:
        """Note that a meeting is over and its recorder has been told everything."""
        self._add(_CLOSE, at, live.number)

    def account(self, id: str, account: Account) -> None:  # noqa: A002
        """Add an account, or put another in its place."""
        self._add(_ACCOUNT, id, codec.dump(account))

    def change(self, account: str, seq: int, at: int, change: str, answer: str) -> None:
        """Add a change of a console that was asked for, with its answer."""
        self._add(_CHANGE, account, seq, at, change, answer)
