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
from fsm.recording.model import Participant
from fsm.recording.table import STATES
from fsm.scenario import PlayedStep, Scenario, open_meeting, play
from fsm.scenario.model import specified
from fsm.scenario.play import commands_data, describe_commands, describe_timers
from fsm.scenario.write import step_words
from fsm.translation import Translator
from fsm.translation.explanations import explanation_text


def play_as_text(scenario: Scenario, translate: Translator, *, pause: bool) -> list[PlayedStep]:
    """Plays a scenario and prints its steps as a table.

    Args:
        scenario: the scenario.
        translate: the translation of its texts.
        pause: whether to wait for a key between steps, and show the machine after each.

    Returns:
        The played steps: all of them, unless the user left.
    """
    meeting = open_meeting(scenario)
    print_scenario_head(scenario, scenario.resolve(), translate)
    if pause:
        played = _play_with_pauses(scenario, meeting, translate)
    else:
        played = list(play(scenario, meeting, explained=True, translate=translate))
        headings = ("event", "state", "rule", "recorder, or why not")
        rows = [_row(step, translate) for step in played]
        print_columns(rows, ("", *map(translate, headings), ""))
    _print_summary(played, meeting.state, len(scenario.steps), translate)
    return played


def _play_with_pauses(
    scenario: Scenario, meeting: Meeting, translate: Translator
) -> list[PlayedStep]:
    _print_machine(meeting, None, translate)
    played: list[PlayedStep] = []
    steps = play(scenario, meeting, explained=True, translate=translate)
    while len(played) < len(scenario.steps):
        prompt = translate.fill(
            "{count}/{total} any key: next step, q: quit ",
            count=len(played), total=len(scenario.steps),
        )  # fmt: skip
        if _key(prompt) == "q":
            break
        played.append(next(steps))
        _print_machine(meeting, played[-1], translate)
    return played


def _key(prompt: str) -> str:
    # A pipe has no keys, and its bytes may be the scenario itself.
    if sys.stdin is None or not sys.stdin.isatty():
        return ""
    click.echo(prompt, nl=False, err=True)
    key = click.getchar()
    click.echo("", err=True)
    return key


def _row(step: PlayedStep, translate: Translator) -> list[Parts]:
    """Returns the cells of a step: number, event, state, rules, answer, expectation."""
    outcome = step.outcome
    return [
        [(str(step.number), "")],
        _event_cell(step, translate),
        _state_cell(outcome, translate),
        [(" ".join(outcome.rules), "magenta")],
        [_answer(step, translate)],
        [_expectation(step)],
    ]


def _event_cell(step: PlayedStep, translate: Translator) -> Parts:
    trigger, _, values = step_words(step.step.written, translate).partition(" ")
    return [(trigger, "bold"), (printable(f" {values}"), "")]


def _state_cell(outcome: Outcome, translate: Translator) -> Parts:
    before, after = (
        (translate.name("state", state), STATE_STYLES[state])
        for state in (outcome.before, outcome.state)
    )
    return [after] if after == before else [before, (" → ", "dim"), after]


def _answer(step: PlayedStep, translate: Translator) -> Part:
    outcome = step.outcome
    if outcome.refused is not None:
        reason = translate.name("reason", outcome.refused)
        return translate.fill("refused: {reason}", reason=reason), "yellow"
    words = []
    if outcome.recorder:
        words.append(describe_commands(commands_data(outcome), translate))
    if step.timers:
        words.append(describe_timers(step.timers, translate))
    if words:
        return printable(translate("; ").join(words)), "red" if outcome.recorder else "cyan"
    if step.why is not None and isinstance(step.step.event, Join):
        failed = [attempt.failed for attempt in step.why.missed if attempt.failed is not None]
        if failed:
            guards = translate(" or ").join(translate(each.guard.label) for each in failed)
            return translate.fill("starts nothing: needs {guards}", guards=guards), "dim"
    return "", ""


def _expectation(step: PlayedStep) -> Part:
    if step.unexpected:
        lines = "\n".join(f"✗ {printable(sentence)}" for sentence in step.unexpected)
        return lines, "bold white on red"
    return "✓" if specified(step.step.expect) else "", "green"


def _print_summary(played: list[PlayedStep], state: str, total: int, translate: Translator) -> None:
    failed = sum(1 for step in played if step.unexpected)
    expected = sum(1 for step in played if specified(step.step.expect))
    steps = "1 step, ends {state}" if total == 1 else "{total} steps, ends {state}"
    if len(played) < total:
        steps = "left after {count} of {total} steps"
    holds = ", the expectation holds" if expected == 1 else ", all {expected} expectations hold"
    texts = [(steps, "dim")]
    if failed:
        texts.append((", {failed} of {expected} expectations failed", "bold red"))
    elif expected:
        texts.append((holds, "green"))
    values = {
        "count": len(played), "total": total, "failed": failed, "expected": expected,
        "state": translate.name("state", state),
    }  # fmt: skip
    parts = [(translate.fill(text, **values), style) for text, style in texts]
    print_line(*parts)
    print_line()


def _print_machine(meeting: Meeting, played: PlayedStep | None, translate: Translator) -> None:
    """Prints the machine between two steps: its state, and the commands of each participant."""
    if played is not None:
        print_columns([_row(played, translate)])
        if played.why is not None:
            print_line(
                (f"   {printable(explanation_text(played.why, translate))}", "dim"), indent=5
            )
        for timer, milliseconds in played.remaining.items():
            text = translate(timers.describe_timer(timer, meeting.plan, milliseconds))
            print_line((f"   {text}", "cyan"), indent=5)
    states: list[Part] = []
    for state in STATES:
        current = state == meeting.state
        name = translate.name("state", state)
        words = f"[ {name} ]" if current else f"  {name}  "
        states += [(words, STATE_STYLES[state] if current else "dim"), ("  ", "")]
    print_line(*states[:-1])
    for name, participant in meeting.present.items():
        allowed = [
            button for button, permission in meeting.allowed(name).items() if permission.allowed
        ]
        print_line(
            (f"   {_participant_text(name, participant, translate)}  ", ""),
            (_allowed_text(allowed, translate), "dim"),
            indent=5,
        )


def _participant_text(name: str, participant: Participant, translate: Translator) -> str:
    return translate.fill(
        "{participant} ({role}, {platform})",
        participant=printable(name),
        role=translate.name("role", participant.role),
        platform=translate.name("platform", participant.platform),
    )


def _allowed_text(buttons: list[str], translate: Translator) -> str:
    if not buttons:
        return translate("may do nothing now")
    return translate.fill("may {commands}", commands=translate(", ").join(map(translate, buttons)))
