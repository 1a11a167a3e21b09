"""What went wrong, as problem details (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import attrs
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.exceptions import ValidationException as WrongParameter
from litestar.openapi.datastructures import ResponseSpec

from fsm.decode import DecodeError, Fault
from fsm.runtime import (
    BusyError,
    ClosedError,
    ConflictError,
    JournalError,
    UnknownAccountError,
    UnknownMeetingError,
)

MEDIA_TYPE = "application/problem+json"
_LOG = structlog.get_logger(__name__)


@attrs.frozen
class Problem:
    """Problem details (RFC 9457).

    Args:
        type: what kind of problem it is; ``about:blank`` where the status says it all.
        title: the same in words.
        status: the status of the answer.
        detail: what went wrong this time, and what would be right.
        instance: the address that was asked.
        request_id: what the log calls this request.
        errors: each thing that is wrong with what was sent.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: tuple[Fault, ...] | None = None


class ProblemError(Exception):
    """A request cannot be answered otherwise.

    Args:
        status: the status of the answer.
        name: what kind of problem it is, in the letters of a URN.
        title: the same in words.
        detail: what went wrong this time, and what would be right.
        retry_after: seconds after which trying again makes sense.
        headers: more headers of the answer.
        errors: each thing that is wrong with what was sent.
    """

    def __init__(
        self,
        status: int,
        name: str,
        title: str,
        detail: str,
        *,
        retry_after: float | None = None,
        headers: dict[str, str] | None = None,
        errors: tuple[Fault, ...] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
        self.errors = errors


@contextmanager
def wrong_settings() -> Iterator[None]:
    """Tell who sent settings that break a rule which one."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise DecodeError([Fault("", str(error))]) from None


def answer_to(error: Exception) -> ProblemError:
    """Return the problem that an error is to a client."""
    match error:
        case ProblemError():
            return error
        case DecodeError():
            return ProblemError(
                422, "wrong-data", "What was sent is not what is asked for", str(error),
                errors=error.faults,
            )  # fmt: skip
        case UnknownMeetingError():
            return ProblemError(404, "unknown-meeting", "There is no such meeting", str(error))
        case UnknownAccountError():
            return ProblemError(404, "unknown-account", "There is no such account", str(error))
        case ConflictError():
            return ProblemError(409, "conflict", "The id was used for something else", str(error))
        case BusyError():
            return ProblemError(
                503, "busy", "There is too much to do; nothing was taken", str(error),
                retry_after=error.retry_after,
            )  # fmt: skip
        case ClosedError():
            return ProblemError(
                503, "closing", "The service is stopping; nothing was taken",
                "the service is stopping (ask again when it is back)", retry_after=5,
            )  # fmt: skip
        case JournalError():
            # What the journal says names files, which are no client's matter.
            return ProblemError(
                503, "journal", "The journal cannot be written or read",
                "nothing was taken (send it again, with the same id)", retry_after=5,
            )  # fmt: skip
        case WrongParameter():
            return _wrong_parameter(error)
        case HTTPException():
            return _of_litestar(error)
    return ProblemError(
        500, "internal", "The service has a fault", "the log says more under the request's id"
    )


def _wrong_parameter(error: WrongParameter) -> ProblemError:
    extra = error.extra if isinstance(error.extra, list) else []
    if any(each.get("key") == "data" for each in extra):
        return ProblemError(
            400, "no-body", "The body is empty", "a JSON object is needed (send it)"
        )
    faults = tuple(Fault(each.get("key", ""), each["message"]) for each in extra)
    detail = "; ".join(f"{each.pointer}: {each.detail}" for each in faults) or "see the schema"
    return ProblemError(
        400, "wrong-parameter", "A parameter is not what is asked for", detail, errors=faults
    )


def _of_litestar(error: HTTPException) -> ProblemError:
    # Its detail of a 4xx names no more than the request did.
    status = error.status_code
    detail = {
        404: "there is nothing at this address (see /openapi.json)",
        405: "this address does not know this method (see /openapi.json)",
        413: "the body is too large (send less)",
    }.get(status, error.detail or HTTPStatus(status).description)
    return ProblemError(
        status, "", HTTPStatus(status).phrase, detail, headers=dict(error.headers or {})
    )


_LONGEST_PATH = 1000


def problem(error: ProblemError, path: str, request_id: str) -> dict[str, Any]:
    """Return the body of an answer.

    Args:
        error: what went wrong.
        path: the address that was asked.
        request_id: what the log calls the request.
    """
    made = Problem(
        f"urn:meeting-fsm:problem:{error.name}" if error.name else "about:blank",
        error.title,
        error.status,
        error.detail,
        quote(path[:_LONGEST_PATH], safe="/"),
        request_id,
        error.errors,
    )
    return attrs.asdict(made, filter=lambda _, value: value is not None)


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Answer a request that came to an error; log what a client is not told."""
    answer = answer_to(error)
    if answer.status == 500:
        _LOG.error("a fault", exc_info=error)
    elif isinstance(error, JournalError):
        _LOG.error("the journal failed", why=str(error))
    # A label of the metrics, and a word in the log.
    request.scope["fsm.problem"] = answer.name or None  # type: ignore[typeddict-unknown-key]
    return Response(
        problem(answer, request.scope["path"], request_id_of(request.scope)),
        status_code=answer.status,
        headers=answer.headers,
        media_type=MEDIA_TYPE,
    )


def request_id_of(scope: Any) -> str:
    """Return what the log calls a request."""
    return str(scope.get("fsm.request_id", ""))


OF_BODY = (408, 413, 422)
"""What an address that takes a body may answer besides."""


def responses(*more: int) -> dict[int, ResponseSpec]:
    """Return what an address may answer besides success.

    Args:
        more: statuses besides those of every address.
    """
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=HTTPStatus(status).phrase,
            media_type=MEDIA_TYPE,
        )
        for status in sorted({400, 401, 403, 503, *more})
    }
