"""The vocabulary of the rules: the names of editions, kinds, roles, platforms, reasons, ..."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import Final, Literal, TypeVar, get_args

Edition = Literal["free", "pro", "business", "enterprise", "education", "education_plus"]
Kind = Literal["cloud", "local"]
Starter = Literal["host", "anyone"]
Role = Literal["host", "cohost", "member"]
Platform = Literal["windows", "macos", "ios", "android", "linux", "web", "phone", "room", "other"]
MeetingType = Literal["scheduled", "webinar", "recurring", "quick", "personal"]
PolicyStatus = Literal["off", "free", "default_on", "locked_on"]
State = Literal["idle", "recording", "paused", "stopped"]
Timer = Literal["grace", "empty"]
StopReason = Literal[
    "host_stopped",
    "everyone_left",
    "hosts_left",
    "recording_client_left",
    "meeting_ended",
    "recorder_failed",
]
Reason = Literal[
    "meeting_ended",
    "already_present",
    "not_present",
    "not_host",
    "timer_not_set",
    "wrong_state",
    "kind_unavailable",
    "not_desktop",
    "not_recording_client",
    "host_may_not_pause",
]
Source = Literal["console", "booking", "user", "none"]

N = TypeVar("N", bound=str)


def check_complete(
    table: Collection[Hashable], names: Iterable[Hashable], where: str, entry: str
) -> None:
    """Checks that a table has an entry for each name of a vocabulary, when it is imported.

    Args:
        table: the table, by name.
        names: the names of the vocabulary.
        where: the name of the table and its file.
        entry: a description of an entry.

    Raises:
        ValueError: an entry is missing.
    """
    missing = [name for name in dict.fromkeys(names) if name not in table]
    if missing:
        raise ValueError(f"{where} lacks {', '.join(map(repr, missing))} (write {entry})")


def names_where(
    table: Mapping[N, bool], names: Iterable[Hashable], where: str, entry: str
) -> frozenset[N]:
    """Returns the names for which a table says yes, and checks that it is complete.

    Args:
        table: yes or no, by name.
        names: the names of the vocabulary.
        where: the name of the table and its file.
        entry: the question that the table answers, beginning with "whether".

    Raises:
        ValueError: an entry is missing.
    """
    check_complete(table, names, where, f"{entry}: True or False")
    return frozenset(name for name, chosen in table.items() if chosen)


_FILE = "fsm/recording/vocabulary.py"

OTHER: Final = "other"
"""The name of a vocabulary that stands for everything without a name of its own (D5)."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
KINDS_WITH_OPTIONS: Final = names_where(
    {"cloud": True, "local": False},
    KINDS, f"KINDS_WITH_OPTIONS in {_FILE}", "whether it has sub-options",
)  # fmt: skip
"""The kinds of recording that have sub-options (R7)."""
CONSOLE_EDITIONS: Final = names_where(
    {
        "free": False, "pro": False,
        "business": True, "enterprise": True, "education": True, "education_plus": True,
    },
    get_args(Edition), f"CONSOLE_EDITIONS in {_FILE}", "whether it has a console",
)  # fmt: skip
HOSTS: Final = names_where(
    {"host": True, "cohost": True, "member": False},
    get_args(Role), f"HOSTS in {_FILE}", "whether it counts as a host",
)  # fmt: skip
"""The roles that count as a host for every rule (D1)."""
DESKTOPS: Final = names_where(
    {
        "windows": True, "macos": True, "ios": False, "android": False,
        "linux": False, "web": False, "phone": False, "room": False, "other": False,
    },
    get_args(Platform), f"DESKTOPS in {_FILE}", "whether it is a desktop",
)  # fmt: skip
AUTO_PLATFORMS: Final = names_where(
    {
        "windows": True, "macos": True, "ios": True, "android": True,
        "linux": False, "web": False, "phone": False, "room": False, "other": False,
    },
    get_args(Platform), f"AUTO_PLATFORMS in {_FILE}", "whether it supports automatic recording",
)  # fmt: skip
"""The platforms that support automatic recording (R2)."""
UNBOOKED: Final = names_where(
    {
        "scheduled": False, "webinar": False, "recurring": False,
        "quick": True, "personal": True,
    },
    get_args(MeetingType), f"UNBOOKED in {_FILE}", "whether it is never booked",
)  # fmt: skip
"""The meeting types that are not booked (D13)."""
ACTIVE_STATES: Final = names_where(
    {"idle": False, "recording": True, "paused": True, "stopped": False},
    get_args(State), f"ACTIVE_STATES in {_FILE}", "whether a recording runs or is paused in it",
)  # fmt: skip
TIMERS: Final[tuple[Timer, ...]] = get_args(Timer)
"""The timers; of two that are due at one moment, the first fires first."""
FIRST_VERSION: Final = (3, 17)
"""The first client version that supports automatic recording (R3)."""
