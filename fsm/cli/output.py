"""Text output of the commands that show scenarios.

A terminal gets styles and folded columns. A pipe gets the same text without them, and without
importing the terminal library, which would take longer than playing a scenario.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import zip_longest
from typing import get_args

import click

from fsm.cli.errors import printable
from fsm.recording import Plan, Resolution
from fsm.recording.plan import STARTER_WORDS
from fsm.recording.vocabulary import KINDS_WITH_OPTIONS, Source, State, check_complete
from fsm.scenario import Scenario
from fsm.translation import LANGS, Translator

STATE_STYLES = {"idle": "cyan", "recording": "bold red", "paused": "yellow", "stopped": "blue"}
check_complete(STATE_STYLES, get_args(State), "STATE_STYLES in fsm/cli/output.py", "its style")
SOURCE_WORDS: dict[Source, str] = {
    "console": "by the console",
    "booking": "by the booking",
    "user": "by the user",
    "none": "nobody chose it",
}
check_complete(SOURCE_WORDS, get_args(Source), "SOURCE_WORDS in fsm/cli/output.py", "its words")

language_option = click.option(
    "--lang", type=click.Choice(LANGS), default="en", show_default=True,
    help="The language of the text; JSON has none.",
)  # fmt: skip
"""The option of commands whose text is also in Chinese."""

Part = tuple[str, str]
"""A text and its style."""
Parts = Sequence[Part]
"""The text of a line or of a cell."""


def print_line(*parts: Part, indent: int = 0) -> None:
    """Prints a line.

    Args:
        parts: its text.
        indent: the columns by which a terminal indents the rest of a line that it wraps.
    """
    if _is_plain():
        print(_plain_text(parts), flush=True)
        return
    from fsm.cli.tables import print_wrapped, rich_text

    print_wrapped(rich_text(parts), indent)


def print_columns(rows: Sequence[Sequence[Parts]], headings: Sequence[str] = ()) -> None:
    """Prints rows in columns.

    Args:
        rows: the cells of each row.
        headings: the headings of the columns; empty for no line of headings.
    """
    if _is_plain():
        _print_plain_columns([[[(heading, "")] for heading in headings], *rows])
        return
    from fsm.cli.tables import rich_text, terminal, text_table

    table = text_table()
    table.show_header = bool(headings)
    for heading in headings or [""] * len(rows[0]):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(rich_text(cell) for cell in row))
    terminal().print(table)


def _is_plain() -> bool:
    return not (sys.stdout.isatty() or os.environ.get("FORCE_COLOR"))


def _plain_text(parts: Parts) -> str:
    return "".join(text for text, _ in parts)


def _print_plain_columns(rows: Sequence[Sequence[Parts]]) -> None:
    from rich.cells import cell_len  # Chinese letters are two columns wide

    # A cell may have several lines.
    texts = [[_plain_text(cell).split("\n") for cell in row] for row in rows]
    columns = zip_longest(*texts, fillvalue=[""])
    widths = [max(cell_len(line) for cell in column for line in cell) for column in columns]
    for row in texts:
        for lines in zip_longest(*row, fillvalue=""):
            padded = (
                line + " " * (width - cell_len(line))
                for line, width in zip(lines, widths, strict=True)
            )
            print("  ".join(padded).rstrip(), flush=True)


# -- scenarios ----------------------------------------------------------------------------


def print_scenario_head(scenario: Scenario, resolution: Resolution, translate: Translator) -> None:
    """Prints the title, the policy status and the plan of a scenario."""
    file = printable(f"({scenario.file})")
    title = printable(translate.title(scenario.title))
    print_line((title, "bold"), (" ", ""), (file, "dim"), indent=2)
    status = translate.name("status", resolution.status)
    plan = describe_plan(resolution.plan, translate)
    print_line(
        (translate.fill("status {status} · plan: {plan}", status=status, plan=plan), ""), indent=2
    )
    for reason in resolution.why:
        if reason.endswith("(D7)"):  # a choice that is passed over should be noticed
            print_line((printable(translate(reason)), "yellow"), indent=2)


def describe_plan(plan: Plan, translate: Translator) -> str:
    """Describes a plan in one line."""
    source = translate(SOURCE_WORDS[plan.source])
    if plan.kind is None:
        return translate.fill("no auto-recording ({source})", source=source)
    permission = ""
    if plan.kind in KINDS_WITH_OPTIONS:
        permission = f", the host may {'' if plan.host_may_pause else 'not '}pause"
    return translate.fill(
        f"{{kind}}, started by {{who}}'s join{permission} ({{source}})",
        kind=translate.name("kind", plan.kind), source=source,
        who=translate(STARTER_WORDS[plan.started_by]),
    )  # fmt: skip
