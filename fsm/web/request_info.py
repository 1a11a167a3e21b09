"""The service's own data about a request, kept in its ASGI scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import attrs

_KEY = "fsm.request"


@attrs.define(eq=False)
class RequestInfo:
    """Data about a request that is logged and counted at its end.

    Args:
        request_id: the id of the request in the log.
        caller: the name of the token or the webhook sender, once it is admitted.
        problem: the problem type of the response, if the request failed with one.
        events: the number of events of a request with many.
        failed: the number of those that have a problem.
        cleanup: callbacks for the end of the request, however it ends.
    """

    request_id: str = ""
    caller: str | None = None
    problem: str | None = None
    events: int | None = None
    failed: int | None = None
    cleanup: list[Callable[[], None]] = attrs.field(factory=list)


def request_info(scope: Any) -> RequestInfo:
    """Returns the data about the request of an ASGI scope."""
    info = scope.get(_KEY)
    if info is None:
        info = scope[_KEY] = RequestInfo()
    return cast(RequestInfo, info)
