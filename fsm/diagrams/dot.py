"""DOT: a diagram as the source of a Graphviz graph.

The label of an edge is a node of its own in the middle of the edge. The layout thus keeps labels,
states and edges apart, and no edge crosses text.
"""

from __future__ import annotations

import graphviz

from fsm.diagrams import labels
from fsm.diagrams.fontconfig import FAMILY
from fsm.diagrams.html import html_text, stacked_lines, wrap_words
from fsm.diagrams.layout import LAYOUTS, Layout
from fsm.diagrams.model import Diagram, Edge, Mark, Node
from fsm.diagrams.theme import (
    EDGE_COLOUR,
    LABEL_BORDER,
    MARK_COLOURS,
    PALE_COLOUR,
    SECONDARY_COLOUR,
    STATE_COLOURS,
    TEXT_COLOUR,
    TRACE_COLOUR,
)

DPI = 72
"""One point is one pixel, so that a size means the same in an SVG and in a PNG."""

_NOTES_WRAP = 150
_REMARKS_WRAP = 110
_NARROWER = 6
"""The number of characters by which marks shorten a row."""


def dot_source(diagram: Diagram) -> str:
    """Returns the diagram in the DOT language."""
    layout = LAYOUTS.get(diagram.machine, Layout())
    graph = graphviz.Digraph(
        diagram.name,
        graph_attr={
            "bgcolor": "white",
            "dpi": str(DPI),
            "fontname": FAMILY,
            "label": _notes(diagram),
            "labeljust": "l",
            "labelloc": "b",
            "nodesep": "0.15" if diagram.view == "changes" else "0.35",
            "outputorder": "edgesfirst",
            "pad": "0.25",
            "ranksep": "0.4",
        },
        node_attr={"fontname": FAMILY, "shape": "plain"},
        edge_attr={"arrowsize": "0.9", "color": EDGE_COLOUR, "penwidth": "1.5"},
    )
    with graph.subgraph(name="cluster_picture") as inner:
        inner.attr(label=_title(diagram), labeljust="l", labelloc="t", margin="16", peripheries="0")
        for node in diagram.nodes:
            _add_node(inner, diagram, node)
        for edge in layout.sorted(diagram.edges):
            _add_edge(inner, diagram, edge, layout)
    return str(graph.source)


def _add_node(graph: graphviz.Digraph, diagram: Diagram, node: Node) -> None:
    fill, border = STATE_COLOURS[node.tone]
    graph.node(
        _state(node.name),
        labels.state_label(diagram, node),
        color=MARK_COLOURS[node.mark] if node.mark else border,
        fillcolor=fill,
        margin="0.22,0.12",
        penwidth="3" if node.mark else "2",
        shape="box",
        style="rounded,filled,dashed" if node.mark == "removed" else "rounded,filled",
        tooltip=node.label,
    )
    if node.initial:
        graph.node(
            "initial", "", fillcolor=TEXT_COLOUR, shape="circle", style="filled", width="0.2"
        )
        graph.edge("initial", _state(node.name), weight="10")


def _add_edge(graph: graphviz.Digraph, diagram: Diagram, edge: Edge, layout: Layout) -> None:
    colour, width, dashed = _stroke(diagram, edge)
    style = {"color": colour, "penwidth": width}
    if dashed:
        style["style"] = "dashed"
    name = f"label_{edge.source}_{edge.target}"
    border = LABEL_BORDER if diagram.view == "machine" else colour
    tooltip = " → ".join(diagram.node(name).label for name in (edge.source, edge.target))
    wrap = layout.wrap - (_NARROWER if diagram.view == "changes" else 0)
    graph.node(name, labels.edge_label(edge.lines, diagram, border, wrap), tooltip=tooltip)

    # Both halves point down, so that the label stands between the states in any case.
    names = [node.name for node in diagram.nodes]
    down = names.index(edge.source) < names.index(edge.target)
    upper, lower = (edge.source, edge.target) if down else (edge.target, edge.source)
    way = (edge.source, edge.target)
    hints = {"minlen": str(layout.lengths.get(way, 1))}
    if way in layout.sides:
        hints["tailport"] = layout.sides[way]
    above = {"arrowhead": "none"} if down else {"dir": "back"}
    below = {} if down else {"arrowhead": "none"}
    graph.edge(_state(upper), name, **style, **hints, **above)
    graph.edge(name, _state(lower), **style, **below)


def _state(name: str) -> str:
    return f"state_{name}"


def _stroke(diagram: Diagram, edge: Edge) -> tuple[str, str, bool]:
    """Returns the colour of an edge, its width, and true for a dashed one."""
    if diagram.view == "path":
        taken = any(line.steps for line in edge.lines)
        return (TRACE_COLOUR, "3", edge.dashed) if taken else (PALE_COLOUR, "1.5", edge.dashed)
    if diagram.view == "coverage":
        taken = any(line.count for line in edge.lines)
        return (EDGE_COLOUR, "2", False) if taken else (PALE_COLOUR, "1.5", True)
    if diagram.view == "changes":
        marks: set[Mark | None] = {line.change.mark if line.change else None for line in edge.lines}
        if marks == {None}:
            return PALE_COLOUR, "1.5", edge.dashed
        mark = marks.pop() if len(marks) == 1 else "changed"
        return MARK_COLOURS[mark or "changed"], "3", mark == "removed"
    return EDGE_COLOUR, "1.5", edge.dashed


def _title(diagram: Diagram) -> str:
    title = html_text(diagram.title, 20, TEXT_COLOUR, bold=True)
    return f"<{title}{html_text('   ' + diagram.subtitle, 16, SECONDARY_COLOUR)}>"


def _notes(diagram: Diagram) -> str:
    remarks = [
        html_text(row, 13, MARK_COLOURS["changed"], bold=True)
        for remark in diagram.remarks
        for row in wrap_words(remark.split(" "), " ", _REMARKS_WRAP)
    ]
    rows = [row for note in diagram.notes for row in wrap_words(note, " · ", _NOTES_WRAP)]
    return f"<{stacked_lines([*remarks, *(html_text(row, 11, SECONDARY_COLOUR) for row in rows)])}>"
