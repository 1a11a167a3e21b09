"""Hubs on real files, scripted recorders and journals, and waiting for conditions."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from fsm.recording import Account, AutoRecord, Choice, Join
from fsm.runtime import (
    Hub,
    Journal,
    JournalError,
    MemoryRecorder,
    RecorderError,
    RecorderStatus,
    RetryPolicy,
    status_after,
)

PRO = Account("pro")
BUSINESS = Account("business", auto_record=AutoRecord(enabled=True, start_on_any_join=True))
CLOUD = Choice(True)
ALICE = Join("alice", "host", "windows", "3.20")
BOB = Join("bob", "member", "web")
QUICK = RetryPolicy(max_attempts=2, initial_interval=0.001, max_interval=0.02, timeout=0.2)
"""Short waits; the deadline of a test is far longer than all of them together."""


def run(coroutine):
    """Runs a coroutine to its end; fails if it takes too long."""

    async def within():
        async with asyncio.timeout(20):
            return await coroutine

    return asyncio.run(within())


async def until(condition, seconds=10):
    """Waits until a condition holds; it may be a coroutine function."""
    last = time.monotonic() + seconds
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < last, "the condition never held"
        await asyncio.sleep(0.002)


class Recorder(MemoryRecorder):
    """A recorder that follows the rules of the port, except where a test scripts it.

    Args:
        script: the results of the next calls: an exception to raise, `"hang"`, a function of the
            message that returns the answer, or `None` for the ordinary answer.
    """

    def __init__(self, *script):
        super().__init__()
        self.script = list(script)
        self.dead = set()
        self.calls = []
        self.asked = []

    async def _apply(self, message):
        self.calls.append(message)
        if message.meeting in self.dead:
            raise RecorderError("it is dead")
        await self._act(message)
        result = self.script.pop(0) if self.script else None
        if isinstance(result, BaseException):
            raise result
        if result == "hang":
            await asyncio.Event().wait()
        if result is not None:
            return result(message)
        return await MemoryRecorder._apply(self, message)

    async def _act(self, message):
        pass

    start = pause = resume = stop = _apply

    async def status(self, meeting):
        self.asked.append(meeting)
        if meeting in self.dead:
            raise RecorderError("it is dead")
        return await super().status(meeting)

    @property
    def commands(self):
        return [message.command.command for message in self.calls]

    @property
    def keys(self):
        return [message.key for message in self.calls]


class Faithless(Recorder):
    """A recorder that acknowledges some commands, but does not carry them out.

    Args:
        commands: the names of these commands.
    """

    def __init__(self, *commands):
        super().__init__()
        self.ignores = set(commands)

    async def _apply(self, message):
        self.calls.append(message)
        before = self.statuses.get(message.meeting, RecorderStatus())
        after = status_after(message, before)
        if message.command.command in self.ignores:
            after = RecorderStatus(message.sequence, before.kind, before.client, before.paused)
        self.statuses[message.meeting] = after
        return after

    start = pause = resume = stop = _apply


class FailingJournal(Journal):
    """A journal that fails while a test wants it to, and counts its commits."""

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
    """Opens a meeting whose host joins, so that it is recorded."""
    await hub.open(meeting, PRO, CLOUD)
    return await hub.dispatch(meeting, ALICE, **more)


async def at_rest(hub):
    """Waits until nothing is to be delivered."""
    await until(lambda: hub.health.delivering == 0)


async def everything(hub):
    """All that can be read from a hub, to compare."""
    summaries = await hub.meetings()
    return summaries, [(await hub.read(each.id), await hub.history(each.id)) for each in summaries]


class refused:  # noqa: N801
    """The hub refuses the request of the block, and everything stays as it was."""

    def __init__(self, hub, error, match=None):
        self.hub, self.raises = hub, pytest.raises(error, match=match)

    async def __aenter__(self):
        self.before = await everything(self.hub)
        return self.raises.__enter__()

    async def __aexit__(self, *error):
        found = self.raises.__exit__(*error)
        assert await everything(self.hub) == self.before
        return found
