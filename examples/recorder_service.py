"""A recorder as a small HTTP service, the other side of ``fsm serve --recorder URL``.

It verifies each signed request and passes it on to an object that records. This one only keeps
the status of each meeting in memory; put another in its place.

    fsm token secret > recorder.secret; chmod 600 recorder.secret
    export FSM_RECORDER_SECRET=$(cat recorder.secret)    # here and for fsm serve
    python examples/recorder_service.py --port 9000
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import Any, get_args
from urllib.parse import unquote

import attrs
import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.middleware import DefineMiddleware

from fsm.decode import DecodeError, Fault, decode
from fsm.recording import Command
from fsm.runtime import GapError, MemoryRecorder, OutboxMessage, Recorder, RecorderError
from fsm.runtime.recorder import send
from fsm.web.body import decode_body
from fsm.web.http_recorder import message_id, status_id
from fsm.web.middleware import BodyDeadline
from fsm.web.problems import PROBLEM_JSON, ProblemError, as_problem_error
from fsm.web.service import ServiceLimits
from fsm.web.signing import SignatureError, verify_signature
from fsm.web.tokens import check_secret

_LOGGER = logging.getLogger(__name__)
_LIMITS = ServiceLimits()
_COMMANDS: dict[str | None, Any] = {each.command: each for each in get_args(Command)}


@attrs.frozen
class PostedMessage:
    """A message as it is posted.

    Args:
        meeting: the meeting's id.
        key: the idempotency key, the same for every delivery of the message.
        recording: the recording of the meeting, counted from 1.
        sequence: the sequence number among the messages of the meeting, counted from 1.
        expected_sequence: the sequence number that the recorder must have applied.
        command: the name of the command, and its fields.
    """

    meeting: str
    key: str
    recording: int
    sequence: int
    expected_sequence: int
    command: dict[str, str | None]


def create_recorder_app(recorder: Recorder, secret: str) -> Litestar:
    """Returns an application that passes messages over HTTP to a recorder.

    Args:
        recorder: the recorder. Concurrent messages of one meeting are possible, so it must
            serialise them itself.
        secret: the secret that requests must be signed with, ``whsec_`` and base64.

    Raises:
        ValueError: the secret is invalid.
    """
    check_secret(secret)

    @post("/commands")
    async def commands(request: Request[Any, Any, Any]) -> Response[Any]:
        body = await request.body()
        signed_id = verify_signature(secret, request.headers, body)
        message = _message(body)
        if message_id(message) != signed_id:
            raise SignatureError("it is signed for another message")
        try:
            return Response(await send(recorder, message), status_code=200)
        except GapError as gap:
            return Response(gap.status, status_code=409)

    # The id of a meeting may be slashes alone, which the framework leaves out.
    @get(["/meetings", "/meetings/{meeting:path}"])
    async def meetings(request: Request[Any, Any, Any]) -> Response[Any]:
        # An id may contain a quoted slash, so the path is read as it was sent.
        raw: bytes = request.scope["raw_path"]
        meeting = unquote(raw.partition(b"?")[0].rpartition(b"/")[2].decode("ascii"))
        signed_id = verify_signature(secret, request.headers, await request.body())
        if status_id(meeting) != signed_id:
            raise SignatureError("it is signed for another meeting")
        return Response(await recorder.status(meeting), status_code=200)

    return Litestar(
        [commands, meetings],
        exception_handlers={Exception: _problem},
        logging_config=None,
        middleware=[DefineMiddleware(BodyDeadline, seconds=_LIMITS.body_timeout)],
        openapi_config=None,
        request_max_body_size=_LIMITS.max_body_bytes,
    )


def _message(body: bytes) -> OutboxMessage:
    posted: PostedMessage = decode_body(body, PostedMessage)
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
    answer = as_problem_error(error)
    if answer.status == 500:
        _LOGGER.error("unhandled error", exc_info=error)
    body = answer.body(request.scope["path"], "")
    return Response(
        body, status_code=answer.status, headers=answer.headers, media_type=PROBLEM_JSON
    )


def main() -> None:
    """Runs the recorder until it is interrupted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=9000)
    port = parser.parse_args().port
    try:
        application = create_recorder_app(MemoryRecorder(), os.environ["FSM_RECORDER_SECRET"])
    except (KeyError, ValueError) as error:
        sys.exit(f"recorder_service.py: FSM_RECORDER_SECRET: {error} (fsm token secret makes one)")
    uvicorn.run(application, port=port, lifespan="off", ws="none")


if __name__ == "__main__":
    main()
