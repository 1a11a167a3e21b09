"""Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from standardwebhooks import Webhook, WebhookVerificationError

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class SignatureError(Exception):
    """The signature of a message is missing or invalid; the text of the error says why."""


def sign(secret: str, id: str, body: str) -> dict[str, str]:  # noqa: A002
    """Returns the headers that sign a message now.

    Args:
        secret: the secret, ``whsec_`` and base64.
        id: the message's id in printable ASCII, the same for every delivery.
        body: the message.
    """
    now = datetime.now(tz=UTC)
    return {
        ID: id,
        TIMESTAMP: str(int(now.timestamp())),
        SIGNATURE: Webhook(secret).sign(id, now, body),
    }


def verify_signature(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """Verifies a message, and returns its id.

    Args:
        secret: the secret that it must be signed with.
        headers: the headers of the message.
        body: the message.

    Raises:
        SignatureError: the signature is missing, from another secret, or older than five minutes.
    """
    values = {name: headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE)}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise SignatureError(f"the header {missing[0]} is missing")
    try:
        Webhook(secret).verify(body, values, json_parse=False)
    except WebhookVerificationError as error:
        raise SignatureError(str(error)) from None
    except ValueError:
        # A malformed signature or text raises one of these.
        raise SignatureError("No matching signature found") from None
    return values[ID]


def quote_part(text: str) -> str:
    """Quotes a text as one part of a URL or of a message's id: letters, digits, ``-_~%``.

    >>> quote_part("会议/1.2")
    '%E4%BC%9A%E8%AE%AE%2F1%2E2'
    """
    return quote(text, safe="").replace(".", "%2E")
