"""Exhaustive exploration: every reachable situation of a machine, with every event tried.

The explorer takes any frozen machine, initial models, the events that may happen to a model, and
properties that every step must have. It searches breadth-first, so the path to a violation is a
shortest one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from typing import Any, Generic, TypeVar

import attrs

from fsm.engine.row import Cell, Guard, Refusal, Row
from fsm.engine.table import Table

M = TypeVar("M")
_Situation = tuple[Hashable, M, Any]
"""The key of a situation, its model, and the memory of the path there."""
Answers = tuple[bool | None, ...]
"""The results of a row's guards: whether each passed, ``None`` for one that could not be
evaluated."""
MAX_SITUATIONS = 100_000
"""The default number of situations after which an exploration gives up."""
_MAX_FOLLOWED = 100
"""The number of violating steps whose successors are explored. They may show further violations;
but if every step violates something, there may be no end of them."""


@attrs.frozen(eq=False)
class ExploredStep(Generic[M]):
    """An event tried in a situation.

    Args:
        before: the model before the event; not to be changed.
        memory: the memory of the path there.
        trigger: the trigger.
        event: the event.
        decision: the row taken, or the refusal.
        after: the model after the event; the same object if the event was refused.
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
    """

    name: str
    rules: tuple[str, ...]
    check: Callable[[Any], str | None]


@attrs.frozen(eq=False)
class PropertyViolation(Generic[M]):
    """A step that violates a property, with a shortest path to it.

    Args:
        name: the property.
        rules: ids of the rules behind it.
        problem: a description of the violation.
        start: the initial model of the path.
        events: the events of the path; the last one violates the property.
    """

    name: str
    rules: tuple[str, ...]
    problem: str
    start: M
    events: tuple[Any, ...]


@attrs.define
class GuardEvidence:
    """The answers that the guards of one row, or the preconditions of one trigger, gave.

    Args:
        guards: the guards.
        answers: every combination of answers that occurred.
    """

    guards: tuple[Guard, ...]
    answers: set[Answers] = attrs.field(factory=set)

    def undecided(self) -> list[Guard]:
        """Returns the guards without an MC/DC pair: those that never decided anything alone.

        A guard decides if all others pass, or cannot be evaluated because of it, and its own
        answer determines whether the row is taken (modified condition/decision coverage).
        """
        all_passed = (True,) * len(self.guards) in self.answers
        return [
            guard
            for position, guard in enumerate(self.guards)
            if not (all_passed and any(_only(answers, position) for answers in self.answers))
        ]


def _only(answers: Answers, position: int) -> bool:
    return answers[position] is False and all(
        answer is not False for other, answer in enumerate(answers) if other != position
    )


@attrs.define
class Exploration(Generic[M]):
    """The result of an exploration.

    Args:
        situations: the number of situations.
        steps: the number of events tried.
        taken: the number of times each row was taken.
        evidence: the guards' answers by row, or by group of rows.
        preconditions: the preconditions' answers by trigger.
        observed: the number of times each observation was made.
        left: the states that some step leads out of.
        visited: the states that occurred.
        violations: the violations in the order of discovery, a shortest path to each property
            first.
    """

    situations: int = 0
    steps: int = 0
    taken: Counter[Row] = attrs.field(factory=Counter)
    evidence: dict[Hashable, GuardEvidence] = attrs.field(factory=dict)
    preconditions: dict[str, GuardEvidence] = attrs.field(factory=dict)
    observed: Counter[Hashable] = attrs.field(factory=Counter)
    left: set[str] = attrs.field(factory=set)
    visited: set[str] = attrs.field(factory=set)
    violations: list[PropertyViolation[M]] = attrs.field(factory=list)


@attrs.frozen(eq=False)
class StateSpace(Generic[M]):
    """The description of a state space for the explorer.

    Args:
        events: returns the events that may happen to a model.
        copy: copies a model, so that the copy can be changed.
        key: returns the identity of a situation; situations with equal keys are explored once.
        view: converts a step for memory, properties and observations; by default the step.
        remember: returns the memory of the path after a step; it is part of the key.
        properties: the properties of every step.
        observe: returns a value to be counted for a step, ``None`` for nothing.
        group: identifies rows that are one row of the definition with several sources. Their
            guards are judged together.
    """

    events: Callable[[M, Any], Iterable[tuple[str, Any]]]
    copy: Callable[[M], M]
    key: Callable[[M, Any], Hashable]
    view: Callable[[ExploredStep[M]], Any] = lambda step: step
    remember: Callable[[Any], Any] = lambda view: None
    properties: tuple[Property, ...] = ()
    observe: Callable[[Any], Hashable | None] = lambda view: None
    group: Callable[[Row], Hashable] = lambda row: row


def explore(
    table: Table,
    starts: Iterable[tuple[M, Any]],
    space: StateSpace[M],
    *,
    until_violation: bool = False,
    max_situations: int = MAX_SITUATIONS,
) -> Exploration[M]:
    """Explores a state space.

    Two rows of one cell that pass at once are a violation, unless the later one has no guards and
    no target: such a row means "otherwise". So is an event that is not answered because a guard
    or an action raises, and a guard that changes its model.

    An exploration always ends. Successors of violating steps are explored for the first hundred
    only, and exceeding the maximum of situations is a violation, with a shortest path to the
    first one too many.

    Args:
        table: the compiled machine.
        starts: the initial models, each with its initial memory.
        space: the state space.
        until_violation: whether to stop at the first violation.
        max_situations: the maximum number of situations.
    """
    search = _Search(table, space, until_violation, max_situations)
    layer = search.begin(starts)
    while layer and not search.over:
        layer = search.follow(layer)
    return search.result


class _Search(Generic[M]):
    """A running exploration; its arguments are those of :func:`explore`."""

    def __init__(
        self, table: Table, space: StateSpace[M], until_violation: bool, max_situations: int
    ) -> None:
        self.table = table
        self.space = space
        self.until_violation = until_violation
        self.max_situations = max_situations
        self.result: Exploration[M] = Exploration()
        self.violated: set[str] = set()
        self.followed = 0  # violating steps
        # The predecessor of each situation, and the event that led from it.
        self.predecessors: dict[Hashable, tuple[Hashable, Any] | None] = {}
        self.starts: dict[Hashable, M] = {}
        for cell in table:
            self.result.preconditions.setdefault(cell.trigger, GuardEvidence(cell.preconditions))
            for row in cell.rows:
                self.result.evidence.setdefault(space.group(row), GuardEvidence(row.guards))

    def begin(self, starts: Iterable[tuple[M, Any]]) -> list[_Situation[M]]:
        """Returns the initial situations."""
        layer = []
        for model, memory in starts:
            key = self.space.key(model, memory)
            if key not in self.predecessors:
                self.predecessors[key] = None
                self.starts[key] = model
                layer.append((key, model, memory))
        return layer

    @property
    def over(self) -> bool:
        """True if the search can stop."""
        return len(self.predecessors) > self.max_situations or (
            self.until_violation and bool(self.violated)
        )

    def follow(self, layer: list[_Situation[M]]) -> list[_Situation[M]]:
        """Tries every event in the situations of one distance, and returns the new situations."""
        following = []
        for key, model, memory in layer:
            self.result.situations += 1
            self.result.visited.add(model.state)  # type: ignore[attr-defined]
            untouched = self.space.copy(model)
            for trigger, event in self.space.events(model, memory):
                after, remembered, violates = self._try(key, model, memory, trigger, event)
                if self.over:
                    return []
                if after is model and remembered == memory:
                    continue
                if violates and self.followed == _MAX_FOLLOWED:
                    continue
                next_key = self.space.key(after, remembered)
                if next_key not in self.predecessors:
                    self.predecessors[next_key] = (key, event)
                    self.followed += violates
                    following.append((next_key, after, remembered))
                    if self.over:
                        self._report(*_unbounded(self.max_situations), key, event)
                        return []
            if self.space.key(model, memory) != key:
                self._blame(key, untouched, memory)
        return following

    def _blame(self, key: Hashable, untouched: M, memory: Any) -> None:
        """Finds the event whose decision changes the model."""
        for trigger, event in self.space.events(untouched, memory):
            model = self.space.copy(untouched)
            cell = self.table.cell(model, trigger)
            with suppress(Exception):  # reported when the event was tried first
                _decide_all(cell, model, event, self.result, self.space.group)
            if self.space.key(model, memory) != key:
                break
        # If no single event is to blame, the last one is as good as any.
        self._report(*_changed_by_deciding(cell), key, event)

    def _try(
        self, key: Hashable, model: M, memory: Any, trigger: str, event: Any
    ) -> tuple[M, Any, bool]:
        """Tries one event; returns model and memory after it, and whether it violated anything."""
        space, result = self.space, self.result
        cell = self.table.cell(model, trigger)
        result.steps += 1
        after = model
        try:
            decision, rivals = _decide_all(cell, model, event, result, space.group)
            if isinstance(decision, Row):
                after = space.copy(model)
                decision.apply(after, event)
        except Exception as error:
            self._report(*_unanswered(cell, error), key, event)
            return model, memory, True
        violates = bool(rivals)
        if rivals:
            self._report(*_overlap(cell, rivals), key, event)
        if isinstance(decision, Row):
            result.taken[decision] += 1
            if decision.target not in (None, decision.source):
                result.left.add(decision.source)
        view = space.view(ExploredStep(model, memory, trigger, event, decision, after))
        if (observation := space.observe(view)) is not None:
            result.observed[observation] += 1
        for prop in space.properties:
            try:
                problem = prop.check(view)
            except Exception as error:  # the assumptions of the property do not hold either
                problem = f"it cannot be checked: {type(error).__name__}: {error}"
            if problem is not None:
                violates = True
                self._report(prop.name, prop.rules, problem, key, event)
        return after, space.remember(view), violates

    def _report(
        self, name: str, rules: tuple[str, ...], problem: str, key: Hashable, event: Any
    ) -> None:
        # The first path to a violation is a shortest one; others add nothing.
        if name in self.violated:
            return
        self.violated.add(name)
        events = [event]
        while (origin := self.predecessors[key]) is not None:
            key, event = origin
            events.append(event)
        violation = PropertyViolation(
            name, rules, problem, self.starts[key], tuple(reversed(events))
        )
        self.result.violations.append(violation)


def _decide_all(
    cell: Cell,
    model: Any,
    event: Any,
    result: Exploration[Any],
    group: Callable[[Row], Hashable],
) -> tuple[Row | Refusal, list[Row]]:
    """Evaluates every guard of a cell; returns the decision and the rows that rival it."""
    answers = _answers(cell.preconditions, model, event)
    result.preconditions[cell.trigger].answers.add(answers)
    if not all(answers):
        refusal = next(
            refusal
            for (_, _, refusal), passed in zip(cell.compiled_preconditions, answers, strict=True)
            if not passed
        )
        return refusal, []
    taken: list[Row] = []
    reason: Refusal | None = None
    for row in cell.rows:
        answers = _answers(row.guards, model, event)
        result.evidence[group(row)].answers.add(answers)
        if all(answers):
            taken.append(row)
        elif reason is None:
            reason = row.compiled_guards[answers.index(False)][2]
    if not taken:
        return reason or cell.default_refusal, []
    rivals = [row for row in taken if row.guards or row.target is not None]
    return taken[0], rivals if len(rivals) > 1 else []


def _answers(guards: tuple[Guard, ...], model: Any, event: Any) -> Answers:
    answers: list[bool | None] = []
    for guard in guards:
        try:
            answers.append(bool(guard.call(model, event) == guard.wanted))
        except Exception:
            if all(answers):
                raise
            # An earlier guard failed, and this one relies on it.
            answers.append(None)
    return tuple(answers)


def _overlap(cell: Cell, rivals: list[Row]) -> tuple[str, tuple[str, ...], str]:
    names = " and ".join(str(cell.rows.index(row) + 1) for row in rivals)
    where = f"'{cell.trigger}' in '{cell.state}'"
    return f"the rows of {where} exclude each other", (), f"rows {names} of {where} pass at once"


def _unanswered(cell: Cell, error: Exception) -> tuple[str, tuple[str, ...], str]:
    where = f"'{cell.trigger}' in '{cell.state}'"
    return "every event is answered", (), f"{where} raises {type(error).__name__}: {error}"


def _changed_by_deciding(cell: Cell) -> tuple[str, tuple[str, ...], str]:
    where = f"'{cell.trigger}' in '{cell.state}'"
    return "a decision changes nothing", (), f"deciding {where} changes the model"


def _unbounded(limit: int) -> tuple[str, tuple[str, ...], str]:
    problem = f"more than {limit} situations: the model seems to grow without end"
    return "the number of situations is bounded", (), problem
