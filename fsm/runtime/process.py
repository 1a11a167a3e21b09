"""The event loop and the runtime settings of a process that serves a hub."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

SWITCH_INTERVAL = 20e-6
"""Seconds after which a running thread hands the GIL to one that waits for it."""
COLLECT_AFTER = 20_000
"""The number of new objects that starts a garbage collection."""


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pauses garbage collection for a block that creates many objects, none of them garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs the main coroutine of a process that serves a hub.

    It is ``asyncio.run`` with settings that suit a busy hub:

    * A thread waits 20 microseconds for the GIL, and not five milliseconds. The thread that
      writes to the disk needs it for a moment in every commit.
    * Garbage is collected less often: a hub keeps most of its new objects, and nearly all others
      are freed by reference counting.
    * The event loop is that of ``uvloop`` if it is installed.

    The first two concern the whole process, so a program with other work should choose its own.

    Args:
        main: the coroutine.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.set_threshold(COLLECT_AFTER, 20, 50)
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)
