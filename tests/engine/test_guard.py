"""Conditions say what they mean."""

from __future__ import annotations

from functools import partial

from fsm.engine import GuardDescription, Machine, description_of, guard


@guard("the door is free", reason="locked", rules=("R1",), static=True)
def is_free() -> bool:
    return True


def test_a_decorated_guard_means_what_it_says_and_does_what_it_did() -> None:
    assert description_of(is_free) == GuardDescription("the door is free", "locked", ("R1",), True)
    assert is_free() is True


def test_an_undecorated_guard_is_labelled_by_its_name() -> None:
    def is_at_home() -> None: ...

    assert description_of(is_at_home) == GuardDescription("is at home", None, (), False)
    assert description_of("is_at_home") == GuardDescription("is at home")
    assert description_of(partial(is_at_home)).label == "is at home"


def test_a_foreign_meaning_is_not_taken_for_ours() -> None:
    def odd() -> None: ...

    vars(odd)["__guard_description__"] = "something else"
    assert description_of(odd) == GuardDescription("odd")


def test_the_opposite_of_a_guard_has_a_label_of_its_own_or_not_before_it() -> None:
    class Door:
        state = "shut"

        @guard("open", negative="shut")
        def is_open(self, event: object) -> bool:
            return True

        @guard("locked")
        def is_locked(self, event: object) -> bool:
            return True

    for name, label in (("is_open", "shut"), ("is_locked", "not locked")):
        machine = Machine(states=["shut"], initial="shut", auto_transitions=False)
        machine.add_transition("push", "shut", None, unless=name)
        [cell] = machine.freeze(Door).table
        [row] = cell.rows
        assert [each.label for each in row.guards] == [label]
