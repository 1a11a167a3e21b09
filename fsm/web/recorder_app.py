"""Any recorder as a small HTTP service: the other side of :class:`fsm.web.recorder.HttpRecorder`.

It is what a recorder of one's own is written after; run it with uvicorn, around a recorder
that really records.
"""

from __future__ import annotations

import logging
from typing import Any, get_args
from urllib.parse import unquote

import attrs
from litestar import Litestar, Request, Response, get, post

from fsm.decode import DecodeError, Fault, decode
from fsm.recording import Command
from fsm.runtime import GapError, OutboxMessage, Recorder, RecorderError
from fsm.runtime.recorder import send
from fsm.web.body import decode_body
from fsm.web.middleware import BodyDeadline
from fsm.web.problems import PROBLEM_JSON, ProblemError, problem_details, to_problem
from fsm.web.recorder import order_id, status_id
from fsm.web.settings import ServiceLimits
from fsm.web.signing import SignatureError, verified
from fsm.web.tokens import check_secret

_LOGGER = logging.getLogger(__name__)
_LIMITS = ServiceLimits()
_COMMANDS: dict[str | None, Any] = {each.command: each for each in get_args(Command)}


@attrs.frozen
class PostedOrder:
    """An order as it is posted.

    Args:
        meeting: the meeting's id.
        key: the idempotency key: the same order always has the same.
        recording: which recording of the meeting it is about, counted from 1.
        sequence: the order's number among those of the meeting, counted from 1.
        expected_sequence: the number the recorder must have reached for this order to make sense.
        command: what to do: its name, and its parts.
    """

    meeting: str
    key: str
    recording: int
    sequence: int
    expected_sequence: int
    command: dict[str, str | None]


def create_recorder_app(recorder: Recorder, secret: str) -> Litestar:
    """Return an application that has a recorder take orders over HTTP.

    Args:
        recorder: what really records. It is asked to apply one order of a meeting at a time
            only if it sees to that itself.
        secret: what requests must be signed with, ``whsec_`` and base64.

    Raises:
        ValueError: the secret is none.
    """
    check_secret(secret)

    @post("/orders")
    async def messages(request: Request[Any, Any, Any]) -> Response[Any]:
        body = await request.body()
        signed_id = verified(secret, request.headers, body)
        message = _order(body)
        if order_id(message) != signed_id:
            raise SignatureError("it is signed for another order")
        try:
            return Response(await send(recorder, message), status_code=200)
        except GapError as gap:
            return Response(gap.status, status_code=409)

    @get("/meetings/{meeting:path}")
    async def meetings(request: Request[Any, Any, Any]) -> Response[Any]:
        # An id may hold a quoted slash, so what is asked for is taken as it was sent.
        raw: bytes = request.scope["raw_path"]
        meeting = unquote(raw.partition(b"?")[0].rpartition(b"/")[2].decode("ascii"))
        signed_id = verified(secret, request.headers, await request.body())
        if status_id(meeting) != signed_id:
            raise SignatureError("it is signed for another meeting")
        return Response(await recorder.status(meeting), status_code=200)

    return Litestar(
        [messages, meetings],
        exception_handlers={Exception: _problem},
        logging_config=None,
        middleware=[BodyDeadline(_LIMITS.body_within)],
        openapi_config=None,
        request_max_body_size=_LIMITS.body,
    )


def _order(body: bytes) -> OutboxMessage:
    posted: PostedOrder = decode_body(body, PostedOrder)
    parts = dict(posted.command)
    kind = _COMMANDS.get(parts.pop("command", None))
    if kind is None:
        names = ", ".join(map(str, _COMMANDS))
        raise DecodeError([Fault("/command/command", f"it must be one of: {names}")])
    command: Command = decode(parts, kind)
    return OutboxMessage(
        posted.meeting, posted.recording, posted.sequence, posted.expected_sequence, command
    )


def _problem(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    if isinstance(error, SignatureError):
        error = ProblemError(401, "signature", "The request is not signed", str(error))
    elif isinstance(error, RecorderError):
        error = ProblemError(503, "recorder", "The recorder failed", str(error))
    answer = to_problem(error)
    if answer.status == 500:
        _LOGGER.error("a fault", exc_info=error)
    body = problem_details(answer, request.scope["path"], "")
    return Response(
        body, status_code=answer.status, headers=answer.headers, media_type=PROBLEM_JSON
    )
