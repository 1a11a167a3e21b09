"""Explore every situation of a machine that has nothing to do with meetings.

python examples/explore_turnstile.py

A turnstile takes coins and lets people through. One property of it holds. The other does
not, and the explorer prints the shortest way to see that.
"""

from __future__ import annotations

import attrs

from fsm.engine import Machine, Row, guard
from fsm.engine.explore import explore
from fsm.engine.state_space import ExploredStep, Property, StateSpace


@attrs.define
class Turnstile:
    """A turnstile that gives one turn for two coins.

    Args:
        state: whether it is ``locked`` or ``open``.
        coins: the coins that have not been used up.
    """

    state: str = "locked"
    coins: int = 0

    @guard("there is room")
    def has_room(self, event: object) -> bool:
        """The box holds three coins."""
        return self.coins < 3

    @guard("the second coin")
    def is_second(self, event: object) -> bool:
        """The coin is the last one that a turn costs."""
        return self.coins == 1

    def takes(self, event: object) -> None:
        """Keeps a coin."""
        self.coins += 1

    def uses_up(self, event: object) -> None:
        """Uses up the price of a turn."""
        self.coins -= 2


machine = Machine(name="turnstile", states=["locked", "open"], initial="locked",
                  auto_transitions=False)  # fmt: skip
machine.add_transition("coin", "locked", "open", conditions=["is_second"], after="takes")
machine.add_transition("coin", "locked", None, unless=["is_second"], after="takes")
machine.add_transition("coin", "open", None, conditions=["has_room"], after="takes")
machine.add_transition("push", "open", "locked", after="uses_up")
TABLE = machine.freeze(Turnstile).table


def turns_for_nothing(step: ExploredStep[Turnstile]) -> str | None:
    """Nobody goes through before two coins were put in."""
    turned = step.trigger == "push" and isinstance(step.decision, Row)
    return f"{step.before.coins} coins" if turned and step.before.coins < 2 else None


def keeps_the_third_coin(step: ExploredStep[Turnstile]) -> str | None:
    """Nobody who goes through leaves a coin behind."""
    turned = step.trigger == "push" and isinstance(step.decision, Row)
    return f"{step.after.coins} coin is left" if turned and step.after.coins else None


# A memory is what a world wants to know of the way that led to a model. This one wants to
# know nothing, so every memory here is None.
WORLD: StateSpace[Turnstile] = StateSpace(
    # What may happen to a model: each trigger, with the event that conditions are asked about.
    # All of them are tried in every situation. Here an event is no more than a word to print.
    events=lambda turnstile, memory: [("coin", "coin"), ("push", "push")],
    # Every event is tried on a copy, so that the next one finds the model as it was. A model
    # that holds lists or dicts must copy those too.
    copy=attrs.evolve,
    # Models with the same key are the same situation, which is explored once. Leave out what
    # decides nothing, but nothing that does: the explorer only ends if the keys do.
    key=lambda turnstile, memory: attrs.astuple(turnstile),
    # What every step must have. Each is given a Step: the model before it, the trigger, the
    # row or the refusal that it met, and the model after it.
    properties=(
        Property("nobody goes through for nothing", (), turns_for_nothing),
        Property("nobody pays for the next one", (), keeps_the_third_coin),
    ),
)

# World has more for larger machines: "remember" fills the memory, "view" makes of a step what
# properties are given, "observe" counts things, "group" judges several rows as one.

# Each model to begin with stands beside what is remembered at the beginning.
found = explore(TABLE, [(Turnstile(), None)], WORLD)
print(f"{found.situations} situations, {found.steps} events tried")
for each in WORLD.properties:
    broken = next((no for no in found.violations if no.name == each.name), None)
    print(f"{each.name}: {'holds' if broken is None else 'does not hold'}")
    if broken is not None:
        print(f"    {broken.problem} after {', '.join(broken.events)}")
print("conditions that decide nothing:", [
    guard.name for evidence in found.evidence.values() for guard in evidence.undecided()
] or "none")  # fmt: skip
