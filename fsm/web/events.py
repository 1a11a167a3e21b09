"""Events of meetings: from a request body to a journal entry, and the short way of a request."""

from __future__ import annotations

import re
from typing import Any

from litestar.serialization import encode_json
from litestar.types import ASGIApp, Receive, Send

from fsm.decode import DecodeError, Fault
from fsm.recording import Event
from fsm.runtime import JournalEntry, UnknownMeetingError
from fsm.runtime.limits import MAX_ID_LENGTH, check_id
from fsm.web.addresses import decode_segment
from fsm.web.auth import admit
from fsm.web.body import decode_body
from fsm.web.middleware import TimedBody
from fsm.web.problems import ProblemError, invalid_parameter
from fsm.web.rate_limit import check_rate
from fsm.web.request_info import request_info
from fsm.web.schemas import EntryResponse, EventBody, check_event_id
from fsm.web.service import Service

_PATH = re.compile(r"/v1/meetings/([^/]+)/events")
_TEMPLATE = "/v1/meetings/{meeting}/events"
_LENGTH = re.compile("[0-9]{1,9}")
IDEMPOTENCY_KEY = "Idempotency-Key"
"""The header with the id of an event."""


class EventRoute:
    """The short way of ``POST /v1/meetings/{meeting}/events``, the address of most requests.

    The framework takes as long for its part of such a request as everything else together. A
    request that does not announce the length of its body or repeats a header, and every other
    address, is handed on to the framework. Its route for this address does the same.

    Args:
        app: the application of the framework.
        service: the service.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._limits = service.settings.limits

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Handles a request.

        Raises:
            ProblemError: the request is not permitted, its body is late, incomplete or no JSON, or
                its ``Idempotency-Key`` header is invalid.
            DecodeError: the body is invalid.
            HubError: the runtime cannot handle the event.
        """
        headers = {str(name, "latin-1"): str(text, "latin-1") for name, text in scope["headers"]}
        match = _PATH.fullmatch(scope["path"])
        if match is None or not self._is_plain(scope, headers):
            await self._app(scope, receive, send)
            return
        meeting = decode_segment(match[1])
        scope["path_template"] = _TEMPLATE
        scope["path_params"] = {"meeting": meeting}
        request_info(scope).caller = admit(self._service, headers, "events")
        body = TimedBody(receive, self._limits.body_timeout)
        content = b""
        while body.needed:
            content += (await body.receive())["body"]
        data = decode_body(content, EventBody)
        entry = await send_event(self._service, meeting, data, headers.get("idempotency-key"))
        answer = encode_json(EntryResponse.of(entry))
        await send({
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(answer)).encode()),
            ],
        })  # fmt: skip
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    def _is_plain(self, scope: Any, headers: dict[str, str]) -> bool:
        length = headers.get("content-length", "")
        return (
            scope["method"] == "POST"
            and len(headers) == len(scope["headers"])
            and _LENGTH.fullmatch(length) is not None
            and 0 < int(length) <= self._limits.max_body_bytes
        )


async def send_event(
    service: Service, meeting: str, data: EventBody, key: str | None
) -> JournalEntry:
    """Dispatches the event of a request body to a meeting.

    Args:
        service: the service.
        meeting: the id of the meeting.
        data: the body of the request.
        key: the ``Idempotency-Key`` header; ``None`` if there is none.

    Raises:
        ProblemError: the event has two ids, its key is invalid, or the meeting exceeds its rate
            limit.
        DecodeError: a part of the event is invalid.
        HubError: the runtime cannot handle the event.
    """
    event_id = data.id
    if key is not None:
        key = _unquote(key)
        if event_id is None:
            event_id = _valid_key(key)
        elif key != event_id:
            raise ProblemError(
                400, "two-ids", "The event has two ids",
                f"the {IDEMPOTENCY_KEY} header and the id in the body differ (send one)",
            )  # fmt: skip
    return await dispatch_event(service, meeting, data.event, event_id)


def _unquote(key: str) -> str:
    # The draft of the Idempotency-Key header has the key in quotes; most clients omit them.
    if len(key) >= 2 and key[0] == key[-1] == '"':
        return key[1:-1]
    return key


def _valid_key(key: str) -> str:
    try:
        if not key.isascii():
            # A header is bytes: the same id in a body would be another one.
            raise ValueError("a key in a header must be ASCII (others can be sent in the body)")
        check_event_id(key)
    except ValueError as error:
        raise invalid_parameter([Fault(IDEMPOTENCY_KEY, str(error))]) from None
    return key


async def dispatch_event(
    service: Service,
    meeting: str,
    event: Event,
    id: str | None,  # noqa: A002
) -> JournalEntry:
    """Dispatches an event to a meeting, within the meeting's rate limit.

    Raises:
        ProblemError: the meeting exceeds its rate limit.
        DecodeError: a part of the event is invalid.
        HubError: the runtime cannot handle the event.
    """
    check_meeting(service, meeting)
    try:
        entry = await service.runtime.dispatch(meeting, event, id)
    except (ValueError, TypeError) as error:
        raise faulty_event(event, error) from None
    count_event(service, event, entry)
    await service.stream_backpressure.wait(meeting)
    return entry


def check_meeting(service: Service, meeting: str) -> None:
    """Counts an event against the rate limit of its meeting.

    Raises:
        ProblemError: the meeting exceeds its rate limit.
        UnknownMeetingError: no meeting can have this id.
    """
    if len(meeting) > MAX_ID_LENGTH:
        # Refused before the rate limiter remembers it; cut, because the error quotes it.
        raise UnknownMeetingError(meeting[:MAX_ID_LENGTH])
    check_rate(service.meeting_limiter, meeting, "this meeting")


def count_event(service: Service, event: Event, entry: JournalEntry) -> None:
    """Counts an answered event in the metrics."""
    service.metrics.events.labels(event.trigger, entry.outcome.refused or "").inc()


def faulty_event(event: Event, error: ValueError | TypeError) -> DecodeError:
    """Returns the error of an event that the runtime has refused as one that cannot be written.

    Args:
        event: the event.
        error: the error of the runtime.
    """
    return DecodeError([_fault_of_field(event) or Fault("", str(error))])


def event_of_parameter(text: str) -> Event:
    """Returns the event of the parameter ``event`` of an address.

    Raises:
        ProblemError: the parameter is not an event in JSON.
    """
    try:
        body: EventBody = decode_body(text.encode(), EventBody)
    except DecodeError as error:
        raise faulty_parameter(error) from None
    except ProblemError as error:
        raise invalid_parameter([Fault("event", error.detail)]) from None
    return body.event


def faulty_parameter(error: DecodeError) -> ProblemError:
    """Returns the problem of the parameter ``event``, for the error of an event in a body."""
    return invalid_parameter([Fault(f"event{each.pointer}", each.detail) for each in error.faults])


def _fault_of_field(event: Event) -> Fault | None:
    """Returns the fault of the field for which an event was refused, with its pointer."""
    for name in ("id", "by"):
        value = getattr(event, name, None)
        if value is not None:
            try:
                check_id(name, value)
            except ValueError as error:
                return Fault(f"/{event.trigger}/{name}", str(error))
    if len(getattr(event, "version", None) or "") > MAX_ID_LENGTH:
        detail = f"it must have at most {MAX_ID_LENGTH} characters"
        return Fault(f"/{event.trigger}/version", detail)
    return None
