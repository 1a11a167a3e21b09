"""Loading of scenario files. A faulty file is refused with the line of the fault."""

from __future__ import annotations

import sys
from pathlib import Path

from fsm.scenario.model import Scenario
from fsm.scenario.source import MAX_BYTES, ScenarioError, documents
from fsm.scenario.structure import build_scenario


class ScenarioFileError(Exception):
    """A faulty scenario file. The message names the file, and the line of a fault in it."""


def load_file(file: str) -> list[Scenario]:
    """Loads a scenario file.

    Args:
        file: its path; ``-`` for standard input.

    Returns:
        Its scenarios, one or more.

    Raises:
        ScenarioFileError: the file cannot be read, or its content is faulty.
    """
    content = read_file(file)
    try:
        return parse(content, file)
    except ScenarioError as error:
        raise ScenarioFileError(f"{file}:{error}") from None


def parse(content: bytes, file: str = "-") -> list[Scenario]:
    """Parses the content of a scenario file.

    Args:
        content: YAML or JSON.
        file: the name of the file.

    Raises:
        ScenarioError: the content is faulty.
    """
    parts = documents(content)
    if not parts:
        raise ScenarioError(1, "there is no scenario in this file", "begin with 'account:'")
    title = Path(file).name
    return [
        build_scenario(document, file, number, title) for number, document in enumerate(parts, 1)
    ]


def read_file(file: str) -> bytes:
    """Returns the content of a scenario file.

    Args:
        file: its path; ``-`` for standard input.

    Raises:
        ScenarioFileError: the file cannot be read.
    """
    # One byte more than the limit shows that the file is too large.
    try:
        if file == "-":
            if sys.stdin is None:
                raise ValueError("standard input is closed")
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(file).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise ScenarioFileError(
            f"{file}: it is a directory (name its files: {file.rstrip('/')}/*.yaml)"
        ) from None
    except FileNotFoundError:
        raise ScenarioFileError(
            f"{file}: there is no such file (name a scenario file, or - for standard input)"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioFileError(
            f"{file}: the file cannot be read: {reason} "
            "(name a scenario file, or - for standard input)"
        ) from None
