"""The evidence that guards decide: the combinations of answers that occurred (MC/DC)."""

from __future__ import annotations

import attrs

from fsm.engine.row import Guard

Answers = tuple[bool | None, ...]
"""The results of a row's guards: whether each passed, ``None`` for one that could not be
evaluated."""


@attrs.define
class GuardEvidence:
    """The answers that the guards of one row, or the preconditions of one trigger, gave.

    Args:
        guards: the guards.
        answers: every combination of answers that occurred.
        refuses: whether the first guard that fails gives the reason of a refusal, as with
            preconditions.
    """

    guards: tuple[Guard, ...]
    answers: set[Answers] = attrs.field(factory=set)
    refuses: bool = False

    def undecided(self) -> list[Guard]:
        """Returns the guards without an MC/DC pair: those that never decided anything alone.

        A guard decides if all others pass, or cannot be evaluated because of it, and its own
        answer determines whether the row is taken (modified condition/decision coverage). A
        precondition decides as well if it determines which of two reasons a refusal has.
        """
        all_passed = (True,) * len(self.guards) in self.answers
        return [
            guard
            for position, guard in enumerate(self.guards)
            if not (all_passed and any(_only(answers, position) for answers in self.answers))
            and not (self.refuses and any(self._chooses(each, position) for each in self.answers))
        ]

    def _chooses(self, answers: Answers, position: int) -> bool:
        """Returns whether a guard fails first, and gives the refusal another reason by that."""
        before, after = answers[:position], answers[position + 1 :]
        return (
            answers[position] is False
            and all(before)
            and False in after
            and (*before, True, *after) in self.answers
        )


def _only(answers: Answers, position: int) -> bool:
    return answers[position] is False and all(
        answer is not False for other, answer in enumerate(answers) if other != position
    )
