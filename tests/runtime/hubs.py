"""Hubs on real files, scripted recorders and journals, and waiting for conditions."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from fsm.recording import Account, AutoRecord, Choice, Join, RecorderFailed
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
MEMBER = Join("mona", "member", "web")
QUICK = RetryPolicy(max_attempts=2, initial_interval=0.001, max_interval=0.02, timeout=0.2)
"""Short intervals; the deadline of a test is far longer than all of them together."""


def run(coroutine):
    """Runs a coroutine to its end; fails if it takes too long."""

    async def within():
        async with asyncio.timeout(120):
            return await coroutine

    return asyncio.run(within())


async def wait_until(condition, seconds=60):
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


# -- recorders ------------------------------------------------------------------------------------


class ScriptedRecorder(MemoryRecorder):
    """A recorder that follows the rules of the port, unless a test scripts its results.

    Args:
        script: the results of the next messages: an exception to raise, ``"hang"``, a function of
            the message that returns the answer, or ``None`` for the regular answer.

    Attributes:
        dead: meetings for which every call fails.
        messages: the received messages.
        checked: the meetings whose status was checked.
    """

    def __init__(self, *script):
        super().__init__()
        self.script = list(script)
        self.dead = set()
        self.messages = []
        self.checked = []

    async def _apply(self, message):
        self.messages.append(message)
        if message.meeting in self.dead:
            raise RecorderError("it is dead")
        await self._before(message)
        result = self.script.pop(0) if self.script else None
        if isinstance(result, BaseException):
            raise result
        if result == "hang":
            await asyncio.Event().wait()
        if result is not None:
            return result(message)
        return await MemoryRecorder._apply(self, message)

    async def _before(self, message):
        pass

    start = pause = resume = stop = _apply

    async def status(self, meeting):
        self.checked.append(meeting)
        if meeting in self.dead:
            raise RecorderError("it is dead")
        return await super().status(meeting)

    @property
    def commands(self):
        return [message.command.command for message in self.messages]

    @property
    def keys(self):
        return [message.key for message in self.messages]


class IgnoringRecorder(ScriptedRecorder):
    """A recorder that acknowledges some commands, but does not carry them out.

    Args:
        commands: the names of these commands.
    """

    def __init__(self, *commands):
        super().__init__()
        self.ignored = set(commands)

    async def _apply(self, message):
        self.messages.append(message)
        before = self.statuses.get(message.meeting, RecorderStatus())
        after = status_after(message, before)
        if message.command.command in self.ignored:
            after = RecorderStatus(message.sequence, before.kind, before.client, before.paused)
        self.statuses[message.meeting] = after
        return after

    start = pause = resume = stop = _apply


# -- journals and hubs ----------------------------------------------------------------------------


class FailingJournal(Journal):
    """A journal that fails while a test wants it to, and counts its commits."""

    failing = False
    error = None
    commits = 0

    def commit(self, batch):
        self._fail()
        super().commit(batch)
        self.commits += 1

    def probe(self):
        self._fail()
        super().probe()

    def _fail(self):
        if self.failing:
            raise self.error or JournalError("the disk is full")


@asynccontextmanager
async def open_hub(folder, recorder=None, journal=None, **options):
    """Opens a hub on a file in a folder, with short retry intervals."""
    file = folder / "meetings.db"
    options.setdefault("retry", QUICK)
    opened = []

    def open_journal():
        opened.append((journal or Journal)(file, lock=True))
        return opened[0]

    async with Hub(open_journal if journal else file, recorder, **options) as hub:
        hub.journal = opened[0] if opened else None
        yield hub


async def start_recording(hub, meeting="m", *, with_member=False, **options):
    """Opens a meeting whose host joins, so that it is recorded; a member may have joined before."""
    await hub.open(meeting, PRO, CLOUD)
    if with_member:
        await hub.dispatch(meeting, MEMBER)
    return await hub.dispatch(meeting, ALICE, **options)


async def until_delivered(hub):
    """Waits until nothing is to be delivered or checked."""
    await wait_until(lambda: hub.health.delivering == 0)


async def full_state(hub):
    """Returns everything that can be read from a hub."""
    summaries = await hub.meetings()
    return summaries, [(await hub.read(each.id), await hub.history(each.id)) for each in summaries]


class refused:  # noqa: N801
    """A block whose request the hub refuses, without any change of its state.

    The progress of a delivery is a change as well.
    """

    def __init__(self, hub, error, match=None):
        self.hub, self.raises = hub, pytest.raises(error, match=match)

    async def __aenter__(self):
        self.before = await full_state(self.hub)
        return self.raises.__enter__()

    async def __aexit__(self, *error):
        matched = self.raises.__exit__(*error)
        assert await full_state(self.hub) == self.before
        return matched


# -- results of deliveries ------------------------------------------------------------------------


def failures(entries):
    """Returns the details of the recorder failures in a history."""
    return [each.event.detail for each in entries if isinstance(each.event, RecorderFailed)]


async def until_failed(hub, meeting="m"):
    """Waits until the recorder of a meeting counts as failed, and returns the detail."""

    async def is_stopped():
        return (await hub.read(meeting)).state == "stopped"

    await wait_until(is_stopped)
    [detail] = failures(await hub.history(meeting))
    return detail


def outbox_results(folder):
    """Returns the results of all messages in the outbox, in order."""
    with Journal(folder / "meetings.db", readonly=True) as journal:
        rows = journal._db.execute("SELECT result FROM outbox ORDER BY sequence")
        return [result for (result,) in rows]
