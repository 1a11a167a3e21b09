"""Layout hints for the diagrams of each machine.

Graphviz chooses the positions. Its choice among equally good layouts depends on the order of the
edges, and on a few hints. These were tuned for short edges that do not cross. Machines and edges
without hints are drawn all the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fsm.diagrams.model import Edge

Way = tuple[str, str]
"""An edge, by source and target."""


@attrs.frozen
class Layout:
    """Hints for the diagrams of a machine.

    Args:
        order: the edges in the order in which Graphviz reads them.
        lengths: the number of ranks between an edge's label and the upper of its states.
        sides: the compass point at which an edge meets the upper of its states.
        wrap: the number of Latin characters of guards in a row.
    """

    order: tuple[Way, ...] = ()
    lengths: Mapping[Way, int] = attrs.field(factory=dict)
    sides: Mapping[Way, str] = attrs.field(factory=dict)
    wrap: int = 46

    def sorted(self, edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
        """Returns the edges in the order of the hints, the others last."""
        places = {way: place for place, way in enumerate(self.order)}
        last = len(places)
        return tuple(sorted(edges, key=lambda edge: places.get((edge.source, edge.target), last)))


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
