"""``fsm rules``: shows each rule with the rows, guards, code, invariants and tests behind it."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import click
from rich.text import Text

from fsm.cli.data import echo_json
from fsm.cli.errors import printable
from fsm.cli.tables import print_wrapped
from fsm.recording.rules import RULE_IDS
from fsm.translation import LANGS, RULE_TITLES, Lang
from fsm.verify.traceability import Trace, traces


@click.command("rules")
@click.argument("ids", nargs=-1, metavar="[RULE]...")
@click.option("as_json", "--json", is_flag=True, help="Print JSON, one object a rule.")
@click.option("--lang", type=click.Choice(LANGS), default="en", help="The language of the titles.")
def rules_command(ids: tuple[str, ...], as_json: bool, lang: Lang) -> None:
    """Show each rule with the rows, guards, code, invariants, scenarios and tests behind it.

    RULE is an id such as R13; without one, all rules are shown. Scenarios and tests are only
    found in a checkout of the project, as the current folder.
    """
    chosen = {_rule_id(text) for text in ids} or set(RULE_IDS)
    if not (Path.cwd() / "examples" / "scenarios").is_dir():
        click.echo("no scenarios and tests: this folder is no checkout of the project", err=True)
    for trace in traces(Path.cwd()):
        if trace.rule in chosen:
            trace = attrs.evolve(trace, title=RULE_TITLES[lang][trace.rule])
            echo_json(attrs.asdict(trace)) if as_json else _print_text(trace)


def _rule_id(text: str) -> str:
    """Returns the id of a rule written as R9, r9 or r09."""
    match = re.fullmatch("([RD])0*([0-9]+)", text.strip().upper(), re.ASCII)
    rule = "".join(match.groups()) if match else ""
    if rule not in RULE_IDS:
        raise click.UsageError(f"there is no rule '{text}' (there are {_ranges()})")
    return rule


def _ranges() -> str:
    """Returns the ids of all rules in words, as ranges."""
    ranges: list[list[str]] = []
    after = ""
    for rule in RULE_IDS:
        if rule == after:
            ranges[-1][1:] = [rule]
        else:
            ranges.append([rule])
        after = f"{rule[0]}{int(rule[1:]) + 1}"
    *first, last = (" to ".join(each) for each in ranges)
    return f"{', '.join(first)} and {last}"


def _print_text(trace: Trace) -> None:
    title = Text.assemble((f"{trace.rule:4}", "bold magenta"), printable(trace.title))
    print_wrapped(title, indent=4)
    for kind, names in trace.carriers().items():
        for name in names:
            line = Text.assemble((f"     {kind:10}", "dim"), printable(name))
            print_wrapped(line, indent=15)
