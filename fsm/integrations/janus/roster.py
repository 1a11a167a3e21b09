"""The roster: who a participant of a room is, by the meeting server's own sign-in.

Janus knows a handle and a display name. Role, platform and version come from a token that the
meeting server signs when somebody signs in, and that the client gives to Janus as the ``opaque_id``
of its handle. Janus shows that id to event handlers and to the Admin API, and to no other client.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import attrs
import jwt
from attrs.validators import and_, max_len, min_len, optional

from fsm.decode import DecodeError, decode
from fsm.integrations.janus.errors import JoinTokenError
from fsm.recording.validators import instance_of, one_of
from fsm.recording.vocabulary import Platform, Role

TOKEN_KEY_BYTES: Final = 32
"""The least number of bytes of a key that signs tokens."""
LONGEST_TOKEN: Final = 4096
"""The maximum number of characters of a token."""
_ALGORITHM: Final = "HS256"
_AUDIENCE: Final = "meeting-fsm"
_CLAIMS: Final = ("meeting", "participant", "role", "platform", "version")


@attrs.frozen
class RosterEntry:
    """A participant as the meeting server's sign-in knows them.

    Args:
        participant: the participant's id, of at most 150 characters. Each of their connections
            gets an id of its own from it (D9).
        role: their role.
        platform: the platform of their client.
        version: the version of their client; ``None`` if unknown.
    """

    participant: str = attrs.field(validator=and_(instance_of(str), min_len(1), max_len(150)))
    role: Role = attrs.field(validator=one_of(Role))
    platform: Platform = attrs.field(validator=one_of(Platform))
    version: str | None = attrs.field(default=None, validator=optional(instance_of(str)))


class Roster(Protocol):
    """The source of roles, platforms and versions."""

    def entry(self, meeting: str, credential: str | None, *, expired: bool = False) -> RosterEntry:
        """Returns the entry that a client's credential stands for.

        Args:
            meeting: the id of the meeting that the client has joined.
            credential: the opaque id of the client's handle; ``None`` without one.
            expired: whether a credential counts that was valid and has expired since.

        Raises:
            JoinTokenError: the credential admits nobody to this meeting.
        """
        ...


class JoinTokens:
    """A roster of signed join tokens: JSON Web Tokens, signed with HMAC-SHA256.

    A token has the claims ``aud`` (``meeting-fsm``), ``exp``, ``meeting``, ``participant``,
    ``role``, ``platform`` and ``version``, so a sign-in in any language can issue it.

    Args:
        key: the key, which the meeting server's sign-in and this roster share.
        clock: returns the time in seconds since 1970, UTC.

    Raises:
        ValueError: the key is too short.

    >>> tokens = JoinTokens(b"k" * 32)
    >>> token = tokens.issue("m-1", RosterEntry("alice", "host", "windows"), lifetime=60)
    >>> tokens.entry("m-1", token)
    RosterEntry(participant='alice', role='host', platform='windows', version=None)
    """

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        if len(key) < TOKEN_KEY_BYTES:
            raise ValueError(f"the key of join tokens must have at least {TOKEN_KEY_BYTES} bytes")
        self._key = key
        self._clock = clock

    def issue(self, meeting: str, person: RosterEntry, lifetime: float = 300.0) -> str:
        """Returns a token, as the meeting server's sign-in issues it.

        Args:
            meeting: the id of the only meeting that it admits to.
            person: the entry of the one who joins.
            lifetime: the seconds within which the client must have joined.
        """
        claims: dict[str, Any] = {
            "aud": _AUDIENCE,
            "exp": self._clock() + lifetime,
            "meeting": meeting,
            **attrs.asdict(person),
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def entry(self, meeting: str, credential: str | None, *, expired: bool = False) -> RosterEntry:
        """Returns the entry that a token carries.

        Raises:
            JoinTokenError: there is none, it is forged or expired, or for another meeting.
        """
        if credential is None:
            raise JoinTokenError("there is no join token")
        if len(credential) > LONGEST_TOKEN:
            raise JoinTokenError("the join token is too long")
        try:
            # The library compares `exp` with a clock of its own.
            claims = jwt.decode(
                credential,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["exp", "aud"], "verify_exp": False},
            )
        except (jwt.InvalidTokenError, ValueError) as error:
            raise JoinTokenError(f"the join token is not valid: {error}") from None
        if not isinstance(claims["exp"], int | float):
            raise JoinTokenError("the join token does not say when it expires")
        if not (expired or claims["exp"] > self._clock()):
            raise JoinTokenError("the join token has expired")
        if claims.get("meeting") != meeting:
            raise JoinTokenError("the join token is for another meeting")
        try:
            person: RosterEntry = decode(
                {name: claims[name] for name in _CLAIMS[1:] if name in claims}, RosterEntry
            )
        except DecodeError as error:
            raise JoinTokenError(f"the join token is not complete: {error}") from None
        return person
