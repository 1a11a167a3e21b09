"""Findings of a verification, combined from explorations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import attrs

from fsm.engine import Row, Table
from fsm.engine.explore import Exploration, GuardEvidence, explore
from fsm.engine.state_space import StateSpace
from fsm.recording.plan import MeetingSettings
from fsm.verify.violation import RuleViolation


@attrs.frozen
class ExplorationResult:
    """The result of one exploration, by the positions of the rows.

    Unlike rows, it can be sent to another process.

    Args:
        situations: the number of situations.
        steps: the number of events tried.
        taken: the number of times each row was taken.
        answers: the answers of the guards, by row of the definition.
        preconditions: the answers of the preconditions, by trigger.
        observed: the number of times each observation was made.
        stuck: the states that were reached and never left.
        violations: the violations.
    """

    situations: int
    steps: int
    taken: tuple[int, ...]
    answers: tuple[frozenset[Any], ...]
    preconditions: dict[str, frozenset[Any]]
    observed: Counter[Hashable]
    stuck: frozenset[str]
    violations: tuple[RuleViolation, ...]


def exploration_result(
    table: Table,
    exploration: Exploration[Any],
    settings: MeetingSettings | None,
    describe_start: Callable[[Any], str] = lambda start: "",
) -> ExplorationResult:
    """Returns the result of an exploration, to be combined with others.

    Args:
        table: the explored table.
        exploration: the exploration.
        settings: the settings of the explored meetings; ``None`` for consoles.
        describe_start: describes the initial model of a path, for consoles.
    """
    return ExplorationResult(
        exploration.situations,
        exploration.steps,
        tuple(exploration.taken[row] for row in table.rows),
        tuple(frozenset(evidence.answers) for evidence in exploration.evidence.values()),
        {
            trigger: frozenset(evidence.answers)
            for trigger, evidence in exploration.preconditions.items()
        },
        exploration.observed,
        frozenset(exploration.visited - exploration.left),
        tuple(
            RuleViolation(
                violation.name,
                violation.rules,
                violation.problem,
                settings,
                violation.events,
                describe_start(violation.start),
            )
            for violation in exploration.violations
        ),
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
        violations: the violations by invariant, each with the shortest path found.
    """

    table: Table
    groups: list[tuple[str, GuardEvidence]]
    preconditions: dict[str, GuardEvidence]
    situations: int = 0
    steps: int = 0
    taken: list[int] = attrs.field(factory=list)
    observed: Counter[Hashable] = attrs.field(factory=Counter)
    violations: dict[str, RuleViolation] = attrs.field(factory=dict)

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
        return cls(table, groups, blank.preconditions, taken=[0] * len(table.rows))

    def add(self, result: ExplorationResult) -> None:
        """Adds the result of an exploration, keeping the shortest path to each violation."""
        self.situations += result.situations
        self.steps += result.steps
        self.taken = [ours + theirs for ours, theirs in zip(self.taken, result.taken, strict=True)]
        for (_, evidence), answers in zip(self.groups, result.answers, strict=True):
            evidence.answers |= answers
        for trigger, answers in result.preconditions.items():
            self.preconditions[trigger].answers |= answers
        self.observed += result.observed
        for violation in result.violations:
            known = self.violations.get(violation.name)
            if known is None or len(violation.events) < len(known.events):
                self.violations[violation.name] = violation

    @property
    def rows_taken(self) -> int:
        """The number of rows that were taken."""
        return sum(1 for count in self.taken if count)

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
            f"{row_name(row)} is never taken"
            for row, count in zip(self.table.rows, self.taken, strict=True)
            if not count
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
