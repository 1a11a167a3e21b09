"""The `fsm journal` command: what is in a service's journal."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from fsm import terminal
from fsm.terminal import BadInput

if TYPE_CHECKING:
    from fsm.runtime import Journal

_FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
_DAY = 24 * 3600 * 1000
_MOST_DAYS = 100_000


@click.group("journal")
def journal_command() -> None:
    """Look into the journal of a service: list, verify, export and prune its meetings.

    All of them may be used while the service runs.
    """


@journal_command.command("list")
@_FILE
@click.option("as_json", "--json", is_flag=True, help="One JSON object a meeting.")
def list_command(file: Path, as_json: bool) -> None:
    """List the meetings in FILE."""
    from fsm import journals

    with _opened(file) as journal:
        if as_json:
            for each in journals.meetings(journal):
                click.echo(json.dumps(attrs.asdict(each)))
        else:
            journals.show(terminal.console(), journal)


@journal_command.command("verify")
@_FILE
def verify_command(file: Path) -> None:
    """Check FILE, and replay every meeting in it. Exits 1 where something is wrong."""
    from fsm import journals

    with _opened(file) as journal:
        wrong = 0
        for fault in journals.faults(journal):
            wrong += 1
            click.echo(f"{file}: {terminal.plain(fault)}")
        meetings = _counted(sum(1 for _ in journals.meetings(journal)), "meeting")
    said = f"wrong in {_counted(wrong, 'place')}" if wrong else "all of it is right"
    click.echo(f"{file}: {meetings}, {said}")
    sys.exit(1 if wrong else 0)


@journal_command.command("export")
@_FILE
@click.argument("meeting", metavar="MEETING")
@click.option("-o", "target", type=Path, metavar="OUT", help="Where it goes (standard output).")
def export_command(file: Path, meeting: str, target: Path | None) -> None:
    """Write MEETING of FILE as a scenario, to be played, stepped through and drawn."""
    from fsm import journals

    with _opened(file) as journal:
        text = journals.scenario(journal, meeting)
    if target is None:
        click.echo(text, nl=False)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"{target}: cannot be written: {error.strerror} (name a file that can be)"
        ) from None


@journal_command.command("prune")
@_FILE
@click.option("--older-than", "days", type=click.FloatRange(0, _MOST_DAYS), required=True,
              metavar="DAYS", help="Forget meetings that were over so many days ago.")  # fmt: skip
def prune_command(file: Path, days: float) -> None:
    """Forget the meetings in FILE that have long been over."""
    if math.isnan(days):
        raise BadInput("--older-than: 'nan' is no number of days")
    before = time.time_ns() // 1_000_000 - int(days * _DAY)
    forgotten = 0
    with _opened(file):
        pass  # what is no journal yet is not made one
    with _opened(file, readonly=False) as journal:
        while count := journal.prune(before):
            forgotten += count
    click.echo(f"{file}: forgot {_counted(forgotten, 'meeting')}")


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


@contextmanager
def _opened(file: Path, *, readonly: bool = True) -> Iterator[Journal]:
    """Open a journal that is there, and turn what can be wrong with it into one line."""
    from fsm.runtime import Journal, JournalError, UnknownMeetingError

    if file.is_dir():
        raise BadInput(f"{file}: it is a directory (name a journal)")
    if not file.is_file():
        raise BadInput(f"{file}: there is no such file (name a journal)")
    try:
        with Journal(file, readonly=readonly) as journal:
            yield journal
    except JournalError as error:
        raise BadInput(terminal.plain(str(error))) from None
    except UnknownMeetingError as error:
        raise BadInput(
            terminal.plain(f"{file}: there is no meeting {error.meeting!r} (fsm journal list)")
        ) from None
