"""The stop table of R16: the causes that stop an automatic cloud recording, as the rules have them.

An exploration observes endings; they must fill the same table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, get_args

from fsm.recording.vocabulary import StopReason, check_complete

StopRow = tuple[bool, bool]
"""A row of the table: whether a host must remain for the recording to go on, and whether a host may
pause it."""
Ending = tuple[bool, bool, StopReason]
"""The ending of an automatic cloud recording: the row of its plan, and the reason for the stop."""
StopTable = dict[StopRow, frozenset[str]]
"""The causes of a stop, by row."""

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
STOP_TABLE: Final[StopTable] = {
    (False, True): frozenset({_EVERYONE, _HOST_ENDS, _HOST_STOPS}),
    (False, False): frozenset({_EVERYONE, _HOST_ENDS}),
    (True, True): frozenset({_HOSTS, _HOST_ENDS, _HOST_STOPS}),
    (True, False): frozenset({_HOSTS, _HOST_ENDS}),
}
"""The rows of R16, in the order of the rules."""


def observed_stop_table(observed: Iterable[Ending]) -> StopTable:
    """Returns the stop table that an exploration observed.

    ``everyone_left`` does not count where the rules need a host: the recording has to stop while
    members are still there (``hosts_left``), which an empty meeting would not show.

    Args:
        observed: the observed endings.
    """
    table: dict[StopRow, set[str]] = {row: set() for row in STOP_TABLE}
    for needs_hosts, may_pause, reason in observed:
        cause = _CAUSES[reason]
        if cause is None or (cause == _EVERYONE and needs_hosts):
            continue
        table[needs_hosts, may_pause].add(cause)
    return {row: frozenset(causes) for row, causes in table.items()}
