"""Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from standardwebhooks import Webhook, WebhookVerificationError

ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER = (
    "webhook-id", "webhook-timestamp", "webhook-signature",
)  # fmt: skip


class SignatureError(Exception):
    """The signature of a message is missing or invalid; the text of the error says why."""


def sign(secret: str, id: str, body: str) -> dict[str, str]:  # noqa: A002
    """Returns the headers that sign a message now.

    Args:
        secret: the secret, in base64 with or without the prefix ``whsec_``.
        id: the message's id in printable ASCII, the same for every delivery.
        body: the message.
    """
    now = datetime.now(tz=UTC)
    return {
        ID_HEADER: id,
        TIMESTAMP_HEADER: str(int(now.timestamp())),
        SIGNATURE_HEADER: Webhook(secret).sign(id, now, body),
    }


def verify_signature(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """Verifies a message, and returns its id.

    Args:
        secret: the secret that it must be signed with.
        headers: the headers of the message.
        body: the message.

    Raises:
        SignatureError: the signature is missing or from another secret, or its time is outside the
            tolerance of five minutes.
    """
    values = {
        name: headers.get(name, "") for name in (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)
    }
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise SignatureError(f"the header {missing[0]} is missing")
    try:
        Webhook(secret).verify(body, values, json_parse=False)
    except WebhookVerificationError as error:
        raise SignatureError(str(error)) from None
    except ValueError:
        # The library lets through the errors of decoding a malformed signature, time or body.
        raise SignatureError("No matching signature found") from None
    return values[ID_HEADER]
