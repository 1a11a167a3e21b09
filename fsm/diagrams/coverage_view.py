"""The coverage view: the number of times scenarios took each transition of a diagram."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from fsm.diagrams.model import Diagram, DiagramTransition, Edge, Node, TransitionLabel
from fsm.diagrams.translation import translator

COVERAGE_LEGEND = (
    "n× : times taken",
    "grey: never taken",
    "dashed: none of its transitions was taken",
)


def with_coverage(diagram: Diagram, counts: Mapping[Any, int], scenarios: int) -> Diagram:
    """Returns a diagram with the number of times each transition was taken.

    Args:
        diagram: a diagram of the machine that was run.
        counts: the number of times each transition was taken, by the ``definition`` of its row.
        scenarios: the number of scenarios that were run.
    """
    translate = translator(diagram.lang)
    # In this view a dashed edge means something else than on the plain machine.
    dashed = translate("dashed: only on a host's request")
    notes = [tuple(text for text in note if text != dashed) for note in diagram.notes]
    scenario_count = f"{translate('scenarios')}{translate(': ')}{scenarios}"
    return attrs.evolve(
        diagram,
        subtitle=" · ".join(filter(None, (diagram.subtitle, scenario_count))),
        nodes=tuple(_count_node(node, counts) for node in diagram.nodes),
        edges=tuple(_count_edge(edge, counts) for edge in diagram.edges),
        notes=(*notes, tuple(map(translate, COVERAGE_LEGEND))),
        view="coverage",
    )


def uncovered_transitions(diagram: Diagram) -> tuple[int, tuple[str, ...]]:
    """Returns the number of transitions of a coverage view, and as text those never taken."""
    transitions = list(diagram.transitions())
    uncovered = (each for each in transitions if not each.label.count)
    return len(transitions), tuple(" ".join(_texts(each, diagram)) for each in uncovered)


def _texts(transition: DiagramTransition, diagram: Diagram) -> Iterator[str]:
    translate = translator(diagram.lang)
    label = transition.label
    source, target = (diagram.node(name).label for name in (transition.source, transition.target))
    place = f"{source} ({translate('stays')})" if transition.stays else f"{source} → {target}"
    yield place + translate(": ").rstrip()
    yield label.trigger
    if label.guards:
        yield f"[{translate(', ').join(label.guards)}]"
    if label.command:
        yield f"/ {label.command.text}"
    yield from label.rules


def _count_edge(edge: Edge, counts: Mapping[Any, int]) -> Edge:
    return attrs.evolve(edge, labels=tuple(_count_label(label, counts) for label in edge.labels))


def _count_node(node: Node, counts: Mapping[Any, int]) -> Node:
    counted = []
    for internal in node.internal:
        labels = tuple(_count_label(label, counts) for label in internal.labels)
        count = sum(label.count or 0 for label in labels)
        counted.append(attrs.evolve(internal, labels=labels, count=count))
    return attrs.evolve(node, internal=tuple(counted))


def _count_label(label: TransitionLabel, counts: Mapping[Any, int]) -> TransitionLabel:
    return attrs.evolve(
        label, count=sum(counts.get(definition, 0) for definition in label.definitions)
    )
