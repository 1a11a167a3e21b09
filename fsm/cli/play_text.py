"""The text of ``fsm play``: a table of the steps, or the machine after each step."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click
from rich.console import Console as Terminal
from rich.table import Table as TextTable
from rich.text import Text

from fsm.cli.errors import printable
from fsm.cli.output import (
    STATE_STYLES,
    print_scenario_head,
    print_table,
    terminal,
    text_table,
)
from fsm.recording import Join, Meeting, Outcome
from fsm.recording.table import STATES
from fsm.scenario import PlayedStep, Scenario, open_meeting, play
from fsm.scenario.model import specified
from fsm.scenario.play import commands_data, describe_commands


def play_as_text(scenario: Scenario, *, pause: bool) -> list[PlayedStep]:
    """Plays a scenario and prints its steps as a table.

    Args:
        scenario: the scenario.
        pause: whether to wait for a key between steps, and show the machine after each.

    Returns:
        The played steps: all of them, unless the user left.
    """
    out = terminal()
    meeting = open_meeting(scenario)
    print_scenario_head(out, scenario, scenario.resolve())
    if pause:
        played = _play_with_pauses(out, scenario, meeting)
    else:
        played = list(play(scenario, meeting, explained=True))
        _print_steps(out, played)
    _print_summary(out, played, meeting.state, len(scenario.steps))
    return played


def _play_with_pauses(out: Terminal, scenario: Scenario, meeting: Meeting) -> list[PlayedStep]:
    _print_machine(out, meeting, None)
    played: list[PlayedStep] = []
    steps = play(scenario, meeting, explained=True)
    while len(played) < len(scenario.steps):
        if _key(f"{len(played)}/{len(scenario.steps)} any key: next step, q: quit ") == "q":
            break
        played.append(next(steps))
        _print_machine(out, meeting, played[-1])
    return played


def _key(prompt: str) -> str:
    # A pipe has no keys, and its bytes may be the scenario itself.
    if sys.stdin is None or not sys.stdin.isatty():
        return ""
    click.echo(prompt, nl=False, err=True)
    key = click.getchar()
    click.echo("", err=True)
    return key


def _print_steps(out: Terminal, played: Iterable[PlayedStep]) -> None:
    table = text_table()
    for heading in ("", "event", "state", "rule", "recorder, or why not", ""):
        table.add_column(heading, overflow="fold")
    for step in played:
        _add_step(table, step)
    print_table(out, table)


def _add_step(table: TextTable, step: PlayedStep) -> None:
    outcome = step.outcome
    table.add_row(
        str(step.number),
        _event_text(step),
        _state_text(outcome),
        Text(" ".join(outcome.rules), "magenta"),
        _answer_text(step),
        _expectation_text(step),
    )


def _event_text(step: PlayedStep) -> Text:
    [(trigger, fields)] = step.step.written.items()
    values = " ".join(printable(str(value)) for value in fields.values() if value is not None)
    return Text.assemble((trigger, "bold"), " ", values)


def _state_text(outcome: Outcome) -> Text:
    before, after = outcome.before, outcome.state
    state = Text(before, STATE_STYLES[before])
    if after != before:
        state.append(" → ", "dim").append(after, STATE_STYLES[after])
    return state


def _answer_text(step: PlayedStep) -> Text:
    outcome = step.outcome
    if outcome.refused is not None:
        return Text(f"refused: {outcome.refused}", "yellow")
    if outcome.recorder:
        return Text(printable(describe_commands(commands_data(outcome))), "red")
    if step.why is not None and isinstance(step.step.event, Join):
        failed = [attempt.failed for attempt in step.why.missed if attempt.failed is not None]
        if failed:
            needs = " or ".join(guard.guard.label for guard in failed)
            return Text(f"starts nothing: needs {needs}", "dim")
    return Text("")


def _expectation_text(step: PlayedStep) -> Text:
    if step.unexpected:
        lines = "\n".join(f"✗ {printable(sentence)}" for sentence in step.unexpected)
        return Text(lines, "bold white on red")
    return Text("✓" if specified(step.step.expect) else "", "green")


def _print_summary(out: Terminal, played: list[PlayedStep], state: str, total: int) -> None:
    failed = sum(1 for step in played if step.unexpected)
    expected = sum(1 for step in played if specified(step.step.expect))
    steps = f"{total} step{'s' if total != 1 else ''}, ends {state}"
    if len(played) < total:
        steps = f"left after {len(played)} of {total} steps"
    line = Text(steps, "dim")
    if failed:
        line.append(f", {failed} of {expected} expectations failed", "bold red")
    elif expected:
        holds = "the expectation holds" if expected == 1 else f"all {expected} expectations hold"
        line.append(f", {holds}", "green")
    out.print(line, "\n", sep="")


def _print_machine(out: Terminal, meeting: Meeting, played: PlayedStep | None) -> None:
    """Prints the machine between two steps: its state, and the commands of each participant."""
    states = Text("  ").join(
        Text(f"[ {state} ]" if state == meeting.state else f"  {state}  ",
             STATE_STYLES[state] if state == meeting.state else "dim")
        for state in STATES
    )  # fmt: skip
    if played is not None:
        table = text_table()
        table.show_header = False
        for _ in range(6):
            table.add_column()
        _add_step(table, played)
        print_table(out, table)
        out.print(Text(f"   {printable(str(played.why))}", "dim"))
    out.print(states)
    for name, participant in meeting.present.items():
        line = Text(f"   {printable(name)} ({participant.role}, {participant.platform})  ")
        allowed = [
            button for button, permission in meeting.allowed(name).items() if permission.allowed
        ]
        line.append("may " + ", ".join(allowed) if allowed else "may do nothing now", "dim")
        out.print(line)
