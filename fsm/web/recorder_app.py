"""Any recorder as a small HTTP service: the other side of :class:`fsm.web.recorder.HttpRecorder`.

It is what a recorder of one's own is written after; run it with uvicorn, around a recorder
that really records.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import attrs
from litestar import Litestar, Request, Response, get, post

from fsm.recording import Command
from fsm.runtime import GapError, Order, Recorder, RecorderError, codec
from fsm.runtime.recorder import send
from fsm.web.problems import MEDIA_TYPE
from fsm.web.recorder import order_id, status_id
from fsm.web.schema import body_of
from fsm.web.signing import SignatureError, verified
from fsm.web.tokens import check_secret

_LONGEST = 64 * 1024


@attrs.frozen
class PostedOrder:
    """An order as it is posted.

    Args:
        meeting: the meeting's id.
        key: the idempotency key: the same order always has the same.
        recording: which recording of the meeting it is about, counted from 1.
        number: the order's number among those of the meeting, counted from 1.
        since: the number the recorder must have reached for this order to make sense.
        command: what to do: its name, and its parts.
    """

    meeting: str
    key: str
    recording: int
    number: int
    since: int
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
    async def orders(request: Request[Any, Any, Any]) -> Response[Any]:
        body = await request.body()
        signed_id = verified(secret, request.headers, body)
        order = _order(body)
        if order_id(order) != signed_id:
            raise SignatureError("it is signed for another order")
        try:
            return Response(await send(recorder, order), status_code=200)
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
        [orders, meetings],
        exception_handlers={Exception: _problem},
        logging_config=None,
        openapi_config=None,
        request_max_body_size=_LONGEST,
    )


def _order(body: bytes) -> Order:
    posted: PostedOrder = body_of(body, PostedOrder)
    try:
        command: Command = codec.command_from(posted.command)
    except (TypeError, KeyError) as error:
        raise ValueError(f"there is no such command: {error}") from None
    return Order(posted.meeting, posted.recording, posted.number, posted.since, command)


def _problem(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    status, detail = 500, "the recorder has a fault"
    match error:
        case SignatureError():
            status, detail = 401, str(error)
        case RecorderError():
            status, detail = 503, str(error)
        case ValueError():
            status, detail = 422, str(error)
    code = getattr(error, "status", None) or getattr(error, "status_code", status)
    body = {
        "type": "about:blank",
        "status": code,
        "detail": detail if code == status else str(error),
    }
    return Response(body, status_code=code, media_type=MEDIA_TYPE)
