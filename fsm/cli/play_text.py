"""The text of ``fsm play``: a table of the steps, or the machine after each step."""

from __future__ import annotations

import sys

import click

from fsm.cli.errors import printable
from fsm.cli.output import (
    STATE_STYLES,
    Part,
    Parts,
    print_columns,
    print_line,
    print_scenario_head,
)
from fsm.recording import Join, Meeting, Outcome, timers
from fsm.recording.table import STATES
from fsm.scenario import PlayedStep, Scenario, open_meeting, play
from fsm.scenario.model import specified
from fsm.scenario.play import commands_data, describe_commands, describe_timers
from fsm.scenario.write import step_words


def play_as_text(scenario: Scenario, *, pause: bool) -> list[PlayedStep]:
    """Plays a scenario and prints its steps as a table.

    Args:
        scenario: the scenario.
        pause: whether to wait for a key between steps, and show the machine after each.

    Returns:
        The played steps: all of them, unless the user left.
    """
    meeting = open_meeting(scenario)
    print_scenario_head(scenario, scenario.resolve())
    if pause:
        played = _play_with_pauses(scenario, meeting)
    else:
        played = list(play(scenario, meeting, explained=True))
        headings = ("", "event", "state", "rule", "recorder, or why not", "")
        print_columns([_row(step) for step in played], headings)
    _print_summary(played, meeting.state, len(scenario.steps))
    return played


def _play_with_pauses(scenario: Scenario, meeting: Meeting) -> list[PlayedStep]:
    _print_machine(meeting, None)
    played: list[PlayedStep] = []
    steps = play(scenario, meeting, explained=True)
    while len(played) < len(scenario.steps):
        if _key(f"{len(played)}/{len(scenario.steps)} any key: next step, q: quit ") == "q":
            break
        played.append(next(steps))
        _print_machine(meeting, played[-1])
    return played


def _key(prompt: str) -> str:
    # A pipe has no keys, and its bytes may be the scenario itself.
    if sys.stdin is None or not sys.stdin.isatty():
        return ""
    click.echo(prompt, nl=False, err=True)
    key = click.getchar()
    click.echo("", err=True)
    return key


def _row(step: PlayedStep) -> list[Parts]:
    """Returns the cells of a step: number, event, state, rules, answer, expectation."""
    outcome = step.outcome
    return [
        [(str(step.number), "")],
        _event_cell(step),
        _state_cell(outcome),
        [(" ".join(outcome.rules), "magenta")],
        [_answer(step)],
        [_expectation(step)],
    ]


def _event_cell(step: PlayedStep) -> Parts:
    trigger, _, values = step_words(step.step.written).partition(" ")
    return [(trigger, "bold"), (printable(f" {values}"), "")]


def _state_cell(outcome: Outcome) -> Parts:
    before, after = outcome.before, outcome.state
    if after == before:
        return [(before, STATE_STYLES[before])]
    return [(before, STATE_STYLES[before]), (" → ", "dim"), (after, STATE_STYLES[after])]


def _answer(step: PlayedStep) -> Part:
    outcome = step.outcome
    if outcome.refused is not None:
        return f"refused: {outcome.refused}", "yellow"
    words = []
    if outcome.recorder:
        words.append(describe_commands(commands_data(outcome)))
    if step.timers:
        words.append(describe_timers(step.timers))
    if words:
        return printable("; ".join(words)), "red" if outcome.recorder else "cyan"
    if step.why is not None and isinstance(step.step.event, Join):
        failed = [attempt.failed for attempt in step.why.missed if attempt.failed is not None]
        if failed:
            needs = " or ".join(each.guard.label for each in failed)
            return f"starts nothing: needs {needs}", "dim"
    return "", ""


def _expectation(step: PlayedStep) -> Part:
    if step.unexpected:
        lines = "\n".join(f"✗ {printable(sentence)}" for sentence in step.unexpected)
        return lines, "bold white on red"
    return "✓" if specified(step.step.expect) else "", "green"


def _print_summary(played: list[PlayedStep], state: str, total: int) -> None:
    failed = sum(1 for step in played if step.unexpected)
    expected = sum(1 for step in played if specified(step.step.expect))
    steps = f"{total} step{'s' if total != 1 else ''}, ends {state}"
    if len(played) < total:
        steps = f"left after {len(played)} of {total} steps"
    parts = [(steps, "dim")]
    if failed:
        parts.append((f", {failed} of {expected} expectations failed", "bold red"))
    elif expected:
        holds = "the expectation holds" if expected == 1 else f"all {expected} expectations hold"
        parts.append((f", {holds}", "green"))
    print_line(*parts)
    print_line()


def _print_machine(meeting: Meeting, played: PlayedStep | None) -> None:
    """Prints the machine between two steps: its state, and the commands of each participant."""
    if played is not None:
        print_columns([_row(played)])
        if played.why is not None:
            print_line((f"   {printable(str(played.why))}", "dim"))
        for timer, milliseconds in played.remaining.items():
            print_line((f"   {timers.describe_timer(timer, meeting.plan, milliseconds)}", "cyan"))
    states: list[Part] = []
    for state in STATES:
        current = state == meeting.state
        words = f"[ {state} ]" if current else f"  {state}  "
        states += [(words, STATE_STYLES[state] if current else "dim"), ("  ", "")]
    print_line(*states[:-1])
    for name, participant in meeting.present.items():
        allowed = [
            button for button, permission in meeting.allowed(name).items() if permission.allowed
        ]
        print_line(
            (f"   {printable(name)} ({participant.role}, {participant.platform})  ", ""),
            ("may " + ", ".join(allowed) if allowed else "may do nothing now", "dim"),
        )
