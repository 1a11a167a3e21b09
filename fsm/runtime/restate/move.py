"""Moves all meetings and accounts between a journal and a cluster.

No event is decided in two places: no service may have the journal open, and a meeting of a cluster
takes no events while it is on its way. An interrupted move is repeated, and goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import attrs

from fsm.runtime.errors import ClusterError, ConflictError, UnknownMeetingError
from fsm.runtime.journal_check import all_meetings
from fsm.runtime.restate import lists
from fsm.runtime.restate.calls import ACCOUNT, MEETING, AccountAnswer
from fsm.runtime.restate.cluster import Cluster
from fsm.runtime.restate.move_calls import (
    AdoptAccountCall,
    AdoptAnswer,
    AdoptCall,
    ReleaseAccountAnswer,
    ReleaseAccountCall,
    ReleaseAnswer,
    ReleaseCall,
)
from fsm.runtime.restate.move_conflicts import PAGE, check_events, find_conflicts, history_pages
from fsm.runtime.restate.move_journal import MovedMeeting, MovingJournal
from fsm.runtime.schema import MOVED_FROM, MOVED_TO

_AT_ONCE: Final = 16
"""The number of meetings that are moved at once, and written in one commit."""
_Watch = Callable[[int, int], None]
"""Called with the numbers of meetings and events that were moved so far."""


@attrs.define
class Moved:
    """The result of a move.

    Args:
        meetings: the number of meetings that are at the target, those of earlier attempts included.
        events: the number of their events.
        accounts: the number of accounts.
        refused: a line for each meeting or account that is not, since its id is in use there.
        begun: whether the journal is marked; otherwise nothing has changed.
    """

    meetings: int = 0
    events: int = 0
    accounts: int = 0
    refused: list[str] = attrs.field(factory=list)
    begun: bool = True


# -- to a cluster ---------------------------------------------------------------------------------


async def move_to_cluster(
    journal: MovingJournal, cluster: Cluster, watch: _Watch, *, skip_conflicts: bool = False
) -> Moved:
    """Moves all meetings and accounts of a journal to a cluster; nothing if one would be refused.

    Args:
        journal: the journal, which no service answers from again.
        cluster: the cluster; a service must have registered its handlers there.
        watch: called with the progress.
        skip_conflicts: whether those stay in the journal whose ids are in use in the cluster.
            Otherwise nothing is moved then, unless an earlier attempt has begun.

    Raises:
        ClusterError: the cluster does not answer.
        JournalError: the journal cannot be read or written.
    """
    moved = Moved()
    await check_handlers(cluster)
    if not journal.is_moving and not skip_conflicts:
        conflicts = await find_conflicts(journal, cluster)
        if conflicts:
            return Moved(refused=conflicts, begun=False)
    journal.begin(MOVED_TO, cluster.ingress_url)
    for id_ in journal.accounts():
        account, changes = journal.moved_account(id_)
        try:
            call = AdoptAccountCall(journal.name, account, changes)
            await cluster.call(ACCOUNT, id_, "adopt", call, AccountAnswer)
            moved.accounts += 1
        except ConflictError as error:
            moved.refused.append(str(error))
    for ids in _groups([each.id for each in all_meetings(journal)]):
        meetings = map(journal.moved_meeting, ids)
        results = await asyncio.gather(*(_send(journal, cluster, each) for each in meetings))
        for result in results:
            if isinstance(result, str):
                moved.refused.append(result)
            else:
                moved.meetings, moved.events = moved.meetings + 1, moved.events + result
        watch(moved.meetings, moved.events)
    return moved


async def check_handlers(cluster: Cluster) -> None:
    """Checks that the handlers of a release that can move meetings are registered.

    Raises:
        ClusterError: the cluster does not answer, or has no such handlers.
    """
    await cluster.check()
    try:
        # No meeting has such an id, so this asks for the handler alone.
        await cluster.call(MEETING, " ", "release", ReleaseCall(""), ReleaseAnswer)
    except UnknownMeetingError:
        return
    except ClusterError as error:
        raise ClusterError(
            f"{error} (first start a service of this release: "
            f"fsm serve --cluster {cluster.ingress_url})"
        ) from None


async def _send(journal: MovingJournal, cluster: Cluster, meeting: MovedMeeting) -> int | str:
    """Moves a meeting to a cluster.

    Returns:
        The number of its events; or the reason why it stays.
    """
    entries, after = meeting.entries, 0
    compared = False
    try:
        while True:
            page = list(entries[after : after + PAGE])
            call = AdoptCall(
                journal.name, meeting.opening, after, page,
                after + len(page) == len(entries), meeting.closed_at, meeting.outbox,
            )  # fmt: skip
            answer = await cluster.call(MEETING, meeting.id, "adopt", call, AdoptAnswer)
            if not answer.taken:
                # It came with an earlier attempt, in part or as a whole, or was there before.
                if compared:
                    return f"meeting {meeting.id!r} changes in the cluster while it is moved there"
                await check_events(cluster, meeting, answer.seq, here=answer.here)
                compared = True
            if answer.here:
                return len(entries)
            after = answer.seq
    except ConflictError as error:
        return str(error)


def _groups(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), _AT_ONCE):
        yield ids[first : first + _AT_ONCE]


# -- from a cluster -------------------------------------------------------------------------------


async def move_from_cluster(cluster: Cluster, journal: MovingJournal, watch: _Watch) -> Moved:
    """Moves all meetings and accounts of a cluster to a new journal.

    Args:
        cluster: the cluster, whose services run; a meeting takes no events there from the moment
            on at which it is moved.
        journal: the journal: a new file, or that of an interrupted move.
        watch: called with the progress.

    Raises:
        ClusterError: the cluster does not answer.
        JournalError: the journal cannot be read or written.
    """
    moved = Moved()
    await check_handlers(cluster)
    journal.begin(MOVED_FROM, cluster.ingress_url)
    target = journal.name
    # First the accounts: without them no further meeting of theirs is opened in the cluster.
    for id_ in await lists.account_ids(cluster):
        try:
            call = ReleaseAccountCall(target)
            answer = await cluster.call(ACCOUNT, id_, "release", call, ReleaseAccountAnswer)
        except ConflictError:
            continue  # it is in another journal
        assert answer.account is not None, "an answer without an error has the account"
        journal.add_account(id_, answer.account, answer.changes)
        moved.accounts += 1
    known = journal.known_meetings()
    moved.meetings = len(known)
    # Again until there is no new one: meetings may be opened meanwhile.
    while ids := [id_ for id_ in await _ids(cluster, target) if id_ not in known]:
        for group in _groups(ids):
            meetings = await asyncio.gather(*(_receive(cluster, id_, target) for id_ in group))
            journal.add_meetings(meetings)
            known.update(each.id for each in meetings)
            moved.meetings += len(meetings)
            moved.events += sum(len(each.entries) for each in meetings)
            watch(moved.meetings, moved.events)
    journal.finish()
    return moved


async def _ids(cluster: Cluster, target: str) -> list[str]:
    """Returns the ids of the meetings of a cluster that are there, or were moved to a journal."""
    ids: list[str] = []
    after = ""
    while page := await lists.live_values(cluster, after, PAGE, everywhere=True):
        ids += [id_ for id_, live in page if live.elsewhere in (None, target)]
        after = page[-1][0]
    return ids


async def _receive(cluster: Cluster, id: str, target: str) -> MovedMeeting:  # noqa: A002
    """Returns a meeting, which takes no events in the cluster from then on."""
    answer = await cluster.call(MEETING, id, "release", ReleaseCall(target), ReleaseAnswer)
    assert answer.opening is not None, "an answer without an error has the opening"
    earlier = answer.seq - len(answer.last_entries)
    entries = [row async for page in history_pages(cluster, id, earlier) for row in page]
    entries += answer.last_entries
    return MovedMeeting(id, answer.opening, answer.closed_at, answer.outbox, entries)
