"""The labels of states and edges, as HTML-like labels of Graphviz."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from fsm.diagrams.diff import merged_items
from fsm.diagrams.html import (
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
from fsm.diagrams.model import Diagram, DiagramTransition, Node
from fsm.diagrams.texts import (
    actions_text,
    callback_texts,
    command_text,
    inside_texts,
    mark_texts,
    redirection_text,
    refusal_texts,
    step_ranges,
)
from fsm.diagrams.theme import (
    CHANGE_COLOURS,
    CHANGE_FILLS,
    CHANGE_SIGNS,
    COMMAND_INKS,
    FAINT,
    INK,
    MUTED,
    OTHER_KIND,
    REFUSAL_INK,
    RULE_INK,
    TIMER_INK,
    TRACE,
    TRACE_FILL,
)
from fsm.translation import Translator

_STATE_WRAP = 46
_INSIDE_WRAP = 52
_BADGE_WRAP = 8
_RULES_WRAP = 8
_EFFECT_WRAP = 29
"""The width of the longest recorder command, so that an effect below it makes no card wider."""
_BOTTOM_MARGIN = 4
"""The room below text of several lines at the bottom of a card, which fills its cell."""


@attrs.frozen
class Labels:
    """The labels of a diagram in a language.

    Args:
        diagram: the diagram.
        translate: the translation of its texts.
        mark: returns attributes for the cells of a transition.
    """

    diagram: Diagram
    translate: Translator
    mark: Callable[[DiagramTransition], str] = lambda transition: ""

    def state(self, node: Node) -> str:
        """Returns the label of a state: its name, and the events that do not leave it."""
        translate, name = self.translate, self.translate(node.name)
        span = Span(name, INK, bold=True)
        if node.change:
            text = f"{CHANGE_SIGNS[node.change]} {name}"
            removed = node.change == "removed"
            span = Span(text, CHANGE_COLOURS[node.change], bold=True, struck=removed)
        rows = [row([centred_cell([span], 17)])]
        colour = FAINT if self.diagram.view == "coverage" else MUTED
        for pieces in callback_texts(node, translate):
            rows += [
                row([centred_cell([Span(line.strip(), TIMER_INK)], 11)])
                for line in wrap_texts(pieces, "", _INSIDE_WRAP)
            ]
        for heading, triggers in self.diagram.unmarked_triggers(node.name):
            first, *others = map(translate, triggers)
            texts = (translate.paired(translate(heading), first), *others)
            rows += [
                row([centred_cell([Span(line, colour)], 11)])
                for line in wrap_texts(texts, translate(", "), _STATE_WRAP)
            ]
        for each in self.diagram.transitions_inside(node.name):
            pieces = inside_texts(each, translate)
            ink = TRACE if each.steps else INK if each.count else colour
            rows += [
                row([centred_cell([Span(line.strip(), ink)], 11)])
                for line in wrap_texts(pieces, "", _INSIDE_WRAP)
            ]
        ink = TRACE if self.diagram.view == "trace" else INK
        lines = [[Span(text, ink)] for text in mark_texts(self.diagram, node.name, translate)]
        for each in self.diagram.changes_inside(node.name):
            lines += self._changed_lines(each)
        refusals = refusal_texts(self.diagram, node.name, translate)
        lines += [[Span(text, REFUSAL_INK)] for text in refusals]
        rows += [row([centred_cell(spans, 12)]) for spans in lines]
        return table(rows, 'BORDER="0" CELLBORDER="0" CELLPADDING="1" CELLSPACING="0"')

    def edge(self, transitions: Sequence[DiagramTransition], border: str, wrap: int) -> str:
        """Returns the label of an edge: a card with one row for each of its transitions."""
        with_badge = any(
            each.steps or each.change or each.count is not None for each in transitions
        )
        with_command = any(
            each.command or each.old.command or each.effects or each.old.effects
            for each in transitions
        )
        # An empty column leaves a gap; the layouts of the project's machines are made for it.
        with_guards = self.diagram.machine or any(
            each.guards or each.old.guards or self._remarks(each) for each in transitions
        )
        rows = []
        for each in transitions:
            fill = f' BGCOLOR="{CHANGE_FILLS[each.change.kind]}"' if each.change else ""
            fill += self.mark(each)
            cells = [cell(_badge(each), "RIGHT", fill)] if with_badge else []
            # The strut at the end of the last column leaves a gap at the right of the card;
            # without a badge, a strut at the left leaves the same gap there.
            indent = "" if with_badge else strut(13)
            lines = [text_line(spans, 13) for spans in self._guard_lines(each, wrap)]
            lines += [text_line([span], 13) for span in self._remarks(each)]
            columns = [indent + text_line([self._trigger(each)], 13)]
            if with_guards:
                columns.append(stacked_lines(lines))
            if with_command:
                columns.append(self._command(each))
            columns.append(self._rules(each))
            rows.append(row([*cells, *(cell(column, attributes=fill) for column in columns)]))
        if "<BR" in rows[-1]:
            rows.append(row([f'<TD HEIGHT="{_BOTTOM_MARGIN}" CELLPADDING="0"></TD>']))
        background = TRACE_FILL if any(each.steps for each in transitions) else "white"
        return table(
            rows,
            f'BORDER="1" COLOR="{border}" BGCOLOR="{background}" STYLE="ROUNDED" '
            'CELLBORDER="0" CELLPADDING="2" CELLSPACING="1"',
        )

    def _changed_lines(self, transition: DiagramTransition) -> list[list[Span]]:
        """Returns the lines of a transition that does not leave its state, in a diff view."""
        assert transition.change is not None
        kind, removed = transition.change.kind, transition.removed
        stays = self.translate.paired(self.translate("stays"), self.translate(transition.trigger))
        title = Span(
            f"{CHANGE_SIGNS[kind]} {stays}", CHANGE_COLOURS[kind], bold=not removed, struck=removed
        )
        guards = self._guard_lines(transition, _STATE_WRAP)
        effects = ([span] for span in self._effects(transition))
        return [[title], *guards, *effects, *([span] for span in self._remarks(transition))]

    def _ink(self, transition: DiagramTransition, colour: str) -> str:
        """Returns a colour of text, or a paler one where the overlay leaves it untouched."""
        if transition.count == 0:
            return FAINT
        if self.diagram.greys(transition):
            return OTHER_KIND
        unchanged = self.diagram.view == "diff" and transition.change is None
        return MUTED if unchanged else colour

    def _trigger(self, transition: DiagramTransition) -> Span:
        change, removed = transition.change, transition.removed
        colour = CHANGE_COLOURS[change.kind] if change else self._ink(transition, INK)
        return Span(self.translate(transition.trigger), colour, bold=not removed, struck=removed)

    def _guard_lines(self, transition: DiagramTransition, width: int) -> list[list[Span]]:
        removed = transition.removed
        colour = CHANGE_COLOURS["removed"] if removed else self._ink(transition, INK)
        spans = [
            Span(f"{CHANGE_SIGNS['added']} {text}", CHANGE_COLOURS["added"], bold=True)
            if kind == "added"
            else Span(
                text, CHANGE_COLOURS["removed"] if kind else colour, struck=bool(kind) or removed
            )
            for kind, guard in merged_items(transition.old.guards, transition.guards)
            for text in [self.translate(guard)]
        ]
        if not spans:
            return []
        separator = Span(self.translate(", "), colour)
        lines = [merge_spans(line) for line in wrap_spans(spans, separator, width)]
        lines[0].insert(0, Span("[", colour))
        lines[-1].append(Span("]", colour))
        return [merge_spans(line) for line in lines]

    def _remarks(self, transition: DiagramTransition) -> list[Span]:
        """Returns what else a diff view says about a changed transition."""
        if transition.change is None:
            return []
        translate, old = self.translate, transition.old
        remarks = [redirection_text(transition, translate)]
        if old.guards != transition.guards and {*old.guards} == {*transition.guards}:
            remarks.append(translate("guards in another order"))
        if old.actions != transition.actions:
            before, after = (
                actions_text(each, translate) or translate("none") for each in (old, transition)
            )
            remarks.append(translate.paired(translate("actions"), f"{before} → {after}"))
        colour = CHANGE_COLOURS[transition.change.kind]
        return [Span(remark, colour, bold=True) for remark in remarks if remark]

    def _command(self, transition: DiagramTransition) -> str:
        command, old = transition.command, transition.old
        lines = []
        if command:
            # In a diff view the colours of commands would be taken for differences.
            in_diff = self.diagram.view == "diff"
            colour = self._ink(transition, INK if in_diff else COMMAND_INKS.get(command[0], INK))
            removed, is_new = transition.removed, command != old.command
            if removed or is_new:
                colour = CHANGE_COLOURS["added" if is_new else "removed"]
            text = f"/ {command_text(transition, self.translate)}"
            lines.append(text_line([Span(text, colour, is_new, removed)], 13))
        if old.command and old.command != command:
            text = f"/ {command_text(old, self.translate)}"
            lines.append(text_line([Span(text, CHANGE_COLOURS["removed"], struck=True)], 13))
        lines += [text_line([span], 13) for span in self._effects(transition)]
        return stacked_lines(lines)

    def _effects(self, transition: DiagramTransition) -> list[Span]:
        """Returns what a transition does to timers, each from a new line on."""
        removed, in_diff = transition.removed, self.diagram.view == "diff"
        ink = self._ink(transition, INK if in_diff else TIMER_INK)
        colour = CHANGE_COLOURS["removed"] if removed else ink
        spans = []
        for kind, effect in merged_items(transition.old.effects, transition.effects):
            words = f"/ {self.translate(effect)}".split(" ")
            for text in wrap_texts(words, " ", _EFFECT_WRAP):
                if kind:
                    added = kind == "added"
                    spans.append(Span(text, CHANGE_COLOURS[kind], bold=added, struck=not added))
                else:
                    spans.append(Span(text, colour, struck=removed))
        return spans

    def _rules(self, transition: DiagramTransition) -> str:
        spans = [
            Span(rule, CHANGE_COLOURS[kind], bold=kind == "added", struck=kind == "removed")
            if kind
            else Span(rule, self._ink(transition, RULE_INK))
            for kind, rule in merged_items(transition.old.rules, transition.rules)
        ]
        lines = wrap_spans(spans or [Span("", RULE_INK)], Span(" ", RULE_INK), _RULES_WRAP)
        return stacked_lines([text_line(merge_spans(line), 13) for line in lines])


def _badge(transition: DiagramTransition) -> str:
    if transition.change:
        kind = transition.change.kind
        texts, colour = [CHANGE_SIGNS[kind]], CHANGE_COLOURS[kind]
    elif transition.count is not None:
        texts, colour = [f"{transition.count}×"], FAINT if transition.count == 0 else TRACE
    else:
        texts = wrap_texts(step_ranges(transition.steps).split(), " ", _BADGE_WRAP)
        colour = TRACE
    if not any(texts):
        return ""
    return stacked_lines([strut(13) + styled_text(text, 13, colour, bold=True) for text in texts])
