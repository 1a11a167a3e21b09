"""A thread that does what blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
_Call = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[..., Any], tuple[Any, ...]]


class Worker:
    """A thread that does what it is given, one after another.

    An executor with one thread does so too, but asks for Python's lock several times more for
    each call, and waits for it whenever the loop is busy.

    Args:
        name: the thread's name.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._closed = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, call: Callable[..., T], *given: Any) -> asyncio.Future[T]:
        """Have something done after everything given before; it is done also if nobody waits.

        Raises:
            RuntimeError: the worker is closed.
        """
        if self._closed:
            raise RuntimeError("the worker is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._calls.put((loop, future, call, given))
        return future

    def close(self) -> None:
        """End the thread once it has done everything, and wait for that."""
        self._closed = True
        self._calls.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (got := self._calls.get()) is not None:
            loop, future, call, given = got
            result, error = None, None
            try:
                result = call(*given)
            except BaseException as raised:
                error = raised
            # Of a loop that is closed nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, future, result, error)
            # Or what was done last would stay in memory until there is something to do.
            del got, loop, future, call, given, result, error


def settle(future: asyncio.Future[T], result: T, error: BaseException | None) -> None:
    """Answer a future, unless nobody waits for it any more.

    Args:
        future: the future.
        result: its result, where there is no error.
        error: what went wrong.
    """
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, StopIteration):
        # No future takes this one, and whoever waits must be told all the same.
        future.set_exception(RuntimeError(f"it raised {error!r}"))
    else:
        future.set_exception(error)
