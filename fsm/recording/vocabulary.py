"""The vocabulary of the rules: the names of editions, kinds, roles, platforms, reasons, ..."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from typing import Final, Literal, get_args

Edition = Literal["free", "pro", "business", "enterprise", "education", "education_plus"]
Kind = Literal["cloud", "local"]
Starter = Literal["host", "anyone"]
Role = Literal["host", "cohost", "member"]
Platform = Literal["windows", "macos", "ios", "android", "linux", "web", "phone", "room", "other"]
MeetingType = Literal["scheduled", "webinar", "recurring", "quick", "personal"]
PolicyStatus = Literal["off", "free", "default_on", "locked_on"]
State = Literal["idle", "recording", "paused", "stopped"]
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
    "wrong_state",
    "kind_unavailable",
    "not_desktop",
    "not_recording_client",
    "host_may_not_pause",
]
Source = Literal["console", "booking", "user", "none"]

OTHER: Final = "other"
"""The name of a vocabulary that stands for everything without a name of its own (D5)."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
CONSOLE_EDITIONS: Final = frozenset({"business", "enterprise", "education", "education_plus"})
HOSTS: Final = frozenset({"host", "cohost"})
"""The roles that count as a host for every rule (D1)."""
DESKTOPS: Final = frozenset({"windows", "macos"})
AUTO_PLATFORMS: Final = DESKTOPS | {"ios", "android"}
"""The platforms that support automatic recording (R2)."""
UNBOOKED: Final = frozenset({"quick", "personal"})
"""The meeting types that are not booked (D13)."""
FIRST_VERSION: Final = (3, 17)
"""The first client version that supports automatic recording (R3)."""


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
    missing = [name for name in names if name not in table]
    if missing:
        raise ValueError(f"{where} lacks {', '.join(map(repr, missing))} (write {entry})")
