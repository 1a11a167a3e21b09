"""The HTTP server: uvicorn, with a limit of connections and an end for live streams."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import structlog
import uvicorn

from fsm.web.app import create_app
from fsm.web.protocol import LimitedProtocol
from fsm.web.service import Service

_LOG = structlog.get_logger(__name__)
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n"
    b"content-length: 0\r\n\r\n"
)
# The interval between attempts to accept a connection after one failed, in seconds.
_PAUSE = 1.0


def create_server(service: Service) -> uvicorn.Server:
    """Returns the uvicorn server of a service, to be run on a listening socket."""
    config = uvicorn.Config(
        create_app(service),
        access_log=False,
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(service.settings.shutdown_grace)),
        ws="none",
    )
    return _Server(config, service)


class _Server(uvicorn.Server):
    """Server with a limit of connections, which ends the live streams at shutdown.

    uvicorn itself accepts any number of connections, and at shutdown waits for live streams.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._stopping = service.stopping
        self._connections = service.connections
        self._background: list[asyncio.Task[None]] = []
        self._opening: set[asyncio.Task[object]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup([])
        self._background = [
            asyncio.create_task(each)
            for each in (
                self._connections.enforce_time_limit(),
                *map(self._accept, sockets or []),
            )
        ]

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        listening.setblocking(False)
        while True:
            try:
                try:
                    connection, _ = listening.accept()
                except BlockingIOError:
                    connection, _ = await loop.sock_accept(listening)
            except OSError as error:
                _LOG.warning("a connection was not accepted", why=error.strerror)
                await asyncio.sleep(_PAUSE)
                continue
            is_admitted = False
            try:
                if self._opening and self._connections.is_full:
                    await asyncio.wait(self._opening)
                is_admitted = await self._connections.make_room()
            finally:
                if not is_admitted:
                    _refuse(connection)
            if is_admitted:
                self._connections.add()
                # asyncio's own loop would delay each response, which it writes in two parts.
                with contextlib.suppress(OSError):
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
                opening = loop.create_task(
                    loop.connect_accepted_socket(self._create_protocol, connection)
                )
                self._opening.add(opening)
                opening.add_done_callback(self._opening.discard)

    def _create_protocol(self) -> LimitedProtocol:
        return LimitedProtocol(
            self.config, self.server_state, self.lifespan.state, connections=self._connections
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        enforcing, *accepting = self._background
        for task in accepting:
            task.cancel()
        await asyncio.gather(*accepting, *self._opening, return_exceptions=True)
        # A client that does not read must not delay the shutdown.
        await super().shutdown(sockets)
        enforcing.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would handle signals only while it serves, and raise them again at the end;
        # ``_StopSignals`` handles them from the first moment.
        yield


def _refuse(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        connection.send(_REFUSAL)
