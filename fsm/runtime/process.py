"""What a process does that is there to serve a hub."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

SWITCH_INTERVAL = 20e-6
"""Seconds after which a thread that wants Python's lock is given it."""
COLLECT_AFTER = 20_000
"""How many new objects there must be before the garbage collector looks at them."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run the main coroutine of a process that is there to serve a hub.

    It does as ``asyncio.run``, with what a busy hub is better off with:

    * threads change places after 20 microseconds, since a thread that writes to the disk needs
      Python's lock for a moment and would wait five milliseconds for it, several commits long;
    * garbage is looked for more seldom, since nearly all that a hub makes stays or is counted;
    * the loop is one of ``uvloop`` where that is installed.

    The first two hold for the whole process, so a program that has more to do than serve a hub
    decides on its own.

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
