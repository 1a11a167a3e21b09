import pytest

from fsm.diagrams.build import BuildOptions, build_edges, build_nodes, omitted_guards
from fsm.diagrams.model import CommandLabel
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


PLAIN = BuildOptions(
    read=lambda row: (CommandLabel("click", "hold"), ("R1",)),
    tones={"dark": "off", "lit": "on", "broken": "held"},
    implied=frozenset({"no_power"}),
)


def labels(cells, source="dark", target="lit"):
    for edge in build_edges(cells, PLAIN):
        if (edge.source, edge.target) == (source, target):
            return edge.labels
    return ()


def test_a_label_shows_its_row():
    cells = lamp(
        ("press", "dark", "lit", ["is_night"], ["is_noon"]), ("smash", "*", "broken", [], [])
    )
    (label,) = labels(cells)
    assert (label.trigger, label.guards) == ("press", ("at night", "not at noon"))
    assert (label.command, label.rules) == (CommandLabel("click", "hold"), ("R1",))
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
        ("press", "dark", "lit", ["is_noon"], []),
    )
    alike = BuildOptions(
        PLAIN.read, PLAIN.tones, translate=lambda text: text.replace("noon", "night")
    )
    (label,) = build_edges(cells, alike)[0].labels
    assert label.definitions == tuple(row.definition for row in cells[0].rows)


def test_a_label_says_otherwise_where_an_earlier_row_takes_precedence():
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
    dark, lit, broken = build_nodes(cells, "dark", PLAIN)
    assert dark.plain_triggers() == (("stays", ("wait",)),)
    assert [internal.trigger for internal in dark.internal] == ["wait"]
    assert lit.internal == broken.internal == ()
    assert (dark.initial, lit.initial, dark.tone) == (True, False, "off")
    assert {(edge.source, edge.target) for edge in build_edges(cells, PLAIN)} == {
        ("dark", "lit"),
        ("lit", "broken"),
    }


def test_a_trigger_that_also_leaves_the_state_stays_otherwise():
    cells = lamp(
        ("press", "dark", "lit", ["is_night"], []),
        ("press", "dark", None, ["is_noon"], []),
        ("wait", "dark", None, [], []),
        ("smash", "lit", "broken", [], []),
    )
    dark, *_ = build_nodes(cells, "dark", PLAIN)
    assert dark.plain_triggers() == (("stays", ("wait",)), ("otherwise stays", ("press",)))
    assert [label.guards for internal in dark.internal for label in internal.labels] == [
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
