"""The body of a request comes whole and in time, or the request is refused."""

from __future__ import annotations

import asyncio

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    Message,
    Receive,
    Scope,
    Send,
    WebSocketReceiveMessage,
)

from fsm.web.problems import ProblemError


class BodyInTime(ASGIMiddleware):
    """Waits for the body of a request no longer than it should take.

    Who sends one byte now and then would keep a request open for ever, and the service from
    stopping. Who hangs up in the middle is no fault of the service.

    Args:
        within: how long a body may take to come, in seconds.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, within: float) -> None:
        self._within = within

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let a request through.

        Raises:
            ProblemError: where the body is read, it does not come.
        """
        headers = dict(scope["headers"])
        if b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0":
            body = _Body(receive, send, self._within)
            receive, send = body.receive, body.send
        await next_app(scope, receive, send)


class _Body:
    """The body of one request on its way."""

    def __init__(self, receive: Receive, send: Send, within: float) -> None:
        self._receive = receive
        self._send = send
        self._within = within
        self._last = asyncio.get_running_loop().time() + within
        # Who answers does not need what has not come; a live stream goes on without it.
        self._needed = True

    async def send(self, message: Message) -> None:
        self._needed = False
        await self._send(message)

    async def receive(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        if not self._needed:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._last):
                message = await self._receive()
        except TimeoutError:
            raise ProblemError(
                408, "slow-body", "The body did not come in time",
                f"it took longer than {self._within:g} s; nothing was taken (send it again)",
                headers={"Connection": "close"},
            ) from None  # fmt: skip
        if message["type"] == "http.disconnect":
            raise ProblemError(
                400, "cut-off", "The body is not whole",
                "the connection ended in the middle; nothing was taken (send it again)",
            )  # fmt: skip
        self._needed = bool(message.get("more_body", False))
        return message
