"""The complete verification: all settings, all consoles, all meetings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import attrs

from fsm.engine import Row, Table
from fsm.engine.explore import explore
from fsm.recording.console import POLICY
from fsm.recording.machine import RECORDING
from fsm.recording.model import RecordingModel
from fsm.recording.plan import MeetingSettings, Plan
from fsm.recording.vocabulary import Starter
from fsm.verify.findings import ExplorationResult, Findings, exploration_result, row_name
from fsm.verify.meeting_space import max_situations, meeting_space
from fsm.verify.plan_invariants import ResolvedSettings, plan_effect, resolve_all
from fsm.verify.policy_space import POLICY_SPACE, describe_console, initial_consoles
from fsm.verify.reference_model import ReferenceModel
from fsm.verify.reference_rules import STOP_TABLE, Ending, observed_stop_table
from fsm.verify.violation import RuleViolation


@attrs.define
class Report:
    """The report of a verification.

    Args:
        participants: the maximum number of participants of a meeting.
        resolved: the plans of all settings.
        policy: the findings for the policy machine.
        recording: the findings for the recording machine.
        stuck: the states that a meeting never leaves, by plan.
    """

    participants: int
    resolved: ResolvedSettings
    policy: Findings
    recording: Findings
    stuck: dict[Plan, frozenset[str]] = attrs.field(factory=dict)

    @property
    def stop_table(self) -> dict[tuple[Starter, bool], frozenset[str]]:
        """The stop table of R16 as observed."""
        return observed_stop_table(cast(Iterable[Ending], self.recording.observed))

    @property
    def violations(self) -> list[RuleViolation]:
        """All violations, shortest paths first."""
        differences = [
            f"started by {starter}, host {'may' if may_pause else 'may not'} pause: "
            f"{_join_causes(observed)}, the rules say {_join_causes(expected)}"
            for (starter, may_pause), expected in STOP_TABLE.items()
            if (observed := self.stop_table[starter, may_pause]) != expected
        ]
        violations = [
            *self.resolved.violations,
            *self.policy.violations.values(),
            *self.recording.violations.values(),
        ]
        if differences and self.participants > 1:  # a single participant leaves nobody behind
            name = "The stop table is the one of the rules"
            where = "the stop table of this report, as observed in the explored meetings"
            violations.append(
                RuleViolation(name, ("R16",), "; ".join(differences), None, start=where)
            )
        return sorted(violations, key=lambda violation: len(violation.events))

    @property
    def gaps(self) -> list[str]:
        """Rows that are never taken, and guards without an MC/DC pair."""
        return [
            *(f"policy: {gap}" for gap in self.policy.gaps()),
            *(f"recording: {gap}" for gap in self.recording.gaps()),
        ]


def exploration_tasks(report: Report) -> Iterator[tuple[Plan, MeetingSettings, int]]:
    """Yields each plan to explore, settings that lead to it, and the number of participants.

    The source of a plan should not matter. Of plans that differ only in their source, the first is
    explored with all participants and the others with one.

    Args:
        report: the report of :func:`begin_verification`.
    """
    known = set()
    for plan, settings in report.resolved.plans.items():
        effect = plan_effect(plan)
        yield plan, settings, 1 if effect in known else report.participants
        known.add(effect)


def explore_plan(plan: Plan, settings: MeetingSettings, participants: int) -> ExplorationResult:
    """Explores all meetings under a plan.

    Args:
        plan: the plan.
        settings: settings that lead to it.
        participants: the maximum number of participants.
    """
    start = [(RecordingModel(plan), ReferenceModel())]
    exploration = explore(
        RECORDING.table,
        start,
        meeting_space(participants),
        max_situations=max_situations(participants),
    )
    return exploration_result(RECORDING.table, exploration, settings)


def begin_verification(participants: int) -> Report:
    """Verifies plans and policy machine, and prepares the exploration of meetings.

    Args:
        participants: the maximum number of participants of a meeting.
    """
    policy = Findings.of(POLICY.table, POLICY_SPACE, _row_names(POLICY.table))
    exploration = explore(POLICY.table, initial_consoles(), POLICY_SPACE)
    policy.add(exploration_result(POLICY.table, exploration, None, describe_console))
    space = meeting_space(participants)
    recording = Findings.of(RECORDING.table, space, _row_names(RECORDING.table))
    return Report(participants, resolve_all(), policy, recording)


def add_result(report: Report, plan: Plan, result: ExplorationResult) -> None:
    """Adds the result of exploring a plan to the report."""
    report.recording.add(result)
    if result.stuck:
        report.stuck[plan_effect(plan)] = result.stuck


def verify(participants: int) -> Report:
    """Verifies everything, one plan after another.

    Args:
        participants: the maximum number of participants of a meeting.
    """
    report = begin_verification(participants)
    for plan, settings, maximum in exploration_tasks(report):
        add_result(report, plan, explore_plan(plan, settings, maximum))
    return report


def _row_names(table: Table) -> Iterator[str]:
    """Returns a name of each row of the definition, in the order of its first source."""
    names: dict[object, str] = {}
    for row in table.rows:
        names.setdefault(_definition(row), row_name(row))
    return iter(names.values())


def _definition(row: Row) -> object:
    return getattr(row.info, "row", row.info)


def _join_causes(causes: Iterable[str]) -> str:
    return " · ".join(sorted(causes)) or "never"
