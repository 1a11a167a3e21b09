"""Exhaustive exploration of a machine that has nothing to do with meetings: a turnstile.

python examples/explore_turnstile.py
fsm verify examples.explore_turnstile:machine

A turnstile opens for two coins and lets one person through. One of its two properties holds. For
the other, the explorer prints a shortest path to a violation.
"""

from __future__ import annotations

import attrs

from fsm.engine import Machine, Row, guard
from fsm.engine.explore import explore
from fsm.engine.state_space import ExploredStep, Property, StateSpace

# -- the model: the state of one turnstile, with guards and actions -------------------------------


@attrs.define
class Turnstile:
    """A turnstile that gives one turn for two coins.

    Args:
        state: ``locked`` or ``open``.
        coins: the number of coins that are not used up.
    """

    state: str = "locked"
    coins: int = 0

    @guard("there is room for a coin")
    def has_room(self, event: object) -> bool:
        """Returns whether the box has room for one more coin."""
        return self.coins < 3

    @guard("it is the second coin", negative="it is the first or the third coin")
    def is_second(self, event: object) -> bool:
        """Returns whether the coin completes the price of a turn."""
        return self.coins == 1

    def keep_coin(self, event: object) -> None:
        """Adds a coin."""
        self.coins += 1

    def use_coins(self, event: object) -> None:
        """Removes the price of a turn."""
        self.coins -= 2


# -- the machine: its transitions, compiled into a table ------------------------------------------

machine = Machine(name="turnstile", states=["locked", "open"], initial="locked",
                  auto_transitions=False)  # fmt: skip
machine.add_transition("coin", "locked", "open", conditions=["is_second"], after="keep_coin")
machine.add_transition("coin", "locked", None, unless=["is_second"], after="keep_coin")
machine.add_transition("coin", "open", None, conditions=["has_room"], after="keep_coin")
machine.add_transition("push", "open", "locked", after="use_coins")
TABLE = machine.freeze(Turnstile).table


# -- the properties: each returns a description of the violation, or None -------------------------


def is_turn(step: ExploredStep[Turnstile]) -> bool:
    """Returns whether somebody goes through; the decision is a row unless the event is refused."""
    return step.trigger == "push" and isinstance(step.decision, Row)


def unpaid_turn(step: ExploredStep[Turnstile]) -> str | None:
    """Describes a turn for fewer than two coins."""
    return f"{step.before.coins} coins" if is_turn(step) and step.before.coins < 2 else None


def coin_left(step: ExploredStep[Turnstile]) -> str | None:
    """Describes a turn that leaves a coin for the next person."""
    return f"{step.after.coins} coin is left" if is_turn(step) and step.after.coins else None


# -- the state space, and its exploration ---------------------------------------------------------

# The second argument of these functions is the memory of the path to a model. A larger machine can
# keep in it what a property must know of earlier steps; here every memory is None.
SPACE: StateSpace[Turnstile] = StateSpace(
    # The triggers that are tried in every situation, each with its event. A guard receives the
    # event; here it is only a word to print.
    events=lambda turnstile, memory: [("coin", "coin"), ("push", "push")],
    # Every event is tried on a copy. If a model holds lists or dicts, they must be copied too.
    copy=attrs.evolve,
    # Models with equal keys are the same situation, which is explored once. The key needs every
    # field that decides anything; the exploration ends only if the number of keys is finite.
    key=lambda turnstile, memory: attrs.astuple(turnstile),
    properties=(
        Property("every turn is paid", (), unpaid_turn),
        Property("no coin is left for the next person", (), coin_left),
    ),
    # Where it begins.
    starts=(Turnstile(),),
    # Optional: remember, view, observe and group; StateSpace describes them.
)

if __name__ == "__main__":
    result = explore(TABLE, [(start, None) for start in SPACE.starts], SPACE)
    print(f"{result.situations} situations, {result.steps} events tried")
    violations = {violation.name: violation for violation in result.violations}
    for property_ in SPACE.properties:
        violation = violations.get(property_.name)
        print(f"{property_.name}: {'does not hold' if violation else 'holds'}")
        if violation:
            print(f"    {violation.problem} after {', '.join(violation.events)}")
    undecided = [guard.name for evidence in result.evidence.values()
                 for guard in evidence.undecided()]  # fmt: skip
    print(f"guards that decide nothing: {', '.join(undecided) or 'none'}")
