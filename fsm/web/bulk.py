"""Route of many events at once, of any meetings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import msgspec
from litestar import MediaType, Request, Response, post
from litestar.openapi.spec import Reference, Schema
from litestar.params import JSONBody
from litestar.serialization import encode_json
from litestar.typing import FieldDefinition

from fsm.decode import DecodeError, Fault, decode
from fsm.recording import Event
from fsm.runtime import JournalEntry, UnknownMeetingError
from fsm.web.auth import check_caller_rate
from fsm.web.body import BodyDecoder, decode_body, load_body, not_json
from fsm.web.events import check_meeting, count_event, faulty_event
from fsm.web.problems import (
    BODY_STATUSES,
    ProblemDetails,
    ProblemError,
    error_responses,
    report_error,
)
from fsm.web.request_info import RequestInfo, request_info
from fsm.web.schemas import EntryResponse, EventItem
from fsm.web.service import Service, ServiceDependency

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator

NDJSON: Final = "application/x-ndjson"
"""The media type of items that stand on a line each."""
MAX_EVENTS: Final = 1_000
"""The maximum number of events of a request."""
_PATH: Final = "/v1/events"

Item: TypeAlias = "EventItem | ProblemError | DecodeError"
"""An item of a request, or the error for which it could not be decoded."""


class ItemsDecoder(BodyDecoder):
    """Litestar DTO that decodes each item of a body by itself."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: SchemaCreator
    ) -> Reference | Schema:
        """Returns the schema of the list."""
        schema = schema_creator.for_field_definition(field_definition)
        assert isinstance(schema, Schema), "a list has no name"
        schema.max_items = MAX_EVENTS
        return schema

    def decode_bytes(self, value: bytes) -> list[Item]:
        """Decodes a body: a list in JSON, or an item on each line.

        Raises:
            ProblemError: the body is not JSON.
            DecodeError: the body is not a list, or has too many items.
        """
        media_type = self.asgi_connection.headers.get("content-type", "").partition(";")[0]
        is_lines = media_type.strip().lower() == NDJSON
        texts = _lines(value) if is_lines else _items(value)
        if len(texts) > MAX_EVENTS:
            detail = f"it has at most {MAX_EVENTS} items, not {len(texts)}"
            raise DecodeError([Fault("", detail)])
        return [_decoded(text) for text in texts]


def _lines(body: bytes) -> list[bytes]:
    return [line for line in body.split(b"\n") if line.strip()]


def _items(body: bytes) -> list[bytes]:
    try:
        return list(map(bytes, _SPLITTER.decode(body)))
    except RecursionError:
        raise not_json("it is nested too deeply") from None
    except msgspec.ValidationError:
        # The body is no list. The decoder saw that at its first character, so the rest may be no
        # JSON either.
        decode(load_body(body), list[EventItem])
        raise
    except msgspec.DecodeError as error:
        raise not_json(str(error)) from None


_SPLITTER: Final = msgspec.json.Decoder(list[msgspec.Raw])


def _decoded(text: bytes) -> Item:
    try:
        return cast(EventItem, decode_body(text, EventItem))
    except (ProblemError, DecodeError) as error:
        return error


@post(
    _PATH,
    operation_id="sendEvents",
    status_code=200,
    opt={"scope": "events"},
    tags=["meetings"],
    dto=ItemsDecoder,
    responses=error_responses(429, *BODY_STATUSES),
)
async def send_events(
    request: Request[Any, Any, Any],
    data: JSONBody[list[EventItem]],
    service: ServiceDependency,
) -> Response[list[EntryResponse | ProblemDetails]]:
    """Dispatches up to 1,000 events to any meetings, and answers each in its place.

    The events of a meeting are handled in their order. An item that fails has problem details in
    its place and hurts no other. With the media type ``application/x-ndjson`` the body has an item
    on each line.
    """
    info = request_info(request.scope)
    answers = await _dispatched(service, info, cast("list[Item]", data))
    body = b"[%b]" % b",".join(answers)
    return cast(
        Response[list[EntryResponse | ProblemDetails]], Response(body, media_type=MediaType.JSON)
    )


async def _dispatched(service: Service, info: RequestInfo, items: list[Item]) -> list[bytes]:
    problems = ItemProblems(service, info)
    answers: list[bytes] = [b""] * len(items)
    admitted: list[tuple[int, EventItem]] = []
    admission = Admission(service, info.caller or "")
    for index, item in enumerate(items):
        error = item if isinstance(item, Exception) else admission.refusal_of(item.meeting)
        if error is not None:
            answers[index] = problems.encode(index, error)
        elif isinstance(item, EventItem):
            admitted.append((index, item))
    entries = await service.runtime.dispatch_many(
        (item.meeting, item.event, item.id) for _, item in admitted
    )
    for (index, item), entry in zip(admitted, entries, strict=True):
        if isinstance(entry, JournalEntry):
            count_event(service, item.event, entry)
            answers[index] = encode_json(EntryResponse.of(entry))
        else:
            answers[index] = problems.encode(index, _as_fault(item.event, entry))
    for meeting in {item.meeting for _, item in admitted}:
        await service.stream_backpressure.wait(meeting)
    info.events, info.failed = len(items), problems.count
    return answers


def _as_fault(event: Event, error: Exception) -> Exception:
    return faulty_event(event, error) if isinstance(error, ValueError | TypeError) else error


class Admission:
    """Rate limits of the events of one request.

    Once a meeting has exceeded its limit, its later events are refused too, and those of all
    meetings once the caller has: otherwise an event could overtake one that is sent again.

    Args:
        service: the service.
        caller: the name of the caller, for whom one event was counted with the request.
    """

    def __init__(self, service: Service, caller: str) -> None:
        self._service = service
        self._caller = caller
        self._next_is_counted = True
        self._refused: dict[str, Exception] = {}
        self._caller_refused: ProblemError | None = None

    def refusal_of(self, meeting: str) -> Exception | None:
        """Counts an event, and returns the error if it exceeds a limit."""
        if self._caller_refused is not None:
            return self._caller_refused
        if meeting in self._refused:
            return self._refused[meeting]
        try:
            if not self._next_is_counted:
                check_caller_rate(self._service, self._caller)
            self._next_is_counted = False
        except ProblemError as error:
            self._caller_refused = error
            return error
        try:
            check_meeting(self._service, meeting)
        except (ProblemError, UnknownMeetingError) as error:
            self._refused[meeting] = error
            return error
        return None


class ItemProblems:
    """Problem details of the items of one request.

    Args:
        service: the service, whose metrics count them.
        info: the request.
    """

    def __init__(self, service: Service, info: RequestInfo) -> None:
        self._metrics = service.metrics
        self._request_id = info.request_id
        # By the identity of errors: those of one commit are the same, and logged once.
        self._reported: dict[int, tuple[Exception, ProblemError]] = {}
        self.count = 0

    def encode(self, index: int, error: Exception) -> bytes:
        """Returns the problem details of an item in JSON.

        Args:
            index: the place of the item, to which all pointers lead.
            error: its error.
        """
        self.count += 1
        known = self._reported.get(id(error))
        if known is None:
            known = self._reported[id(error)] = error, report_error(error)
        problem = known[1]
        self._metrics.count_problem(problem.name, problem.status)
        body = problem.body(_PATH, self._request_id)
        body["instance"] += f"#/{index}"
        for fault in body.get("errors", ()):
            fault["pointer"] = f"/{index}{fault['pointer']}"
        return encode_json(body)
