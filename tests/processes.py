"""Processes that begin with the program already imported.

A fork server imports it once, which takes longer than most of what these processes then do. The
tests of the readme and of `fsm serve` start the installed command with an interpreter of its own.
"""

import multiprocessing
import os
import resource
import signal
import sys
from pathlib import Path

from fsm.__main__ import main

ROOT = str(Path(__file__).parents[1])
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["__main__", "fsm.cli.serve", "fsm.web.serve"])


def start(function, *arguments, environment=(), descriptors=None, children=False):
    """Starts a process that exits with the result of a function.

    Args:
        function: a function of a module.
        arguments: its arguments.
        environment: environment variables in addition to those of the fork server.
        descriptors: the number of files that the process may open.
        children: whether the process may start others. A failed test that does not end it
            leaves it behind.

    Returns:
        The process, and its standard error as a text file.
    """
    reading, writing = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(
        target=_run,
        args=(function, arguments, dict(environment), descriptors, writing),
        daemon=not children,  # a failed test leaves no process behind
    )
    sys.path.append(ROOT)  # the new process looks for this module there, and for `fsm` before
    try:
        process.start()
    finally:
        sys.path.pop()  # the same folder may stand at the front as well
    with reading, writing:
        return process, os.fdopen(os.dup(reading.fileno()), encoding="utf-8")


def _run(function, arguments, environment, descriptors, stderr):
    os.dup2(stderr.fileno(), 2)
    os.environ.update(environment)
    if descriptors is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as the command does
    sys.exit(function(*arguments))


def fsm(*arguments):
    """Runs the command, in a process that was started for it."""
    sys.argv = ["fsm", *arguments]
    main()
