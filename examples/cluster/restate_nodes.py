"""Nodes of a real Restate server on the loopback, in a folder of their own.

    with RestateCluster(folder, nodes=3) as cluster:
        cluster.register("http://127.0.0.1:9080")
        ...  # calls go to cluster.ingress_url

A cluster of one node is ready within a second, one of three within about ten. Each node is a
process that can be killed and started again.
"""

from __future__ import annotations

import json
import os
import platform
import random
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from child_process import ChildProcess

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60.0
"""Seconds, for anything that waits."""
PARTITIONS = 4
"""Few, so that nodes start fast; a server for production has 24 by default."""
_PORTS = range(10_000, 30_000)
"""Below the ports of outgoing connections, which could take the port of a killed node."""
_NOT_FOUND = (
    "there is no restate-server: run `npm ci`, or put the program on PATH, or its path into the "
    "environment variable RESTATE_SERVER"
)


class RestateError(Exception):
    """A Restate server that is not installed, does not start, or answers with an error."""


def server_program() -> Path:
    """Returns the path of the server.

    It is looked up in the variable ``RESTATE_SERVER``, in ``node_modules``, and on ``PATH``.

    Raises:
        RestateError: the server is not installed.
    """
    if named := os.environ.get("RESTATE_SERVER"):
        if not os.access(named, os.X_OK):
            raise RestateError(f"RESTATE_SERVER is no program: {named}")
        return Path(named)
    # The program itself: the script in .bin starts it as a child, which a kill would leave behind.
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    package = f"restate-server-{platform.system().lower()}-{machine}"
    packaged = ROOT / "node_modules" / "@restatedev" / package / "bin" / "restate-server"
    if packaged.exists():
        return packaged
    if found := shutil.which("restate-server"):
        return Path(found)
    raise RestateError(_NOT_FOUND)


def free_ports(number: int) -> list[int]:
    """Returns ports of the loopback that are free at this moment."""
    ports: list[int] = []
    while len(ports) < number:
        port = random.choice(_PORTS)
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return ports


class RestateNode(ChildProcess):
    """One node: a process, its folder and its ports.

    Args:
        name: the name of the node, unique in its cluster.
        folder: the folder of its settings, its log and its data.
        ports: three ports, for the other nodes, for callers (ingress), and for administration.

    Raises:
        RestateError: the server is not installed.
    """

    def __init__(self, name: str, folder: Path, ports: list[int]) -> None:
        command = [str(server_program()), "--no-logo", "--config-file", "restate.toml"]
        super().__init__(name, folder, command)
        self._ports = ports

    @property
    def node_url(self) -> str:
        """The address for the other nodes."""
        return f"http://127.0.0.1:{self._ports[0]}"

    @property
    def ingress_url(self) -> str:
        """The address for callers."""
        return f"http://127.0.0.1:{self._ports[1]}"

    @property
    def admin_url(self) -> str:
        """The address for administration."""
        return f"http://127.0.0.1:{self._ports[2]}"

    def healthy(self) -> bool:
        """Returns whether the node answers callers and administrators."""
        urls = (f"{self.ingress_url}/restate/health", f"{self.admin_url}/health")
        return self.running and all(map(answers, urls))

    def metric(self, name: str) -> float | None:
        """Returns the value of a metric, ``None`` if the node does not answer or has none.

        Args:
            name: its name; the values of all its labels are added up.
        """
        try:
            with _OPENER.open(f"{self.node_url}/metrics", timeout=2) as response:
                text = response.read().decode()
        except OSError:
            return None
        lines = [line for line in text.splitlines() if line.startswith((f"{name}{{", f"{name} "))]
        return sum(float(line.rpartition(" ")[2]) for line in lines) if lines else None


class RestateCluster:
    """Nodes that form a cluster, used as a context manager.

    Args:
        folder: the folder of the nodes; ``None`` for a temporary one that is removed at the end.
        nodes: the number of nodes.
        replication: the number of nodes that keep each record; two if there are several.
        partitions: the number of partitions.
        memory: the megabytes of memory that each node gives to its databases.
        fsync: whether a record is on the disk before it counts as written. Without it records
            survive the kill of a process, but no loss of power; tests are faster so.
        eager_state: the size up to which the state of an object is sent with each of its calls.

    Raises:
        RestateError: the server is not installed, or a node does not start.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        nodes: int = 1,
        replication: int | None = None,
        partitions: int = PARTITIONS,
        memory: int = 64,
        fsync: bool = True,
        eager_state: str = "256 KiB",
    ) -> None:
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="restate-"))
        ports = free_ports(3 * nodes)
        self.nodes = [
            RestateNode(
                f"node-{number + 1}",
                self.folder / f"node-{number + 1}",
                ports[3 * number : 3 * number + 3],
            )
            for number in range(nodes)
        ]
        for node in self.nodes:
            node.folder.mkdir(parents=True, exist_ok=True)
            text = self._settings(
                node, replication or min(2, nodes), partitions, memory, fsync, eager_state
            )
            (node.folder / "restate.toml").write_text(text)

    def _settings(
        self,
        node: RestateNode,
        replication: int,
        partitions: int,
        memory: int,
        fsync: bool,
        eager_state: str,
    ) -> str:
        """Returns the settings of a node as TOML."""
        # Only one node may found the cluster; the others join it.
        founds = "true" if node is self.nodes[0] else "false"
        addresses = ", ".join(f'"{each.node_url}"' for each in self.nodes)
        return f"""\
cluster-name = "{self.folder.name}"
node-name = "{node.name}"
base-dir = "data"
listen-mode = "tcp"
bind-address = "{node.node_url.removeprefix("http://")}"
advertised-address = "{node.node_url}"
auto-provision = {founds}
default-num-partitions = {partitions}
default-replication = {replication}
disable-telemetry = true
rocksdb-total-memory-size = "{memory} MiB"
shutdown-timeout = "5s"
log-format = "compact"
log-disable-ansi-codes = true

[metadata-client]
addresses = [{addresses}]

[ingress]
bind-address = "{node.ingress_url.removeprefix("http://")}"

[admin]
bind-address = "{node.admin_url.removeprefix("http://")}"
disable-web-ui = true

[admin.query-engine]
memory-size = "64 MiB"

[worker.invoker]
eager-state-size-limit = "{eager_state}"

[log-server]
rocksdb-disable-wal-fsync = {"false" if fsync else "true"}

[bifrost]
record-cache-memory-size = "16 MiB"
"""

    def __enter__(self) -> Self:
        """Starts all nodes, and waits until the cluster answers."""
        try:
            self.start()
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stops all nodes, and removes a temporary folder."""
        self.close()

    def start(self) -> None:
        """Starts the nodes that do not run."""
        for node in self.nodes:
            node.start()

    def close(self) -> None:
        """Stops all nodes, and removes a temporary folder."""
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            node.stop()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until_ready(self, seconds: float = TIMEOUT) -> None:
        """Waits until all nodes answer, and all partitions take calls.

        Raises:
            RestateError: they do not within the time, or a node has ended.
        """
        last = time.monotonic() + seconds
        while not (all(node.healthy() for node in self.nodes) and self.partitions_ready()):
            ended = [node for node in self.nodes if not node.running]
            if ended or time.monotonic() > last:
                node = (ended or self.nodes)[0]
                what = "has ended" if ended else "is not ready"
                raise RestateError(f"{node.name} {what}: {node.problem()}")
            time.sleep(0.1)

    def partitions_ready(self) -> bool:
        """Returns whether every partition has a leader that answers."""
        try:
            self.query("SELECT count(*) AS number FROM sys_keyed_service_status")
        except RestateError:
            return False
        return True

    @property
    def running(self) -> list[RestateNode]:
        """The nodes whose processes run."""
        return [node for node in self.nodes if node.running]

    @property
    def ingress_url(self) -> str:
        """The address for callers at the first node that runs."""
        return (self.running or self.nodes)[0].ingress_url

    @property
    def admin_url(self) -> str:
        """The address for administration at the first node that runs."""
        return (self.running or self.nodes)[0].admin_url

    def register(self, url: str, *, force: bool = False, http1: bool = True) -> dict[str, Any]:
        """Registers a service that listens at a URL, and returns the answer.

        Args:
            url: the address of the service.
            force: whether it replaces an earlier deployment with the same address.
            http1: whether the service is called over HTTP/1.1. Over HTTP/2 a partition has been
                seen to stall for seconds.

        Raises:
            RestateError: the service does not answer, or is refused.
        """
        body = {"uri": url, "force": force, "use_http_11": http1}
        answer: dict[str, Any] = request(f"{self.admin_url}/deployments", body)
        return answer

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Returns the rows that the cluster answers to a query.

        Raises:
            RestateError: the query fails.
        """
        rows: list[dict[str, Any]] = request(f"{self.admin_url}/query", {"query": sql})["rows"]
        return rows


def request(url: str, body: Any = None, *, method: str | None = None) -> Any:
    """Sends a request, and returns the answer from JSON.

    Args:
        url: the address.
        body: the body, which is sent as JSON; ``None`` for no body.
        method: the method; ``None`` for POST with a body, and GET without one.

    Raises:
        RestateError: the server does not answer, or with an error.
    """
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "accept": "application/json"}
    asked = urllib.request.Request(url, data, headers, method=method)
    try:
        with _OPENER.open(asked, timeout=TIMEOUT) as response:
            text = response.read()
    except urllib.error.HTTPError as error:
        with error:
            raise RestateError(f"{url}: {error.code} {error.read().decode()}") from error
    except OSError as error:
        raise RestateError(f"{url}: {error}") from error
    return json.loads(text) if text else None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxy of the environment, which does not know the loopback."""


def answers(url: str) -> bool:
    """Returns whether a server answers GET at a URL with 200."""
    try:
        with _OPENER.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False
