"""The report of ``fsm verify``, as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console as Terminal
from rich.table import Table as TextTable
from rich.text import Text

from fsm.cli.errors import count_of, printable
from fsm.cli.tables import text_table
from fsm.recording import Plan
from fsm.verify import Findings, Report, reproduction_steps
from fsm.verify.stop_table import STOP_TABLE


def as_json(report: Report, files: list[Path | None]) -> dict[str, Any]:
    """Returns the report as a JSON object.

    Args:
        report: the report.
        files: the counterexample of each violation.
    """
    return {
        "participants": report.participants,
        "settings": report.resolved.settings,
        "plans": len(report.resolved.effects),
        "machines": {
            name: {
                "situations": findings.situations,
                "transitions": findings.steps,
                "rows": len(findings.table.rows),
                "rows_taken": findings.rows_taken,
                "guards": findings.guards,
                "guards_decided": findings.decided,
            }
            for name, findings in _machines(report)
        },
        "stop_table": [
            {
                "needs_hosts": needs_hosts,
                "host_may_pause": may_pause,
                "stops_when": sorted(causes),
                "rule": sorted(STOP_TABLE[needs_hosts, may_pause]),
            }
            for (needs_hosts, may_pause), causes in report.stop_table.items()
        ],
        "never_left": [
            {
                "plan": attrs.asdict(plan, filter=lambda field, _: field.name != "source"),
                "states": sorted(states),
            }
            for plan, states in report.stuck.items()
        ],
        "violations": [
            {
                "invariant": violation.name,
                "rules": list(violation.rules),
                "problem": violation.problem,
                "events": len(violation.events),
                "file": None if file is None else str(file),
                "reproduce": reproduction_steps(violation),
            }
            for violation, file in zip(report.violations, files, strict=True)
        ],
        "gaps": report.gaps,
    }


def _machines(report: Report) -> tuple[tuple[str, Findings], ...]:
    return (("policy", report.policy), ("recording", report.recording))


def print_report(out: Terminal, report: Report, files: list[Path | None]) -> None:
    """Prints the report.

    Args:
        out: the terminal.
        report: the report.
        files: the counterexample of each violation.
    """
    resolved = report.resolved
    out.print(
        f"up to {report.participants} participants; {resolved.settings} settings "
        f"resolved to {len(resolved.effects)} plans that differ in effect\n"
    )
    out.print(_counts(report))
    for plan, states in report.stuck.items():
        names, plan_text = ", ".join(sorted(states)), _describe_plan(plan)
        out.print(Text(f"a meeting never leaves {names}: {plan_text}", "dim"))
    out.print("\nthe stop table of R16, as observed:")
    out.print(_stop_table(report), "")
    for violation, file in zip(report.violations, files, strict=True):
        rules = ", ".join(violation.rules)
        title = Text.assemble(("violated: ", "bold red"), violation.name)
        out.print(title.append(f" ({rules})" if rules else "", "magenta"))
        after = f", after {count_of(len(violation.events), 'event')}" if violation.events else ""
        out.print(Text(f"   {printable(violation.problem)}{after}"))
        where = reproduction_steps(violation) if file is None else str(file)
        out.print(Text(f"   {printable(where)}", "dim"))
    for gap in report.gaps:
        out.print(Text.assemble(("gap: ", "bold red"), printable(gap)))
    if report.gaps:
        explanation = "a gap is a row that is never taken, or a guard that never decides anything"
        hint = "; a single participant always leaves some" if report.participants == 1 else ""
        out.print(Text(explanation + hint, "dim"))
    style = "bold red" if report.violations or report.gaps else "green"
    violations = count_of(len(report.violations), "violation")
    out.print(Text(f"{violations}, {count_of(len(report.gaps), 'gap')}", style))


def _describe_plan(plan: Plan) -> str:
    kinds = " and ".join(plan.kinds)
    by_hand = f"a host may start {kinds} by hand" if kinds else "nothing can be started by hand"
    grace = f", a grace of {plan.grace} s" if plan.grace else ""
    empty = f", ends when empty for {plan.end_when_empty} s" if plan.end_when_empty else ""
    further = f"{by_hand}{grace}{empty}"
    if plan.kind is None:
        return f"no auto-recording, {further}"
    permission = "" if plan.host_may_pause else ", the host may not pause"
    return f"{plan.kind} started by {plan.started_by}{permission}, {further}"


def _counts(report: Report) -> TextTable:
    table = text_table(("",), padding=3)
    for name, _ in _machines(report):
        table.add_column(name, justify="right")
    machines = [findings for _, findings in _machines(report)]
    table.add_row("situations", *(str(machine.situations) for machine in machines))
    table.add_row("transitions tried", *(str(machine.steps) for machine in machines))
    table.add_row(
        "rows taken",
        *(f"{machine.rows_taken} of {len(machine.table.rows)}" for machine in machines),
    )
    table.add_row(
        "guards with a deciding pair (MC/DC)",
        *(f"{machine.decided} of {machine.guards}" for machine in machines),
    )
    return table


def _stop_table(report: Report) -> TextTable:
    headings = ("a host must remain", "a host may pause", "it stops when", "the rule says")
    table = text_table(headings, padding=3)
    for (needs_hosts, may_pause), causes in report.stop_table.items():
        rule = STOP_TABLE[needs_hosts, may_pause]
        agreement = Text("the same", "green")
        if causes != rule:
            agreement = Text(_join_causes(rule), "bold red")
        answers = ("yes" if answer else "no" for answer in (needs_hosts, may_pause))
        table.add_row(*answers, _join_causes(causes), agreement)
    return table


def _join_causes(causes: Iterable[str]) -> str:
    return " · ".join(sorted(causes)) or "never"
