"""Who may come in, and how often."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from fsm.web.buckets import Buckets
from fsm.web.problems import ProblemError
from fsm.web.service import Service
from fsm.web.tokens import Scope

Connection = ASGIConnection[Any, Any, Any, Any]
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def guard(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let in who may: by token, or, where the service has none, whoever is on this machine.

    An address says with ``scope=`` what a token must be good for; one that says nothing is
    open to all.

    Raises:
        ProblemError: whoever asks may not, or too often.
    """
    service: Service = connection.app.state.service
    tokens = service.tokens
    if tokens is None:
        _refuse_other_sites(connection)
    scope: Scope | None = handler.opt.get("scope")
    if scope is None:
        return
    caller = "anyone"
    if tokens is not None:
        presented = _bearer(connection.headers.get("authorization", ""))
        found = tokens.name_of(presented) if presented else None
        if found is None:
            raise _wrong_token() if presented else _no_token()
        if scope not in tokens.tokens[found].scopes:
            raise ProblemError(
                403, "scope", "This token is good for other things",
                f"a token with the scope {scope!r} is needed here",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
            )  # fmt: skip
        caller = found
    connection.scope["fsm.caller"] = caller  # type: ignore[typeddict-unknown-key]
    if scope != "read":
        take(service.of_tokens, caller, "this token")


def take(buckets: Buckets, key: str, whose: str) -> None:
    """Let something happen once more, or refuse it because it happens too often.

    Raises:
        ProblemError: it does.
    """
    wait = buckets.take(key)
    if wait:
        raise ProblemError(
            429, "rate", "That is too often; nothing was taken",
            f"{whose} sends more than it may (wait, and send it again)", retry_after=wait,
        )  # fmt: skip


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _no_token() -> ProblemError:
    return ProblemError(
        401, "no-token", "A token is needed",
        "send a header 'Authorization: Bearer ...' with a token of this service",
        headers={"WWW-Authenticate": 'Bearer realm="fsm"'},
    )  # fmt: skip


def _wrong_token() -> ProblemError:
    return ProblemError(
        401, "wrong-token", "This is no token of this service",
        "it was removed, or is another service's (fsm token new NAME --scope events makes one)",
        headers={"WWW-Authenticate": 'Bearer realm="fsm", error="invalid_token"'},
    )  # fmt: skip


def _refuse_other_sites(connection: Connection) -> None:
    # A page that somebody on this machine looks at can send requests here too, and can give
    # its own name this machine's address (DNS rebinding). It cannot choose these headers.
    host = connection.headers.get("host", "")
    name = _host_name(host)
    if name not in LOOPBACK_NAMES:
        raise ProblemError(
            403, "foreign-host", "This service answers to this machine alone",
            "without tokens the Host header must be localhost, 127.0.0.1 or [::1]",
        )  # fmt: skip
    if any(name in connection.headers for name in _OF_PROXIES):
        raise ProblemError(
            403, "proxy", "This service answers to this machine alone",
            "behind a proxy it needs tokens (fsm token new NAME, and --tokens)",
        )  # fmt: skip
    origin = connection.headers.get("origin")
    site = connection.headers.get("sec-fetch-site", "none")
    foreign = origin is not None and origin.lower() != f"http://{host}".lower()
    if foreign or site not in ("none", "same-origin"):
        raise ProblemError(
            403, "foreign-origin", "This service answers to this machine alone",
            "without tokens no web page of another origin may ask",
        )  # fmt: skip


_OF_PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower() if "@" not in host else ""
    except ValueError:
        return ""
