import subprocess
import sys

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
