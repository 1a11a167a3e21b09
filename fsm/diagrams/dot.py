"""Renders a diagram as a Graphviz graph, in the DOT language.

The label of an edge stands in a node of its own, a card in the middle of the edge. The
layout then keeps cards, states and edges apart, and no edge runs through text.
"""

from __future__ import annotations

import graphviz

from fsm.diagrams.fontconfig import FAMILY
from fsm.diagrams.html import stacked_lines, styled_text, wrap_texts
from fsm.diagrams.labels import edge_label, state_label
from fsm.diagrams.layout import LAYOUTS, Layout
from fsm.diagrams.model import ChangeKind, Diagram, Edge, Node
from fsm.diagrams.theme import (
    CARD_BORDER,
    CHANGE_COLOURS,
    EDGE,
    INK,
    MUTED,
    PALE_EDGE,
    STATE_COLOURS,
    TRACE,
)

DPI = 72
"""At this resolution a point is a pixel, so a size means the same in SVG and PNG."""

_NOTES_WRAP = 150
_REMARKS_WRAP = 110
_SIGN_WIDTH = 6
"""The number of characters by which a line is shorter in a diff view, for the signs."""


def render_dot(diagram: Diagram) -> str:
    """Returns a diagram in the DOT language."""
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
            "nodesep": "0.15" if diagram.view == "diff" else "0.35",
            "outputorder": "edgesfirst",
            "pad": "0.25",
            "ranksep": "0.4",
        },
        node_attr={"fontname": FAMILY, "shape": "plain"},
        edge_attr={"arrowsize": "0.9", "color": EDGE, "penwidth": "1.5"},
    )
    with graph.subgraph(name="cluster_diagram") as inner:
        inner.attr(label=_title(diagram), labeljust="l", labelloc="t", margin="16", peripheries="0")
        for node in diagram.nodes:
            _add_node(inner, diagram, node)
        for edge in layout.sorted(diagram.edges):
            _add_edge(inner, diagram, edge, layout)
    return str(graph.source)


def _add_node(graph: graphviz.Digraph, diagram: Diagram, node: Node) -> None:
    fill, border = STATE_COLOURS[node.tone]
    graph.node(
        _state_id(node.name),
        state_label(diagram, node),
        color=CHANGE_COLOURS[node.change] if node.change else border,
        fillcolor=fill,
        margin="0.22,0.12",
        penwidth="3" if node.change else "2",
        shape="box",
        style="rounded,filled,dashed" if node.change == "removed" else "rounded,filled",
        tooltip=node.label,
    )
    if node.initial:
        graph.node("initial", "", fillcolor=INK, shape="circle", style="filled", width="0.2")
        graph.edge("initial", _state_id(node.name), weight="10")


def _add_edge(graph: graphviz.Digraph, diagram: Diagram, edge: Edge, layout: Layout) -> None:
    colour, width, dashed = _stroke(diagram, edge)
    stroke = {"color": colour, "penwidth": width}
    if dashed:
        stroke["style"] = "dashed"
    card = f"card_{edge.source}_{edge.target}"
    border = CARD_BORDER if diagram.view == "machine" else colour
    tooltip = " → ".join(diagram.node(name).label for name in (edge.source, edge.target))
    wrap = layout.wrap - (_SIGN_WIDTH if diagram.view == "diff" else 0)
    graph.node(card, edge_label(edge.labels, diagram, border, wrap), tooltip=tooltip)

    # Both halves of an edge are given from top to bottom, whatever its direction, so that
    # the card stands between the states.
    names = [node.name for node in diagram.nodes]
    downwards = names.index(edge.source) < names.index(edge.target)
    upper, lower = (edge.source, edge.target) if downwards else (edge.target, edge.source)
    endpoints = (edge.source, edge.target)
    hints = {"minlen": str(layout.lengths.get(endpoints, 1))}
    if endpoints in layout.sides:
        hints["tailport"] = layout.sides[endpoints]
    upper_arrow = {"arrowhead": "none"} if downwards else {"dir": "back"}
    lower_arrow = {} if downwards else {"arrowhead": "none"}
    graph.edge(_state_id(upper), card, **stroke, **hints, **upper_arrow)
    graph.edge(card, _state_id(lower), **stroke, **lower_arrow)


def _state_id(name: str) -> str:
    return f"state_{name}"


def _stroke(diagram: Diagram, edge: Edge) -> tuple[str, str, bool]:
    """Returns the colour of an edge, its width, and whether it is dashed."""
    if diagram.view == "trace":
        taken = any(label.steps for label in edge.labels)
        return (TRACE, "3", edge.dashed) if taken else (PALE_EDGE, "1.5", edge.dashed)
    if diagram.view == "coverage":
        taken = any(label.count for label in edge.labels)
        return (EDGE, "2", False) if taken else (PALE_EDGE, "1.5", True)
    if diagram.view == "diff":
        kinds: set[ChangeKind | None] = {
            label.change.kind if label.change else None for label in edge.labels
        }
        if kinds == {None}:
            return PALE_EDGE, "1.5", edge.dashed
        kind = kinds.pop() if len(kinds) == 1 else "changed"
        return CHANGE_COLOURS[kind or "changed"], "3", kind == "removed"
    return EDGE, "1.5", edge.dashed


def _title(diagram: Diagram) -> str:
    title = styled_text(diagram.title, 20, INK, bold=True)
    return f"<{title}{styled_text('   ' + diagram.subtitle, 16, MUTED)}>"


def _notes(diagram: Diagram) -> str:
    remarks = [
        styled_text(line, 13, CHANGE_COLOURS["changed"], bold=True)
        for remark in diagram.remarks
        for line in wrap_texts(remark.split(" "), " ", _REMARKS_WRAP)
    ]
    notes = [
        styled_text(line, 11, MUTED)
        for note in diagram.notes
        for line in wrap_texts(note, " · ", _NOTES_WRAP)
    ]
    return f"<{stacked_lines([*remarks, *notes])}>"
