"""ASGI middleware: the context of a request with its log line, and the body deadline."""

from __future__ import annotations

import re
import secrets
from time import monotonic, perf_counter
from typing import Any

import structlog
from litestar.types import ASGIApp, Message, Receive, Send

from fsm.runtime.limits import MAX_ID_LENGTH
from fsm.web.addresses import keep_raw_path
from fsm.web.deadline import Deadline
from fsm.web.logs import log_request
from fsm.web.metrics import Metrics
from fsm.web.problems import ProblemError, send_problem
from fsm.web.request_info import request_info

_LOG = structlog.get_logger(__name__)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# The status of a request without a response, in the log and the metrics. Mostly the client has
# closed the connection, for which nginx has this number.
_NO_RESPONSE = 499


class RequestContext:
    """Request id, raw path, common headers, log line, metrics and cleanup of each request.

    An error that no handler has handled is answered with problem details.

    Args:
        app: the application.
        metrics: the metrics of the service.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Handles a request."""
        start = perf_counter()
        status = 0
        is_stream = False
        info = request_info(scope)
        request_id = info.request_id = _request_id(scope)
        structlog.contextvars.bind_contextvars(request_id=request_id)

        async def send_with_headers(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ())]
                is_stream = any(value.startswith(b"text/event-stream") for _, value in headers)
                headers += (
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"cache-control", b"no-store"),
                )
                message["headers"] = headers
            await send(message)

        try:
            keep_raw_path(scope)
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if status:
                _LOG.error("unhandled error", exc_info=error)
            else:
                await send_problem(scope, send_with_headers, error)
        finally:
            seconds = perf_counter() - start
            self._record(scope, status or _NO_RESPONSE, seconds, is_stream)
            for callback in info.cleanup:
                callback()

    def _record(self, scope: Any, status: int, seconds: float, is_stream: bool) -> None:
        # Paths and methods that a client makes up must not become labels: each distinct label
        # is one more time series.
        route = scope.get("path_template") or "none"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        info = request_info(scope)
        problem = info.problem
        if not is_stream:
            self._metrics.request_duration.labels(method, route, str(status)).observe(seconds)
        if status >= 400:
            self._metrics.count_problem(problem, status)
        meeting = scope.get("path_params", {}).get("meeting")
        fields = {
            "method": method,
            "route": route,
            # Cut, because clients without a token could fill the log with long ids.
            "meeting": meeting and meeting[:MAX_ID_LENGTH],
            "status": status,
            "ms": round(seconds * 1000, 2),
            "caller": info.caller,
            "problem": problem,
            "event": "request",
            "request_id": info.request_id,
        }
        if info.events is not None:
            fields |= {"events": info.events, "failed": info.failed}
        log_request(__name__, fields)


def _request_id(scope: Any) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(16)


class BodyDeadline:
    """Time limit for receiving the body of a request.

    Without it, a client that sends one byte now and then could keep a request open for ever,
    and the service from stopping.

    Args:
        app: the application.
        seconds: the time limit.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Handles a request.

        Raises:
            ProblemError: raised where the body is read; the body is late or incomplete.
        """
        headers = dict(scope["headers"])
        if b"transfer-encoding" not in headers and headers.get(b"content-length", b"0") == b"0":
            await self._app(scope, receive, send)
            return
        body = TimedBody(receive, self._seconds)

        async def observing_send(message: Message) -> None:
            # A response that has begun no longer needs the body: a live stream must outlast it.
            body.needed = False
            await send(message)

        await self._app(scope, body.receive, observing_send)


class TimedBody:
    """Body of one request while it is being received.

    Args:
        receive: receives the next part of the body.
        seconds: the time limit of the whole body.
    """

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._deadline = monotonic() + seconds
        self.needed = True

    async def receive(self) -> Any:
        """Receives the next part.

        Raises:
            ProblemError: the body is late or incomplete.
        """
        if not self.needed:
            return await self._receive()
        try:
            with Deadline(self._deadline - monotonic()):
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
        self.needed = bool(message.get("more_body", False))
        return message
