"""Every situation a machine can come into, found by trying every event in each of them.

The explorer takes any frozen machine, models to begin with, the events that may happen to
a model, and properties that every step must have. It goes breadth first, so the path to
what it finds is of the least length.
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
"""What tells it apart, the model, and what is remembered of the way."""
Answers = tuple[bool | None, ...]
"""What the conditions of a row answered: whether each let it go on, ``None`` where one
could not be asked."""
LIMIT = 100_000
"""How many situations an exploration finds before it gives up, if nothing else is said."""
_FOLLOWED = 100
"""How many broken steps are followed. What comes after one may break something else; but
where every step breaks there may be no end of them."""


@attrs.frozen(eq=False)
class Step(Generic[M]):
    """One event tried in one situation.

    Args:
        before: the model it met; not to be changed.
        memory: what was remembered of the way there.
        trigger: the trigger.
        event: the event.
        verdict: the row that was taken, or the refusal.
        after: the model after it; the very same where the event was refused.
    """

    before: M
    memory: Any
    trigger: str
    event: Any
    decision: Row | Refusal
    after: M


@attrs.frozen
class Property:
    """What must hold of every step.

    Args:
        name: what must hold, as a sentence.
        rules: ids of the rules it stands for.
        broken: says what is wrong with a step, ``None`` where nothing is. It is given the
            step as the world views it. Where it raises, the property is broken.
    """

    name: str
    rules: tuple[str, ...]
    broken: Callable[[Any], str | None]


@attrs.frozen(eq=False)
class Violation(Generic[M]):
    """A step that breaks a property, with a shortest way to it.

    Args:
        name: the property.
        rules: ids of the rules it stands for.
        what: what is wrong.
        start: the model the way begins with.
        events: the events of the way, the one that breaks it last.
    """

    name: str
    rules: tuple[str, ...]
    what: str
    start: M
    events: tuple[Any, ...]


@attrs.define
class Evidence:
    """What was seen of one row, or of the requirements of one cell.

    Args:
        checks: the conditions.
        answers: every combination of answers that arose while it was considered.
    """

    guards: tuple[Guard, ...]
    answers: set[Answers] = attrs.field(factory=set)

    def undecided(self) -> list[Guard]:
        """Return the conditions that never decided anything alone.

        A condition decides where all others hold, or cannot be asked because of it, and
        its own answer alone tells whether the row is taken (modified condition/decision
        coverage).
        """
        holds = (True,) * len(self.guards) in self.answers
        return [
            guard
            for position, guard in enumerate(self.guards)
            if not (holds and any(_only(answers, position) for answers in self.answers))
        ]


def _only(answers: Answers, position: int) -> bool:
    return answers[position] is False and all(
        answer is not False for other, answer in enumerate(answers) if other != position
    )


@attrs.define
class Exploration(Generic[M]):
    """What an exploration found.

    Args:
        situations: how many situations there are.
        steps: how many events were tried.
        taken: how often each row was taken.
        evidence: the answers of the conditions of each row, or group of rows.
        requirements: the same for what each trigger requires.
        observed: how often each thing was seen that the world wants counted.
        left: the states that some step leads out of.
        visited: the states that were come into.
        violations: what broke, the shortest way to each property first.
    """

    situations: int = 0
    steps: int = 0
    taken: Counter[Row] = attrs.field(factory=Counter)
    evidence: dict[Hashable, Evidence] = attrs.field(factory=dict)
    requirements: dict[str, Evidence] = attrs.field(factory=dict)
    observed: Counter[Hashable] = attrs.field(factory=Counter)
    left: set[str] = attrs.field(factory=set)
    visited: set[str] = attrs.field(factory=set)
    violations: list[Violation[M]] = attrs.field(factory=list)


@attrs.frozen(eq=False)
class World(Generic[M]):
    """What an explorer has to know about models and events.

    Args:
        events: gives the events that may happen to a model.
        copy: copies a model, so that the copy can be changed.
        key: gives what tells situations apart; those with one key are explored once.
        view: makes of a step what memory and properties are given; the step itself, if
            nothing else is said.
        remember: gives what to remember of the way after a step; it is part of the key.
        properties: what every step must have.
        observe: names what is worth counting in a step, ``None`` where nothing is.
        group: tells which rows are one row of the machine's declaration, with several
            sources. Their conditions are judged together.
    """

    events: Callable[[M, Any], Iterable[tuple[str, Any]]]
    copy: Callable[[M], M]
    key: Callable[[M, Any], Hashable]
    view: Callable[[Step[M]], Any] = lambda step: step
    remember: Callable[[Any], Any] = lambda view: None
    properties: tuple[Property, ...] = ()
    observe: Callable[[Any], Hashable | None] = lambda view: None
    group: Callable[[Row], Hashable] = lambda row: row


def explore(
    table: Table,
    starts: Iterable[tuple[M, Any]],
    world: World[M],
    *,
    until_broken: bool = False,
    limit: int = LIMIT,
) -> Exploration[M]:
    """Explore everything that can happen.

    Two rows of one cell that hold at once are a violation like any other, unless the later
    one asks nothing and leads nowhere: such a row says "otherwise". So is an event that is
    not answered because a condition or an effect raises, and a condition that changes the
    model it is asked about.

    It always comes to an end. What comes after a step that broke something is explored for
    the first hundred of them only; and more situations than the limit are a violation too,
    with a shortest way to the first one too many.

    Args:
        table: the machine.
        starts: the models to begin with, each with what is remembered at the beginning.
        world: what happens to them.
        until_broken: stop as soon as something broke.
        limit: how many situations to find at most.
    """
    search = _Search(table, world, until_broken, limit)
    layer = search.begin(starts)
    while layer and not search.over:
        layer = search.follow(layer)
    return search.found


class _Search(Generic[M]):
    """One exploration while it goes on.

    Args:
        table: the machine.
        world: what happens to its models.
        until_broken: stop as soon as something broke.
        limit: how many situations to find at most.
    """

    def __init__(self, table: Table, world: World[M], until_broken: bool, limit: int) -> None:
        self.table = table
        self.world = world
        self.until_broken = until_broken
        self.limit = limit
        self.found: Exploration[M] = Exploration()
        self.broken: set[str] = set()
        self.followed = 0  # broken steps
        # How each situation was come into: from which other, by which event.
        self.came: dict[Hashable, tuple[Hashable, Any] | None] = {}
        self.begun: dict[Hashable, M] = {}
        for cell in table:
            self.found.requirements.setdefault(cell.trigger, Evidence(cell.preconditions))
            for row in cell.rows:
                self.found.evidence.setdefault(world.group(row), Evidence(row.guards))

    def begin(self, starts: Iterable[tuple[M, Any]]) -> list[_Situation[M]]:
        """Return the situations to begin with."""
        layer = []
        for model, memory in starts:
            key = self.world.key(model, memory)
            if key not in self.came:
                self.came[key] = None
                self.begun[key] = model
                layer.append((key, model, memory))
        return layer

    @property
    def over(self) -> bool:
        """Whether there is nothing more to look for."""
        return len(self.came) > self.limit or (self.until_broken and bool(self.broken))

    def follow(self, layer: list[_Situation[M]]) -> list[_Situation[M]]:
        """Try every event in situations of one distance, and return those that are new."""
        following = []
        for key, model, memory in layer:
            self.found.situations += 1
            self.found.visited.add(model.state)  # type: ignore[attr-defined]
            untouched = self.world.copy(model)
            for trigger, event in self.world.events(model, memory):
                after, remembered, breaks = self._try(key, model, memory, trigger, event)
                if self.over:
                    return []
                if after is model and remembered == memory:
                    continue
                if breaks and self.followed == _FOLLOWED:
                    continue
                next_key = self.world.key(after, remembered)
                if next_key not in self.came:
                    self.came[next_key] = (key, event)
                    self.followed += breaks
                    following.append((next_key, after, remembered))
                    if self.over:
                        self._report(*_endless(self.limit), key, event)
                        return []
            if self.world.key(model, memory) != key:
                self._blame(key, untouched, memory)
        return following

    def _blame(self, key: Hashable, untouched: M, memory: Any) -> None:
        """Find the event that cannot be asked about without changing the model."""
        for trigger, event in self.world.events(untouched, memory):
            model = self.world.copy(untouched)
            cell = self.table.cell(model, trigger)
            with suppress(Exception):  # which was reported when it was tried first
                _tried(cell, model, event, self.found, self.world.group)
            if self.world.key(model, memory) != key:
                break
        # If it is none of them alone, the last one is as good as any.
        self._report(*_meddling(cell), key, event)

    def _try(
        self, key: Hashable, model: M, memory: Any, trigger: str, event: Any
    ) -> tuple[M, Any, bool]:
        """Try one event; return the model and the memory after it, and whether it broke."""
        world, found = self.world, self.found
        cell = self.table.cell(model, trigger)
        found.steps += 1
        after = model
        try:
            decision, rivals = _tried(cell, model, event, found, world.group)
            if isinstance(decision, Row):
                after = world.copy(model)
                decision.apply(after, event)
        except Exception as error:
            self._report(*_unanswered(cell, error), key, event)
            return model, memory, True
        breaks = bool(rivals)
        if rivals:
            self._report(*_overlap(cell, rivals), key, event)
        if isinstance(decision, Row):
            found.taken[decision] += 1
            if decision.target not in (None, decision.source):
                found.left.add(decision.source)
        view = world.view(Step(model, memory, trigger, event, decision, after))
        if (thing := world.observe(view)) is not None:
            found.observed[thing] += 1
        for each in world.properties:
            try:
                what = each.broken(view)
            except Exception as error:  # what the property relies on does not hold either
                what = f"it cannot be judged: {type(error).__name__}: {error}"
            if what is not None:
                breaks = True
                self._report(each.name, each.rules, what, key, event)
        return after, world.remember(view), breaks

    def _report(
        self, name: str, rules: tuple[str, ...], what: str, key: Hashable, event: Any
    ) -> None:
        # The first way to break a property is a shortest one; the others add nothing.
        if name in self.broken:
            return
        self.broken.add(name)
        events = [event]
        while (origin := self.came[key]) is not None:
            key, event = origin
            events.append(event)
        violation = Violation(name, rules, what, self.begun[key], tuple(reversed(events)))
        self.found.violations.append(violation)


def _tried(
    cell: Cell,
    model: Any,
    event: Any,
    found: Exploration[Any],
    group: Callable[[Row], Hashable],
) -> tuple[Row | Refusal, list[Row]]:
    """Ask every condition of a cell, and return what is decided and which rows hold."""
    answers = _answers(cell.preconditions, model, event)
    found.requirements[cell.trigger].answers.add(answers)
    if not all(answers):
        return next(no for (_, _, no), let in zip(cell.asks, answers, strict=True) if not let), []
    taken: list[Row] = []
    reason: Refusal | None = None
    for row in cell.rows:
        answers = _answers(row.guards, model, event)
        found.evidence[group(row)].answers.add(answers)
        if all(answers):
            taken.append(row)
        elif reason is None:
            reason = row.asks[answers.index(False)][2]
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
            # One that came before says no; this one relies on a yes.
            answers.append(None)
    return tuple(answers)


def _overlap(cell: Cell, rivals: list[Row]) -> tuple[str, tuple[str, ...], str]:
    names = " and ".join(str(cell.rows.index(row) + 1) for row in rivals)
    where = f"'{cell.trigger}' in '{cell.state}'"
    return f"the rows of {where} exclude each other", (), f"rows {names} of {where} both hold"


def _unanswered(cell: Cell, error: Exception) -> tuple[str, tuple[str, ...], str]:
    where = f"'{cell.trigger}' in '{cell.state}'"
    return "every event is answered", (), f"{where} raises {type(error).__name__}: {error}"


def _meddling(cell: Cell) -> tuple[str, tuple[str, ...], str]:
    where = f"'{cell.trigger}' in '{cell.state}'"
    return "to ask changes nothing", (), f"to ask about {where} changes the model"


def _endless(limit: int) -> tuple[str, tuple[str, ...], str]:
    what = f"more than {limit} situations: the model seems to grow without end"
    return "the situations come to an end", (), what
