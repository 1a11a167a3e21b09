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


def said(before=""):
    program = PROGRAM.format(before=before)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()


def test_a_process_switches_threads_soon_and_collects_garbage_seldom():
    _, interval, threshold = said()
    assert float(interval) <= 1e-4
    assert int(threshold) >= 10_000


def test_the_loop_is_that_of_uvloop_if_it_is_installed():
    assert said()[0] == "uvloop"


def test_without_uvloop_the_loop_is_that_of_asyncio():
    assert said("sys.modules['uvloop'] = None")[0] == "asyncio"
