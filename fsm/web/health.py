"""Routes about the service itself: health, readiness, metrics, OpenAPI."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import CONTENT_TYPE_LATEST

from fsm.runtime import Health
from fsm.web.descriptors import descriptors_run_short
from fsm.web.openapi import description
from fsm.web.problems import PROBLEM_JSON, ProblemDetails, ProblemError, error_responses
from fsm.web.schemas import HealthResponse
from fsm.web.service import ServiceDependency

_HEALTH_ERRORS = {
    status: ResponseSpec(ProblemDetails, generate_examples=False, media_type=PROBLEM_JSON)
    for status in (400, 403)
}


@get(
    "/health", operation_id="checkHealth", security=[{}], tags=["service"], responses=_HEALTH_ERRORS
)
async def health() -> HealthResponse:
    """Answers as long as the process runs, whatever the state of the journal."""
    return HealthResponse()


@get(
    "/ready",
    operation_id="checkReadiness",
    security=[{}],
    tags=["service"],
    responses=error_responses(),
)
async def ready(service: ServiceDependency) -> Health:
    """Answers 200 while the service accepts events and new connections, otherwise 503."""
    status = service.runtime.health
    if not status.ok or service.stopping.is_set():
        why = (
            "the journal failed, or the service is stopping (see the log)"
            if service.settings.cluster is None
            else "the cluster handles no calls, or the service is stopping (see the log)"
        )
        raise ProblemError(
            503, "not-ready", "The service accepts no events now", why, retry_after=5
        )
    if descriptors_run_short() or not service.connections.has_room:
        raise ProblemError(
            503, "not-ready", "The service accepts no more connections now",
            "its file descriptors or connections are used up (see the limits of the service)",
            retry_after=5,
        )  # fmt: skip
    return status


@get(
    "/metrics",
    operation_id="readMetrics",
    opt={"scope": "read"},
    tags=["service"],
    media_type="text/plain",
    responses=error_responses(),
)
async def metrics(service: ServiceDependency) -> Response[str]:
    """Returns the metrics of the service in the text format of Prometheus."""
    text = await asyncio.to_thread(service.metrics.text)
    return Response(text.decode(), media_type=CONTENT_TYPE_LATEST)


@get("/openapi.json", include_in_schema=False, media_type="application/json")
async def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Returns the OpenAPI description of all routes."""
    return Response(description(request.app))
