"""The diff report: the differences as Markdown tables, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

from fsm.diagrams.diff import DiagramDiff, TransitionDiff, numbered_list
from fsm.diagrams.model import ChangeKind, DiagramTransition, Lang, TransitionLabel
from fsm.diagrams.theme import CHANGE_SIGNS
from fsm.diagrams.translation import translator

_SPECIAL = re.compile(r"([\\`*_|<>\[\]~#&])")
_Translate = Callable[[str], str]


def diff_markdown(diffs: Iterable[DiagramDiff], version: str, lang: Lang = "en") -> str:
    """Returns the differences of several diagrams, with a table for each.

    Args:
        diffs: the differences of each diagram.
        version: the name of the old version.
        lang: the language of the report.
    """
    translate = translator(lang)
    diffs = list(diffs)
    heading = translate("changes against")
    heading = f"## {heading[:1].upper()}{heading[1:]} `{version.replace('`', '')}`"
    if not any(diffs):
        return f"{heading}\n\n{translate('nothing changed')}\n"
    parts = [heading]
    for diff in diffs:
        title, subtitle = escape_markdown(diff.new.title), escape_markdown(diff.new.subtitle)
        parts.append(f"### {title} · {subtitle} (`{diff.new.name}`)")
        parts.append("\n".join(_table(diff, translate)) if diff else translate("nothing changed"))
    return "\n\n".join(parts) + "\n"


def escape_markdown(text: str) -> str:
    r"""Returns a text with every special character of Markdown escaped.

    >>> print(escape_markdown("recorder_failed | 2"))
    recorder\_failed \| 2
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


@attrs.frozen
class _Row:
    """One row of a table, in Markdown."""

    kind: ChangeKind
    event: str
    states: str
    difference: str
    rules: str = ""


def _table(diff: DiagramDiff, translate: _Translate) -> Iterator[str]:
    rows = list(_rows(diff, translate))
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


def _rows(diff: DiagramDiff, translate: _Translate) -> Iterator[_Row]:
    names = {node.name: node.label for node in (*diff.old.nodes, *diff.new.nodes)}
    for kind, node in diff.states:
        yield _Row(
            kind, "", escape_markdown(node.label), _state_text(diff, kind, node.name, translate)
        )
    # The same difference in several states is one row that names all of them.
    sources_of: dict[_Row, list[str]] = {}
    for each in diff.transitions:
        source, row = _transition_row(each, names, translate)
        sources_of.setdefault(row, []).append(source)
    for row, sources in sources_of.items():
        states = f"{translate(', ').join(dict.fromkeys(sources))} {row.states}"
        yield attrs.evolve(row, states=states)
    yield from _precondition_rows(diff, translate)
    for order in diff.orders:
        text = _order_text(
            translate("transitions in another order"), order.texts(names, translate), translate
        )
        yield _Row("changed", _event(order.trigger), escape_markdown(names[order.source]), text)


def _state_text(diff: DiagramDiff, kind: ChangeKind, name: str, translate: _Translate) -> str:
    if kind != "changed":
        return translate("the state")
    old, new = diff.old.node(name), diff.new.node(name)
    texts = []
    if old.label != new.label:
        texts.append(
            f"{translate('is now called')} **{escape_markdown(new.label)}** "
            f"{translate('instead of')} ~~{escape_markdown(old.label)}~~"
        )
    if old.initial != new.initial:
        texts.append(
            translate("is the initial state" if new.initial else "is no longer the initial state")
        )
    return "; ".join(texts)


def _precondition_rows(diff: DiagramDiff, translate: _Translate) -> Iterator[_Row]:
    for preconditions in diff.preconditions:
        guards = preconditions.guards
        if preconditions.kind == "changed":
            text = _order_text(translate("guards in another order"), guards, translate)
        elif preconditions.kind == "added":
            text = _added_guards(guards, translate)
        else:
            text = _removed_guards(guards, translate)
        events = [_event(trigger) for trigger in preconditions.triggers]
        yield _Row(
            "changed",
            translate(", ").join(events or [translate("every event")]),
            translate("every state"),
            text,
        )


def _transition_row(
    each: TransitionDiff, names: dict[str, str], translate: _Translate
) -> tuple[str, _Row]:
    """Returns the state of a transition, and the row with its difference."""
    old, new = each.old, each.new
    transition = new or old
    assert transition is not None
    label = transition.label
    states, rules = _target(transition, names, translate), " ".join(label.rules)
    if old is None or new is None:
        text = "; ".join(_whole_texts(label, translate))
    else:
        text = "; ".join(_changed_texts(old, new, names, translate))
        old_states, old_rules = _target(old, names, translate), " ".join(old.label.rules)
        states = _replaced(old_states, states, translate) if old_states != states else states
        rules = _replaced(old_rules, rules, translate) if old_rules != rules else rules
    source = escape_markdown(names[transition.source])
    return source, _Row(each.kind, _event(label.trigger), states, text, rules)


def _whole_texts(label: TransitionLabel, translate: _Translate) -> Iterator[str]:
    if label.guards:
        guards = translate(", ").join(map(escape_markdown, label.guards))
        yield f"{translate('only if')} {guards}"
    else:
        yield translate("always")
    if label.command:
        command = escape_markdown(label.command.text)
        yield f"{translate('recorder command')}{translate(': ')}{command}"


def _changed_texts(
    old: DiagramTransition, new: DiagramTransition, names: dict[str, str], translate: _Translate
) -> Iterator[str]:
    yield from _redirected_texts(old, new, names, translate)
    old_guards, new_guards = old.label.guards, new.label.guards
    # "otherwise" is no guard of its own: an earlier transition takes precedence.
    otherwise = translate("otherwise")
    if otherwise in {*new_guards} - {*old_guards}:
        yield translate("now only if no earlier transition applies")
    if otherwise in {*old_guards} - {*new_guards}:
        yield translate("no earlier transition applies any more")
    if added := [each for each in new_guards if each not in {*old_guards, otherwise}]:
        yield _added_guards(added, translate)
    if removed := [each for each in old_guards if each not in {*new_guards, otherwise}]:
        yield _removed_guards(removed, translate)
    if {*old_guards} == {*new_guards} and old_guards != new_guards:
        yield _order_text(translate("guards in another order"), new_guards, translate)
    old_command, new_command = (
        each.label.command.text if each.label.command else "" for each in (old, new)
    )
    old_actions, new_actions = (
        translate(", ").join(each.label.actions).replace("_", " ") for each in (old, new)
    )
    for title, before, after in (
        (translate("recorder command"), old_command, new_command),
        (translate("actions"), old_actions, new_actions),
    ):
        if before != after:
            values = _replaced(escape_markdown(before), escape_markdown(after), translate)
            yield f"{title}{translate(': ')}{values}"
    if old.label.rules != new.label.rules:
        yield translate("other rules")


def _redirected_texts(
    old: DiagramTransition, new: DiagramTransition, names: dict[str, str], translate: _Translate
) -> Iterator[str]:
    if old.target == new.target:
        return
    before, after = escape_markdown(names[old.target]), escape_markdown(names[new.target])
    comma = translate(", ")
    if new.stays:
        stays = translate("the state stays the same")
        yield f"{translate('no longer leads to')} ~~{before}~~{comma}{stays}"
    elif old.stays:
        stayed = translate("the state stayed the same before")
        yield f"{translate('now leads to')} **{after}**{comma}{stayed}"
    else:
        yield f"{translate('leads to')} **{after}** {translate('instead of')} {before}"


def _event(trigger: str) -> str:
    return f"**{escape_markdown(trigger)}**"


def _target(transition: DiagramTransition, names: dict[str, str], translate: _Translate) -> str:
    if transition.stays:
        return f"({translate('stays')})"
    return f"→ {escape_markdown(names[transition.target])}"


def _added_guards(guards: Sequence[str], translate: _Translate) -> str:
    text = translate(", ").join(f"**{escape_markdown(guard)}**" for guard in guards)
    return f"{translate('added guards')}{translate(': ')}{text}"


def _removed_guards(guards: Sequence[str], translate: _Translate) -> str:
    text = translate(", ").join(f"~~{escape_markdown(guard)}~~" for guard in guards)
    return f"{translate('removed guards')}{translate(': ')}{text}"


def _order_text(title: str, texts: Sequence[str], translate: _Translate) -> str:
    numbered = escape_markdown(numbered_list(texts, translate))
    return f"{title}{translate(': ')}{numbered}; {translate('may refuse for another reason')}"


def _replaced(before: str, after: str, translate: _Translate) -> str:
    none = translate("none")
    return f"~~{before or none}~~ **{after or none}**"
