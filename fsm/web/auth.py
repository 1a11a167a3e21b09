"""Authentication, authorization and rate limits of requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from fsm.web.problems import ProblemError
from fsm.web.rate_limit import RateLimiter
from fsm.web.service import Service
from fsm.web.tokens import Scope

Connection = ASGIConnection[Any, Any, Any, Any]
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


# A coroutine, because Litestar runs an ordinary function in a thread.
async def authorize(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard of every route: admits a request whose token has the scope of the route.

    A route names its scope with ``opt={"scope": ...}``; a route without one is open to all.

    Raises:
        ProblemError: the request is not permitted, or exceeds the rate limit.
    """
    service: Service = connection.app.state.service
    caller = admit(service, connection.headers, handler.opt.get("scope"))
    connection.scope["fsm.caller"] = caller  # type: ignore[typeddict-unknown-key]


def admit(service: Service, headers: Mapping[str, str], scope: Scope | None) -> str | None:
    """Admits a request whose token has a scope.

    A service without tokens admits every request from this machine, and no other.

    Args:
        service: the service.
        headers: the headers of the request, with names in lower case.
        scope: the scope of the route; ``None`` if it is open to all.

    Returns:
        The name of the caller; ``None`` if the route is open to all.

    Raises:
        ProblemError: the request is not permitted, or exceeds the rate limit.
    """
    tokens = service.tokens
    if tokens is None:
        _require_local_client(headers)
    if scope is None:
        return None
    caller = "anyone"
    if tokens is not None:
        token = _bearer_token(headers.get("authorization", ""))
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
        check_rate(service.caller_limiter, caller, "this token")
    return caller


def check_rate(limiter: RateLimiter, key: str, subject: str) -> None:
    """Counts a request against a rate limit.

    Args:
        limiter: the rate limiter.
        key: the key of the request in the limiter.
        subject: the name of the limited party in the error.

    Raises:
        ProblemError: the request exceeds the limit.
    """
    wait = limiter.acquire(key)
    if wait:
        raise ProblemError(
            429, "rate", "Too many requests; nothing was stored",
            f"{subject} exceeds its rate limit (send it again after the Retry-After time)",
            retry_after=wait,
        )  # fmt: skip


def _bearer_token(header: str) -> str:
    scheme, _, token = header.partition(" ")
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


def _require_local_client(headers: Mapping[str, str]) -> None:
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
    try:
        return (urlsplit(f"//{host}").hostname or "").lower() if "@" not in host else ""
    except ValueError:
        return ""
