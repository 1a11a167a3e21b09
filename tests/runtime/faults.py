"""Single faults for the runtime: a line of the code, and what stands there instead.

A fault that no longer fits the code says so. It is put into the loaded classes; nothing on
the disk is changed.
"""

from __future__ import annotations

import inspect
import sys
import textwrap

from fsm.runtime import bookkeeper as bookkeeper_module
from fsm.runtime import hub as hub_module
from fsm.runtime.batch import Batch
from fsm.runtime.bookkeeper import Bookkeeper
from fsm.runtime.committer import Committer
from fsm.runtime.delivery import Delivery, _Line
from fsm.runtime.hub import Hub
from fsm.runtime.journal import Journal
from fsm.runtime.live import LiveMeeting
from fsm.runtime.meetings import Meetings

# By name: where (the class or module, and what of it), a piece of its source, and the other.
FAULTS = {
    # The answer and the disk.
    "answers before the commit": (
        Committer, "_begin",
        "        if not group.batch:\n",
        ("        _answer(group.requests)\n        group.requests = []\n"
        "        if not group.batch:\n")),
    "a failed commit is answered as good": (
        Committer, "_refused", "request.error = error", "pass"),
    "a failed commit stays in memory": (
        Committer, "_refused", "(*reversed(later), group)", "reversed(later)"),
    "what stood on a failed commit stays in memory": (
        Committer, "_refused", "(*reversed(later), group)", "(group,)"),
    "what stands on a failed commit is written": (
        Hub, "_write", "if before is not None and not before.is_written:", "if False:"),
    "what was read in a failed commit is answered": (
        Committer, "_refused",
        "        self._waiting.extendleft(reversed(again))\n        return refused",
        ("        self._waiting.extendleft(reversed(again[self._again :]))\n"
        "        self._again = 0\n        return requests")),
    "a reader does not wait for the commit": (
        Hub, "read", "return await self._ask(",
        ("if meeting in self._meetings.live:\n"
        "            return self._meetings.snapshot(None, meeting)\n"
        "        return await self._ask(")),
    "commits are not synced": (
        Journal, "_prepare_writing", "synchronous = FULL", "synchronous = OFF"),
    "commits are synced with a checkpoint only": (
        Journal, "_prepare_writing", "synchronous = FULL", "synchronous = NORMAL"),
    "what a killed process left is not synced": (
        Journal, "_prepare_writing", "        self._migrate()\n        self._checkpoint_if_due()",
        "        if self._checked_version() < len(MIGRATIONS):\n            self._migrate()"),
    "an event is not written": (
        Batch, "took", "        self.values +=", "        if entry.seq != 4: self.values +="),
    # What is in the journal, and what comes back from it.
    "orders in a transaction of their own": (
        Journal, "commit",
        "                self._write(batch.values)\n",
        ("                rows = [batch.values[each : each + COLUMNS]\n"
        "                        for each in range(0, len(batch.values), COLUMNS)]\n"
        "                for orders in (False, True):\n"
        '                    some = [row for row in rows if (row[0] == "order") is orders]\n'
        "                    if some:\n"
        "                        self._write([value for row in some for value in row])\n")),
    "an order counts as done before it is sent": (
        Batch, "last_sequence", "command, None)", 'command, None)\n        self.done(live, order)'),
    "orders that wait are forgotten at the start": (
        Journal, "_live", "if pending:", "if False:"),
    "orders are counted from the start again": (
        Journal, "_live", "lowest, live.last_sequence, live.recording, pending = map",
        "lowest, _, live.recording, pending = map"),
    "events are counted from the start again": (
        Journal, "_live", "meeting.replay(happened)",
        "live.seq = meeting.replay(happened) or 0"),
    "a number stands for two meetings": (
        Journal, "next_key", "(highest or 0) + 1", "(highest or 1)"),
    "the last event is not replayed": (
        Journal, "_live", "meeting.replay(happened)", "meeting.replay(happened[:-1])"),
    # The same id again.
    "an id that comes again is not known": (
        Meetings, "dispatch", "live.taken(id) if id is not None else None", "None"),
    "ids are forgotten by a restart": (
        Journal, "load_ids", "for row in rows", "for row in ()"),
    "an id is known only once it is written": (
        Meetings, "take", "        batch.add_entry(live, entry, text)\n",
        ("        batch.add_entry(live, entry, text)\n"
        "        if id is not None:\n"
        "            known = live.by_id.pop(id)\n"
        "            batch.when_written(partial(live.by_id.__setitem__, id, known))\n")),
    "an id is known for one event only": (
        Meetings, "dispatch", "live.taken(id) if",
        "live.taken(id) if id in live.by_id and live.seq - live.by_id[id].seq < 3 and"),
    "an id is taken for any event": (
        Meetings, "dispatch", "if known.event != event:", "if False:"),
    # Delivery.
    "orders are sent before the commit": (
        Meetings, "take",
        "batch.when_written(partial(self._delivery.pending, live.id, live.pending, new=True))",
        "self._delivery.pending(live.id, live.pending, new=True)"),
    "the last order is sent first": (
        Delivery, "_next", "line.pending[0]", "line.pending[-1]"),
    "an order that is sent again has another number": (
        Delivery, "_retrying", "return await retrying(self._once, meeting, order)",
        ("return await retrying(self._once, meeting, "
        "order and attrs.evolve(order, number=order.sequence + 1))")),
    "no answer counts as done": (
        Delivery, "_once",
        'raise RecorderError(f"no answer within {self._retry.timeout} s") from None',
        "return RecorderStatus(order.sequence if order else 0)"),
    "a gap counts as done": (
        Delivery, "_next", "self._book.missed(meeting, gap.status)",
        "self._book.taken(meeting, order, gap.status)"),
    "a recorder that is dead for one meeting delays the others": (
        Delivery, "_next", "                status = await self._sent",
        ("                while next(iter(self._lines)) != meeting:\n"
        "                    await asyncio.sleep(0.1)\n"
        "                status = await self._sent")),
    "a check cannot be broken off": (
        _Line, "wake", "waits.reschedule(0)", "pass"),
    "orders wait while a recorder is left alone": (
        _Line, "rest", "        async with self.unless_new():\n            await",
        "        await"),
    "a number that cannot be is believed": (
        LiveMeeting, "can_have_taken", "return number <= max", "return True or number <= max"),
    "the machine is not told that its recorder failed": (
        Bookkeeper, "gave_up", "self._fail(live, why, batch)", "pass"),
    "what was given up is still sent": (
        Bookkeeper, "_fail", "        self._void(live, batch)\n", ""),
    "a correction has an old number": (
        Bookkeeper, "_agree", "        for command in commands:\n",
        "        for command in commands:\n            live.last_sequence -= 1\n"),
    "a correction counts as a recording": (
        Bookkeeper, "_agree", "again=True, ", ""),
    "nothing is compared at the start": (
        Meetings, "deliver",
        "if not live.pending and (live.last_sequence or live.meeting.ended)", "if False"),
    "nothing is compared when all is sent": (
        Bookkeeper, "taken", "not live.pending and", "not live.pending and order is None and"),
    "only numbers are compared": (
        bookkeeper_module, "corrections",
        "if status == wanted:", "if status.sequence == wanted.number:"),
    "a paused recording is started as a running one": (
        bookkeeper_module, "corrections", "if wanted.paused else ()", "if False else ()"),
    "a meeting is closed before its orders are sent": (
        Meetings, "take", "if live.meeting.ended and not live.pending:",
        "if live.meeting.ended and (self.close(batch, live) or not live.pending):"),
    "a meeting is closed before its recorder is asked": (
        Meetings, "take", "if live.last_sequence or self._delivery.is_busy(live.id):", "if False:"),
    "a meeting is closed because its recorder says that it stopped": (
        Bookkeeper, "_agree", "elif asked:", "elif True:"),
    "a meeting that is over is never closed": (
        Bookkeeper, "_agree", "self._meetings.close(batch, live)", "pass"),
    "a hub whose closing is cancelled stops half way": (
        hub_module, "_to_the_end", "await asyncio.wait([future])", "return await future"),
    "a correction needs what is lost": (
        Bookkeeper, "_agree", "since: int | None = status.sequence", "since: int | None = None"),
    "who watches is not woken": (
        Hub, "_wake", "woken.set()", "pass"),
    "what comes after the end is written": (
        LiveMeeting, "take", "if over:", "if False:"),
    "a closed meeting that is asked for stays in memory": (
        Meetings, "keep", "(self._closed if live.closed else self.live)[live.id] = live",
        "self.live[live.id] = live"),
    "all orders count as taken with the first": (
        Bookkeeper, "taken", "each != order", "False"),
}  # fmt: skip


def put_in(monkeypatch, name):
    """Put a fault into the loaded code."""
    owner, what, old, new = FAULTS[name]
    function = getattr(owner, what)
    source = textwrap.dedent(inspect.getsource(function))
    old, new = (_dedented(owner, text) for text in (old, new))
    assert source.count(old) == 1, f"the fault {name!r} does not fit the code any more"
    future = "from __future__ import annotations\n"
    code = compile(future + source.replace(old, new), f"<{what}, {name}>", "exec")
    made = {}
    exec(code, vars(sys.modules[function.__module__]), made)
    monkeypatch.setattr(owner, what, made[what])


def _dedented(owner, text):
    """The text as it stands in a source that was moved to the margin."""
    if not inspect.isclass(owner):
        return text
    first, *rest = text.split("\n")
    first = first.removeprefix("    ") if first.startswith("    ") else first
    return "\n".join([first, *(each.removeprefix("    ") for each in rest)])
