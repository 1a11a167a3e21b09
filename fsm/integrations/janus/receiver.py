"""The receiver of Janus' events: an ASGI application for the posts of ``sampleevh``."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from fsm.integrations.janus.events import JanusEvent, decode_events

Message = MutableMapping[str, Any]
_REASONS: Final = {
    400: "the body is no event of Janus",
    401: "the user or the password is wrong",
    405: "events are posted",
    408: "the body did not arrive in time",
    413: "the body is too large",
    415: "events are posted as JSON that is not compressed",
    503: "too many events wait",
}


class _RefusedError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(_REASONS[status])
        self.status = status


class EventReceiver:
    """Takes the posts of Janus' event handler, and passes the events on.

    Janus repeats a post that had no answer, and drops the events of a post that was refused.

    Args:
        submit: takes the events of a post; returns whether there was room for them.
        user: the ``backend_user`` of the event handler.
        password: its ``backend_pwd``.
        max_body_bytes: the maximum size of a post. Janus puts up to a hundred events into one.
        body_timeout: the seconds in which a body must arrive.

    Raises:
        ValueError: the password is empty.
    """

    def __init__(
        self,
        submit: Callable[[list[JanusEvent]], bool],
        user: str,
        password: str,
        max_body_bytes: int = 1024 * 1024,
        body_timeout: float = 10.0,
    ) -> None:
        if not password:
            raise ValueError("the event receiver needs a password")
        self._submit = submit
        credentials = base64.b64encode(f"{user}:{password}".encode())
        self._authorization = b"Basic " + credentials
        self._max_body_bytes = max_body_bytes
        self._body_timeout = body_timeout

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            raise ValueError(f"the receiver takes HTTP requests, not {scope['type']}")
        try:
            self._check(scope["method"], dict(scope["headers"]))
            async with asyncio.timeout(self._body_timeout):
                body = await self._body(receive)
            if not self._submit(_events(body)):
                raise _RefusedError(503)
            status, text = 204, b""
        except TimeoutError:
            status, text = 408, _REASONS[408].encode()
        except _RefusedError as error:
            status, text = error.status, str(error).encode()
        headers = [(b"content-length", str(len(text)).encode())]
        if status == 401:
            headers.append((b"www-authenticate", b'Basic realm="fsm"'))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    def _check(self, method: str, headers: dict[bytes, bytes]) -> None:
        # Only then is anything else said about a request.
        if not hmac.compare_digest(headers.get(b"authorization", b""), self._authorization):
            raise _RefusedError(401)
        if method != "POST":
            raise _RefusedError(405)
        if b"content-encoding" in headers:
            raise _RefusedError(415)

    async def _body(self, receive: Callable[[], Awaitable[Message]]) -> bytes:
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _RefusedError(400)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_body_bytes:
                raise _RefusedError(413)
            if not message.get("more_body", False):
                return b"".join(parts)


def _events(body: bytes) -> list[JanusEvent]:
    try:
        return decode_events(json.loads(body))
    except (ValueError, RecursionError):
        raise _RefusedError(400) from None
