"""One address for several servers: each connection goes to a server that accepts it.

It takes the place of HAProxy, nginx or the service of a Kubernetes cluster.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

CONNECT_TIMEOUT = 2.0
"""Seconds for one server to accept a connection."""


class TcpBalancer:
    """A balancer of connections on the loopback, used as an asynchronous context manager.

    Args:
        urls: returns the addresses of the servers that may be asked at this moment.
        port: the port to listen at; 0 for a free one.
    """

    def __init__(self, urls: Callable[[], Iterable[str]], port: int = 0) -> None:
        self._urls = urls
        self._port = port
        self._turn = 0
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Begins to listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends all connections."""
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def url(self) -> str:
        """The address of all servers together."""
        return f"http://127.0.0.1:{self._port}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            server = await self._connect()
            if server is None:
                return
            answers, requests = server
            with contextlib.closing(requests):
                copies = [
                    asyncio.create_task(_copy(reader, requests)),
                    asyncio.create_task(_copy(answers, writer)),
                ]
                try:
                    # Neither side of HTTP closes only its half of a connection.
                    await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for copy in copies:
                        copy.cancel()
                    await asyncio.gather(*copies, return_exceptions=True)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Returns a connection to the server whose turn it is, or to the next that accepts one."""
        urls = list(self._urls())
        self._turn += 1
        for number in range(len(urls)):
            address = urlsplit(urls[(self._turn + number) % len(urls)])
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    return await asyncio.open_connection(address.hostname, address.port)
        return None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
