"""Processes of ``fsm serve --cluster`` on the loopback."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from child_process import ChildProcess
from restate_nodes import TIMEOUT, RestateError, answers


class FsmService(ChildProcess):
    """A service: its address for clients, and the one at which the cluster calls it.

    Args:
        name: its name.
        folder: the folder of its log.
        ports: two ports, for clients and for the cluster.
        options: the options of ``fsm serve`` apart from the ports.
        environment: environment variables in addition to those of this process.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        ports: tuple[int, int],
        options: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        port, endpoint = ports
        self.url = f"http://127.0.0.1:{port}"
        self.endpoint_url = f"http://127.0.0.1:{endpoint}"
        command = [
            sys.executable, "-m", "fsm", "serve", "--port", str(port),
            "--endpoint-port", str(endpoint), "--log-level", "error", *options,
        ]  # fmt: skip
        super().__init__(name, folder, command, environment)

    def ready(self) -> bool:
        """Returns whether it accepts events."""
        return self.running and answers(f"{self.url}/ready")

    def wait_until_ready(self, seconds: float = TIMEOUT) -> None:
        """Waits until it accepts events.

        Raises:
            RestateError: it does not within the time, or has ended.
        """
        last = time.monotonic() + seconds
        while not self.ready():
            if not self.running or time.monotonic() > last:
                raise RestateError(f"{self.name} does not start: {self.problem()}")
            time.sleep(0.05)
