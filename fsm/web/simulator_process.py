"""The process that works for the simulator, so that no simulation delays a live meeting."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, ParamSpec, TypeVar

from fsm.web.problems import ProblemError

MAX_WAITING_TASKS: Final = 32
"""The maximum number of tasks that wait for the process."""

P = ParamSpec("P")
T = TypeVar("T")


class SimulatorProcess:
    """A process that runs functions one after another. It starts with the first one."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._waiting = 0

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function of a module in the process, and returns its result.

        Raises:
            ProblemError: too many tasks wait, or the process ended.
            Exception: whatever the function raises.
        """
        if self._waiting >= MAX_WAITING_TASKS:
            raise ProblemError(
                503, "simulator-busy", "The simulator has too much to do",
                f"{self._waiting} requests wait for it", retry_after=1,
            )  # fmt: skip
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, multiprocessing.get_context("spawn"), initializer=_prepare
            )
        pool = self._pool
        self._waiting += 1
        try:
            return await asyncio.wrap_future(pool.submit(function, *args, **kwargs))
        except BrokenProcessPool:
            # The next request starts another one.
            if self._pool is pool:
                self._pool = None
            raise ProblemError(
                503, "simulator-ended", "The process of the simulator ended",
                "another one starts with the next request", retry_after=1,
            ) from None  # fmt: skip
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Ends the process, if it runs."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _prepare() -> None:
    # A signal from the terminal goes to all processes; the service ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A service that is killed cannot end this process, which would wait for tasks for ever.
    parent = multiprocessing.parent_process()
    assert parent is not None, "started by the service"
    parent.join()
    os._exit(1)
