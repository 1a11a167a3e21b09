"""``fsm journal``: lists, verifies, previews, exports, prunes and moves meetings of a journal."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import attrs
import click
from rich.text import Text

from fsm.cli.errors import BadInput, count_of, printable, write_file
from fsm.cli.progress import shown_progress
from fsm.cli.tables import terminal, text_table
from fsm.cli.usage import CommandGroup
from fsm.review.versions import Data, Version, VersionError, opened
from fsm.runtime import Journal, JournalEntry, JournalError, UnknownMeetingError
from fsm.runtime.codec import dump, load_outcome
from fsm.runtime.journal_check import all_meetings, check_journal, in_words
from fsm.runtime.preview import Group, Preview, preview
from fsm.scenario import write
from fsm.scenario.recorded import recorded_steps
from fsm.scenario.source import MAX_BYTES

_FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
_DAY = 24 * 3600 * 1000
_MAX_DAYS = 100_000
_PAGE = 1000
_SITUATIONS = 100
"""The number of situations in one request to another version."""


@click.group("journal", cls=CommandGroup)
def journal_command() -> None:
    """Inspect the journal of a service: list, verify, preview, export, prune and move its meetings.

    Every command but move may be used while the service runs.
    """


@journal_command.command("list")
@_FILE
@click.option("as_json", "--json", is_flag=True, help="Print JSON, one object a meeting.")
def list_meetings(file: Path, as_json: bool) -> None:
    """List the meetings in FILE."""
    with _open_journal(file) as journal:
        if as_json:
            for meeting in all_meetings(journal):
                click.echo(json.dumps(attrs.asdict(meeting)))
            return
        table = text_table(("meeting", "opened", "over", "events"), right="events")
        for meeting in all_meetings(journal):
            over = Text("not yet", "dim")
            if meeting.closed_at is not None:
                over = Text(_time(meeting.closed_at))
            name = Text(printable(meeting.id), "bold")
            table.add_row(name, _time(meeting.opened_at), over, str(meeting.events))
        terminal().print(table)


@journal_command.command("verify")
@_FILE
def verify_journal(file: Path) -> None:
    """Check FILE, and decide every event in it once more. Exits 1 if there is a fault.

    An answer that was given under other rules, and would be another one today, is no fault: it
    stands.
    """
    with _open_journal(file) as journal:
        faults = 0
        with shown_progress("verifying", "meetings", "events") as watch:
            for finding in check_journal(journal, watch):
                faults += finding.fault
                # click.echo would write into the line of the progress.
                print(f"{file}: {printable(finding.text)}", flush=True)
        meetings = count_of(sum(1 for _ in all_meetings(journal)), "meeting")
    result = count_of(faults, "fault") if faults else "no faults"
    click.echo(f"{file}: {meetings}, {result}")
    sys.exit(1 if faults else 0)


@journal_command.command("preview")
@_FILE
@click.option("--against", metavar="REV",
              help="The version in service, a git revision or a directory: the answers to the next "
                   "events are compared, too.")  # fmt: skip
@click.option("as_json", "--json", is_flag=True, help="Print one JSON object.")
def preview_rules(file: Path, against: str | None, as_json: bool) -> None:
    """Show what the rules of this program would make of the open meetings in FILE.

    Nothing is changed: what was answered stands, and new rules decide from the next event on.
    """
    progress = shown_progress("deciding again", "meetings", "situations compared")
    with _open_journal(file) as journal, progress as watch:
        if against is None:
            result = preview(journal, watch=watch)
        else:
            try:
                with opened(against) as version:
                    result = preview(journal, partial(_decisions, version), watch)
            except VersionError as error:
                raise BadInput(f"fsm journal preview: {printable(str(error))}") from None
    if as_json:
        click.echo(json.dumps(attrs.asdict(result)))
        return
    for line in preview_lines(result, str(file)):
        click.echo(printable(line))


def _decisions(version: Version, situations: list[Data]) -> Iterator[list[str]]:
    """Yields the answers of another version to the events of each situation, in words."""
    for first in range(0, len(situations), _SITUATIONS):
        part = situations[first : first + _SITUATIONS]
        for answers in version.ask("decide", situations=part)["answers"]:
            yield [
                each["error"] if "error" in each else in_words(load_outcome(dump(each)))
                for each in answers
            ]


def preview_lines(result: Preview, file: str) -> list[str]:
    """Returns the lines of a preview for the terminal."""
    lines = [f"{file}: {count_of(result.meetings, 'open meeting')}"]
    lines += [f"  {count} last answered by {rules}" for rules, count in result.rules.items()]
    lines.append(
        f"{result.diverged} in a situation that the rules of this program would not have led to, "
        "and which stands"
    )
    for group in result.changed_answers:
        lines += _group_lines(group)
    if result.affected is not None:
        lines.append(f"{result.affected} in which the answer to some next event changes")
        for group in result.changed_next:
            lines += _group_lines(group)
    return lines


def _group_lines(group: Group) -> list[str]:
    meetings, events = count_of(group.meetings, "meeting"), count_of(group.events, "event")
    return [
        f"  {group.event}: {group.before}; now {group.now}",
        f"    {meetings}, for example {group.example!r} ({events})",
    ]


@journal_command.command("export")
@_FILE
@click.argument("meeting", metavar="MEETING")
@click.option("-o", "target", type=Path, metavar="OUT", help="The file to write (standard output).")
def export_meeting(file: Path, meeting: str, target: Path | None) -> None:
    """Write MEETING of FILE as a scenario. It can be played, stepped through and drawn."""
    with _open_journal(file) as journal:
        text = exported_scenario(journal, meeting)
    content = text.encode()
    if target is None:
        click.echo(text, nl=False)
    else:
        write_file(target, content)
        click.echo(f"wrote {target}")
    if len(content) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1024 // 1024} MiB"
        click.echo(f"fsm journal export: more than {limit}, which fsm play does not read", err=True)


@journal_command.command("prune")
@_FILE
@click.option("--older-than", "days", type=click.FloatRange(0, _MAX_DAYS), required=True,
              metavar="DAYS", help="Delete meetings that ended this many days ago.")  # fmt: skip
def prune_meetings(file: Path, days: float) -> None:
    """Delete meetings from FILE that ended long ago.

    Meetings that nobody ever joined are deleted by the age of their opening.
    """
    if math.isnan(days):
        raise BadInput("--older-than: 'nan' is not a number of days")
    before = time.time_ns() // 1_000_000 - int(days * _DAY)
    deleted = 0
    with _open_journal(file):
        pass  # opened for writing, a missing or empty file would become a journal
    with _open_journal(file, readonly=False) as journal:
        while count := journal.prune(before):
            deleted += count
    click.echo(f"{file}: deleted {count_of(deleted, 'meeting')}")


@journal_command.command("move")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--cluster-admin", metavar="URL",
              help="The administration of the cluster (port 9070 of the same host).")  # fmt: skip
@click.option("--skip-conflicts", is_flag=True,
              help="Move the others if ids are in use in the cluster.")  # fmt: skip
def move_meetings(
    source: str, target: str, cluster_admin: str | None, skip_conflicts: bool
) -> None:
    """Move all meetings and accounts between a journal and a cluster.

    FROM and TO are the file of a journal and the URL of a cluster, in either order. Stop the
    service on the journal first; the services of the cluster must run. A journal to move to is a
    new file. To finish an interrupted move, repeat it. If an id is in use in the cluster, nothing
    is moved, and the exit code is 1.
    """
    try:
        from fsm.cli.journal_move import move
    except ImportError as error:
        raise BadInput(
            f"fsm journal move needs {error.name} (pip install 'meeting-fsm[cluster]')"
        ) from None
    move(source, target, cluster_admin, skip_conflicts=skip_conflicts)


@contextmanager
def _open_journal(file: Path, *, readonly: bool = True) -> Iterator[Journal]:
    """Opens an existing journal, and turns its errors into one line for the user."""
    try:
        with Journal(file, readonly=readonly) as journal:
            yield journal
    except JournalError as error:
        raise BadInput(printable(str(error))) from None
    except UnknownMeetingError as error:
        raise BadInput(
            printable(f"{file}: there is no meeting {error.meeting!r} (fsm journal list)")
        ) from None


def journal_entries(journal: Journal, meeting: str) -> Iterator[JournalEntry]:
    """Yields every entry of a meeting.

    Raises:
        UnknownMeetingError: there is no such meeting.
        JournalError: the file cannot be read, or its entries are out of order.
    """
    after = 0
    while page := journal.history(meeting, after, _PAGE):
        yield from page
        last = page[-1].seq
        if not isinstance(last, int) or last <= after:
            raise JournalError(f"{journal.file}: meeting {meeting!r} is out of order")
        after = last
    if page is None:
        raise UnknownMeetingError(meeting)


def exported_scenario(journal: Journal, meeting: str) -> str:
    """Returns a meeting as a scenario that expects the recorded outcomes."""
    live = journal.load(meeting)
    if live is None:
        raise UnknownMeetingError(meeting)
    head = write.settings_data(live.settings)
    meeting_part = {"type": live.settings.type} | write.meeting_data(live.settings)
    head["meeting"] = {"id": meeting} | meeting_part
    title = f"Meeting {meeting}, opened {_time(live.opened_at)}"
    entries = ((each.at, each.event, each.outcome) for each in journal_entries(journal, meeting))
    return write.scenario_text({"title": title, **head}, recorded_steps(entries))


def _time(at: int) -> str:
    """Formats a time in milliseconds since 1970.

    >>> _time(1_700_000_000_000)
    '2023-11-14 22:13:20Z'
    """
    try:
        return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%SZ}"
    except (OSError, OverflowError, ValueError):
        return f"{at} ms"  # out of the range of calendars
