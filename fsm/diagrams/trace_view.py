"""The trace view: the steps of a scenario on a diagram."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from fsm.diagrams.model import Diagram, Line, RefusedSteps, Stay
from fsm.diagrams.translation import translator
from fsm.engine import Row

_MOST_RUNS = 6
TRACE_LEGEND = (
    "blue: the path, numbers are steps",
    "✓ accepted, state unchanged",
    "✗ refused",
)
"""The legend of the trace view."""


@attrs.frozen
class TraceStep:
    """A step of a trace.

    Args:
        number: its number, counted from 1.
        row: the row that was taken; ``None`` for a refusal.
        state: the name of the state before the step.
        refused: the reason code of a refusal.
        trigger: the trigger, shown with a refusal.
    """

    number: int
    row: Row | None
    state: str
    refused: str | None = None
    trigger: str = ""


def with_trace(diagram: Diagram, steps: Iterable[Any]) -> Diagram:
    """Returns the diagram with the steps of a scenario.

    A step that changed the state is numbered at its line. A step that kept it, and a refused step
    with its reason, are shown inside the state.

    Args:
        diagram: a diagram of the machine that took the steps.
        steps: the steps.

    Raises:
        ValueError: a step is not on the diagram, which shows another machine or plan.
    """
    path = [_step(each) for each in steps]
    taken: dict[Any, list[int]] = {}
    refused: dict[str, dict[tuple[str, str], list[int]]] = {node.name: {} for node in diagram.nodes}
    for step in path:
        if step.row is not None:
            taken.setdefault(step.row.definition, []).append(step.number)
        elif step.state in refused:
            refused[step.state].setdefault((step.trigger, step.refused or ""), []).append(
                step.number
            )
        else:
            raise _not_here(diagram, step)
    known = _definitions(diagram)
    for step in path:
        if step.row is not None and step.row.definition not in known:
            raise _not_here(diagram, step)
    translate = translator(diagram.lang)
    return attrs.evolve(
        diagram,
        nodes=tuple(
            attrs.evolve(
                node,
                stays=tuple(_marked(stay, taken) for stay in node.stays),
                refused=tuple(
                    RefusedSteps(translate(trigger), translate(reason), tuple(step_numbers))
                    for (trigger, reason), step_numbers in refused[node.name].items()
                ),
            )
            for node in diagram.nodes
        ),
        edges=tuple(
            attrs.evolve(edge, lines=tuple(_marked(line, taken) for line in edge.lines))
            for edge in diagram.edges
        ),
        notes=(*diagram.notes, tuple(map(translate, TRACE_LEGEND))),
        view="path",
    )


def step_numbers(steps: Sequence[int]) -> str:
    """Formats step numbers: runs as ranges, and a long list without its middle.

    >>> step_numbers((1, 2, 4, 5, 6))
    '1 2 4–6'
    >>> step_numbers((1, 3, 5, 7, 9, 11, 13, 15))
    '1 3 5 7 … 15'
    """
    runs: list[list[int]] = []
    for step in sorted(steps):
        if runs and step == runs[-1][-1] + 1:
            runs[-1].append(step)
        else:
            runs.append([step])
    words: list[str] = []
    for run in runs:
        words += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(step) for step in run]
    if len(words) > _MOST_RUNS:
        words = [*words[: _MOST_RUNS - 2], "…", words[-1]]
    return " ".join(words)


def _step(given: Any) -> TraceStep:
    if isinstance(given, TraceStep):
        return given
    if isinstance(given, tuple):
        return TraceStep(*given)
    return TraceStep(
        given.number,
        given.row,
        given.outcome.before,
        given.outcome.refused,
        getattr(given, "trigger", ""),
    )


def _definitions(diagram: Diagram) -> set[Any]:
    shown: list[Line | Stay] = [line for edge in diagram.edges for line in edge.lines]
    shown += [stay for node in diagram.nodes for stay in node.stays]
    return {definition for each in shown for definition in each.definitions}


def _marked(shown: Any, taken: dict[Any, list[int]]) -> Any:
    steps = [step for definition in shown.definitions for step in taken.get(definition, ())]
    return attrs.evolve(shown, steps=tuple(sorted(steps)))


def _not_here(diagram: Diagram, step: TraceStep) -> ValueError:
    return ValueError(f"step {step.number} is not on the diagram '{diagram.name}'")
