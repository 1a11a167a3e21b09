from collections import Counter
from functools import cache
from itertools import combinations

import attrs
import pytest

from fsm.diagrams import (
    DIAGRAM_NAMES,
    LANGS,
    diagram,
    diff_diagrams,
    empty_diagram,
    with_counts,
    with_diff,
    with_trace,
)
from fsm.diagrams.layout import LAYOUTS, Layout
from fsm.diagrams.translation import translator

from .altered import edges, one
from .geometry import crossings, measured
from .paths import BUSY, CLOUD, played

WIDEST = 1200
MARGIN = 18
VIEWS = {
    "": lambda shown: shown,
    "path": lambda shown: with_trace(shown, played(CLOUD, *BUSY)),
    "changes": lambda shown: with_diff(diff_diagrams(other(shown), shown), "main"),
    "all-new": lambda shown: with_diff(diff_diagrams(empty_diagram(shown), shown), "main"),
    "covered": lambda shown: with_counts(shown, counts(played(CLOUD, *BUSY)), 1),
    "uncovered": lambda shown: with_counts(shown, {}, 0),
}
PICTURES = [(name, lang, "") for name in DIAGRAM_NAMES for lang in LANGS]
PICTURES += [
    (name, lang, view)
    for name in ("recording", "recording-cloud-host")
    for lang in LANGS
    for view in ("path", "covered", "uncovered")
]
PICTURES += [("recording", lang, view) for lang in LANGS for view in ("changes", "all-new")]
PICTURES += [("policy", lang, "all-new") for lang in LANGS]


def other(shown):
    labels = {each: translator(shown.lang)(each) for each in ("pause", "resume", "recorder_failed")}
    old = one(
        shown, "recording", labels["pause"],
        lambda target, line: (target, attrs.evolve(line, conditions=line.conditions[:-1])),
    )  # fmt: skip
    old = one(old, "paused", labels["resume"], lambda target, line: None)
    return one(old, "recording", labels["recorder_failed"], lambda target, line: ("idle", line))


def counts(steps):
    return Counter(step.row.definition for step in steps if step.row)


@cache
def laid_out(name, lang, view):
    return measured(VIEWS[view](diagram(name, lang)))


@pytest.fixture(params=PICTURES, ids="-".join)
def geometry(request):
    return laid_out(*request.param)


def test_no_two_words_touch(geometry):
    assert len(geometry.words) > 30
    touching = [
        (one.name, other.name)
        for one, other in combinations(geometry.words, 2)
        if one.overlaps(other)
    ]
    assert touching == []


def test_no_card_lies_on_another_or_on_a_state(geometry):
    assert [(a.name, b.name) for a, b in combinations(geometry.nodes, 2) if a.overlaps(b)] == []


def test_every_word_is_inside_the_canvas_and_inside_one_box_at_most(geometry):
    for word in geometry.words:
        assert geometry.canvas.holds(word), word
        touched = [box for box in geometry.nodes if box.overlaps(word)]
        assert [box.name for box in touched if not box.holds(word)] == []


def test_no_line_runs_through_a_word(geometry):
    through = [
        (sorted(line.ends), word.name)
        for line in geometry.lines
        for word in geometry.words
        if any(word.has(point) for point in line.points)
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


def test_the_diagram_is_narrow_enough_to_be_seen_whole(geometry):
    assert geometry.canvas.right - geometry.canvas.left + 2 * MARGIN < WIDEST


@pytest.mark.parametrize("name", ["policy", "recording"])
def test_every_hint_is_about_an_edge_that_there_is(name):
    layout = LAYOUTS[name]
    ways = {(edge.source, edge.target) for edge in diagram(name).edges}
    assert {*layout.order, *layout.lengths, *layout.sides} <= ways


def test_an_edge_without_a_hint_comes_last_and_is_drawn_all_the_same():
    edges = diagram("policy").edges
    some = Layout(order=((edges[2].source, edges[2].target),))
    assert some.sorted(edges) == (edges[2], *edges[:2], *edges[3:])
    assert len(measured(attrs.evolve(diagram("policy"), machine="another")).lines) == 21


def test_the_words_of_a_card_stand_as_far_from_its_left_border_as_from_its_right(geometry):
    for card in (box for box in geometry.nodes if box.name.startswith("label_")):
        inside = [word for word in geometry.words if card.holds(word)]
        left = min(word.left for word in inside) - card.left
        right = card.right - max(word.right for word in inside)
        assert abs(left - right) < 3, (card.name, left, right)
        assert min(word.bottom for word in inside) - card.bottom > 4, card.name


def altered(shown):
    """Other versions of a picture: each line once longer, once without, once leading elsewhere."""
    for edge in shown.edges:
        for line in edge.lines:
            for change in (
                lambda s, t, x: (s, t, attrs.evolve(x, conditions=(*x.conditions, "at least so"))),
                lambda s, t, x: None,
                *(
                    lambda s, t, x, to=node.name: (s, to, x)
                    for node in shown.nodes
                    if node.name != edge.source
                ),
            ):
                yield edges(
                    shown,
                    lambda s, t, x, line=line, change=change: (
                        change(s, t, x) if x is line else (s, t, x)
                    ),
                )


@pytest.mark.parametrize("name", ["policy", "recording"])
@pytest.mark.parametrize("lang", LANGS)
def test_whatever_changed_the_diagram_is_narrow_enough(name, lang):
    shown = diagram(name, lang)
    # Every fourth is enough to notice, and soon done.
    for other_version in list(altered(shown))[::4]:
        canvas = measured(with_diff(diff_diagrams(shown, other_version), "a-long-branch")).canvas
        assert canvas.right - canvas.left + 2 * MARGIN < WIDEST
