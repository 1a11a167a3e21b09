"""Conditions say what they mean."""

from __future__ import annotations

from functools import partial

from fsm.engine import GuardDescription, description_of, guard


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
    assert description_of(partial(is_at_home)).label.startswith("functools.partial(")


def test_a_foreign_meaning_is_not_taken_for_ours() -> None:
    def odd() -> None: ...

    vars(odd)["__guard_description__"] = "something else"
    assert description_of(odd) == GuardDescription("odd")
