"""Looking into a journal: what is in it, whether it is right, and a meeting as a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fsm import terminal
from fsm.recording import Meeting
from fsm.runtime import Journal, JournalEntry, JournalError, Summary, UnknownMeetingError
from fsm.runtime.codec import dump_outcome
from fsm.runtime.live import LiveMeeting
from fsm.scenario import write

_AT_ONCE = 1000


def meetings(journal: Journal) -> Iterator[Summary]:
    """Yield every meeting, in the order of their ids.

    Raises:
        JournalError: the file cannot be read.
    """
    after = ""
    while found := journal.meetings(after, _AT_ONCE):
        yield from found
        after = found[-1].id


def show(out: Console, journal: Journal) -> None:
    """Show every meeting.

    Raises:
        JournalError: the file cannot be read.
    """
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("meeting", "opened", "over", "events"):
        table.add_column(heading, justify="right" if heading == "events" else "left")
    for each in meetings(journal):
        over = Text("not yet", "dim") if each.closed_at is None else Text(moment(each.closed_at))
        table.add_row(
            Text(terminal.plain(each.id), "bold"), moment(each.opened_at), over, str(each.events)
        )
    out.print(table)


def entries(journal: Journal, meeting: str) -> Iterator[JournalEntry]:
    """Yield every entry of a meeting.

    Raises:
        UnknownMeetingError: there is no such meeting.
        JournalError: the file cannot be read.
    """
    after = 0
    while found := journal.history(meeting, after, _AT_ONCE):
        yield from found
        last = found[-1].seq
        if not isinstance(last, int) or last <= after:
            raise JournalError(f"{journal.file}: meeting {meeting!r} is out of order")
        after = last
    if found is None:
        raise UnknownMeetingError(meeting)


def scenario(journal: Journal, meeting: str) -> str:
    """Return a meeting as a scenario file, which expects of each event what was answered.

    Raises:
        UnknownMeetingError: there is no such meeting.
        JournalError: the file cannot be read.
    """
    live = journal.load(meeting)
    if live is None:
        raise UnknownMeetingError(meeting)
    head = write.settings(live.opening)
    head["meeting"] = {"id": meeting, "type": live.opening.type}
    title = f"Meeting {meeting}, opened {moment(live.opened_at)}"
    return write.text(
        {"title": title, **head},
        (write.step(each.event, each.outcome) for each in entries(journal, meeting)),
    )


def faults(journal: Journal) -> Iterator[str]:
    """Yield what is wrong with a journal, in words; nothing where it is right.

    The file itself is checked, its accounts are read, and every meeting is replayed: it must
    answer as it did.

    Raises:
        JournalError: the file cannot be read.
    """
    yield from journal.integrity_errors()
    journal.accounts()
    for each in meetings(journal):
        try:
            with journal.at_one_moment():
                live = journal.load(each.id)
                # Who is not there any more was forgotten meanwhile.
                found = list(_faults(journal, live)) if live is not None else []
        except JournalError as error:
            yield str(error).removeprefix(f"{journal.file}: ")
            continue
        yield from (f"meeting {each.id!r}: {what}" for what in found)


def _faults(journal: Journal, live: LiveMeeting) -> Iterator[str]:
    meeting = Meeting(live.meeting.plan)
    if live.opening.resolve().plan != meeting.plan:
        yield "its settings lead to another plan than the one it has (export plays differently)"
    messages = iter(journal.outbox(live.id))
    seen: set[str | None] = set()
    for number, entry in enumerate(entries(journal, live.id), 1):
        answer = meeting.handle(entry.event)
        if dump_outcome(answer) != dump_outcome(entry.outcome):
            yield f"event {number} was answered differently: {entry.outcome}, now {answer}"
        if entry.id is not None and entry.id in seen:
            yield f"event {number} has the id {entry.id!r} of one before"
        seen.add(entry.id)
        # Between them stand those that brought the recorder in line.
        for command in entry.outcome.recorder:
            if not any(message.command == command for message in messages):
                yield f"the order to {command.command} that follows from event {number} is missing"
    if live.closed and (live.pending or not live.meeting.ended):
        yield "it is closed, but it is not over or has orders that are pending"


def moment(at: int) -> str:
    """Return a time in milliseconds since 1970 as people write it.

    >>> moment(1_700_000_000_000)
    '2023-11-14 22:13:20Z'
    """
    try:
        return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%SZ}"
    except (OSError, OverflowError, ValueError):
        return f"{at} ms"  # in no calendar
