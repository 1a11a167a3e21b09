"""Events from senders that can only post webhooks."""

from __future__ import annotations

from typing import Any, cast

from litestar import Request, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from fsm.web.guards import Connection, take
from fsm.web.meetings import Shared, dispatched
from fsm.web.problems import OF_BODY, ProblemError, responses
from fsm.web.service import Service
from fsm.web.shapes import OF_WEBHOOKS, EntryResponse, HookedEvent
from fsm.web.signing import ID, SignatureError, verified
from fsm.web.tokens import new_secret

# What is verified where no sender has the name: the answer is the same as for one that has.
_NOBODY = new_secret()


async def signature_guard(connection: Connection, _: BaseRouteHandler) -> None:
    """Let in what a sender has signed, before anything in it is looked at.

    Raises:
        ProblemError: it is not signed, or its sender sends too often.
    """
    request = cast("Request[Any, Any, Any]", connection)
    service: Service = request.app.state.service
    name = request.path_params["sender"]
    senders = service.tokens.senders if service.tokens is not None else {}
    secret = senders[name].secret if name in senders else _NOBODY
    try:
        verified(secret, request.headers, await request.body())
    except SignatureError as error:
        raise ProblemError(
            401, "signature", "The webhook is not signed by this sender",
            f"{error} (sign it as Standard Webhooks has it, not more than 5 minutes ago)",
            headers={"WWW-Authenticate": "Signature"},
        ) from None  # fmt: skip
    request.scope["fsm.caller"] = name  # type: ignore[typeddict-unknown-key]
    take(service.of_tokens, f"sender {name}", "this sender")


@post(
    "/v1/webhooks/{sender:str}",
    status_code=200,
    tags=["webhooks"],
    guards=[signature_guard],
    responses=responses(404, 409, 429, *OF_BODY),
)
async def webhook(
    request: Request[Any, Any, Any],
    sender: FromPath[str],
    data: JSONBody[HookedEvent],
    service: Shared,
) -> EntryResponse:
    """Let something happen to a meeting, as a signed webhook says (Standard Webhooks).

    The webhook's id becomes the event's, with the sender before it: one that comes again, from
    its sender or from somebody who recorded it, gets the same answer and changes nothing.
    """
    event_id = f"{OF_WEBHOOKS}{sender}/{request.headers[ID]}"
    return EntryResponse.of(await dispatched(service, data.meeting, data.event, event_id))
