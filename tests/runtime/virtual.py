"""Hubs on real files in virtual time, so that tests of timers neither wait nor depend on speed."""

import asyncio
import random
from contextlib import asynccontextmanager

from fsm.runtime import Hub, Journal

from ..simulation.loop import SimulatedLoop, SimulatedWorker


class VirtualHub(Hub):
    """A hub whose journal is used in the thread of the event loop."""

    _worker = SimulatedWorker


class Clock:
    """The wall clock, which follows the virtual time until it is set.

    Args:
        offset: its milliseconds at the beginning of the virtual time.
    """

    def __init__(self, offset=1_600_000_000_000):
        self.offset = offset

    def __call__(self):
        return int(asyncio.get_running_loop().time() * 1000) + self.offset

    def set(self, seconds):
        """Sets the clock forward, or back."""
        self.offset += int(seconds * 1000)


def run_virtual(coroutine):
    """Runs a coroutine to its end in virtual time."""
    loop = SimulatedLoop(random.Random(1))
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


@asynccontextmanager
async def virtual_hub(folder, journal=Journal, **options):
    """Opens a hub in virtual time on a file in a folder."""
    opened = []

    def open_journal():
        opened.append(journal(folder / "meetings.db", lock=True))
        return opened[0]

    async with VirtualHub(open_journal, **options) as hub:
        hub.journal = opened[0]
        yield hub
