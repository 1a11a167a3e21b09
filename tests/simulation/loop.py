"""An event loop in virtual time, which jumps to the next timer."""

from __future__ import annotations

import asyncio
import random

MAX_ROUNDS = 20_000
"""The number of rounds of callbacks at one time, far more than clients can cause."""


class StuckError(AssertionError):
    """A deadlock, or callbacks that follow each other for ever."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """A loop in virtual time.

    It carries out the calls of a :class:`SimulatedWorker` in its own thread, after a delay.

    Args:
        rng: the source of the delays.

    Attributes:
        around: wraps each call of a worker.
        before_call: is called with the arguments of each call of a worker when it is submitted.
        slow: the probability that such a call takes much longer.
        tasks: all tasks that were created.
    """

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self._now = 1000.0
        self._rng = rng
        self._selector = self
        self._rounds = 0
        self._free_at = {}
        self.around = lambda call: call
        self.before_call = lambda *args: None
        self.slow = 0.0
        self.tasks = []
        self.set_task_factory(self._task)

    def _task(self, loop, coro, **options):
        task = asyncio.Task(coro, loop=loop, **options)
        self.tasks.append(task)
        return task

    # -- the selector ---------------------------------------------------------------

    def select(self, timeout):
        if timeout is None:
            raise StuckError("tasks wait, but there is no timer and no callback left")
        self._rounds += 1
        if self._rounds > MAX_ROUNDS:
            self._rounds = 0
            raise StuckError("callbacks follow each other, and no time passes")
        if timeout > 0:
            # Exactly to the next timer: the timeout is too short because of rounding.
            self._now = max(self._now, self._scheduled[0].when())
            self._rounds = 0
        return []

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    # -- time and threads -------------------------------------------------------------------

    def time(self):
        return self._now

    def jump(self, seconds):
        """Sets the clock forward, as if the machine had been suspended."""
        self._now += seconds

    def do(self, worker, func, *args):
        self.before_call(*args)
        future = self.create_future()
        delay = self._rng.uniform(0.0001, 0.005)
        if self._rng.random() < self.slow:
            delay = self._rng.uniform(0.05, 3)
        start = max(self._now, self._free_at.get(worker, 0)) + delay
        self._free_at[worker] = start
        self.call_at(start, self._work, future, func, args)
        return future

    def _work(self, future, func, args):
        # Even if the future is cancelled, since a call in a thread cannot be cancelled.
        try:
            result, error = self.around(func)(*args), None
        except Exception as raised:
            result, error = None, raised
        self.call_later(self._rng.uniform(0, 0.001), self._answer, future, result, error)

    def _answer(self, future, result, error):
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


class SimulatedWorker:
    """A worker without a thread."""

    def __init__(self, name):
        self._is_closed = False

    def do(self, call, *args):
        assert not self._is_closed, "the worker is closed"
        return asyncio.get_running_loop().do(self, call, *args)

    def close(self):
        self._is_closed = True
