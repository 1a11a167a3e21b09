"""The endpoint of a cluster: an HTTP server that runs the handlers of its objects."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any, Self

import restate
import uvicorn
from restate.server import install_shutdown_hook

from fsm.runtime.restate.account import AccountHandlers
from fsm.runtime.restate.delivery import RecorderHandlers
from fsm.runtime.restate.meeting import MeetingHandlers
from fsm.runtime.restate.settings import EndpointSettings


def endpoint_app(settings: EndpointSettings) -> Any:
    """Returns the ASGI application of an endpoint."""
    handlers = (MeetingHandlers(settings), RecorderHandlers(settings), AccountHandlers(settings))
    # Each exchange is one request: over HTTP/2 a partition has been seen to stall for seconds.
    return restate.app([each.service() for each in handlers], protocol="request_response")


class Endpoint:
    """A running endpoint, used as an asynchronous context manager.

    The nodes of the cluster call it without a password: it must listen only where they alone can
    reach it.

    Args:
        settings: its settings.
        listening: the socket that it listens on.
        stop: called at SIGTERM, whose handler the library of the endpoint replaces.
    """

    def __init__(
        self,
        settings: EndpointSettings,
        listening: socket.socket,
        stop: Callable[[], None] | None = None,
    ) -> None:
        self._listening = listening
        self._stop = stop
        self._server = _Server(
            uvicorn.Config(
                endpoint_app(settings),
                access_log=False,
                lifespan="off",
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=5,
                ws="none",
            )
        )

    @property
    def url(self) -> str:
        """The address of the socket."""
        host, port = self._listening.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def __aenter__(self) -> Self:
        if self._stop is not None:
            install_shutdown_hook(asyncio.get_running_loop(), self._stop)
        self._serving = asyncio.create_task(self._server.serve([self._listening]))
        while not self._server.started and not self._serving.done():
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await self._serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The process handles its signals itself.
        yield
