"""The table: deciding, applying, and settling what never changes."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fsm.engine import DefinitionError, Machine, Refusal, Row, guard

YES_NO = st.booleans()


@attrs.define
class Model:
    """Two parts that never change and two that do."""

    tall: bool = False
    wide: bool = False
    answers: dict[str, Any] = attrs.field(factory=dict)
    state: str = "a"
    log: list[str] = attrs.field(factory=list)

    @guard("tall", reason="too_short", static=True)
    def is_tall(self, event: object = None) -> bool:
        assert event is None or event == "event"
        return self.tall

    @guard("wide", static=True)
    def is_wide(self, event: object = None) -> bool:
        return self.wide

    @guard("one", reason="not_one")
    def one(self, event: object) -> Any:
        self.log.append("one")
        return self.answers.get("one", False)

    @guard("two")
    def two(self, event: object) -> Any:
        self.log.append("two")
        return self.answers.get("two", False)

    @guard("three", reason="not_three")
    def three(self, event: object) -> Any:
        return self.answers.get("three", False)

    def note(self, event: object) -> None:
        self.log.append(f"{event} in {self.state}")


def machine(*rows: dict[str, Any], **options: Any) -> Machine:
    return Machine(
        states=["a", "b"],
        initial="a",
        auto_transitions=False,
        transitions=[
            *({"trigger": "go", "source": "a", "dest": "b", **row} for row in rows),
            {"trigger": "back", "source": "b", "dest": "a"},
            {"trigger": "over", "source": "a", "dest": "b"},
        ],
        **options,
    )


def refused(table_of: Machine, model: Model, trigger: str = "go") -> Refusal:
    decision = table_of.decide(model, trigger, "event")
    assert isinstance(decision, Refusal)
    return decision


def test_the_first_row_that_holds_is_taken() -> None:
    m = machine({"conditions": "one", "info": 1}, {"conditions": "two", "info": 2}, {"info": 3})
    m.freeze(Model)
    for answers, info in (
        ({"one": True, "two": True}, 1),
        ({"two": True}, 2),
        ({}, 3),
        ({"one": 1}, 1),
        ({"one": "yes", "two": 2}, 3),
    ):
        row = m.decide(Model(answers=answers), "go", "event")
        assert isinstance(row, Row)
        assert row.info == info


def test_unless_wants_false_and_nothing_that_is_merely_empty() -> None:
    m = machine({"unless": "one"}).freeze(Model)
    assert isinstance(m.decide(Model(answers={"one": 0}), "go", "event"), Row)
    assert refused(m, Model(answers={"one": None})).guard is not None


def test_a_refusal_names_the_first_failed_guard_with_a_reason() -> None:
    m = machine({"conditions": ["two", "one"]}, {"conditions": "three"}, {"conditions": "one"})
    m.freeze(Model)
    guard = refused(m, Model()).guard
    assert guard is not None
    assert (guard.name, guard.label, guard.description.reason) == ("three", "three", "not_three")
    assert refused(m, Model(answers={"two": True})).guard is not guard
    m = machine({"conditions": "two"}).freeze(Model)
    assert refused(m, Model()).guard is None


def test_preconditions_refuse_before_any_row_is_tried() -> None:
    m = machine({"conditions": "two"}, preconditions={"go": ["one", "is_tall"]}).freeze(Model)
    model = Model()
    decision = refused(m, model)
    assert decision.guard is not None
    assert (decision.guard.description.reason, model.log) == ("not_one", ["one"])
    decision = refused(m, Model(state="b", answers={"one": 1}))
    assert decision.guard is not None
    assert (decision.state, decision.guard.description.reason) == ("b", "too_short")
    assert refused(m, Model(True, state="b", answers={"one": True})).guard is None
    assert isinstance(m.decide(Model(True, answers={"one": True, "two": True}), "go", "event"), Row)


def test_every_refusal_that_can_come_is_listed() -> None:
    m = machine({"conditions": ["two", "one"]}, preconditions={"go": "is_tall"}).freeze(Model)
    listed = m.table.refusals
    for tall in (True, False):
        for two in (True, False):
            for state in ("a", "b"):
                assert refused(m, Model(tall, answers={"two": two}, state=state)) in listed
    guards = [each.guard.name if each.guard else None for each in listed if each.trigger == "go"]
    assert guards == ["is_tall", "one", None, "is_tall", None]
    states = [each.state for each in listed if each.trigger == "go"]
    assert states == ["a", "a", "a", "b", "b"]


def test_decide_knows_only_the_machines_triggers_and_states() -> None:
    m = machine({}).freeze(Model)
    with pytest.raises(KeyError, match="nonsense"):
        m.decide(Model(), "nonsense", None)
    with pytest.raises(KeyError, match="nowhere"):
        m.decide(Model(state="nowhere"), "go", None)


@pytest.mark.parametrize(
    "options",
    [
        {"send_event": True},
        {"model_attribute": "phase"},
        *({kind: "note"} for kind in ("prepare_event", "finalize_event", "on_exception")),
    ],
)
def test_what_decide_would_leave_out_it_refuses(options: dict[str, Any]) -> None:
    m = machine({}, **options).freeze()
    with pytest.raises(TypeError, match="drive it with fire"):
        m.decide(Model(), "go", None)


def test_decide_refuses_rows_that_prepare() -> None:
    with pytest.raises(TypeError, match="drive it with fire"):
        machine({"prepare": "note"}).freeze(Model).decide(Model(), "go", None)


@pytest.mark.parametrize("target", ["b", None])
def test_apply_does_what_fire_does(target: str | None) -> None:
    m = machine(
        {"dest": target, "before": "note", "after": "note"},
        before_state_change="note",
        after_state_change="note",
    ).freeze(Model)
    fired, applied = Model(), Model()
    assert m.fire(fired, "go", "event")
    row = m.decide(applied, "go", "event")
    assert isinstance(row, Row)
    row.apply(applied, "event")
    assert applied == fired
    assert len(fired.log) == 4


@pytest.mark.parametrize("after", [[], ["note"], ["note", "note"]])
def test_what_stays_runs_every_callback_there_is(after: list[str]) -> None:
    row = machine({"dest": None, "after": after}).freeze(Model).decide(model := Model(), "go", "x")
    assert isinstance(row, Row)
    row.apply(model, "x")
    assert model.state == "a"
    assert len(model.log) == len(after)
    assert (row.target, row.value) == (None, None)


def test_the_table_can_be_read_and_not_written() -> None:
    table = machine({"info": 7}).freeze(Model).table
    assert [cell.trigger for cell in table] == ["go", "go", "back", "back", "over", "over"]
    assert table.cells["go"]["a"].rows[0].info == 7
    assert [row.source for row in table.rows] == ["a", "b", "a"]
    with pytest.raises(TypeError, match="item assignment"):
        table.cells["go"] = {}
    with pytest.raises(TypeError, match="item assignment"):
        table.cells["go"]["a"] = table.cells["go"]["b"]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        table.rows[0].target = "a"
    assert table.cell(Model(), "over").state == "a"


def test_binding_drops_what_can_no_longer_happen_and_asks_no_more() -> None:
    m = machine(
        {"conditions": ["is_tall", "one"], "info": 1},
        {"conditions": "is_wide", "info": 2},
        {"conditions": "two", "info": 3},
        preconditions={"back": "is_tall", "over": ["is_wide", "one"]},
    ).freeze(Model)
    short = m.table.bind(Model(wide=True))
    assert [row.info for row in short.cells["go"]["a"].rows] == [2]
    [row] = short.cells["go"]["a"].rows
    assert row.guards == row.compiled_guards == ()
    assert short.cells["back"]["b"].rows == ()
    decision = short.decide(Model(state="b"), "back", None)
    assert isinstance(decision, Refusal)
    assert decision.guard is not None
    assert decision.guard.description.reason == "too_short"
    assert [guard.name for guard in short.cells["over"]["a"].preconditions] == ["one"]
    assert len(short.cells["over"]["a"].compiled_preconditions) == 1
    tall = m.table.bind(Model(tall=True))
    assert [row.info for row in tall.cells["go"]["a"].rows] == [1, 3]
    assert [guard.name for guard in tall.cells["go"]["a"].rows[0].guards] == ["one"]
    assert [row.info for row in m.table.cells["go"]["a"].rows] == [1, 2, 3]


NAMES = ("is_tall", "is_wide", "one", "two", "three")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "conditions": st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
            "unless": st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
        }
    ),
    min_size=1,
    max_size=5,
)
REQUIRED = st.lists(st.sampled_from(NAMES), max_size=2, unique=True)


def test_a_bound_table_takes_the_same_rows() -> None:
    seen = {"row": 0, "none": 0, "settled": 0}

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(ROWS, REQUIRED, YES_NO, YES_NO, st.tuples(YES_NO, YES_NO, YES_NO))
    def same(
        rows: list[Any], required: list[str], tall: bool, wide: bool, said: tuple[bool, ...]
    ) -> None:
        kept: list[Any] = []
        for row in rows:
            try:
                machine(*kept, row, preconditions={"go": required}).freeze(Model)
            except DefinitionError:
                continue
            kept.append(row)
        assume(kept)
        table = machine(*kept, preconditions={"go": required}).freeze(Model).table
        settled = table.bind(Model(tall, wide))
        model = Model(tall, wide, dict(zip(("one", "two", "three"), said, strict=True)))
        full, short = (each.decide(model, "go", "event") for each in (table, settled))
        seen["settled"] += len(settled.rows) < len(table.rows)
        if isinstance(full, Row):
            seen["row"] += 1
            assert isinstance(short, Row)
            assert short.definition is full.definition
        else:
            seen["none"] += 1
            assert isinstance(short, Refusal)
        for row in settled.rows:
            assert not any(guard.description.static for guard in row.guards)

    same()
    assert min(seen.values()) > 5, seen


def test_a_model_without_a_state_says_how_to_start() -> None:
    class Blank: ...

    class Later:
        state = None

    for model in (Blank(), Later()):
        with pytest.raises(AttributeError, match=r"has no state in its attribute 'state': set it "
                           r"to .*, such as '\w+'"):  # fmt: skip
            machine({}).freeze().table.state_name(model)
