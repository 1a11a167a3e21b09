"""Signed messages, as Standard Webhooks has them: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from standardwebhooks import Webhook, WebhookVerificationError

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class SignatureError(Exception):
    """A message is not signed as it must be; the message says why."""


def signed(secret: str, id: str, body: str) -> dict[str, str]:  # noqa: A002
    """Return the headers that sign a message now.

    Args:
        secret: the secret, ``whsec_`` and base64.
        id: the message's id, in printable ASCII: the same message always has the same.
        body: the message.
    """
    now = datetime.now(tz=UTC)
    return {
        ID: id,
        TIMESTAMP: str(int(now.timestamp())),
        SIGNATURE: Webhook(secret).sign(id, now, body),
    }


def verified(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return the id of a message whose signature is right and not older than five minutes.

    Args:
        secret: the secret that it must be signed with.
        headers: the headers that came with it.
        body: the message.

    Raises:
        SignatureError: it is not signed, not with this secret, or too long ago.
    """
    wanted = {name: headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE)}
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        raise SignatureError(f"the header {missing[0]} is missing")
    try:
        Webhook(secret).verify(body, wanted, json_parse=False)
    except WebhookVerificationError as error:
        raise SignatureError(str(error)) from None
    except ValueError:
        # What is not even a signature, or no text, ends in one of these.
        raise SignatureError("No matching signature found") from None
    return wanted[ID]


def quoted(text: str) -> str:
    """Return any text as one part of a URL or of a message's id: letters, digits, ``-_~%``.

    >>> quoted("会议/1.2")
    '%E4%BC%9A%E8%AE%AE%2F1%2E2'
    """
    return quote(text, safe="").replace(".", "%2E")
