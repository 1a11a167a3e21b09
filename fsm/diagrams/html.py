"""Graphviz's HTML-like labels: text, rows, cells, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import attrs

BREAK = '<BR ALIGN="LEFT"/>'
_FIRST_WIDE = "\u2e80"
"""The first character that is about twice as wide as Latin ones."""


@attrs.frozen
class Piece:
    """Text of one style.

    Args:
        words: the text.
        colour: its colour.
        bold: whether it is bold.
        struck: whether it is struck out: removed.
    """

    words: str
    colour: str
    bold: bool = False
    struck: bool = False


def html_text(words: str, pixels: int, colour: str, *, bold: bool = False) -> str:
    """Returns text with the same line height in every script."""
    return text_line([Piece(words, colour, bold)], pixels)


def text_line(pieces: Iterable[Piece], pixels: int) -> str:
    """Returns pieces of text as one line."""
    *first, last = pieces
    inside = "".join(_font(_shown(piece), pixels, piece.colour) for piece in first)
    return inside + _font(_shown(last) + strut(pixels), pixels, last.colour)


def centred_cell(pieces: Iterable[Piece], pixels: int) -> str:
    """Returns a centred cell, alone in its row."""
    # A strut would push it off the centre.
    return html_cell("".join(_font(_shown(each), pixels, each.colour) for each in pieces), "CENTER")


def strut(pixels: int) -> str:
    """Returns a blank that gives all lines of a size the same height."""
    # Graphviz takes the height of a line from its largest characters, and from the font if all
    # have one size. A larger blank gives all lines the same height in every script.
    return f'<FONT POINT-SIZE="{pixels + 3}"> </FONT>'


def stacked_lines(lines: Sequence[str]) -> str:
    """Returns several lines of text."""
    return lines[0] if len(lines) == 1 else "".join(each + BREAK for each in lines)


def html_cell(inside: str, align: str = "LEFT", attributes: str = "") -> str:
    """Returns a cell of a table."""
    return f'<TD ALIGN="{align}" VALIGN="TOP"{attributes}>{inside}</TD>'


def html_row(cells: Iterable[str]) -> str:
    """Returns a row of a table."""
    return f"<TR>{''.join(cells)}</TR>"


def html_table(rows: Iterable[str], attributes: str) -> str:
    """Returns a table as a label."""
    return f"<<TABLE {attributes}>{''.join(rows)}</TABLE>>"


def wrap_words(pieces: Sequence[str], between: str, width: int) -> list[str]:
    """Wraps pieces into rows of a maximum width, in Latin characters."""
    rows = [""]
    for position, piece in enumerate(pieces):
        words = piece if position == len(pieces) - 1 else piece + between
        if rows[-1] and _width(rows[-1] + words.rstrip()) > width:
            rows.append("")
        rows[-1] += words
    return [each.rstrip(" ·") for each in rows]


def wrap_pieces(pieces: Sequence[Piece], between: Piece, width: int) -> list[list[Piece]]:
    """Wraps pieces of several styles into rows, like :func:`wrap_words`."""
    rows: list[list[Piece]] = [[]]
    wide = 0
    for position, piece in enumerate(pieces):
        if wide and wide + _width(piece.words) > width:
            rows[-1][-1] = attrs.evolve(between, words=between.words.rstrip())
            rows.append([])
            wide = 0
        rows[-1].append(piece)
        wide += _width(piece.words + between.words)
        if position < len(pieces) - 1:
            rows[-1].append(between)
    return rows


def _font(inside: str, pixels: int, colour: str) -> str:
    return f'<FONT POINT-SIZE="{pixels}" COLOR="{colour}">{inside}</FONT>'


def _shown(piece: Piece) -> str:
    shown = escape("".join(each if each.isprintable() else " " for each in piece.words))
    shown = f"<B>{shown}</B>" if piece.bold else shown
    return f"<S>{shown}</S>" if piece.struck else shown


def _width(words: str) -> int:
    return sum(2 if character >= _FIRST_WIDE else 1 for character in words)
