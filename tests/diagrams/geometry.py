"""The geometry of a laid-out diagram: boxes of states, cards and texts, and the lines."""

from __future__ import annotations

import json
from functools import cached_property
from itertools import pairwise

import attrs

from fsm.diagrams import Diagram
from fsm.diagrams.dot import render_dot, run_graphviz
from fsm.translation import Translator

# The height of letters above and below their baseline, as a fraction of their size.
_ASCENT, _DESCENT = 0.76, 0.24


@attrs.frozen
class Box:
    name: str
    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.bottom <= other.bottom
            and other.top <= self.top
        )

    def has(self, point: tuple[float, float]) -> bool:
        return self.left < point[0] < self.right and self.bottom < point[1] < self.top


@attrs.frozen(slots=False)
class Line:
    ends: frozenset[str]
    points: tuple[tuple[float, float], ...]

    @cached_property
    def box(self) -> Box:
        across, up = zip(*self.points, strict=True)
        return Box("line", min(across), min(up), max(across), max(up))


@attrs.frozen
class Geometry:
    canvas: Box
    nodes: tuple[Box, ...]
    texts: tuple[Box, ...]
    lines: tuple[Line, ...]


def measured(diagram: Diagram, lang="en") -> Geometry:
    layout = json.loads(run_graphviz(render_dot(diagram, Translator(lang)), "json"))
    objects = layout["objects"]
    nodes = [each for each in objects if "pos" in each]
    texts = [text for each in [layout, *objects] for text in _texts(each)]
    names = {each["_gvid"]: each["name"] for each in objects}
    lines = [
        Line(frozenset({names[edge["tail"]], names[edge["head"]]}), _points(edge["pos"]))
        for edge in layout["edges"]
    ]
    canvas = Box("canvas", *map(float, layout["bb"].split(",")))
    return Geometry(canvas, tuple(map(_node, nodes)), tuple(texts), tuple(lines))


def _node(node: dict[str, str]) -> Box:
    x, y = map(float, node["pos"].split(","))
    width, height = float(node["width"]) * 72 / 2, float(node["height"]) * 72 / 2
    return Box(node["name"], x - width, y - height, x + width, y + height)


def _texts(item):
    size = 0.0
    for operation in item.get("_ldraw_", ()):
        if operation["op"] == "F":
            size = operation["size"]
        if operation["op"] == "T" and operation["text"].strip():
            x, y = operation["pt"]
            width = operation["width"]
            left = x - {"l": 0, "c": width / 2, "r": width}[operation["align"]]
            name = operation["text"].strip()
            # Neighbours in one line share an edge, which rounding must not turn into an overlap.
            left, right = round(left, 3), round(left + width, 3)
            yield Box(name, left, y - size * _DESCENT, right, y + size * _ASCENT)


def _points(spline: str) -> tuple[tuple[float, float], ...]:
    controls = [
        tuple(map(float, part.split(","))) for part in spline.split() if part[0] not in "es"
    ]
    points = []
    for start in range(0, len(controls) - 3, 3):
        a, b, c, d = controls[start : start + 4]
        for step in range(25):
            t = step / 24
            points.append(
                tuple(
                    (1 - t) ** 3 * a[i]
                    + 3 * (1 - t) ** 2 * t * b[i]
                    + 3 * (1 - t) * t * t * c[i]
                    + t**3 * d[i]
                    for i in (0, 1)
                )
            )
    return tuple(points)


def crossings(geometry: Geometry) -> list[tuple[frozenset[str], frozenset[str]]]:
    pairs = []
    for position, one in enumerate(geometry.lines):
        for other in geometry.lines[position + 1 :]:
            if one.box.overlaps(other.box) and any(
                _crosses(a, b, c, d)
                for a, b in pairwise(one.points)
                for c, d in pairwise(other.points)
            ):
                pairs.append((one.ends, other.ends))
    return pairs


def _crosses(a, b, c, d) -> bool:
    def side(p, q, r):
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
