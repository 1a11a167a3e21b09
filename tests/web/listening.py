"""A service in a process of its own."""

import multiprocessing
import os
import re
import signal
import threading
from contextlib import contextmanager

import attrs


@attrs.define(eq=False)
class Process:
    process: multiprocessing.Process
    url: str
    first: str
    lines: list[str]

    def stop(self, number=signal.SIGTERM):
        os.kill(self.process.pid, number)
        self.process.join(60)
        return self.process.exitcode


@contextmanager
def listening(process, stderr):
    """Waits until a service listens, and ends it with the block.

    Args:
        process: the process of a service, of `processes.start`.
        stderr: its standard error.
    """
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(stderr))
    with stderr:
        try:
            first = stderr.readline()
            address = re.fullmatch(r"fsm serve: listening at (http://\S+), .*\n", first)
            assert address, first + stderr.read()
            reader.start()
            yield Process(process, address[1], first, lines)
        finally:
            process.kill()
            process.join(60)
            if reader.ident is not None:
                reader.join(60)
