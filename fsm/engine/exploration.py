"""The result of an exploration, and the violations that need no property."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

import attrs

from fsm.engine.errors import describe_error
from fsm.engine.evidence import GuardEvidence
from fsm.engine.row import Cell, Row

M = TypeVar("M")
_Problem = tuple[str, tuple[str, ...], str]
"""The name of a violated property, the rules behind it, and a description of the violation."""


@attrs.frozen(eq=False)
class PropertyViolation(Generic[M]):
    """A step that violates a property, with a shortest path to it.

    Args:
        name: the property.
        rules: ids of the rules behind it.
        problem: a description of the violation.
        start: the initial model of the path.
        events: the events of the path; the last one violates the property.
        variant: the variant of the model that takes the path; ``None`` without variants.
        triggers: the trigger of each event.
    """

    name: str
    rules: tuple[str, ...]
    problem: str
    start: M
    events: tuple[Any, ...]
    variant: Any = None
    triggers: tuple[str, ...] = ()


@attrs.define
class Exploration(Generic[M]):
    """The result of an exploration.

    Situations and steps count once for each variant.

    Args:
        situations: the number of situations.
        steps: the number of events tried.
        taken: the number of times each row was taken.
        evidence: the guards' answers by row, or by group of rows.
        preconditions: the preconditions' answers by trigger.
        observed: the number of times each observation was made.
        stuck: the states that occurred and were never left, by variant; the variant is ``None``
            where there are none.
        violations: the violations in the order of discovery, a shortest path to each property
            first.
        complete: whether the search was not given up at the maximum of situations. If it was, what
            was not reached may still be reachable.
    """

    situations: int = 0
    steps: int = 0
    taken: Counter[Row] = attrs.field(factory=Counter)
    evidence: dict[Hashable, GuardEvidence] = attrs.field(factory=dict)
    preconditions: dict[str, GuardEvidence] = attrs.field(factory=dict)
    observed: Counter[Hashable] = attrs.field(factory=Counter)
    stuck: dict[Any, frozenset[str]] = attrs.field(factory=dict)
    violations: list[PropertyViolation[M]] = attrs.field(factory=list)
    complete: bool = True


def overlap(cell: Cell, rivals: list[Row]) -> _Problem:
    """Returns the violation that several rows of a cell pass at once."""
    names = " and ".join(str(cell.rows.index(row) + 1) for row in rivals)
    where = f"'{cell.trigger}' in '{cell.state}'"
    return f"the rows of {where} exclude each other", (), f"rows {names} of {where} pass at once"


def unanswered(cell: Cell, error: Exception) -> _Problem:
    """Returns the violation that a guard or an action raises."""
    where = f"'{cell.trigger}' in '{cell.state}'"
    return "every event is answered", (), f"{where} raises {describe_error(error)}"


def unobserved(cell: Cell, error: Exception) -> _Problem:
    """Returns the violation that a function of the state space raises."""
    problem = f"'{cell.trigger}' in '{cell.state}': {describe_error(error)}"
    return "every step can be observed", (), problem


def changed_by_deciding(cell: Cell) -> _Problem:
    """Returns the violation that a guard changes its model."""
    where = f"'{cell.trigger}' in '{cell.state}'"
    return "a decision changes nothing", (), f"deciding {where} changes the model"


def unbounded(limit: int) -> _Problem:
    """Returns the violation that there are more situations than the maximum."""
    problem = (
        f"more than {limit:,} situations, so the search was given up (does the model grow without "
        "end? attributes that change independently multiply: docs/engine.md has another way)"
    )
    return "the number of situations is bounded", (), problem
