"""What every request passes first and last: its id, its line in the log, its time."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from time import perf_counter
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from fsm.runtime.limits import MAX_ID_LENGTH
from fsm.web.metrics import Metrics
from fsm.web.problems import MEDIA_TYPE, ProblemError, answer_to, problem

_LOG = structlog.get_logger(__name__)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{1,64}")
_ON_LEAVING = "fsm.on_leaving"


def on_leaving(scope: Any, call: Callable[[], None]) -> None:
    """Have something called when a request is done with, however it ends."""
    scope.setdefault(_ON_LEAVING, []).append(call)


class Door:
    """An ASGI application around the service's own.

    Args:
        app: the service's own.
        metrics: what it counts.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        visit = _Visit(scope, send)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=visit.request_id)
        try:
            await self.app(scope, receive, visit.send)
        except Exception as error:
            _LOG.error("a fault", exc_info=error)
            if visit.status is None:
                await visit.fail(error)
        finally:
            for call in visit.scope.get(_ON_LEAVING, ()):
                call()
            self._tell(visit)

    def _tell(self, visit: _Visit) -> None:
        scope = visit.scope
        seconds = perf_counter() - visit.began
        # An address that nothing is at would be one more label for each that is tried.
        route = scope.get("path_template") or "none"
        # Whoever asks may put anything here.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        status = visit.status or 499
        if not visit.is_stream:
            self._metrics.seconds.labels(method, route, str(status)).observe(seconds)
        if status >= 400:
            self._metrics.problems.labels(scope.get("fsm.problem") or str(status)).inc()
        if scope.get("fsm.problem") == "journal":
            self._metrics.journal_failures.inc()
        _LOG.info(
            "request",
            method=method,
            route=route,
            meeting=_cut(scope.get("path_params", {}).get("meeting")),
            status=status,
            ms=round(seconds * 1000, 2),
            caller=scope.get("fsm.caller"),
            problem=scope.get("fsm.problem"),
        )


def _cut(name: str | None) -> str | None:
    # Whoever has no token could fill the log otherwise.
    return name and name[:MAX_ID_LENGTH]


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Visit:
    """One request on its way through."""

    def __init__(self, scope: Any, send: Send) -> None:
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        known = _REQUEST_ID.fullmatch(given)
        self.request_id = given.decode() if known else uuid.uuid4().hex
        scope["fsm.request_id"] = self.request_id
        self.scope = scope
        self.began = perf_counter()
        self.status: int | None = None
        self.is_stream = False
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            self.is_stream = any(value.startswith(b"text/event-stream") for _, value in headers)
            headers.append((b"x-request-id", self.request_id.encode()))
            headers.append((b"x-content-type-options", b"nosniff"))
            headers.append((b"cache-control", b"no-store"))
            message["headers"] = headers
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        answer: ProblemError = answer_to(error)
        body = json.dumps(problem(answer, self.scope["path"], self.request_id)).encode()
        await self.send({
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", MEDIA_TYPE.encode()),
                (b"content-length", str(len(body)).encode()),
            ],
        })  # fmt: skip
        await self.send({"type": "http.response.body", "body": body, "more_body": False})
