"""Diagrams as plain data, so that another version can compare them with its own."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.diagrams.model import Diagram, DiagramTransition, Node

_TRANSITION_KEYS = (
    "source", "target", "trigger", "guards", "command", "rules", "manual", "actions", "position",
)  # fmt: skip
_NEWER_KEYS = ("effects", "timed")
"""Keys of a transition that versions before timers do not send."""
_KEYS = {
    "name", "nodes", "tone", "initial", "transitions", "preconditions", *_TRANSITION_KEYS,
    *_NEWER_KEYS,
}  # fmt: skip
"""The parts of a diagram that are compared."""


def to_data(diagram: Diagram) -> dict[str, Any]:
    """Returns the parts of a diagram that are compared as plain data, ready for JSON."""
    return attrs.asdict(diagram, filter=lambda attribute, value: attribute.name in _KEYS)


def from_data(data: dict[str, Any]) -> Diagram:
    """Returns the diagram of plain data, and ignores keys that it does not know.

    Raises:
        KeyError: a key is missing.
        TypeError: a value has another type.
    """
    return Diagram(
        data["name"],
        tuple(Node(node["name"], node["tone"], node["initial"]) for node in data["nodes"]),
        tuple(map(_transition, data["transitions"])),
        {trigger: tuple(guards) for trigger, guards in data["preconditions"].items()},
    )


def _transition(data: dict[str, Any]) -> DiagramTransition:
    values = {key: data[key] for key in _TRANSITION_KEYS}
    values |= {key: data[key] for key in _NEWER_KEYS if key in data}
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return DiagramTransition(**(values | lists))
