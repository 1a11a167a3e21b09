"""Errors of a machine: definition, freezing, and triggers without a row."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Any, assert_never

from transitions import MachineError


def _title(machine: str) -> str:
    return f"machine '{machine}'" if machine else "the machine"


def _rebuilt(error_class: type[BaseException], args: tuple[object, ...]) -> BaseException:
    error = error_class.__new__(error_class)
    error.args = args
    return error


class _PicklableError(Exception):
    """An error whose constructor does not take its message, and which is copied without it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args), vars(self)


class DefinitionError(_PicklableError, ValueError):
    """A machine cannot be frozen. ``problems`` has one line for each problem."""

    def __init__(self, machine: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        separator = " " if len(self.problems) == 1 else "\n  "
        lines = separator.join(("cannot be frozen:", *self.problems))
        super().__init__(f"{_title(machine)} {lines}")


class FrozenError(_PicklableError, TypeError):
    """An attempt to change a frozen machine."""

    def __init__(self, machine: str, change: str) -> None:
        super().__init__(
            f"{_title(machine)} is frozen, {change} would change it (build a new machine instead)"
        )


class NotFrozenError(_PicklableError, TypeError):
    """A request that only a frozen machine can serve."""

    def __init__(self, machine: str, request: str) -> None:
        super().__init__(
            f"{_title(machine)} is not frozen, {request} needs a frozen one (call freeze() first)"
        )


class NotPicklableError(_PicklableError, TypeError):
    """An attempt to pickle a frozen machine or a part of its table."""

    def __init__(self, subject: str) -> None:
        super().__init__(
            f"{subject} cannot be pickled "
            "(keep the machine in a module or a class attribute, which pickles leave out)"
        )


class InvalidTriggerError(_PicklableError, MachineError):
    """The current state has no row for a trigger.

    Attributes ``state``, ``trigger``, and ``possible``: the triggers that have a row.
    """

    def __init__(self, state: str, trigger: str, possible: Sequence[str]) -> None:
        self.state = state
        self.trigger = trigger
        self.possible = tuple(possible)
        names = ", ".join(self.possible) or "none"
        super().__init__(f"'{trigger}' has no row in state '{state}' (there: {names})")

    def __str__(self) -> str:
        return self.value


class UnknownTriggerError(_PicklableError, AttributeError):
    """The machine has no such trigger.

    It is an ``AttributeError`` because ``transitions`` raises one here. Attributes ``trigger``,
    and ``known``: the triggers of the machine.
    """

    def __init__(self, trigger: str, known: Sequence[str]) -> None:
        self.trigger = trigger
        self.known = tuple(known)
        names = ", ".join(self.known) or "none"
        super().__init__(f"the machine has no trigger '{trigger}' (it has: {names})")


def missing_case(error: BaseException) -> str | None:
    """Returns the place of a missing case and its remedy; ``None`` for any other error.

    Args:
        error: an error that ``assert_never`` may have raised.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if not frames or frames[-1].f_code is not assert_never.__code__:
        return None
    value = frames[-1].f_locals["arg"]
    caller = frames[-2]
    place = "/".join(caller.f_globals["__name__"].split("."))
    return f"{caller.f_code.co_name} in {place}.py has no case for {value!r} (write one)"


def describe_error(error: BaseException) -> str:
    """Describes an error in one line; the place of a missing case, else class and message."""
    return missing_case(error) or f"{type(error).__name__}: {error}"
