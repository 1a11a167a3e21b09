"""Graphviz's HTML-like labels: styled text, lines, cells, rows and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import attrs

BREAK = '<BR ALIGN="LEFT"/>'
_FIRST_WIDE = "\u2e80"
"""From this character on, characters are about twice as wide as Latin ones."""


@attrs.frozen
class Span:
    """Text of one style.

    Args:
        text: the text.
        colour: its colour.
        bold: whether it is bold.
        struck: whether it is struck out.
    """

    text: str
    colour: str
    bold: bool = False
    struck: bool = False


def styled_text(text: str, pixels: int, colour: str, *, bold: bool = False) -> str:
    """Returns a line of text in one style."""
    return text_line([Span(text, colour, bold)], pixels)


def text_line(spans: Iterable[Span], pixels: int) -> str:
    """Returns spans beside each other as one line of text."""
    *first, last = spans
    inside = "".join(_font(_markup(span), pixels, span.colour) for span in first)
    return inside + _font(_markup(last) + strut(pixels), pixels, last.colour)


def centred_cell(spans: Iterable[Span], pixels: int) -> str:
    """Returns a cell with one centred line, for a row without other cells."""
    # A strut would push the line off the centre, and a single cell needs none.
    return cell("".join(_font(_markup(span), pixels, span.colour) for span in spans), "CENTER")


def strut(pixels: int) -> str:
    """Returns a space that makes a line as high as every other line of this text size."""
    # Graphviz takes the height of a line from its largest letters, or from the font if all
    # letters have one size. A larger space therefore gives all lines one height, in any script.
    return f'<FONT POINT-SIZE="{pixels + 3}"> </FONT>'


def stacked_lines(lines: Sequence[str]) -> str:
    """Returns lines of text below each other."""
    return lines[0] if len(lines) == 1 else "".join(line + BREAK for line in lines)


def cell(inside: str, align: str = "LEFT", attributes: str = "") -> str:
    """Returns a cell of a table."""
    return f'<TD ALIGN="{align}" VALIGN="TOP"{attributes}>{inside}</TD>'


def row(cells: Iterable[str]) -> str:
    """Returns a row of a table."""
    return f"<TR>{''.join(cells)}</TR>"


def table(rows: Iterable[str], attributes: str) -> str:
    """Returns a table as a complete label."""
    return f"<<TABLE {attributes}>{''.join(rows)}</TABLE>>"


def wrap_texts(texts: Sequence[str], separator: str, width: int) -> list[str]:
    """Joins texts into lines of a width, counted in Latin characters.

    A text that is wider than a line stands in a line of its own.
    """
    lines = [""]
    for position, text in enumerate(texts):
        appended = text if position == len(texts) - 1 else text + separator
        if lines[-1] and _width(lines[-1] + appended.rstrip()) > width:
            lines.append("")
        lines[-1] += appended
    return [line.rstrip(" ·") for line in lines]


def wrap_spans(spans: Sequence[Span], separator: Span, width: int) -> list[list[Span]]:
    """Joins spans of several styles into lines, as :func:`wrap_texts` does with texts."""
    lines: list[list[Span]] = [[]]
    used = 0
    for position, span in enumerate(spans):
        if used and used + _width(span.text) > width:
            lines[-1][-1] = attrs.evolve(separator, text=separator.text.rstrip())
            lines.append([])
            used = 0
        lines[-1].append(span)
        used += _width(span.text + separator.text)
        if position < len(spans) - 1:
            lines[-1].append(separator)
    return lines


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """Joins neighbours of one style, so that Graphviz puts no gap between them."""
    merged: list[Span] = []
    for span in spans:
        last = merged[-1] if merged else None
        if last and attrs.evolve(last, text="") == attrs.evolve(span, text=""):
            merged[-1] = attrs.evolve(last, text=last.text + span.text)
        else:
            merged.append(span)
    return merged


def _font(inside: str, pixels: int, colour: str) -> str:
    return f'<FONT POINT-SIZE="{pixels}" COLOR="{colour}">{inside}</FONT>'


def _markup(span: Span) -> str:
    markup = escape("".join(char if char.isprintable() else " " for char in span.text))
    markup = f"<B>{markup}</B>" if span.bold else markup
    return f"<S>{markup}</S>" if span.struck else markup


def _width(text: str) -> int:
    return sum(2 if char >= _FIRST_WIDE else 1 for char in text)
