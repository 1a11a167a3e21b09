"""Renders a diagram as a Mermaid state diagram, for pages that draw those themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fsm.diagrams.diff import merged_items
from fsm.diagrams.model import Diagram, DiagramTransition, identifier
from fsm.diagrams.texts import (
    callback_texts,
    inside_texts,
    mark_texts,
    outcome_text,
    redirection_text,
    refusal_texts,
    remark_texts,
    step_ranges,
    subtitle_text,
    trace_text,
)
from fsm.diagrams.theme import CHANGE_SIGNS, INK, STATE_COLOURS
from fsm.translation import Translator

_SPECIAL = frozenset("#:;<>&\"'`{}[]%\\")
"""Characters with a meaning in Mermaid or in the page around it."""


def render_mermaid(diagram: Diagram, translate: Translator) -> str:
    """Returns a diagram as Mermaid's ``stateDiagram-v2``."""
    return "\n".join(_source_lines(diagram, translate)) + "\n"


def escape_mermaid(text: str) -> str:
    """Returns a text with every special character as an entity of Mermaid.

    >>> escape_mermaid("/ stop: hosts_left")
    '/ stop#58; hosts_left'
    """
    return "".join(
        f"#{ord(char)};" if char in _SPECIAL else char for char in " ".join(text.split())
    )


def _quoted(text: str) -> str:
    """Returns a text as a YAML string: Mermaid decodes no entities in the title."""
    return "'" + " ".join(text.split()).replace("'", "''") + "'"


def _source_lines(diagram: Diagram, translate: Translator) -> Iterator[str]:
    titles = (
        translate(diagram.title),
        subtitle_text(diagram, translate),
        trace_text(diagram, translate),
    )
    yield "---"
    yield f"title: {_quoted(' · '.join(filter(None, titles)))}"
    yield "---"
    yield "stateDiagram-v2"
    frame = diagram.frame
    if frame:
        yield f'    state "{escape_mermaid(translate(frame.name))}" as {identifier(frame.name)} {{'
        for name in frame.states:
            yield f"        {identifier(name)}"
        yield "    }"
    for node in diagram.nodes:
        yield f'    state "{escape_mermaid(translate(node.name))}" as {identifier(node.name)}'
        for text in _state_texts(diagram, node.name, translate):
            yield f"    {identifier(node.name)} : {escape_mermaid(text)}"
    for node in diagram.nodes:
        if node.initial:
            yield f"    [*] --> {identifier(node.name)}"
    for (source, target), transitions in diagram.edges().items():
        ends = f"{identifier(source)} --> {identifier(target)}"
        yield f"    {ends} : {_edge_text(transitions, translate)}"
    for remark in remark_texts(diagram, translate):
        yield f"    note right of {identifier(diagram.nodes[0].name)} : {escape_mermaid(remark)}"
    for tone in dict.fromkeys(node.tone for node in diagram.nodes):
        fill, border = STATE_COLOURS[tone]
        yield f"    classDef {tone} fill:{fill},stroke:{border},color:{INK}"
    for node in diagram.nodes:
        yield f"    class {identifier(node.name)} {node.tone}"


def _state_texts(diagram: Diagram, state: str, translate: Translator) -> Iterator[str]:
    for pieces in callback_texts(diagram.node(state), translate):
        yield "".join(pieces)
    for heading, triggers in diagram.unmarked_triggers(state):
        yield translate.paired(translate(heading), translate.listed(triggers))
    for each in diagram.transitions_inside(state):
        yield "".join(inside_texts(each, translate))
    yield from mark_texts(diagram, state, translate)
    for each in diagram.changes_inside(state):
        yield translate.paired(translate("stays"), _transition_text(each, translate))
    yield from refusal_texts(diagram, state, translate)


def _edge_text(transitions: Sequence[DiagramTransition], translate: Translator) -> str:
    # Mermaid draws several arrows between the same two states on top of each other, so there
    # is one arrow with a line of text for each transition.
    texts = [escape_mermaid(_transition_text(each, translate)) for each in transitions]
    return texts[0] if len(texts) == 1 else "<br/>".join(f"• {text}" for text in texts)


def _transition_text(transition: DiagramTransition, translate: Translator) -> str:
    parts = [f"({step_ranges(transition.steps)})"] if transition.steps else []
    parts += [f"({transition.count}×)"] if transition.count is not None else []
    parts += [CHANGE_SIGNS[transition.change.kind]] if transition.change else []
    parts.append(translate(transition.trigger))
    guards = [
        f"{CHANGE_SIGNS[kind]} {translate(guard)}" if kind else translate(guard)
        for kind, guard in merged_items(transition.old.guards, transition.guards)
    ]
    if guards:
        parts.append(f"[{translate(', ').join(guards)}]")
    if outcome := outcome_text(transition, translate):
        parts.append(f"/ {outcome}")
    parts += transition.rules
    if redirection := redirection_text(transition, translate):
        parts.append(f"({redirection})")
    return " ".join(parts)
