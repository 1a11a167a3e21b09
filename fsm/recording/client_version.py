"""Client versions, compared by their number parts."""

from __future__ import annotations

import re
from functools import lru_cache

from fsm.recording.vocabulary import FIRST_VERSION

_LEADING_NUMBERS = re.compile(r"(?:version|v\.?)?\s*([0-9]+(?:[.,_][0-9]+)*)")
_MAX_DIGITS = 9
"""Enough digits to tell a number from 17, and few enough to convert quickly."""


@lru_cache(maxsize=1024)
def is_new_enough(version: str | None) -> bool:
    """Returns whether a client version supports automatic recording (R3).

    It is read by its leading number parts. An unknown version, and a text that does not begin with
    them, count as new enough (D5).

    >>> is_new_enough("3.9"), is_new_enough("V 3,17"), is_new_enough("beta"), is_new_enough(None)
    (False, True, True, True)
    """
    match = _LEADING_NUMBERS.match(version.lstrip().lower()) if version is not None else None
    if match is None:
        return True
    parts = (part.lstrip("0")[:_MAX_DIGITS] or "0" for part in re.split("[.,_]", match[1]))
    return tuple(map(int, parts)) >= FIRST_VERSION
