"""A whole cluster on this machine: Restate nodes, services, and one address for each kind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from child_process import ChildProcess
from fsm_services import FsmService
from restate_nodes import RestateCluster, RestateNode, free_ports
from tcp_balancer import TcpBalancer


class LocalCluster:
    """Nodes and services that are started together, used as an asynchronous context manager.

    The services reach whichever node runs, and the nodes whichever service runs.

    Args:
        folder: the folder of all data.
        nodes: the number of Restate nodes.
        services: the number of services.
        options: further options of ``fsm serve``, such as those of the recorder.
        environment: environment variables of the services, in addition to those of this process.
        fsync: see :class:`RestateCluster`.

    Raises:
        RestateError: the server is not installed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        nodes: int = 3,
        services: int = 2,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        fsync: bool = True,
    ) -> None:
        self.restate = RestateCluster(folder, nodes=nodes, fsync=fsync)
        self.services: list[FsmService] = []
        self._number = services
        self._options, self._environment = options, environment
        self._ingress = TcpBalancer(lambda: [each.ingress_url for each in self.restate.running])
        self._admin = TcpBalancer(lambda: [each.admin_url for each in self.restate.running])
        self._endpoints = TcpBalancer(
            lambda: [each.endpoint_url for each in self.services if each.running]
        )
        self._stack = AsyncExitStack()

    @property
    def nodes(self) -> list[RestateNode]:
        """The nodes."""
        return self.restate.nodes

    @property
    def processes(self) -> list[ChildProcess]:
        """All processes."""
        return [*self.nodes, *self.services]

    async def __aenter__(self) -> Self:
        """Starts all processes, and waits until the services accept events.

        Raises:
            RestateError: a process does not start.
        """
        try:
            await self._start()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stops all processes."""
        await self._close()

    async def _start(self) -> None:
        for balancer in (self._ingress, self._admin, self._endpoints):
            await self._stack.enter_async_context(balancer)
        # All services have one address for the nodes, and register it.
        options = [
            "--cluster", self._ingress.url, "--cluster-admin", self._admin.url,
            "--endpoint-url", self._endpoints.url, *self._options,
        ]  # fmt: skip
        folder, ports = self.restate.folder, free_ports(2 * self._number)
        self.services = [
            FsmService(f"serve-{number + 1}", folder, pair, options, self._environment)
            for number, pair in enumerate(zip(ports[::2], ports[1::2], strict=True))
        ]
        self.restate.start()
        await asyncio.to_thread(self.restate.wait_until_ready)
        for service in self.services:
            service.start()
        await self.wait_until_ready()

    async def wait_until_ready(self) -> None:
        """Waits until all processes answer.

        Raises:
            RestateError: they do not within the time, or one has ended.
        """
        await asyncio.to_thread(self.restate.wait_until_ready)
        for service in self.services:
            await asyncio.to_thread(service.wait_until_ready)

    async def _close(self) -> None:
        # The services end before the nodes that they call.
        for service in self.services:
            service.terminate()
        for service in self.services:
            service.stop()
        self.restate.close()
        await self._stack.aclose()
