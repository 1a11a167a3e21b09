"""The addresses that tell how the service itself is."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import CONTENT_TYPE_LATEST

from fsm.runtime import Health
from fsm.web.meetings import Shared
from fsm.web.problems import MEDIA_TYPE, Problem, ProblemError, responses
from fsm.web.shapes import Live

_OPEN = {403: ResponseSpec(Problem, generate_examples=False, media_type=MEDIA_TYPE)}


@get("/health", tags=["service"], responses=_OPEN)
async def health() -> Live:
    """Say that the service runs, however its journal is."""
    return Live()


@get("/ready", tags=["service"], responses=responses())
async def ready(service: Shared) -> Health:
    """Say whether the service takes events; if not, the answer is 503."""
    found = service.hub.health
    if not found.ok or service.stopping.is_set():
        raise ProblemError(
            503, "not-ready", "The service takes no events now",
            "the journal failed, or the service is stopping (the log says more)", retry_after=5,
        )  # fmt: skip
    return found


@get("/metrics", opt={"scope": "read"}, tags=["service"], media_type="text/plain",
     responses=responses())  # fmt: skip
async def metrics(service: Shared) -> Response[str]:
    """Return what the service counts, for Prometheus."""
    text = await asyncio.to_thread(service.metrics.text)
    return Response(text.decode(), media_type=CONTENT_TYPE_LATEST)


@get("/openapi.json", include_in_schema=False)
async def openapi(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Return the description of all addresses."""
    return request.app.openapi_schema.to_schema()
