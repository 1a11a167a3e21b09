"""Scenario files: read whole, or refused with the line that is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

from fsm.scenario.model import Scenario
from fsm.scenario.source import MAX_BYTES, ScenarioError, documents
from fsm.scenario.structure import scenario


class ScenarioFileError(Exception):
    """A scenario file cannot be used; the message names file and line."""

    def __init__(self, file: str, error: ScenarioError) -> None:
        super().__init__(f"{file}:{error}")


def load(file: str) -> list[Scenario]:
    """Read a scenario file.

    Args:
        file: its path; ``-`` is standard input.

    Returns:
        Its scenarios, one or more.

    Raises:
        ScenarioFileError: it cannot be read, or something in it is wrong.
    """
    try:
        return parse(_content(file), file)
    except ScenarioError as error:
        raise ScenarioFileError(file, error) from None


def parse(content: bytes, file: str = "-") -> list[Scenario]:
    """Make scenarios of the content of a file.

    Args:
        content: YAML or JSON.
        file: what the file is called.

    Raises:
        ScenarioError: something in it is wrong.
    """
    found = documents(content)
    if not found:
        raise ScenarioError(1, "there is no scenario in this file", "begin with 'account:'")
    title = Path(file).name
    return [scenario(document, file, number, title) for number, document in enumerate(found, 1)]


def _content(file: str) -> bytes:
    # One byte more than is allowed is enough to know that it is too large.
    try:
        if file == "-":
            if sys.stdin is None:
                raise ValueError("standard input is closed")
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(file).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or str(error)
        raise ScenarioError(
            1, f"the file cannot be read: {what}", "name a scenario file, or - for standard input"
        ) from None
