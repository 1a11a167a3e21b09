"""Hubs on real files, recorders that do as they are scripted, and waiting without sleeping."""

import asyncio
import time
from contextlib import asynccontextmanager

from fsm.recording import Account, AutoRecord, Choice, Join
from fsm.runtime import (
    Hub,
    Journal,
    JournalError,
    MemoryRecorder,
    RecorderError,
    RecorderStatus,
    RetryPolicy,
    applied,
)

PRO = Account("pro")
BUSINESS = Account("business", auto_record=AutoRecord(enabled=True, start_on_any_join=True))
CLOUD = Choice(True)
ALICE = Join("alice", "host", "windows", "3.20")
BOB = Join("bob", "member", "web")
QUICK = RetryPolicy(attempts=2, first=0.001, longest=0.02, timeout=0.2)
"""Short waits; the deadline of a test is far longer than all of them together."""


def run(coroutine):
    """Run to the end, or fail after a while."""

    async def within():
        async with asyncio.timeout(20):
            return await coroutine

    return asyncio.run(within())


async def until(holds, seconds=10):
    """Wait until a condition holds; it may be a coroutine function."""
    last = time.monotonic() + seconds
    while True:
        found = holds()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert time.monotonic() < last, "it does not come to hold"
        await asyncio.sleep(0.002)


class Recorder(MemoryRecorder):
    """Keeps the rules of the port, but for what a test has it do.

    Args:
        trouble: what comes of the next calls, in turns: an exception to raise, `"hang"`, a
            function of the order that answers, or `None` for the ordinary answer.
    """

    def __init__(self, *trouble):
        super().__init__()
        self.trouble = list(trouble)
        self.dead = set()
        self.calls = []
        self.asked = []

    async def _take(self, message):
        self.calls.append(message)
        if message.meeting in self.dead:
            raise RecorderError("it is dead")
        await self._act(message)
        what = self.trouble.pop(0) if self.trouble else None
        if isinstance(what, BaseException):
            raise what
        if what == "hang":
            await asyncio.Event().wait()
        if what is not None:
            return what(message)
        return await MemoryRecorder._take(self, message)

    async def _act(self, message):
        pass

    start = pause = resume = stop = _take

    async def status(self, meeting):
        self.asked.append(meeting)
        if meeting in self.dead:
            raise RecorderError("it is dead")
        return await super().status(meeting)

    @property
    def commands(self):
        return [each.command.command for each in self.calls]

    @property
    def keys(self):
        return [each.key for each in self.calls]


class Faithless(Recorder):
    """Says that it did what it was told, and goes on as before.

    Args:
        commands: the names of those that it does not carry out.
    """

    def __init__(self, *commands):
        super().__init__()
        self.ignores = set(commands)

    async def _take(self, message):
        self.calls.append(message)
        before = self.doing.get(message.meeting, RecorderStatus())
        after = applied(message, before)
        if message.command.command in self.ignores:
            after = RecorderStatus(message.sequence, before.kind, before.client, before.paused)
        self.doing[message.meeting] = after
        return after

    start = pause = resume = stop = _take


class FailingJournal(Journal):
    """A journal whose disk fails while a test wants it to, and which counts its commits."""

    failing = False
    broken = None
    commits = 0
    rows = 0

    def commit(self, batch):
        if self.failing:
            raise self.broken or JournalError("the disk is full")
        super().commit(batch)
        self.commits += 1
        self.rows += len(batch)

    def probe(self):
        if self.failing:
            raise self.broken or JournalError("the disk is full")
        super().probe()


@asynccontextmanager
async def hub_on(folder, recorder=None, journal=None, **more):
    """A hub on a file in a folder, with short waits."""
    file = folder / "meetings.db"
    more.setdefault("retry", QUICK)
    opened = []

    def open_journal():
        opened.append((journal or Journal)(file, lock=True))
        return opened[0]

    async with Hub(open_journal if journal else file, recorder, **more) as hub:
        hub.journal = opened[0] if opened else None
        yield hub


async def recording(hub, meeting="m", **more):
    """Open a meeting and let its host in, so that it is recorded."""
    await hub.open(meeting, PRO, CLOUD)
    return await hub.dispatch(meeting, ALICE, **more)


async def at_rest(hub):
    """Wait until nothing is to be delivered."""
    await until(lambda: hub.health.delivering == 0)
