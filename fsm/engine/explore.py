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

from fsm.engine.errors import InvalidTriggerError, describe_error
from fsm.engine.evidence import Answers, GuardEvidence
from fsm.engine.exploration import (
    Exploration,
    PropertyViolation,
    changed_by_deciding,
    overlap,
    unanswered,
    unbounded,
    unobserved,
)
from fsm.engine.firing import fire
from fsm.engine.row import Cell, Refusal, Row
from fsm.engine.state_space import ExploredStep, StateSpace
from fsm.engine.table import Table
from fsm.engine.trial import prepares, try_event
from fsm.engine.variants import Variants

M = TypeVar("M")
_Args = tuple[Any, ...]  # the arguments that a trigger is fired with
_Event = tuple[str, Any]  # a trigger, and its event
MAX_SITUATIONS = 100_000
"""The default number of situations after which an exploration gives up."""
_MAX_FOLLOWED = 100
"""The number of violating steps whose successors are explored. They may show further violations;
but if every step violates something, there may be no end of them."""


def explore(
    table: Table,
    starts: Iterable[tuple[M, Any]],
    space: StateSpace[M],
    *,
    variants: Variants[Any] | None = None,
    until_violation: bool = False,
    max_situations: int = MAX_SITUATIONS,
    watch: Callable[[Exploration[M]], None] = lambda found: None,
) -> Exploration[M]:
    """Explores a state space.

    Two rows of one cell that pass at once are a violation, unless the later one has no guards and
    no target, which means "otherwise", or the space allows it (:attr:`StateSpace.exclusive`). So is
    an event that is not answered because a guard or an action raises, a step that a function of the
    state space cannot observe, and a guard that changes its model.

    An exploration always ends. Successors of violating steps are explored for the first hundred
    only, and exceeding the maximum of situations is a violation, with a shortest path to the
    first one too many.

    An event with one argument is decided and applied, as :meth:`Table.decide` does. With another
    number of arguments, or a machine that cannot decide without running callbacks, it is fired
    on a copy of the model, as :meth:`fsm.engine.Machine.fire` does; callbacks that prepare the
    event run on another copy before the guards are evaluated.

    Args:
        table: the compiled machine.
        starts: the initial models, each with its initial memory.
        space: the state space.
        variants: the variants of a constant. The initial models hold :attr:`Variants.shared`, and
            everything is explored under each variant. Keys of situations must not depend on it.
        until_violation: whether to stop at the first violation.
        max_situations: the maximum number of situations, variants not counted.
        watch: called after each situation with the exploration so far.
    """
    search = _Search(
        table, space, variants or Variants((None,)), until_violation, max_situations, watch
    )
    layer = search.begin(starts)
    while layer and not search.over:
        layer = search.follow(layer)
    return search.finish()


@attrs.define(eq=False)
class _Situation(Generic[M]):
    """A situation to explore.

    Args:
        key: its identity.
        model: the model of the first path that leads to it.
        memory: the memory of that path.
        group: the variants that have not been there before.
    """

    key: Hashable
    model: M
    memory: Any
    group: int


_Layer = dict[Hashable, list[_Situation[M]]]
"""The new situations of one distance by key. Paths of different variants may lead to different
models of one key; a counterexample needs the one of its own path."""


class _Search(Generic[M]):
    """A running exploration; its arguments are those of :func:`explore`."""

    def __init__(
        self,
        table: Table,
        space: StateSpace[M],
        variants: Variants[Any],
        until_violation: bool,
        max_situations: int,
        watch: Callable[[Exploration[M]], None],
    ) -> None:
        self.table = table
        self.space = space
        self.variants = variants
        self.until_violation = until_violation
        self.max_situations = max_situations
        self.watch = watch
        self.result: Exploration[M] = Exploration()
        self.violated: set[tuple[str, tuple[str, ...]]] = set()
        self.followed = 0  # violating steps
        self.over = False  # the search can stop
        self.visited: Counter[str] = Counter()  # the variants that were in a state, as a group
        self.left: Counter[str] = Counter()  # the variants that left it
        self.reached: dict[Hashable, int] = {}  # the variants that were in a situation
        # The predecessor of each situation, and the event that led from it, by group.
        self.origins: dict[Hashable, list[tuple[int, Hashable, _Event]]] = {}
        self.starts: dict[Hashable, M] = {}
        self.answers: dict[Row, set[Answers]] = {}
        for cell in table:
            self.result.preconditions.setdefault(
                cell.trigger, GuardEvidence(cell.preconditions, refuses=True)
            )
            for row in cell.rows:
                evidence = self.result.evidence.setdefault(
                    space.group(row), GuardEvidence(row.guards)
                )
                self.answers[row] = evidence.answers

    def begin(self, starts: Iterable[tuple[M, Any]]) -> _Layer[M]:
        """Returns the initial situations."""
        layer: _Layer[M] = {}
        for model, memory in starts:
            key = _hashable(self.space.key(model, memory))
            self.starts.setdefault(key, model)
            self._reach(layer, _Situation(key, model, memory, self.variants.everyone))
        return layer

    def finish(self) -> Exploration[M]:
        """Returns the result."""
        for variant in self.variants.values:
            self.result.stuck[variant] = frozenset(
                state
                for state, group in self.visited.items()
                if variant in self.variants.members(group & ~self.left[state])
            )
        return self.result

    def follow(self, layer: _Layer[M]) -> _Layer[M]:
        """Tries every event in the situations of one distance, and returns the new situations."""
        following: _Layer[M] = {}
        for situation in (each for same in layer.values() for each in same):
            model, memory = situation.model, situation.memory
            self.result.situations += situation.group.bit_count()
            self.visited[self.table.state_name(model)] |= situation.group
            untouched = self.space.copy(model)
            for trigger, args in map(_parts_of, self.space.events(model, memory)):
                for _ in self.variants.split(situation.group):
                    self._follow_event(situation, trigger, args, following)
                    if self.over:
                        return {}
            if self.space.key(model, memory) != situation.key:
                self._blame(situation, untouched)
            self.watch(self.result)
        return following

    def _follow_event(
        self, situation: _Situation[M], trigger: str, args: _Args, following: _Layer[M]
    ) -> None:
        """Tries one event, and adds the situation after it if it is new."""
        after, violates = self._try(situation, trigger, args)
        if after is None or self.over or (violates and self.followed == _MAX_FOLLOWED):
            return
        step = trigger, _event_of(args)
        if self._reach(following, after, (situation.key, step)):
            self.followed += violates
            if len(self.reached) > self.max_situations:
                self.over = True
                self.result.complete = False
                self._report(*unbounded(self.max_situations), situation.key, step)

    def _reach(
        self, layer: _Layer[M], new: _Situation[M], origin: tuple[Hashable, _Event] | None = None
    ) -> bool:
        """Adds a situation to a layer, and returns whether it is new to any variant."""
        reached = self.reached.get(new.key, 0)
        new.group &= ~reached
        if not new.group:
            return False
        self.reached[new.key] = reached | new.group
        if origin is not None:
            self.origins.setdefault(new.key, []).append((new.group, *origin))
        same = layer.setdefault(new.key, [])
        for known in same:
            if known.model == new.model and known.memory == new.memory:
                known.group |= new.group
                return True
        same.append(new)
        return True

    def _blame(self, situation: _Situation[M], untouched: M) -> None:
        """Finds the event whose decision changes the model."""
        key, memory = situation.key, situation.memory
        for trigger, args in map(_parts_of, self.space.events(untouched, memory)):
            step = trigger, _event_of(args)
            for _ in self.variants.split(situation.group):
                model = self.space.copy(untouched)
                cell = self.table.cell(model, trigger)
                with suppress(Exception):  # reported when the event was tried first
                    self._decide_all(cell, model, args)
                if self.space.key(model, memory) != key:
                    self._report(*changed_by_deciding(cell), key, step)
                    return
        # If no single event is to blame, the last one is as good as any.
        for _ in self.variants.split(situation.group):
            self._report(*changed_by_deciding(cell), key, step)

    def _try(
        self, situation: _Situation[M], trigger: str, args: _Args
    ) -> tuple[_Situation[M] | None, bool]:
        """Tries one event; returns the situation after it, and whether it violated anything.

        The situation is ``None`` if the event is not answered, or changes nothing.
        """
        space, result = self.space, self.result
        key, model, memory = situation.key, situation.model, situation.memory
        cell, event = self.table.cell(model, trigger), _event_of(args)
        try:
            decision, rivals = self._decide_all(cell, model, args)
            after = self._after(situation, trigger, args, decision)
        except Exception as error:
            self._report(*unanswered(cell, error), key, (trigger, event))
            result.steps += self.variants.group.bit_count()
            return None, True
        violates = bool(rivals)
        if rivals:
            self._report(*overlap(cell, rivals), key, (trigger, event))
        try:
            view = space.view(ExploredStep(model, memory, trigger, event, decision, after))
            observation, remembered = space.observe(view), space.remember(view)
        except Exception as error:  # the step cannot be judged, nor what comes after it
            self._report(*unobserved(cell, error), key, (trigger, event))
            result.steps += self.variants.group.bit_count()
            return None, True
        for prop in space.properties:
            rules = prop.rules
            try:
                problem = prop.check(view)
                if problem is not None and prop.rules_of is not None:
                    rules = prop.rules_of(view)
            except Exception as error:  # the assumptions of the property do not hold either
                problem = f"it cannot be checked: {describe_error(error)}"
            if problem is not None:
                violates = True
                self._report(prop.name, rules, problem, key, (trigger, event))
        changed = after is not model or remembered != memory
        if changed:
            key = space.key(after, remembered)
        # Nothing asks about the variants from here on, so the group is final.
        group = self.variants.group
        result.steps += group.bit_count()
        if isinstance(decision, Row):
            result.taken[decision] += group.bit_count()
            if decision.target not in (None, decision.source):
                self.left[decision.source] |= group
        if observation is not None:
            result.observed[observation] += group.bit_count()
        return _Situation(key, after, remembered, group) if changed else None, violates

    def _report(
        self, name: str, rules: tuple[str, ...], problem: str, key: Hashable, step: _Event
    ) -> None:
        # The first path to a violation is a shortest one; others add nothing.
        if (name, rules) in self.violated:
            return
        self.violated.add((name, rules))
        self.over |= self.until_violation
        variant = self.variants.group & -self.variants.group
        steps = [step]
        while key in self.origins:
            key, step = next(
                (origin, led) for group, origin, led in self.origins[key] if group & variant
            )
            steps.append(step)
        triggers, events = zip(*reversed(steps), strict=True)
        violation = PropertyViolation(
            name, rules, problem, self.starts[key], events, self.variants.first, triggers
        )
        self.result.violations.append(violation)

    def _after(
        self, situation: _Situation[M], trigger: str, args: _Args, decision: Row | Refusal
    ) -> M:
        """Returns the model after an event; the same object if the event changes nothing."""
        model, memory = situation.model, situation.memory
        if len(args) == 1 and not self.table.undecidable:
            if isinstance(decision, Refusal):
                return model
            after = self.space.copy(model)
            decision.apply(after, args[0])
            return after
        after = self.space.copy(model)
        try:
            fire(self.table, after, trigger, args, {})
        except InvalidTriggerError:
            if self.table.cell(model, trigger).declared:
                raise  # by a callback, which fires another trigger
        # Callbacks around the rows may change a model although no row is taken.
        changed = isinstance(decision, Row) or self.space.key(after, memory) != situation.key
        return after if changed else model

    def _decide_all(self, cell: Cell, model: M, args: _Args) -> tuple[Row | Refusal, list[Row]]:
        """Evaluates every guard of a cell; returns the decision and the rows that rival it."""
        trial = try_event(
            self.table, cell, self.space.copy(model) if prepares(self.table, cell) else model, args
        )
        self.result.preconditions[cell.trigger].answers.add(trial.preconditions)
        if not all(trial.preconditions):
            return cell.compiled_preconditions[trial.preconditions.index(False)][2], []
        taken: list[Row] = []
        reason: Refusal | None = None
        for row, answers in trial.rows:
            self.answers[row].add(answers)
            if all(answers):
                taken.append(row)
            elif reason is None:
                reason = row.compiled_guards[answers.index(False)][2]
        if not taken:
            return reason or cell.default_refusal, []
        if len(taken) == 1:
            return taken[0], []
        rivals = [row for row in taken if row.guards or row.target is not None]
        return taken[0], rivals if len(rivals) > 1 and self.space.exclusive else []


def _hashable(key: Hashable) -> Hashable:
    try:
        hash(key)
    except TypeError as error:
        raise TypeError(
            f"the key {key!r} cannot be compared by its hash: {error} (make it a tuple of plain "
            "values)"
        ) from None
    return key


def _parts_of(event: tuple[Any, ...]) -> tuple[str, _Args]:
    """Returns the trigger of an event, and its arguments."""
    if isinstance(event, str):  # a tuple without its comma, or no tuple at all
        raise TypeError(f"the event '{event}' is not a tuple (write ('{event}',))")
    return event[0], event[1:]


def _event_of(args: _Args) -> Any:
    """Returns the event that arguments stand for: the only one, else all of them, if any."""
    return args[0] if len(args) == 1 else args or None
