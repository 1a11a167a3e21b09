"""The views of played scenarios: the steps of one on a diagram, and the coverage by several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from fsm.diagrams.model import Diagram, DiagramTransition, RefusedSteps
from fsm.diagrams.texts import guards_text, outcome_text
from fsm.engine import Row
from fsm.translation import Lang, Translator


@attrs.frozen
class TraceStep:
    """One step of a scenario, with the data that a diagram shows of it.

    Args:
        number: its number, counted from 1.
        row: the row that was taken; ``None`` where the event was refused.
        state: the name of the state before the event.
        refused: the reason code of a refusal.
        trigger: the trigger of the event; a refusal is shown with it.
    """

    number: int
    row: Row | None
    state: str
    refused: str | None = None
    trigger: str = ""


def with_trace(diagram: Diagram, steps: Iterable[TraceStep], scenario: str = "") -> Diagram:
    """Returns a diagram with the steps of a scenario drawn on it.

    A step that changed the state is numbered at its transition. A step that was accepted
    without a change of state, or refused with a reason, is numbered inside its state. The state
    in which the scenario ended is marked.

    Args:
        diagram: a diagram of the machine that took the steps.
        steps: the steps, in their order.
        scenario: the title of the scenario.

    Raises:
        ValueError: the diagram has no such transition or state, because it shows another
            machine or another plan.
    """
    known = {definition for each in diagram.transitions for definition in each.definitions}
    taken: dict[Any, list[int]] = {}
    refused: dict[str, dict[tuple[str, str], list[int]]] = {node.name: {} for node in diagram.nodes}
    final = next(node.name for node in diagram.nodes if node.initial)
    for step in steps:
        final = (step.row and step.row.target) or step.state
        if step.row is not None and step.row.definition in known:
            taken.setdefault(step.row.definition, []).append(step.number)
        elif step.row is None and step.state in refused:
            key = (step.trigger, step.refused or "")
            refused[step.state].setdefault(key, []).append(step.number)
        else:
            raise ValueError(f"step {step.number} is not on the diagram '{diagram.name}'")
    return attrs.evolve(
        diagram,
        nodes=tuple(
            attrs.evolve(
                node,
                final=node.name == final,
                refused=tuple(
                    RefusedSteps(trigger, reason, tuple(numbers))
                    for (trigger, reason), numbers in refused[node.name].items()
                ),
            )
            for node in diagram.nodes
        ),
        transitions=tuple(
            attrs.evolve(
                each,
                steps=tuple(
                    sorted(step for definition in each.definitions
                           for step in taken.get(definition, ()))
                ),
            )
            for each in diagram.transitions
        ),
        scenario=scenario,
        view="trace",
    )  # fmt: skip


def with_coverage(diagram: Diagram, counts: Mapping[Any, int], scenarios: int) -> Diagram:
    """Returns a diagram with the number of times each transition was taken.

    Args:
        diagram: a diagram of the machine that was run.
        counts: the number of times each transition was taken, by the ``definition`` of its row.
        scenarios: the number of scenarios that were run.
    """
    transitions = tuple(
        attrs.evolve(each, count=sum(counts.get(definition, 0) for definition in each.definitions))
        for each in diagram.transitions
    )
    return attrs.evolve(diagram, transitions=transitions, scenarios=scenarios, view="coverage")


def uncovered_transitions(diagram: Diagram, lang: Lang = "en") -> tuple[str, ...]:
    """Returns the transitions of a coverage view that were never taken, as text."""
    translate = Translator(lang)
    uncovered = (each for each in diagram.transitions if not each.count)
    return tuple(" ".join(filter(None, _texts(each, translate))) for each in uncovered)


def _texts(transition: DiagramTransition, translate: Translator) -> Iterator[str]:
    source, target = translate(transition.source), translate(transition.target)
    place = f"{source} ({translate('stays')})" if transition.stays else f"{source} → {target}"
    yield place + translate(": ").rstrip()
    yield translate(transition.trigger)
    yield guards_text(transition, translate)
    if outcome := outcome_text(transition, translate):
        yield f"/ {outcome}"
    yield from transition.rules
