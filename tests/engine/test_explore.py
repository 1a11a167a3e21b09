"""The explorer, on a kettle: small enough to count its situations by hand."""

from __future__ import annotations

from enum import Enum
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.engine import Machine, Refusal, Row, guard
from fsm.engine.evidence import GuardEvidence
from fsm.engine.explore import MAX_SITUATIONS, explore
from fsm.engine.guard import GuardDescription
from fsm.engine.row import Guard
from fsm.engine.state_space import ExploredStep, Property, StateSpace

FULL = 2


@attrs.define
class Kettle:
    """A kettle that holds two cups: off (0, 1 or 2 cups) or on (1 or 2 cups)."""

    state: str = "off"
    cups: int = 0

    @guard("at the tap", reason="no_tap")
    def at_tap(self, event: str) -> bool:
        return event != "away"

    @guard("room", reason="full")
    def has_room(self, event: str) -> bool:
        return self.cups < FULL

    @guard("water")
    def has_water(self, event: str) -> bool:
        return self.cups > 0

    @guard("empty", reason="not_empty")
    def is_empty(self, event: str) -> bool:
        return self.cups == 0

    @guard("sound")
    def is_sound(self, event: str) -> bool:
        return True

    @guard("broken")
    def raises(self, event: str) -> bool:
        raise LookupError("no such cup")

    @guard("half full")
    def is_half_full(self, event: str) -> bool:
        if not self.cups:
            raise LookupError("asked of an empty kettle")
        return self.cups == 1

    @guard("dripping")
    def drips(self, event: str) -> bool:
        self.cups = 0
        return True

    def fills(self, event: str) -> None:
        self.cups += 1

    def empties(self, event: str) -> None:
        self.cups = 0

    def spills(self, event: str) -> None:
        raise RuntimeError("spilt")


FILL = {"trigger": "fill", "source": "off", "dest": None, "conditions": ["has_room"],
        "after": ["fills"]}  # fmt: skip
ON = {"trigger": "press", "source": "off", "dest": "on", "conditions": ["has_water"]}
OFF = {"trigger": "press", "source": "on", "dest": "off"}
POUR = {"trigger": "pour", "source": "off", "dest": None, "after": ["empties"],
        "conditions": ["has_water"]}  # fmt: skip
POUR_HOT = {"trigger": "pour", "source": "on", "dest": "off", "after": ["empties"]}
ROWS: tuple[dict[str, Any], ...] = (FILL, ON, OFF, POUR, POUR_HOT)
START = ((Kettle(), None),)
EVENTS = (("fill", "tap"), ("fill", "away"), ("press", "press"), ("pour", "pour"))


def table(*rows, **options):
    machine = Machine(
        name="kettle", states=["off", "on"], initial="off", auto_transitions=False,
        transitions=[dict(row) for row in rows or ROWS],
        preconditions={"fill": ["at_tap"]}, **options,
    )  # fmt: skip
    return machine.freeze(Kettle).table


def world(**options):
    return StateSpace(
        **{
            "events": lambda model, memory: EVENTS,
            "copy": attrs.evolve,
            "key": lambda model, memory: (attrs.astuple(model), memory),
            **options,
        }
    )


def run(*rows, starts=START, until_violation=False, max_situations=MAX_SITUATIONS, **options):
    return explore(
        table(*rows),
        starts,
        world(**options),
        until_violation=until_violation,
        max_situations=max_situations,
    )


def never(name, holds):
    return Property(name, ("K1",), lambda step: name if holds(step) else None)


def test_every_situation_is_found_once_and_every_event_tried_in_each():
    found = run()
    assert found.situations == 5
    assert found.steps == 5 * len(EVENTS)
    assert found.violations == []


def test_rows_that_are_taken_are_counted():
    found = run()
    taken = {(row.trigger, row.source): count for row, count in found.taken.items()}
    assert taken == {
        ("fill", "off"): 2,
        ("press", "off"): 2,
        ("press", "on"): 2,
        ("pour", "off"): 2,
        ("pour", "on"): 2,
    }


def test_a_row_that_is_never_taken_has_no_count():
    refill = {"trigger": "fill", "source": "on", "dest": None, "conditions": ["has_room"],
              "unless": ["has_water"]}  # fmt: skip
    frozen = table(*ROWS, refill)
    found = explore(frozen, [(Kettle(), None)], world())
    assert [(row.trigger, row.source) for row in frozen.rows if not found.taken[row]] == [
        ("fill", "on")
    ]


def test_exploration_begins_with_each_start_once():
    found = run(starts=((Kettle("on", 2), None), (Kettle(), None), (Kettle(), None)))
    assert found.situations == 5
    assert run(starts=()).situations == 0


def test_the_way_to_a_violation_is_a_shortest_one():
    [violation] = run(properties=(never("never on and full", lambda s: s.after == Kettle("on", 2)),
                                  )).violations  # fmt: skip
    assert violation.events == ("tap", "tap", "press")
    assert violation.start == Kettle()
    assert (violation.name, violation.rules, violation.problem) == (
        "never on and full", ("K1",), "never on and full",
    )  # fmt: skip


def test_the_way_begins_where_it_is_shortest():
    [violation] = run(
        starts=((Kettle(), None), (Kettle("off", 2), None)),
        properties=(never("never on", lambda s: s.after.state == "on"),),
    ).violations
    assert (violation.start, violation.events) == (Kettle("off", 2), ("press",))


def test_each_property_is_reported_once_and_the_others_go_on():
    found = run(
        properties=(
            never("never on", lambda s: s.after.state == "on"),
            never("never water", lambda s: s.after.cups > 0),
        )
    )
    assert [(each.name, len(each.events)) for each in found.violations] == [
        ("never water", 1),
        ("never on", 2),
    ]
    assert found.situations == 5


BOTTOMLESS = {key: value for key, value in FILL.items() if key != "conditions"}
GROWS = (
    "more than 20 situations, so the search was given up (does the model grow without end? "
    "attributes that change independently multiply: docs/engine.md has another way)"
)


def test_a_model_that_grows_without_end_is_a_violation_with_the_way_to_where_it_was_seen():
    found = run(BOTTOMLESS, ON, OFF, POUR, max_situations=20)
    [violation] = found.violations
    assert (violation.name, violation.rules, violation.problem) == (
        "the number of situations is bounded", (), GROWS,
    )  # fmt: skip
    # Ten cups, off and on, are twenty situations with the empty kettle; one cup more is too many.
    assert violation.events == ("tap",) * 11
    assert found.situations <= 20
    assert not found.complete


def test_as_many_situations_as_the_limit_are_not_too_many():
    whole = run(max_situations=5)
    assert whole.violations == []
    assert whole.complete
    assert [each.events for each in run(max_situations=4).violations] == [("tap", "tap", "press")]


def test_the_limit_ends_an_exploration_that_stops_at_the_first_violation_too():
    [violation] = run(BOTTOMLESS, ON, OFF, POUR, max_situations=20, until_violation=True).violations
    assert violation.problem == GROWS


def test_a_hundred_broken_steps_are_followed_and_no_more():
    # Every cup beyond the second one breaks it.
    found = run(
        BOTTOMLESS, ON, OFF, POUR,
        events=lambda model, memory: [("fill", "tap")],
        properties=(never("never more than full", lambda step: step.after.cups > FULL),),
    )  # fmt: skip
    assert [each.events for each in found.violations] == [("tap", "tap", "tap")]
    assert found.situations == FULL + 1 + 100


def test_what_raises_leads_nowhere():
    found = run({**FILL, "after": ["spills"]}, ON, OFF, POUR)
    assert found.situations == 1


def test_an_exploration_can_stop_at_the_first_violation():
    found = run(
        properties=(never("never water", lambda s: s.after.cups > 0),), until_violation=True
    )
    assert (len(found.violations), found.steps) == (1, 1)
    found = run({**FILL, "after": ["spills"]}, ON, OFF, POUR, until_violation=True)
    assert (len(found.violations), found.steps) == (1, 1)


def test_a_property_that_raises_is_broken():
    def raises(step):
        raise ZeroDivisionError("nothing to divide by")

    [violation] = run(properties=(Property("judged", (), raises),)).violations
    assert violation.problem == "it cannot be checked: ZeroDivisionError: nothing to divide by"


def test_a_property_of_many_rules_is_reported_once_for_the_rules_of_each_violation():
    wet = Property(
        "never wet", ("K1", "K2"),
        lambda step: "wet" if step.after.cups else None,
        lambda step: ("K1",) if step.after.cups == FULL else ("K2",),
    )  # fmt: skip
    found = run(properties=(wet,)).violations
    assert [(each.rules, each.events) for each in found] == [
        (("K2",), ("tap",)), (("K1",), ("tap", "tap")),
    ]  # fmt: skip


def test_a_property_sees_the_step_with_both_models_and_the_verdict():
    steps: list[ExploredStep[Kettle]] = []
    run(properties=(Property("seen", (), steps.append),))
    first, away = steps[0], steps[1]
    assert isinstance(first.decision, Row)
    assert (first.trigger, first.event) == ("fill", "tap")
    assert (first.before, first.after) == (Kettle(), Kettle("off", 1))
    assert isinstance(away.decision, Refusal)
    assert away.decision.guard.name == "at_tap"
    assert away.after is away.before


def test_a_refusal_names_the_first_guard_with_a_reason_or_none():
    verdicts = {}
    run(properties=(Property("seen", (), lambda step: verdicts.update(
        {(step.before.state, step.before.cups, step.event): step.decision}
    )),))  # fmt: skip
    assert verdicts["off", 2, "tap"].guard.name == "has_room"
    assert verdicts["off", 0, "pour"].guard is None
    assert verdicts["on", 1, "tap"].guard is None


def test_of_several_reasons_the_first_one_is_named():
    steps: list[ExploredStep[Kettle]] = []
    first = {**FILL, "conditions": ["is_empty", "has_room"]}
    second = {**FILL, "unless": ["is_empty"]}
    run(first, second, ON, OFF, POUR, properties=(Property("seen", (), steps.append),))
    full = [each for each in steps if each.before == Kettle("off", FULL) and each.event == "tap"]
    assert [each.decision.guard.name for each in full] == ["is_empty"]


def test_rows_that_hold_at_once_are_found_with_the_shortest_way():
    rows = (FILL, {**ON, "conditions": ["has_water", "is_half_full"]}, ON, OFF, POUR)
    [violation] = run(*rows).violations
    assert violation.events == ("tap", "press")
    assert violation.problem == "rows 1 and 2 of 'press' in 'off' pass at once"


def test_a_last_row_that_asks_nothing_and_leads_nowhere_is_no_rival():
    otherwise = {"trigger": "press", "source": "off", "dest": None}
    assert run(FILL, ON, otherwise, OFF, POUR).violations == []


def test_a_last_row_that_asks_nothing_and_leads_somewhere_is_a_rival():
    elsewhere = {"trigger": "pour", "source": "off", "dest": "on"}
    [violation] = run(FILL, ON, OFF, POUR, elsewhere).violations
    assert violation.problem == "rows 1 and 2 of 'pour' in 'off' pass at once"


@pytest.mark.parametrize(
    ("row", "events", "what"),
    [
        ({**FILL, "after": ["spills"]}, ("tap",), "'fill' in 'off' raises RuntimeError: spilt"),
        ({**FILL, "conditions": ["raises"]}, ("tap",),
         "'fill' in 'off' raises LookupError: no such cup"),
    ],
)  # fmt: skip
def test_a_guard_or_an_effect_that_raises_leaves_an_event_unanswered(row, events, what):
    [violation] = run(row, ON, OFF, POUR).violations
    assert violation.name == "every event is answered"
    assert (violation.events, violation.problem) == (events, what)


def test_a_guard_that_changes_the_model_is_found():
    [violation] = run(FILL, ON, OFF, {**POUR, "conditions": ["drips"]}).violations
    assert violation.name == "a decision changes nothing"
    assert violation.problem == "deciding 'pour' in 'off' changes the model"
    assert violation.events == ("tap", "pour")


def test_a_guard_that_changes_the_model_and_raises_is_found():
    found = run(FILL, ON, OFF, {**POUR, "conditions": ["drips", "raises"]})
    assert [each.name for each in found.violations] == [
        "every event is answered", "a decision changes nothing",
    ]  # fmt: skip


def test_a_property_that_changes_the_model_is_found_too():
    def drinks(step):
        step.before.cups = 0

    [violation] = run(properties=(Property("drinks", (), drinks),)).violations
    assert violation.name == "a decision changes nothing"


def test_a_guard_may_rely_on_the_ones_before_it():
    assert run({**FILL}, {**ON, "conditions": ["has_water", "is_half_full"]}, OFF, POUR
               ).violations == []  # fmt: skip


def test_a_guard_that_never_says_no_alone_decides_nothing():
    found = run(FILL, {**ON, "conditions": ["has_water", "is_sound"]}, OFF, POUR)
    assert undecided(found) == ["is_sound"]


def test_guards_that_always_say_the_same_decide_nothing():
    found = run(FILL, {**ON, "conditions": ["has_water"], "unless": ["is_sound"]}, OFF, POUR)
    assert undecided(found) == ["has_water", "is_sound"]


def test_a_guard_that_cannot_be_asked_does_not_keep_the_one_before_from_deciding():
    found = run(FILL, {**ON, "conditions": ["has_water", "is_half_full"]}, OFF, POUR)
    assert undecided(found) == []


def undecided(found):
    return [guard.name for each in found.evidence.values() for guard in each.undecided()]


def test_what_a_trigger_requires_is_judged_in_the_same_way():
    found = run()
    assert {trigger: each.undecided() for trigger, each in found.preconditions.items()} == {
        "fill": [], "press": [], "pour": [],
    }  # fmt: skip
    found = run(events=lambda model, memory: [("fill", "tap")])
    [guard] = found.preconditions["fill"].undecided()
    assert guard.name == "at_tap"


@pytest.mark.parametrize(
    ("refuses", "answers", "left"),
    [
        # The first never fails alone, but without it the second one would give the reason.
        (True, {(True, True), (False, False), (True, False)}, []),
        (False, {(True, True), (False, False), (True, False)}, ["first"]),
        (True, {(True, True), (False, False)}, ["first", "second"]),
        # A guard behind one that fails, or with none that fails behind it, chooses no reason.
        (True, {(True, True), (True, False)}, ["first"]),
    ],
)
def test_a_precondition_decides_if_it_determines_the_reason(refuses, answers, left):
    guards = tuple(
        Guard(lambda model, event: True, True, name, GuardDescription(name, reason=name))
        for name in ("first", "second")
    )
    evidence = GuardEvidence(guards, answers, refuses)
    assert [guard.name for guard in evidence.undecided()] == left


def test_evidence_without_guards_leaves_none_undecided():
    assert GuardEvidence(()).undecided() == []


def test_rows_of_one_declaration_are_judged_together():
    # No kettle is on without water, so alone the row from 'on' never sees a "no".
    rows = (FILL, ON, OFF, {**POUR, "source": ["off", "on"], "dest": "off"})
    assert undecided(run(*rows)) == ["has_water"]
    assert undecided(run(*rows, group=lambda row: (row.trigger, row.definition.dest))) == []


def test_what_the_world_wants_counted_is_counted():
    found = run(
        observe=lambda step: step.after.cups if isinstance(step.decision, Row) else None,
    )
    assert found.observed == {1: 1 + 2, 2: 1 + 2, 0: 4}


def test_the_world_may_view_a_step_in_its_own_way():
    found = run(
        view=lambda step: step.after.cups,
        properties=(Property("never full", (), lambda cups: "full" if cups == FULL else None),),
    )
    assert [each.events for each in found.violations] == [("tap", "tap")]


def test_what_is_remembered_tells_situations_apart():
    found = run(
        starts=((Kettle(), 0),),
        remember=lambda step: min(step.memory + isinstance(step.decision, Row), 1),
    )
    # Only the beginning has nothing taken yet; the same kettle comes back with a memory.
    assert found.situations == 6


def test_a_refused_event_may_change_what_is_remembered():
    found = run(starts=((Kettle(), 0),), events=lambda model, memory: [("pour", "pour")],
                remember=lambda step: min(step.memory + 1, 3))  # fmt: skip
    assert found.situations == 4


def test_states_without_a_way_out_are_those_visited_and_not_left():
    found = run(FILL, ON, POUR | {"source": "off"})
    assert found.stuck == {None: {"on"}}


@settings(deadline=None)  # other programs may hold the processor
@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_what_the_explorer_decides_is_what_the_table_decides(events):
    frozen = table()
    verdicts: dict[tuple[Any, Any], tuple[Any, Any]] = {}

    def note(step):
        verdicts[attrs.astuple(step.before), step.event] = (step.decision, step.after)

    explore(frozen, [(Kettle(), None)], world(properties=(Property("noted", (), note),)))
    kettle = Kettle()
    for trigger, event in events:
        before = attrs.astuple(kettle)
        decision = frozen.decide(kettle, trigger, event)
        if isinstance(decision, Row):
            decision.apply(kettle, event)
        assert verdicts[before, event] == (decision, kettle)


@pytest.mark.parametrize("function", ["view", "observe", "remember"])
def test_a_step_that_cannot_be_observed_is_a_violation_and_loses_no_other(function: str) -> None:
    def fails(argument: Any) -> Any:
        raise KeyError("panelist")

    report = run(**{function: fails})
    [violation] = report.violations
    assert violation.name == "every step can be observed"
    assert violation.problem == "'fill' in 'off': KeyError: 'panelist'"
    assert violation.events == ("tap",)
    assert report.steps == len(EVENTS)


def test_states_of_an_enum_are_left_under_their_names() -> None:
    class Lamp(Enum):
        off = 1
        on = 2
        broken = 3

    machine = Machine(states=Lamp, initial=Lamp.off, auto_transitions=False)
    machine.add_transition("push", Lamp.off, Lamp.on)
    machine.add_transition("drop", [Lamp.off, Lamp.on], Lamp.broken)
    space: StateSpace[Kettle] = StateSpace(
        events=lambda lamp, memory: [("push", None), ("drop", None)],
        copy=attrs.evolve,
        key=lambda lamp, memory: lamp.state,
    )
    found = explore(machine.freeze().table, [(Kettle(state=Lamp.off), None)], space)
    assert found.situations == 3
    assert found.stuck == {None: {"broken"}}


def test_the_path_to_a_violation_has_the_trigger_of_each_event() -> None:
    machine = Machine(states=["off", "on"], initial="off", auto_transitions=False)
    machine.add_transition("push", "off", "on")
    machine.add_transition("pull", "on", "off")
    space: StateSpace[Kettle] = StateSpace(
        events=lambda kettle, memory: [("push", 1), ("pull", 2)],
        copy=attrs.evolve,
        key=lambda kettle, memory: kettle.state,
        properties=(
            Property("it stays on", (), lambda step: "off" if step.before is not step.after
                     and step.after.state == "off" else None),
        ),
    )  # fmt: skip
    [violation] = explore(machine.freeze().table, [(Kettle(), None)], space).violations
    assert violation.triggers == ("push", "pull")
    assert violation.events == (1, 2)


def test_rows_may_pass_at_once_where_their_order_is_meant_to_decide() -> None:
    elsewhere = {"trigger": "pour", "source": "off", "dest": "on"}
    assert run(FILL, ON, OFF, POUR, elsewhere, exclusive=False).violations == []
