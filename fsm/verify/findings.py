"""What a verification found, put together from explorations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import attrs

from fsm.engine import Row, Table
from fsm.engine.explore import Exploration, GuardEvidence, StateSpace, explore
from fsm.recording.plan import MeetingSettings
from fsm.verify.broken import Broken


@attrs.frozen
class Explored:
    """What one exploration saw of a table, by the positions of its rows.

    It can be sent from one process to another, which rows cannot.

    Args:
        situations: how many situations there are.
        steps: how many events were tried.
        taken: how often each row was taken.
        answers: for each row of the declaration, the answers of its conditions.
        required: the same for what each trigger requires.
        observed: how often what was to be counted was seen.
        stuck: states that were come into and never left.
        broken: what does not hold.
    """

    situations: int
    steps: int
    taken: tuple[int, ...]
    answers: tuple[frozenset[Any], ...]
    required: dict[str, frozenset[Any]]
    observed: Counter[Hashable]
    stuck: frozenset[str]
    broken: tuple[Broken, ...]


def explored(
    table: Table,
    found: Exploration[Any],
    opening: MeetingSettings | None,
    begins: Callable[[Any], str] = lambda start: "",
) -> Explored:
    """Return what an exploration found, ready to be put together with others.

    Args:
        table: the table that was explored.
        found: what was found.
        opening: the settings it began with, if it was of meetings.
        begins: says in words with what a way begins, if it was not.
    """
    return Explored(
        found.situations,
        found.steps,
        tuple(found.taken[row] for row in table.rows),
        tuple(frozenset(evidence.answers) for evidence in found.evidence.values()),
        {trigger: frozenset(each.answers) for trigger, each in found.preconditions.items()},
        found.observed,
        frozenset(found.visited - found.left),
        tuple(
            Broken(each.name, each.rules, each.problem, opening, each.events, begins(each.start))
            for each in found.violations
        ),
    )


@attrs.define
class Findings:
    """What all explorations of one table saw together.

    Args:
        table: the table.
        groups: for each row of the declaration, its name and what its conditions answered.
        requirements: the same for what each trigger requires.
        situations: how many situations there are.
        steps: how many events were tried.
        taken: how often each row was taken.
        observed: how often what was to be counted was seen.
        broken: the promises that do not hold, each with the shortest way to it.
    """

    table: Table
    groups: list[tuple[str, GuardEvidence]]
    requirements: dict[str, GuardEvidence]
    situations: int = 0
    steps: int = 0
    taken: list[int] = attrs.field(factory=list)
    observed: Counter[Hashable] = attrs.field(factory=Counter)
    broken: dict[str, Broken] = attrs.field(factory=dict)

    @classmethod
    def of(cls, table: Table, world: StateSpace[Any], names: Iterable[str]) -> Findings:
        """Begin with nothing seen.

        Args:
            table: the table.
            world: what is to happen to its models.
            names: how each row of the declaration is called.
        """
        blank: Exploration[Any] = explore(table, (), world)
        groups = list(zip(names, blank.evidence.values(), strict=True))
        return cls(table, groups, blank.preconditions, taken=[0] * len(table.rows))

    def add(self, found: Explored) -> None:
        """Put what another exploration saw to the rest; of violations keep the shortest."""
        self.situations += found.situations
        self.steps += found.steps
        self.taken = [ours + theirs for ours, theirs in zip(self.taken, found.taken, strict=True)]
        for (_, evidence), answers in zip(self.groups, found.answers, strict=True):
            evidence.answers |= answers
        for trigger, answers in found.required.items():
            self.requirements[trigger].answers |= answers
        self.observed += found.observed
        for each in found.broken:
            known = self.broken.get(each.name)
            if known is None or len(each.events) < len(known.events):
                self.broken[each.name] = each

    @property
    def rows_taken(self) -> int:
        """How many rows were ever taken."""
        return sum(1 for count in self.taken if count)

    @property
    def conditions(self) -> int:
        """How many conditions there are, in rows and in requirements."""
        return sum(len(each.guards) for _, each in self._evidence())

    @property
    def decided(self) -> int:
        """How many conditions decided something alone."""
        return self.conditions - sum(len(each.undecided()) for _, each in self._evidence())

    def _evidence(self) -> list[tuple[str, GuardEvidence]]:
        return [*self.groups, *((f"'{t}'", each) for t, each in self.requirements.items())]

    def gaps(self) -> list[str]:
        """Name each row that is never taken, and each condition that never decides."""
        found = [
            f"{name_of(row)} is never taken"
            for row, count in zip(self.table.rows, self.taken, strict=True)
            if not count
        ]
        return found + [
            f"condition '{guard.name}' of {name} never decides anything"
            for name, each in self._evidence()
            for guard in each.undecided()
        ]


def name_of(row: Row) -> str:
    """Return how a finding calls a row: no other row of its table is called so."""
    asked = " and ".join(f"{'' if each.wanted else 'not '}'{each.name}'" for each in row.guards)
    leads = f"row '{row.trigger}' from '{row.source}' to '{row.target or row.source}'"
    return f"{leads} when {asked}" if asked else leads
