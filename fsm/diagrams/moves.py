"""The lines of a picture one by one, each with where it leads."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from fsm.diagrams.model import Diagram, Line


@attrs.frozen
class Move:
    """A line with where it leads from and to.

    Args:
        source: the name of the state in which it is taken.
        target: the name of the state after it: the same where it stays.
        line: the transition.
    """

    source: str
    target: str
    line: Line

    @property
    def stays(self) -> bool:
        """Whether it leads nowhere else."""
        return self.source == self.target


def moves(diagram: Diagram) -> Iterator[Move]:
    """Yield every line of a picture, those that stay included."""
    for edge in diagram.edges:
        for line in edge.lines:
            yield Move(edge.source, edge.target, line)
    for node in diagram.nodes:
        for stay in node.stays:
            for line in stay.lines:
                yield Move(node.name, node.name, line)
