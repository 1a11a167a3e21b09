"""The coverage view: the number of times each transition was taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from fsm.diagrams.diff import PlacedLine, placed_lines
from fsm.diagrams.model import Diagram, Edge, Line, Node
from fsm.diagrams.translation import translator

COVERAGE_LEGEND = (
    "n× : how often it was taken",
    "grey: never taken",
    "dashed: none of its lines was taken",
)
"""The legend of the coverage view."""
SCENARIOS_WORD = "scenarios"
DASHED_NOTE = "dashed: only on a host's request"
"""The note of a machine diagram that does not apply to the coverage view."""


def with_counts(diagram: Diagram, counts: Mapping[Any, int], scenarios: int) -> Diagram:
    """Returns the diagram with the number of times each of its lines was taken.

    Args:
        diagram: a diagram of the machine that was run.
        counts: the number of times each transition was taken, by the ``definition`` of its row.
        scenarios: the number of scenarios that were run.
    """
    translate = translator(diagram.lang)
    notes = [
        tuple(each for each in note if each != translate(DASHED_NOTE)) for note in diagram.notes
    ]
    said = f"{translate(SCENARIOS_WORD)}{translate(': ')}{scenarios}"
    return attrs.evolve(
        diagram,
        subtitle=" · ".join(filter(None, (diagram.subtitle, said))),
        nodes=tuple(_node(node, counts) for node in diagram.nodes),
        edges=tuple(_edge(edge, counts) for edge in diagram.edges),
        notes=(*notes, tuple(map(translate, COVERAGE_LEGEND))),
        view="coverage",
    )


def untaken(diagram: Diagram) -> tuple[int, tuple[str, ...]]:
    """Returns the number of lines of a diagram with counts, and the lines never taken, in words."""
    every = list(placed_lines(diagram))
    labels = {node.name: node.label for node in diagram.nodes}
    never = (each for each in every if not each.line.count)
    return len(every), tuple(" ".join(_words(each, diagram, labels)) for each in never)


def _words(placed: PlacedLine, diagram: Diagram, labels: Mapping[str, str]) -> Iterator[str]:
    translate = translator(diagram.lang)
    source = labels[placed.source]
    where = (
        f"{source} ({translate('stays')})"
        if placed.stays
        else f"{source} → {labels[placed.target]}"
    )
    yield where + translate(": ").rstrip()
    yield placed.line.trigger
    if placed.line.conditions:
        yield f"[{translate(', ').join(placed.line.conditions)}]"
    if placed.line.command:
        yield f"/ {placed.line.command.words}"
    yield from placed.line.rules


def _edge(edge: Edge, counts: Mapping[Any, int]) -> Edge:
    return attrs.evolve(edge, lines=tuple(_line(line, counts) for line in edge.lines))


def _node(node: Node, counts: Mapping[Any, int]) -> Node:
    stays = []
    for stay in node.stays:
        lines = tuple(_line(line, counts) for line in stay.lines)
        count = sum(line.count or 0 for line in lines)
        stays.append(attrs.evolve(stay, lines=lines, count=count))
    return attrs.evolve(node, stays=tuple(stays))


def _line(line: Line, counts: Mapping[Any, int]) -> Line:
    return attrs.evolve(line, count=sum(counts.get(each, 0) for each in line.definitions))
