"""Binding static guards, with and without the refusals of rows that are gone."""

from __future__ import annotations

import attrs
import pytest

from fsm.engine import InvalidTriggerError, Machine, Refusal, Row, guard
from fsm.engine.firing import fire
from fsm.engine.table import Table


@attrs.define
class Model:
    tall: bool = False
    wide: bool = False
    one: bool = False
    state: str = "a"

    @guard("tall", reason="too_short", static=True)
    def is_tall(self, event: object = None) -> bool:
        return self.tall

    @guard("wide", static=True)
    def is_wide(self, event: object = None) -> bool:
        return self.wide

    @guard("one", reason="not_one")
    def is_one(self, event: object) -> bool:
        return self.one

    @guard("two")
    def is_two(self, event: object) -> bool:
        return self.one


def table(*rows: list[str], preconditions: tuple[str, ...] = ()) -> Table:
    machine = Machine(
        states=["a", "b"], initial="a", auto_transitions=False, preconditions={"go": preconditions}
    )
    for conditions in rows:
        machine.add_transition("go", "a", "b", conditions=conditions)
    return machine.freeze(Model).table


def left(given: Table, *, keep_refusals: bool | None = None, **model: bool) -> list[list[str]]:
    """The names of the conditions that each row is still asked for in state a."""
    options = {} if keep_refusals is None else {"keep_refusals": keep_refusals}
    settled = given.bind(Model(**model), **options)
    return [[each.name for each in row.guards] for row in settled.rows]


@pytest.mark.parametrize(
    ("conditions", "model", "dropped", "kept"),
    [
        (["is_one", "is_tall"], {"tall": True}, [["is_one"]], [["is_one"]]),
        (["is_one", "is_tall"], {}, [], [["is_one", "is_tall"]]),
        (["is_tall", "is_one"], {}, [], [["is_tall"]]),
        (["is_one", "is_wide"], {}, [], [["is_one", "is_wide"]]),
        (["is_two", "is_wide"], {}, [], []),
        (["is_wide", "is_one"], {}, [], []),
        (["is_tall", "is_wide"], {"tall": True}, [], []),
        (["is_two", "is_tall", "is_wide"], {"tall": True}, [], []),
        (["is_wide", "is_one", "is_tall"], {"wide": True}, [], [["is_one", "is_tall"]]),
    ],
)
def test_a_row_that_cannot_be_taken_is_kept_only_for_the_reason_it_gives(
    conditions: list[str],
    model: dict[str, bool],
    dropped: list[list[str]],
    kept: list[list[str]],
) -> None:
    given = table(conditions, ["is_two"])
    assert left(given, **model) == [*dropped, ["is_two"]]
    assert left(given, keep_refusals=False, **model) == [*dropped, ["is_two"]]
    assert left(given, keep_refusals=True, **model) == [*kept, ["is_two"]]


def test_the_rows_after_one_that_always_wins_are_gone() -> None:
    given = table(["is_wide"], ["is_one"])
    assert left(given, wide=True) == [[]]
    assert left(given) == [["is_one"]]


@pytest.mark.parametrize("refusals", [False, True])
@pytest.mark.parametrize("tall", [False, True])
@pytest.mark.parametrize("one", [False, True])
def test_a_precondition_that_is_bound_refuses_or_is_no_longer_asked(
    refusals: bool, tall: bool, one: bool
) -> None:
    given = table([], preconditions=("is_one", "is_tall"))
    model = Model(tall=tall, one=one)
    settled = given.bind(model, keep_refusals=refusals)
    [cell, _] = settled
    assert [each.name for each in cell.preconditions] == ["is_one", "is_tall"][: 1 if tall else 2]
    assert len(cell.compiled_preconditions) == len(cell.preconditions)
    whole, found = given.decide(model, "go", None), settled.decide(model, "go", None)
    if isinstance(whole, Refusal):
        assert found is whole
    else:
        assert isinstance(found, Row)
        assert found.definition is whole.definition
    assert fire(settled, model, "go", (None,), {}) is (tall and one)


def test_a_bound_table_still_ignores_what_the_machine_ignores() -> None:
    machine = Machine(
        states=["a", "b"], initial="a", auto_transitions=False, ignore_invalid_triggers=True
    )
    machine.add_transition("go", "a", "b", conditions="is_wide")
    settled = machine.freeze(Model).table.bind(Model())
    assert fire(settled, Model(), "go", (), {}) is False
    assert fire(settled, Model(state="b"), "go", (), {}) is False


def test_cells_guards_and_refusals_are_equal_to_themselves_alone() -> None:
    one, other = table(["is_one"]), table(["is_one"])
    for some, others in (
        (list(one), list(other)),
        (one.rows, other.rows),
        (one.rows[0].guards, other.rows[0].guards),
        (one.refusals, other.refusals),
    ):
        assert some[0] == some[0]
        assert some[0] != others[0]
        assert len({*some, *others}) == len(some) + len(others)


def test_where_nothing_was_bound_cells_and_rows_are_still_those_of_another_table() -> None:
    whole = table(["is_one"])
    settled = whole.bind(Model())
    assert set(whole).isdisjoint(settled)
    assert set(whole.rows).isdisjoint(settled.rows)


def test_firing_a_bound_table_refuses_where_the_whole_one_refuses() -> None:
    whole = table(["is_wide"], ["is_tall", "is_one"])
    for keep_refusals in (False, True):
        bound = whole.bind(Model(), keep_refusals=keep_refusals)
        for each in (whole, bound):
            assert fire(each, Model(), "go", (None,), {}) is False
        with pytest.raises(InvalidTriggerError, match="'go' has no row in state 'b'"):
            fire(bound, Model(state="b"), "go", (None,), {})


def test_a_state_that_ignores_triggers_still_finalizes_an_event_whose_rows_are_bound_away() -> None:
    calls: list[str] = []
    machine = Machine(
        states=["a"],
        initial="a",
        transitions=[["go", "a", None, "is_wide"]],
        auto_transitions=False,
        ignore_invalid_triggers=True,
        prepare_event=lambda *_: calls.append("prepared"),
    ).freeze(Model)
    for each in (machine.table, machine.table.bind(Model())):
        assert fire(each, Model(), "go", (None,), {}) is False
    assert calls == ["prepared", "prepared"]
