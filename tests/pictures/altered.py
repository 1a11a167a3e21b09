"""Other versions of a picture: as it would be if the table were another one."""

from __future__ import annotations

import attrs

from fsm.pictures import Picture
from fsm.pictures.model import Edge, Stay


def edges(picture: Picture, change) -> Picture:
    """Put each line where ``change(source, target, line)`` says; ``None`` leaves it out."""
    found: dict = {}
    for edge in picture.edges:
        for line in edge.lines:
            put = change(edge.source, edge.target, line)
            if put is not None:
                found.setdefault(put[:2], []).append(put[2])
    return attrs.evolve(
        picture, edges=tuple(Edge(*way, tuple(lines)) for way, lines in found.items())
    )


def one(picture: Picture, source: str, trigger: str, change) -> Picture:
    """Change the first line of a state and a trigger; the change gets target and line."""
    seen = []

    def changed(here, target, line):
        if (here, line.trigger) == (source, trigger) and not seen:
            seen.append(line)
            put = change(target, line)
            return put and (here, *put)
        return here, target, line

    altered = edges(picture, changed)
    assert seen
    return altered


def staying(picture: Picture, source: str, trigger: str) -> Picture:
    """The first line of a state and a trigger leads nowhere any more."""
    gone = []

    def away(target, line):
        gone.append(line)

    altered = one(picture, source, trigger, away)
    nodes = tuple(
        attrs.evolve(node, stays=(*node.stays, Stay(trigger, lines=tuple(gone))))
        if node.name == source
        else node
        for node in altered.nodes
    )
    return attrs.evolve(altered, nodes=nodes)


def asking(picture: Picture, trigger: str, change) -> Picture:
    """Change what an event is asked first."""
    required = tuple(
        attrs.evolve(each, conditions=tuple(change(each.conditions)))
        if each.trigger == trigger
        else each
        for each in picture.required
    )
    assert required != picture.required
    return attrs.evolve(picture, required=required)


def turned(picture: Picture, source: str, trigger: str) -> Picture:
    """The lines of a state and a trigger are tried from the last to the first."""

    def change(here, target, line):
        if (here, line.trigger) == (source, trigger):
            line = attrs.evolve(line, place=-line.place)
        return here, target, line

    return edges(picture, change)


def condition_less(picture):
    """The first pause asks one condition less."""
    return one(
        picture, "recording", "pause",
        lambda target, line: (target, attrs.evolve(line, conditions=line.conditions[:-1])),
    )  # fmt: skip


def row_less(picture):
    """Nobody resumes by rule R9."""
    return one(picture, "paused", "resume", lambda target, line: None)


def other_target(picture):
    """A failing recorder leads elsewhere."""
    return one(picture, "recording", "recorder_failed", lambda target, line: ("idle", line))


def all_at_once(picture):
    return other_target(row_less(condition_less(picture)))
