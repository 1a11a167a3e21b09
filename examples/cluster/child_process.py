"""Processes of an example: they can be killed and started again, and end with their parent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path


class ChildProcess:
    """A process that can be killed and started again, with its output in a file.

    Args:
        name: its name for people.
        folder: the folder in which it runs.
        command: the program and its arguments.
        environment: environment variables in addition to those of this process.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        command: list[str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.folder = folder
        self.command = command
        self._environment = {**os.environ, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the process, ``None`` before the first start."""
        return self.process.pid if self.process else None

    @property
    def running(self) -> bool:
        """Returns whether the process runs."""
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> Path:
        """The file of its output."""
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        """Starts the process if it does not run, and does not wait until it answers."""
        if self.running:
            return
        command = self.command
        if setpriv := shutil.which("setpriv"):
            # Without it the process outlives a parent that is killed.
            command = [setpriv, "--pdeathsig", "KILL", *command]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self._environment,
                # An interrupt from the terminal is meant for the parent, which stops its children.
                start_new_session=True,
            )  # fmt: skip

    def terminate(self) -> None:
        """Asks the process to end, and does not wait."""
        if self.process is not None and self.running:
            self.process.terminate()

    def kill(self) -> None:
        """Kills the process with SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends the process, by SIGKILL if it takes longer than ten seconds."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def problem(self) -> str:
        """Returns the last line of the output that names an error, or else the last with text."""
        lines = self.log.read_text(errors="replace").split("\n") if self.log.exists() else []
        lines = [line.strip() for line in lines if any(map(str.isalpha, line))]
        for word in (" ERROR ", "error", ""):
            # Restate looks for a newer release of itself, which is no problem if it fails.
            found = [line for line in lines if word in line and " octocrab: " not in line]
            if found:
                return found[-1]
        return "the log is empty"
