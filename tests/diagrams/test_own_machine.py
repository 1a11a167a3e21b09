from enum import Enum

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
