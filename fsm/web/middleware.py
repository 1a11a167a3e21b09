"""ASGI middleware: request id, request log with metrics, unhandled errors, body deadline."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Callable
from time import perf_counter
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    Message,
    Receive,
    Send,
    WebSocketReceiveMessage,
)

from fsm.runtime.limits import MAX_ID_LENGTH
from fsm.web.metrics import Metrics
from fsm.web.problems import PROBLEM_JSON, ProblemError, problem_details, to_problem

_LOG = structlog.get_logger(__name__)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLEANUP = "fsm.cleanup"
_CLIENT_CLOSED_REQUEST = 499


def add_cleanup(scope: Any, callback: Callable[[], None]) -> None:
    """Registers a callback for the end of a request, however it ends."""
    scope.setdefault(_CLEANUP, []).append(callback)


class RequestContext(ASGIMiddleware):
    """Request id in log lines and response headers; cleanup at the end of the request."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Handles a request."""
        request_id = _request_id(scope)
        scope["fsm.request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"cache-control", b"no-store"),
                ]
            await send(message)

        try:
            await next_app(scope, receive, send_with_headers)
        finally:
            for callback in scope.get(_CLEANUP, ()):
                callback()


def _request_id(scope: Any) -> str:
    client_id: bytes = dict(scope["headers"]).get(b"x-request-id", b"")
    return client_id.decode() if _REQUEST_ID.fullmatch(client_id) else uuid.uuid4().hex


class RequestLog(ASGIMiddleware):
    """One log line for each request, and its metrics.

    Args:
        metrics: the metrics of the service.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Handles a request."""
        start = perf_counter()
        status = _CLIENT_CLOSED_REQUEST
        is_stream = False

        async def observing_send(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.get("headers", ())
                is_stream = any(value.startswith(b"text/event-stream") for _, value in headers)
            await send(message)

        try:
            await next_app(scope, receive, observing_send)
        finally:
            self._record(scope, status, perf_counter() - start, is_stream)

    def _record(self, scope: Any, status: int, seconds: float, is_stream: bool) -> None:
        # Paths and methods that a client makes up must not become labels: each distinct label
        # is one more time series.
        route = scope.get("path_template") or "none"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        problem = scope.get("fsm.problem")
        if not is_stream:
            self._metrics.seconds.labels(method, route, str(status)).observe(seconds)
        if status >= 400:
            self._metrics.problems.labels(problem or str(status)).inc()
        if problem == "journal":
            self._metrics.journal_failures.inc()
        meeting = scope.get("path_params", {}).get("meeting")
        _LOG.info(
            "request",
            method=method,
            route=route,
            # Cut, because clients without a token could fill the log with long ids.
            meeting=meeting and meeting[:MAX_ID_LENGTH],
            status=status,
            ms=round(seconds * 1000, 2),
            caller=scope.get("fsm.caller"),
            problem=problem,
        )


class UnhandledErrors(ASGIMiddleware):
    """Problem details for errors that no exception handler has handled."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Handles a request."""
        started = False

        async def observing_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await next_app(scope, receive, observing_send)
        except Exception as error:
            _LOG.error("unhandled error", exc_info=error)
            if not started:
                await _send_problem(scope, send, to_problem(error))


async def _send_problem(scope: Any, send: Send, problem: ProblemError) -> None:
    details = problem_details(problem, scope["path"], scope["fsm.request_id"])
    body = json.dumps(details).encode()
    await send({
        "type": "http.response.start",
        "status": problem.status,
        "headers": [
            (b"content-type", PROBLEM_JSON.encode()),
            (b"content-length", str(len(body)).encode()),
        ],
    })  # fmt: skip
    await send({"type": "http.response.body", "body": body, "more_body": False})


class BodyDeadline(ASGIMiddleware):
    """Time limit for receiving the body of a request.

    Without it, a client that sends one byte now and then could keep a request open for ever,
    and the service from stopping.

    Args:
        seconds: the time limit.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Handles a request.

        Raises:
            ProblemError: raised where the body is read; the body is late or incomplete.
        """
        headers = dict(scope["headers"])
        if b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0":
            body = _TimedBody(receive, send, self._seconds)
            receive, send = body.receive, body.send
        await next_app(scope, receive, send)


class _TimedBody:
    """Body of one request while it is being received."""

    def __init__(self, receive: Receive, send: Send, seconds: float) -> None:
        self._receive = receive
        self._send = send
        self._seconds = seconds
        self._deadline = asyncio.get_running_loop().time() + seconds
        # A response that has begun no longer needs the body: a live stream must outlast it.
        self._needed = True

    async def send(self, message: Message) -> None:
        self._needed = False
        await self._send(message)

    async def receive(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        if not self._needed:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise ProblemError(
                408, "slow-body", "The body did not arrive in time",
                f"it took longer than {self._seconds:g} s; nothing was stored (send it again)",
                headers={"Connection": "close"},
            ) from None  # fmt: skip
        if message["type"] == "http.disconnect":
            raise ProblemError(
                400, "cut-off", "The body is incomplete",
                "the client closed the connection early; nothing was stored (send it again)",
            )  # fmt: skip
        self._needed = bool(message.get("more_body", False))
        return message
