"""Styled text and tables in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console as Terminal
from rich.table import Table as TextTable
from rich.text import Text

_PIPE_WIDTH = 10_000
"""The width without a terminal: nothing is wrapped for a program that reads the output."""


def terminal() -> Terminal:
    """Returns the terminal behind standard output."""
    return Terminal(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def print_wrapped(text: Text, indent: int) -> None:
    """Prints a text, and indents all but its first line where it is wrapped.

    Args:
        text: the text.
        indent: the number of columns.
    """
    out = terminal()
    first, *others = text.wrap(out, max(out.width - indent, 1), overflow="fold") or [text]
    out.print(first)
    for line in others:
        line.pad_left(indent)
        out.print(line)


def text_table(headings: Iterable[str] = (), *, padding: int = 2, right: str = "") -> TextTable:
    """Returns an empty table in the style of the command.

    Args:
        headings: the headings of its columns.
        padding: blanks between columns.
        right: the heading of a column that is aligned to the right.
    """
    table = TextTable(box=None, pad_edge=False, header_style="dim", padding=(0, padding, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="right" if heading and heading == right else "left")
    return table


def rich_text(parts: Sequence[tuple[str, str]]) -> Text:
    """Returns a styled text of parts, each a text and its style."""
    # The style of a single part also covers the rest of its cell.
    return Text(*parts[0]) if len(parts) == 1 else Text.assemble(*parts)
