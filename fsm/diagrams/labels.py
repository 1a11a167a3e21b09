"""The labels of states and edges, as HTML-like labels of Graphviz."""

from __future__ import annotations

from collections.abc import Sequence

from fsm.diagrams.html import (
    BREAK,
    Span,
    cell,
    centred_cell,
    merge_spans,
    row,
    stacked_lines,
    strut,
    styled_text,
    table,
    text_line,
    wrap_spans,
    wrap_texts,
)
from fsm.diagrams.model import Diagram, InternalTrigger, Node, TransitionLabel
from fsm.diagrams.theme import (
    CHANGE_COLOURS,
    CHANGE_FILLS,
    CHANGE_SIGNS,
    COMMAND_INKS,
    FAINT,
    INK,
    MUTED,
    REFUSAL_INK,
    RULE_INK,
    TRACE,
    TRACE_FILL,
)
from fsm.diagrams.trace_view import step_ranges
from fsm.diagrams.translation import translator

_STATE_WRAP = 46
_BADGE_WRAP = 8
_BOTTOM_MARGIN = 4
"""The room below text of several lines at the bottom of a card, which fills its cell."""


def state_label(diagram: Diagram, node: Node) -> str:
    """Returns the label of a state: its name, internal triggers and refused steps."""
    translate = translator(diagram.lang)
    name = Span(node.label, INK, bold=True)
    if node.change:
        text = f"{CHANGE_SIGNS[node.change]} {node.label}"
        removed = node.change == "removed"
        name = Span(text, CHANGE_COLOURS[node.change], bold=True, struck=removed)
    rows = [row([centred_cell([name], 17)])]
    colour = FAINT if diagram.view == "coverage" else MUTED
    for heading, triggers in node.plain_triggers():
        first = translate(heading) + translate(": ") + triggers[0]
        rows += [
            row([centred_cell([Span(line, colour)], 11)])
            for line in wrap_texts((first, *triggers[1:]), translate(", "), _STATE_WRAP)
        ]
    for internal in node.internal:
        rows += [row([centred_cell(spans, 12)]) for spans in _internal_lines(internal, diagram)]
    for refused in node.refused:
        text = f"✗ {step_ranges(refused.steps)} {refused.text(translate(': '))}"
        rows.append(row([centred_cell([Span(text, REFUSAL_INK)], 12)]))
    return table(rows, 'BORDER="0" CELLBORDER="0" CELLPADDING="1" CELLSPACING="0"')


def _internal_lines(internal: InternalTrigger, diagram: Diagram) -> list[list[Span]]:
    if internal.steps:
        return [[Span(f"✓ {step_ranges(internal.steps)} {internal.trigger}", TRACE)]]
    if internal.count:
        return [[Span(f"✓ {internal.count}× {internal.trigger}", INK)]]
    if internal.change is None:
        return []
    translate = translator(diagram.lang)
    kind, old = internal.change.kind, internal.change.old
    removed = kind == "removed"
    text = f"{CHANGE_SIGNS[kind]} {translate('stays')}{translate(': ')}{internal.trigger}"
    lines = [[Span(text, CHANGE_COLOURS[kind], bold=not removed, struck=removed)]]
    for label in internal.labels:
        if label.guards or (old and old.guards):
            lines += _guard_lines(label, diagram, _STATE_WRAP)
        lines += [[span] for span in _remarks(label, diagram)]
    return lines


def edge_label(labels: Sequence[TransitionLabel], diagram: Diagram, border: str, wrap: int) -> str:
    """Returns the label of an edge: a card with one row for each of its transitions."""
    with_badge = any(label.steps or label.change or label.count is not None for label in labels)
    with_command = any(label.command or _old(label).command for label in labels)
    rows = []
    for label in labels:
        fill = f' BGCOLOR="{CHANGE_FILLS[label.change.kind]}"' if label.change else ""
        cells = []
        if with_badge:
            cells.append(cell(_badge(label), "RIGHT", fill))
        # The strut at the end of the last column leaves a gap at the right of the card;
        # without a badge, a strut at the left leaves the same gap there.
        indent = "" if with_badge else strut(13)
        columns = [indent + text_line([_trigger(label, diagram)], 13)]
        lines = [text_line(spans, 13) for spans in _guard_lines(label, diagram, wrap)]
        lines += [text_line([span], 13) for span in _remarks(label, diagram)]
        columns.append(stacked_lines(lines) if lines else "")
        if with_command:
            columns.append(_command(label, diagram))
        columns.append(_rules(label, diagram))
        rows.append(row([*cells, *(cell(column, attributes=fill) for column in columns)]))
    if "<BR" in rows[-1]:
        rows.append(row([f'<TD HEIGHT="{_BOTTOM_MARGIN}" CELLPADDING="0"></TD>']))
    background = TRACE_FILL if any(label.steps for label in labels) else "white"
    return table(
        rows,
        f'BORDER="1" COLOR="{border}" BGCOLOR="{background}" STYLE="ROUNDED" '
        'CELLBORDER="0" CELLPADDING="2" CELLSPACING="1"',
    )


def _old(label: TransitionLabel) -> TransitionLabel:
    return label.change.old if label.change and label.change.old else label


def _is_removed(label: TransitionLabel) -> bool:
    return label.change is not None and label.change.kind == "removed"


def _ink(label: TransitionLabel, diagram: Diagram, colour: str) -> str:
    """Returns a text colour, or a paler one where the overlay leaves the label untouched."""
    if label.count == 0:
        return FAINT
    return MUTED if diagram.view == "diff" and label.change is None else colour


def _badge(label: TransitionLabel) -> str:
    if label.change:
        texts, colour = [CHANGE_SIGNS[label.change.kind]], CHANGE_COLOURS[label.change.kind]
    elif label.count is not None:
        texts, colour = [f"{label.count}×"], FAINT if label.count == 0 else TRACE
    elif label.steps:
        texts, colour = wrap_texts(step_ranges(label.steps).split(), " ", _BADGE_WRAP), TRACE
    else:
        return ""
    lines = [strut(13) + styled_text(text, 13, colour, bold=True) for text in texts]
    return lines[0] if len(lines) == 1 else "".join(line + BREAK for line in lines)


def _trigger(label: TransitionLabel, diagram: Diagram) -> Span:
    colour = CHANGE_COLOURS[label.change.kind] if label.change else _ink(label, diagram, INK)
    removed = _is_removed(label)
    return Span(label.trigger, colour, bold=not removed, struck=removed)


def _guard_lines(label: TransitionLabel, diagram: Diagram, width: int) -> list[list[Span]]:
    old_guards = _old(label).guards
    removed = _is_removed(label)
    colour = CHANGE_COLOURS["removed"] if removed else _ink(label, diagram, INK)
    spans = [
        Span(guard, colour, struck=removed)
        if guard in old_guards
        else Span(f"{CHANGE_SIGNS['added']} {guard}", CHANGE_COLOURS["added"], bold=True)
        for guard in label.guards
    ]
    spans += [
        Span(guard, CHANGE_COLOURS["removed"], struck=True)
        for guard in old_guards
        if guard not in label.guards
    ]
    if not spans:
        return []
    separator = Span(translator(diagram.lang)(", "), colour)
    lines = [merge_spans(line) for line in wrap_spans(spans, separator, width)]
    lines[0].insert(0, Span("[", colour))
    lines[-1].append(Span("]", colour))
    return [merge_spans(line) for line in lines]


def _remarks(label: TransitionLabel, diagram: Diagram) -> list[Span]:
    if label.change is None:
        return []
    translate = translator(diagram.lang)
    remarks = [label.change.elsewhere] if label.change.elsewhere else []
    old = _old(label)
    if old.guards != label.guards and {*old.guards} == {*label.guards}:
        remarks.append(translate("guards in another order"))
    if old.actions != label.actions:
        before, after = (
            translate(", ").join(version.actions).replace("_", " ") or translate("none")
            for version in (old, label)
        )
        remarks.append(f"{translate('actions')}{translate(': ')}{before} → {after}")
    colour = CHANGE_COLOURS[label.change.kind]
    return [Span(remark, colour, bold=True) for remark in remarks]


def _command(label: TransitionLabel, diagram: Diagram) -> str:
    command, old_command = label.command, _old(label).command
    lines = []
    if command is not None:
        # In a diff view the colours of commands would be taken for differences.
        colour = INK if diagram.view == "diff" else COMMAND_INKS[command.tone]
        removed = _is_removed(label)
        colour = CHANGE_COLOURS["removed"] if removed else _ink(label, diagram, colour)
        is_new = command != old_command
        colour = CHANGE_COLOURS["added"] if is_new else colour
        lines.append(text_line([Span(f"/ {command.text}", colour, is_new, removed)], 13))
    if old_command is not None and old_command != command:
        span = Span(f"/ {old_command.text}", CHANGE_COLOURS["removed"], struck=True)
        lines.append(text_line([span], 13))
    return stacked_lines(lines) if lines else ""


def _rules(label: TransitionLabel, diagram: Diagram) -> str:
    old_rules = _old(label).rules
    spans = [
        Span(rule, _ink(label, diagram, RULE_INK))
        if rule in old_rules
        else Span(rule, CHANGE_COLOURS["added"], bold=True)
        for rule in label.rules
    ]
    spans += [
        Span(rule, CHANGE_COLOURS["removed"], struck=True)
        for rule in old_rules
        if rule not in label.rules
    ]
    spaced = [part for span in spans for part in (span, Span(" ", RULE_INK))][:-1]
    return text_line(merge_spans(spaced) or [Span("", RULE_INK)], 13)
