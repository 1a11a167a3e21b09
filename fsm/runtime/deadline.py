"""A time limit for what is awaited."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Deadline:
    """Breaks off what takes too long, as ``asyncio.timeout`` does, at half of the cost.

    Every order to a recorder has one; with ``asyncio.timeout`` it would cost as much as all else
    of an order that is answered at once.

    Args:
        seconds: how long the block may take.

    Raises:
        TimeoutError: it took longer.

    >>> async def too_slow():
    ...     with Deadline(0.01):
    ...         await asyncio.sleep(10)
    >>> asyncio.run(too_slow())
    Traceback (most recent call last):
    ...
    TimeoutError
    """

    __slots__ = ("_cancelled_before", "_late", "_seconds", "_task", "_timer")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._late = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "it is entered in a task"
        self._task = task
        self._cancelled_before = task.cancelling()
        self._timer = task.get_loop().call_later(self._seconds, self._expire)

    def _expire(self) -> None:
        self._late = True
        self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        # Whoever else has cancelled the task wants it to end, late or not.
        if (
            self._late
            and self._task.uncancel() <= self._cancelled_before
            and isinstance(error, asyncio.CancelledError)
        ):
            raise TimeoutError from error
