"""One simulated world: a hub that crashes and starts again, its clients, disk and recorder."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter

import apsw

from fsm.runtime import Hub, HubLimits, Journal, JournalError, RetryPolicy
from fsm.runtime.timer_firings import TimerFirings

from ..rule_sets import TABLES, TODAY, Release
from . import checks
from .checks import ViolationError
from .clients import Clients
from .disk import CUTS, Disk
from .final_phase import RECONCILE_EVERY, FinalPhase
from .injection import FaultInjector
from .knowledge import ClientKnowledge
from .loop import SimulatedLoop, SimulatedWorker, StuckError
from .recorder import SimulatedRecorder
from .timing import Timing


class SimulatedHub(Hub):
    """A hub without threads."""

    _worker = SimulatedWorker

    def _timer_firings(self, *args):
        return SimulatedFirings(self, *args)


class SimulatedFirings(TimerFirings):
    """Firings whose alarms are lost or doubled at times."""

    def __init__(self, hub, *args):
        super().__init__(*args)
        self._hub = hub
        self._timing = hub.timing

    def start(self):
        self._timing.hub_is_ready(self._hub)
        firings = super().start()
        operations = self._meetings.operations
        operations.handle = self._timing.noting_arrivals(operations.handle)
        return firings

    def fire(self, meeting):
        firing = None
        for _ in range(self._timing.count_wake_ups(meeting)):
            firing = super().fire(meeting)
        return firing


class World:
    """A world whose random numbers all come from one seed.

    Args:
        seed: the seed.

    Attributes:
        counts: the number of occurrences of everything that happens.
        trace: the log, with the simulated times.
        violations: the broken promises, as text.
        process: the number of the current process, from 1.
        started_at: the time at which it was started.
        is_dead: whether it has ended; its remaining tasks then have no effect.
        healthy_since: the time of the loop at the end of all faults.
        unreachable_meeting: the meeting whose recorder is dead during the final phase.
    """

    def __init__(self, seed):
        self.seed = seed
        self.rng = random.Random(seed)
        self.loop = SimulatedLoop(self.rng)
        self.loop.slow = self.rng.choice((0, 0, 0.05))
        self.faults = FaultInjector(self)
        self.loop.around = self.faults.around
        self.retry = RetryPolicy(
            max_attempts=3,
            initial_interval=0.25,
            max_interval=5.0,
            timeout=2.0,
            max_status_checks=2,
        )
        self.limits = HubLimits(waiting=self.rng.choice((10_000, 10_000, 6)))
        self.release = Release()
        # Rules change between the processes of some worlds.
        self._releasing = random.Random(f"releases {seed}")
        self._releases = self._releasing.choice(([TODAY], [TODAY], list(TABLES)))
        self.timing = Timing(self)
        self.loop.before_call = self.timing.note_batch
        self.recorder = SimulatedRecorder(self)
        self.disk = Disk()
        self.knowledge = ClientKnowledge(self)
        self.clients = Clients(self)
        self.vfs = self.journal = self.hub = None
        self.counts = Counter()
        self.trace = []
        self.violations = []
        self.process = 0
        self.started_at = 0.0
        self.is_dead = False
        self.healthy_since = None
        self.unreachable_meeting = None
        self._crashed = asyncio.Event()
        self._next_disk = None

    @property
    def has_other_rules(self):
        """Whether other rules than today's may have decided."""
        return self._releases != [TODAY]

    # -- the trace ----------------------------------------------------------------------------

    def note(self, *words):
        """Adds a line to the trace."""
        self.trace.append((round(self.loop.time(), 6), *words))

    def count(self, name):
        """Counts an occurrence."""
        self.counts[name] += 1

    def report(self, violation):
        """Reports a broken promise."""
        self.note("VIOLATION", violation)
        self.violations.append(violation)

    def stop_if_violated(self):
        """Raises the first violation, if there is one."""
        if self.violations:
            raise ViolationError(f"{self.violations[0]}\n{self.how_to_repeat}")

    @property
    def how_to_repeat(self):
        """The command that shows the trace of this world."""
        return f"(again: python tools/soak.py --seed {self.seed})"

    # -- the disk and the journal -------------------------------------------------------------

    def _after_disk_operation(self, operation, name):
        if operation != "delete":
            self.note("disk", operation, name)
        active = self.faults.active and not self.is_dead
        if operation == "sync" and active and self.rng.random() < 0.015:
            self.count("journal checks")
            checks.check_journal(self, self.disk.cut("none", self.rng))
        self.faults.pass_point(f"after {operation}")

    def _open_journal(self):
        self.journal = Journal(checks.FILE, vfs=self.vfs.name, exclusive=True)
        # A world is too short for checkpoints at the usual interval.
        self.journal.checkpoint_after = 100
        return self.journal

    def last_committed(self, meeting):
        """Returns the number of the last event of a meeting in the journal."""
        active, self.faults.active = self.faults.active, False
        try:
            (found,) = self.journal._db.execute(
                "SELECT coalesce(max(seq), 0) FROM events "
                "WHERE meeting = (SELECT key FROM meetings WHERE id = ?)",
                (meeting,),
            )
        finally:
            self.faults.active = active
        return found[0]

    def recorder_is_healthy(self, meeting, at):
        """Returns whether the recorder of a meeting had no faults at a time of the loop."""
        since = self.healthy_since
        return since is not None and at >= since and meeting != self.unreachable_meeting

    # -- processes ----------------------------------------------------------------------------

    async def start_process(self, release=None):
        """Starts a process with a hub; returns whether the hub has opened.

        Args:
            release: the name of its rules; one of those of this world if ``None``.
        """
        self.process += 1
        self.is_dead = False
        self._crashed.clear()
        self._next_disk = None
        self.started_at = self.loop.time()
        self.knowledge.new_process()
        self.clients.new_process()
        self.disk.before = self.faults.before_disk_operation
        self.disk.after = self._after_disk_operation
        self.vfs = self.disk.mounted()
        self.journal = None
        self.release.name = release or self._releasing.choice(self._releases)
        if self.release.name != TODAY:
            self.count("starts under other rules")
        self.note("start", self.process, self.release.name)
        if self.faults.active:
            self.faults.plan()
            self.timing.plan()
        self.hub = SimulatedHub(
            self._open_journal, self.recorder, clock=self.timing.clock,
            limits=self.limits, retry=self.retry, reconcile_every=RECONCILE_EVERY,
        )  # fmt: skip
        self.hub.timing = self.timing
        opening = self.loop.create_task(self.hub.__aenter__())
        await self.until_done(opening)
        if self.is_dead:
            return False
        if opening.exception() is None:
            self.count("starts")
            return True
        if not isinstance(opening.exception(), JournalError):
            raise opening.exception()
        self.count("failed starts")
        if not self.faults.disk_failed:
            self.report(f"the start failed: {opening.exception()}")
        return False

    async def until_done(self, *tasks):
        """Waits for all tasks, or until the process crashes."""
        crash = self.loop.create_task(self._crashed.wait())
        done = asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.wait((crash, done), return_when=asyncio.FIRST_COMPLETED)
        crash.cancel()
        if not self.is_dead:
            for task in tasks:
                error = None if task.cancelled() else task.exception()
                if error is not None and not isinstance(error, JournalError):
                    raise error

    def crash(self, point):
        """Ends the process at once, by a kill or a power cut."""
        if self.is_dead:
            return
        mode = self.rng.choice(("kill", "kill", "kill", *CUTS, "none"))
        if point in ("after write", "before sync") and self.rng.random() < 0.5:
            # The next process then sees writes that were not synced.
            mode = "kill"
        self.note("crash", point, mode)
        self.count(f"crash: {mode}")
        self.count(f"crash at: {point}")
        self._end_process(self.disk.killed() if mode == "kill" else self.disk.cut(mode, self.rng))
        self._crashed.set()

    def _end_process(self, next_disk):
        self.is_dead = True
        self.timing.process_ends()
        self._next_disk = next_disk
        # The tasks of the old process only reach a disk that is not used any more.
        self.disk.before = lambda operation, name, *args: None
        self.disk.after = lambda operation, name: None

    async def bury_process(self):
        """Cancels the tasks of a process, and checks the disk that it leaves."""
        if not self.is_dead:
            self._end_process(self.disk.killed())
        current = asyncio.current_task()
        left = [task for task in self.loop.tasks if not task.done() and task is not current]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self.loop.tasks = [current]
        # The calls of its workers end without effect.
        await asyncio.sleep(5)
        await self.timing.pass_downtime()
        if self.journal is not None:
            self.journal._db.close(True)
        self.disk = self._next_disk
        self.knowledge.check_order()
        checks.check_journal(self, self.disk.killed())
        self.stop_if_violated()

    async def close_hub(self):
        """Closes the hub; sometimes the closing is cancelled."""
        closing = self.loop.create_task(self.hub.__aexit__(None, None, None))
        if self.rng.random() < 0.3:
            self.loop.call_later(self.rng.uniform(0, 0.01), closing.cancel)
        await self.until_done(closing)
        if self.is_dead:
            return
        self.count("shutdowns cancelled" if closing.cancelled() else "clean shutdowns")
        if not self.hub._committing.done() or self._journal_is_open():
            self.report("the hub is closed, but its journal is open")
        self.journal = None

    def _journal_is_open(self):
        try:
            self.journal._db.execute("SELECT 1")
        except apsw.ConnectionClosedError:
            return False
        return True

    # -- the whole run ------------------------------------------------------------------------

    async def main(self):
        """Runs some processes with faults, and then the final phase without."""
        processes = self.rng.choice((1, 2, 2, 3))
        still_running = False
        for number in range(processes):
            still_running = await self._run_process(may_stay=number == processes - 1)
            if not still_running:
                await self.timing.run_short_processes()
        await FinalPhase(self).run(still_running)

    async def _run_process(self, may_stay):
        """Runs a process with its clients; returns whether it still runs."""
        if not await self.start_process():
            await self.bury_process()
            return False
        create_task, rng = self.loop.create_task, self.rng
        if rng.random() < 0.8:
            await self.until_done(create_task(self.clients.catch_up()))
        clients = [create_task(self.clients.run()) for _ in range(rng.randrange(2, 6))]
        clients.append(create_task(self.clients.run_on_account()))
        await self.until_done(*clients)
        self.stop_if_violated()
        if may_stay and not self.is_dead and rng.random() < 0.8:
            return True
        if not self.is_dead and rng.random() < 0.7:
            await self.close_hub()
        await self.bury_process()
        return False


def run(seed):
    """Runs the world of a seed.

    Returns:
        The world afterwards, with its counts and its trace.

    Raises:
        ViolationError: a promise is broken. The exception has the ``world``.
    """
    logger = logging.getLogger("fsm.runtime")
    level, state = logger.level, random.getstate()
    logger.setLevel(logging.CRITICAL)
    random.seed(seed)
    world = World(seed)
    world.loop.set_exception_handler(lambda loop, context: _report_unhandled(world, context))
    try:
        with world.release.installed():
            world.loop.run_until_complete(world.main())
        world.stop_if_violated()
    except ViolationError as error:
        error.world = world
        raise
    except (Exception, StuckError) as error:
        text = f"{type(error).__name__}: {error}"
        violation = ViolationError(f"{text}\n{world.how_to_repeat}")
        violation.world = world
        raise violation from error
    finally:
        _clean_up(world)
        random.setstate(state)
        logger.setLevel(level)
    return world


def _report_unhandled(world, context):
    error = context.get("exception")
    if not world.is_dead:
        world.report(f"{context['message']}: {error!r}")


def _clean_up(world):
    """Ends all tasks, so that none of them complains later."""
    world.is_dead = True
    for task in world.loop.tasks:
        if not task.done():
            task.cancel()
    world.loop.set_exception_handler(lambda loop, context: None)
    try:
        world.faults.active = False
        world.loop.run_until_complete(asyncio.sleep(10))
    except Exception:
        pass
    if world.journal is not None:
        world.journal.close()
    world.loop.close()
