"""A picture as a Graphviz graph.

The words of an edge stand in a card of their own, a node in the middle of the edge: then
the layout keeps cards, states and lines apart, and no line runs through a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import graphviz

from fsm.pictures.chinese import sayer
from fsm.pictures.fontconfig import FAMILY
from fsm.pictures.layout import LAYOUTS, Layout
from fsm.pictures.model import CommandTone, Edge, Line, Node, Picture, StateTone, stays_of
from fsm.pictures.path import numbers

DPI = 72
"""One point is one pixel, so that a size means the same in an SVG and in a PNG."""

_INK = "#0f172a"
_SOFT = "#475569"
_RULES = "#5b7083"
_LINE = "#475569"
_PALE = "#b6c2d1"
_PATH = "#1d4ed8"
_PATH_FILL = "#eff6ff"
_REFUSED = "#b91c1c"
_CARD = "#d5dde8"
_COMMANDS: dict[CommandTone, str] = {"stop-go": "#b91c1c", "hold": "#92610a"}
_STATES: dict[StateTone, tuple[str, str]] = {
    "waiting": ("#f8fafc", "#334155"),
    "on": ("#fee2e2", "#b91c1c"),
    "held": ("#fef3c7", "#a16207"),
    "ready": ("#dcfce7", "#15803d"),
    "off": ("#e2e8f0", "#475569"),
}
_NOTES_WRAP = 150
_STAYS_WRAP = 46
_BADGE_WRAP = 8
_FIRST_WIDE = "\u2e80"
"""From here on, characters are about twice as wide as Latin ones."""
_BELOW = 4
"""The room below a card that ends with text of several rows, which fill their cell."""
_BREAK = '<BR ALIGN="LEFT"/>'


def source(picture: Picture) -> str:
    """Return the picture in the DOT language."""
    layout = LAYOUTS.get(picture.machine, Layout())
    graph = graphviz.Digraph(
        picture.name,
        graph_attr={
            "bgcolor": "white",
            "dpi": str(DPI),
            "fontname": FAMILY,
            "label": _notes(picture.notes),
            "labeljust": "l",
            "labelloc": "b",
            "nodesep": "0.35",
            "outputorder": "edgesfirst",
            "pad": "0.25",
            "ranksep": "0.4",
        },
        node_attr={"fontname": FAMILY, "shape": "plain"},
        edge_attr={"arrowsize": "0.9", "color": _LINE, "penwidth": "1.5"},
    )
    with graph.subgraph(name="cluster_picture") as inner:
        inner.attr(label=_title(picture), labeljust="l", labelloc="t", margin="16", peripheries="0")
        for node in picture.nodes:
            _add_node(inner, picture, node)
        for edge in layout.sorted(picture.edges):
            _add_edge(inner, picture, edge, layout)
    return str(graph.source)


def _add_node(graph: graphviz.Digraph, picture: Picture, node: Node) -> None:
    fill, border = _STATES[node.tone]
    graph.node(
        _state(node.name),
        _node_label(picture, node),
        color=border,
        fillcolor=fill,
        margin="0.22,0.12",
        penwidth="2",
        shape="box",
        style="rounded,filled",
        tooltip=node.label,
    )
    if node.initial:
        graph.node("initial", "", fillcolor=_INK, shape="circle", style="filled", width="0.2")
        graph.edge("initial", _state(node.name), weight="10")


def _add_edge(graph: graphviz.Digraph, picture: Picture, edge: Edge, layout: Layout) -> None:
    taken = any(line.steps for line in edge.lines)
    colour = _PATH if taken else _PALE if picture.has_path else _LINE
    looks = {"color": colour, "penwidth": "3" if taken else "1.5"}
    if edge.dashed:
        looks["style"] = "dashed"
    card = f"card_{edge.source}_{edge.target}"
    border = colour if picture.has_path else _CARD
    tooltip = " → ".join(picture.node(name).label for name in (edge.source, edge.target))
    graph.node(card, _card(edge.lines, picture, border, layout.wrap), tooltip=tooltip)

    # Both halves are told from above to below, so that the card stands between the states
    # wherever the edge leads.
    names = [node.name for node in picture.nodes]
    down = names.index(edge.source) < names.index(edge.target)
    upper, lower = (edge.source, edge.target) if down else (edge.target, edge.source)
    way = (edge.source, edge.target)
    hints = {"minlen": str(layout.lengths.get(way, 1))}
    if way in layout.sides:
        hints["tailport"] = layout.sides[way]
    above = {"arrowhead": "none"} if down else {"dir": "back"}
    below = {} if down else {"arrowhead": "none"}
    graph.edge(_state(upper), card, **looks, **hints, **above)
    graph.edge(card, _state(lower), **looks, **below)


def _state(name: str) -> str:
    return f"state_{name}"


# -- labels ---------------------------------------------------------------------------------


def _title(picture: Picture) -> str:
    title = _text(picture.title, 20, _INK, bold=True)
    return f"<{title}{_text('   ' + picture.subtitle, 16, _SOFT)}>"


def _notes(notes: Iterable[Sequence[str]]) -> str:
    rows = [row for note in notes for row in _packed(note, " · ", _NOTES_WRAP)]
    return f"<{_stacked(rows, 11, _SOFT)}>"


def _node_label(picture: Picture, node: Node) -> str:
    say = sayer(picture.lang)
    rows = [_row([_centred(node.label, 17, _INK, bold=True)])]
    for words, triggers in stays_of(node):
        pieces = (say(words) + say(": ") + triggers[0], *triggers[1:])
        rows += [
            _row([_centred(row, 11, _SOFT)]) for row in _packed(pieces, say(", "), _STAYS_WRAP)
        ]
    for stay in node.stays:
        if stay.steps:
            words = f"✓ {numbers(stay.steps)} {stay.trigger}"
            rows.append(_row([_centred(words, 12, _PATH)]))
    for refused in node.refused:
        words = f"✗ {numbers(refused.steps)} {refused.words(say(': '))}"
        rows.append(_row([_centred(words, 12, _REFUSED)]))
    return _table(rows, 'BORDER="0" CELLBORDER="0" CELLPADDING="1" CELLSPACING="0"')


def _card(lines: Sequence[Line], picture: Picture, border: str, wrap: int) -> str:
    with_steps = any(line.steps for line in lines)
    with_command = any(line.command for line in lines)
    rows = []
    for line in lines:
        cells = []
        if with_steps:
            cells.append(_cell(_badge(line.steps), "RIGHT"))
        # What the strut of the last column leaves free at the right is left free here too.
        first = "" if with_steps else _strut(13)
        cells.append(_cell(first + _text(line.trigger, 13, _INK, bold=True)))
        cells.append(_cell(_conditions(line, picture, wrap)))
        if with_command:
            cells.append(_cell(_command(line)))
        cells.append(_cell(_text(" ".join(line.rules), 13, _RULES)))
        rows.append(_row(cells))
    if "<BR" in rows[-1]:
        rows.append(_row([f'<TD HEIGHT="{_BELOW}" CELLPADDING="0"></TD>']))
    fill = _PATH_FILL if with_steps else "white"
    return _table(
        rows,
        f'BORDER="1" COLOR="{border}" BGCOLOR="{fill}" STYLE="ROUNDED" '
        'CELLBORDER="0" CELLPADDING="2" CELLSPACING="1"',
    )


def _badge(steps: Sequence[int]) -> str:
    if not steps:
        return ""
    rows = _packed(numbers(steps).split(), " ", _BADGE_WRAP)
    words = [_strut(13) + _text(row, 13, _PATH, bold=True) for row in rows]
    return words[0] if len(words) == 1 else "".join(row + _BREAK for row in words)


def _conditions(line: Line, picture: Picture, width: int) -> str:
    if not line.conditions:
        return ""
    rows = _packed(line.conditions, sayer(picture.lang)(", "), width)
    rows[0] = f"[{rows[0]}"
    rows[-1] = f"{rows[-1]}]"
    return _stacked(rows, 13, _INK)


def _command(line: Line) -> str:
    if line.command is None:
        return ""
    return _text(f"/ {line.command.words}", 13, _COMMANDS[line.command.tone])


def _text(words: str, pixels: int, colour: str, *, bold: bool = False) -> str:
    return _font(_shown(words, bold) + _strut(pixels), pixels, colour)


def _centred(words: str, pixels: int, colour: str, *, bold: bool = False) -> str:
    # Alone in its row it needs no strut, which would push it off the centre.
    return _cell(_font(_shown(words, bold), pixels, colour), "CENTER")


def _font(inside: str, pixels: int, colour: str) -> str:
    return f'<FONT POINT-SIZE="{pixels}" COLOR="{colour}">{inside}</FONT>'


def _shown(words: str, bold: bool) -> str:
    shown = escape("".join(each if each.isprintable() else " " for each in words))
    return f"<B>{shown}</B>" if bold else shown


def _strut(pixels: int) -> str:
    # Graphviz takes the height of a line from its largest letters, and from the font if
    # all have one size: a larger space gives the same height to all lines, in any script.
    return f'<FONT POINT-SIZE="{pixels + 3}"> </FONT>'


def _stacked(rows: Sequence[str], pixels: int, colour: str, *, bold: bool = False) -> str:
    if len(rows) == 1:
        return _text(rows[0], pixels, colour, bold=bold)
    return "".join(_text(row, pixels, colour, bold=bold) + _BREAK for row in rows)


def _cell(inside: str, align: str = "LEFT") -> str:
    return f'<TD ALIGN="{align}" VALIGN="TOP">{inside}</TD>'


def _row(cells: Iterable[str]) -> str:
    return f"<TR>{''.join(cells)}</TR>"


def _table(rows: Iterable[str], attributes: str) -> str:
    return f"<<TABLE {attributes}>{''.join(rows)}</TABLE>>"


def _packed(pieces: Sequence[str], between: str, width: int) -> list[str]:
    """Put pieces into rows that are no wider than so many Latin characters, if they can be."""
    rows = [""]
    for position, piece in enumerate(pieces):
        words = piece if position == len(pieces) - 1 else piece + between
        if rows[-1] and _width(rows[-1] + words.rstrip()) > width:
            rows.append("")
        rows[-1] += words
    return [row.rstrip(" ·") for row in rows]


def _width(words: str) -> int:
    return sum(2 if character >= _FIRST_WIDE else 1 for character in words)
