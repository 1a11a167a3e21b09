"""The pictures of the book: a diagram for each plan, in which transitions can be found by row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import attrs

from fsm.book.walk import row_numbers
from fsm.diagrams.catalogue import CATALOGUE, diagram, plan_diagram
from fsm.diagrams.dot import render_marked_svg
from fsm.diagrams.model import Diagram
from fsm.recording.plan import Plan
from fsm.simulator.simulation import transition_numbers
from fsm.translation import Lang, Translator

_HEAD = re.compile(r"\A.*?(?=<svg )", re.DOTALL)
_IDS = re.compile(r' id="[^"]*"')
_TITLES = re.compile(r"<title>[^<]*</title>\n")


@attrs.frozen
class Picture:
    """A picture.

    Args:
        name: the name of its diagram.
        svg: the picture as SVG, by language.
        rows: the number of the transition of each row that it shows, by the number of the row.
    """

    name: str
    svg: dict[Lang, str]
    rows: dict[int, int]


class Pictures:
    """The pictures of plans, each drawn when it is first asked for.

    Args:
        langs: the languages.
    """

    def __init__(self, langs: Iterable[Lang]) -> None:
        self._langs = tuple(langs)
        self._numbers: dict[str, int] = {}
        self.drawn: list[Picture] = []

    def number(self, plan: Plan) -> int:
        """Returns the number of the picture of a plan. Plans that look the same share one."""
        shown = plan_diagram(plan)
        key = f"{shown.name} {shown.circumstances}"
        if key not in self._numbers:
            self._numbers[key] = len(self.drawn)
            self.drawn.append(self._draw(shown))
        return self._numbers[key]

    def _draw(self, shown: Diagram) -> Picture:
        transitions = transition_numbers(shown.transitions)
        rows = {
            number: transitions[definition]
            for definition, number in row_numbers().items()
            if definition in transitions
        }
        return Picture(shown.name, {lang: svg_of(shown, lang) for lang in self._langs}, rows)

    def data(self) -> list[dict[str, Any]]:
        """Returns the pictures as data for JSON."""
        return [attrs.asdict(picture) for picture in self.drawn]


def svg_of(shown: Diagram, lang: Lang) -> str:
    """Returns a diagram as an SVG element, without the head of a file."""
    svg = _HEAD.sub("", render_marked_svg(shown, Translator(lang)))
    # Titles are tooltips with the names of the layout; a reader learns nothing from them.
    return _TITLES.sub("", svg)


def gallery(lang: Lang) -> dict[str, str]:
    """Returns the pictures of the catalogue by name, without ids, so that many fit on one page."""
    return {name: _IDS.sub("", svg_of(diagram(name), lang)) for name in CATALOGUE}
