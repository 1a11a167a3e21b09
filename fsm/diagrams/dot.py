"""Renders a diagram with Graphviz, as a graph in the DOT language, as SVG and as PNG.

The label of an edge stands in a node of its own, a card in the middle of the edge. The
layout then keeps cards, states and edges apart, and no edge runs through text.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock
from typing import Any, assert_never

import graphviz
import pygraphviz

from fsm.diagrams.fontconfig import FAMILY, bundled_characters, bundled_fonts
from fsm.diagrams.html import stacked_lines, styled_text, wrap_texts
from fsm.diagrams.labels import Labels
from fsm.diagrams.model import (
    ChangeKind,
    Diagram,
    DiagramTransition,
    Endpoints,
    Frame,
    Node,
    identifier,
)
from fsm.diagrams.texts import note_texts, remark_texts, subtitle_text, trace_text
from fsm.diagrams.theme import (
    CARD_BORDER,
    CHANGE_COLOURS,
    EDGE,
    FRAME,
    INK,
    LAYOUTS,
    MUTED,
    PALE_EDGE,
    STATE_COLOURS,
    TRACE,
    Layout,
)
from fsm.translation import Translator

DPI = 72
"""At this resolution a point is a pixel, so a size means the same in SVG and PNG."""

_NOTES_WRAP = 150
_REMARKS_WRAP = 110
_TRACE_WRAP = 90
_SIGN_WIDTH = 6
"""The number of characters by which a line is shorter in a diff view, for the signs."""
_DIFF_SIZE = "16.6,1000"
"""The largest width and height of a diff view, in inches: a few have more edges side by side."""
_FALLBACKS = (
    "DejaVu Sans,Segoe UI,Helvetica,Arial,Noto Sans CJK SC,PingFang SC,Microsoft YaHei,sans-serif"
)
"""The fonts for browsers: the measured one under its original name, or others no wider."""
_MARKED_CELL = re.compile(
    r'<g id="a_[^"]*"><a xlink:href="#([^"]+)"[^>]*>(.*?)</a>\n</g>', re.DOTALL
)
# Graphviz is a C library with global state, so only one thread at a time may call it.
_GRAPHVIZ_LOCK = Lock()


def render_dot(
    diagram: Diagram, translate: Translator, mark: Callable[[DiagramTransition], str] | None = None
) -> str:
    """Returns a diagram in the DOT language.

    Args:
        diagram: the diagram.
        translate: the translation of its texts.
        mark: returns attributes for the cells of a transition.

    Raises:
        ValueError: the bundled fonts lack a character of a label of the project's machines. For
            titles and for machines of others, fonts of the system are used.
    """
    labels = Labels(diagram, translate, mark or (lambda transition: ""))
    layout = LAYOUTS.get(diagram.machine, Layout())
    is_diff = diagram.view == "diff"
    graph = graphviz.Digraph(
        diagram.name,
        graph_attr={
            "bgcolor": "white",
            "compound": "true",
            "dpi": str(DPI),
            "fontname": FAMILY,
            "label": _notes(diagram, translate),
            "labeljust": "l",
            "labelloc": "b",
            "nodesep": "0.15" if is_diff else "0.35",
            "outputorder": "edgesfirst",
            "pad": "0.25",
            "ranksep": "0.4",
            **({"size": _DIFF_SIZE} if is_diff else {}),
        },
        node_attr={"fontname": FAMILY, "shape": "plain"},
        edge_attr={"arrowsize": "0.9", "color": EDGE, "penwidth": "1.5"},
    )
    with graph.subgraph(name="cluster_diagram") as inner:
        inner.attr(
            label=_title(diagram, translate),
            labeljust="l",
            labelloc="t",
            margin="16",
            peripheries="0",
        )
        framed = diagram.frame.states if diagram.frame else ()
        for node in diagram.nodes:
            if node.name not in framed:
                _add_node(inner, labels, node)
        if diagram.frame:
            with inner.subgraph(name=_frame_id(diagram.frame.name)) as frame:
                _add_frame(frame, labels, diagram.frame)
        for endpoints in layout.sorted(diagram.edges()):
            _add_edge(inner, labels, endpoints, layout)
    source = str(graph.source)
    _check_glyphs(diagram, source, translate)
    return source


def _check_glyphs(diagram: Diagram, source: str, translate: Translator) -> None:
    if diagram.machine in LAYOUTS:
        of_others = {*diagram.title, *trace_text(diagram, translate), *diagram.version}
        missing = {*source} - bundled_characters() - of_others - {*"\n\t"}
        if missing:
            raise ValueError(
                f"the fonts of the diagrams lack {' '.join(sorted(missing))} "
                "(choose other words for the labels, or rebuild the fonts with tools/fonts.py)"
            )


def render_svg(diagram: Diagram, translate: Translator) -> str:
    """Returns a diagram as SVG.

    States have the ids ``state-NAME``, and edges and their cards ids with both states; a name is
    written as an :func:`identifier`.
    """
    return _svg(render_dot(diagram, translate))


def render_marked_svg(diagram: Diagram, translate: Translator) -> str:
    """Returns a diagram as SVG in which each transition at an edge can be found.

    Its texts are in groups of the classes ``transition`` and ``transition-N``, where N is its
    number in the diagram. Texts of a transition from the frame have a class for each state in it.
    """

    def mark(transition: DiagramTransition) -> str:
        classes = (f"transition-{number}" for number in diagram.numbers(transition))
        return f' HREF="#transition {" ".join(classes)}"'

    return _MARKED_CELL.sub(r'<g class="\1">\2</g>', _svg(render_dot(diagram, translate, mark)))


def _svg(source: str) -> str:
    svg = run_graphviz(source, "svg").decode()
    # Graphviz gives the size in points, which a browser would enlarge, draws the struts as
    # text, and names its own version.
    svg = re.sub(r'width="(\d+)pt" height="(\d+)pt"', r'width="\1" height="\2"', svg, count=1)
    svg = re.sub(r"<text [^>]*> </text>\n", "", svg)
    svg = re.sub(r"<!-- Generated by.*?-->\n", "", svg, count=1, flags=re.DOTALL)
    return svg.replace(f'font-family="{FAMILY}"', f'font-family="{_FALLBACKS}"')


def run_graphviz(source: str, file_format: str) -> bytes:
    """Returns the output of Graphviz for a graph.

    Args:
        source: the graph in the DOT language.
        file_format: an output format of Graphviz.
    """
    with _GRAPHVIZ_LOCK:
        _load_bundled_fonts()
        return _draw(source, file_format)


@cache
def _load_bundled_fonts() -> None:
    # Fontconfig reads its configuration when the first label of a process is measured.
    with bundled_fonts():
        _draw("digraph { first }", "svg")


def _draw(source: str, file_format: str) -> bytes:
    output: Any = pygraphviz.AGraph(string=source).draw(format=file_format, prog="dot")
    return bytes(output)


def _add_node(graph: graphviz.Digraph, labels: Labels, node: Node) -> None:
    fill, border = STATE_COLOURS[node.tone]
    dashed = node.change == "removed" or node.several
    graph.node(
        _state_id(node.name),
        labels.state(node),
        color=CHANGE_COLOURS[node.change] if node.change else TRACE if node.final else border,
        fillcolor=fill,
        id=f"state-{identifier(node.name)}",
        margin="0.22,0.12",
        penwidth="4" if node.final else "3" if node.change else "2",
        shape="box",
        style="rounded,filled,dashed" if dashed else "rounded,filled",
        tooltip=labels.translate(node.name),
    )
    if node.initial:
        graph.node("initial", "", fillcolor=INK, shape="circle", style="filled", width="0.2")
        graph.edge("initial", _state_id(node.name), weight="10")


def _add_frame(graph: graphviz.Digraph, labels: Labels, frame: Frame) -> None:
    graph.attr(
        color=FRAME,
        id=f"frame-{identifier(frame.name)}",
        label=f"<{styled_text(labels.translate(frame.name), 13, MUTED, bold=True)}>",
        labeljust="l",
        margin="12",
        penwidth="1.5",
        peripheries="1",
        style="rounded",
        tooltip=labels.translate(frame.name),
    )
    for name in frame.states:
        _add_node(graph, labels, labels.diagram.node(name))
    # Cards between states of the frame are inside it.
    for source, target in labels.diagram.edges():
        if {source, target} <= {*frame.states}:
            graph.node(_card_id(source, target))


def _add_edge(
    graph: graphviz.Digraph, labels: Labels, endpoints: Endpoints, layout: Layout
) -> None:
    diagram, (source, target) = labels.diagram, endpoints
    transitions = diagram.edges()[endpoints]
    colour, width, dashed = _stroke(diagram, transitions)
    stroke = {"color": colour, "penwidth": width}
    if dashed:
        stroke["style"] = "dashed"
    card = _card_id(source, target)
    border = CARD_BORDER if diagram.view == "machine" else colour
    tooltip = " → ".join(map(labels.translate, endpoints))
    wrap = layout.wrap - (_SIGN_WIDTH if diagram.view == "diff" else 0)
    id_ = f"{identifier(source)}-{identifier(target)}"
    graph.node(card, labels.edge(transitions, border, wrap), id=f"card-{id_}", tooltip=tooltip)

    # Both halves of an edge are given from top to bottom, whatever its direction, so that
    # the card stands between the states.
    names = [node.name for node in diagram.nodes]
    framed = {diagram.frame.name: diagram.frame.states} if diagram.frame else {}
    downwards = names.index(framed.get(source, (source,))[0]) < names.index(target)
    upper, lower = (source, target) if downwards else (target, source)
    hints = {"minlen": str(layout.lengths.get(endpoints, 1))}
    if endpoints in layout.sides:
        hints["tailport"] = layout.sides[endpoints]
    upper_arrow = {"arrowhead": "none"} if downwards else {"dir": "back"}
    lower_arrow = {} if downwards else {"arrowhead": "none"}
    # An edge of the frame joins its last or its first state, and is cut off at the border.
    if upper in framed:
        hints["ltail"] = _frame_id(upper)
    if lower in framed:
        lower_arrow["lhead"] = _frame_id(lower)
    tail, head = framed.get(upper, (upper,))[-1], framed.get(lower, (lower,))[0]
    graph.edge(_state_id(tail), card, id=f"edge-{id_}-upper", **stroke, **hints, **upper_arrow)
    graph.edge(card, _state_id(head), id=f"edge-{id_}-lower", **stroke, **lower_arrow)


def _state_id(name: str) -> str:
    return f"state_{identifier(name)}"


def _card_id(source: str, target: str) -> str:
    return f"card_{identifier(source)}_{identifier(target)}"


def _frame_id(name: str) -> str:
    return f"cluster_{identifier(name)}"


def _stroke(diagram: Diagram, transitions: Sequence[DiagramTransition]) -> tuple[str, str, bool]:
    """Returns the colour of an edge, its width, and whether it is dashed."""
    manual = all(each.manual for each in transitions)
    match diagram.view:
        case "machine":
            grey = all(map(diagram.greys, transitions))
            return PALE_EDGE if grey else EDGE, "1.5", manual
        case "trace":
            taken = any(each.steps for each in transitions)
            return (TRACE, "3", manual) if taken else (PALE_EDGE, "1.5", manual)
        case "coverage":
            taken = any(each.count for each in transitions)
            return (EDGE, "2", False) if taken else (PALE_EDGE, "1.5", True)
        case "diff":
            kinds: set[ChangeKind | None] = {
                each.change.kind if each.change else None for each in transitions
            }
            if kinds == {None}:
                return PALE_EDGE, "1.5", manual
            kind = kinds.pop() if len(kinds) == 1 else "changed"
            return CHANGE_COLOURS[kind or "changed"], "3", kind == "removed"
        case _:
            assert_never(diagram.view)


def _title(diagram: Diagram, translate: Translator) -> str:
    title = styled_text(translate(diagram.title), 20, INK, bold=True)
    subtitle = styled_text(f"   {subtitle_text(diagram, translate)}", 16, MUTED)
    text = trace_text(diagram, translate)
    lines = textwrap.wrap(text, _TRACE_WRAP // (2 if max(text, default="") >= "\u2e80" else 1))
    return (
        f"<{stacked_lines([title + subtitle, *(styled_text(line, 16, TRACE) for line in lines)])}>"
    )


def _notes(diagram: Diagram, translate: Translator) -> str:
    remarks = [
        styled_text(line, 13, CHANGE_COLOURS["changed"], bold=True)
        for remark in remark_texts(diagram, translate)
        for line in wrap_texts(remark.split(" "), " ", _REMARKS_WRAP)
    ]
    notes = [
        styled_text(line, 11, MUTED)
        for note in note_texts(diagram, translate)
        for line in wrap_texts(note, " · ", _NOTES_WRAP)
    ]
    return f"<{stacked_lines([*remarks, *notes])}>"
