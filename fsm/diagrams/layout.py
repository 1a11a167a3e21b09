"""Layout hints for the diagrams of each machine.

Graphviz places the nodes. Which of many equally good layouts it finds depends on the order
of the edges and on a few hints. These were found by trial: they give short edges that do not
cross. A machine or an edge without a hint is drawn as well.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fsm.diagrams.model import Edge

EdgeKey = tuple[str, str]
"""The source and the target of an edge."""


@attrs.frozen
class Layout:
    """Layout hints for the diagrams of one machine.

    Args:
        order: the edges in the order in which Graphviz gets them.
        lengths: the number of ranks between the upper state of an edge and its label.
        sides: the compass point at which an edge meets its upper state.
        wrap: the width of a line of guards, in Latin characters.
    """

    order: tuple[EdgeKey, ...] = ()
    lengths: Mapping[EdgeKey, int] = attrs.field(factory=dict)
    sides: Mapping[EdgeKey, str] = attrs.field(factory=dict)
    wrap: int = 46

    def sorted(self, edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
        """Returns the edges in the order of the hints, edges without a hint last."""
        positions = {key: position for position, key in enumerate(self.order)}
        last = len(positions)
        return tuple(
            sorted(edges, key=lambda edge: positions.get((edge.source, edge.target), last))
        )


LAYOUTS: dict[str, Layout] = {
    "recording": Layout(
        sides={("stopped", "recording"): "w", ("paused", "recording"): "e"},
        wrap=42,
    ),
    "policy": Layout(
        order=(
            ("default_on", "off"),
            ("free", "off"),
            ("locked_on", "off"),
            ("default_on", "free"),
            ("locked_on", "default_on"),
            ("off", "locked_on"),
            ("default_on", "locked_on"),
            ("off", "default_on"),
            ("off", "free"),
            ("free", "default_on"),
        ),
        lengths={("default_on", "off"): 3, ("off", "default_on"): 2},
        wrap=30,
    ),
}
