"""How often each line was taken, shown on the picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from fsm.diagrams.chinese import sayer
from fsm.diagrams.model import Diagram, Edge, Line, Node
from fsm.diagrams.moves import Move, moves

LEGEND = (
    "n× : how often it was taken",
    "grey: never taken",
    "dashed: none of its lines was taken",
)
"""What the marks of a coverage mean."""
SCENARIOS = "scenarios"
DASHED = "dashed: only where a host asks for it"
"""The note that does not hold on this picture."""


def with_counts(diagram: Diagram, counts: Mapping[Any, int], scenarios: int) -> Diagram:
    """Return the picture with how often each of its lines was taken.

    Args:
        diagram: a picture of the machine that was run.
        counts: how often each transition was taken, by the ``definition`` of its row.
        scenarios: how many scenarios were run.
    """
    say = sayer(diagram.lang)
    notes = [tuple(each for each in note if each != say(DASHED)) for note in diagram.notes]
    said = f"{say(SCENARIOS)}{say(': ')}{scenarios}"
    return attrs.evolve(
        diagram,
        subtitle=" · ".join(filter(None, (diagram.subtitle, said))),
        nodes=tuple(_node(node, counts) for node in diagram.nodes),
        edges=tuple(_edge(edge, counts) for edge in diagram.edges),
        notes=(*notes, tuple(map(say, LEGEND))),
        view="coverage",
    )


def untaken(diagram: Diagram) -> tuple[int, tuple[str, ...]]:
    """Return how many lines a picture with counts has, and those never taken, in words."""
    every = list(moves(diagram))
    labels = {node.name: node.label for node in diagram.nodes}
    never = (each for each in every if not each.line.count)
    return len(every), tuple(" ".join(_words(each, diagram, labels)) for each in never)


def _words(move: Move, diagram: Diagram, labels: Mapping[str, str]) -> Iterator[str]:
    say = sayer(diagram.lang)
    source = labels[move.source]
    where = f"{source} ({say('stays')})" if move.stays else f"{source} → {labels[move.target]}"
    yield where + say(": ").rstrip()
    yield move.line.trigger
    if move.line.conditions:
        yield f"[{say(', ').join(move.line.conditions)}]"
    if move.line.command:
        yield f"/ {move.line.command.words}"
    yield from move.line.rules


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
