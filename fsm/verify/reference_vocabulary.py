"""The classes of names that the rules distinguish, written from the words of the rules.

The program has such classes as well, in :mod:`fsm.recording.vocabulary`. The reference rules read
these, so that a wrong class there is found.
"""

from __future__ import annotations

from typing import Final, get_args

from fsm.recording.vocabulary import KINDS, Edition, MeetingType, Platform, Role, names_where

_FILE = "fsm/verify/reference_vocabulary.py"

HOST_ROLES: Final = names_where(
    {"host": True, "cohost": True, "member": False},
    get_args(Role), f"HOST_ROLES in {_FILE}", "whether D1 makes it a host",
)  # fmt: skip
DESKTOP_PLATFORMS: Final = names_where(
    {
        "windows": True, "macos": True, "ios": False, "android": False,
        "linux": False, "web": False, "phone": False, "room": False, "other": False,
    },
    get_args(Platform), f"DESKTOP_PLATFORMS in {_FILE}", "whether it is a desktop (R2)",
)  # fmt: skip
WORKING_PLATFORMS: Final = names_where(
    {
        "windows": True, "macos": True, "ios": True, "android": True,
        "linux": False, "web": False, "phone": False, "room": False, "other": False,
    },
    get_args(Platform), f"WORKING_PLATFORMS in {_FILE}", "whether R2 names it",
)  # fmt: skip
"""The platforms on which auto-recording works (R2)."""
EDITIONS_WITHOUT_CONSOLE: Final = names_where(
    {
        "free": True, "pro": True,
        "business": False, "enterprise": False, "education": False, "education_plus": False,
    },
    get_args(Edition), f"EDITIONS_WITHOUT_CONSOLE in {_FILE}", "whether it has no console (R4)",
)  # fmt: skip
UNBOOKED_TYPES: Final = names_where(
    {
        "scheduled": False, "webinar": False, "recurring": False,
        "quick": True, "personal": True,
    },
    get_args(MeetingType), f"UNBOOKED_TYPES in {_FILE}", "whether D13 names it",
)  # fmt: skip
KINDS_WITH_SUB_OPTIONS: Final = names_where(
    {"cloud": True, "local": False},
    KINDS, f"KINDS_WITH_SUB_OPTIONS in {_FILE}", "whether it has sub-options (R7)",
)  # fmt: skip
