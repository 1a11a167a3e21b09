"""The whole verification: every setting, every console, every meeting."""

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
from fsm.verify import console, meetings, plans, stop_table
from fsm.verify.broken import Broken
from fsm.verify.findings import Explored, Findings, explored, name_of
from fsm.verify.ledger import Ledger


@attrs.define
class Report:
    """What was verified, and what does not hold.

    Args:
        participants: how many could be in a meeting at once.
        resolved: what all settings lead to.
        policy: what was seen of the policy machine.
        recording: what was seen of the recording machine.
        stuck: for each plan, the states a meeting never leaves once it is there.
    """

    participants: int
    resolved: plans.Resolved
    policy: Findings
    recording: Findings
    stuck: dict[Plan, frozenset[str]] = attrs.field(factory=dict)

    @property
    def stop_table(self) -> dict[tuple[Starter, bool], frozenset[str]]:
        """The stop table of R16 as the exploration found it."""
        return stop_table.found(cast(Iterable[stop_table.Ending], self.recording.observed))

    @property
    def violations(self) -> list[Broken]:
        """Everything that does not hold, the shortest way first."""
        differs = [
            f"started by {starter}, host {'may' if may_pause else 'may not'} pause: "
            f"{_listed(found)}, the rules say {_listed(wanted)}"
            for (starter, may_pause), wanted in stop_table.RULE.items()
            if (found := self.stop_table[starter, may_pause]) != wanted
        ]
        broken = [
            *self.resolved.broken,
            *self.policy.broken.values(),
            *self.recording.broken.values(),
        ]
        if differs and self.participants > 1:  # one alone leaves nobody behind
            name = "The stop table is the one of the rules"
            where = "the stop table of this report, which the explored meetings show"
            broken.append(Broken(name, ("R16",), "; ".join(differs), None, begins=where))
        return sorted(broken, key=lambda each: len(each.events))

    @property
    def gaps(self) -> list[str]:
        """Rows that are never taken and conditions that never decide."""
        return [
            *(f"policy: {each}" for each in self.policy.gaps()),
            *(f"recording: {each}" for each in self.recording.gaps()),
        ]


def tasks(report: Report) -> Iterator[tuple[Plan, MeetingSettings, int]]:
    """Yield each plan to explore, settings that lead to it, and how many are in its meetings.

    Whose word a plan is should change nothing. So of plans that differ in nothing else the
    first is explored with everybody, and the others with one participant.

    Args:
        report: what the settings lead to, and how many may be there at once.
    """
    known = set()
    for plan, opening in report.resolved.plans.items():
        effect = plans.effect(plan)
        yield plan, opening, 1 if effect in known else report.participants
        known.add(effect)


def explore_plan(plan: Plan, opening: MeetingSettings, participants: int) -> Explored:
    """Explore every meeting under one plan.

    Args:
        plan: the plan.
        opening: settings that lead to it.
        participants: how many may be there at once.
    """
    start = [(RecordingModel(plan), Ledger())]
    world, limit = meetings.world(participants), meetings.limit(participants)
    found = explore(RECORDING.table, start, world, max_situations=limit)
    return explored(RECORDING.table, found, opening)


def begin(participants: int) -> Report:
    """Verify the plans and the policy machine, and prepare for the meetings.

    Args:
        participants: how many may be in a meeting at once.
    """
    policy = Findings.of(POLICY.table, console.WORLD, _names(POLICY.table))
    found = explore(POLICY.table, console.starts(), console.WORLD)
    policy.add(explored(POLICY.table, found, None, console.begins))
    recording = Findings.of(RECORDING.table, meetings.world(participants), _names(RECORDING.table))
    return Report(participants, plans.resolve_all(), policy, recording)


def add(report: Report, plan: Plan, found: Explored) -> None:
    """Put what was seen under one plan into the report."""
    report.recording.add(found)
    if found.stuck:
        report.stuck[plans.effect(plan)] = found.stuck


def verify(participants: int) -> Report:
    """Verify everything, one plan after another.

    Args:
        participants: how many may be in a meeting at once.
    """
    report = begin(participants)
    for plan, opening, most in tasks(report):
        add(report, plan, explore_plan(plan, opening, most))
    return report


def _names(table: Table) -> Iterator[str]:
    """Yield a name for each row of the declaration, in the order of its first source."""
    named: dict[object, str] = {}
    for row in table.rows:
        named.setdefault(_declared(row), name_of(row))
    return iter(named.values())


def _declared(row: Row) -> object:
    return getattr(row.info, "row", row.info)


def _listed(causes: Iterable[str]) -> str:
    return " · ".join(sorted(causes)) or "never"
