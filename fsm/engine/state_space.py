"""The description of a state space: events, identity of situations, properties of every step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Generic, TypeVar

import attrs

from fsm.engine.row import Refusal, Row

M = TypeVar("M")


@attrs.frozen(eq=False)
class ExploredStep(Generic[M]):
    """An event tried in a situation.

    Args:
        before: the model before the event; not to be changed.
        memory: the memory of the path there.
        trigger: the trigger.
        event: the argument of the trigger; a tuple of several, ``None`` without any.
        decision: the row taken, or the refusal.
        after: the model after the event; the same object if the event was refused, unless
            callbacks around the rows changed the model nevertheless.
    """

    before: M
    memory: Any
    trigger: str
    event: Any
    decision: Row | Refusal
    after: M


@attrs.frozen
class Property:
    """A property of every step.

    Args:
        name: the property as a sentence.
        rules: ids of the rules behind it.
        check: returns a description of the violation, ``None`` if there is none. Its argument
            is the view of the step (:attr:`StateSpace.view`). An exception is a violation.
        rules_of: returns the rules behind a violation, for a property of many rules. Violations
            of different rules are then reported separately.
    """

    name: str
    rules: tuple[str, ...]
    check: Callable[[Any], str | None]
    rules_of: Callable[[Any], tuple[str, ...]] | None = None


@attrs.frozen(eq=False)
class StateSpace(Generic[M]):
    """The description of a state space for the explorer.

    Args:
        events: returns the events that may happen to a model: a trigger, followed by the
            arguments that it is fired with.
        copy: copies a model, so that the copy can be changed.
        key: returns the identity of a situation; situations with equal keys are explored once.
        view: converts a step for memory, properties and observations; by default the step.
        remember: returns the memory of the path after a step; it is part of the key.
        properties: the properties of every step.
        observe: returns a value to be counted for a step, ``None`` for nothing.
        group: identifies rows that are one row of the definition with several sources. Their
            guards are judged together.
        exclusive: whether two rows of one cell that pass at once are a violation; False for a
            machine in which the order of the rows is meant to decide.
        starts: the initial models, for ``fsm verify MODULE:MACHINE``. Their memory is ``None``.
    """

    events: Callable[[M, Any], Iterable[tuple[str, *tuple[Any, ...]]]]
    copy: Callable[[M], M]
    key: Callable[[M, Any], Hashable]
    view: Callable[[ExploredStep[M]], Any] = lambda step: step
    remember: Callable[[Any], Any] = lambda view: None
    properties: tuple[Property, ...] = ()
    observe: Callable[[Any], Hashable | None] = lambda view: None
    group: Callable[[Row], Hashable] = lambda row: row
    starts: tuple[M, ...] = ()
    exclusive: bool = True
