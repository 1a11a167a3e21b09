"""The stop table of R16: by the rules, and as observed in an exploration."""

from __future__ import annotations

from collections.abc import Iterable

from fsm.recording.vocabulary import Starter, StopReason

Ending = tuple[Starter, bool, StopReason]
"""The ending of an automatic cloud recording: whose join starts it, whether the host may
pause, and the reason for the stop."""

_HOST_ENDS = "a host ends the meeting"
_HOST_STOPS = "a host stops the recording"
_EVERYONE = "everyone has left"
_HOSTS = "every host has left"

_CAUSES: dict[StopReason, str] = {
    "everyone_left": _EVERYONE,
    "hosts_left": _HOSTS,
    "meeting_ended": _HOST_ENDS,
    "host_stopped": _HOST_STOPS,
}
STOP_TABLE: dict[tuple[Starter, bool], frozenset[str]] = {
    ("anyone", True): frozenset({_EVERYONE, _HOST_ENDS, _HOST_STOPS}),
    ("anyone", False): frozenset({_EVERYONE, _HOST_ENDS}),
    ("host", True): frozenset({_HOSTS, _HOST_ENDS, _HOST_STOPS}),
    ("host", False): frozenset({_HOSTS, _HOST_ENDS}),
}
"""The rows of R16: whose join starts it, whether the host may pause, and the causes of a stop."""


def observed_stop_table(observed: Iterable[Ending]) -> dict[tuple[Starter, bool], frozenset[str]]:
    """Returns the stop table that an exploration observed.

    If a host's join starts the recording, only leaves that leave members behind show that every
    host has left; an empty meeting would hide a table in which nothing else stops it. A failed
    recorder (D11) is not part of the table.

    Args:
        observed: the observed endings.
    """
    table: dict[tuple[Starter, bool], set[str]] = {row: set() for row in STOP_TABLE}
    for starter, may_pause, reason in observed:
        if reason == "recorder_failed":
            continue
        if reason == "everyone_left" and starter == "host":
            continue
        table[starter, may_pause].add(_CAUSES.get(reason, reason))
    return {row: frozenset(causes) for row, causes in table.items()}
