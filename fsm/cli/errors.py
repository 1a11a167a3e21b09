"""Errors and one-line messages of the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path


class BadInput(click.ClickException):
    """Bad input. The message is printed as it is."""

    exit_code = 2


def printable(text: str) -> str:
    r"""Escapes every character that a terminal might interpret.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def count_of(number: int, noun: str) -> str:
    """Returns a number with its noun.

    >>> count_of(1, "meeting"), count_of(2, "meeting")
    ('1 meeting', '2 meetings')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def not_writable(target: Path, error: OSError, noun: str = "file") -> BadInput:
    """Returns the error for a file or folder that cannot be written."""
    return BadInput(f"{target}: cannot be written: {error.strerror} (name a {noun} that can be)")


def make_parent(target: Path) -> None:
    """Creates the folder of a file.

    Raises:
        BadInput: it cannot be created.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_writable(target, error) from None


def write_file(target: Path, content: bytes) -> None:
    """Writes a file, and creates its folder.

    Raises:
        BadInput: it cannot be written.
    """
    make_parent(target)
    try:
        target.write_bytes(content)
    except OSError as error:
        raise not_writable(target, error) from None


def replace_file(target: Path, content: bytes) -> None:
    """Replaces an existing file at once, so that no reader finds half of it. Its mode is kept.

    Raises:
        BadInput: it cannot be replaced.
    """
    import os
    import shutil
    from pathlib import Path
    from tempfile import NamedTemporaryFile

    file = target.resolve()  # a link stays a link
    try:
        with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as new:
            try:
                new.write(content)
                new.flush()
                os.fsync(new.fileno())
                shutil.copymode(file, new.name)
                Path(new.name).replace(file)
            except BaseException:
                Path(new.name).unlink()
                raise
    except OSError as error:
        raise not_writable(target, error) from None


def remove_file(target: Path) -> None:
    """Removes a file, if it exists.

    Raises:
        BadInput: it cannot be removed.
    """
    try:
        target.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"{target}: cannot be removed: {error.strerror} (remove it)") from None
