"""``fsm play``: runs scenarios and prints each step."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from fsm.cli.data import echo_json, load_scenarios
from fsm.cli.errors import (
    BadInput,
    count_of,
    make_parent,
    printable,
    replace_file,
    write_file,
)
from fsm.cli.output import language_option
from fsm.cli.play_text import play_as_text
from fsm.scenario import (
    PlayedStep,
    Scenario,
    ScenarioError,
    ScenarioFileError,
    open_meeting,
    play,
    read_file,
    report,
)
from fsm.translation import Lang, Translator


@click.command("play")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("as_json", "--json", is_flag=True, help="Print JSON, one object a line.")
@click.option("--step", is_flag=True, help="Wait for a key between steps and show the machine.")
@click.option("accepts", "--accept", is_flag=True,
              help="Write what happens now into the expectations of the files.")  # fmt: skip
@click.option("--draw", type=Path, metavar="OUT", help="Draw the trace (.svg or .png).")
@click.option("--against", metavar="REV",
              help="Play on a git revision, or on the project in a directory, as well; "
                   "show each step that differs.")  # fmt: skip
@language_option
def play_command(
    files: tuple[str, ...], as_json: bool, step: bool, accepts: bool, draw: Path | None,
    against: str | None, lang: Lang,
) -> None:  # fmt: skip
    """Run scenarios and print each step: its event, state, rule and recorder commands.

    FILE is a scenario file in YAML or JSON; - reads standard input. Exits 1 if an expectation of
    a scenario does not hold, or with --against if a step differs.

    With --accept nothing is printed but the expectations that were changed. Only the values of
    keys that an expectation has are replaced, and the reason of a refusal is added.
    """
    if accepts:
        if as_json or step or draw is not None or against is not None:
            raise click.UsageError(
                "--accept excludes --json, --step, --draw and --against (play afterwards)"
            )
        _accept(files)
        return
    if as_json and step:
        raise click.UsageError("--json and --step exclude each other (choose one)")
    if against is not None and (step or draw is not None):
        raise click.UsageError("--against excludes --step and --draw (leave them out)")
    if draw is not None and draw.suffix not in (".svg", ".png"):
        raise click.UsageError(f"cannot draw '{draw}' (name a file that ends in .svg or .png)")
    scenarios = load_scenarios(files)
    if against is not None:
        from fsm.cli.play_against import play_against

        sys.exit(play_against(scenarios, against, Translator(lang), as_json=as_json))
    if draw is not None:
        from fsm.review.examples import trace_diagram

        make_parent(draw)
    translate = Translator(lang)
    failed = 0
    for number, scenario in enumerate(scenarios, start=1):
        played = (
            _play_as_json(scenario) if as_json else play_as_text(scenario, translate, pause=step)
        )
        failed += any(each.unexpected for each in played)
        left = len(played) < len(scenario.steps)
        if draw is not None:
            target = draw
            if len(scenarios) > 1:
                target = draw.with_stem(f"{draw.stem}-{number}")
            write_file(target, trace_diagram(scenario, played, draw.suffix[1:], lang))
            click.echo(translate.fill("drew {file}", file=target), err=as_json)
        if left:  # only with --step, by a key
            break
    if failed:
        sys.exit(1)


def _accept(files: tuple[str, ...]) -> None:
    """Brings the expectations of files up to date. No file is written if one is faulty."""
    from fsm.scenario.accept import accept

    if "-" in files:
        raise click.UsageError("--accept cannot rewrite standard input (name a file)")
    contents: list[tuple[str, bytes]] = []
    faults = []
    changes = []
    for file in dict.fromkeys(files):
        try:
            content, accepted = accept(read_file(file), file)
        except (ScenarioFileError, ScenarioError) as error:
            faults.append(f"{file}:{error}" if isinstance(error, ScenarioError) else str(error))
            continue
        if accepted:
            contents.append((file, content))
        changes += [
            f"{file}:{each.line}: step {each.step}: {each.key}: {each.before} → {each.now}"
            for each in accepted
        ]
    if faults:
        raise BadInput("\n".join(map(printable, faults)))
    for file, content in contents:
        replace_file(Path(file), content)
    for change in changes:
        click.echo(printable(change))
    summary = f"accepted {count_of(len(changes), 'value')} in {count_of(len(contents), 'file')}"
    click.echo(summary if changes else "nothing to accept: every expectation holds")


def _play_as_json(scenario: Scenario) -> list[PlayedStep]:
    meeting = open_meeting(scenario)
    echo_json(report.header_line(scenario))
    played = []
    for step in play(scenario, meeting):
        played.append(step)
        echo_json(report.step_line(step))
    echo_json(report.summary_line(played, meeting.state))
    return played
