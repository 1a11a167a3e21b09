"""Who may do what: the file of tokens, and of the secrets that webhooks are signed with.

A token is kept as its SHA-256 hash alone, so the file opens nothing to whoever reads it. A
plain hash is right here: a token has 256 random bits, which nobody can try out, unlike a
password that somebody thought of. The secrets of webhooks must be kept as they are, because
the signature of a webhook is made with the secret itself. So nobody but the owner
may read the file.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Literal, get_args

import attrs
import structlog
from filelock import FileLock

from fsm.decode import DecodeError, decode

Scope = Literal["events", "console", "read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LOG = structlog.get_logger(__name__)


class TokensFileError(Exception):
    """The file of tokens cannot be used; the message says which, and why."""


@attrs.frozen
class Token:
    """What is known of a token.

    Args:
        scopes: what it is good for: to send ``events``, to change the ``console``, to ``read``.
        sha256: its hash, in hexadecimal digits.
    """

    scopes: frozenset[Scope]
    sha256: str = attrs.field(repr=False)


@attrs.frozen
class Sender:
    """Who sends webhooks.

    Args:
        secret: what they are signed with, ``whsec_`` and base64.
    """

    secret: str = attrs.field(repr=False)


@attrs.frozen
class Tokens:
    """What the file holds, each by its name."""

    tokens: Mapping[str, Token] = attrs.field(factory=dict)
    senders: Mapping[str, Sender] = attrs.field(factory=dict)

    def name_of(self, presented: str) -> str | None:
        """Return the name of the token that somebody shows; ``None`` where there is none.

        How long it takes does not depend on how much of a token was right.
        """
        digest = _digest(presented)
        found = None
        for name, token in self.tokens.items():
            if hmac.compare_digest(digest.encode(), token.sha256.encode()):
                found = name
        return found


@attrs.frozen
class _File:
    tokens: dict[str, Token] = attrs.field(factory=dict)
    senders: dict[str, Sender] = attrs.field(factory=dict)


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def load(file: Path) -> Tokens:
    """Read a file of tokens.

    Raises:
        TokensFileError: it cannot be read, others may read it, or it holds something else.
    """
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXO | stat.S_IWGRP):
                raise TokensFileError(f"{file}: others may read or write it (chmod 600 {file})")
            data = json.loads(stream.read())
        found = decode(data, _File)
    except FileNotFoundError:
        raise TokensFileError(
            f"{file}: there is no such file (fsm token new NAME --scope events --tokens {file})"
        ) from None
    except OSError as error:
        raise TokensFileError(f"{file}: cannot be read: {error.strerror}") from None
    except DecodeError as error:
        fault = error.faults[0]
        raise TokensFileError(f"{file}: at {fault.pointer or '/'}: {fault.detail}") from None
    except (ValueError, RecursionError):
        # What json would say may hold a part of a secret.
        raise TokensFileError(f"{file}: it is no file of tokens (name another file)") from None
    for name, sender in found.senders.items():
        try:
            _key(sender.secret)
        except ValueError:
            raise TokensFileError(
                f"{file}: the secret of sender {name!r} is none (whsec_ and base64)"
            ) from None
    return Tokens(found.tokens, found.senders)


def _key(secret: str) -> bytes:
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    if len(key) < 16:
        raise ValueError("a secret must have 16 bytes or more")
    return key


def check_secret(secret: str) -> None:
    """Refuse a secret that webhooks cannot be signed with.

    Raises:
        ValueError: it is none.
    """
    try:
        _key(secret)
    except ValueError:
        raise ValueError("a secret is whsec_ and 16 bytes or more in base64") from None


def new_token(file: Path, name: str, scopes: Iterable[Scope]) -> str:
    """Add a token to a file, which is made where there is none.

    Args:
        file: the file of tokens.
        name: what the token is called in logs.
        scopes: what it is good for.

    Returns:
        The token. It is shown once: the file has only its hash.

    Raises:
        TokensFileError: the file cannot be used, or has the name already.
        ValueError: a name or a scope that cannot be one.
    """
    wanted = frozenset(scopes)
    if not wanted or not wanted <= set(SCOPES):
        raise ValueError(f"a token needs a scope, one or more of: {', '.join(SCOPES)}")
    token = f"fsm_{secrets.token_urlsafe(32)}"
    _add(file, name, Token(wanted, _digest(token)))
    return token


def new_sender(file: Path, name: str) -> str:
    """Add a sender of webhooks to a file, which is made where there is none.

    Args:
        file: the file of tokens.
        name: what the sender is called: the last part of the address it posts to.

    Returns:
        The secret that it signs with.

    Raises:
        TokensFileError: the file cannot be used, or has the name already.
        ValueError: a name that cannot be one.
    """
    secret = new_secret()
    _add(file, name, Sender(secret))
    return secret


def new_secret() -> str:
    """Return a new secret to sign with."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def remove(file: Path, name: str) -> None:
    """Take a token or a sender out of a file.

    Raises:
        TokensFileError: the file cannot be used, or has no such name.
    """

    def without(found: Tokens) -> Tokens:
        if name not in {*found.tokens, *found.senders}:
            raise TokensFileError(f"{file}: there is no {name!r}")
        return Tokens(
            {each: token for each, token in found.tokens.items() if each != name},
            {each: sender for each, sender in found.senders.items() if each != name},
        )

    # Where there is no file that is said, and no lock is left beside it.
    load(file)
    _edit(file, without)


def _add(file: Path, name: str, thing: Token | Sender) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError("a name has 1 to 64 of the letters a-z, A-Z, 0-9, - and _")

    def added(found: Tokens) -> Tokens:
        if name in {*found.tokens, *found.senders}:
            raise TokensFileError(f"{file}: there is a {name!r} already (take another name)")
        if isinstance(thing, Token):
            return Tokens({**found.tokens, name: thing}, found.senders)
        return Tokens(found.tokens, {**found.senders, name: thing})

    _edit(file, added)


def _edit(file: Path, change: Callable[[Tokens], Tokens]) -> None:
    folder = file.absolute().parent
    if not folder.is_dir():
        raise TokensFileError(f"{file}: there is no directory {str(folder)!r}")
    try:
        with FileLock(f"{file}.lock"):
            _write(file, change(load(file) if file.exists() else Tokens()))
    except OSError as error:
        raise TokensFileError(f"{file}: cannot be written: {error.strerror}") from None


def _write(file: Path, tokens: Tokens) -> None:
    data = {
        "tokens": {
            name: {"scopes": sorted(token.scopes), "sha256": token.sha256}
            for name, token in tokens.tokens.items()
        },
        "senders": {name: {"secret": sender.secret} for name, sender in tokens.senders.items()},
    }
    # Written beside it and put in its place, so that nobody ever reads half a file.
    descriptor, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123
            stream.write(json.dumps(data, indent=2) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).replace(file)
    except BaseException:
        Path(beside).unlink()
        raise


class TokensFile:
    """The tokens of a file, read again when it changes: a new token needs no restart.

    Args:
        file: the file.
        every: how often it is looked at, in seconds.

    Raises:
        TokensFileError: it cannot be used, or lets nobody in.
    """

    def __init__(self, file: Path, every: float = 1.0) -> None:
        self._file = file
        self._every = every
        self._mark = self._looked()
        self._next = monotonic() + every
        self._tokens = load(file)
        if not (self._tokens.tokens or self._tokens.senders):
            raise TokensFileError(
                f"{file}: there is no token in it (fsm token new NAME --scope events)"
            )

    def _looked(self) -> tuple[int, int, int]:
        try:
            found = self._file.stat()
        except OSError:
            return 0, 0, 0
        return found.st_ino, found.st_mtime_ns, found.st_size

    @property
    def now(self) -> Tokens:
        """What the file holds. One that cannot be read any more leaves things as they were."""
        if monotonic() < self._next:
            return self._tokens
        self._next = monotonic() + self._every
        mark = self._looked()
        if mark != self._mark:
            self._mark = mark
            try:
                self._tokens = load(self._file)
            except TokensFileError as error:
                _LOG.error("the tokens stay as they were", why=str(error))
            else:
                _LOG.info("tokens read again", tokens=len(self._tokens.tokens))
        return self._tokens
