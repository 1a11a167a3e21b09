"""``fsm verify``: explores every reachable situation and checks every rule."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Never

import click
from click.core import ParameterSource

from fsm.cli import verify_report
from fsm.cli.data import echo_json
from fsm.cli.errors import not_writable
from fsm.cli.progress import shown_progress
from fsm.cli.tables import terminal
from fsm.cli.usage import WholeNumber
from fsm.cli.verify_machine import verify_machine
from fsm.scenario import open_meeting, parse, play
from fsm.verify import COUNTEREXAMPLE_MARK, RuleViolation, scenario_of, verify
from fsm.verify.meeting_space import MAX_PARTICIPANTS


@click.command("verify")
@click.argument("machine", required=False, metavar="[MODULE:MACHINE]")
@click.option("--participants", default=3, metavar="N",
              type=WholeNumber("a number of participants", 1, MAX_PARTICIPANTS),
              help="The maximum number of participants of a meeting, 1 to 6 (3).")  # fmt: skip
@click.option("as_json", "--json", is_flag=True, help="Print one JSON object.")
@click.option("-o", "folder", type=Path, default=Path("out/verify"), metavar="DIR",
              help="The folder of the counterexamples (out/verify).")  # fmt: skip
@click.pass_context
def verify_command(
    context: click.Context, machine: str | None, participants: int, as_json: bool, folder: Path
) -> None:
    """Explore every reachable situation, and check it against the rules.

    MODULE:MACHINE is a frozen machine of your own, such as shop.turnstile:machine. With a SPACE in
    its module, every situation of it is explored, else only its definition; see docs/engine.md.

    Exits 1 if there is a violation or a gap.

    A gap is a part of a table without a use: a row that is never taken, or a guard that never
    decides anything. A single participant always leaves some.

    MC/DC means that each guard decides by itself: two situations were found that differ only in
    its answer, and the row is taken in just one of them.
    """
    if machine is not None:
        _verify_machine(context, machine, as_json)
    try:
        _check_writable(folder)
        # An exploration leaves no cycles behind, and looking for them takes a seventh of its time.
        gc.disable()
        try:
            with shown_progress("verifying", "situations", "steps") as watch:
                report = verify(participants, watch, jobs=_jobs(participants))
        finally:
            gc.enable()
        files = write_counterexamples(report.violations, folder)
    except OSError as error:
        raise not_writable(folder, error, "folder") from None
    if as_json:
        echo_json(verify_report.as_json(report, files))
    else:
        verify_report.print_report(terminal(), report, files)
    sys.exit(1 if report.violations or report.gaps else 0)


def _jobs(participants: int) -> int:
    # With fewer participants, all explorations take less time than the start of a process.
    return os.cpu_count() or 1 if participants > 2 else 1


def _verify_machine(context: click.Context, machine: str, as_json: bool) -> Never:
    """Verifies a machine of the user's own, and exits."""
    for option, name in (("--participants", "participants"), ("-o", "folder")):
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"{option} is for the rules of recording, not for '{machine}'")
    report = verify_machine(machine)
    if as_json:
        echo_json(report.as_json())
    else:
        click.echo("\n".join(report.lines()))
    sys.exit(0 if report.sound else 1)


# -- counterexamples ------------------------------------------------------------------------


def _check_writable(folder: Path) -> None:
    """Checks that files can be written to a folder, without leaving a trace.

    Raises:
        OSError: they cannot.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder):
        pass
    for path in missing:
        path.rmdir()


def write_counterexamples(violations: Iterable[RuleViolation], folder: Path) -> list[Path | None]:
    """Writes a scenario file for each violation that a meeting shows.

    Counterexamples of an earlier run are removed.

    Args:
        violations: the violations.
        folder: the folder of the files.

    Returns:
        The file of each violation, ``None`` for a violation without one.

    Raises:
        OSError: a file cannot be written.
    """
    for old in folder.glob("*.yaml"):
        if _is_counterexample(old):
            old.unlink()
    files: list[Path | None] = []
    for violation in violations:
        text = _text_of(violation)
        file = None
        if text is not None and _fails(text):
            folder.mkdir(parents=True, exist_ok=True)
            words = " ".join([violation.name, *violation.rules]).lower()
            name = re.sub("[^a-z0-9]+", "-", words).strip("-")
            file = folder / f"{name}.yaml"
            file.write_text(text, encoding="utf-8")
        files.append(file)
    return files


def _text_of(violation: RuleViolation) -> str | None:
    try:
        return scenario_of(violation)
    except Exception:
        return None  # the reference rules, which say what to expect, may be what is at fault


def _is_counterexample(file: Path) -> bool:
    mark = COUNTEREXAMPLE_MARK.encode()
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(len(mark)) == mark


def _fails(text: str) -> bool:
    """Returns whether `fsm play` reaches an expectation that does not hold."""
    try:
        [scenario] = parse(text.encode())
        return any(step.unexpected for step in play(scenario, open_meeting(scenario)))
    except Exception:
        return False  # `fsm play` could not show it either
