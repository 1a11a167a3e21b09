"""Access tokens and webhook secrets.

A token is stored as its SHA-256 hash only, so a stolen file grants no access. A plain hash is
enough: a token has 256 random bits and, unlike a password, cannot be guessed. A webhook secret is
stored as it is, because signatures are computed from the secret itself.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterable
from hashlib import sha256
from typing import Literal, get_args

import attrs

from fsm.decode import VALIDATOR

Scope = Literal["events", "console", "read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def check_names(names: Iterable[str]) -> None:
    """Validates names of tokens or webhook senders.

    Raises:
        ValueError: a name is empty or too long, or has a character that names cannot have.
    """
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(
                "a name has 1 to 64 of the letters a-z, A-Z, 0-9, - and _, and begins with a "
                f"letter or a digit: {name[:40]!r}"
            )


def new_secret() -> str:
    """Returns a new secret for signing."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def check_secret(secret: str) -> None:
    """Validates a secret for signing. The prefix ``whsec_`` may be missing.

    Raises:
        ValueError: the secret is malformed or too short.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if len(key) < 16:
        raise ValueError("a secret is whsec_ and 16 bytes or more in base64")


def new_token() -> str:
    """Returns a new token."""
    return f"fsm_{secrets.token_urlsafe(32)}"


def hash_token(token: str) -> str:
    """Returns the hash of a token, in hexadecimal digits."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


@attrs.frozen
class Token:
    """A token as it is stored.

    Args:
        scopes: the permissions: to send ``events``, to change the ``console``, to ``read``.
        sha256: the hash of the token, in hexadecimal digits.
    """

    scopes: frozenset[Scope]
    sha256: str = attrs.field(repr=False)


@attrs.frozen
class Sender:
    """A sender of webhooks.

    Args:
        secret: the secret of its signatures, in base64 with or without the prefix ``whsec_``.
    """

    secret: str = attrs.field(repr=False, metadata={VALIDATOR: check_secret})


@attrs.frozen
class Tokens:
    """All tokens and webhook senders, by name.

    Args:
        tokens: the tokens.
        senders: the webhook senders.
    """

    tokens: dict[str, Token] = attrs.field(factory=dict, metadata={VALIDATOR: check_names})
    senders: dict[str, Sender] = attrs.field(factory=dict, metadata={VALIDATOR: check_names})

    def name_of(self, token: str) -> str | None:
        """Returns the name of a token; ``None`` if it is unknown."""
        # The time of the comparison can reveal no more than a hash, which grants no access.
        digest = hash_token(token)
        for name, known in self.tokens.items():
            if known.sha256 == digest:
                return name
        return None
