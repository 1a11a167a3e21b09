"""Authentication, authorization and rate limits of requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from fsm.web.problems import ProblemError
from fsm.web.rate_limit import check_rate
from fsm.web.request_info import request_info
from fsm.web.service import Service
from fsm.web.tokens import Scope

Connection = ASGIConnection[Any, Any, Any, Any]
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:@/?#\s]+))(?::[0-9]*)?")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


# A coroutine, because Litestar runs an ordinary function in a thread.
async def authorize(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard of every route: admits a request whose token has the scope of the route.

    A route names its scope with ``opt={"scope": ...}``; a route without one needs no token.
    Webhooks are such a route, and are admitted by their signature (:mod:`fsm.web.webhooks`).

    Raises:
        ProblemError: the request is not permitted, or exceeds the rate limit.
    """
    service: Service = connection.app.state.service
    caller = admit(service, connection.headers, handler.opt.get("scope"))
    request_info(connection.scope).caller = caller


def admit(service: Service, headers: Mapping[str, str], scope: Scope | None) -> str | None:
    """Admits a request whose token has a scope.

    A service without tokens listens on the loopback only, so all its requests come from this
    machine. It rejects those that come through a proxy, under another host name, or from a web page
    of another origin, on every route.

    Requests of scope ``read`` do not count against the rate limit of the caller.

    Args:
        service: the service.
        headers: the headers of the request, with names in lower case.
        scope: the scope of the route; ``None`` if it needs no token.

    Returns:
        The name of the caller; ``None`` if the route needs no token.

    Raises:
        ProblemError: the request is not permitted, or exceeds the rate limit.
    """
    tokens = service.tokens
    if tokens is None:
        _reject_proxied_and_foreign(headers)
    if scope is None:
        return None
    # Without tokens all clients are one caller, and share one rate limit.
    caller = "anyone"
    if tokens is not None:
        token = bearer_token(headers)
        if not token:
            raise _missing_token()
        name = tokens.name_of(token)
        if name is None:
            raise _unknown_token()
        if scope not in tokens.tokens[name].scopes:
            raise ProblemError(
                403, "scope", "The token lacks the scope of this request",
                f"a token with the scope {scope!r} is required",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
            )  # fmt: skip
        caller = name
    if scope != "read":
        check_caller_rate(service, caller)
    return caller


def check_caller_rate(service: Service, caller: str) -> None:
    """Counts a request, or an event of a request with many, against the limit of its caller.

    Args:
        service: the service.
        caller: the name of the caller, from :func:`admit`.

    Raises:
        ProblemError: the caller exceeds the limit.
    """
    subject = "this service" if service.tokens is None else "this token"
    check_rate(service.caller_limiter, caller, subject)


def bearer_token(headers: Mapping[str, str]) -> str:
    """Returns the token of a request; empty if it has none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _missing_token() -> ProblemError:
    return ProblemError(
        401, "no-token", "A token is required",
        "send a header 'Authorization: Bearer ...' with a token of this service",
        headers={"WWW-Authenticate": 'Bearer realm="fsm"'},
    )  # fmt: skip


def _unknown_token() -> ProblemError:
    return ProblemError(
        401, "wrong-token", "The token is unknown",
        "it was removed, or belongs to another service "
        "(fsm token new NAME --scope events creates one)",
        headers={"WWW-Authenticate": 'Bearer realm="fsm", error="invalid_token"'},
    )  # fmt: skip


def _reject_proxied_and_foreign(headers: Mapping[str, str]) -> None:
    # A web page open on this machine can send requests here, and can point its own name at the
    # loopback address (DNS rebinding). It cannot choose the headers that are checked here.
    host = headers.get("host", "")
    if _host_name(host) not in _LOOPBACK_NAMES:
        raise ProblemError(
            403, "foreign-host", "This service admits only clients on the same machine",
            "without tokens the Host header must be localhost, 127.0.0.1 or [::1]",
        )  # fmt: skip
    if any(name in headers for name in _PROXY_HEADERS):
        raise ProblemError(
            403, "proxy", "This service admits only clients on the same machine",
            "behind a proxy it needs tokens (fsm token new NAME, and --tokens)",
        )  # fmt: skip
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "none")
    foreign = origin is not None and origin.lower() != f"http://{host}".lower()
    if foreign or site not in ("none", "same-origin"):
        raise ProblemError(
            403, "foreign-origin", "This service admits only clients on the same machine",
            "without tokens web pages of other origins are refused",
        )  # fmt: skip


def _host_name(host: str) -> str:
    match = _HOST.fullmatch(host)
    return (match[1] or match[2]).lower() if match else ""
