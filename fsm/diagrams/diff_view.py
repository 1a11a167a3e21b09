"""The diff view: a diagram that shows both versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from fsm.diagrams.diff import DiagramDiff, TransitionDiff, describe_lines, numbered
from fsm.diagrams.model import Diagram, Edge, Line, LineDiff, Mark, Node, Stay
from fsm.diagrams.theme import MARK_SIGNS
from fsm.diagrams.translation import translator

DIFF_LEGEND = (
    "green, + : added",
    "red, struck out: removed",
    "amber, ~ : changed",
    "grey: as before",
)
"""The legend of the diff view."""
_LONGEST = 24
DIFF_VIEW_WORDS = (
    "now", "before", "now stays", "stayed before", "does", "nothing", "every event",
    "preconditions in every state", "guards in another order", "lines in another order",
)  # fmt: skip
"""Remarks beside a changed line, and below the diagram."""


def with_diff(diff: DiagramDiff, version: str = "") -> Diagram:
    """Returns the new diagram with marks for additions, removals and changes.

    Args:
        diff: the diff.
        version: the name of the compared version, for the title.
    """
    new = diff.new
    translate = translator(new.lang)
    nodes = _nodes(diff)
    against = ""
    if version:
        short = version if len(version) <= _LONGEST else f"…{version[-_LONGEST:]}"
        against = f"{translate('changes against')} {short}"
    return attrs.evolve(
        new,
        subtitle=" · ".join(filter(None, (new.subtitle, against))),
        nodes=nodes,
        edges=_edges(diff, {node.name: node.label for node in nodes}),
        notes=(*new.notes, tuple(map(translate, DIFF_LEGEND))),
        remarks=tuple(_remarks(diff)),
        view="changes",
    )


def _remarks(diff: DiagramDiff) -> Iterator[str]:
    translate = translator(diff.new.lang)
    labels = {node.name: node.label for node in diff.new.nodes}
    colon, comma = translate(": "), translate(", ")
    for asked in diff.preconditions:
        events = comma.join(asked.triggers) or translate("every event")
        conditions = comma.join(asked.conditions)
        if asked.mark == "changed":
            conditions = numbered(asked.conditions, translate)
            events = f"{events}{colon}{translate('guards in another order')}"
        first = translate("preconditions in every state")
        yield f"{MARK_SIGNS[asked.mark]} {first} – {events}{colon}{conditions}"
    for tried in diff.orders:
        lines = numbered(describe_lines(tried, labels, translate), translate)
        where = f"{labels[tried.source]}{comma}{tried.trigger}"
        title = translate("lines in another order")
        yield f"{MARK_SIGNS['changed']} {title} – {where}{colon}{lines}"


def _nodes(diff: DiagramDiff) -> tuple[Node, ...]:
    marks: dict[str, Mark] = {node.name: mark for mark, node in diff.states}
    nodes = list(diff.new.nodes)
    for place, node in enumerate(diff.old.nodes):
        if marks.get(node.name) == "removed":
            # It stands where it stood, with nothing inside that still holds.
            nodes.insert(place, attrs.evolve(node, stays=(), initial=False))
    labels = {node.name: node.label for node in nodes}
    return tuple(
        attrs.evolve(node, mark=marks.get(node.name), stays=_stays(node, diff, labels))
        for node in nodes
    )


def _stays(node: Node, diff: DiagramDiff, labels: dict[str, str]) -> tuple[Stay, ...]:
    marked = [
        Stay(line.trigger, lines=(line,), change=line.change)
        for source, target, line in _marked(diff, labels)
        if source == target == node.name
    ]
    gone = {id(each.now.line) for each in diff.lines if each.now}
    kept = []
    for stay in node.stays:
        lines = tuple(line for line in stay.lines if id(line) not in gone)
        if lines:
            kept.append(attrs.evolve(stay, lines=lines))
    return (*kept, *marked)


def _edges(diff: DiagramDiff, labels: dict[str, str]) -> tuple[Edge, ...]:
    now = {id(each.now.line): each for each in diff.lines if each.now}
    found: dict[tuple[str, str], list[Line]] = {}
    dashed: dict[tuple[str, str], bool] = {}
    for edge in diff.new.edges:
        way = (edge.source, edge.target)
        dashed[way] = edge.dashed
        found[way] = [
            _now(now[id(line)], labels, diff) if id(line) in now else line for line in edge.lines
        ]
    for source, target, line in _marked(diff, labels):
        if source != target and line.change and line.change.mark == "removed":
            lines = found.setdefault((source, target), [])
            lines.insert(_where_it_stood(line, lines), line)
    return tuple(
        Edge(source, target, tuple(lines), dashed.get((source, target), False))
        for (source, target), lines in found.items()
    )


def _where_it_stood(gone: Line, lines: Sequence[Line]) -> int:
    """Returns the place among lines for one that was there: after those tried before it."""
    alike = [at for at, line in enumerate(lines) if line.trigger == gone.trigger]
    before = [at + 1 for at in alike if lines[at].place < gone.place]
    return max(before, default=min(alike, default=len(lines)))


def _marked(diff: DiagramDiff, labels: dict[str, str]) -> list[tuple[str, str, Line]]:
    found = []
    for each in diff.lines:
        if each.now is not None:
            line = _now(each, labels, diff)
            found.append((each.now.source, each.now.target, line))
        if each.was is not None and (each.now is None or each.now.target != each.was.target):
            translate = translator(diff.new.lang)
            where = ""
            if each.now is not None:
                stays = each.now.stays
                where = (
                    translate("now stays")
                    if stays
                    else f"{translate('now')} → {labels[each.now.target]}"
                )
            line = attrs.evolve(each.was.line, change=LineDiff("removed", elsewhere=where))
            found.append((each.was.source, each.was.target, line))
    return found


def _now(each: TransitionDiff, labels: dict[str, str], diff: DiagramDiff) -> Line:
    assert each.now is not None
    if each.was is None:
        return attrs.evolve(each.now.line, change=LineDiff("added"))
    where = ""
    if each.was.target != each.now.target:
        translate = translator(diff.new.lang)
        was = each.was
        where = (
            translate("stayed before")
            if was.stays
            else f"{translate('before')} → {labels[was.target]}"
        )
    return attrs.evolve(each.now.line, change=LineDiff("changed", each.was.line, where))
