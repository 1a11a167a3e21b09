"""Other versions of a picture: as it would be if the table were another one."""

from __future__ import annotations

import attrs

from fsm.diagrams import Diagram
from fsm.diagrams.model import Edge, Stay


def edges(diagram: Diagram, change) -> Diagram:
    """Put each line where ``change(source, target, line)`` says; ``None`` leaves it out."""
    found: dict = {}
    for edge in diagram.edges:
        for line in edge.lines:
            put = change(edge.source, edge.target, line)
            if put is not None:
                found.setdefault(put[:2], []).append(put[2])
    return attrs.evolve(
        diagram, edges=tuple(Edge(*way, tuple(lines)) for way, lines in found.items())
    )


def one(diagram: Diagram, source: str, trigger: str, change) -> Diagram:
    """Change the first line of a state and a trigger; the change gets target and line."""
    seen = []

    def changed(here, target, line):
        if (here, line.trigger) == (source, trigger) and not seen:
            seen.append(line)
            put = change(target, line)
            return put and (here, *put)
        return here, target, line

    altered = edges(diagram, changed)
    assert seen
    return altered


def staying(diagram: Diagram, source: str, trigger: str) -> Diagram:
    """The first line of a state and a trigger leads nowhere any more."""
    gone = []

    def away(target, line):
        gone.append(line)

    altered = one(diagram, source, trigger, away)
    nodes = tuple(
        attrs.evolve(node, stays=(*node.stays, Stay(trigger, lines=tuple(gone))))
        if node.name == source
        else node
        for node in altered.nodes
    )
    return attrs.evolve(altered, nodes=nodes)


def asking(diagram: Diagram, trigger: str, change) -> Diagram:
    """Change what an event is asked first."""
    required = tuple(
        attrs.evolve(each, conditions=tuple(change(each.conditions)))
        if each.trigger == trigger
        else each
        for each in diagram.required
    )
    assert required != diagram.required
    return attrs.evolve(diagram, required=required)


def turned(diagram: Diagram, source: str, trigger: str) -> Diagram:
    """The lines of a state and a trigger are tried from the last to the first."""

    def change(here, target, line):
        if (here, line.trigger) == (source, trigger):
            line = attrs.evolve(line, place=-line.place)
        return here, target, line

    return edges(diagram, change)


def condition_less(diagram):
    """The first pause asks one condition less."""
    return one(
        diagram, "recording", "pause",
        lambda target, line: (target, attrs.evolve(line, conditions=line.conditions[:-1])),
    )  # fmt: skip


def row_less(diagram):
    """Nobody resumes by rule R9."""
    return one(diagram, "paused", "resume", lambda target, line: None)


def other_target(diagram):
    """A failing recorder leads elsewhere."""
    return one(diagram, "recording", "recorder_failed", lambda target, line: ("idle", line))


def all_at_once(diagram):
    return other_target(row_less(condition_less(diagram)))
