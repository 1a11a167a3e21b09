"""Timers of a simulated world: clocks that jump, wake-ups that get lost, and the reference model.

The model computes, from the entries of a journal and the times at which the hub applied them, the
moment at which each timer is due, and compares it with what was answered.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import defaultdict

import attrs

from fsm.recording import Join, Leave, Start, TimeUp
from fsm.recording.outcome import SetTimer
from fsm.recording.timers import TIMERS
from fsm.runtime.batch import Batch
from fsm.runtime.meeting_timers import MAX_STARTS_ANEW
from fsm.runtime.schema import COLUMNS

from ..rule_sets import TODAY, WITHOUT_GRACE, WITHOUT_GRACE_IF_EMPTY

GRACES = (0, 1, 2, 3, 20)
EMPTIES = (None, 1, 2, 3, 10, 60)
_YEAR = 365 * 86_400


@attrs.frozen
class Applied:
    """The moment at which a hub applied an event.

    Args:
        process: the number of the process.
        seconds: the time of the loop.
    """

    process: int
    seconds: float


@attrs.define
class Setting:
    """A timer that is set, in the reference model.

    Args:
        number: the number of its settings.
        process: the process whose clock counts for it.
        moment: the time of the loop at which it is due, in milliseconds.
        due: the time at which it is due by the wall clock, in milliseconds.
        recorded: the same as the last answer of the meeting has it.
        duration: its milliseconds.
        carried: whether it was set before its process started.
    """

    number: int
    process: int
    moment: int
    due: int
    recorded: int
    duration: int
    carried: bool = False


@attrs.frozen
class Ready:
    """The moment at which a hub was ready.

    Args:
        seconds: the time of the loop.
        clock: the time of the wall clock.
        starts: the number of starts in a row with a running grace; 0 for one without.
        grace: the seconds of the longest grace that runs.
    """

    seconds: float
    clock: int
    starts: int
    grace: int

    @property
    def anew(self):
        """Whether a grace begins anew."""
        return self.starts <= MAX_STARTS_ANEW


def _floor(seconds):
    return int(seconds * 1000 + 0.001)


class Timing:
    """The clocks and timers of a world.

    Args:
        world: the world, to which violations are reported.

    Attributes:
        enabled: whether meetings of this world have timers.
    """

    def __init__(self, world):
        self._world = world
        self._rng = random.Random(f"timing {world.seed}")
        self.enabled = self._rng.random() < 0.85
        self._offset = 1_600_000_000_000
        self._applied = {}
        # The times of the loop, in milliseconds, at which events came.
        self._arrived = {}
        self._order = defaultdict(list)
        # A generator of its own, so that other worlds stay as they are.
        self._short = random.Random(f"short processes {world.seed}")
        self._short_processes = 12 if self.enabled and self._short.random() < 0.15 else 0
        # The moment at which the hub of a process was ready, by its number.
        self._ready = {}
        # The time of the loop at which a process ended, by its number, and of the last jump.
        self._ended = {}
        self._jumped_at = 0
        self._releases = {}
        self._lost_wake_ups = set()
        self._due_at_start = set()
        # The process and the moment of the last firing so far, by meeting.
        self._fired = {}
        # The timers that run at the end of the entries that were checked last, by meeting.
        self._running = {}
        # The entries of each process: the position, and the moment of a timer due at the start.
        self._starts = defaultdict(list)

    # -- clocks -------------------------------------------------------------------------------

    def clock(self):
        """Returns the time of the wall clock, in milliseconds."""
        return int(self._world.loop.time() * 1000) + self._offset

    def plan(self):
        """Plans the jumps of the clocks during a new process."""
        for _ in range(self._rng.choice((0, 0, 1, 2)) if self.enabled else 0):
            when = self._rng.uniform(0, self._rng.choice((2, 40)))
            self._world.loop.call_later(when, self._jump)

    def _jump(self):
        if not self._world.faults.active:
            return
        if self._rng.random() < 0.5:
            seconds = self._rng.choice((0.5, 5, 40))
            self._world.note("the clock of the loop jumps", seconds)
            self._world.count("clock of the loop set forward")
            self._world.loop.jump(seconds)
            self._jumped_at = self._world.loop.time()
        else:
            self._set_wall_clock()

    def _set_wall_clock(self):
        seconds = self._rng.choice((-_YEAR, -100, -5, -0.5, 0.5, 5, 100, 30 * _YEAR))
        self._world.note("the wall clock jumps", seconds)
        self._world.count(f"wall clock set {'back' if seconds < 0 else 'forward'}")
        self._offset += int(seconds * 1000)

    async def pass_downtime(self):
        """Lets time pass between two processes."""
        if self.enabled:
            if self._rng.random() < 0.2:
                self._set_wall_clock()
            await asyncio.sleep(self._rng.choice((0, 0, 3, 30)))

    async def run_short_processes(self):
        """Runs processes in a row that end within a grace, once in some worlds.

        If the rules of the world change, one follows whose rules refuse a grace at first.
        """
        world, count = self._world, self._short_processes
        self._short_processes = 0
        for _ in range(count):
            if await world.start_process():
                await world.until_done(world.loop.create_task(self._live_shortly()))
                world.crash("any time")
            await world.bury_process()
        if count and world.has_other_rules:
            if await world.start_process(WITHOUT_GRACE_IF_EMPTY):
                await world.until_done(world.loop.create_task(self._be_refused()))
                world.crash("any time")
            await world.bury_process()

    async def _live_shortly(self):
        """Sets a grace, unless one runs, and waits for a moment."""
        if not self._world.hub._starts:
            await self._set_grace(self._short.choice((2, 3, 20)))
        await asyncio.sleep(self._short.uniform(0, 1))

    async def _be_refused(self):
        """Sets a grace, and lets a member join once it is up."""
        clients = self._world.clients
        meeting = await self._set_grace(2)
        await asyncio.sleep(4)
        if meeting in self._world.knowledge.opened:
            for event in (Join("max", "member", "ios", "5.0"), Leave("max")):
                await clients.send(clients.new_request(meeting, event, with_id=True))
                await asyncio.sleep(2)

    async def _set_grace(self, seconds):
        """Opens a meeting, whose only host starts a recording and leaves; returns its id."""
        world, clients = self._world, self._world.clients
        meeting = f"short-{world.process}"
        world.knowledge.settings[meeting] = attrs.evolve(
            clients.draw_settings(), grace=seconds, end_when_empty=60
        )
        await clients.open(meeting)
        if meeting in world.knowledge.opened:
            for event in (Join("zoe", "host", "windows", "5.0"), Start("zoe", "cloud")):
                await clients.send(clients.new_request(meeting, event, with_id=True))
            await clients.leave_all(meeting)
        return meeting

    # -- clients ------------------------------------------------------------------------------

    def with_timers(self, settings):
        """Returns settings, in most worlds with random timers."""
        if not self.enabled:
            return settings
        grace, empty = self._rng.choice(GRACES), self._rng.choice(EMPTIES)
        return attrs.evolve(settings, grace=grace, end_when_empty=empty)

    def meetings_to_empty(self, opened=None):
        """Returns the meetings that all participants leave now.

        Args:
            opened: the meetings to draw from; ``None`` during a process, when there is one at most.
        """
        if not self.enabled:
            return []
        if opened is not None:
            return [each for each in opened if self._rng.random() < 0.6]
        known = sorted(self._world.knowledge.opened)
        return [self._rng.choice(known)] if known and self._rng.random() < 0.3 else []

    async def let_timers_fire(self):
        """Waits until every timer that is set must have fired."""
        if self.enabled:
            await asyncio.sleep(max(GRACES + EMPTIES[1:]) + 10)

    # -- the hub ------------------------------------------------------------------------------

    def hub_is_ready(self, hub):
        """Notes that the hub of this process starts its timers now."""
        world = self._world
        if world.is_dead:
            return
        running = [live for live in hub._meetings.live.values() if "grace" in live.due]
        grace = max((live.plan.grace for live in running), default=0)
        ready = Ready(world.loop.time(), self.clock(), hub._starts, grace)
        self._check_count(ready)
        self._ready[world.process] = ready
        self._releases[world.process] = world.release.name
        if not ready.anew:
            world.count("starts at which no grace begins anew")

    def process_ends(self):
        """Notes that this process ends now."""
        self._ended[self._world.process] = self._world.loop.time()

    def _check_count(self, ready):
        """Checks the number of starts in a row with a running grace."""
        report = self._world.report
        if (ready.starts > 0) != (ready.grace > 0):
            report(f"the number of starts in a row with a running grace is wrong: {ready}")
        counted = [number for number, each in self._ready.items() if each.starts]
        if not ready.starts or not counted:
            return
        last = counted[-1]
        before, ended = self._ready[last], self._ended[last]
        lived = ended - before.seconds
        # One that counts on may be over at once.
        if lived < (before.grace if before.anew else 0) + 1 and ready.starts <= before.starts:
            report(f"counted anew after {lived} s: {ready} after {before}")
        # A commit may be slow. Starts that failed may be counted.
        is_disturbed = (
            last in self._world.faults.processes_with_disk_faults or ended < self._jumped_at + 10
        )
        if (
            lived > before.grace + 11
            and ready.starts > self._world.process - last
            and not is_disturbed
        ):
            report(f"not counted anew after {lived} s: {ready} after {before}")

    def count_wake_ups(self, meeting):
        """Returns the number of times that an alarm rings; sometimes the process crashes."""
        world = self._world
        if not self.enabled or world.is_dead or not world.faults.active:
            return 1
        draw = self._rng.random()
        if draw < 0.06:
            world.crash("a timer is due")
        elif draw < 0.14:
            world.count("wake-ups lost")
            self._lost_wake_ups.add((world.process, meeting))
            return 0
        elif draw < 0.24:
            world.count("wake-ups doubled")
            return 2
        return 1

    def noting_arrivals(self, handle):
        """Returns the method of a hub that handles events; it notes when they came."""

        def noted(batch, live, *args):
            arrived = batch.arrived
            entry = handle(batch, live, *args)
            self._arrived[live.id, entry.seq] = arrived
            return entry

        return noted

    def note_batch(self, *args):
        """Notes the entries of a batch that is applied now; sometimes its commit fails."""
        world = self._world
        if world.is_dead or not (args and isinstance(args[0], Batch)):
            return
        [batch] = args
        now = Applied(world.process, world.loop.time())
        for meeting, entries in batch.dirty.items():
            for entry in entries:
                self._applied[meeting, entry.seq] = now
        rows = range(0, len(batch.values), COLUMNS)
        entries = [batch.values[at + 1 : at + 3] for at in rows if batch.values[at] == "event"]
        self._order[world.process] += map(tuple, entries)
        for _ in batch.lateness:
            world.count("timers fired")
        if batch.lateness and self.enabled and world.faults.active:
            draw = self._rng.random()
            if draw < 0.1:
                world.loop.call_later(self._rng.uniform(0, 0.006), self._crash, world.process)
            elif draw < 0.35:
                world.count("commits of firings that fail")
                world.faults.fail_disk(self._rng.choice((0, 0, 1, 8)))

    def _crash(self, process):
        if process == self._world.process and self._world.faults.active:
            self._world.crash("a timer has fired")

    def applied(self, entry):
        """Returns the moment at which an entry was applied."""
        return self._applied[entry.meeting, entry.seq]

    # -- the reference model --------------------------------------------------------------------

    def check_entries(self, live, entries):
        """Compares the entries of a meeting with the reference model."""
        running, counts, last = {}, dict.fromkeys(TIMERS, 0), live.opened_at
        present = set()
        self._fired.pop(live.id, None)
        for entry in entries:
            applied = self.applied(entry)
            if entry.at < last:
                self._world.report(f"the time goes back: {entry} after {last}")
            self._carry_over(running, applied.process, last)
            last = entry.at
            if entry.outcome.refused == "meeting_ended":
                self._forget_refused(running)
            due = self._check_order(running, entry, applied, present)
            if entry.outcome.refused is None:
                match entry.event:
                    case Join():
                        present.add(entry.event.id)
                    case Leave():
                        present.discard(entry.event.id)
            if applied.process in self._ready:
                position = live.key, entry.seq
                self._starts[applied.process].append((position, entry, due))
            for change in entry.outcome.timers:
                if isinstance(change, SetTimer):
                    counts[change.timer] += 1
                    due = entry.at + change.after * 1000
                    running[change.timer] = Setting(
                        counts[change.timer], applied.process,
                        _floor(applied.seconds) + 1 + change.after * 1000, due, due,
                        change.after * 1000,
                    )  # fmt: skip
                elif running.pop(change.timer, None) is None:
                    self._world.report(f"cancels a timer that is not set: {entry}")
            for setting in running.values():
                setting.recorded = setting.due
        self._carry_over(running, self._world.process, last)
        if live.meeting.ended:
            self._forget_refused(running)
        self._running[live.id] = running, present

    def _forget_refused(self, running):
        """Forgets the timers of a meeting that is over, if other rules left them running.

        Their firings are refused.
        """
        if self._other_rules:
            running.clear()

    @property
    def _other_rules(self):
        """Whether some process had other rules than today's."""
        return {*self._releases.values()} != {TODAY}

    def _carry_over(self, running, process, last):
        """Brings timers from an earlier process to this one."""
        for timer, setting in running.items():
            for number in range(setting.process + 1, process + 1):
                if number not in self._ready:
                    continue
                ready = self._ready[number]
                now, setting.due = _floor(ready.seconds) + 1, setting.recorded
                if timer == "grace" and ready.anew:
                    setting.due = max(ready.clock, last) + setting.duration
                setting.moment = now + min(setting.due - ready.clock, setting.duration)
                setting.process, setting.carried = number, True

    def _check_order(self, running, entry, applied, present):
        """Checks that a timer fires when it is due, and before later events.

        Returns:
            The moment of the timer that fires, if it was due when the hub started.
        """
        report, now = self._world.report, _floor(applied.seconds)
        waiting = [
            (setting.moment, TIMERS.index(timer), timer)
            for timer, setting in running.items()
            if self._can_fire(timer, applied.process, present)
        ]
        _, _, first = min(waiting, default=(0, 0, None))
        if not isinstance(entry.event, TimeUp):
            arrived = self._arrived[entry.meeting, entry.seq]
            if first is not None and running[first].moment <= arrived:
                report(
                    f"came at {arrived}, and is answered before {first}, {running[first]}: {entry}"
                )
            process, moment = self._fired.get(entry.meeting, (0, 0))
            if process == applied.process and arrived < moment:
                report(f"came at {arrived}, but is after a timer of {moment}: {entry}")
            return None
        timer = entry.event.timer
        setting = running.get(timer)
        if entry.outcome.refused is not None or setting is None:
            report(f"a timer fires that is not set: {entry}")
            return None
        if setting.number != entry.event.set:
            report(f"the number of the setting is wrong: {entry}, {setting}")
        if timer != first:
            report(f"fires before {first}: {entry}, {running}")
        if setting.moment > now:
            report(f"fires early, at {now}: {entry}, {setting}")
        del running[timer]
        self._fired[entry.meeting] = applied.process, setting.moment
        ready = self._ready.get(applied.process)
        if setting.carried and setting.moment <= _floor(ready.seconds) + 1:
            if (entry.meeting, entry.seq) not in self._due_at_start:
                self._due_at_start.add((entry.meeting, entry.seq))
                self._world.count("timers due at the start")
            return setting.moment
        return None

    def _can_fire(self, timer, process, present):
        """Whether the rules of a process accept a firing while some participants are present."""
        refusing = (WITHOUT_GRACE,) if present else (WITHOUT_GRACE, WITHOUT_GRACE_IF_EMPTY)
        return timer != "grace" or self._releases.get(process) not in refusing

    def check_starts(self):
        """Checks that timers due at a start fired first, in the order of their moments."""
        starts, self._starts = self._starts, defaultdict(list)
        for process, entries in starts.items():
            faulty = self._world.faults.processes_with_disk_faults | {
                number for number, _ in self._lost_wake_ups
            }
            if process in faulty:
                continue
            positions = {each: position for position, each in enumerate(self._order[process])}
            entries.sort(key=lambda each: positions[each[0]])
            moments = [math.inf if moment is None else moment for _, _, moment in entries]
            if moments != sorted(moments):
                self._world.report(
                    f"process {process} did not begin with its due timers: {entries}"
                )

    def check_memory(self, live):
        """Checks that the timers of a meeting in memory are those of the reference model."""
        running, present = self._running[live.id]
        for timer, setting in running.items():
            in_memory = live.moments.get(timer), live.due.get(timer)
            can_fire = self._can_fire(timer, self._world.process, present)
            if can_fire and in_memory != (setting.moment, setting.due):
                self._world.report(f"{live.id}: {timer} is {in_memory} in memory, but {setting}")
        left = live.meeting.ended and self._other_rules
        if live.moments.keys() - running.keys() and not left:
            self._world.report(f"{live.id}: {live.moments} in memory, but {running}")

    def check_nothing_is_due(self, *, all_fire):
        """Checks that no timer is set that should have fired.

        Args:
            all_fire: whether those whose wake-ups were lost must have fired, too.
        """
        now = self._world.loop.time() * 1000
        for meeting, (running, present) in self._running.items():
            for timer, setting in running.items():
                late = setting.moment < now - 5_000
                # Without its wake-up, a timer fires with the next event or start.
                lost = (self._world.process, meeting) in self._lost_wake_ups and not all_fire
                if late and not lost and self._can_fire(timer, self._world.process, present):
                    self._world.report(f"{meeting}: {timer} was lost: {setting}")
