"""Violations of invariants, and their wording: events, answers and settings in words."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.recording.outcome import CancelTimer, SetTimer
from fsm.recording.plan import MeetingSettings, Option


@attrs.frozen
class RuleViolation:
    """A violated invariant.

    Args:
        name: the invariant.
        rules: ids of the rules behind it.
        problem: a description of the violation.
        settings: the settings of a meeting that shows it; ``None`` if no meeting does.
        events: a shortest path to it.
        start: a description of the start of the path, if that is not a meeting.
    """

    name: str
    rules: tuple[str, ...]
    problem: str
    settings: MeetingSettings | None
    events: tuple[Any, ...] = ()
    start: str = ""


def describe(value: object) -> str:
    """Describes a value in words.

    Args:
        value: an event, a command, a setting, or a field of one.

    >>> from fsm.recording import Join, SetTimer, StopRecorder
    >>> describe(Join("alice", "host", "windows", "3.17"))
    'join alice host windows 3.17'
    >>> describe(StopRecorder("hosts_left")), describe(())
    ('stop hosts_left', 'nothing')
    >>> describe(SetTimer("grace", 10))
    'set grace after 10 s'
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list | set | frozenset):
        return " and ".join(describe(item) for item in value) or "nothing"
    if attrs.has(type(value)):
        return _fields(value)
    return str(value)


def _fields(value: Any) -> str:
    """Describes an event or a command by name and values, other objects by named values."""
    fields = attrs.asdict(value, recurse=False)
    name = getattr(value, "trigger", None) or getattr(value, "command", None)
    if name is not None:
        return " ".join([name, *(describe(item) for item in fields.values() if item is not None)])
    if isinstance(value, Option):
        return str(value)
    if isinstance(value, SetTimer):
        return f"set {value.timer} after {value.after} s"
    if isinstance(value, CancelTimer):
        return f"cancel {value.timer}"
    return ", ".join(f"{name} {describe(item)}" for name, item in fields.items())


def describe_difference(actual: Any, expected: Any) -> str:
    """Describes the difference of two objects of one class.

    Args:
        actual: the object of the program.
        expected: the object that the rules lead to.

    >>> from fsm.recording import Account
    >>> describe_difference(Account("free"), Account("pro"))
    'edition is free, the rules say pro'
    """
    if type(actual) is not type(expected) or not attrs.has(type(actual)):
        return f"it is {describe(actual)}, the rules say {describe(expected)}"
    return "; ".join(
        f"{name} is {describe(actual_value)}, the rules say {describe(expected_value)}"
        for name, actual_value, expected_value in (
            (field.name, getattr(actual, field.name), getattr(expected, field.name))
            for field in attrs.fields(type(actual))
        )
        if actual_value != expected_value
    )


def describe_refusal_difference(actual: str | None, expected: str | None) -> str | None:
    """Describes the difference of two refusals; ``None`` if there is none.

    Args:
        actual: the reason that the program gives; ``None`` if it accepts.
        expected: the reason that the rules give; ``None`` if they accept.

    >>> describe_refusal_difference(None, "not_host")
    'it is accepted, the rules refuse it for not_host'
    """
    if actual == expected:
        return None
    outcome = f"it is refused for {actual}" if actual else "it is accepted"
    return f"{outcome}, the rules {f'refuse it for {expected}' if expected else 'accept it'}"
