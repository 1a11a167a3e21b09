"""Where Graphviz put things: boxes of states, of cards and of words, and the lines."""

from __future__ import annotations

import json
from itertools import pairwise

import attrs

from fsm.diagrams import Diagram, dot
from fsm.diagrams.render import lay_out

# How far letters reach above and below their baseline, as a part of their size.
_UP, _DOWN = 0.76, 0.24


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


@attrs.frozen
class Line:
    ends: frozenset[str]
    points: tuple[tuple[float, float], ...]


@attrs.frozen
class Geometry:
    canvas: Box
    nodes: tuple[Box, ...]
    words: tuple[Box, ...]
    lines: tuple[Line, ...]


def measured(diagram: Diagram) -> Geometry:
    laid_out = json.loads(lay_out(dot.dot_source(diagram), "json"))
    things = laid_out["objects"]
    nodes = [each for each in things if "pos" in each]
    words = [word for each in [laid_out, *things] for word in _words(each)]
    names = {each["_gvid"]: each["name"] for each in things}
    lines = [
        Line(frozenset({names[edge["tail"]], names[edge["head"]]}), _points(edge["pos"]))
        for edge in laid_out["edges"]
    ]
    canvas = Box("canvas", *map(float, laid_out["bb"].split(",")))
    return Geometry(canvas, tuple(map(_node, nodes)), tuple(words), tuple(lines))


def _node(node: dict[str, str]) -> Box:
    x, y = map(float, node["pos"].split(","))
    width, height = float(node["width"]) * 72 / 2, float(node["height"]) * 72 / 2
    return Box(node["name"], x - width, y - height, x + width, y + height)


def _words(thing):
    size = 0.0
    for step in thing.get("_ldraw_", ()):
        if step["op"] == "F":
            size = step["size"]
        if step["op"] == "T" and step["text"].strip():
            x, y = step["pt"]
            left = x - {"l": 0, "c": step["width"] / 2, "r": step["width"]}[step["align"]]
            yield Box(
                step["text"].strip(), left, y - size * _DOWN, left + step["width"], y + size * _UP
            )


def _points(spline: str) -> tuple[tuple[float, float], ...]:
    points = [tuple(map(float, part.split(","))) for part in spline.split() if part[0] not in "es"]
    found = []
    for at in range(0, len(points) - 3, 3):
        a, b, c, d = points[at : at + 4]
        for step in range(25):
            t = step / 24
            found.append(
                tuple(
                    (1 - t) ** 3 * a[i]
                    + 3 * (1 - t) ** 2 * t * b[i]
                    + 3 * (1 - t) * t * t * c[i]
                    + t**3 * d[i]
                    for i in (0, 1)
                )
            )
    return tuple(found)


def crossings(geometry: Geometry) -> list[tuple[frozenset[str], frozenset[str]]]:
    found = []
    for position, one in enumerate(geometry.lines):
        for other in geometry.lines[position + 1 :]:
            if any(
                _crosses(a, b, c, d)
                for a, b in pairwise(one.points)
                for c, d in pairwise(other.points)
            ):
                found.append((one.ends, other.ends))
    return found


def _crosses(a, b, c, d) -> bool:
    def side(p, q, r):
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
