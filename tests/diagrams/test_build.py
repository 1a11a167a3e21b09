import pytest

from fsm.diagrams.build import MachineStyle, assumptions, edges_of, nodes_of
from fsm.diagrams.model import CommandLabel, stays_of
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


PLAIN = MachineStyle(
    read=lambda row: (CommandLabel("click", "hold"), ("R1",)),
    tones={"dark": "off", "lit": "on", "broken": "held"},
    assumed=frozenset({"no_power"}),
)


def lines(cells, source="dark", target="lit"):
    for edge in edges_of(cells, PLAIN):
        if (edge.source, edge.target) == (source, target):
            return edge.lines
    return ()


def test_a_line_has_what_the_row_has():
    cells = lamp(
        ("press", "dark", "lit", ["is_night"], ["is_noon"]), ("smash", "*", "broken", [], [])
    )
    (line,) = lines(cells)
    assert (line.trigger, line.conditions) == ("press", ("at night", "not at noon"))
    assert (line.command, line.rules) == (CommandLabel("click", "hold"), ("R1",))
    assert line.definitions == (cells[0].rows[0].definition,)


def test_a_precondition_is_a_guard_unless_it_only_says_that_the_event_makes_sense():
    cells = lamp(
        ("press", "dark", "lit", [], []),
        ("smash", "lit", "broken", [], []),
        preconditions={"press": ["has_power", "is_adult"]},
    )
    assert lines(cells)[0].conditions == ("by an adult",)
    assert assumptions(cells, PLAIN) == {("press",): ("there is power",)}


def test_an_assumption_of_every_trigger_names_none():
    cells = lamp(
        ("press", "dark", "lit", [], []),
        ("smash", "lit", "broken", [], []),
        preconditions={"press": "has_power", "smash": "has_power"},
    )
    assert assumptions(cells, PLAIN) == {(): ("there is power",)}


def test_rows_that_read_the_same_are_one_line():
    cells = lamp(
        ("press", "dark", "lit", ["is_night"], []),
        ("smash", "lit", "broken", [], []),
        ("press", "dark", "lit", ["is_noon"], []),
    )
    alike = MachineStyle(
        PLAIN.read, PLAIN.tones, translate=lambda label: label.replace("noon", "night")
    )
    (line,) = edges_of(cells, alike)[0].lines
    assert line.definitions == tuple(row.definition for row in cells[0].rows)


def test_a_line_says_otherwise_where_an_earlier_row_that_could_hold_too_leads_elsewhere():
    cells = lamp(
        ("press", "dark", "broken", ["is_noon"], []),
        ("press", "dark", "lit", ["is_night"], []),
        ("press", "dark", "lit", [], ["is_noon"]),
    )
    assert [line.conditions for line in lines(cells)] == [
        ("otherwise", "at night"),
        ("not at noon",),
    ]


@pytest.mark.parametrize("target", [None, "dark"])
def test_a_row_that_does_not_leave_its_state_is_told_inside_it(target):
    cells = lamp(
        ("wait", "dark", target, [], []),
        ("press", "dark", "lit", [], []),
        ("smash", "lit", "broken", [], []),
    )
    dark, lit, broken = nodes_of(cells, "dark", PLAIN)
    assert stays_of(dark) == (("stays", ("wait",)),)
    assert [stay.trigger for stay in dark.stays] == ["wait"]
    assert lit.stays == broken.stays == ()
    assert (dark.initial, lit.initial, dark.tone) == (True, False, "off")
    assert {(edge.source, edge.target) for edge in edges_of(cells, PLAIN)} == {
        ("dark", "lit"),
        ("lit", "broken"),
    }


def test_a_trigger_that_also_leads_away_only_stays_otherwise():
    cells = lamp(
        ("press", "dark", "lit", ["is_night"], []),
        ("press", "dark", None, ["is_noon"], []),
        ("wait", "dark", None, [], []),
        ("smash", "lit", "broken", [], []),
    )
    dark, *_ = nodes_of(cells, "dark", PLAIN)
    assert stays_of(dark) == (("stays", ("wait",)), ("otherwise stays", ("press",)))
    assert [line.conditions for stay in dark.stays for line in stay.lines] == [
        ("otherwise", "at noon"),
        (),
    ]


def test_what_is_asked_where_a_state_stays_is_said_below():
    cells = lamp(
        ("press", "dark", "lit", [], []),
        ("wait", "dark", None, ["is_noon"], ["is_night"]),
        ("smash", "lit", "broken", [], []),
    )
    assert assumptions(cells, PLAIN) == {("wait",): ("at noon", "not at night")}
