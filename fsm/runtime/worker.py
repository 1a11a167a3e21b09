"""A thread for calls that block."""

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
    """A thread that carries out calls one after another.

    An executor with one thread does the same, but acquires the GIL several times more for each
    call, and waits for it whenever the event loop is busy.

    Args:
        name: the thread's name.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._closed = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, call: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Carries out a call after all earlier ones, even if its future is cancelled.

        Raises:
            RuntimeError: the worker is closed.
        """
        if self._closed:
            raise RuntimeError("the worker is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._calls.put((loop, future, call, args))
        return future

    def close(self) -> None:
        """Waits until all calls are carried out, and ends the thread."""
        self._closed = True
        self._calls.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._calls.get()) is not None:
            loop, future, call, args = item
            result, error = None, None
            try:
                result = call(*args)
            except BaseException as raised:
                error = raised
            # If the loop is closed, nobody waits for the result any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, future, result, error)
            # Otherwise the last call would stay in memory until the next one comes.
            del item, loop, future, call, args, result, error


def settle(future: asyncio.Future[T], result: T, error: BaseException | None) -> None:
    """Sets the result or the error of a future, unless it is done or cancelled.

    Args:
        future: the future.
        result: its result, if there is no error.
        error: its error.
    """
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, StopIteration):
        # A future does not take a StopIteration, and the caller must have an answer.
        future.set_exception(RuntimeError(f"it raised {error!r}"))
    else:
        future.set_exception(error)
