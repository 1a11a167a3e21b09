"""The diff report: a diff as Markdown, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

from fsm.diagrams.diff import DiagramDiff, PlacedLine, TransitionDiff, describe_lines, numbered
from fsm.diagrams.model import Lang, Line, Mark
from fsm.diagrams.theme import MARK_SIGNS
from fsm.diagrams.translation import translator

DIFF_REPORT_WORDS = (
    "added", "removed", "changed", "event", "from → to", "content", "changes against",
    "nothing changed", "only if", "always", "does", "recorder command", "rules", "nothing",
    "guard added", "guard removed", "leads to", "instead of", "stays", "the state",
    "begins here", "is called", "begins here no longer", "every event", "every state",
    "other rules", "guards in another order", "lines in another order",
    "may refuse for another reason",
    "now only if no line before it passes", "no line comes before it any more",
    "leads no longer to", "the state stays as it is",
    "now leads to", "the state stayed as it was before",
)  # fmt: skip
"""The labels of the report, for the translations."""
_SPECIAL = re.compile(r"([\\`*_|<>\[\]~#&])")
_Say = Callable[[str], str]


def diff_report(compared: Iterable[DiagramDiff], version: str, lang: Lang = "en") -> str:
    """Returns the diffs as tables in Markdown.

    Args:
        compared: the diff of each diagram.
        version: the name of the compared version.
        lang: the language.
    """
    translate = translator(lang)
    compared = list(compared)
    head = f"## {_capital(translate('changes against'))} `{version.replace('`', '')}`"
    if not any(compared):
        return f"{head}\n\n{translate('nothing changed')}\n"
    parts = [head]
    for diff in compared:
        new = diff.new
        parts.append(
            f"### {escape_markdown(new.title)} · {escape_markdown(new.subtitle)} (`{new.name}`)"
        )
        parts.append("\n".join(_table(diff, translate)) if diff else translate("nothing changed"))
    return "\n\n".join(parts) + "\n"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def escape_markdown(words: str) -> str:
    r"""Escapes text for Markdown.

    >>> print(escape_markdown("recorder_failed | 2"))
    recorder\_failed \| 2
    """
    return _SPECIAL.sub(r"\\\1", " ".join(words.split()))


def _table(diff: DiagramDiff, translate: _Say) -> Iterator[str]:
    rows = list(_rows(diff, translate))
    marks = [row.mark for row in rows]
    yield " · ".join(
        f"{marks.count(mark)} {translate(mark)}" for mark in MARK_SIGNS if mark in marks
    )
    yield ""
    headings = (translate(each) for each in ("event", "from → to", "content", "rules"))
    yield f"| | {' | '.join(headings)} |"
    yield "|---|---|---|---|---|"
    for row in rows:
        cells = (
            f"{MARK_SIGNS[row.mark]} {translate(row.mark)}",
            row.event,
            row.way,
            row.words,
            row.rules,
        )
        yield f"| {' | '.join(cells)} |"


@attrs.frozen
class _Row:
    """One row of the table, in Markdown."""

    mark: Mark
    event: str
    way: str
    words: str
    rules: str = ""


def _rows(diff: DiagramDiff, translate: _Say) -> Iterator[_Row]:
    labels = {node.name: node.label for node in (*diff.old.nodes, *diff.new.nodes)}
    for mark, node in diff.states:
        yield _Row(mark, "", escape_markdown(node.label), _state(diff, mark, node.name, translate))
    # What happens to several states alike is one row, with all of them.
    found: dict[_Row, list[str]] = {}
    for each in diff.lines:
        source, row = _describe_row(each, labels, translate)
        found.setdefault(row, []).append(source)
    for row, sources in found.items():
        yield attrs.evolve(row, way=f"{translate(', ').join(dict.fromkeys(sources))} {row.way}")
    yield from _orders(diff, labels, translate)


def _orders(diff: DiagramDiff, labels: dict[str, str], translate: _Say) -> Iterator[_Row]:
    for asked in diff.preconditions:
        events = [_event(each) for each in asked.triggers] or [translate("every event")]
        if asked.mark == "changed":
            words = _order("guards in another order", asked.conditions, translate)
        else:
            words = (_added if asked.mark == "added" else _gone)(asked.conditions, translate)
        yield _Row("changed", translate(", ").join(events), translate("every state"), words)
    for tried in diff.orders:
        words = _order(
            "lines in another order", describe_lines(tried, labels, translate), translate
        )
        yield _Row("changed", _event(tried.trigger), escape_markdown(labels[tried.source]), words)


def _order(title: str, things: Sequence[str], translate: _Say) -> str:
    return (
        f"{translate(title)}{translate(': ')}{escape_markdown(numbered(things, translate))}; "
        f"{translate('may refuse for another reason')}"
    )


def _added(conditions: Sequence[str], translate: _Say) -> str:
    words = translate(", ").join(f"**{escape_markdown(each)}**" for each in conditions)
    return f"{translate('guard added')}{translate(': ')}{words}"


def _gone(conditions: Sequence[str], translate: _Say) -> str:
    words = translate(", ").join(f"~~{escape_markdown(each)}~~" for each in conditions)
    return f"{translate('guard removed')}{translate(': ')}{words}"


def _event(trigger: str) -> str:
    return f"**{escape_markdown(trigger)}**"


def _state(diff: DiagramDiff, mark: Mark, name: str, translate: _Say) -> str:
    if mark != "changed":
        return f"{translate('the state')}"
    was, now = diff.old.node(name), diff.new.node(name)
    phrases = []
    if was.label != now.label:
        phrases.append(
            f"{translate('is called')} **{escape_markdown(now.label)}** "
            f"{translate('instead of')} ~~{escape_markdown(was.label)}~~"
        )
    if was.initial != now.initial:
        phrases.append(translate("begins here" if now.initial else "begins here no longer"))
    return "; ".join(phrases)


def _describe_row(
    each: TransitionDiff, labels: dict[str, str], translate: _Say
) -> tuple[str, _Row]:
    """Returns the source state of a line, and the row that describes its difference."""
    was, now = each.was, each.now
    placed = now or was or _NO_MOVE
    way, words = _end(placed, labels, translate), "; ".join(_whole(placed.line, translate))
    rules = " ".join(placed.line.rules)
    if was is not None and now is not None:
        before, gone = _end(was, labels, translate), " ".join(was.line.rules)
        way = _replaced(before, way, translate) if before != way else way
        words = "; ".join(_changed(was, now, labels, translate))
        rules = _replaced(gone, rules, translate) if gone != rules else rules
    return escape_markdown(labels[placed.source]), _Row(
        each.mark, _event(placed.line.trigger), way, words, rules
    )


_NO_MOVE = PlacedLine("", "", Line(""))


def _replaced(before: str, after: str, translate: _Say) -> str:
    return f"~~{before or translate('nothing')}~~ **{after or translate('nothing')}**"


def _end(placed: PlacedLine, labels: dict[str, str], translate: _Say) -> str:
    return (
        f"({translate('stays')})" if placed.stays else f"→ {escape_markdown(labels[placed.target])}"
    )


def _whole(line: Line, translate: _Say) -> Iterator[str]:
    if line.conditions:
        guards = translate(", ").join(map(escape_markdown, line.conditions))
        yield f"{translate('only if')} {guards}"
    else:
        yield translate("always")
    if line.command:
        yield f"{translate('recorder command')} {escape_markdown(line.command.words)}"


def _changed(
    was: PlacedLine, now: PlacedLine, labels: dict[str, str], translate: _Say
) -> Iterator[str]:
    yield from _led(was, now, labels, translate)
    old, new = was.line, now.line
    # "otherwise" is no condition of its own: it says that another line comes first.
    first = translate("otherwise")
    if first in {*new.conditions} - {*old.conditions}:
        yield translate("now only if no line before it passes")
    if first in {*old.conditions} - {*new.conditions}:
        yield translate("no line comes before it any more")
    if added := [each for each in new.conditions if each not in {*old.conditions, first}]:
        yield _added(added, translate)
    if gone := [each for each in old.conditions if each not in {*new.conditions, first}]:
        yield _gone(gone, translate)
    if {*old.conditions} == {*new.conditions} and old.conditions != new.conditions:
        yield _order("guards in another order", new.conditions, translate)
    for title, before, after in (
        (
            "recorder command",
            *(each.command.words if each.command else "" for each in (old, new)),
        ),
        ("does", *(translate(", ").join(each.actions).replace("_", " ") for each in (old, new))),
    ):
        if before != after:
            replaced = _replaced(escape_markdown(before), escape_markdown(after), translate)
            yield f"{translate(title)}{translate(': ')}{replaced}"
    if old.rules != new.rules:
        yield translate("other rules")


def _led(
    was: PlacedLine, now: PlacedLine, labels: dict[str, str], translate: _Say
) -> Iterator[str]:
    if was.target == now.target:
        return
    before, after = escape_markdown(labels[was.target]), escape_markdown(labels[now.target])
    if now.stays:
        words = translate("the state stays as it is")
        yield f"{translate('leads no longer to')} ~~{before}~~{translate(', ')}{words}"
    elif was.stays:
        words = translate("the state stayed as it was before")
        yield f"{translate('now leads to')} **{after}**{translate(', ')}{words}"
    else:
        yield f"{translate('leads to')} **{after}** {translate('instead of')} {before}"
