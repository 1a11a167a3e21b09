"""Explanations: a decision for people, with the guards that failed and the values they read."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.engine.firing import event_arguments
from fsm.engine.observe import ObservedValue, observed_values
from fsm.engine.row import Guard, Row
from fsm.engine.table import Table


@attrs.frozen
class FailedGuard:
    """A guard that failed, with the values that it read."""

    guard: Guard
    observed: tuple[ObservedValue, ...]

    def __str__(self) -> str:
        values = f" ({', '.join(map(str, self.observed))})" if self.observed else ""
        return f"'{self.guard.label}'{values}"


@attrs.frozen
class Attempt:
    """An attempted row, and its failed guard; ``None`` if the row is taken."""

    row: Row
    failed: FailedGuard | None


@attrs.frozen
class Explanation:
    """The explanation of a decision; as a string it is a sentence.

    Args:
        state: the name of the current state.
        trigger: the trigger.
        failed_precondition: the precondition of the trigger that failed, if one did.
        attempts: the attempted rows in order, up to the one taken.
    """

    state: str
    trigger: str
    failed_precondition: FailedGuard | None
    attempts: tuple[Attempt, ...]

    @property
    def row(self) -> Row | None:
        """The row that is taken; ``None`` for a refusal."""
        return self.attempts[-1].row if self.attempts and not self.attempts[-1].failed else None

    @property
    def allowed(self) -> bool:
        """True if a row is taken."""
        return self.row is not None

    @property
    def reason(self) -> str | None:
        """The reason code of a refusal: that of the first failed guard that has one."""
        if self.allowed:
            return None
        for failed in (self.failed_precondition, *(attempt.failed for attempt in self.attempts)):
            if failed is not None and failed.guard.description.reason is not None:
                return failed.guard.description.reason
        return None

    @property
    def missed(self) -> tuple[Attempt, ...]:
        """The attempts that would have left the state, and failed on a guard that may pass later.

        A row that fails on a static guard is not among them: it can never be taken.
        """
        return tuple(
            attempt
            for attempt in self.attempts
            if attempt.failed is not None
            and not attempt.failed.guard.description.static
            and attempt.row.target not in (None, attempt.row.source)
        )

    def __str__(self) -> str:
        if self.row is not None:
            if self.row.target is not None:
                return f"'{self.trigger}' in '{self.state}' leads to '{self.row.target}'"
            missed = "".join(f"; {need}" for need in _needs(self.missed, "would need"))
            return f"'{self.trigger}' in '{self.state}' stays there{missed}"
        refused = f"'{self.trigger}' is refused in '{self.state}': "
        if self.failed_precondition is not None:
            return f"{refused}it needs {self.failed_precondition}"
        needs = "; ".join(_needs(self.attempts, "needs"))
        return refused + (needs or "the state has no transition for it")


def _needs(attempts: tuple[Attempt, ...], verb: str) -> list[str]:
    """Returns a phrase per target with the alternatives that would lead there."""
    alternatives: dict[str, list[str]] = {}
    for attempt in attempts:
        where = "to stay" if attempt.row.target is None else f"to '{attempt.row.target}'"
        alternatives.setdefault(where, []).append(str(attempt.failed))
    return [f"{where} it {verb} {', or '.join(needs)}" for where, needs in alternatives.items()]


def explain(
    table: Table, model: Any, trigger: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Explanation:
    """Returns the explanation; see :meth:`fsm.engine.Machine.why`."""
    cell = table.cell(model, trigger)
    data, args, kwargs = event_arguments(table, model, trigger, args, kwargs)

    def first_failed(guards: tuple[Guard, ...]) -> FailedGuard | None:
        for guard in guards:
            answer = guard.call(model, *args, **kwargs)
            if answer == guard.wanted:
                continue
            observed = observed_values(guard.call, model, args, kwargs, answer)
            if not isinstance(answer, bool) and all(each.name != guard.name for each in observed):
                # Even a true answer fails if it is not equal to True, as with `transitions`.
                observed = (ObservedValue(guard.name, answer), *observed)
            return FailedGuard(guard, observed)
        return None

    failed_precondition = first_failed(cell.preconditions)
    attempts: list[Attempt] = []
    if failed_precondition is None:
        for row in cell.rows:
            data.transition = row.definition
            attempts.append(Attempt(row, first_failed(row.guards)))
            if attempts[-1].failed is None:
                break
    return Explanation(cell.state, trigger, failed_precondition, tuple(attempts))
