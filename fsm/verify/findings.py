"""Findings of a verification, combined from explorations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Any

import attrs

from fsm.engine import Row, Table
from fsm.engine.explore import Exploration, GuardEvidence, explore
from fsm.engine.state_space import StateSpace
from fsm.verify.violation import RuleViolation


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

    def add(self, exploration: Exploration[Any], violations: Iterable[RuleViolation]) -> None:
        """Adds the result of an exploration, keeping the shortest path to each violation.

        Args:
            exploration: an exploration of the table.
            violations: its violations.
        """
        self.situations += exploration.situations
        self.steps += exploration.steps
        self.taken += exploration.taken
        for (_, ours), theirs in zip(self.groups, exploration.evidence.values(), strict=True):
            ours.answers |= theirs.answers
        for trigger, evidence in exploration.preconditions.items():
            self.preconditions[trigger].answers |= evidence.answers
        self.observed += exploration.observed
        for violation in violations:
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
