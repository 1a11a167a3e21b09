"""The past of a meeting as it was recorded, and the list of meetings with their states."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from fsm.recording import Meeting, MeetingSettings, Plan
from fsm.recording.timers import NOTHING_DUE, Due
from fsm.recording.vocabulary import State
from fsm.runtime import answers
from fsm.runtime.journal import Journal
from fsm.runtime.journal_reader import RecordedAnswer, Summary

_MAX_SCANNED = 10_000
"""The number of meetings in which one page of a search looks."""


@attrs.frozen
class MeetingOverview:
    """A meeting in the list that people search.

    Args:
        id: the meeting's id.
        opened_at: the time of its opening, in milliseconds since 1970, UTC.
        events: the number of its events.
        state: the state of its recording.
        ended: whether it is over.
        plan: its plan.
        present: the number of participants who are present.
    """

    id: str
    opened_at: int
    events: int
    state: State
    ended: bool
    plan: Plan
    present: int


@attrs.frozen
class Past:
    """A part of a meeting's past, in recorded answers (D16).

    Args:
        opened_at: the time of its opening, in milliseconds since 1970, UTC.
        settings: its settings.
        before: the meeting before the first of the answers.
        answers: the answers, in order.
        due: the times at which timers were due after the last answer, in milliseconds since 1970.
        last_at: the time of the last answer, or of the opening.
    """

    opened_at: int
    settings: MeetingSettings
    before: Meeting
    answers: tuple[RecordedAnswer, ...]
    due: Due
    last_at: int


def read_past(journal: Journal, id: str, after: int, upto: int) -> Past | None:  # noqa: A002
    """Returns a part of a meeting's past; ``None`` if there is no such meeting.

    Args:
        journal: the journal.
        id: the meeting's id.
        after: the number of the entry before the part.
        upto: the number of its last entry.

    Raises:
        CorruptMeetingError: a row is corrupt or missing.
        JournalError: the file cannot be read.
    """
    live = journal.load(id)
    if live is None:
        return None
    recorded = journal.recorded_answers(id, upto)
    return past_from(live.opened_at, live.settings, live.plan, recorded, after)


def past_from(
    opened_at: int,
    settings: MeetingSettings,
    plan: Plan,
    recorded: Iterable[RecordedAnswer],
    after: int,
) -> Past:
    """Returns a part of a meeting's past from its recorded answers.

    Args:
        opened_at: the time of its opening, in milliseconds since 1970, UTC.
        settings: its settings.
        plan: its plan.
        recorded: its answers from the first one to the last one of the part.
        after: the number of the entry before the part.
    """
    before = Meeting(plan)
    part = []
    last: RecordedAnswer | None = None
    for last in recorded:
        if last.entry.seq is not None and last.entry.seq > after:
            part.append(last)
        else:
            answers.apply(before, last.answer, last.presence)
    due = NOTHING_DUE if last is None else answers.recorded_state(last.answer).due or NOTHING_DUE
    last_at = opened_at if last is None else last.entry.at
    return Past(opened_at, settings, before, tuple(part), due, last_at)


def search_meetings(
    journal: Journal, text: str, after: str, limit: int
) -> tuple[list[MeetingOverview], str | None]:
    """Returns meetings whose ids contain a text, and the id after which the next page begins.

    A page looks in a limited number of meetings, so it may be short although others follow.

    Args:
        journal: the journal.
        text: the text, in which upper and lower case count as the same.
        after: only meetings with a higher id are returned.
        limit: the maximum number of meetings.

    Raises:
        JournalError: the file cannot be read.
    """
    wanted = text.casefold()
    scanned = journal.meetings(after, _MAX_SCANNED if wanted else limit)
    found: list[MeetingOverview] = []
    for summary in scanned:
        if wanted not in summary.id.casefold():
            continue
        overview = _overview(journal, summary)
        if overview is not None:
            found.append(overview)
        if len(found) == limit:
            return found, summary.id
    more = len(scanned) == (_MAX_SCANNED if wanted else limit)
    return found, scanned[-1].id if more else None


def _overview(journal: Journal, summary: Summary) -> MeetingOverview | None:
    live = journal.load(summary.id)
    if live is None:  # pruned meanwhile
        return None
    meeting = live.meeting
    return MeetingOverview(
        summary.id, summary.opened_at, summary.events, meeting.state, meeting.ended, live.plan,
        len(meeting.present),
    )  # fmt: skip
