"""Variants of a constant: a step stands for those that answer all of its questions alike."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import pytest

from fsm.engine import Machine
from fsm.engine.exploration import Exploration
from fsm.engine.explore import explore
from fsm.engine.state_space import Property, StateSpace
from fsm.engine.variants import Variants, ask


@attrs.frozen
class Size:
    """A constant of a jug."""

    cups: int
    lid: bool = False
    name: str = "jug"

    @property
    def thirds(self) -> float:
        return 3 / self.cups

    def holds(self, cups: int) -> bool:
        return cups <= self.cups


SMALL, LARGE, LIDDED = Size(1), Size(2), Size(2, lid=True)


def parts(variants: Variants[Size], step: Any) -> list[tuple[Any, list[Size]]]:
    """What a step returns, and for whom."""
    found = []
    for _ in variants.split(variants.everyone):
        answer = step(variants.shared)
        found.append((answer, variants.members(variants.group)))
    return found


def test_a_step_that_reads_nothing_stands_for_all() -> None:
    variants = Variants([SMALL, LARGE, LIDDED])
    assert parts(variants, lambda size: None) == [(None, [SMALL, LARGE, LIDDED])]


def test_a_step_stands_for_those_that_have_all_it_reads_in_common() -> None:
    variants = Variants([SMALL, LARGE, LIDDED])
    assert parts(variants, lambda size: size.cups) == [(1, [SMALL]), (2, [LARGE, LIDDED])]
    assert parts(variants, lambda size: size.name) == [("jug", [SMALL, LARGE, LIDDED])]
    assert parts(variants, lambda size: (size.lid, size.cups)) == [
        ((False, 1), [SMALL]), ((False, 2), [LARGE]), ((True, 2), [LIDDED]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "step",
    [
        lambda size: size.holds(2),
        lambda size: size == LARGE,
        lambda size: [LARGE].count(size) == 1,
        lambda size: {LARGE: True}.get(size, False),
        lambda size: repr(size) == repr(LARGE),
        lambda size: attrs.evolve(size, name="jug") == LARGE,
        lambda size: bool(size) and attrs.asdict(size)["lid"],
    ],
)
def test_a_question_about_the_whole_constant_is_answered_by_each(step: Any) -> None:
    each = [SMALL, LARGE, LIDDED]
    answers = parts(Variants(each), step)
    assert {variant: bool(answer) for answer, group in answers for variant in group} == {
        variant: bool(step(variant)) for variant in each
    }


def test_a_shared_constant_is_an_object_of_its_class_and_equals_itself() -> None:
    variants = Variants([SMALL, LARGE])
    assert isinstance(variants.shared, Size)
    assert parts(variants, lambda size: size == variants.shared) == [(True, [SMALL, LARGE])]


def test_a_shared_constant_cannot_be_changed() -> None:
    variants = Variants([SMALL, LARGE])
    with pytest.raises(AttributeError):
        variants.shared.cups = 3  # type: ignore[misc]


def test_variants_cannot_be_told_apart_outside_a_step() -> None:
    variants = Variants([SMALL, LARGE])
    assert variants.shared.name == "jug"
    with pytest.raises(RuntimeError, match="within a step"):
        _ = variants.shared.cups


def test_an_exception_is_an_answer_of_its_variant_alone() -> None:
    def step(size: Size) -> object:
        try:
            return size.thirds
        except ZeroDivisionError:
            return "no cups"

    none = Size(0)
    found = parts(Variants([SMALL, none, LARGE, LIDDED]), step)
    assert found == [(3.0, [SMALL]), ("no cups", [none]), (1.5, [LARGE, LIDDED])]


def test_answers_of_different_types_are_different_answers() -> None:
    one, yes = Size(1), Size(True)
    assert one == yes
    found = parts(Variants([one, yes]), lambda size: str(size.cups))
    assert [answer for answer, _ in found] == ["1", "True"]


def test_a_question_can_be_asked_of_a_constant_that_is_not_shared() -> None:
    def cups(size: Size) -> int:
        return size.cups

    assert ask(LARGE, cups) == 2
    assert parts(Variants([SMALL, LARGE]), lambda size: ask(size, cups)) == [
        (1, [SMALL]), (2, [LARGE]),
    ]  # fmt: skip


# -- explorations ---------------------------------------------------------------------------


@attrs.define
class Jug:
    """A jug of some size."""

    size: Size
    state: str = "open"
    cups: int = 0

    def has_room(self, event: str) -> bool:
        return self.size.holds(self.cups + 1)

    def has_lid(self, event: str) -> bool:
        return self.size.lid

    def has_water(self, event: str) -> bool:
        return self.cups > 0

    def fills(self, event: str) -> None:
        self.cups += 1

    def empties(self, event: str) -> None:
        self.cups = 0

    def leaks(self, event: str) -> bool:
        if self.size.lid:
            self.cups = 0
        return True


def table(**pour: Any) -> Any:
    machine = Machine(states=["open", "shut"], initial="open", auto_transitions=False)
    machine.add_transition("fill", "open", None, conditions="has_room", after="fills")
    machine.add_transition("shut", "open", "shut", conditions=["has_water", "has_lid"])
    machine.add_transition("pour", "open", None, **{"after": "empties", **pour})
    return machine.freeze(Jug).table


def space(*properties: Property, size: Any = None) -> StateSpace[Jug]:
    events = [("fill", "fill"), ("shut", "shut"), ("pour", "pour")]
    return StateSpace(
        events=lambda jug, memory: events,
        copy=lambda jug: Jug(jug.size, jug.state, jug.cups),
        key=lambda jug, memory: (size, jug.state, jug.cups),
        observe=lambda step: step.before.size.name,
        properties=properties,
    )


def together(sizes: list[Size], *properties: Property, rows: Any = None) -> Exploration[Jug]:
    variants = Variants(sizes)
    return explore(
        rows or table(), [(Jug(variants.shared), None)], space(*properties), variants=variants
    )


def test_an_exploration_of_variants_finds_what_one_of_each_finds() -> None:
    sizes = [SMALL, LARGE, LIDDED, Size(1, lid=True), Size(4, name="bucket")]
    rows = table()
    each = [explore(rows, [(Jug(size), None)], space(size=size)) for size in sizes]
    found = together(sizes, rows=rows)
    assert found.situations == sum(one.situations for one in each)
    assert found.steps == sum(one.steps for one in each)
    assert found.taken == sum((one.taken for one in each), Counter())
    assert found.observed == sum((one.observed for one in each), Counter())
    assert found.stuck == {size: one.stuck[None] for size, one in zip(sizes, each, strict=True)}
    for row, evidence in found.evidence.items():
        assert evidence.answers == set().union(*(one.evidence[row].answers for one in each))


def test_steps_that_read_nothing_different_are_taken_once() -> None:
    steps: list[Any] = []
    seen = Property("seen", (), steps.append)
    found = together([Size(3, name=name) for name in "abc"], seen)
    # Only the observation reads the name, so each step is taken for one name after another.
    assert len(steps) == found.steps == 3 * 4 * 3
    steps.clear()
    found = together([LARGE, LIDDED], seen)
    # Three situations of both and two of the one with a lid. Pouring reads no size.
    assert found.steps == 2 * 3 * 3 + 2 * 3
    assert Counter(step.trigger for step in steps) == {"fill": 8, "shut": 8, "pour": 5}


def test_a_violation_names_its_variant_and_a_path_that_this_variant_takes() -> None:
    full = Property(
        "never full", (), lambda step: "full" if step.after.cups == step.before.size.cups else None
    )
    [violation] = together([LARGE, SMALL], full).violations
    assert (violation.variant, violation.events) == (SMALL, ("fill",))
    lidded = Property("never shut", (), lambda step: "shut" if step.after.state == "shut" else None)
    [violation] = together([SMALL, LARGE, LIDDED], lidded).violations
    assert (violation.variant, violation.events) == (LIDDED, ("fill", "shut"))


def test_a_guard_that_changes_the_model_of_one_variant_is_found() -> None:
    rows = table(conditions="leaks")
    assert together([SMALL, LARGE], rows=rows).violations == []
    [violation] = together([SMALL, LARGE, LIDDED], rows=rows).violations
    assert (violation.name, violation.variant, violation.events) == (
        "a decision changes nothing", LIDDED, ("fill", "pour"),
    )  # fmt: skip


@attrs.define
class Door:
    """A door that opens with the key of its size, and remembers the key."""

    size: Size
    state: str = "shut"
    key: str | None = None

    def fits(self, event: str) -> bool:
        return event == self.size.name

    def turns(self, event: str) -> None:
        self.key = event


def test_a_path_has_the_events_of_its_variant_even_if_another_reaches_the_same_situation() -> None:
    machine = Machine(states=["shut", "open"], initial="shut", auto_transitions=False)
    machine.add_transition("open", "shut", "open", conditions="fits", after="turns")
    machine.add_transition("enter", "open", None)
    variants = Variants([Size(1, name="small"), Size(2, name="large")])
    small, large = variants.values
    entered: dict[Size, str | None] = {}

    def enters(step: Any) -> str | None:
        if step.trigger == "enter" and step.before.state == "open":
            entered[variants.first] = step.before.key
            return "entered" if step.before.size == large else None
        return None

    world: StateSpace[Door] = StateSpace(
        events=lambda door, memory: [("open", "small"), ("open", "large"), ("enter", "enter")],
        copy=lambda door: Door(door.size, door.state, door.key),
        key=lambda door, memory: door.state,
        properties=(Property("nobody enters a large door", (), enters),),
    )
    found = explore(
        machine.freeze(Door).table, [(Door(variants.shared), None)], world, variants=variants
    )
    [violation] = found.violations
    assert (violation.variant, violation.events) == (large, ("large", "enter"))
    assert entered == {small: "small", large: "large"}
