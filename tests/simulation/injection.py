"""Faults of a simulated world: crashes, disk errors, and failures of recorder and network."""

from __future__ import annotations

import apsw
import attrs

from fsm.runtime import GapError, RecorderStatus
from fsm.runtime.recorder import MAX_SEQUENCE

CRASH_POINTS = {
    "before write": 80, "after write": 80, "before sync": 40, "after sync": 40,
    "before commit": 40, "after commit": 40, "answer": 60, "send": 15, "status check": 4,
    "message arrived": 15, "recorder answered": 15,
}  # fmt: skip
"""The points at which a process can crash, each with the maximum number of passes before."""

RANDOM_FAULTS = (
    "unreachable", "unreachable", "false answers", "state lost", "recording lost",
    "commands ignored", "impossible answer", "crash",
)  # fmt: skip
"""Faults at a random time of a process; one that is listed twice is twice as likely."""


@attrs.frozen
class NetworkFaults:
    """The probabilities of the faults of a network, drawn once for each world.

    Args:
        request_lost: that a request does not arrive.
        reply_lost: that a reply does not arrive.
        duplicated: that a message arrives twice.
        delayed: that a message arrives once more, much later.
        slow: that a request takes seconds.
    """

    request_lost: float
    reply_lost: float
    duplicated: float
    delayed: float
    slow: float

    @classmethod
    def draw(cls, rng):
        """Returns random probabilities; some of them are zero."""

        def probability(maximum):
            return rng.uniform(0, maximum) if rng.random() < 0.6 else 0.0

        return cls(*(probability(maximum) for maximum in (0.3, 0.3, 0.3, 0.3, 0.15)))


@attrs.define
class DiskFault:
    """Operations on the disk that fail for some time.

    Args:
        operations: the names of the operations.
        remaining: the number of these operations that still succeed.
        duration: the seconds from the first failure to the last.
        error: the class of the error.
        until: the time of the last failure; ``None`` before the first one.
    """

    operations: tuple[str, ...]
    remaining: int
    duration: float
    error: type[Exception]
    until: float | None = None


class FaultInjector:
    """Injects the faults of a world.

    Args:
        world: the world, whose random numbers decide.

    Attributes:
        active: whether faults are injected.
        network: the probabilities of network faults.
        processes_with_disk_faults: the numbers of the processes whose disk has failed.
    """

    def __init__(self, world):
        self._world = world
        self.active = True
        self.network = NetworkFaults.draw(world.rng)
        self._crash_point = None
        self._passes_left = 0
        self._disk_fault = None
        self._disk_fault_on_arrival = None
        self.processes_with_disk_faults = set()

    @property
    def disk_failed(self):
        """Whether the disk has failed during the current process."""
        return self._world.process in self.processes_with_disk_faults

    def plan(self):
        """Plans the faults of a new process."""
        world, rng = self._world, self._world.rng
        self._crash_point = self._disk_fault = None
        if rng.random() < 0.8:
            # Twice as often where writes are not synced yet.
            point = rng.choice((*CRASH_POINTS, "before sync", "before sync"))
            self._crash_point = point
            self._passes_left = int(CRASH_POINTS[point] * rng.random() ** 2)
        if rng.random() < 0.5:
            kinds = rng.choice((("write",), ("sync",), ("write", "sync", "truncate"), ("read",)))
            error = apsw.IOError
            if kinds != ("read",):
                error = rng.choice((apsw.IOError, apsw.FullError))
            duration = rng.choice((0, 0, 1, 8))
            self._disk_fault = DiskFault(kinds, rng.randrange(40), duration, error)
        self._disk_fault_on_arrival = None
        if rng.random() < 0.15:
            kinds = rng.choice((("write",), ("sync",)))
            self._disk_fault_on_arrival = DiskFault(kinds, 0, rng.choice((0.1, 8)), apsw.IOError)
        for _ in range(rng.choice((0, 1, 1, 2, 4))):
            # Many processes do not run for long.
            when = rng.uniform(0, rng.choice((2, 40)))
            world.loop.call_later(when, self._inject_random_fault, world.process)

    def stop(self):
        """Ends all faults."""
        self.active = False
        self._crash_point = self._disk_fault = None
        self._world.recorder.heal()

    # -- crashes ------------------------------------------------------------------------------

    def pass_point(self, point):
        """Crashes the process if its crash is planned for this pass of this point."""
        if self._world.is_dead or not self.active or self._crash_point != point:
            return
        if self._passes_left > 0:
            self._passes_left -= 1
            return
        self._world.crash(point)

    def around(self, call):
        """Returns a call of a worker with a crash point before and after it."""

        def with_points(*args):
            self.pass_point("before commit")
            result = call(*args)
            self.pass_point("after commit")
            return result

        return with_points

    # -- the disk -----------------------------------------------------------------------------

    def before_disk_operation(self, operation, name, *args):
        """Fails an operation on a file if a disk fault is due."""
        world, fault = self._world, self._disk_fault
        self.pass_point(f"before {operation}")
        if world.is_dead or not self.active or fault is None or operation not in fault.operations:
            return
        if fault.remaining > 0:
            fault.remaining -= 1
            return
        if fault.until is None:
            fault.until = world.loop.time() + fault.duration
        if world.loop.time() > fault.until:
            self._disk_fault = None
            return
        self.processes_with_disk_faults.add(world.process)
        world.count(f"disk: {fault.error.__name__} at {operation}")
        world.note("disk fault", operation, name)
        if operation == "write" and world.rng.random() < 0.3:
            data, offset = args
            world.disk.files[name].write(data[: world.rng.randrange(len(data))], offset)
        raise fault.error(f"injected, at a {operation}")

    def fail_disk(self, duration):
        """Starts a disk fault at the next write.

        Args:
            duration: its seconds.
        """
        if self._disk_fault is None:
            self._disk_fault = DiskFault(("write",), 0, duration, apsw.IOError)

    def message_arrived(self):
        """Starts the disk fault that is planned for the arrival of a message."""
        if self._disk_fault is None and self.active and not self._world.is_dead:
            self._disk_fault, self._disk_fault_on_arrival = self._disk_fault_on_arrival, None

    # -- recorder and network -----------------------------------------------------------------

    def _inject_random_fault(self, process):
        if not self.active:
            return
        world, rng, now = self._world, self._world.rng, self._world.loop.time()
        recorder = world.recorder
        recorded = [each for each, status in sorted(recorder.statuses.items()) if status.kind]
        opened = sorted(world.knowledge.opened)
        meeting = rng.choice(("", rng.choice(recorded or [""]), *opened))
        fault = rng.choice(RANDOM_FAULTS)
        world.note("fault", fault, meeting)
        if fault == "unreachable":
            recorder.unreachable_until[meeting] = now + rng.uniform(1, 60)
        elif fault == "false answers":
            recorder.false_until[meeting] = now + rng.uniform(1, 30)
        elif fault == "state lost":
            recorder.lose_state(meeting)
        elif fault == "recording lost":
            recorder.lose_recording(meeting)
        elif fault == "commands ignored":
            recorder.ignoring_until[meeting] = now + rng.uniform(1, 60)
        elif fault == "impossible answer":
            status = RecorderStatus(MAX_SEQUENCE, *rng.choice(((), ("cloud",))))
            recorder.impossible_answers[meeting] = rng.choice((status, GapError(status)))
        elif process == world.process and rng.random() < 0.3:
            world.crash("any time")
