"""The service as an ASGI application."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ASGIApp, Receive, Send

from fsm.web import bulk, health, live, meetings, simulator, stream, webhooks
from fsm.web.accounts import AccountsController
from fsm.web.addresses import decode_ids
from fsm.web.auth import authorize
from fsm.web.body import BodyDecoder
from fsm.web.events import EventRoute
from fsm.web.middleware import BodyDeadline, RequestContext
from fsm.web.openapi import AttrsSchemas, openapi_config
from fsm.web.problems import handle_exception
from fsm.web.service import Service


def create_app(service: Service) -> ASGIApp:
    """Returns the ASGI application of a service whose runtime is open."""
    # The way of a request, in the order of the calls:
    #   1. `LimitedProtocol` parses it;
    #   2. the middleware of `add_middleware`: `RequestContext`, `EventRoute`, `BodyDeadline`;
    #   3. Litestar finds the route;
    #   4. the guards: `authorize`, `decode_ids`, and for a webhook `require_signature`, which
    #      reads the body;
    #   5. `BodyDecoder` decodes the body;
    #   6. the handler calls the runtime.
    # An event mostly takes the short way: `EventRoute` does steps 4 to 6 and Litestar has no part.
    # An error of the steps 3 to 6 in Litestar is answered by `handle_exception`, any other by
    # `RequestContext`.
    application = Litestar(
        [
            health.health,
            health.ready,
            health.metrics,
            health.openapi,
            meetings.MeetingsController,
            meetings.resolve_settings,
            meetings.reconcile_all,
            Router(
                "/",
                route_handlers=[bulk.send_events],
                request_max_body_size=service.settings.limits.max_bulk_bytes,
            ),
            AccountsController,
            stream.stream,
            live.overview,
            live.moment,
            live.meeting_scenario,
            webhooks.webhook,
            simulator.index,
            simulator.page_file,
            simulator.vocabulary,
            simulator.simulation,
            simulator.simulation_diagram,
            simulator.scenario_file,
            simulator.scenarios,
        ],
        dependencies={"service": Provide(lambda: service, sync_to_thread=False)},
        dto=BodyDecoder,
        exception_handlers={Exception: handle_exception},
        guards=[authorize, decode_ids],
        logging_config=None,
        openapi_config=openapi_config(has_tokens=service.tokens is not None),
        plugins=[AttrsSchemas()],
        request_max_body_size=service.settings.limits.max_body_bytes,
        # Without this the decoder of requests would be used for responses as well.
        return_dto=None,
        state=State({"service": service}),
    )
    return add_middleware(application, service)


def add_middleware(application: ASGIApp, service: Service) -> ASGIApp:
    """Wraps an application in the service's middleware; a request passes the list from the top.

    It is not passed to Litestar, which runs its middleware after routing: requests for unknown
    addresses would have neither an id nor a log line.
    """
    middleware: list[Callable[[ASGIApp], ASGIApp]] = [
        partial(RequestContext, metrics=service.metrics),
        partial(EventRoute, service=service),
        partial(BodyDeadline, seconds=service.settings.limits.body_timeout),
    ]
    wrapped = application
    for layer in reversed(middleware):
        wrapped = layer(wrapped)

    async def http_wrapped(scope: Any, receive: Receive, send: Send) -> None:
        await (wrapped if scope["type"] == "http" else application)(scope, receive, send)

    return http_wrapped
