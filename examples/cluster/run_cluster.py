"""Meetings on a cluster on this machine: three Restate nodes, two services, and a load.

    python examples/cluster/run_cluster.py [--seconds N] [--clients N] [--pause SECONDS]

The view shows the throughput and the state of each process. Kill one of them, ``kill -9 PID``, and
watch: the load goes on, and the process is started again after a while, as systemd would do it.
At the end of each meeting its history is compared with the answers that its client had.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import attrs
from child_process import ChildProcess
from cluster_view import Row, figures_line, render
from fsm_services import FsmService
from local_cluster import LocalCluster
from meeting_load import PERIOD, Figures, MeetingLoad
from restate_nodes import RestateError, RestateNode
from rich.console import Console
from rich.live import Live

CLIENTS = 16
PAUSE = 0.1
RESTART_AFTER = 8.0
"""Seconds until a process that ended is started again."""


@attrs.define
class Watched:
    """A process of the cluster, and its state.

    Args:
        process: the process.
        ready: whether it answers.
        work: its work, for people.
        ended: the moment since which it does not run; ``None`` while it does.
    """

    process: ChildProcess
    ready: bool = False
    work: str = ""
    ended: float | None = None

    def row(self) -> Row:
        """Returns the state for the view."""
        process = self.process
        url = address(process)
        if self.ended is not None:
            left = max(0.0, RESTART_AFTER - (time.monotonic() - self.ended))
            state = f"ended, starts again in {left:.0f} s"
            return Row(process.name, process.pid, state, "bold red", "", 0, url)
        state, style = ("running", "green") if self.ready else ("starts", "yellow")
        return Row(process.name, process.pid, state, style, self.work, _memory(process.pid), url)


def address(process: ChildProcess) -> str:
    """Returns the address of a process for its callers; an empty text if it has none."""
    if isinstance(process, FsmService):
        return process.url
    return process.ingress_url if isinstance(process, RestateNode) else ""


def leading(partitions: float) -> str:
    """Returns the work of a node that leads some partitions."""
    return f"leads {partitions:.0f} partition{'' if partitions == 1 else 's'}"


def _memory(pid: int | None) -> int:
    """Returns the resident bytes of a process; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


class Supervisor:
    """Looks after the processes of a cluster, as systemd would do it.

    Args:
        cluster: the cluster.
        figures: the figures of the load on it.

    Attributes:
        watched: the processes.
        news: the latest lines about processes that ended or were started.
    """

    def __init__(self, cluster: LocalCluster, figures: Figures) -> None:
        self.watched = [Watched(each) for each in cluster.processes]
        self.news: deque[str] = deque(maxlen=5)
        self._figures = figures

    async def run(self) -> None:
        """Looks at each process once a second, and starts those that have ended."""
        before = self._figures.by_service.copy()
        while True:
            for each in self.watched:
                await self._look_at(each)
            for each in self.watched:
                if isinstance(each.process, FsmService):
                    url = each.process.url
                    each.work = f"{self._figures.by_service[url] - before[url]:,} events/s"
            before = self._figures.by_service.copy()
            await asyncio.sleep(1)

    async def _look_at(self, each: Watched) -> None:
        process = each.process
        if not process.running:
            if each.ended is None:
                each.ended, each.ready = time.monotonic(), False
                self._tell(f"{process.name}, pid {process.pid}, has ended")
            elif time.monotonic() - each.ended > RESTART_AFTER:
                process.start()
                each.ended = None
                self._tell(f"{process.name} is started again, pid {process.pid}")
        elif isinstance(process, RestateNode):
            leads = await asyncio.to_thread(process.metric, "restate_num_active_partition_leaders")
            each.ready = leads is not None
            each.work = "" if leads is None else leading(leads)
        elif isinstance(process, FsmService):
            each.ready = await asyncio.to_thread(process.ready)

    def _tell(self, line: str) -> None:
        self.news.append(f"{time.strftime('%H:%M:%S')} {line}")


async def show(
    supervisor: Supervisor, figures: Figures, ended: asyncio.Event, seconds: float | None
) -> None:
    """Shows the cluster until the end is asked for, or for some seconds.

    Without a terminal it prints a line in every ten seconds.
    """
    console = Console()
    began = time.monotonic()
    last = began + seconds if seconds is not None else None
    with contextlib.ExitStack() as stack:
        live = stack.enter_context(Live(console=console)) if console.is_terminal else None
        printed = began
        while not ended.is_set() and (last is None or time.monotonic() < last):
            now = time.monotonic()
            if live is not None:
                rows = [each.row() for each in supervisor.watched]
                live.update(render(now - began, figures, rows, supervisor.news))
            else:
                while supervisor.news:
                    print(supervisor.news.popleft(), flush=True)
                if now - printed >= PERIOD:
                    printed = now
                    print(figures_line(figures), flush=True)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), 0.25)


async def main(seconds: float | None, clients: int, pause: float) -> int:
    """Runs the example; returns 1 if an answer or a history was not as it should be."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    folder = Path(tempfile.mkdtemp(prefix="fsm-cluster-"))
    print("three Restate nodes and two services start", flush=True)
    try:
        async with LocalCluster(folder) as cluster, asyncio.TaskGroup() as tasks:
            load = MeetingLoad([each.url for each in cluster.services], clients, pause)
            supervisor = Supervisor(cluster, load.figures)
            supervising = tasks.create_task(supervisor.run())
            holding = tasks.create_task(load.run())
            for each in cluster.processes:
                print(f"{each.name}, pid {each.pid}, {address(each)}", flush=True)
            url = cluster.services[0].url
            print(f"{url}/ is the simulator, {url}/v1/meetings the list of meetings", flush=True)
            await show(supervisor, load.figures, ended, seconds)
            load.end()
            print("the meetings that are open are completed", flush=True)
            await holding
            supervising.cancel()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = load.figures
    print(
        f"{figures.answered:,} events were answered in {figures.finished:,} meetings, whose "
        f"histories have all of them; {sum(figures.attempts.values()):,} were sent again"
    )
    print(*figures.faults, sep="\n", end="")
    return 1 if figures.faults else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, help="the length of the load (until Ctrl-C)")
    parser.add_argument("--clients", type=int, default=CLIENTS, help=f"meetings ({CLIENTS})")
    parser.add_argument(
        "--pause", type=float, default=PAUSE, help=f"seconds between events ({PAUSE})"
    )
    args = parser.parse_args()
    try:
        sys.exit(asyncio.run(main(args.seconds, args.clients, args.pause)))
    except RestateError as error:
        sys.exit(f"run_cluster.py: {error}")
