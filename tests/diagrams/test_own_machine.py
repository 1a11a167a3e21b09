import re
from enum import Enum
from functools import partial

import pytest

from fsm.diagrams import FORMATS, machine_diagram, render
from fsm.engine import Machine, NotFrozenError, action, guard


class Colour(Enum):
    red = 1
    green = 2
    off = 3


class Light:
    state = Colour.red

    @guard("it is late")
    def is_late(self, event):
        return True

    @action("count")
    def add(self, event): ...

    def ring_bell(self, event): ...


def light(name="light"):
    machine = Machine(name=name, states=Colour, initial=Colour.red, auto_transitions=False)
    machine.add_transition("go", Colour.red, Colour.green, "is_late", before="add")
    machine.add_transition("go", Colour.red, Colour.off, after=["ring_bell", print])
    machine.add_transition("go", "*", Colour.red)
    machine.add_transition("stay", Colour.green, None, unless="is_late")
    return machine


def test_the_diagram_of_any_machine_shows_its_transitions_and_actions():
    diagram = machine_diagram(light().freeze(Light), "machine")
    assert (diagram.name, diagram.title) == ("machine", "light")
    assert [(node.name, node.tone, node.initial) for node in diagram.nodes] == [
        ("red", "waiting", True), ("green", "waiting", False), ("off", "waiting", False),
    ]  # fmt: skip
    assert [
        (each.trigger, *each.endpoints, each.guards, each.effects) for each in diagram.transitions
    ] == [
        ("go", "red", "green", ("it is late",), ("count",)),
        ("go", "red", "off", ("otherwise",), ("ring bell", "print")),
        ("go", "green", "red", (), ()),
        ("go", "off", "red", (), ()),
        ("stay", "green", "green", ("not it is late",), ()),
    ]


def test_a_state_that_is_never_left_is_pale_and_a_nameless_machine_has_another_title():
    machine = Machine(states=["a", "b"], initial="a", transitions=[["go", "a", "b"]],
                      auto_transitions=False).freeze()  # fmt: skip
    diagram = machine_diagram(machine, "machine")
    assert [node.tone for node in diagram.nodes] == ["waiting", "off"]
    assert diagram.title == "machine"


@pytest.mark.parametrize("file_format", FORMATS)
def test_it_is_rendered_in_every_format_without_the_words_of_meetings(file_format):
    content = render(machine_diagram(light("Ampel 红灯").freeze(Light), "machine"), file_format)
    assert b"meeting" not in content


def test_an_unfrozen_machine_has_no_diagram():
    with pytest.raises(NotFrozenError):
        machine_diagram(light(), "machine")


def valve(*, states=("shut", "half open", "open", "broken"), **options):
    machine = Machine(states=list(states), initial="shut",
                      **{"auto_transitions": False, **options})  # fmt: skip
    machine.add_transition("turn", "shut", "half open")
    machine.add_transition("turn", "half open", "open")
    return machine


def arrows(diagram):
    return [(each.trigger, *each.endpoints) for each in diagram.transitions]


def test_a_transition_from_every_state_is_drawn_once():
    machine = valve()
    machine.add_transition("fail", "*", "broken", after="call")
    machine.add_transition("close", ["half open", "open", "broken"], "shut")
    diagram = machine_diagram(machine.freeze(), "valve")
    assert arrows(diagram) == [
        ("turn", "shut", "half open"),
        ("turn", "half open", "open"),
        ("fail", "any state", "broken"),
        ("close", "any other state", "shut"),
    ]
    assert [node.name for node in diagram.nodes if node.several] == ["any state", "any other state"]
    assert len(diagram.transitions[2].definitions) == 4
    assert [node.name for node in diagram.nodes if node.initial] == ["shut"]


def test_a_transition_from_a_state_to_itself_enters_again_unlike_one_that_stays():
    machine = valve()
    machine.add_transition("hurry", "open", "open", "is_weak")
    machine.add_transition("fail", "open", "broken")
    machine.add_transition("wait", "open", None)
    diagram = machine_diagram(machine.freeze(), "valve")
    effects = {each.trigger: each.effects for each in diagram.transitions}
    assert (effects["hurry"], effects["wait"]) == (("enter again",), ())
    assert "hurry #91;is weak#93; / enter again" in render(diagram, "mermaid").decode()
    assert diagram.unmarked_triggers("open") == (("stays", ("wait",)),)


def test_the_note_names_the_only_trigger_instead_of_every_event():
    machine = Machine(states=["a", "b"], initial="a", auto_transitions=False)
    machine.add_transition("go", "a", "b", unless="is_late")
    machine.add_transition("go", "a", None, conditions="is_late")
    text = render(machine_diagram(machine.freeze(Light), "one"), "svg").decode()
    assert "go: it is late" in text
    assert "every event" not in text


def test_a_transition_that_looks_different_in_one_state_is_drawn_from_each():
    machine = valve()
    machine.add_transition("turn", ["open", "broken"], "shut")
    machine.add_transition("close", ["half open", "open"], "shut")
    machine.add_transition("fail", ["shut", "half open"], "broken")
    machine.add_transition("fail", "open", "broken", "is_weak")
    diagram = machine_diagram(machine.freeze(), "valve")
    assert not any(node.several for node in diagram.nodes)
    assert len(diagram.transitions) == 9


def test_transitions_of_small_machines_and_beside_a_state_of_that_name_are_not_merged():
    small = Machine(states=["a", "b", "c"], initial="a", auto_transitions=False,
                    transitions=[["go", "a", "b"], ["end", "*", "c"]]).freeze()  # fmt: skip
    machine = valve(states=("shut", "half open", "open", "any state"))
    machine.add_transition("fail", "*", "any state")
    for diagram in (machine_diagram(small, "small"), machine_diagram(machine.freeze(), "valve")):
        assert not any(node.several for node in diagram.nodes)


def test_automatic_transitions_are_left_out_and_a_note_says_so():
    diagram = machine_diagram(valve(auto_transitions=True).freeze(), "valve")
    assert arrows(diagram) == [("turn", "shut", "half open"), ("turn", "half open", "open")]
    assert {node.name: node.tone for node in diagram.nodes}["open"] == "off"
    note = b"not shown: the automatic transitions to_&lt;state"
    assert note in render(diagram, "svg")
    assert note not in render(machine_diagram(light().freeze(Light), "light"), "svg")


def test_a_state_shows_the_callbacks_of_entering_and_leaving_it():
    class Bell:
        state = "still"

        @action("ring")
        def on_enter_ringing(self): ...

        def on_exit_ringing(self): ...

        @action("oil it")
        def oil(self): ...

    machine = Machine(
        states=[{"name": "still", "on_exit": ["oil", "look_up"]}, "ringing"], initial="still",
        auto_transitions=False, transitions=[["pull", "still", "ringing"], ["stop", "*", "still"]],
    )  # fmt: skip
    Bell.look_up = lambda self: None
    diagram = machine_diagram(machine.freeze(Bell), "bell")
    assert [(node.entry, node.exit) for node in diagram.nodes] == [
        ((), ("oil it", "look up")), (("ring",), ("on exit ringing",)),
    ]  # fmt: skip
    for text in ("entry / ring", "exit / oil it, look up"):
        assert text in render(diagram, "svg").decode()
        assert text in render(diagram, "mermaid").decode()


def test_names_that_are_no_identifiers_are_written_as_some():
    machine = valve(states=("shut", "half open", "open", "a:b-c"))
    machine.add_transition("fail", "*", "a:b-c")
    diagram = machine_diagram(machine.freeze(), "valve")
    mermaid = render(diagram, "mermaid").decode()
    assert 'state "a#58;b-c" as a_3a_b_2d_c' in mermaid
    assert "shut --> half_20_open : turn" in mermaid
    assert '45;a_3a_b_2d_c"' in render(diagram, "svg").decode()
    assert render(diagram, "svg").decode().count(">a:b") == 1


def test_the_legend_explains_only_what_is_there():
    svg = render(machine_diagram(valve(states=("shut", "half open", "open")).freeze(), "v"), "svg")
    assert b"accepted without a change of state" not in svg
    assert b"accepted without a change" in render(
        machine_diagram(light().freeze(Light), "l"), "svg"
    )


def test_callables_without_a_name_have_labels_that_do_not_change():
    class Check:
        def __call__(self):
            return True

    def _is_warm(degrees):
        return degrees > 20

    machine = Machine(states=["a", "b"], initial="a", auto_transitions=False)
    machine.add_transition("go", "a", "b", [Check(), partial(_is_warm, 21)], after=partial(print))
    [transition] = machine_diagram(machine.freeze(), "machine").transitions
    assert (transition.guards, transition.effects) == (("Check", "is warm"), ("print",))


def test_a_card_without_guards_has_no_column_for_them():
    def columns(machine):
        source = render(machine_diagram(machine.freeze(), "machine"), "dot").decode()
        [card] = re.findall(r"card_a_b \[label=<(.*?)>\s+id", source, re.DOTALL)
        return card.count("<TD")

    plain = Machine(states=["a", "b"], initial="a", auto_transitions=False)
    guarded = Machine(states=["a", "b"], initial="a", auto_transitions=False)
    plain.add_transition("go", "a", "b")
    guarded.add_transition("go", "a", "b", "is_warm")
    assert columns(plain) == columns(guarded) - 1
