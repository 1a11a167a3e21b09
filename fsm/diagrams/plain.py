"""A picture as plain data, and back: how another version of the project tells its own."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.diagrams.model import Command, Diagram, Edge, Line, Node, Required, Stay

FORMAT = 2
"""Counted up when the data change so that an older version cannot be compared with."""
_LEFT_OUT = frozenset(
    {"definitions", "steps", "refused", "mark", "change", "count", "view", "remarks"}
)


def as_data(diagram: Diagram) -> dict[str, Any]:
    """Return a picture of a machine as plain data, ready for JSON."""
    return attrs.asdict(
        diagram,
        filter=lambda attribute, value: attribute.name not in _LEFT_OUT,
    )


def diagram_of(data: dict[str, Any]) -> Diagram:
    """Return the picture that plain data tell of; what they tell besides is left out.

    Raises:
        KeyError: something is missing.
        TypeError: something is of another type.
    """
    return Diagram(
        name=data["name"],
        machine=data["machine"],
        lang=data["lang"],
        title=data["title"],
        subtitle=data["subtitle"],
        nodes=tuple(map(_node, data["nodes"])),
        edges=tuple(
            Edge(each["source"], each["target"], tuple(map(_line, each["lines"])), each["dashed"])
            for each in data["edges"]
        ),
        notes=tuple(map(tuple, data["notes"])),
        required=tuple(
            Required(each["trigger"], tuple(each["conditions"])) for each in data["required"]
        ),
    )


def _node(data: dict[str, Any]) -> Node:
    stays = tuple(
        Stay(each["trigger"], otherwise=each["otherwise"], lines=tuple(map(_line, each["lines"])))
        for each in data["stays"]
    )
    return Node(data["name"], data["label"], data["tone"], data["initial"], stays)


def _line(data: dict[str, Any]) -> Line:
    command = data["command"]
    return Line(
        data["trigger"],
        tuple(data["conditions"]),
        Command(command["words"], command["tone"]) if command else None,
        tuple(data["rules"]),
        tuple(data["actions"]),
        data["place"],
    )
