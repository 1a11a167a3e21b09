import re
from collections import Counter
from functools import cache
from itertools import combinations

import attrs
import pytest

from fsm.diagrams import (
    DIAGRAM_NAMES,
    LANGS,
    compare,
    diagram,
    empty_diagram,
    with_coverage,
    with_diff,
    with_trace,
)
from fsm.diagrams.dot import render_svg
from fsm.diagrams.theme import LAYOUTS, Layout
from fsm.translation import Translator

from .altered import with_all_of_these, with_each
from .geometry import crossings, measured
from .traces import BUSY, CLOUD, trace

WIDEST = 1200
MARGIN = 18
VIEWS = {
    "": lambda shown: shown,
    "trace": lambda shown: with_trace(shown, trace(CLOUD, *BUSY)),
    "diff": lambda shown: with_diff(compare(with_all_of_these(shown), shown), "main"),
    "all-new": lambda shown: with_diff(compare(empty_diagram(shown), shown), "main"),
    "coverage": lambda shown: with_coverage(shown, counts(trace(CLOUD, *BUSY)), 1),
    "no-coverage": lambda shown: with_coverage(shown, {}, 0),
}
DIAGRAMS = [(name, lang, "") for name in DIAGRAM_NAMES for lang in LANGS]
DIAGRAMS += [
    (name, lang, view)
    for name in ("recording", "recording-cloud-host")
    for lang in LANGS
    for view in ("trace", "coverage", "no-coverage")
]
DIAGRAMS += [("recording", lang, view) for lang in LANGS for view in ("diff", "all-new")]
DIAGRAMS += [("policy", lang, "all-new") for lang in LANGS]


def counts(steps):
    return Counter(step.row.definition for step in steps if step.row)


@cache
def laid_out(name, lang, view):
    return measured(VIEWS[view](diagram(name)), lang)


@pytest.fixture(params=DIAGRAMS, ids="-".join)
def geometry(request):
    return laid_out(*request.param)


def test_no_two_texts_touch(geometry):
    assert len(geometry.texts) > 30
    touching = [
        (one.name, other.name)
        for one, other in combinations(geometry.texts, 2)
        if one.overlaps(other)
    ]
    assert touching == []


def test_no_card_overlaps_another_or_a_state(geometry):
    assert [(a.name, b.name) for a, b in combinations(geometry.nodes, 2) if a.overlaps(b)] == []


def test_every_text_is_inside_the_canvas_and_inside_one_box_at_most(geometry):
    for text in geometry.texts:
        assert geometry.canvas.holds(text), text
        touched = [box for box in geometry.nodes if box.overlaps(text)]
        assert [box.name for box in touched if not box.holds(text)] == []


def test_no_line_runs_through_a_text(geometry):
    through = [
        (sorted(line.ends), text.name)
        for line in geometry.lines
        for text in geometry.texts
        if any(text.has(point) for point in line.points)
    ]
    assert through == []


def test_no_line_runs_through_a_state_or_a_card_that_it_does_not_join(geometry):
    through = [
        (sorted(line.ends), box.name)
        for line in geometry.lines
        for box in geometry.nodes
        if box.name not in line.ends and any(box.has(point) for point in line.points)
    ]
    assert through == []


def test_no_two_lines_cross(geometry):
    assert crossings(geometry) == []


def test_the_diagram_is_narrow_enough_for_a_page(geometry):
    assert geometry.canvas.right - geometry.canvas.left + 2 * MARGIN < WIDEST


@pytest.mark.parametrize("name", ["policy", "recording"])
def test_every_hint_is_about_an_existing_edge(name):
    layout = LAYOUTS[name]
    # Only where no host may pause, a recording stops otherwise than a paused one.
    names = [each for each in DIAGRAM_NAMES if each.split("-")[0] == name]
    edges = {edge for each in names for edge in diagram(each).edges()}
    assert {*layout.order, *layout.lengths, *layout.sides} <= edges


def test_an_edge_without_a_hint_comes_last_and_is_drawn():
    edges = list(diagram("policy").edges())
    layout = Layout(order=(edges[2],))
    assert layout.sorted(edges) == [edges[2], *edges[:2], *edges[3:]]
    assert len(measured(attrs.evolve(diagram("policy"), machine="another")).lines) == 21


def test_the_texts_of_a_card_are_centred(geometry):
    for card in (box for box in geometry.nodes if box.name.startswith("card_")):
        inside = [text for text in geometry.texts if card.holds(text)]
        left = min(text.left for text in inside) - card.left
        right = card.right - max(text.right for text in inside)
        assert abs(left - right) < 3, (card.name, left, right)
        assert min(text.bottom for text in inside) - card.bottom > 4, card.name


def altered(shown):
    """Other versions of a diagram: each label longer, removed, and with each other target."""
    for transition in shown.transitions:
        if not transition.stays:
            others = [node.name for node in shown.nodes if node.name != transition.source]
            for changed in (
                attrs.evolve(transition, guards=(*transition.guards, "at least so")),
                None,
                *(attrs.evolve(transition, target=target) for target in others),
            ):
                yield with_each(
                    shown,
                    lambda each, old=transition, new=changed: new if each is old else each,
                )


@pytest.mark.parametrize("name", ["policy", "recording"])
@pytest.mark.parametrize("lang", LANGS)
def test_every_diff_view_is_narrow_enough_for_a_page(name, lang):
    shown = diagram(name)
    # Every fourth version keeps the test fast and still covers each kind of change.
    for other_version in list(altered(shown))[::4]:
        diff = with_diff(compare(shown, other_version), "a-long-branch")
        [width] = re.findall(r'<svg width="(\d+)"', render_svg(diff, Translator(lang)))
        assert int(width) < WIDEST
        # It may be drawn smaller, but not so small that it is hard to read.
        canvas = measured(diff, lang).canvas
        assert canvas.right - canvas.left + 2 * MARGIN < WIDEST / 0.9
