"""Reachability by the definition alone."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from fsm.engine import Machine, NotFrozenError
from fsm.engine.declaration import AutomaticDeclaration
from fsm.engine.reachability import reachability


def made(*rows: list[Any], states: Any = ("a", "b", "c")) -> Machine:
    return Machine(states=list(states), initial="a", transitions=list(rows), auto_transitions=False)


def test_a_sound_machine_reaches_everything() -> None:
    machine = made(["go", "a", "b"], ["go", "b", "c", "is_ready"], ["stay", "c", None]).freeze()
    found = reachability(machine)
    assert (found.reached, found.unreached, found.never_left) == (("a", "b", "c"), (), ("c",))
    assert found.taken == machine.table.rows


def test_rows_behind_one_that_always_wins_lead_nowhere() -> None:
    machine = made(
        ["go", "a", "b"],
        ["go", ["a", "c"], "c"],  # never taken in a, so c is not reached
        ["back", "c", "a"],
    ).freeze()
    found = reachability(machine)
    assert (found.reached, found.unreached) == (("a", "b"), ("c",))
    assert found.never_left == ("b",)
    assert [(row.trigger, row.source) for row in found.taken] == [("go", "a")]


def test_models_may_start_in_further_states() -> None:
    class Named(Enum):
        a = 1
        b = 2

    machine = made(["go", "b", "a"], states=Named).freeze(starts=[Named.b, Named.a])
    assert machine.starts == ("a", "b")
    assert reachability(machine).unreached == ()


def test_only_a_frozen_machine_has_reachability() -> None:
    with pytest.raises(NotFrozenError):
        reachability(made(["go", "a", "b"]))
    with pytest.raises(NotFrozenError, match="starts needs"):
        assert made().starts


def test_the_rows_of_a_wildcard_have_one_declaration() -> None:
    machine = made(["go", "*", "b"], ["turn", ["a", "b"], "c"]).freeze()
    assert len(machine.table.rows) == 5
    assert len({row.declaration for row in machine.table.rows}) == 2


def automatic(*rows: list[Any]) -> Machine:
    return Machine(states=["a", "b", "c"], initial="a", transitions=list(rows)).freeze()


def test_automatic_transitions_do_not_reach_anything() -> None:
    found = reachability(automatic(["go", "a", "b"]))
    assert (found.reached, found.unreached, found.never_left) == (("a", "b"), ("c",), ("b",))
    assert [(row.trigger, row.source) for row in found.taken] == [("go", "a")]


def test_the_automatic_rows_of_a_trigger_have_one_declaration() -> None:
    rows = [row for row in automatic(["go", "a", "b"]).table.rows if row.automatic]
    assert len(rows) == 9
    assert {row.declaration for row in rows} == {
        AutomaticDeclaration(f"to_{state}") for state in "abc"
    }


def test_a_row_that_looks_like_an_automatic_one_is_none() -> None:
    machine = made(["to_b", "*", "b"], ["to_c", "*", "c"]).freeze()
    assert not any(row.automatic for row in machine.table.rows)
