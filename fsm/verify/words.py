"""What a violation says: events, answers and settings in words, never as code."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.recording.plan import Option


def in_words(value: object) -> str:
    """Return a value as a reader would say it.

    Args:
        value: an event, a command, a setting, or a part of one.

    >>> from fsm.recording import Join, StopRecorder
    >>> in_words(Join("alice", "host", "windows", "3.17"))
    'join alice host windows 3.17'
    >>> in_words(StopRecorder("hosts_left")), in_words(())
    ('stop hosts_left', 'nothing')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list | set | frozenset):
        return " and ".join(in_words(each) for each in value) or "nothing"
    if attrs.has(type(value)):
        return _parts(value)
    return str(value)


def _parts(value: Any) -> str:
    """Return an event or a command by its name and values, anything else by named values."""
    given = attrs.asdict(value, recurse=False)
    name = getattr(value, "trigger", None) or getattr(value, "command", None)
    if name is not None:
        return " ".join([name, *(in_words(each) for each in given.values() if each is not None)])
    if isinstance(value, Option):
        return str(value)
    return ", ".join(f"{name} {in_words(each)}" for name, each in given.items())


def differences(found: Any, wanted: Any) -> str:
    """Return in what two things of one class differ.

    Args:
        found: what the program says.
        wanted: what the rules say.

    >>> from fsm.recording import Account
    >>> differences(Account("free"), Account("pro"))
    'edition is free, the rules say pro'
    """
    if type(found) is not type(wanted) or not attrs.has(type(found)):
        return f"it is {in_words(found)}, the rules say {in_words(wanted)}"
    return "; ".join(
        f"{name} is {in_words(is_)}, the rules say {in_words(said)}"
        for name, is_, said in (
            (field.name, getattr(found, field.name), getattr(wanted, field.name))
            for field in attrs.fields(type(found))
        )
        if is_ != said
    )


def refusals(told: str | None, wanted: str | None) -> str | None:
    """Return how two refusals differ, ``None`` where they do not.

    Args:
        told: the reason the program gives; ``None`` where it accepts.
        wanted: the reason of the rules; ``None`` where they accept.

    >>> refusals(None, "not_host")
    'it is accepted, the rules refuse it for not_host'
    """
    if told == wanted:
        return None
    found = f"it is refused for {told}" if told else "it is accepted"
    return f"{found}, the rules {f'refuse it for {wanted}' if wanted else 'accept it'}"
