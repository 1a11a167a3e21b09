"""The `fsm` command: a thin shell around the scenarios, the pictures and the rules.

Exit codes: 0 on success, 1 where what was checked does not hold, 2 on bad input.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from fsm import __version__, terminal, traceability
from fsm.journal_command import journal_command
from fsm.recording import Meeting
from fsm.recording.rules import RULE_IDS
from fsm.scenario import Played, Scenario, ScenarioFileError, load, opened, play, report
from fsm.serve_command import serve_command, token_command
from fsm.terminal import BadInput

if TYPE_CHECKING:
    from fsm import drawings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fsm")
def cli() -> None:
    """Automatic meeting recording as one explicit state machine."""


for _command in (serve_command, journal_command, token_command):
    cli.add_command(_command)


@cli.command("play")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("as_json", "--json", is_flag=True, help="One JSON object a line.")
@click.option("--step", is_flag=True, help="Wait for a key between steps and show the machine.")
@click.option("--draw", type=Path, metavar="OUT", help="Draw the path taken (.svg or .png).")
def play_command(files: tuple[str, ...], as_json: bool, step: bool, draw: Path | None) -> None:
    """Run scenarios and print each step, the rule that decided it, and what the recorder is told.

    FILE is a scenario file in YAML or JSON; - reads standard input. Exits 1 when an
    expectation of a scenario does not hold.
    """
    if as_json and step:
        raise click.UsageError("--json and --step do not go together (choose one)")
    if draw is not None and draw.suffix not in (".svg", ".png"):
        raise click.UsageError(f"cannot draw '{draw}' (name a file that ends in .svg or .png)")
    scenarios = _load(files)
    if draw is not None:
        _make_folder(draw)
    failed = 0
    for number, scenario in enumerate(scenarios, start=1):
        played = _play_json(scenario) if as_json else _play_shown(scenario, step)
        failed += any(each.unexpected for each in played)
        if draw is not None:
            target = draw
            if len(scenarios) > 1:
                target = draw.with_stem(f"{draw.stem}-{number}")
            _write(target, _drawn_path(scenario, played, draw.suffix[1:]))
            click.echo(f"drew {target}", err=as_json)
    if failed:
        sys.exit(1)


def _play_json(scenario: Scenario) -> list[Played]:
    meeting = opened(scenario)
    _echo_json(report.header(scenario))
    played = []
    for each in play(scenario, meeting):
        played.append(each)
        _echo_json(report.step(each))
    _echo_json(report.summary(played, meeting.state))
    return played


def _play_shown(scenario: Scenario, step: bool) -> list[Played]:
    out = terminal.console()
    meeting = opened(scenario)
    terminal.opening(out, scenario, scenario.resolve())
    if step:
        played = _play_stepped(scenario, meeting)
    else:
        played = list(play(scenario, meeting))
        terminal.steps(out, played)
    terminal.closing(out, played, meeting.state, len(scenario.steps))
    return played


def _play_stepped(scenario: Scenario, meeting: Meeting) -> list[Played]:
    out = terminal.console()
    terminal.machine(out, meeting, None)
    played: list[Played] = []
    steps = play(scenario, meeting)
    while len(played) < len(scenario.steps):
        if _key(f"{len(played)}/{len(scenario.steps)} any key: next step, q: quit ") == "q":
            break
        played.append(next(steps))
        terminal.machine(out, meeting, played[-1])
    return played


def _key(prompt: str) -> str:
    # A pipe has no keys to wait for, and its bytes may be the scenario itself.
    if sys.stdin is None or not sys.stdin.isatty():
        return ""
    click.echo(prompt, nl=False, err=True)
    key = click.getchar()
    click.echo("", err=True)
    return key


def _drawn_path(scenario: Scenario, played: list[Played], file_format: str) -> bytes:
    from fsm import diagrams

    diagram = diagrams.diagram(diagrams.diagram_name(scenario.resolve().plan))
    steps = [
        diagrams.TraceStep(
            each.number,
            each.row,
            each.outcome.before,
            each.outcome.refused,
            each.step.event.trigger,
        )
        for each in played
    ]
    return diagrams.render(diagrams.with_trace(diagram, steps), file_format)


@cli.command("plan")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("as_json", "--json", is_flag=True, help="One JSON object a scenario.")
def plan_command(files: tuple[str, ...], as_json: bool) -> None:
    """Show policy status, booking form and resolved plan of a scenario, with the reasons."""
    for scenario in _load(files):
        if as_json:
            _echo_json(report.plan(scenario))
        else:
            terminal.plan(terminal.console(), scenario)


@cli.command("draw")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-o", "folder", type=Path, metavar="DIR",
              help="Where the pictures go (diagrams; out/changes; out/coverage).")  # fmt: skip
@click.option("--format", "formats", metavar="LIST",
              help="Which of svg, png, dot and mermaid, with commas between.")  # fmt: skip
@click.option("--lang", type=click.Choice(["en", "zh"]), help="The language of the labels.")
@click.option("--check", is_flag=True,
              help="Draw nothing; name each file in DIR that is stale or missing.")  # fmt: skip
@click.option("--against", metavar="VERSION",
              help="Show what changed since a git revision, or since the project in a directory; "
                   "the table it prints is Markdown.")  # fmt: skip
@click.option("--covered-by", multiple=True, metavar="PATH...",
              help="Show how often scenarios took each transition; "
                   "PATH is a scenario file or a directory of them.")  # fmt: skip
def draw_command(
    names: tuple[str, ...], folder: Path | None, formats: str | None, lang: str | None,
    check: bool, against: str | None, covered_by: tuple[str, ...],
) -> None:  # fmt: skip
    """Render the machines: the policy, the recording, and the recording under each plan.

    Without a NAME, a format or a language, DIR becomes the whole gallery, its page included.

    A gap is a transition that no scenario took: --covered-by lists each after "never:".

    Whether each condition decides something by itself (MC/DC) is no matter of scenarios:
    fsm verify finds that out.
    """
    from fsm import drawings

    if check + (against is not None) + bool(covered_by) > 1:
        raise click.UsageError("--check, --against and --covered-by exclude each other")
    if covered_by:
        names, more = drawings.told_apart(names)
        covered_by += more
    choice = drawings.Choice(
        names or None,
        tuple(formats.split(",")) if formats else None,
        cast(Literal["en", "zh"], lang) if lang else None,
    )
    try:
        if check:
            _check(folder or Path("diagrams"), choice)
            return
        if against is not None:
            folder = folder or Path("out/changes")
            drawn = drawings.changes(against, choice)
        elif covered_by:
            folder = folder or Path("out/coverage")
            scenarios = _load(drawings.scenario_files(covered_by))
            drawn = drawings.coverage(scenarios, choice)
        else:
            folder = folder or Path("diagrams")
            drawn = drawings.machines(folder, choice)
    except ValueError as error:
        raise BadInput(f"fsm draw: {error}") from None
    for name, content in drawn.files.items():
        _write(folder / name, content)
        # What is said stands alone on standard output, to be passed on.
        click.echo(f"drew {folder / name}", err=bool(drawn.said))
    click.echo(drawn.said, nl=False)


def _check(folder: Path, choice: drawings.Choice) -> None:
    from fsm import drawings

    faults = drawings.faults(folder, choice)
    for name, fault in faults.items():
        click.echo(f"{folder / name}: {fault}")
    sys.exit(1 if faults else 0)


class _Participants(click.IntRange):
    """How many participants: a number from 1 to 6."""

    def __init__(self) -> None:
        super().__init__(1, 6)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or say in one line what would be one."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a number of participants (give 1 to 6)", param, ctx)


@cli.command("verify")
@click.option("--participants", type=_Participants(), default=3, metavar="N",
              help="How many may be in a meeting at once, 1 to 6 (3).")  # fmt: skip
@click.option("as_json", "--json", is_flag=True, help="One JSON object.")
@click.option("-o", "folder", type=Path, default=Path("out/verify"), metavar="DIR",
              help="Where a violation goes as a scenario file (out/verify).")  # fmt: skip
def verify_command(participants: int, as_json: bool, folder: Path) -> None:
    """Explore every situation that can arise, and hold it against the rules.

    Exits 1 when a rule is broken or when there is a gap.

    A gap is a part of a table that nothing needs: a row that is never taken, or a condition
    that never decides anything. With a single participant there are some.

    MC/DC means that each condition decides by itself: two situations were seen in which only
    its answer differs, and the row is taken in one of them alone.
    """
    from fsm import verification

    try:
        verification.check_writable(folder)
        with verification.processes() as pool:
            found = verification.run_with_progress(participants, pool)
        files = verification.write_scenarios(found.violations, folder)
    except OSError as error:
        raise BadInput(
            f"{folder}: cannot be written: {error.strerror} (name a folder that can be)"
        ) from None
    if as_json:
        _echo_json(verification.as_json(found, files))
    else:
        verification.show(terminal.console(), found, files)
    sys.exit(1 if found.violations or found.gaps else 0)


@cli.command("rules")
@click.argument("ids", nargs=-1, metavar="[RULE]...")
@click.option("as_json", "--json", is_flag=True, help="One JSON object a rule.")
def rules_command(ids: tuple[str, ...], as_json: bool) -> None:
    """Show each rule with what carries it: rows, conditions, code, promises, scenarios, tests.

    RULE is an id such as R13; all are shown where none is given. Scenarios and tests are found
    when it is run in a checkout of the project.
    """
    chosen = {_rule(each) for each in ids} or set(RULE_IDS)
    found = [each for each in traceability.traces(Path.cwd()) if each.rule in chosen]
    if not as_json:
        terminal.rules(terminal.console(), found)
        return
    for trace in found:
        _echo_json({"rule": trace.rule, "title": trace.title, **{
            f"{kind}s" if kind != "code" else kind: list(names)
            for kind, names in trace.carriers().items()
        }})  # fmt: skip


def _rule(written: str) -> str:
    """Return the id of a rule, however it is written: R9, r9 or r09."""
    found = re.fullmatch("([RD])0*([0-9]+)", written.strip().upper(), re.ASCII)
    rule = "".join(found.groups()) if found else ""
    if rule not in RULE_IDS:
        last = {each[0]: each for each in RULE_IDS}
        there = " and ".join(f"{letter}1 to {each}" for letter, each in last.items())
        raise click.UsageError(f"there is no rule '{written}' (there are {there})")
    return rule


def _load(files: tuple[str, ...]) -> list[Scenario]:
    if files.count("-") > 1:
        raise click.UsageError("- is given twice (standard input can be read once)")
    scenarios: list[Scenario] = []
    wrong = []
    for file in files:
        try:
            scenarios += load(file)
        except ScenarioFileError as error:
            wrong.append(str(error))
    if wrong:
        raise BadInput("\n".join(map(terminal.plain, wrong)))
    return scenarios


def _echo_json(data: dict[str, Any]) -> None:
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    click.echo(json.dumps(data, ensure_ascii=not utf8))


def _write(target: Path, content: bytes) -> None:
    _make_folder(target)
    try:
        target.write_bytes(content)
    except OSError as error:
        raise _not_written(target, error) from None


def _make_folder(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(target, error) from None


def _not_written(target: Path, error: OSError) -> click.ClickException:
    return BadInput(f"{target}: cannot be written: {error.strerror} (name a file that can be)")


def main() -> None:
    """Run the command; the entry point that the package installs."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that lacks a letter shows another one; that is no reason to stop.
        sys.stdout.reconfigure(errors="replace")
    try:
        _run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        # Only standard output is left to fail: every file has words of its own.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.close()
        print(f"fsm: the output cannot be written: {error.strerror}", file=sys.stderr)
        sys.exit(2)


def _run() -> None:
    if sys.stdout is None:
        print("fsm: standard output is closed (leave it open)", file=sys.stderr)
        sys.exit(2)
    try:
        cli.main(prog_name="fsm", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", err=True)
        sys.exit(2)
    except click.exceptions.Abort:
        sys.exit(130)
    except BadInput as error:
        click.echo(error.message, err=True)
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"fsm: {' '.join(error.format_message().split())}", err=True)
        sys.exit(2)
