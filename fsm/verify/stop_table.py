"""The stop table of R16: the causes that stop an automatic cloud recording, as the rules have them.

An exploration observes endings; they must fill the same table.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import get_args

from fsm.recording.vocabulary import Starter, StopReason, check_complete

Ending = tuple[Starter, bool, StopReason]
"""The ending of an automatic cloud recording: whose join starts it, whether the host may
pause, and the reason for the stop."""

_HOST_ENDS = "a host ends the meeting"
_HOST_STOPS = "a host stops the recording"
_EVERYONE = "everyone has left"
_HOSTS = "every host has left"

_CAUSES: dict[StopReason, str | None] = {
    "everyone_left": _EVERYONE,
    "hosts_left": _HOSTS,
    "meeting_ended": _HOST_ENDS,
    "host_stopped": _HOST_STOPS,
    "recording_client_left": "the recording client has left",
    "recorder_failed": None,
}
"""The words for each reason; ``None`` for one that is not part of the table (D11)."""
check_complete(
    _CAUSES, get_args(StopReason), "_CAUSES in fsm/verify/stop_table.py",
    "its words in the stop table, None if it is no part of it",
)  # fmt: skip
STOP_TABLE: dict[tuple[Starter, bool], frozenset[str]] = {
    ("anyone", True): frozenset({_EVERYONE, _HOST_ENDS, _HOST_STOPS}),
    ("anyone", False): frozenset({_EVERYONE, _HOST_ENDS}),
    ("host", True): frozenset({_HOSTS, _HOST_ENDS, _HOST_STOPS}),
    ("host", False): frozenset({_HOSTS, _HOST_ENDS}),
}
"""The rows of R16: whose join starts it, whether the host may pause, and the causes of a stop."""
check_complete(
    STOP_TABLE, product(get_args(Starter), (True, False)),
    "STOP_TABLE in fsm/verify/stop_table.py", "the causes of a stop",
)  # fmt: skip


def observed_stop_table(observed: Iterable[Ending]) -> dict[tuple[Starter, bool], frozenset[str]]:
    """Returns the stop table that an exploration observed.

    ``everyone_left`` does not count where the rules need a host: the recording has to stop while
    members are still there (``hosts_left``), which an empty meeting would not show.

    Args:
        observed: the observed endings.
    """
    table: dict[tuple[Starter, bool], set[str]] = {row: set() for row in STOP_TABLE}
    for starter, may_pause, reason in observed:
        cause = _CAUSES[reason]
        needs_hosts = _HOSTS in STOP_TABLE[starter, may_pause]
        if cause is None or (cause == _EVERYONE and needs_hosts):
            continue
        table[starter, may_pause].add(cause)
    return {row: frozenset(causes) for row, causes in table.items()}
