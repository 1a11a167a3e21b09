"""The stop table of R16, as the rules have it and as the exploration found it."""

from __future__ import annotations

from collections.abc import Iterable

from fsm.recording.vocabulary import Starter, StopReason

Ending = tuple[Starter, bool, StopReason]
"""A cloud recording that began by itself has stopped: started by whose join, whether the
host may pause, and why it stopped."""

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
RULE: dict[tuple[Starter, bool], frozenset[str]] = {
    ("anyone", True): frozenset({_EVERYONE, _HOST_ENDS, _HOST_STOPS}),
    ("anyone", False): frozenset({_EVERYONE, _HOST_ENDS}),
    ("host", True): frozenset({_HOSTS, _HOST_ENDS, _HOST_STOPS}),
    ("host", False): frozenset({_HOSTS, _HOST_ENDS}),
}
"""The rows of R16: started by whose join, whether the host may pause, and when it stops."""


def found(observed: Iterable[Ending]) -> dict[tuple[Starter, bool], frozenset[str]]:
    """Return the stop table that an exploration shows.

    Where a host's join starts it, that every host has left is shown by those who leave
    somebody behind: that nobody is left would hide a table in which only that stops it. A
    recorder that fails (D11) is no matter of the table.

    Args:
        observed: the endings that were seen.
    """
    table: dict[tuple[Starter, bool], set[str]] = {row: set() for row in RULE}
    for starter, may_pause, reason in observed:
        if reason == "recorder_failed":
            continue
        if reason == "everyone_left" and starter == "host":
            continue
        table[starter, may_pause].add(_CAUSES.get(reason, reason))
    return {row: frozenset(causes) for row, causes in table.items()}
