"""The colours of diagrams on a page: each has one for the dark."""

import re
from itertools import product

import pytest

from fsm.diagrams.catalogue import CATALOGUE, diagram, plan_diagram
from fsm.diagrams.dot import render_marked_svg
from fsm.recording import Plan
from fsm.simulator.pages import page_files
from fsm.translation import ENGLISH

COLOUR = re.compile(r' (fill|stroke)="(?!none)([^"]*)"')
RULE = re.compile(r'\[(fill|stroke)="([^"]*)"\] \{ (fill|stroke): ([^}]*); \}')
ROOT = re.compile(r"(--\w+): (light-dark\([^;]*\));")


@pytest.fixture(scope="module")
def style():
    return page_files()["machine.css"][1].decode()


def test_every_colour_of_a_diagram_has_one_for_the_dark(style):
    kinds = ((None, True), ("cloud", True), ("cloud", False), ("local", True))
    plans = [
        Plan(kind, "host", may_pause, grace=grace, end_when_empty=empty)
        for (kind, may_pause), grace, empty in product(kinds, (0, 9), (None, 60))
    ]
    shown = [*map(diagram, CATALOGUE), *map(plan_diagram, plans)]
    used = {found for each in shown for found in COLOUR.findall(render_marked_svg(each, ENGLISH))}
    assert len(used) > 15
    known = {(name, colour) for name, colour, _, _ in RULE.findall(style)}
    assert used - known == set()


def test_the_light_colour_is_the_one_of_the_diagram(style):
    values = dict(ROOT.findall(style))
    named = {"white": "#ffffff", "black": "#000000"}
    for name, colour, property_, value in RULE.findall(style):
        text = values.get(value.removeprefix("var(").removesuffix(")"), value)
        assert property_ == name
        assert text.startswith(f"light-dark({named.get(colour, colour)}, ")
