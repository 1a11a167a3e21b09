"""``fsm play``: runs scenarios and prints each step."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from fsm.cli.data import echo_json, load_scenarios
from fsm.cli.errors import make_parent, write_file
from fsm.cli.play_text import play_as_text
from fsm.scenario import PlayedStep, Scenario, open_meeting, play, report


@click.command("play")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("as_json", "--json", is_flag=True, help="Print JSON, one object a line.")
@click.option("--step", is_flag=True, help="Wait for a key between steps and show the machine.")
@click.option("--draw", type=Path, metavar="OUT", help="Draw the trace (.svg or .png).")
def play_command(files: tuple[str, ...], as_json: bool, step: bool, draw: Path | None) -> None:
    """Run scenarios and print each step: its event, state, rule and recorder commands.

    FILE is a scenario file in YAML or JSON; - reads standard input. Exits 1 if an expectation of
    a scenario does not hold.
    """
    if as_json and step:
        raise click.UsageError("--json and --step exclude each other (choose one)")
    if draw is not None and draw.suffix not in (".svg", ".png"):
        raise click.UsageError(f"cannot draw '{draw}' (name a file that ends in .svg or .png)")
    scenarios = load_scenarios(files)
    if draw is not None:
        make_parent(draw)
    failed = 0
    for number, scenario in enumerate(scenarios, start=1):
        played = _play_as_json(scenario) if as_json else play_as_text(scenario, pause=step)
        failed += any(each.unexpected for each in played)
        left = len(played) < len(scenario.steps)
        if draw is not None:
            target = draw
            if len(scenarios) > 1:
                target = draw.with_stem(f"{draw.stem}-{number}")
            write_file(target, _trace_diagram(scenario, played, draw.suffix[1:]))
            click.echo(f"drew {target}", err=as_json)
        if left:  # only with --step, by a key
            break
    if failed:
        sys.exit(1)


def _play_as_json(scenario: Scenario) -> list[PlayedStep]:
    meeting = open_meeting(scenario)
    echo_json(report.header_line(scenario))
    played = []
    for step in play(scenario, meeting):
        played.append(step)
        echo_json(report.step_line(step))
    echo_json(report.summary_line(played, meeting.state))
    return played


def _trace_diagram(scenario: Scenario, played: list[PlayedStep], file_format: str) -> bytes:
    from fsm import diagrams

    diagram = diagrams.diagram(diagrams.diagram_name(scenario.resolve().plan))
    trace = [
        diagrams.TraceStep(
            step.number,
            step.row,
            step.outcome.before,
            step.outcome.refused,
            step.step.event.trigger,
        )
        for step in played
    ]
    return diagrams.render(diagrams.with_trace(diagram, trace), file_format)
