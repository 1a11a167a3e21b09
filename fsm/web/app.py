"""The service as an ASGI application."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Send

from fsm.web import health, meetings, stream, webhooks
from fsm.web.accounts import AccountsController
from fsm.web.auth import authorize
from fsm.web.body import BodyDecoder
from fsm.web.events import EventRoute
from fsm.web.middleware import BodyDeadline, RequestContext
from fsm.web.openapi import AttrsSchemas, openapi_config
from fsm.web.problems import handle_exception
from fsm.web.service import Service


def create_app(service: Service) -> ASGIApp:
    """Returns the ASGI application of a service whose hub is open."""
    application = Litestar(
        [
            health.health,
            health.ready,
            health.metrics,
            health.openapi,
            meetings.MeetingsController,
            meetings.resolve_settings,
            meetings.reconcile_all,
            AccountsController,
            stream.stream,
            webhooks.webhook,
        ],
        dependencies={"service": Provide(lambda: service, sync_to_thread=False)},
        dto=BodyDecoder,
        exception_handlers={Exception: handle_exception, HTTPException: handle_exception},
        guards=[authorize],
        logging_config=None,
        openapi_config=openapi_config(has_tokens=service.tokens is not None),
        plugins=[AttrsSchemas()],
        request_max_body_size=service.settings.limits.body,
        return_dto=None,
        state=State({"service": service}),
    )
    return with_middleware(application, service)


def with_middleware(application: ASGIApp, service: Service) -> ASGIApp:
    """Wraps an application in the service's middleware; a request passes the list from the top.

    The list is not Litestar's own: Litestar runs its middleware after routing, so requests for
    unknown addresses would have neither an id nor a log line.
    """
    middleware: list[Callable[[ASGIApp], ASGIApp]] = [
        partial(RequestContext, metrics=service.metrics),
        partial(EventRoute, service=service),
        partial(BodyDeadline, seconds=service.settings.limits.body_within),
    ]
    wrapped = application
    for layer in reversed(middleware):
        wrapped = layer(wrapped)

    async def http_wrapped(scope: Any, receive: Receive, send: Send) -> None:
        await (wrapped if scope["type"] == "http" else application)(scope, receive, send)

    return http_wrapped
