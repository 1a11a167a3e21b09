"""The body of a request comes whole and in time, or the request is refused."""

from __future__ import annotations

import asyncio

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
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
            receive = _in_time(receive, self._within)
        await next_app(scope, receive, send)


def _in_time(receive: Receive, within: float) -> Receive:
    last = asyncio.get_running_loop().time() + within
    whole = False

    async def received() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        nonlocal whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout_at(last):
                message = await receive()
        except TimeoutError:
            raise ProblemError(
                408, "slow-body", "The body did not come in time",
                f"it took longer than {within:g} s; nothing was taken (send it again)",
                headers={"Connection": "close"},
            ) from None  # fmt: skip
        if message["type"] == "http.disconnect":
            raise ProblemError(
                400, "cut-off", "The body is not whole",
                "the connection ended in the middle; nothing was taken (send it again)",
            )  # fmt: skip
        whole = not message.get("more_body", False)
        return message

    return received
