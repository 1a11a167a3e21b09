"""Text output shared by the commands that show scenarios and tables."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console as Terminal
from rich.table import Table as TextTable
from rich.text import Text

from fsm.cli.errors import printable
from fsm.recording import Plan, Resolution
from fsm.scenario import Scenario

STATE_STYLES = {"idle": "cyan", "recording": "bold red", "paused": "yellow", "stopped": "blue"}
_PIPE_WIDTH = 10_000
"""The width without a terminal: nothing is wrapped for a program that reads the output."""


def terminal() -> Terminal:
    """Returns the terminal behind standard output."""
    return Terminal(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def text_table(headings: Iterable[str] = (), *, padding: int = 2, right: str = "") -> TextTable:
    """Returns an empty table in the style of the command.

    Args:
        headings: the headings of its columns.
        padding: blanks between columns.
        right: the heading of a column that is aligned to the right.
    """
    table = TextTable(box=None, pad_edge=False, header_style="dim", padding=(0, padding, 0, 0))
    for heading in headings:
        table.add_column(heading, justify="right" if heading and heading == right else "left")
    return table


def print_table(out: Terminal, table: TextTable) -> None:
    """Prints a table, without trailing blanks in a pipe."""
    if out.width < _PIPE_WIDTH:
        out.print(table)
        return
    # A long cell would add as many blanks to every other line.
    with out.capture() as captured:
        out.print(table)
    for line in captured.get().splitlines():
        out.out(line.rstrip(), highlight=False)


def print_scenario_head(out: Terminal, scenario: Scenario, resolution: Resolution) -> None:
    """Prints the title, the policy status and the plan of a scenario."""
    out.print(Text(printable(scenario.title), "bold"), Text(printable(f"({scenario.file})"), "dim"))
    out.print(f"status {resolution.status} · plan: {describe_plan(resolution.plan)}")
    for reason in resolution.why:
        if reason.endswith("(D7)"):  # a choice that is passed over should be noticed
            out.print(Text(printable(reason), "yellow"))


def describe_plan(plan: Plan) -> str:
    """Describes a plan in one line."""
    source = "nobody chose it" if plan.source == "none" else f"by the {plan.source}"
    if plan.kind is None:
        return f"no auto-recording ({source})"
    starter = "a host's" if plan.started_by == "host" else "anyone's"
    permission = ""
    if plan.kind == "cloud":
        permission = f", the host may {'' if plan.host_may_pause else 'not '}pause"
    return f"{plan.kind}, started by {starter} join{permission} ({source})"
