"""Live stream of a meeting: server-sent events that a client can resume."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, cast

import structlog
from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.response import Stream
from litestar.serialization import encode_json

from fsm.runtime import HubError, JournalEntry
from fsm.web.meetings import AfterSeq
from fsm.web.problems import ProblemError, error_responses
from fsm.web.request_info import request_info
from fsm.web.schemas import EntryResponse, StreamMessage
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
    opt={"scope": "read"},
    tags=["meetings"],
    media_type="text/event-stream",
    responses=error_responses(404) | {204: ResponseSpec(None, description="No more entries.")},
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
    snapshot = await service.hub.read(meeting)
    # The client may know more entries than the journal, if that was restored from a backup. It then
    # gets the entries from now on.
    after = min(after, snapshot.seq)
    if snapshot.ended and after >= snapshot.seq:
        # After a 204 a browser does not reconnect.
        no_content = Response("", status_code=204, media_type="text/event-stream")
        return cast(Response[StreamMessage], no_content)
    if service.streams >= service.settings.limits.max_streams:
        raise ProblemError(
            503, "streams", "Too many live streams are open",
            f"{service.streams} are open already (read the history instead)", retry_after=10,
        )  # fmt: skip
    _count(service, 1)
    info = request_info(request.scope)
    info.cleanup.append(lambda: _count(service, -1))
    content = _messages(service, meeting, after, str(info.caller))
    return cast(
        Response[StreamMessage], Stream(content, media_type="text/event-stream", headers=_HEADERS)
    )


def _count(service: Service, change: int) -> None:
    service.streams += change
    service.metrics.streams.set(service.streams)


async def _messages(
    service: Service, meeting: str, after: int, caller: str
) -> AsyncIterator[bytes]:
    # Entries are read in a task of their own: to cancel it closes the watch of the hub as well.
    queue: asyncio.Queue[JournalEntry | None] = asyncio.Queue(100)
    reading = asyncio.create_task(_read_entries(service, meeting, after, queue))
    stopping = asyncio.create_task(service.stopping.wait())
    next_entry = asyncio.create_task(queue.get())
    try:
        yield b": open\n\n"
        while True:
            await asyncio.wait(
                {next_entry, stopping},
                timeout=service.settings.stream_heartbeat,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not service.may_read(caller):
                return
            if next_entry.done():
                entry = next_entry.result()
                if entry is None:
                    return
                data = encode_json(EntryResponse.of(entry))
                yield f"id: {entry.seq}\ndata: ".encode() + data + b"\n\n"
                next_entry = asyncio.create_task(queue.get())
            elif stopping.done():
                return
            else:
                yield b": still here\n\n"
    finally:
        for task in (reading, stopping, next_entry):
            task.cancel()


async def _read_entries(
    service: Service, meeting: str, after: int, queue: asyncio.Queue[JournalEntry | None]
) -> None:
    """Puts the entries of a meeting into a queue, and at the end ``None``, whatever the reason."""
    try:
        watching = cast(AsyncGenerator[JournalEntry, None], service.hub.watch(meeting, after))
        async with aclosing(watching) as entries:
            async for entry in entries:
                await queue.put(entry)
    except HubError as error:
        _LOG.warning("live stream ended early", meeting=meeting, why=str(error))
    except Exception as error:
        _LOG.error("live stream ended early", meeting=meeting, exc_info=error)
    await queue.put(None)
