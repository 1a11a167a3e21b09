"""Findings of a verification, combined from explorations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Any

import attrs

from fsm.engine import Row, Table
from fsm.engine.evidence import Answers, GuardEvidence
from fsm.engine.exploration import Exploration
from fsm.engine.explore import explore
from fsm.engine.state_space import StateSpace
from fsm.recording.plan import Plan
from fsm.verify.violation import RuleViolation


@attrs.frozen
class Explored:
    """The result of an exploration as plain data, which another process can send.

    Args:
        situations: the number of situations.
        steps: the number of events tried.
        taken: the number of times each row of the table was taken.
        answers: the guards' answers of each row of the definition.
        preconditions: the preconditions' answers by trigger.
        observed: the number of times each observation was made.
        stuck: the states that occurred and were never left, by plan.
        violations: the violations, a shortest path to each first.
        error: the error that ended the exploration early; ``None`` if it is complete.
    """

    situations: int
    steps: int
    taken: tuple[int, ...]
    answers: tuple[set[Answers], ...]
    preconditions: dict[str, set[Answers]]
    observed: Counter[Hashable]
    stuck: dict[Plan, frozenset[str]]
    violations: tuple[RuleViolation, ...]
    error: str | None = None

    @classmethod
    def of(
        cls,
        table: Table,
        exploration: Exploration[Any],
        violations: Iterable[RuleViolation],
        error: str | None = None,
    ) -> Explored:
        """Returns the data of an exploration.

        Args:
            table: the explored table.
            exploration: the exploration.
            violations: its violations.
            error: the error that ended it early.
        """
        return cls(
            exploration.situations,
            exploration.steps,
            tuple(exploration.taken[row] for row in table.rows),
            tuple(evidence.answers for evidence in exploration.evidence.values()),
            {trigger: each.answers for trigger, each in exploration.preconditions.items()},
            exploration.observed,
            exploration.stuck,
            tuple(violations),
            error,
        )


@attrs.define
class Findings:
    """The combined results of all explorations of a table.

    Args:
        table: the table.
        groups: name and evidence of each row of the definition.
        preconditions: the evidence of the preconditions, by trigger.
        situations: the number of situations.
        steps: the number of events tried.
        taken: the number of times each row was taken.
        observed: the number of times each observation was made.
        violations: the violations by invariant and rules, each with the shortest path found.
    """

    table: Table
    groups: list[tuple[str, GuardEvidence]]
    preconditions: dict[str, GuardEvidence]
    situations: int = 0
    steps: int = 0
    taken: Counter[Row] = attrs.field(factory=Counter)
    observed: Counter[Hashable] = attrs.field(factory=Counter)
    violations: dict[tuple[str, tuple[str, ...]], RuleViolation] = attrs.field(factory=dict)

    @classmethod
    def of(cls, table: Table, space: StateSpace[Any], names: Iterable[str]) -> Findings:
        """Returns empty findings.

        Args:
            table: the table.
            space: the state space to be explored.
            names: the name of each row of the definition.
        """
        blank: Exploration[Any] = explore(table, (), space)
        groups = list(zip(names, blank.evidence.values(), strict=True))
        return cls(table, groups, blank.preconditions)

    def add(self, explored: Explored) -> None:
        """Adds the result of an exploration, keeping the shortest path to each violation."""
        self.situations += explored.situations
        self.steps += explored.steps
        self.taken += Counter(dict(zip(self.table.rows, explored.taken, strict=True)))
        for (_, ours), answers in zip(self.groups, explored.answers, strict=True):
            ours.answers |= answers
        for trigger, answers in explored.preconditions.items():
            self.preconditions[trigger].answers |= answers
        self.observed += explored.observed
        for violation in explored.violations:
            identity = violation.name, violation.rules
            known = self.violations.get(identity)
            if known is None or len(violation.events) < len(known.events):
                self.violations[identity] = violation

    @property
    def rows_taken(self) -> int:
        """The number of rows that were taken."""
        return len(self.taken)

    @property
    def guards(self) -> int:
        """The number of guards in rows and preconditions."""
        return sum(len(evidence.guards) for _, evidence in self._evidence())

    @property
    def decided(self) -> int:
        """The number of guards with an MC/DC pair."""
        return self.guards - sum(len(evidence.undecided()) for _, evidence in self._evidence())

    def _evidence(self) -> list[tuple[str, GuardEvidence]]:
        return [
            *self.groups,
            *((f"'{trigger}'", evidence) for trigger, evidence in self.preconditions.items()),
        ]

    def gaps(self) -> list[str]:
        """Names each row that is never taken, and each guard without an MC/DC pair."""
        untaken = [
            f"{row_name(row)} is never taken" for row in self.table.rows if not self.taken[row]
        ]
        return untaken + [
            f"guard '{guard.name}' of {name} never decides anything"
            for name, evidence in self._evidence()
            for guard in evidence.undecided()
        ]


def row_name(row: Row) -> str:
    """Returns a name of a row that is unique in its table."""
    guards = " and ".join(f"{'' if guard.wanted else 'not '}'{guard.name}'" for guard in row.guards)
    text = f"row '{row.trigger}' from '{row.source}' to '{row.target or row.source}'"
    return f"{text} when {guards}" if guards else text
