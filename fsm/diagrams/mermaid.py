"""Mermaid: a diagram as a state diagram for pages that render Mermaid."""

from __future__ import annotations

from collections.abc import Iterator

from fsm.diagrams.model import Diagram, Edge, Line, Node, StateTone, stays_of
from fsm.diagrams.theme import MARK_SIGNS
from fsm.diagrams.trace_view import step_numbers
from fsm.diagrams.translation import translator

_CLASSES: dict[StateTone, str] = {
    "waiting": "fill:#f8fafc,stroke:#334155,color:#0f172a",
    "on": "fill:#fee2e2,stroke:#b91c1c,color:#0f172a",
    "held": "fill:#fef3c7,stroke:#a16207,color:#0f172a",
    "ready": "fill:#dcfce7,stroke:#15803d,color:#0f172a",
    "off": "fill:#e2e8f0,stroke:#475569,color:#0f172a",
}
_SPECIAL = frozenset("#:;<>&\"'`{}[]%\\")
"""Characters with a meaning in Mermaid or in the page around it."""


def mermaid_source(diagram: Diagram) -> str:
    """Returns the diagram as Mermaid's ``stateDiagram-v2``."""
    return "\n".join(_rows(diagram)) + "\n"


def escape_mermaid(words: str) -> str:
    """Escapes text for Mermaid.

    >>> escape_mermaid("/ stop: hosts_left")
    '/ stop#58; hosts_left'
    """
    return "".join(
        f"#{ord(character)};" if character in _SPECIAL else character
        for character in " ".join(words.split())
    )


def _rows(diagram: Diagram) -> Iterator[str]:
    title = f"{diagram.title} · {diagram.subtitle}" if diagram.subtitle else diagram.title
    yield "---"
    yield f"title: '{escape_mermaid(title)}'"
    yield "---"
    yield "stateDiagram-v2"
    for node in diagram.nodes:
        yield f'    state "{escape_mermaid(node.label)}" as {node.name}'
        for text in _inside(node, diagram):
            yield f"    {node.name} : {escape_mermaid(text)}"
    for node in diagram.nodes:
        if node.initial:
            yield f"    [*] --> {node.name}"
    for edge in diagram.edges:
        yield from _lines(edge, diagram)
    for remark in diagram.remarks:
        yield f"    note right of {diagram.nodes[0].name} : {escape_mermaid(remark)}"
    for tone in dict.fromkeys(node.tone for node in diagram.nodes):
        yield f"    classDef {tone} {_CLASSES[tone]}"
    for node in diagram.nodes:
        yield f"    class {node.name} {node.tone}"


def _inside(node: Node, diagram: Diagram) -> Iterator[str]:
    translate = translator(diagram.lang)
    for words, triggers in stays_of(node):
        yield translate(words) + translate(": ") + translate(", ").join(triggers)
    for stay in node.stays:
        if stay.steps:
            yield f"✓ {step_numbers(stay.steps)} {stay.trigger}"
        elif stay.count:
            yield f"✓ {stay.count}× {stay.trigger}"
        elif stay.change:
            for line in stay.lines:
                yield f"{translate('stays')}{translate(': ')}{_words(line, diagram)}"
    for refused in node.refused:
        yield f"✗ {step_numbers(refused.steps)} {refused.words(translate(': '))}"


def _lines(edge: Edge, diagram: Diagram) -> Iterator[str]:
    # One arrow with a row of text per transition: Mermaid would draw several arrows as one.
    words = [escape_mermaid(_words(line, diagram)) for line in edge.lines]
    text = words[0] if len(words) == 1 else "<br/>".join(f"• {each}" for each in words)
    yield f"    {edge.source} --> {edge.target} : {text}"


def _words(line: Line, diagram: Diagram) -> str:
    parts = [f"({step_numbers(line.steps)})"] if line.steps else []
    parts += [f"({line.count}×)"] if line.count is not None else []
    parts += [MARK_SIGNS[line.change.mark]] if line.change else []
    parts.append(line.trigger)
    was = line.change.was if line.change else None
    conditions = [
        each if was is None or each in was.conditions else f"{MARK_SIGNS['added']} {each}"
        for each in line.conditions
    ]
    if was:
        conditions += [
            f"{MARK_SIGNS['removed']} {each}"
            for each in was.conditions
            if each not in line.conditions
        ]
    if conditions:
        parts.append(f"[{translator(diagram.lang)(', ').join(conditions)}]")
    if line.command is not None:
        parts.append(f"/ {line.command.words}")
    parts += line.rules
    if line.change and line.change.elsewhere:
        parts.append(f"({line.change.elsewhere})")
    return " ".join(parts)
