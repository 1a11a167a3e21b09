"""Actions with a static guard: they run only under it, and binding leaves them out."""

import attrs
import pytest

from fsm.engine import Machine, action, action_description, guard


@attrs.define
class Door:
    """A door that rings, if it has a bell, and counts."""

    has_bell: bool = False
    state: str = "shut"
    rings: int = 0
    counted: int = 0

    @guard("a bell", static=True)
    def can_ring(self, event=None):
        return self.has_bell

    @action("ring the bell", only_if="can_ring")
    def ring(self, event):
        self.rings += 1

    @action("count")
    def count(self, event):
        self.counted += 1


def machine():
    made = Machine(states=["shut", "open"], initial="shut", auto_transitions=False)
    made.add_transition("push", "shut", "open", before="ring", after=["count", "ring"])
    made.add_transition("knock", "shut", None, after=["ring", "count"])
    return made.freeze(Door)


@pytest.mark.parametrize(("has_bell", "rings"), [(False, 0), (True, 3)])
@pytest.mark.parametrize("bound", [False, True], ids=["complete table", "bound table"])
def test_an_action_runs_only_under_its_static_guard(has_bell, rings, bound):
    table, door = machine().table, Door(has_bell)
    if bound:
        table = table.bind(door)
    for trigger in ("knock", "push"):
        table.decide(door, trigger, None).apply(door, None)
    assert (door.state, door.rings, door.counted) == ("open", rings, 2)


def test_binding_leaves_out_the_action_or_its_guard():
    [row] = [row for row in machine().table.bind(Door()).rows if row.trigger == "push"]
    assert [call.__name__ for call in (*row.before, *row.after)] == ["count"]
    [row] = [row for row in machine().table.bind(Door(has_bell=True)).rows if row.trigger == "push"]
    assert [call.__name__ for call in (*row.before, *row.after)] == ["ring", "count", "ring"]


def test_a_row_without_such_actions_is_bound_as_it_is():
    made = Machine(states=["shut"], initial="shut", auto_transitions=False)
    made.add_transition("knock", "shut", None, after="count")
    [row] = made.freeze(Door).table.rows
    [bound] = made.table.bind(Door()).rows
    assert bound.apply is row.apply


def test_the_description_of_an_action_is_found():
    assert action_description(Door.ring).label == "ring the bell"
    assert action_description(Door.count).only_if is None
    assert action_description(len) is None
