"""Machines of a user, for the tests of commands that take MODULE:MACHINE."""

SHOP = """
import attrs
from fsm.engine import Machine, action, guard
from fsm.engine.state_space import Property, StateSpace


@attrs.define
class Till:
    state: str = "shut"
    coins: int = 0

    @guard("it is empty")
    def is_empty(self, event):
        return self.coins == 0

    @guard("never")
    def never(self, event):
        return False

    @guard("always")
    def always(self, event):
        return True

    @action("add a coin")
    def take(self, event):
        self.coins += 1

    def give_back(self, event):
        self.coins -= 1


def till(*more):
    return Machine(
        name="till",
        states=["shut", "open", "locked"],
        initial="shut",
        transitions=[
            ["pull", "shut", "open"],
            {"trigger": "push", "source": "open", "dest": "shut", "unless": "is_empty",
             "before": "give_back"},
            {"trigger": "insert", "source": "open", "dest": None, "conditions": "is_empty",
             "after": "take"},
            ["lock", "*", "locked"],
            *more,
        ],
        auto_transitions=False,
    )


def space(*properties, starts=(Till(),), key=lambda till, memory: attrs.astuple(till)):
    return StateSpace(
        lambda till, memory: [(name, name) for name in ("pull", "push", "insert", "lock")],
        attrs.evolve,
        key,
        properties=properties,
        starts=starts,
    )


machine = till().freeze(Till)
unfrozen = till()
"""


def write_shop(folder, text, name="shop"):
    """Writes a module with a till, and further lines."""
    (folder / f"{name}.py").write_text(SHOP + text, encoding="utf-8")
