"""What can go wrong with a machine, each as a type of its own."""

from __future__ import annotations

from collections.abc import Sequence

from transitions import MachineError


def _title(machine: str) -> str:
    return f"machine '{machine}'" if machine else "the machine"


class DefinitionError(ValueError):
    """A machine cannot be frozen; ``problems`` names every offender, one line each."""

    def __init__(self, machine: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{_title(machine)} cannot be frozen: " + "; ".join(self.problems))


class FrozenError(TypeError):
    """A frozen machine was asked to change."""

    def __init__(self, machine: str, what: str) -> None:
        super().__init__(
            f"{_title(machine)} is frozen, {what} would change it (build a new machine instead)"
        )


class NotFrozenError(TypeError):
    """A machine was asked for something that only a frozen one can do."""

    def __init__(self, machine: str, what: str) -> None:
        super().__init__(
            f"{_title(machine)} is not frozen, {what} needs a frozen one (call freeze() first)"
        )


class InvalidTriggerError(MachineError):
    """A trigger has no row in the state the model is in.

    It carries ``state``, ``trigger`` and ``possible``: the triggers that do have one.
    """

    def __init__(self, state: str, trigger: str, possible: Sequence[str]) -> None:
        self.state = state
        self.trigger = trigger
        self.possible = tuple(possible)
        there = ", ".join(self.possible) or "none"
        super().__init__(f"'{trigger}' has no row in state '{state}' (there: {there})")

    def __str__(self) -> str:
        return self.value


class UnknownTriggerError(AttributeError):
    """A trigger is not one of the machine's.

    An ``AttributeError``, because that is what ``transitions`` raises here. It carries
    ``trigger`` and ``known``: the triggers the machine has.
    """

    def __init__(self, trigger: str, known: Sequence[str]) -> None:
        self.trigger = trigger
        self.known = tuple(known)
        has = ", ".join(self.known) or "none"
        super().__init__(f"the machine has no trigger '{trigger}' (it has: {has})")
