"""Addresses: the ids in the path of a request, exactly as the client means them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from fsm.web.problems import ProblemError

_INVALID_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def keep_raw_path(scope: Any) -> None:
    """Replaces the path of a request by its raw form, in which an id is one segment.

    The server decodes the path as a whole: it turns the id ``room%2F7`` into two segments, and
    bytes that are not UTF-8 into the same character.

    Raises:
        ProblemError: the address is not percent-encoded UTF-8, or has an empty segment.
    """
    raw, query = scope["raw_path"], scope["query_string"]
    if b"%" in raw or b"%" in query or not raw.isascii():
        _check_encoding(raw)
        _check_encoding(query)
    if b"//" in raw or (raw.endswith(b"/") and raw != b"/"):
        raise _invalid("a segment of the path is empty (an id has at least one character)")
    scope["path"] = str(raw, "ascii")


def decode_segment(segment: str) -> str:
    """Returns the id of a segment of a path that :func:`keep_raw_path` has accepted.

    >>> decode_segment("room%2F7"), decode_segment("%E4%BC%9A")
    ('room/7', '会')
    """
    return unquote(segment, errors="strict") if "%" in segment else segment


# A coroutine, because Litestar runs an ordinary function in a thread.
async def decode_ids(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard of every route, which decodes the ids in the path."""
    parameters = connection.scope["path_params"]
    # A new dictionary, because the router caches the other.
    connection.scope["path_params"] = {
        name: decode_segment(segment) for name, segment in parameters.items()
    }


def _check_encoding(text: bytes) -> None:
    try:
        if not text.isascii() or _INVALID_ESCAPE.search(text):
            raise ValueError
        unquote_to_bytes(text).decode()
    except ValueError:
        raise _invalid(
            "the address is not percent-encoded UTF-8 (the id 'room/é' is written room%2F%C3%A9)"
        ) from None


def _invalid(detail: str) -> ProblemError:
    return ProblemError(400, "wrong-address", "The address is invalid", detail)
