"""The service as an ASGI application."""

from __future__ import annotations

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme

from fsm import __version__
from fsm.web import about, meetings, stream, webhooks
from fsm.web.accounts import AccountsController
from fsm.web.body import BodyInTime
from fsm.web.door import Door
from fsm.web.guards import guard
from fsm.web.problems import handle
from fsm.web.schema import BodyOf, Shapes
from fsm.web.service import Service

_DESCRIPTION = """\
Meetings whose recording follows explicit rules. An answer is given when it is on the disk.

A command that the rules refuse is a normal answer with `refused` in it. What cannot be answered
is a problem (RFC 9457). Send an event again, with the same id, where no answer came.
"""


def create_app(service: Service) -> Door:
    """Return the application of a service, whose hub is open."""
    application = Litestar(
        [
            about.health,
            about.ready,
            about.metrics,
            about.openapi,
            meetings.MeetingsController,
            meetings.plan,
            meetings.reconcile_all,
            AccountsController,
            stream.stream,
            webhooks.webhook,
        ],
        dependencies={"service": Provide(lambda: service, sync_to_thread=False)},
        dto=BodyOf,
        exception_handlers={Exception: handle, HTTPException: handle},
        guards=[guard],
        logging_config=None,
        middleware=[BodyInTime(service.settings.limits.body_within)],
        openapi_config=_openapi(service.tokens is not None),
        plugins=[Shapes()],
        request_max_body_size=service.settings.limits.body,
        return_dto=None,
        state=State({"service": service}),
    )
    return Door(application, service.metrics)


def _openapi(tokens: bool) -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer", description="fsm token new NAME")
    return OpenAPIConfig(
        "Meeting recording",
        __version__,
        components=Components(security_schemes={"token": bearer}),
        description=_DESCRIPTION,
        license=License("MIT", identifier="MIT"),
        path="/schema",
        render_plugins=[JsonRenderPlugin()],
        security=[{"token": []}] if tokens else None,
        use_handler_docstrings=True,
    )
