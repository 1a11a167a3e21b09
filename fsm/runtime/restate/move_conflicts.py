"""Meetings and accounts of a journal that a cluster would refuse: their ids are in use there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from fsm.runtime.errors import ConflictError
from fsm.runtime.journal_check import all_meetings
from fsm.runtime.restate import lists
from fsm.runtime.restate.account import StoredAccount, change_key, check_adopted_account
from fsm.runtime.restate.calls import ACCOUNT, MEETING, HistoryAnswer, HistoryCall, decode_call
from fsm.runtime.restate.cluster import Cluster
from fsm.runtime.restate.move_calls import AdoptAccountCall, StoredChange
from fsm.runtime.restate.move_handlers import check_adopted_meeting
from fsm.runtime.restate.move_journal import MovedMeeting, MovingJournal
from fsm.runtime.restate.state import StoredEntry

PAGE: Final = 1000
"""The number of entries in a call. An entry has at most 5 kB, and a message of Restate 32 MiB."""


async def find_conflicts(journal: MovingJournal, cluster: Cluster) -> list[str]:
    """Returns a line for each meeting and each account that a cluster would refuse.

    Args:
        journal: the journal, from which nothing was moved yet.
        cluster: the cluster.

    Raises:
        ClusterError: the cluster does not answer.
        JournalError: the journal cannot be read.
    """
    conflicts = []
    accounts = set(journal.accounts())
    for id_ in await lists.account_ids(cluster):
        if id_ in accounts:
            try:
                await _check_account(journal, cluster, id_)
            except ConflictError as error:
                conflicts.append(str(error))
    meetings = {each.id for each in all_meetings(journal)}
    after = ""
    while page := await lists.live_values(cluster, after, PAGE, everywhere=True):
        for id_, live in page:
            if id_ in meetings:
                meeting = journal.moved_meeting(id_)
                try:
                    check_adopted_meeting(id_, live, meeting.opening, journal.earlier_name)
                    await check_events(cluster, meeting, live.seq, here=live.elsewhere is None)
                except ConflictError as error:
                    conflicts.append(str(error))
        after = page[-1][0]
    return conflicts


async def _check_account(journal: MovingJournal, cluster: Cluster, id: str) -> None:  # noqa: A002
    values = await lists.stored_values(cluster, ACCOUNT, id)
    if "account" not in values:
        return  # it was removed a moment ago
    stored = decode_call(values["account"], StoredAccount)
    keys = map(change_key, range(1, stored.seq + 1))
    known = [decode_call(values[key], StoredChange) for key in keys]
    account, changes = journal.moved_account(id)
    call = AdoptAccountCall(journal.earlier_name or "", account, changes)
    check_adopted_account(id, stored, known, call)


async def check_events(cluster: Cluster, meeting: MovedMeeting, seq: int, *, here: bool) -> None:
    """Checks that a meeting in a cluster has the entries of the journal, as far as both go.

    Args:
        cluster: the cluster.
        meeting: the meeting in the journal.
        seq: the number of entries in the cluster.
        here: whether the cluster has it as a whole, and may have gone on with it.

    Raises:
        ConflictError: the entries differ, or the cluster has too few or too many.
        ClusterError: the cluster does not answer.
    """
    count = len(meeting.entries)
    common = min(seq, count)
    if common == (count if here else seq):
        rows = [row async for page in history_pages(cluster, meeting.id, common) for row in page]
        if rows == list(meeting.entries[:common]):
            return
    raise ConflictError(f"meeting {meeting.id!r} is in the cluster with other events")


async def history_pages(
    cluster: Cluster, meeting: str, count: int
) -> AsyncIterator[list[StoredEntry]]:
    """Yields the first entries of a meeting in a cluster, in pages.

    Args:
        cluster: the cluster.
        meeting: the meeting's id.
        count: the number of entries.

    Raises:
        ClusterError: the cluster does not answer.
    """
    after = 0
    while after < count:
        call = HistoryCall(after, min(PAGE, count - after))
        answer = await cluster.call(MEETING, meeting, "history", call, HistoryAnswer)
        if not answer.entries:
            return
        yield answer.entries
        after += len(answer.entries)
