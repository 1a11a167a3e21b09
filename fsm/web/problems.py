"""Problem details (RFC 9457) of failed requests."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import attrs
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.serialization import encode_json
from litestar.types import Send

from fsm.decode import DecodeError, Fault
from fsm.runtime import (
    BusyError,
    ClosedError,
    ClusterError,
    ConflictError,
    JournalError,
    MovedError,
    UnknownAccountError,
    UnknownMeetingError,
)
from fsm.translation import Lang
from fsm.translation.problems import problem_text
from fsm.web.request_info import request_info

PROBLEM_JSON = "application/problem+json"
"""The media type of problem details."""
BODY_STATUSES = (408, 413, 422)
"""The additional error statuses of a route with a body."""
_MAX_PATH = 1000
_MISSING_PARAMETER = re.compile(r"^Missing required \w+ parameter '([\w-]+)'")
_LOG = structlog.get_logger(__name__)


@attrs.frozen
class ProblemDetails:
    """Problem details (RFC 9457).

    Args:
        type: the problem type; ``about:blank`` if the status says it all.
        title: the problem type in words.
        status: the HTTP status.
        detail: an explanation of this occurrence, with a request that would be valid.
        instance: the path of the request.
        request_id: the id of the request in the log.
        errors: the faults of the request, each with its place.
        retry_after: the seconds after which to send it again, as in the header ``Retry-After``.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: tuple[Fault, ...] | None = None
    retry_after: int | None = None


class ProblemError(Exception):
    """A failed request, to be answered with problem details.

    Args:
        status: the HTTP status.
        name: the problem type, as the last part of its URN; empty for ``about:blank``.
        title: the problem type in words.
        detail: an explanation of this occurrence, with a request that would be valid.
        retry_after: the seconds after which to retry.
        headers: additional response headers.
        errors: the faults of the request, each with its place.
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
        self.retry_after = None if retry_after is None else max(1, math.ceil(retry_after))
        if self.retry_after is not None:
            self.headers["Retry-After"] = str(self.retry_after)
        self.errors = errors

    def body(self, path: str, request_id: str, lang: Lang = "en") -> dict[str, Any]:
        """Returns the body of the response.

        Args:
            path: the path of the request, percent-encoded.
            request_id: the id of the request in the log.
            lang: the language of the title and the detail; each fault stays in English.
        """
        details = ProblemDetails(
            f"urn:meeting-fsm:problem:{self.name}" if self.name else "about:blank",
            problem_text(self.title, lang),
            self.status,
            problem_text(self.detail, lang),
            quote(path[:_MAX_PATH], safe="/%"),
            request_id,
            self.errors,
            self.retry_after,
        )
        return attrs.asdict(details, filter=lambda _, value: value is not None)


@contextmanager
def value_errors_as_faults() -> Iterator[None]:
    """Turns every ValueError and TypeError of its block into a DecodeError.

    The block must contain only calls that raise them for the client's data, such as those of the
    hub: any other would be reported to the client as its own fault.
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        raise DecodeError([Fault("", str(error))]) from None


def as_problem_error(error: Exception) -> ProblemError:
    """Returns the ProblemError that an error is reported as."""
    match error:
        case ProblemError():
            return error
        case DecodeError():
            return ProblemError(
                422, "wrong-data", "The data of the request is invalid", str(error),
                errors=error.faults,
            )  # fmt: skip
        case UnknownMeetingError():
            return ProblemError(404, "unknown-meeting", "There is no such meeting", str(error))
        case UnknownAccountError():
            return ProblemError(404, "unknown-account", "There is no such account", str(error))
        case ConflictError():
            return ProblemError(409, "conflict", "The id is in use with other content", str(error))
        case BusyError():
            return ProblemError(
                503, "busy", "The service is overloaded; nothing was stored", str(error),
                retry_after=error.retry_after,
            )  # fmt: skip
        case ClosedError():
            return ProblemError(
                503, "closing", "The service is stopping; nothing was stored",
                "the service is stopping (send it again after the restart)", retry_after=5,
            )  # fmt: skip
        case MovedError():
            return ProblemError(
                503, "moved", "The meeting or the account was moved; nothing was stored",
                "it is in another service, or on its way (send it there, with the same id)",
                retry_after=5,
            )  # fmt: skip
        case ClusterError():
            # The message of the error is for the log only: it contains addresses.
            return ProblemError(
                503, "journal", "The cluster has not handled the request",
                "the request may not be stored (send it again, with the same id)", retry_after=5,
            )  # fmt: skip
        case JournalError():
            # The message of the error is for the log only: it contains file names.
            return ProblemError(
                503, "journal", "The journal cannot be written or read",
                "the request may not be stored (send it again, with the same id)", retry_after=5,
            )  # fmt: skip
        case ValidationException():
            return _invalid_request(error)
        case HTTPException():
            return _http_problem(error)
    return ProblemError(500, "internal", "Internal error", "search the log for this request_id")


def _invalid_request(error: ValidationException) -> ProblemError:
    extra = error.extra if isinstance(error.extra, list) else []
    if any(entry.get("key") == "data" for entry in extra):
        return ProblemError(
            400, "no-body", "The body is empty", "a body in JSON is required (send one)"
        )
    missing = _MISSING_PARAMETER.search(error.detail)
    if missing is not None:
        return invalid_parameter([Fault(missing[1], "it is missing (required)")])
    return invalid_parameter([Fault(entry.get("key", ""), entry["message"]) for entry in extra])


def invalid_parameter(faults: Sequence[Fault]) -> ProblemError:
    """Returns the problem of a request with invalid parameters or headers.

    Args:
        faults: the faults, each with the name of its parameter or header.
    """
    detail = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults)
    return ProblemError(
        400, "wrong-parameter", "A parameter is invalid", detail or "see /openapi.json",
        errors=tuple(faults),
    )  # fmt: skip


def _http_problem(error: HTTPException) -> ProblemError:
    # Litestar's own details are safe to show: they contain only parts of the request.
    status = error.status_code
    detail = {
        404: "there is nothing at this address (see /openapi.json)",
        405: "this address does not support this method (see /openapi.json)",
        413: "the body is too large (send less)",
    }.get(status, error.detail or HTTPStatus(status).description)
    return ProblemError(
        status, "", HTTPStatus(status).phrase, detail, headers=dict(error.headers or {})
    )


def handle_exception(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Returns the response to a request that failed in a handler of the framework."""
    problem = _reported(request.scope, error)
    lang = _language(request.scope)
    return Response(
        problem.body(request.scope["path"], request_info(request.scope).request_id, lang),
        status_code=problem.status,
        headers={**problem.headers, "Content-Language": lang},
        media_type=PROBLEM_JSON,
    )


async def send_problem(scope: Any, send: Send, error: Exception) -> None:
    """Sends the response to a request that failed outside the framework."""
    problem = _reported(scope, error)
    lang = _language(scope)
    body = encode_json(problem.body(scope["path"], request_info(scope).request_id, lang))
    headers = {
        "content-type": PROBLEM_JSON, "content-language": lang,
        "content-length": str(len(body)), **problem.headers,
    }  # fmt: skip
    await send({
        "type": "http.response.start",
        "status": problem.status,
        "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
    })  # fmt: skip
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _language(scope: Any) -> Lang:
    """Returns Chinese if it is the first of the languages that the request accepts."""
    accepted = dict(scope["headers"]).get(b"accept-language", b"")
    return "zh" if accepted.strip().lower().startswith(b"zh") else "en"


def _reported(scope: Any, error: Exception) -> ProblemError:
    problem = report_error(error)
    # The request log and the metrics read the problem type from here.
    request_info(scope).problem = problem.name or None
    return problem


def report_error(error: Exception) -> ProblemError:
    """Returns the ProblemError of an error; logs the details that clients must not see."""
    problem = as_problem_error(error)
    if problem.status == 500:
        _LOG.error("unhandled error", exc_info=error)
    elif isinstance(error, ClusterError):
        _LOG.error("the cluster failed", why=str(error))
    elif isinstance(error, JournalError):
        _LOG.error("the journal failed", why=str(error))
    return problem


def error_responses(*more: int) -> dict[int, ResponseSpec]:
    """Returns the error responses of a route, for its OpenAPI description.

    Args:
        more: the statuses beyond those of every route.
    """
    return {
        status: ResponseSpec(
            ProblemDetails,
            generate_examples=False,
            description=HTTPStatus(status).phrase,
            media_type=PROBLEM_JSON,
        )
        for status in sorted({400, 401, 403, 503, *more})
    }
