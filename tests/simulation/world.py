"""One run: clients, a hub that crashes, a disk that fails, a recorder far away."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter, defaultdict
from functools import partial

import apsw
import attrs

from fsm.recording import (
    Account,
    AutoRecord,
    ChangeRole,
    Choice,
    End,
    Join,
    Leave,
    MeetingSettings,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    Stop,
)
from fsm.recording.console_changes import Actor, Disable, Enable, Lock, SetOptions, Unlock
from fsm.runtime import (
    BusyError,
    ConflictError,
    GapError,
    Hub,
    HubLimits,
    Journal,
    JournalEntry,
    JournalError,
    RecorderStatus,
    RetryPolicy,
)
from fsm.runtime.recorder import MAX_SEQUENCE

from . import checks
from .disk import CUTS, Disk
from .loop import SimulatedLoop, SimulatedWorker, StuckError
from .network import Network

OPENINGS = (
    MeetingSettings(Account("pro"), Choice(True, "cloud", "anyone")),
    MeetingSettings(Account("pro"), Choice(True, "cloud", "anyone"), type="quick"),
    MeetingSettings(Account("pro"), Choice(True, "cloud")),
    MeetingSettings(Account("enterprise", auto_record=AutoRecord(True, kind="local"))),
    MeetingSettings(Account("business"), booking=Choice(False)),
)
PEOPLE = ("ann", "bob", "cid")
# At which points a process may end, and how many of each to let pass at most.
POINTS = {
    "before write": 80, "after write": 80, "before sync": 40, "after sync": 40,
    "before commit": 40, "after commit": 40, "answer": 60, "send": 15, "ask": 4, "arrived": 15,
    "replied": 15,
}  # fmt: skip
MINUTE = 60


class WrongError(AssertionError):
    """Something that must hold does not; the first thing, and how to see it again."""


@attrs.frozen
class Profile:
    """How much goes wrong in one run."""

    lost: float
    unanswered: float
    twice: float
    late: float
    slow: float

    @classmethod
    def chosen(cls, rng):
        def sometimes(most):
            return rng.uniform(0, most) if rng.random() < 0.6 else 0.0

        return cls(*(sometimes(each) for each in (0.3, 0.3, 0.3, 0.3, 0.15)))


class SimulatedHub(Hub):
    """A hub without threads."""

    _worker = SimulatedWorker


@attrs.define(eq=False)
class Ask:
    """An event that clients send, once or more often.

    Args:
        waiting: how many wait for an answer to it.
        sent: how often it was sent.
        lives: the lives of the hub in which it was sent.
        answer: what was answered last.
        refused_in: the life of the hub in which it was refused, and never sent before or since.
    """

    meeting: str
    event: object
    id: str | None
    waiting: int = 0
    sent: int = 0
    lives: set[int] = attrs.field(factory=set)
    answer: JournalEntry | None = None
    refused_in: int | None = None


class World:
    """One run from one seed.

    Args:
        seed: what decides everything.
    """

    def __init__(self, seed):
        self.seed = seed
        self.rng = random.Random(seed)
        self.loop = SimulatedLoop(self.rng)
        self.loop.around = self._around
        self.loop.slow = self.rng.choice((0, 0, 0.05))
        self.profile = Profile.chosen(self.rng)
        self.retry = RetryPolicy(
            max_attempts=3,
            initial_interval=0.25,
            max_interval=5.0,
            timeout=2.0,
            max_status_checks=2,
        )
        self.limits = HubLimits(waiting=self.rng.choice((10_000, 10_000, 6)))
        self.network = Network(self)
        self.disk = Disk()
        self.files = self.journal = self.hub = None
        self.counts = Counter()
        self.trace = []
        self.wrongs = []
        self.faulty = True
        self.life = 0
        self._born = 0.0
        self.is_dead = False
        self._crash_at = None
        self._crashed = asyncio.Event()
        self._next_disk = None
        self._disk_fault = None
        self._disk_fault_on_arrival = None
        self._disk_failed_in = 0
        # What the clients know.
        self.asks = []
        self.by_id = {}
        self.nameless = defaultdict(Counter)
        self.opened = {}
        self.opening = {}
        self.seen = {}
        self.accounts = {}
        self._seen_seq = Counter()
        self._seen_state = {}
        self._in_order = defaultdict(list)
        self._submitted = 0
        self._watched = set()
        self._followed = {}
        self.healthy_since = None
        self.victim = None
        self._tasks = []

    # -- noting -----------------------------------------------------------------------------

    def note(self, *what):
        """Add a line to the trace."""
        self.trace.append((round(self.loop.time(), 6), *what))

    def count(self, what):
        """Count that something happened."""
        self.counts[what] += 1

    def wrong(self, what):
        """Note that something does not hold."""
        self.note("WRONG", what)
        self.wrongs.append(what)

    def _stop_if_wrong(self):
        if self.wrongs:
            raise WrongError(f"{self.wrongs[0]}\n(again: python tools/soak.py --seed {self.seed})")

    # -- ending the process ------------------------------------------------------------------

    def point(self, name):
        """End the process here, if this is where it is to end."""
        if self.is_dead or not self.faulty or self._crash_at is None:
            return
        where, left = self._crash_at
        if where != name:
            return
        if left > 0:
            self._crash_at = where, left - 1
            return
        self._crash(name)

    def _crash(self, where):
        if self.is_dead:
            return
        self.is_dead = True
        mode = self.rng.choice(("kill", "kill", "kill", *CUTS, "none"))
        if where in ("after write", "before sync") and self.rng.random() < 0.5:
            # What is written and not synced is seen by the next process.
            mode = "kill"
        self.note("crash", where, mode)
        self.count(f"crash: {mode}")
        self.count(f"crash at: {where}")
        self._next_disk = self.disk.killed() if mode == "kill" else self.disk.cut(mode, self.rng)
        # What the old process still does, it does to a disk that nobody sees.
        self.disk.before = lambda what, name, *parts: None
        self.disk.after = lambda what, name: None
        self._crashed.set()

    def _around(self, call):
        def wrapped(*given):
            self.point("before commit")
            result = call(*given)
            self.point("after commit")
            return result

        return wrapped

    # -- the disk ----------------------------------------------------------------------------

    def _before(self, what, name, *parts):
        self.point(f"before {what}")
        fault = self._disk_fault
        if self.is_dead or not self.faulty or fault is None:
            return
        kinds, left, times, until, error = fault
        if what not in kinds:
            return
        if left > 0:
            self._disk_fault = kinds, left - 1, times, until, error
            return
        if until is None:
            until = self.loop.time() + times
        if self.loop.time() > until:
            self._disk_fault = None
            return
        self._disk_fault = kinds, 0, times, until, error
        self._disk_failed_in = self.life
        self.count(f"disk: {error.__name__} at {what}")
        self.note("disk fault", what, name)
        if what == "write" and self.rng.random() < 0.3:
            data, offset = parts
            self.disk.files[name].write(data[: self.rng.randrange(len(data))], offset)
        raise error(f"made up, at a {what}")

    def order_arrived(self):
        """The disk may fail as soon as a recorder has taken an order."""
        if self._disk_fault is None and self.faulty and not self.is_dead:
            self._disk_fault, self._disk_fault_on_arrival = self._disk_fault_on_arrival, None

    def _after(self, what, name):
        if what != "delete":
            self.note("disk", what, name)
        if what == "sync" and self.faulty and not self.is_dead and self.rng.random() < 0.015:
            self.count("whole disks looked at")
            checks.check(self, self.disk.cut("none", self.rng))
        self.point(f"after {what}")

    # -- what clients learn --------------------------------------------------------------------

    def saw(self, entry):
        """An entry was answered, read or watched: it stays for ever."""
        key = entry.meeting, entry.seq
        if self.seen.setdefault(key, entry) != entry:
            self.wrong(f"two things under one number: {self.seen[key]} and {entry}")
        self._seen_seq[entry.meeting] = max(self._seen_seq[entry.meeting], entry.seq)
        ask = self.by_id.get((entry.meeting, entry.id))
        if ask is not None and ask.refused_in == self.life and not ask.waiting:
            self.wrong(f"refused, and yet it can be read: {entry}")

    def _saw_state(self, snapshot):
        key = snapshot.id, snapshot.seq
        state = checks.same_state(snapshot)
        if self._seen_state.setdefault(key, state) != state:
            self.wrong(f"{key} was read as {self._seen_state[key]}, and as {state}")
        self._seen_seq[snapshot.id] = max(self._seen_seq[snapshot.id], snapshot.seq)

    def check_seen_state(self, meeting, seq, replayed):
        """Compare what was read with a replay."""
        seen = self._seen_state.get((meeting, seq))
        if seen is not None and seen != checks.same_state(replayed):
            self.wrong(f"{meeting}, {seq}: was read as {seen}, and replays as {replayed}")

    def _committed(self, meeting):
        """The number of the last event that is in the journal now."""
        faulty, self.faulty = self.faulty, False
        try:
            (found,) = self.journal._db.execute(
                "SELECT coalesce(max(seq), 0) FROM events "
                "WHERE meeting = (SELECT key FROM meetings WHERE id = ?)",
                (meeting,),
            )
        finally:
            self.faulty = faulty
        return found[0]

    def _looks(self):
        """Whether to look for an answer on the disk; more often when a life begins."""
        if self.rng.random() >= (0.7 if self.loop.time() < self._born + 0.1 else 0.05):
            return False
        self.count("answers looked for on the disk")
        return True

    def check_sent(self, message):
        """An order that is sent is on the disk; looked at now and then."""
        if self.rng.random() < 0.1:
            checks.check_order(self, self.disk, message)

    # -- clients -----------------------------------------------------------------------------

    def _event(self):
        rng = self.rng
        one = rng.choice(PEOPLE)
        draw = rng.random()
        if draw < 0.40:
            role = rng.choice(("host", "host", "cohost", "member"))
            platform = rng.choice(("windows", "macos", "ios", "web"))
            return Join(one, role, platform, "5.0")
        if draw < 0.52:
            return Leave(one)
        if draw < 0.57:
            return ChangeRole(one, rng.choice(("host", "member")))
        if draw < 0.70:
            return Start(one, rng.choice(("cloud", "cloud", "local")))
        if draw < 0.95:
            return rng.choice((Pause, Resume, Stop))(one)
        return End(rng.choice((None, one)))

    def new_ask(self, meeting, event=None, named=None):
        """Think of an event to send."""
        named = self.rng.random() < 0.75 if named is None else named
        id_ = f"e{len(self.asks)}" if named else None
        ask = Ask(meeting, event or self._event(), id_)
        self.asks.append(ask)
        if named:
            self.by_id[meeting, id_] = ask
        return ask

    async def _send(self, ask):
        if ask.id is None:
            self.nameless[ask.meeting][ask.event] += 1
        else:
            self._count_repeat(ask)
        first = not ask.sent
        ask.sent += 1
        ask.lives.add(self.life)
        ask.waiting += 1
        ask.refused_in = None
        self._submitted += 1
        submitted, floor = self._submitted, self._seen_seq[ask.meeting]
        try:
            entry = await self.hub.dispatch(ask.meeting, ask.event, ask.id)
        except JournalError as error:
            self._refused(error)
            # Sent once only; an answer that was not waited for may have been good.
            if ask.sent == 1:
                ask.refused_in = self.life
            return None
        except BusyError:
            self.count("busy")
            return None
        finally:
            ask.waiting -= 1
        if self.is_dead:
            return None
        self.count("answers")
        self.note("answer", ask.meeting, ask.id, entry.seq, entry.outcome.state)
        self._answered(ask, entry)
        if first and entry.seq is not None:
            self._in_order[ask.meeting].append((submitted, entry.seq))
            if entry.seq <= floor:
                self.wrong(f"number {floor} had been seen before this was sent: {entry}")
        self.point("answer")
        return entry

    def _count_repeat(self, ask):
        if ask.sent:
            self.count(
                "repeats at once" if ask.waiting
                else "repeats later" if self.life in ask.lives
                else "repeats after a restart"
            )  # fmt: skip

    def _answered(self, ask, entry):
        if (entry.meeting, entry.event, entry.id) != (ask.meeting, ask.event, ask.id):
            self.wrong(f"{ask} was answered with {entry}")
        before = ask.answer if ask.id is not None else None
        if entry.seq is None:
            if entry.outcome.refused != "meeting_ended" or (before and before.seq is not None):
                self.wrong(f"answered as if it were over: {entry}, before: {before}")
            self.count("answers after the end")
        else:
            if before is not None and before != entry:
                self.wrong(f"one id, two answers: {before} and {entry}")
            self.saw(entry)
            if self._looks():
                checks.check_entry(self, self.disk, entry)
        ask.answer = entry

    def _refused(self, error):
        if self.is_dead:
            return
        self.count("refused by the journal")
        self.note("refused", type(error).__name__)
        if self._disk_failed_in != self.life:
            self.wrong(f"refused, and no disk had failed: {error}")

    async def _open(self, meeting):
        opening = self.opening[meeting]
        parts = opening.account, opening.user, opening.booking, opening.type
        try:
            snapshot = await self.hub.open(meeting, *parts)
        except JournalError as error:
            return self._refused(error)
        except BusyError:
            return self.count("busy")
        if not self.is_dead:
            self.count("meetings opened")
            self.opened[meeting] = opening
            self._saw_state(snapshot)
        return None

    async def _read(self, meeting):
        floor = self._seen_seq[meeting]
        try:
            snapshot = await self.hub.read(meeting)
        except JournalError as error:
            return self._refused(error)
        except BusyError:
            return self.count("busy")
        if self.is_dead:
            return None
        self.count("reads")
        self._saw_state(snapshot)
        if snapshot.seq < floor:
            self.wrong(f"{meeting}: {floor} was seen, and then read as {snapshot.seq}")
        if snapshot.seq > self._committed(meeting):
            self.wrong(f"read before it was written: {snapshot}")
        if self._looks():
            checks.check_read(self, self.disk, snapshot)
        return None

    async def _reconcile(self, meeting):
        try:
            await self.hub.reconcile(meeting)
        except JournalError as error:
            self._refused(error)
        except BusyError:
            self.count("busy")

    async def _history(self, meeting):
        after = max(0, self._seen_seq[meeting] - self.rng.randrange(6))
        try:
            entries = await self.hub.history(meeting, after)
        except JournalError as error:
            return self._refused(error)
        if self.is_dead:
            return None
        self.count("reads")
        if [each.seq for each in entries] != list(range(after + 1, after + 1 + len(entries))):
            self.wrong(f"{meeting}: the history after {after} is {entries}")
        for entry in entries:
            self.saw(entry)
        return None

    async def _watch(self, meeting):
        if meeting in self._watched:
            return
        self._watched.add(meeting)
        after = max(0, self._seen_seq[meeting] - 3)
        try:
            async for entry in self.hub.watch(meeting, after):
                if self.is_dead:
                    return
                self.count("watched")
                if entry.seq != after + 1:
                    self.wrong(f"{meeting}: watched {entry.seq} after {after}")
                after = entry.seq
                self.saw(entry)
        except JournalError as error:
            self._refused(error)
        except BusyError:
            self.count("busy")
        finally:
            self._watched.discard(meeting)

    async def _follow(self, meeting):
        """Watch all of a meeting, until the hub closes."""
        entries = self._followed[meeting] = []
        while True:
            try:
                async for entry in self.hub.watch(meeting, len(entries)):
                    entries.append(entry)
            except BusyError:
                await asyncio.sleep(1)
            else:
                return

    def is_healthy(self, meeting, at):
        """Whether nothing was wrong any more with a meeting's recorder at a time."""
        expected_sequence = self.healthy_since
        return expected_sequence is not None and at >= expected_sequence and meeting != self.victim

    def check_followed(self, meeting, entries):
        """Who watched a meeting saw all that is in the journal."""
        seen = self._followed.get(meeting)
        if seen is not None and seen != entries:
            self.wrong(f"{meeting}: watched {len(seen)} of {len(entries)} events: {seen[-1:]}")

    async def _accounts(self):
        id_ = "acme"
        try:
            if id_ not in self.accounts:
                await self.hub.put_account(id_, Account("business"))
            else:
                by = Actor("super_admin")
                change = self.rng.choice(
                    (Enable(by), Disable(by), Lock(by), Unlock(by), SetOptions(by, True))
                )
                # Until it is answered, nobody knows.
                self.accounts[id_] = None
                await self.hub.change(id_, change)
            account = await self.hub.account(id_)
        except ConflictError:
            account = None
        except JournalError as error:
            return self._refused(error)
        except BusyError:
            return self.count("busy")
        if not self.is_dead:
            self.count("accounts")
            self.accounts[id_] = account
        return None

    def _later(self, work):
        task = self.loop.create_task(work)
        self._tasks.append(task)
        return task

    async def _client(self, number):
        rng = self.rng
        for _ in range(rng.randrange(3, 12)):
            await asyncio.sleep(rng.choice((0, 0, 0.001, 0.01, 0.3, 2, 10)))
            if self.is_dead:
                return
            await self._act()

    async def _act(self):
        rng = self.rng
        known = sorted(self.opened)
        draw = rng.random()
        if not known or draw < 0.08:
            meeting = rng.choice(("m1", "m2", "m3", "m4", "m5")) if rng.random() < 0.8 else "m1"
            self.opening.setdefault(meeting, rng.choice(OPENINGS))
            await self._open(meeting)
            return
        meeting = rng.choice(known)
        if draw < 0.62:
            await self._some_events(meeting)
        elif draw < 0.76:
            await self._repeat()
        elif draw < 0.80:
            await self._impatient(meeting)
        elif draw < 0.88:
            await self._read(meeting)
        elif draw < 0.94:
            await self._history(meeting)
        elif draw < 0.96:
            self._later(self._watch(meeting))
        elif draw < 0.98:
            await self._reconcile(rng.choice((None, meeting)))
        else:
            await self._other_event_same_id()

    async def _some_events(self, meeting):
        rng = self.rng
        asks = [self.new_ask(meeting) for _ in range(rng.choice((1, 1, 1, 2, 4)))]
        if rng.random() < 0.15:
            asks.extend(each for each in list(asks) if each.id is not None)
        sent = [self._later(self._send(each)) for each in asks]
        if rng.random() < 0.3:
            self._later(self._read(meeting))
        await asyncio.gather(*sent)
        if rng.random() < 0.3 or any(each.refused_in for each in asks):
            await self._read(meeting)
            await self._history(meeting)

    async def _repeat(self):
        named = [each for each in self.asks if each.id is not None and each.sent]
        unknown = [each for each in named if each.answer is None]
        if named:
            ask = self.rng.choice(unknown if unknown and self.rng.random() < 0.6 else named)
            await self._send(ask)

    async def _impatient(self, meeting):
        task = self._later(self._send(self.new_ask(meeting, named=True)))
        await asyncio.sleep(self.rng.choice((0, 0.0005, 0.003)))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self.count("clients that did not wait")

    async def _other_event_same_id(self):
        answered = [each for each in self.asks if each.answer and each.answer.seq and each.id]
        if not answered:
            return
        ask = self.rng.choice(answered)
        try:
            entry = await self.hub.dispatch(ask.meeting, RecorderFailed("other"), ask.id)
        except ConflictError:
            self.count("conflicts")
        except JournalError as error:
            self._refused(error)
        except BusyError:
            self.count("busy")
        else:
            if not self.is_dead:
                self.wrong(f"an id was taken for another event: {entry}")

    # -- what goes wrong ----------------------------------------------------------------------

    def _plan_faults(self):
        rng = self.rng
        self._crash_at = self._disk_fault = None
        if rng.random() < 0.8:
            # Twice as often where what is written is not synced yet.
            point = rng.choice((*POINTS, "before sync", "before sync"))
            self._crash_at = point, int(POINTS[point] * rng.random() ** 2)
        if rng.random() < 0.5:
            kinds = rng.choice((("write",), ("sync",), ("write", "sync", "truncate"), ("read",)))
            error = rng.choice((apsw.IOError, apsw.FullError)) if kinds != ("read",) else None
            for_seconds = rng.choice((0, 0, 1, 8))
            self._disk_fault = kinds, rng.randrange(40), for_seconds, None, error or apsw.IOError
        self._disk_fault_on_arrival = None
        if rng.random() < 0.15:
            kinds = rng.choice((("write",), ("sync",)))
            self._disk_fault_on_arrival = kinds, 0, rng.choice((0.1, 8)), None, apsw.IOError
        for _ in range(rng.choice((0, 1, 1, 2, 4))):
            # Many lives are short.
            when = rng.uniform(0, rng.choice((2, 40)))
            self.loop.call_later(when, self._trouble, self.life)

    def _trouble(self, life):
        if not self.faulty:
            return
        rng, network, now = self.rng, self.network, self.loop.time()
        busy = [id_ for id_, status in sorted(network.statuses.items()) if status.kind is not None]
        meeting = rng.choice(("", rng.choice(busy or [""]), *sorted(self.opened)))
        what = rng.randrange(8)
        self.note("trouble", what, meeting)
        if what in (0, 1):
            network.dead[meeting] = now + rng.uniform(1, 60)
        elif what == 2:
            network.lying[meeting] = now + rng.uniform(1, 30)
        elif what == 3:
            network.forget(meeting)
        elif what == 4:
            network.lose(meeting)
        elif what == 5:
            network.stubborn[meeting] = now + rng.uniform(1, 60)
        elif what == 6:
            status = RecorderStatus(MAX_SEQUENCE, *rng.choice(((), ("cloud",))))
            network.confused[meeting] = rng.choice((status, GapError(status)))
        elif life == self.life and rng.random() < 0.3:
            self._crash("any time")

    # -- one life after another ------------------------------------------------------------------

    def _journal(self):
        self.journal = Journal(checks.FILE, vfs=self.files.name, exclusive=True)
        # A world is small, and its file must be brought up to date all the same.
        self.journal.checkpoint_after = 100
        return self.journal

    async def _boot(self):
        self.life += 1
        self.is_dead = False
        self._crashed.clear()
        self._next_disk = None
        self._born = self.loop.time()
        self._in_order.clear()
        self._watched.clear()
        self.disk.before, self.disk.after = self._before, self._after
        self.files = self.disk.mounted()
        self.journal = None
        self.note("boot", self.life)
        if self.faulty:
            self._plan_faults()
        self.hub = SimulatedHub(
            self._journal, self.network, clock=lambda: int(self.loop.time() * 1000),
            limits=self.limits, retry=self.retry,
        )  # fmt: skip
        booting = self._later(self.hub.__aenter__())
        await self._until(booting)
        if self.is_dead:
            return False
        if booting.exception() is None:
            self.count("boots")
            return True
        if not isinstance(booting.exception(), JournalError):
            raise booting.exception()
        self.count("boots that failed")
        if self._disk_failed_in != self.life:
            self.wrong(f"does not start: {booting.exception()}")
        return False

    async def _until(self, *tasks):
        """Wait for all tasks, or until the process ends."""
        crash = self.loop.create_task(self._crashed.wait())
        done = asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.wait((crash, done), return_when=asyncio.FIRST_COMPLETED)
        crash.cancel()
        if not self.is_dead:
            for each in tasks:
                error = None if each.cancelled() else each.exception()
                if error is not None and not isinstance(error, JournalError):
                    raise error

    async def _bury(self):
        """End what is left of a process, and have its disk found by the next."""
        if not self.is_dead:
            self.is_dead = True
            self._next_disk = self.disk.killed()
            self.disk.before = lambda what, name, *parts: None
            self.disk.after = lambda what, name: None
        me = asyncio.current_task()
        left = [each for each in self.loop.tasks if not each.done() and each is not me]
        for each in left:
            each.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self.loop.tasks = [me]
        self._tasks = []
        # What its threads were still to do comes to nothing.
        await asyncio.sleep(5)
        if self.journal is not None:
            self.journal._db.close(True)
        self.disk = self._next_disk
        self._check_order()
        checks.check(self, self.disk.killed())
        self._stop_if_wrong()

    def _check_order(self):
        for meeting, pairs in self._in_order.items():
            numbers = [seq for _, seq in sorted(pairs)]
            if numbers != sorted(numbers):
                self.wrong(f"{meeting}: sent in order, and numbered {numbers}")

    async def _live(self, may_stay):
        """Live one life; return whether it goes on."""
        if not await self._boot():
            await self._bury()
            return False
        if self.rng.random() < 0.8:
            await self._until(self._later(self._first_thing()))
        clients = [self._later(self._client(n)) for n in range(self.rng.randrange(2, 6))]
        clients.append(self._later(self._account_client()))
        await self._until(*clients)
        self._stop_if_wrong()
        if may_stay and not self.is_dead and self.rng.random() < 0.8:
            return True
        if not self.is_dead and self.rng.random() < 0.7:
            await self._close()
        await self._bury()
        return False

    async def _first_thing(self):
        """Somebody wants to know at once what became of the last that was sent."""
        doubtful = [each for each in self.asks if each.id and each.sent and each.answer is None]
        reads = [partial(self._read, each) for each in sorted(self.opened)]
        sends = [partial(self._send, each) for each in doubtful[-2:]]
        for act in (*reads, *sends) if self.rng.random() < 0.5 else (*sends, *reads):
            await act()

    async def _account_client(self):
        for _ in range(self.rng.randrange(3)):
            await asyncio.sleep(self.rng.uniform(0, 5))
            if self.is_dead:
                return
            await self._accounts()

    async def _close(self):
        closing = self._later(self.hub.__aexit__(None, None, None))
        if self.rng.random() < 0.3:
            self.loop.call_later(self.rng.uniform(0, 0.01), closing.cancel)
        await self._until(closing)
        if self.is_dead:
            return
        self.count("closing cancelled" if closing.cancelled() else "closed in peace")
        if not self.hub._committing.done() or self._is_open():
            self.wrong("closed, and its journal is still open")
        self.journal = None

    def _is_open(self):
        try:
            self.journal._db.execute("SELECT 1")
        except apsw.ConnectionClosedError:
            return False
        return True

    async def main(self):
        """Live some lives, then come to rest and look at everything."""
        lives = self.rng.choice((1, 2, 2, 3))
        stays = False
        for life in range(lives):
            stays = await self._live(may_stay=life == lives - 1)
        self.faulty = False
        self._disk_fault = self._crash_at = None
        self.network.heal()
        if stays:
            # What was under way when all became well may still fail.
            self.count("stayed until the end")
            await asyncio.sleep(MINUTE / 2)
        elif not await self._boot():
            raise WrongError("does not start although nothing is wrong any more")
        self.healthy_since = int(self.loop.time() * 1000)
        followers = [self._later(self._follow(meeting)) for meeting in sorted(self.opened)]
        await self._last_requests()
        if self.rng.random() < 0.6:
            # While the hub is away, or before somebody asks it to look.
            self.network.lose("")
        if self.rng.random() < 0.5:
            self.note("restart at the end")
            await self._close()
            await self._until(*followers)
            followers = []
            self._followed = {}
            await self._bury()
            if not await self._boot():
                raise WrongError("does not start although nothing is wrong any more")
        else:
            await self.hub.reconcile()
        await self._rest()
        self._stop_if_wrong()
        for meeting in sorted(self.opened):
            await self._read(meeting)
        held = checks.check(self, self.disk.cut("none", self.rng))
        checks.check_memory(self, self.hub, held)
        checks.check_recorder(self, held)
        self._stop_if_wrong()
        if not self.hub.health.ok:
            self.wrong(f"is not well: {self.hub.health}")
        await self._close()
        await self._until(*followers)
        checks.check(self, self.disk.killed())
        checks.check(self, self.disk.cut("none", self.rng))
        self._stop_if_wrong()

    async def _last_requests(self):
        """With nothing wrong any more, everything is taken; one recorder stays dead for a while."""
        rng = self.rng
        if not self.opened:
            self.opening.setdefault("m1", rng.choice(OPENINGS))
            await self._open("m1")
        known = sorted(self.opened)
        self.victim = rng.choice(known)
        self.network.hung.add(self.victim)
        self.loop.slow = 0.0
        self.network.mute.update(known)
        await self.hub.reconcile()
        # They are being asked, or left alone for a while because they do not answer.
        await asyncio.sleep(rng.uniform(0, 15))
        for ask in self.asks:
            if ask.id is not None and (ask.answer is None or rng.random() < 0.1):
                await self._asked_at_last(ask)
        for meeting in known:
            host = self.new_ask(meeting, Join("zoe", "host", "windows", "5.0"), named=True)
            await self._asked_at_last(host)
            await self.hub.reconcile(meeting)
            await self._asked_at_last(host)
            if rng.random() < 0.5:
                await self._asked_at_last(self.new_ask(meeting, Start("zoe", "cloud")))
            if rng.random() < 0.4:
                await self._asked_at_last(self.new_ask(meeting, Pause("zoe")))
            if rng.random() < 0.4:
                await self._end(meeting)
        self._stop_if_wrong()
        for seconds in (1.5, MINUTE):
            await asyncio.sleep(seconds)
            for meeting in known:
                live = self.hub._meetings.live.get(meeting)
                if live is not None and live.pending and meeting != self.victim:
                    self.wrong(
                        f"{meeting} waits while its recorder does not say what it does, "
                        f"and that of {self.victim} is dead"
                    )
        self.network.heal()

    async def _end(self, meeting):
        if self.rng.random() < 0.6:
            self.network.lying[meeting] = self.loop.time() + 2
            if self.rng.random() < 0.5:
                await self._asked_at_last(self.new_ask(meeting, Stop("zoe")))
                await asyncio.sleep(1)
        await self._asked_at_last(self.new_ask(meeting, End()))

    async def _asked_at_last(self, ask):
        if ask.meeting not in self.opened:
            self.opened[ask.meeting] = self.opening[ask.meeting]
            await self._open(ask.meeting)
        if await self._later(self._send(ask)) is None:
            self.wrong(f"not taken although nothing is wrong any more: {ask}")

    async def _rest(self):
        quiet = 0
        for _ in range(60):
            await asyncio.sleep(MINUTE / 2)
            busy = self.hub._delivery.busy or len(self.hub._requests)
            quiet = 0 if busy or self.network.under_way else quiet + 1
            if quiet == 2:
                return
        tasks = [line.task for line in self.hub._delivery._deliveries.values()]
        ended = [each.exception() for each in tasks if each.done()]
        self.wrong(f"does not come to rest: {self.hub.health} {ended or ''}")


def run(seed):
    """Live through one seed.

    Returns:
        The world afterwards, with its counts and its trace.

    Raises:
        WrongError: something does not hold; the trace is on the exception.
    """
    logger = logging.getLogger("fsm.runtime")
    level, state = logger.level, random.getstate()
    logger.setLevel(logging.CRITICAL)
    random.seed(seed)
    world = World(seed)
    world.loop.set_exception_handler(lambda loop, context: _unhandled(world, context))
    try:
        world.loop.run_until_complete(world.main())
        world._stop_if_wrong()
    except (Exception, StuckError) as error:
        error.world = world
        if not isinstance(error, WrongError):
            text = f"{type(error).__name__}: {error}"
            wrong = WrongError(f"{text}\n(again: python tools/soak.py --seed {seed})")
            wrong.world = world
            raise wrong from error
        raise
    finally:
        _swept(world)
        random.setstate(state)
        logger.setLevel(level)
    return world


def _unhandled(world, context):
    error = context.get("exception")
    if not world.is_dead:
        world.wrong(f"{context['message']}: {error!r}")


def _swept(world):
    """Leave nothing behind that would complain later."""
    world.is_dead = True
    for task in world.loop.tasks:
        if not task.done():
            task.cancel()
    world.loop.set_exception_handler(lambda loop, context: None)
    try:
        world.faulty = False
        world.loop.run_until_complete(asyncio.sleep(10))
    except Exception:
        pass
    if world.journal is not None:
        world.journal.close()
    world.loop.close()
