"""The diff report: the differences as Markdown tables, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from fsm.diagrams.build import OTHERWISE
from fsm.diagrams.diff import DiagramDiff, TransitionDiff
from fsm.diagrams.model import ChangeKind, DiagramTransition, PreconditionDiff
from fsm.diagrams.texts import actions_text, command_text, effects_text, order_texts, subtitle_text
from fsm.diagrams.theme import CHANGE_SIGNS
from fsm.translation import Lang, Translator

_SPECIAL = re.compile(r"([\\`*_|<>\[\]~#&])")


def diff_markdown(diffs: Iterable[DiagramDiff], lang: Lang = "en") -> str:
    """Returns a section with a table for each diagram that differs.

    Args:
        diffs: the differences of each diagram.
        lang: the language of the report.
    """
    translate = Translator(lang)
    parts = []
    for diff in filter(None, diffs):
        title = f"{translate(diff.new.title)} · {subtitle_text(diff.new, translate)}"
        parts.append(f"### {escape_markdown(title)} (`{diff.new.name}`)")
        parts.append("\n".join(_Report(diff, translate).table()))
    return "\n\n".join(parts) + "\n"


def escape_markdown(text: str) -> str:
    r"""Returns a text with every special character of Markdown escaped.

    >>> print(escape_markdown("recorder_failed | 2"))
    recorder\_failed \| 2
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _bold(text: str) -> str:
    return f"**{escape_markdown(text)}**"


def _struck(text: str) -> str:
    return f"~~{escape_markdown(text)}~~"


@attrs.frozen
class _Row:
    """One row of a table, in Markdown."""

    kind: ChangeKind
    event: str
    states: str
    difference: str
    rules: str = ""


@attrs.frozen
class _Report:
    """The table of one diagram."""

    diff: DiagramDiff
    translate: Translator

    def table(self) -> Iterator[str]:
        """Yields the lines of the table, after a line that counts its rows."""
        translate = self.translate
        rows = list(self._rows())
        kinds = [row.kind for row in rows]
        yield " · ".join(
            f"{kinds.count(kind)} {translate(kind)}" for kind in CHANGE_SIGNS if kind in kinds
        )
        yield ""
        headings = (
            translate("event"),
            translate("from → to"),
            translate("difference"),
            translate("rules"),
        )
        yield f"| | {' | '.join(headings)} |"
        yield "|---|---|---|---|---|"
        for row in rows:
            kind = f"{CHANGE_SIGNS[row.kind]} {translate(row.kind)}"
            yield f"| {' | '.join((kind, row.event, row.states, row.difference, row.rules))} |"

    def _rows(self) -> Iterator[_Row]:
        translate = self.translate
        for kind, node in self.diff.states:
            text = translate("the state")
            if kind == "changed":
                text = translate(
                    "is the initial state" if node.initial else "is no longer the initial state"
                )
            yield _Row(kind, "", escape_markdown(translate(node.name)), text)
        # The same difference in several states is one row that names all of them.
        sources_of: dict[_Row, dict[str, None]] = {}
        for each in self.diff.transitions:
            source, row = self._transition_row(each)
            sources_of.setdefault(row, {})[source] = None
        for row, sources in sources_of.items():
            states = f"{translate.listed(sources, escape_markdown)} {row.states}"
            yield attrs.evolve(row, states=states)
        for preconditions in self.diff.preconditions:
            events = translate.listed(preconditions.triggers, _bold) or translate("every event")
            text = self._precondition_text(preconditions)
            yield _Row("changed", events, translate("every state"), text)
        for order in self.diff.orders:
            source = escape_markdown(translate(order.source))
            text = self._order_text(
                translate("transitions in another order"), order_texts(order, translate)
            )
            yield _Row("changed", _bold(translate(order.trigger)), source, text)

    def _precondition_text(self, difference: PreconditionDiff) -> str:
        if difference.kind == "changed":
            return self._guard_order_text(difference.guards)
        return self._guards_text(difference.kind, difference.guards)

    def _transition_row(self, each: TransitionDiff) -> tuple[str, _Row]:
        """Returns the state of a transition, and the row with its difference."""
        old, new = each.old, each.new
        shown = new or old
        assert shown is not None
        states, rules = self._target(shown), " ".join(shown.rules)
        if old is None or new is None:
            texts = self._whole_texts(shown)
        else:
            texts = self._changed_texts(old, new)
            old_states, old_rules = self._target(old), " ".join(old.rules)
            states = self._replaced(old_states, states) if old_states != states else states
            rules = self._replaced(old_rules, rules) if old_rules != rules else rules
        event = _bold(self.translate(shown.trigger))
        return shown.source, _Row(each.kind, event, states, "; ".join(texts), rules)

    def _whole_texts(self, transition: DiagramTransition) -> Iterator[str]:
        translate = self.translate
        if transition.guards:
            guards = translate.listed(transition.guards, escape_markdown)
            yield f"{translate('only if')} {guards}"
        else:
            yield translate("always")
        if transition.command:
            command = escape_markdown(command_text(transition, translate))
            yield translate.paired(translate("recorder command"), command)
        if transition.effects:
            effects = translate.listed(transition.effects, escape_markdown)
            yield translate.paired(translate("timers"), effects)

    def _changed_texts(self, old: DiagramTransition, new: DiagramTransition) -> Iterator[str]:
        translate = self.translate
        yield from self._redirected_texts(old, new)
        # "otherwise" is no guard of its own: an earlier transition takes precedence.
        if OTHERWISE in {*new.guards} - {*old.guards}:
            yield translate("now only if no earlier transition applies")
        if OTHERWISE in {*old.guards} - {*new.guards}:
            yield translate("no earlier transition applies any more")
        if added := [each for each in new.guards if each not in {*old.guards, OTHERWISE}]:
            yield self._guards_text("added", added)
        if removed := [each for each in old.guards if each not in {*new.guards, OTHERWISE}]:
            yield self._guards_text("removed", removed)
        if {*old.guards} == {*new.guards} and old.guards != new.guards:
            yield self._guard_order_text(new.guards)
        commands = [command_text(each, translate) for each in (old, new)]
        effects = [effects_text(each, translate) for each in (old, new)]
        actions = [actions_text(each, translate) for each in (old, new)]
        for title, (before, after) in (
            (translate("recorder command"), commands),
            (translate("timers"), effects),
            (translate("actions"), actions),
        ):
            if before != after:
                values = self._replaced(escape_markdown(before), escape_markdown(after))
                yield translate.paired(title, values)
        if old.rules != new.rules:
            yield translate("other rules")

    def _redirected_texts(self, old: DiagramTransition, new: DiagramTransition) -> Iterator[str]:
        if old.target == new.target:
            return
        translate = self.translate
        before, after = translate(old.target), translate(new.target)
        comma = translate(", ")
        if new.stays:
            stays = translate("the state stays the same")
            yield f"{translate('no longer leads to')} {_struck(before)}{comma}{stays}"
        elif old.stays:
            stayed = translate("the state stayed the same before")
            yield f"{translate('now leads to')} {_bold(after)}{comma}{stayed}"
        else:
            instead = f"{translate('instead of')} {escape_markdown(before)}"
            yield f"{translate('leads to')} {_bold(after)} {instead}"

    def _target(self, transition: DiagramTransition) -> str:
        if transition.stays:
            return f"({self.translate('stays')})"
        return f"→ {escape_markdown(self.translate(transition.target))}"

    def _guards_text(self, kind: ChangeKind, guards: Iterable[str]) -> str:
        translate = self.translate
        if kind == "added":
            return translate.paired(translate("added guards"), translate.listed(guards, _bold))
        return translate.paired(translate("removed guards"), translate.listed(guards, _struck))

    def _guard_order_text(self, guards: Iterable[str]) -> str:
        return self._order_text(
            self.translate("guards in another order"), map(self.translate, guards)
        )

    def _order_text(self, title: str, texts: Iterable[str]) -> str:
        text = self.translate.paired(title, escape_markdown(self.translate.numbered(texts)))
        return f"{text}; {self.translate('may refuse for another reason')}"

    def _replaced(self, before: str, after: str) -> str:
        none = self.translate("none")
        return f"~~{before or none}~~ **{after or none}**"
