"""Route of signed webhooks."""

from __future__ import annotations

from typing import Any, cast

from litestar import Request, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from fsm.web.auth import Connection
from fsm.web.events import dispatch_event
from fsm.web.openapi import SIGNATURE
from fsm.web.problems import BODY_STATUSES, ProblemError, error_responses
from fsm.web.rate_limit import check_rate
from fsm.web.request_info import request_info
from fsm.web.schemas import WEBHOOK_ID_PREFIX, EntryResponse, WebhookBody
from fsm.web.service import Service, ServiceDependency
from fsm.web.signing import ID_HEADER, SignatureError, verify_signature
from fsm.web.tokens import new_secret

# A dummy secret, so that an unknown sender gets the same response as a wrong signature.
_DUMMY_SECRET = new_secret()


async def require_signature(connection: Connection, _: BaseRouteHandler) -> None:
    """Admits a webhook that its sender has signed, before the body is decoded.

    Raises:
        ProblemError: the signature is wrong, or the sender exceeds its rate limit.
    """
    request = cast("Request[Any, Any, Any]", connection)
    service: Service = request.app.state.service
    name = request.path_params["sender"]
    senders = service.tokens.senders if service.tokens is not None else {}
    secret = senders[name].secret if name in senders else _DUMMY_SECRET
    try:
        verify_signature(secret, request.headers, await request.body())
    except SignatureError as error:
        raise ProblemError(
            401, "signature", "The webhook is not signed by this sender",
            f"{error} (sign it as in Standard Webhooks, not more than 5 minutes ago)",
            headers={"WWW-Authenticate": "Signature"},
        ) from None  # fmt: skip
    request_info(request.scope).caller = name
    check_rate(service.caller_limiter, f"sender {name}", "this sender")


@post(
    "/v1/webhooks/{sender:str}",
    operation_id="sendWebhook",
    status_code=200,
    security=[{SIGNATURE: []}],
    tags=["webhooks"],
    guards=[require_signature],
    responses=error_responses(404, 409, 429, *BODY_STATUSES),
)
async def webhook(
    request: Request[Any, Any, Any],
    sender: FromPath[str],
    data: JSONBody[WebhookBody],
    service: ServiceDependency,
) -> EntryResponse:
    """Sends an event to a meeting as a signed webhook (Standard Webhooks).

    The id of the event is ``webhook/``, the sender and the id of the webhook, so a webhook that
    is repeated or replayed gets the same response and changes nothing.
    """
    event_id = f"{WEBHOOK_ID_PREFIX}{sender}/{request.headers[ID_HEADER]}"
    return EntryResponse.of(await dispatch_event(service, data.meeting, data.event, event_id))
