"""The live stream of a meeting: server-sent events that a client can take up where it was."""

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
from fsm.web.door import on_leaving
from fsm.web.meetings import After, Shared
from fsm.web.problems import ProblemError, responses
from fsm.web.service import Service
from fsm.web.shapes import EntryResponse, Streamed

_LOG = structlog.get_logger(__name__)
_HEADERS = {"X-Accel-Buffering": "no"}
LastId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        pattern="^[0-9]{1,15}$",
        description="The number of the last entry that came, as a browser sends it.",
    ),
]


@get(
    "/v1/meetings/{meeting:str}/stream",
    opt={"scope": "read"},
    tags=["meetings"],
    media_type="text/event-stream",
    responses=responses(404) | {204: ResponseSpec(None, description="There is nothing to come.")},
)
async def stream(
    request: Request[Any, Any, Any],
    meeting: FromPath[str],
    service: Shared,
    after: After = 0,
    last_id: LastId = None,
) -> Response[Streamed]:
    """Send each entry of a meeting as it comes, until the meeting is over.

    Each has its number as its id, and a JSON object as its data, as the history has it.
    """
    after = int(last_id) if last_id is not None else after
    now = await service.hub.read(meeting)
    # A number beyond the last is of another life of the journal; from here on, then.
    after = min(after, now.seq)
    if now.ended and after >= now.seq:
        # A browser that gets this does not come back.
        nothing = Response("", status_code=204, media_type="text/event-stream")
        return cast(Response[Streamed], nothing)
    if service.streams >= service.settings.limits.streams:
        raise ProblemError(
            503, "streams", "Too many live streams are open",
            f"{service.streams} are open already (read the history instead)", retry_after=10,
        )  # fmt: skip
    _count(service, 1)
    on_leaving(request.scope, lambda: _count(service, -1))
    content = _lines(service, meeting, after, request.scope["fsm.caller"])  # type: ignore[typeddict-item]
    return cast(
        Response[Streamed], Stream(content, media_type="text/event-stream", headers=_HEADERS)
    )


def _count(service: Service, change: int) -> None:
    service.streams += change
    service.metrics.streams.set(service.streams)


async def _lines(service: Service, meeting: str, after: int, caller: str) -> AsyncIterator[bytes]:
    # What comes is taken in a task of its own: a wait for it can then end without ending it.
    queue: asyncio.Queue[JournalEntry | None] = asyncio.Queue(100)
    taking = asyncio.create_task(_take(service, meeting, after, queue))
    stopping = asyncio.create_task(service.stopping.wait())
    try:
        yield b": open\n\n"
        while True:
            coming = asyncio.ensure_future(queue.get())
            try:
                await asyncio.wait(
                    {coming, stopping},
                    timeout=service.settings.keep_alive,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                entry = coming.result() if coming.done() else ...
            finally:
                coming.cancel()
            if not service.may_read(caller):
                return
            if isinstance(entry, JournalEntry):
                yield (
                    f"id: {entry.seq}\ndata: ".encode()
                    + encode_json(EntryResponse.of(entry))
                    + b"\n\n"
                )
            elif entry is None or stopping.done():
                return
            else:
                yield b": still here\n\n"
    finally:
        taking.cancel()
        stopping.cancel()


async def _take(
    service: Service, meeting: str, after: int, queue: asyncio.Queue[JournalEntry | None]
) -> None:
    try:
        watching = cast(AsyncGenerator[JournalEntry, None], service.hub.watch(meeting, after))
        async with aclosing(watching) as entries:
            async for entry in entries:
                await queue.put(entry)
    except HubError as error:
        _LOG.warning("a live stream ends early", meeting=meeting, why=str(error))
    await queue.put(None)
