"""Durations in words."""

from typing import Final

UNITS: Final = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
"""The seconds of each unit of time, the longest first."""
LABEL_UNITS: Final = ("h", "min", "s")
"""The units of a label, which has one of them, the longest first."""


def duration_text(seconds: int) -> str:
    """Returns a duration in words.

    Args:
        seconds: the duration; below 0 it is 0.

    >>> duration_text(600), duration_text(90), duration_text(0)
    ('10 min', '1 min 30 s', '0 s')
    """
    rest = max(seconds, 0)
    parts = []
    for unit, length in UNITS.items():
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def duration_label(seconds: int) -> str:
    """Returns a duration in the largest unit of labels that gives a whole number.

    Args:
        seconds: the duration, above 0.

    >>> duration_label(43_200), duration_label(90)
    ('12 h', '90 s')
    """
    unit = next(unit for unit in LABEL_UNITS if seconds % UNITS[unit] == 0)
    return f"{seconds // UNITS[unit]} {unit}"
