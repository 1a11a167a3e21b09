"""The complete verification: all settings, all consoles, all meetings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import attrs

from fsm.engine import Row, Table
from fsm.engine.errors import describe_error
from fsm.engine.exploration import Exploration, PropertyViolation
from fsm.engine.explore import explore
from fsm.engine.variants import Variants
from fsm.recording.console import POLICY, Console
from fsm.recording.machine import RECORDING
from fsm.recording.model import RecordingModel
from fsm.recording.plan import MeetingSettings, Plan
from fsm.verify.findings import Explored, Findings, row_name
from fsm.verify.meeting_space import max_situations, meeting_space
from fsm.verify.plan_invariants import ResolvedSettings, plan_effect, resolve_all
from fsm.verify.policy_space import POLICY_SPACE, describe_console, initial_consoles
from fsm.verify.processes import Watch, explore_beside
from fsm.verify.reference_model import ReferenceModel
from fsm.verify.stop_table import STOP_TABLE, Ending, StopTable, observed_stop_table
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
        unfinished: a violation for each part that ended with an error.
    """

    participants: int
    resolved: ResolvedSettings
    policy: Findings
    recording: Findings
    stuck: dict[Plan, frozenset[str]] = attrs.field(factory=dict)
    unfinished: list[RuleViolation] = attrs.field(factory=list)

    @contextmanager
    def finishing(self, part: str) -> Iterator[None]:
        """Turns an error in a part of the verification into a violation, and keeps the rest."""
        try:
            yield
        except Exception as error:
            self.note_unfinished(part, describe_error(error))

    def note_unfinished(self, part: str, error: str) -> None:
        """Adds the violation for a part of the verification that ended with an error."""
        name = f"The verification of {part} runs to its end"
        start = f"the verification of all {part}"
        self.unfinished.append(RuleViolation(name, (), error, None, start=start))

    @property
    def stop_table(self) -> StopTable:
        """The stop table of R16 as observed."""
        return observed_stop_table(cast(Iterable[Ending], self.recording.observed))

    @property
    def violations(self) -> list[RuleViolation]:
        """All violations, shortest paths first."""
        differences = [
            f"a host {'must' if needs_hosts else 'need not'} remain, "
            f"a host {'may' if may_pause else 'may not'} pause: "
            f"{_join_causes(observed)}, the rules say {_join_causes(expected)}"
            for (needs_hosts, may_pause), expected in STOP_TABLE.items()
            if (observed := self.stop_table[needs_hosts, may_pause]) != expected
        ]
        violations = [
            *self.unfinished,
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


def verify(
    participants: int, watch: Watch = lambda situations, steps: None, *, jobs: int = 1
) -> Report:
    """Verifies everything: plans and forms, the policy machine, the recording machine.

    Args:
        participants: the maximum number of participants of a meeting.
        watch: called again and again with the counts of meetings so far.
        jobs: the number of processes that explore meetings; 1 for this one alone.
    """
    policy = Findings.of(POLICY.table, POLICY_SPACE, _row_names(POLICY.table))
    recording = Findings.of(
        RECORDING.table, meeting_space(participants), _row_names(RECORDING.table)
    )
    report = Report(participants, ResolvedSettings(0, {}, ()), policy, recording)
    with report.finishing("settings"):
        report.resolved = resolve_all()
    with report.finishing("consoles"):
        consoles = explore_consoles()
        violations = [
            _violation(each, None, describe_console(each.start)) for each in consoles.violations
        ]
        policy.add(Explored.of(POLICY.table, consoles, violations))
    families = plan_families(report)
    if jobs > 1:
        found = explore_beside(explore_family, families, jobs, watch)
    else:
        found = (
            explore_family(*family, partial(_add_counts, recording, watch)) for family in families
        )
    with report.finishing("meetings"):
        for explored in found:
            recording.add(explored)
            if explored.error is not None:
                report.note_unfinished("meetings", explored.error)
            report.stuck.update(
                (plan_effect(plan), states) for plan, states in explored.stuck.items() if states
            )
    return report


def _add_counts(recording: Findings, watch: Watch, situations: int, steps: int) -> None:
    watch(recording.situations + situations, recording.steps + steps)


Family = dict[Plan, MeetingSettings]
"""Plans that are explored together, each with settings that lead to it."""


def plan_families(report: Report) -> list[tuple[Family, int]]:
    """Returns the families of plans, each with the number of participants.

    - Plans without timers, and those with both, are explored with all participants, separately,
      because few of their steps are the same.
    - Plans with one timer are explored with one participant, to see that neither needs the other.
    - The source of a plan should not matter. Of plans that differ only in their source, the first
      is explored as above, and the others with one participant.
    """
    firsts: dict[Plan, Plan] = {}
    families: dict[tuple[bool, bool, bool], Family] = {}
    for plan, settings in report.resolved.plans.items():
        is_first = firsts.setdefault(plan_effect(plan), plan) is plan
        timers = plan.grace > 0, plan.end_when_empty is not None
        families.setdefault((is_first, *timers), {})[plan] = settings
    return [
        (plans, report.participants if is_first and timers.count(True) != 1 else 1)
        for (is_first, *timers), plans in families.items()
    ]


def explore_consoles() -> Exploration[Console]:
    """Explores all changes of the console of every edition."""
    return explore(POLICY.table, initial_consoles(), POLICY_SPACE)


def explore_family(family: Family, participants: int, watch: Watch) -> Explored:
    """Explores all meetings under the plans of a family.

    If that ends with an error, the result is what was found until then.

    Args:
        family: the plans.
        participants: the maximum number of participants.
        watch: called after each situation with the counts so far.
    """
    latest = explore(RECORDING.table, (), meeting_space(participants))

    def watch_exploration(found: Exploration[RecordingModel]) -> None:
        nonlocal latest
        latest = found
        watch(found.situations, found.steps)

    error = None
    try:
        latest = explore_plans(family, participants, watch_exploration)
    except Exception as raised:
        error = describe_error(raised)
    violations = [_violation(each, family[each.variant]) for each in latest.violations]
    return Explored.of(RECORDING.table, latest, violations, error)


def explore_plans(
    plans: Iterable[Plan],
    participants: int,
    watch: Callable[[Exploration[RecordingModel]], None] = lambda found: None,
) -> Exploration[RecordingModel]:
    """Explores all meetings under several plans together.

    Args:
        plans: the plans.
        participants: the maximum number of participants.
        watch: called with the exploration so far.
    """
    variants = Variants(plans)
    return explore(
        RECORDING.table,
        [(RecordingModel(variants.shared), ReferenceModel())],
        meeting_space(participants),
        variants=variants,
        max_situations=max_situations(participants),
        watch=watch,
    )


def _violation(
    found: PropertyViolation[Any], settings: MeetingSettings | None, start: str = ""
) -> RuleViolation:
    return RuleViolation(found.name, found.rules, found.problem, settings, found.events, start)


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
