import asyncio
import gc
import subprocess
import sys

import pytest

from fsm.runtime import Hub, Journal, JournalError
from fsm.runtime.process import collection_paused

PROGRAM = """
import asyncio, gc, sys
{before}
from fsm.runtime import process

async def main():
    loop = type(asyncio.get_running_loop()).__module__
    return loop.partition(".")[0], sys.getswitchinterval(), gc.get_threshold()[0]

print(*process.run(main()))
"""


def run_program(before=""):
    program = PROGRAM.format(before=before)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()


def test_a_process_has_a_short_switch_interval_and_a_high_garbage_threshold():
    _, interval, threshold = run_program()
    assert float(interval) <= 1e-4
    assert int(threshold) >= 10_000


def test_the_event_loop_is_uvloop_if_it_is_installed():
    assert run_program()[0] == "uvloop"


def test_the_event_loop_is_that_of_asyncio_without_uvloop():
    assert run_program("sys.modules['uvloop'] = None")[0] == "asyncio"


class LoadingJournal(Journal):
    """A journal that notes whether garbage is collected while it loads, and may fail."""

    collects = None
    error = None

    def load_open(self):
        self.collects = gc.isenabled()
        if self.error is not None:
            raise self.error
        return super().load_open()


@pytest.mark.parametrize("error", [None, JournalError("it is broken")])
def test_no_garbage_is_collected_while_a_hub_loads_its_meetings(tmp_path, error):
    journal = LoadingJournal(tmp_path / "meetings.db")
    journal.error = error

    async def main():
        async with Hub(lambda: journal):
            assert gc.isenabled()

    if error is None:
        asyncio.run(main())
    else:
        with pytest.raises(JournalError, match="it is broken"):
            asyncio.run(main())
    assert journal.collects is False
    assert gc.isenabled()


def test_where_garbage_is_not_collected_a_pause_changes_nothing():
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
