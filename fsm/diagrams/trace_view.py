"""The trace view: the steps of a scenario, drawn on a diagram."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import attrs

from fsm.diagrams.model import Diagram, InternalTrigger, RefusedSteps, TransitionLabel
from fsm.diagrams.translation import translator
from fsm.engine import Row

_Shown = TypeVar("_Shown", TransitionLabel, InternalTrigger)
_MAX_RANGES = 6
TRACE_LEGEND = (
    "blue: the trace, numbers are steps",
    "✓ accepted, the state stays",
    "✗ refused",
)


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


def with_trace(diagram: Diagram, steps: Iterable[TraceStep]) -> Diagram:
    """Returns a diagram with the steps of a scenario drawn on it.

    A step that changed the state is numbered at its transition. A step that was accepted
    without a change of state, or refused with a reason, is numbered inside its state.

    Args:
        diagram: a diagram of the machine that took the steps.
        steps: the steps, in their order.

    Raises:
        ValueError: the diagram has no such transition or state, because it shows another
            machine or another plan.
    """
    known = _definitions(diagram)
    taken: dict[Any, list[int]] = {}
    refused: dict[str, dict[tuple[str, str], list[int]]] = {node.name: {} for node in diagram.nodes}
    for step in steps:
        if step.row is not None and step.row.definition in known:
            taken.setdefault(step.row.definition, []).append(step.number)
        elif step.row is None and step.state in refused:
            key = (step.trigger, step.refused or "")
            refused[step.state].setdefault(key, []).append(step.number)
        else:
            raise ValueError(f"step {step.number} is not on the diagram '{diagram.name}'")
    translate = translator(diagram.lang)
    return attrs.evolve(
        diagram,
        nodes=tuple(
            attrs.evolve(
                node,
                internal=tuple(_with_steps(internal, taken) for internal in node.internal),
                refused=tuple(
                    RefusedSteps(translate(trigger), translate(reason), tuple(numbers))
                    for (trigger, reason), numbers in refused[node.name].items()
                ),
            )
            for node in diagram.nodes
        ),
        edges=tuple(
            attrs.evolve(edge, labels=tuple(_with_steps(label, taken) for label in edge.labels))
            for edge in diagram.edges
        ),
        notes=(*diagram.notes, tuple(map(translate, TRACE_LEGEND))),
        view="trace",
    )


def step_ranges(steps: Sequence[int]) -> str:
    """Returns step numbers as short text, with ranges and without the middle of a long list.

    >>> step_ranges((1, 2, 4, 5, 6))
    '1 2 4–6'
    >>> step_ranges((1, 3, 5, 7, 9, 11, 13, 15))
    '1 3 5 7 … 15'
    """
    runs: list[list[int]] = []
    for step in sorted(steps):
        if runs and step == runs[-1][-1] + 1:
            runs[-1].append(step)
        else:
            runs.append([step])
    ranges: list[str] = []
    for run in runs:
        ranges += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(step) for step in run]
    if len(ranges) > _MAX_RANGES:
        ranges = [*ranges[: _MAX_RANGES - 2], "…", ranges[-1]]
    return " ".join(ranges)


def _definitions(diagram: Diagram) -> set[Any]:
    shown: list[TransitionLabel | InternalTrigger] = [
        label for edge in diagram.edges for label in edge.labels
    ]
    shown += [internal for node in diagram.nodes for internal in node.internal]
    return {definition for item in shown for definition in item.definitions}


def _with_steps(shown: _Shown, taken: dict[Any, list[int]]) -> _Shown:
    steps = [step for definition in shown.definitions for step in taken.get(definition, ())]
    return attrs.evolve(shown, steps=tuple(sorted(steps)))
