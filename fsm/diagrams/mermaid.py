"""Renders a diagram as a Mermaid state diagram, for pages that draw those themselves."""

from __future__ import annotations

from collections.abc import Iterator

from fsm.diagrams.model import Diagram, Edge, Node, TransitionLabel
from fsm.diagrams.theme import CHANGE_SIGNS, INK, STATE_COLOURS
from fsm.diagrams.trace_view import step_ranges
from fsm.diagrams.translation import translator

_SPECIAL = frozenset("#:;<>&\"'`{}[]%\\")
"""Characters with a meaning in Mermaid or in the page around it."""


def render_mermaid(diagram: Diagram) -> str:
    """Returns a diagram as Mermaid's ``stateDiagram-v2``."""
    return "\n".join(_source_lines(diagram)) + "\n"


def escape_mermaid(text: str) -> str:
    """Returns a text with every special character as an entity of Mermaid.

    >>> escape_mermaid("/ stop: hosts_left")
    '/ stop#58; hosts_left'
    """
    return "".join(
        f"#{ord(char)};" if char in _SPECIAL else char for char in " ".join(text.split())
    )


def _source_lines(diagram: Diagram) -> Iterator[str]:
    title = f"{diagram.title} · {diagram.subtitle}" if diagram.subtitle else diagram.title
    yield "---"
    yield f"title: '{escape_mermaid(title)}'"
    yield "---"
    yield "stateDiagram-v2"
    for node in diagram.nodes:
        yield f'    state "{escape_mermaid(node.label)}" as {node.name}'
        for text in _state_texts(node, diagram):
            yield f"    {node.name} : {escape_mermaid(text)}"
    for node in diagram.nodes:
        if node.initial:
            yield f"    [*] --> {node.name}"
    for edge in diagram.edges:
        yield _arrow(edge, diagram)
    for remark in diagram.remarks:
        yield f"    note right of {diagram.nodes[0].name} : {escape_mermaid(remark)}"
    for tone in dict.fromkeys(node.tone for node in diagram.nodes):
        fill, border = STATE_COLOURS[tone]
        yield f"    classDef {tone} fill:{fill},stroke:{border},color:{INK}"
    for node in diagram.nodes:
        yield f"    class {node.name} {node.tone}"


def _state_texts(node: Node, diagram: Diagram) -> Iterator[str]:
    translate = translator(diagram.lang)
    for heading, triggers in node.plain_triggers():
        yield translate(heading) + translate(": ") + translate(", ").join(triggers)
    for internal in node.internal:
        if internal.steps:
            yield f"✓ {step_ranges(internal.steps)} {internal.trigger}"
        elif internal.count:
            yield f"✓ {internal.count}× {internal.trigger}"
        elif internal.change:
            for label in internal.labels:
                yield f"{translate('stays')}{translate(': ')}{_label_text(label, diagram)}"
    for refused in node.refused:
        yield f"✗ {step_ranges(refused.steps)} {refused.text(translate(': '))}"


def _arrow(edge: Edge, diagram: Diagram) -> str:
    # Mermaid draws several arrows between the same two states on top of each other, so there
    # is one arrow with a line of text for each transition.
    texts = [escape_mermaid(_label_text(label, diagram)) for label in edge.labels]
    text = texts[0] if len(texts) == 1 else "<br/>".join(f"• {line}" for line in texts)
    return f"    {edge.source} --> {edge.target} : {text}"


def _label_text(label: TransitionLabel, diagram: Diagram) -> str:
    parts = [f"({step_ranges(label.steps)})"] if label.steps else []
    parts += [f"({label.count}×)"] if label.count is not None else []
    parts += [CHANGE_SIGNS[label.change.kind]] if label.change else []
    parts.append(label.trigger)
    guards = list(label.guards)
    if label.change and label.change.old:
        old_guards = label.change.old.guards
        guards = [
            guard if guard in old_guards else f"{CHANGE_SIGNS['added']} {guard}"
            for guard in label.guards
        ]
        guards += [
            f"{CHANGE_SIGNS['removed']} {guard}"
            for guard in old_guards
            if guard not in label.guards
        ]
    if guards:
        parts.append(f"[{translator(diagram.lang)(', ').join(guards)}]")
    if label.command is not None:
        parts.append(f"/ {label.command.text}")
    parts += label.rules
    if label.change and label.change.elsewhere:
        parts.append(f"({label.change.elsewhere})")
    return " ".join(parts)
