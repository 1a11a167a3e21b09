"""The token file: reading, editing under a lock, reloading after a change.

The file holds webhook secrets, so it is created with mode 600. A file that other users may read, or
that its group may write, is refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic

import structlog
from filelock import FileLock, Timeout

from fsm.decode import DecodeError, decode
from fsm.web.json_text import load_json
from fsm.web.tokens import (
    SCOPES,
    Scope,
    Sender,
    Token,
    Tokens,
    check_names,
    hash_token,
    new_secret,
    new_token,
)

_LOG = structlog.get_logger(__name__)
_LOCK_TIMEOUT = 5.0
"""The seconds to wait for another program that changes the file."""


class TokenFileError(Exception):
    """A token file that cannot be used; the message names the file and the reason."""


def read_tokens(file: Path) -> Tokens:
    """Reads a token file.

    Raises:
        TokenFileError: the file is missing, unreadable, malformed or accessible to others.
    """
    try:
        _check_regular(file)
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXO | stat.S_IWGRP):
                raise TokenFileError(f"{file}: other users may access it (chmod 600 {file})")
            data = load_json(stream.read())
        return decode(data, Tokens)
    except FileNotFoundError:
        raise TokenFileError(
            f"{file}: there is no such file (fsm token new NAME --scope events --tokens {file})"
        ) from None
    except OSError as error:
        raise TokenFileError(f"{file}: cannot be read: {error.strerror}") from None
    except DecodeError as error:
        fault = error.faults[0]
        raise TokenFileError(f"{file}: at {fault.pointer or '/'}: {fault.detail}") from None
    except (ValueError, RecursionError):
        # The message of the JSON parser is left out: it may quote a part of a secret.
        raise TokenFileError(f"{file}: the file is not a token file (name another file)") from None


def _check_regular(file: Path) -> None:
    # To read a pipe would wait for its writer, and a device may have no end.
    if not stat.S_ISREG(file.stat().st_mode):
        raise TokenFileError(f"{file}: it is not a regular file (name another file)")


def create_token(file: Path, name: str, scopes: Iterable[Scope]) -> str:
    """Adds a new token to a token file, which is created if it does not exist.

    Args:
        file: the token file.
        name: the token's name in logs.
        scopes: the token's permissions.

    Returns:
        The token. It cannot be shown again: the file holds only its hash.

    Raises:
        TokenFileError: the file cannot be used, or has the name already.
        ValueError: an invalid name or scope.
    """
    permissions = frozenset(scopes)
    if not permissions or not permissions <= set(SCOPES):
        raise ValueError(f"a token needs a scope, one or more of: {', '.join(SCOPES)}")
    token = new_token()
    _add(file, name, Token(permissions, hash_token(token)))
    return token


def create_sender(file: Path, name: str) -> str:
    """Adds a new webhook sender to a token file, which is created if it does not exist.

    Args:
        file: the token file.
        name: the sender's name: the last part of the URL it posts to.

    Returns:
        The secret that the sender signs with.

    Raises:
        TokenFileError: the file cannot be used, or has the name already.
        ValueError: an invalid name.
    """
    secret = new_secret()
    _add(file, name, Sender(secret))
    return secret


def remove_name(file: Path, name: str) -> None:
    """Removes a token or a webhook sender from a token file.

    Raises:
        TokenFileError: the file cannot be used, or lacks the name.
    """

    def without(before: Tokens) -> Tokens:
        if name not in {*before.tokens, *before.senders}:
            raise TokenFileError(f"{file}: there is no {name!r}")
        return Tokens(
            {key: token for key, token in before.tokens.items() if key != name},
            {key: sender for key, sender in before.senders.items() if key != name},
        )

    # Read first, so that a missing file is an error and leaves no lock file behind.
    read_tokens(file)
    _edit(file, without)


def _add(file: Path, name: str, item: Token | Sender) -> None:
    check_names([name])

    def added(before: Tokens) -> Tokens:
        if name in {*before.tokens, *before.senders}:
            raise TokenFileError(f"{file}: there is a {name!r} already (take another name)")
        if isinstance(item, Token):
            return Tokens({**before.tokens, name: item}, before.senders)
        return Tokens(before.tokens, {**before.senders, name: item})

    _edit(file, added)


def _edit(file: Path, change: Callable[[Tokens], Tokens]) -> None:
    folder = file.absolute().parent
    if not folder.is_dir():
        raise TokenFileError(f"{file}: there is no directory {str(folder)!r}")
    lock = f"{file}.lock"
    try:
        with contextlib.suppress(FileNotFoundError):
            _check_regular(file)
        # Where it cannot create its file, FileLock would try again until the timeout.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        os.close(os.open(lock, flags, 0o600))
        with FileLock(lock, _LOCK_TIMEOUT):
            _write(file, change(read_tokens(file) if file.exists() else Tokens()))
    except Timeout:
        raise TokenFileError(
            f"{file}: another program has locked it (try again, or end that one)"
        ) from None
    except OSError as error:
        raise TokenFileError(
            f"{file}: cannot be written: {error.strerror} (name a file that can be)"
        ) from None


def _write(file: Path, tokens: Tokens) -> None:
    data = {
        "tokens": {
            name: {"scopes": sorted(token.scopes), "sha256": token.sha256}
            for name, token in tokens.tokens.items()
        },
        "senders": {name: {"secret": sender.secret} for name, sender in tokens.senders.items()},
    }
    # Written to a temporary file and renamed, so that no reader sees half a file.
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123
            stream.write(json.dumps(data, indent=2) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink()
        raise


class TokenFile:
    """The tokens of a file, reloaded when the file changes.

    Args:
        file: the token file.
        interval: the seconds between checks for a change.

    Raises:
        TokenFileError: the file cannot be used, or holds neither tokens nor senders.
    """

    def __init__(self, file: Path, interval: float = 1.0) -> None:
        self._file = file
        self._interval = interval
        self._version = self._file_version()
        self._next_check = monotonic() + interval
        self._tokens = read_tokens(file)
        if not (self._tokens.tokens or self._tokens.senders):
            raise TokenFileError(
                f"{file}: the file has no token in it (fsm token new NAME --scope events)"
            )

    def _file_version(self) -> tuple[int, int, int]:
        try:
            status = self._file.stat()
        except OSError:
            return 0, 0, 0
        return status.st_ino, status.st_mtime_ns, status.st_size

    @property
    def tokens(self) -> Tokens:
        """The current tokens; if the file has become unusable, those that it held before."""
        if monotonic() < self._next_check:
            return self._tokens
        self._next_check = monotonic() + self._interval
        version = self._file_version()
        if version != self._version:
            self._version = version
            try:
                self._tokens = read_tokens(self._file)
            except TokenFileError as error:
                _LOG.error("token file not reloaded; earlier tokens stay valid", why=str(error))
            else:
                _LOG.info("token file reloaded", tokens=len(self._tokens.tokens))
        return self._tokens
