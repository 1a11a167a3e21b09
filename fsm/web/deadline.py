"""A timeout at half of the cost of ``asyncio.timeout``."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Deadline:
    """Interrupts a block after a timeout, like ``asyncio.timeout`` at half of its cost.

    Every request with a body has one.

    Args:
        seconds: the timeout.

    Raises:
        TimeoutError: the block took longer.

    >>> async def too_slow():
    ...     with Deadline(0.01):
    ...         await asyncio.sleep(10)
    >>> asyncio.run(too_slow())
    Traceback (most recent call last):
    ...
    TimeoutError
    """

    __slots__ = ("_cancelled_before", "_expired", "_seconds", "_task", "_timer")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "it is entered in a task"
        self._task = task
        self._cancelled_before = task.cancelling()
        self._timer = task.get_loop().call_later(self._seconds, self._expire)

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        # A cancellation from elsewhere ends the task, whether the deadline has passed or not.
        if (
            self._expired
            and self._task.uncancel() <= self._cancelled_before
            and isinstance(error, asyncio.CancelledError)
        ):
            raise TimeoutError from error
