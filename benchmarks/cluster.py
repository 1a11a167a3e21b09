"""Throughput, growth and size of meetings on a cluster, compared with a bare object.

    python benchmarks/cluster.py [--seconds 10] [--rounds 5] [--few 1000] [--many 100000]
                                 [--skip-growth]

The bare object (``bare_object.py``) does the steps that a meeting cannot do without: it reads and
writes its state, and sends one message for a command or a timer. Both are called at the ingress of
Restate, with the events of ``examples/scenarios/a-working-day.yaml``, in turns in one run:

* events a second and the 99th percentile with 1, 16 and 64 clients, on one node;
* the same meetings on three nodes, each record on two of them, compared with one node;
* events a second with many open meetings compared with few;
* the state, the memory and the disk of a meeting.

All processes, and the clients, share this machine, so the ratios say more than the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import attrs

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples" / "cluster"))

from child_process import ChildProcess
from cluster_requests import Connection, Target, open_meetings, recorder, targets_of
from local_cluster import LocalCluster
from meeting_load import Script, script_of
from restate_nodes import RestateError, free_ports

BARE_OBJECT = Path(__file__).resolve().parent / "bare_object.py"
CLIENTS = (1, 16, 64)
EVENTS_OF_OPEN_MEETING = 3
"""After so many events of the scenario a meeting is recorded, and three are present."""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@attrs.frozen
class Load:
    """The figures of some seconds of load.

    Args:
        per_second: the events a second.
        p99: the 99th percentile of the time to an answer, in milliseconds.
        nodes: the processor time of the nodes for an event, in microseconds.
        service: the processor time of the process that runs the handlers, likewise.
        records: the records in the log for an event, the replicas of a record not counted.
        log: their bytes.
    """

    per_second: float
    p99: float
    nodes: float
    service: float
    records: float
    log: float


_names = count()
CALLS_UNDER_WAY = (
    "SELECT id FROM sys_invocation WHERE status NOT IN ('completed', 'scheduled') LIMIT 1"
)


def processor_seconds(*pids: int | None) -> float:
    """Returns the processor time that processes have used together."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


async def load(
    running: Measured, target: Target, events: int, clients: int, seconds: float
) -> Load:
    """Holds meetings from their opening to their last event, for some seconds.

    The events a second are those until the last delivery is done.

    Raises:
        RuntimeError: no event was answered in that time.
    """
    times: list[float] = []
    url = running.cluster.restate.ingress_url
    nodes = [each.pid for each in running.cluster.nodes]
    service = running.services[target.name].pid
    before = counters(running.cluster, nodes, service)
    start = time.perf_counter()
    end = start + seconds

    async def client() -> None:
        with contextlib.closing(Connection(url)) as connection:
            while True:
                key = f"b-{next(_names)}"
                await connection.post(*target.opening(key))
                for number in range(events):
                    began = time.perf_counter()
                    await connection.post(*target.event(key, number))
                    now = time.perf_counter()
                    if now > end:
                        return
                    times.append(now - began)

    await asyncio.gather(*(client() for _ in range(clients)))
    # Answers do not wait for deliveries. Those that are left count here, and not in the next load.
    while await asyncio.to_thread(running.cluster.restate.query, CALLS_UNDER_WAY):
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - start
    after = counters(running.cluster, nodes, service)
    times.sort()
    number = len(times)
    if not times:
        raise RuntimeError(f"{target.name}: no event was answered in time")
    p99 = times[int(number * 0.99)] * 1000
    each = [(new - old) / number for old, new in zip(before, after, strict=True)]
    return Load(number / seconds, p99, each[0] * 1e6, each[1] * 1e6, each[2], each[3])


def counters(cluster: LocalCluster, nodes: list[int | None], service: int | None) -> list[float]:
    """Returns what a cluster has used: processor seconds, and the records and bytes of its log."""
    log = [
        sum(
            node.metric(f"restate_bifrost_sequencer_record_size_bytes_{name}") or 0
            for node in cluster.nodes
        )
        for name in ("count", "sum")
    ]
    return [processor_seconds(*nodes), processor_seconds(service), *log]


# -- clusters -------------------------------------------------------------------------------------


@attrs.frozen
class Measured:
    """A cluster, and the processes that run the handlers of each object.

    Args:
        cluster: the cluster.
        services: the processes, by the name of the object.
    """

    cluster: LocalCluster
    services: dict[str, ChildProcess]


@contextlib.asynccontextmanager
async def cluster(nodes: int, folder: Path, recorder_url: str) -> AsyncIterator[Measured]:
    """Runs a cluster with one service and one process of the bare object."""
    [port] = free_ports(1)
    bare = ChildProcess(
        "bare", folder,
        [sys.executable, str(BARE_OBJECT), str(port), recorder_url],
    )  # fmt: skip
    # A check of a recorder is three calls, which would be most calls where many meetings are open.
    options = ["--recorder", recorder_url, "--reconcile-every", "3600"]
    environment = {"FSM_RECORDER_SECRET": SECRET}
    async with LocalCluster(
        folder, nodes=nodes, services=1, options=options, environment=environment
    ) as running:
        bare.start()
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(100):
                with contextlib.suppress(RestateError):
                    await asyncio.to_thread(running.restate.register, url)
                    break
                await asyncio.sleep(0.1)
            yield Measured(running, {"meeting": running.services[0], "bare": bare})
        finally:
            bare.stop()


@attrs.frozen
class Size:
    """The resources of a cluster.

    Args:
        memory: the resident bytes of its nodes.
        disk: the bytes of their files.
    """

    memory: int
    disk: int


def size_of(running: LocalCluster) -> Size:
    """Returns the resources that a cluster uses now."""
    memory = disk = 0
    for node in running.nodes:
        for line in Path(f"/proc/{node.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                memory += int(line.split()[1]) * 1024
        files = [each.stat() for each in (node.folder / "data").rglob("*") if each.is_file()]
        disk += sum(each.st_blocks * 512 for each in files)
    return Size(memory, disk)


def state_of(running: LocalCluster, prefix: str) -> float:
    """Returns the bytes of the state of a meeting, the mean of those whose keys begin so."""
    [row] = running.restate.query(
        "SELECT sum(length(key) + length(value)) AS bytes, count(DISTINCT service_key) AS number "
        f"FROM state WHERE service_name = 'Meeting' AND service_key LIKE '{prefix}%'"
    )
    return float(row["bytes"] / row["number"])


# -- the parts of the benchmark -------------------------------------------------------------------


Figures = dict[tuple[str, int], list[Load]]


async def measure(running: Measured, script: Script, options: argparse.Namespace) -> Figures:
    """Measures both objects in turns, with each number of clients."""
    targets = targets_of(script)
    figures: Figures = {(each.name, clients): [] for clients in CLIENTS for each in targets}
    for target in targets:
        await load(running, target, len(script.steps), 4, 1)
    for number in range(options.rounds):
        for clients in CLIENTS:
            for target in targets:
                print(f"round {number + 1} of {options.rounds}", file=sys.stderr, end="\r")
                part = await load(running, target, len(script.steps), clients, options.seconds)
                figures[target.name, clients].append(part)
    return figures


def report(title: str, figures: Figures) -> None:
    """Prints the medians of figures, and the ratios of the objects."""
    print(f"\n{title}")
    print("clients   meeting/s   bare/s   ratio   p99 meeting ms   p99 bare ms")
    for clients in CLIENTS:
        meeting, bare = figures["meeting", clients], figures["bare", clients]
        ratios = [a.per_second / b.per_second for a, b in zip(meeting, bare, strict=True)]
        print(
            f"{clients:7} {median(meeting, 'per_second'):11.0f} {median(bare, 'per_second'):8.0f} "
            f"{statistics.median(ratios):7.2f} {median(meeting, 'p99'):16.1f} "
            f"{median(bare, 'p99'):13.1f}"
        )
    print("for an event, with the most clients:")
    for name in ("meeting", "bare"):
        loads = figures[name, CLIENTS[-1]]
        nodes, service = median(loads, "nodes"), median(loads, "service")
        records, log = median(loads, "records"), median(loads, "log")
        print(
            f"{name:7} processor time of nodes {nodes:.0f} µs, of handlers {service:.0f} µs; "
            f"{records:.1f} records in the log with {log:.0f} bytes"
        )


def median(loads: list[Load], name: str) -> float:
    """Returns the median of a figure."""
    return float(statistics.median(getattr(each, name) for each in loads))


async def measure_growth(running: Measured, script: Script, options: argparse.Namespace) -> None:
    """Measures with few open meetings and with many, and what a meeting takes."""
    [meeting, _] = targets_of(script)
    url, clients = running.cluster.restate.ingress_url, CLIENTS[-1]
    rates, sizes, first = [], [], 0
    for number in (options.few, options.many):
        began = time.perf_counter()
        keys = (f"open-{each}" for each in range(first, number))
        await open_meetings(url, meeting, keys, EVENTS_OF_OPEN_MEETING)
        seconds, first = time.perf_counter() - began, number
        print(f"{number:,} meetings are open after {seconds:.0f} s", file=sys.stderr)
        sizes.append(size_of(running.cluster))
        parts = [
            await load(running, meeting, len(script.steps), clients, options.seconds)
            for _ in range(options.rounds)
        ]
        rates.append(median(parts, "per_second"))
    print(
        f"\n{rates[0]:.0f} events/s with {options.few:,} open meetings, {rates[1]:.0f} with "
        f"{options.many:,}: ratio {rates[1] / rates[0]:.2f}"
    )
    few, many = sizes
    more = options.many - options.few
    done = (f"done-{each}" for each in range(64))
    await open_meetings(url, meeting, done, len(script.steps))
    print(
        f"the state of an open meeting has {state_of(running.cluster, 'open-'):.0f} bytes, that of "
        f"a finished one {state_of(running.cluster, 'done-'):.0f}; each of {more:,} further "
        f"meetings takes {(many.disk - few.disk) / more:.0f} bytes of disk, log included, and "
        f"{(many.memory - few.memory) / more:.0f} bytes of memory"
    )


async def main(options: argparse.Namespace, folder: Path) -> None:
    """Runs the benchmark."""
    script = script_of()
    async with recorder() as url:
        (folder / "one").mkdir()
        async with cluster(1, folder / "one", url) as running:
            one = await measure(running, script, options)
            report("one node", one)
            if not options.skip_growth:
                await measure_growth(running, script, options)
        (folder / "three").mkdir()
        async with cluster(3, folder / "three", url) as running:
            three = await measure(running, script, options)
    report("three nodes, each record on two of them", three)
    for clients in CLIENTS:
        ratio = median(three["meeting", clients], "per_second") / median(
            one["meeting", clients], "per_second"
        )
        print(f"three nodes compared with one, {clients} clients: {ratio:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement (10)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--few", type=int, default=1_000, help="open meetings (1000)")
    parser.add_argument("--many", type=int, default=100_000, help="open meetings (100000)")
    parser.add_argument("--skip-growth", action="store_true", help="do not fill the cluster")
    parser.add_argument("--folder", type=Path, help="on the disk to measure (the current one)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder or Path.cwd()) as name:
        asyncio.run(main(args, Path(name)))
