"""Live stream of a meeting: server-sent events that a client can resume."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, cast

import structlog
from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.response import Stream

from fsm.runtime import HubError
from fsm.runtime.watchers import MAX_AT_ONCE
from fsm.web.auth import bearer_token
from fsm.web.meetings import AfterSeq
from fsm.web.problems import ProblemError, error_responses
from fsm.web.request_info import request_info
from fsm.web.schemas import StreamMessage
from fsm.web.service import Service, ServiceDependency

_LOG = structlog.get_logger(__name__)
_HEADERS = {"X-Accel-Buffering": "no"}
LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        pattern="^[0-9]{1,15}$",
        description="The number of the last received entry; browsers send it themselves.",
    ),
]


@get(
    "/v1/meetings/{meeting:str}/stream",
    operation_id="streamMeeting",
    opt={"scope": "read"},
    tags=["meetings"],
    media_type="text/event-stream",
    responses=error_responses(404, 429) | {204: ResponseSpec(None, description="No more entries.")},
)
async def stream(
    request: Request[Any, Any, Any],
    meeting: FromPath[str],
    service: ServiceDependency,
    after: AfterSeq = 0,
    last_id: LastEventId = None,
) -> Response[StreamMessage]:
    """Streams each entry of a meeting when it is committed, until the meeting is over.

    The id of a message is the number of the entry; its data is the entry as in the history.
    """
    after = int(last_id) if last_id is not None else after
    snapshot = await service.runtime.read(meeting)
    # The client may know more entries than the journal, if that was restored from a backup. It then
    # gets the entries from now on.
    after = min(after, snapshot.seq)
    if snapshot.ended and not await _has_more(service, meeting, after):
        # After a 204 a browser does not reconnect.
        no_content = Response("", status_code=204, media_type="text/event-stream")
        return cast(Response[StreamMessage], no_content)
    info = request_info(request.scope)
    _check_limits(service, info.caller)
    _count(service, info.caller, 1)
    info.cleanup.append(lambda: _count(service, info.caller, -1))
    content = _messages(service, meeting, after, bearer_token(request.headers))
    return cast(
        Response[StreamMessage], Stream(content, media_type="text/event-stream", headers=_HEADERS)
    )


async def _has_more(service: Service, meeting: str, after: int) -> bool:
    """Returns whether a meeting that is over has entries after a number, and before its end."""
    entries = await service.runtime.history(meeting, after, 1)
    return bool(entries) and entries[0].outcome.refused != "meeting_ended"


def _check_limits(service: Service, caller: str | None) -> None:
    most = service.settings.limits.max_streams
    if service.streams >= most:
        raise ProblemError(
            503, "streams", "Too many live streams are open",
            f"{service.streams} are open already (read the history instead)",
            retry_after=10,
        )  # fmt: skip
    of_token = service.streams_by_caller[caller]
    # Without tokens all clients are one caller.
    if service.tokens is not None and of_token >= max(1, most // 2):
        raise ProblemError(
            429, "streams-of-token", "The token has too many live streams open",
            f"it has {of_token}, and half of all are left to other tokens "
            "(close one, or read the history instead)",
            retry_after=10,
        )  # fmt: skip


def _count(service: Service, caller: str | None, change: int) -> None:
    service.streams += change
    service.streams_by_caller[caller] += change
    if not service.streams_by_caller[caller]:
        del service.streams_by_caller[caller]
    service.metrics.streams.set(service.streams)


async def _messages(service: Service, meeting: str, after: int, token: str) -> AsyncIterator[bytes]:
    """Yields the messages of a stream, and at its end nothing more, whatever the reason."""
    stopping = asyncio.create_task(service.stopping.wait())
    try:
        heartbeat = service.settings.stream_heartbeat
        with service.runtime.watcher(meeting, after, heartbeat) as watcher:
            stopping.add_done_callback(lambda _: watcher.stop())
            yield b": open\n\n"
            has_turn = False
            async for entries in watcher:
                if not has_turn:
                    # Streams that open together have shared one read of the journal.
                    await service.stream_turns.wait()
                if not service.may_read(token):
                    return
                if entries and has_turn:
                    service.stream_backpressure.note(meeting, entries[0].at)
                yield service.messages.encode(entries) if entries else b": still here\n\n"
                if has_turn := len(entries) < MAX_AT_ONCE:
                    await service.stream_turns.wait()
    except HubError as error:
        _LOG.warning("live stream ended early", meeting=meeting, why=str(error))
    except Exception as error:
        _LOG.error("live stream ended early", meeting=meeting, exc_info=error)
    finally:
        service.stream_backpressure.forget(meeting)
        stopping.cancel()
