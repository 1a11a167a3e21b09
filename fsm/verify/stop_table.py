"""The stop table of R16, as the rules have it and as the exploration found it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from fsm.recording.words import Starter

_HOST_ENDS = "a host ends the meeting"
_HOST_STOPS = "a host stops the recording"
_EVERYONE = "everyone has left"
_HOSTS = "every host has left"

RULE: dict[tuple[Starter, bool], frozenset[str]] = {
    ("anyone", True): frozenset({_EVERYONE, _HOST_ENDS, _HOST_STOPS}),
    ("anyone", False): frozenset({_EVERYONE, _HOST_ENDS}),
    ("host", True): frozenset({_HOSTS, _HOST_ENDS, _HOST_STOPS}),
    ("host", False): frozenset({_HOSTS, _HOST_ENDS}),
}
"""The rows of R16: started by whose join, whether the host may pause, and when it stops."""


def found(observed: Iterable[Hashable]) -> dict[tuple[Starter, bool], frozenset[str]]:
    """Return the stop table that an exploration shows.

    Where a host's join starts it, that nobody is left means that no host is left either. A
    recorder that fails (D11) is no matter of the table.

    Args:
        observed: endings as ``(started by, host may pause, reason)``.
    """
    table: dict[tuple[Starter, bool], set[str]] = {row: set() for row in RULE}
    for each in observed:
        starter, may_pause, reason = each  # type: ignore[misc]
        cause = {
            "everyone_left": _HOSTS if starter == "host" else _EVERYONE,
            "hosts_left": _HOSTS,
            "meeting_ended": _HOST_ENDS,
            "host_stopped": _HOST_STOPS,
        }.get(reason)
        if cause is not None:
            table[starter, may_pause].add(cause)
    return {row: frozenset(causes) for row, causes in table.items()}
