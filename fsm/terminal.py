"""What the `fsm` command shows on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fsm.recording import Form, Join, Meeting, Outcome, Plan, Resolution
from fsm.recording.table import STATES
from fsm.scenario import PlayedStep, Scenario
from fsm.scenario.play import commands_data, describe_commands
from fsm.traceability import Trace


class BadInput(click.ClickException):
    """Bad input: its message is what the user is shown, nothing around it."""

    exit_code = 2


_STATE_STYLES = {"idle": "cyan", "recording": "bold red", "paused": "yellow", "stopped": "blue"}
_WIDE = 10_000
"""The width where output is no terminal: nothing is wrapped for a program that reads it."""


def console() -> Console:
    """Return the console for standard output."""
    wide = None if sys.stdout.isatty() else _WIDE
    return Console(highlight=False, width=wide)


def plain(text: str) -> str:
    r"""Return a text with everything a terminal might obey written out.

    >>> plain("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def opening(out: Console, scenario: Scenario, resolution: Resolution) -> None:
    """Show the head of a scenario."""
    out.print(Text(plain(scenario.title), "bold"), Text(plain(f"({scenario.file})"), "dim"))
    out.print(f"status {resolution.status} · plan: {plan_in_words(resolution.plan)}")
    for reason in resolution.why:
        if reason.endswith("(D7)"):  # a choice that was passed over should not go unnoticed
            out.print(Text(plain(reason), "yellow"))


def steps(out: Console, played: Iterable[PlayedStep]) -> None:
    """Show steps as a table."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("", "event", "state", "rule", "recorder, or why not", ""):
        table.add_column(heading, overflow="fold")
    for each in played:
        _add(table, each)
    _print(out, table)


def _print(out: Console, table: Table) -> None:
    if out.width < _WIDE:
        out.print(table)
        return
    # One long cell would put as many blanks at the end of every other line.
    with out.capture() as captured:
        out.print(table)
    for line in captured.get().splitlines():
        out.out(line.rstrip(), highlight=False)


def _add(table: Table, played: PlayedStep) -> None:
    outcome = played.outcome
    table.add_row(
        str(played.number),
        event_in_words(played),
        _move(outcome),
        Text(" ".join(outcome.rules), "magenta"),
        _answer(played),
        _verdict(played),
    )


def event_in_words(played: PlayedStep) -> Text:
    """Return an event as one short line."""
    [(trigger, parts)] = played.step.written.items()
    values = " ".join(plain(str(value)) for value in parts.values() if value is not None)
    return Text.assemble((trigger, "bold"), " ", values)


def _move(outcome: Outcome) -> Text:
    before, after = outcome.before, outcome.state
    state = Text(before, _STATE_STYLES[before])
    if after != before:
        state.append(" → ", "dim").append(after, _STATE_STYLES[after])
    return state


def _answer(played: PlayedStep) -> Text:
    outcome = played.outcome
    if outcome.refused is not None:
        return Text(f"refused: {outcome.refused}", "yellow")
    if outcome.recorder:
        return Text(plain(describe_commands(commands_data(outcome))), "red")
    missed = [
        attempt.failed.guard.label for attempt in played.why.missed if attempt.failed is not None
    ]
    if missed and isinstance(played.step.event, Join):
        return Text(f"starts nothing: needs {' or '.join(missed)}", "dim")
    return Text("")


def _verdict(played: PlayedStep) -> Text:
    if played.unexpected:
        return Text(
            "\n".join(f"✗ {plain(each)}" for each in played.unexpected), "bold white on red"
        )
    return Text("✓" if played.step.expect.given else "", "green")


def closing(out: Console, played: list[PlayedStep], state: str, of: int) -> None:
    """Show how a scenario ended.

    Args:
        out: where to show it.
        played: the steps that were played.
        state: the state after them.
        of: how many there were to play.
    """
    failed = sum(1 for each in played if each.unexpected)
    expected = sum(1 for each in played if each.step.expect.given)
    steps = f"{of} step{'s' if of != 1 else ''}, ends {state}"
    line = Text(steps if len(played) == of else f"left after {len(played)} of {of} steps", "dim")
    if failed:
        line.append(f", {failed} of {expected} expectations failed", "bold red")
    elif expected:
        holds = "the expectation holds" if expected == 1 else f"all {expected} expectations hold"
        line.append(f", {holds}", "green")
    out.print(line, "\n", sep="")


def machine(out: Console, meeting: Meeting, played: PlayedStep | None) -> None:
    """Show the machine between two steps: where it is, who is there, who may do what."""
    states = Text("  ").join(
        Text(f"[ {state} ]" if state == meeting.state else f"  {state}  ",
             _STATE_STYLES[state] if state == meeting.state else "dim")
        for state in STATES
    )  # fmt: skip
    if played is not None:
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for _ in range(6):
            table.add_column()
        _add(table, played)
        _print(out, table)
        out.print(Text(f"   {plain(str(played.why))}", "dim"))
    out.print(states)
    for name, participant in meeting.present.items():
        line = Text(f"   {plain(name)} ({participant.role}, {participant.platform})  ")
        may = [button for button, each in meeting.allowed(name).items() if each.allowed]
        line.append("may " + ", ".join(may) if may else "may do nothing now", "dim")
        out.print(line)


def plan(out: Console, scenario: Scenario) -> None:
    """Show how a scenario's plan comes about."""
    resolution = scenario.resolve()
    opening(out, scenario, resolution)
    out.print(f"form: {_form_in_words(resolution.form)}")
    for reason in resolution.why:
        out.print(Text(f"  · {plain(reason)}", "dim"))
    out.print()


def plan_in_words(plan: Plan) -> str:
    """Return a plan as one line."""
    if plan.kind is None:
        return f"no auto-recording ({_said(plan)})"
    starter = "a host's" if plan.started_by == "host" else "anyone's"
    permission = ""
    if plan.kind == "cloud":
        permission = f", the host may {'' if plan.host_may_pause else 'not '}pause"
    return f"{plan.kind}, started by {starter} join{permission} ({_said(plan)})"


def _said(plan: Plan) -> str:
    return "nobody chose it" if plan.source == "none" else f"by the {plan.source}"


def _form_in_words(form: Form) -> str:
    if not form.visible:
        return "not shown"
    options = ", ".join(f"{'◉' if each == form.selected else '○'} {each}" for each in form.options)
    changeable = "" if form.editable else " (locked: ask the admin)"
    return f"{'☑' if form.ticked else '☐'} auto-record: {options}{changeable}"


def rules(out: Console, traces: Iterable[Trace]) -> None:
    """Show each rule with what carries it."""
    for trace in traces:
        out.print(Text.assemble((f"{trace.rule:4}", "bold magenta"), plain(trace.title)))
        for heading, entries in trace.carriers().items():
            for entry in entries:
                out.print(Text.assemble((f"     {heading:10}", "dim"), plain(entry)))
