import pytest

from fsm.diagrams.build import (
    BuildOptions,
    RowLabels,
    build_nodes,
    build_transitions,
    omitted_guards,
)
from fsm.diagrams.model import Diagram
from fsm.engine import Machine, guard


class Lamp:
    state = "dark"

    @guard("there is power", reason="no_power")
    def has_power(self, event):
        return True

    @guard("by an adult", reason="child")
    def is_adult(self, event):
        return True

    @guard("at night")
    def is_night(self, event):
        return True

    @guard("at night")
    def is_late(self, event):
        return True

    @guard("at noon")
    def is_noon(self, event):
        return True


def lamp(*rows, preconditions=None):
    machine = Machine(
        states=["dark", "lit", "broken"],
        initial="dark",
        auto_transitions=False,
        preconditions=preconditions,
    )
    for trigger, source, target, when, unless in rows:
        machine.add_transition(
            trigger, source, target, conditions=list(when), unless=list(unless), info=trigger
        )
    return tuple(machine.freeze(Lamp).table)


PLAIN = BuildOptions(
    read=lambda row: RowLabels(("click",), ("R1",)),
    tones={"dark": "off", "lit": "on", "broken": "held"},
    implied=frozenset({"no_power"}),
)


def built(cells):
    return Diagram("lamp", build_nodes(cells, "dark", PLAIN), build_transitions(cells, PLAIN), {})


def labels(cells):
    return built(cells).edges().get(("dark", "lit"), ())


def test_a_transition_shows_its_row():
    cells = lamp(
        ("press", "dark", "lit", ["is_night"], ["is_noon"]), ("smash", "*", "broken", [], [])
    )
    (label,) = labels(cells)
    assert (label.trigger, label.guards) == ("press", ("at night", "not at noon"))
    assert (label.command, label.rules) == (("click",), ("R1",))
    assert label.definitions == (cells[0].rows[0].definition,)


def test_a_precondition_is_shown_as_a_guard_unless_it_is_implied():
    cells = lamp(
        ("press", "dark", "lit", [], []),
        ("smash", "lit", "broken", [], []),
        preconditions={"press": ["has_power", "is_adult"]},
    )
    assert labels(cells)[0].guards == ("by an adult",)
    assert omitted_guards(cells, PLAIN) == {("press",): ("there is power",)}


def test_an_omitted_guard_of_every_trigger_names_no_trigger():
    cells = lamp(
        ("press", "dark", "lit", [], []),
        ("smash", "lit", "broken", [], []),
        preconditions={"press": "has_power", "smash": "has_power"},
    )
    assert omitted_guards(cells, PLAIN) == {(): ("there is power",)}


def test_rows_with_equal_labels_are_merged():
    cells = lamp(
        ("press", "dark", "lit", ["is_night"], []),
        ("smash", "lit", "broken", [], []),
        ("press", "dark", "lit", ["is_late"], []),
    )
    (label,) = labels(cells)
    assert label.definitions == tuple(row.definition for row in cells[0].rows)


def test_a_transition_says_otherwise_where_an_earlier_row_takes_precedence():
    cells = lamp(
        ("press", "dark", "broken", ["is_noon"], []),
        ("press", "dark", "lit", ["is_night"], []),
        ("press", "dark", "lit", [], ["is_noon"]),
    )
    assert [label.guards for label in labels(cells)] == [
        ("otherwise", "at night"),
        ("not at noon",),
    ]


@pytest.mark.parametrize("target", [None, "dark"])
def test_a_row_that_does_not_leave_its_state_is_an_internal_trigger(target):
    cells = lamp(
        ("wait", "dark", target, [], []),
        ("press", "dark", "lit", [], []),
        ("smash", "lit", "broken", [], []),
    )
    diagram = built(cells)
    dark, lit, _ = diagram.nodes
    assert diagram.unmarked_triggers("dark") == (("stays", ("wait",)),)
    assert diagram.unmarked_triggers("lit") == diagram.unmarked_triggers("broken") == ()
    assert (dark.initial, lit.initial, dark.tone) == (True, False, "off")
    assert list(diagram.edges()) == [("dark", "lit"), ("lit", "broken")]


def test_a_trigger_that_also_leaves_the_state_stays_otherwise():
    cells = lamp(
        ("press", "dark", "lit", ["is_night"], []),
        ("press", "dark", None, ["is_noon"], []),
        ("wait", "dark", None, [], []),
        ("smash", "lit", "broken", [], []),
    )
    diagram = built(cells)
    assert diagram.unmarked_triggers("dark") == (
        ("stays", ("wait",)),
        ("otherwise stays", ("press",)),
    )
    assert [each.guards for each in diagram.transitions if each.stays] == [
        ("otherwise", "at noon"),
        (),
    ]


def test_the_guards_of_an_internal_trigger_are_omitted():
    cells = lamp(
        ("press", "dark", "lit", [], []),
        ("wait", "dark", None, ["is_noon"], ["is_night"]),
        ("smash", "lit", "broken", [], []),
    )
    assert omitted_guards(cells, PLAIN) == {("wait",): ("at noon", "not at night")}
