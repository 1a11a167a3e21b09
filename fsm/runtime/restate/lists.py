"""Lists of the meetings of a cluster, by queries of the state of their objects.

The meetings write nothing for them: the key ``live`` of each is its line.
"""

from __future__ import annotations

from fsm.runtime import codec
from fsm.runtime.journal_reader import Summary
from fsm.runtime.past import MeetingOverview
from fsm.runtime.restate.calls import ACCOUNT, MEETING, decode_call
from fsm.runtime.restate.cluster import Cluster
from fsm.runtime.restate.state import Live, text

_ELSEWHERE = '"elsewhere":"'
"""A part of the value ``live`` of a meeting that is elsewhere. The texts in a value do not contain
it, since their quotation marks are escaped."""


async def live_values(
    cluster: Cluster, after: str, limit: int, containing: str = "", *, everywhere: bool = False
) -> list[tuple[str, Live]]:
    """Returns meetings in the order of their ids, each with the value of its key ``live``.

    Args:
        cluster: the cluster.
        after: only meetings with a higher id are returned.
        limit: the maximum number of meetings.
        containing: a text that the ids contain, in any case.
        everywhere: whether meetings that were moved to a journal, or are on their way from one, are
            among them.

    Raises:
        ClusterError: the administration does not answer.
    """
    search = f"AND strpos(lower(service_key), lower({_quoted(containing)})) > 0" * bool(containing)
    here = "" if everywhere else f"AND NOT contains(value_utf8, {_quoted(_ELSEWHERE)})"
    rows = await cluster.query(
        "SELECT service_key, value_utf8 FROM state "
        f"WHERE service_name = '{MEETING}' AND key = 'live' AND service_key > {_quoted(after)} "
        f"{search} {here} ORDER BY service_key LIMIT {max(limit, 0)}"
    )
    return [(row["service_key"], decode_call(row["value_utf8"].encode(), Live)) for row in rows]


async def summaries(cluster: Cluster, after: str, limit: int) -> list[Summary]:
    """Returns meetings in the order of their ids; see :meth:`fsm.runtime.Hub.meetings`."""
    return [
        Summary(id_, live.opening.opened_at, live.closed_at, live.seq)
        for id_, live in await live_values(cluster, after, limit)
    ]


async def overviews(
    cluster: Cluster, containing: str, after: str, limit: int
) -> tuple[list[MeetingOverview], str | None]:
    """Returns meetings whose ids contain a text; see :meth:`fsm.runtime.Hub.search`."""
    found = await live_values(cluster, after, limit, containing)
    page = [_overview(id_, live) for id_, live in found]
    return page, found[-1][0] if found and len(found) == limit else None


async def account_ids(cluster: Cluster) -> list[str]:
    """Returns the ids of all accounts, in their order.

    Raises:
        ClusterError: the administration does not answer.
    """
    rows = await cluster.query(
        f"SELECT service_key FROM state WHERE service_name = '{ACCOUNT}' AND key = 'account' "
        "ORDER BY service_key"
    )
    return [row["service_key"] for row in rows]


async def stored_values(cluster: Cluster, object: str, key: str) -> dict[str, bytes]:  # noqa: A002
    """Returns the state of an object by its keys.

    Args:
        cluster: the cluster.
        object: the name of the object.
        key: the key of the object.

    Raises:
        ClusterError: the administration does not answer.
    """
    rows = await cluster.query(
        f"SELECT key, value_utf8 FROM state WHERE service_name = {_quoted(object)} "
        f"AND service_key = {_quoted(key)}"
    )
    return {row["key"]: row["value_utf8"].encode() for row in rows}


def _overview(id: str, live: Live) -> MeetingOverview:  # noqa: A002
    state = live.state
    return MeetingOverview(
        id, live.opening.opened_at, live.seq, state.state, state.ended,
        codec.load_plan(text(live.opening.plan)), live.present,
    )  # fmt: skip


def _quoted(text: str) -> str:
    """Returns a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
