"""What changed, told in words: Markdown that a pull request can show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

from fsm.diagrams.changes import Changes, Difference
from fsm.diagrams.chinese import sayer
from fsm.diagrams.looks import SIGNS
from fsm.diagrams.model import Lang, Line, Mark
from fsm.diagrams.moves import Move
from fsm.diagrams.order import lines_in_words, numbered

WORDS = (
    "added", "removed", "changed", "event", "from → to", "what it is", "changes against",
    "nothing changed", "only if", "always", "does", "tells the recorder", "rules", "nothing",
    "now asks also", "asks no longer", "leads to", "instead of", "stays", "the state",
    "begins here", "is called", "begins here no longer", "every event", "every state",
    "other rules", "conditions in another order", "tried in another order",
    "may refuse for another reason",
    "now only if no line before it holds", "no line comes before it any more",
    "leads no longer to", "the state stays as it is",
    "now leads to", "the state stayed as it was before",
)  # fmt: skip
"""Every word it may need, for the translations."""
_SPECIAL = re.compile(r"([\\`*_|<>\[\]~#&])")
_Say = Callable[[str], str]


def markdown(compared: Iterable[Changes], version: str, lang: Lang = "en") -> str:
    """Return what changed on each picture, as tables.

    Args:
        compared: what changed on each of them.
        version: the version that they were compared with, as it was named.
        lang: the language of the words.
    """
    say = sayer(lang)
    compared = list(compared)
    head = f"## {_capital(say('changes against'))} `{version.replace('`', '')}`"
    if not any(compared):
        return f"{head}\n\n{say('nothing changed')}\n"
    parts = [head]
    for changes in compared:
        new = changes.new
        parts.append(f"### {escaped(new.title)} · {escaped(new.subtitle)} (`{new.name}`)")
        parts.append("\n".join(_table(changes, say)) if changes else say("nothing changed"))
    return "\n\n".join(parts) + "\n"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def escaped(words: str) -> str:
    r"""Return words as Markdown shows them, whatever is in them.

    >>> print(escaped("recorder_failed | 2"))
    recorder\_failed \| 2
    """
    return _SPECIAL.sub(r"\\\1", " ".join(words.split()))


def _table(changes: Changes, say: _Say) -> Iterator[str]:
    rows = list(_rows(changes, say))
    marks = [row.mark for row in rows]
    yield " · ".join(f"{marks.count(mark)} {say(mark)}" for mark in SIGNS if mark in marks)
    yield ""
    headings = (say(each) for each in ("event", "from → to", "what it is", "rules"))
    yield f"| | {' | '.join(headings)} |"
    yield "|---|---|---|---|---|"
    for row in rows:
        cells = (f"{SIGNS[row.mark]} {say(row.mark)}", row.event, row.way, row.words, row.rules)
        yield f"| {' | '.join(cells)} |"


@attrs.frozen
class _Row:
    """One row of the table, in Markdown."""

    mark: Mark
    event: str
    way: str
    words: str
    rules: str = ""


def _rows(changes: Changes, say: _Say) -> Iterator[_Row]:
    labels = {node.name: node.label for node in (*changes.old.nodes, *changes.new.nodes)}
    for mark, node in changes.states:
        yield _Row(mark, "", escaped(node.label), _state(changes, mark, node.name, say))
    # What happens to several states alike is one row, with all of them.
    found: dict[_Row, list[str]] = {}
    for each in changes.lines:
        source, row = _told(each, labels, say)
        found.setdefault(row, []).append(source)
    for row, sources in found.items():
        yield attrs.evolve(row, way=f"{say(', ').join(dict.fromkeys(sources))} {row.way}")
    yield from _orders(changes, labels, say)


def _orders(changes: Changes, labels: dict[str, str], say: _Say) -> Iterator[_Row]:
    for asked in changes.asked:
        events = [_event(each) for each in asked.triggers] or [say("every event")]
        if asked.mark == "changed":
            words = _order("conditions in another order", asked.conditions, say)
        else:
            words = (_added if asked.mark == "added" else _gone)(asked.conditions, say)
        yield _Row("changed", say(", ").join(events), say("every state"), words)
    for tried in changes.tried:
        words = _order("tried in another order", lines_in_words(tried, labels, say), say)
        yield _Row("changed", _event(tried.trigger), escaped(labels[tried.source]), words)


def _order(title: str, things: Sequence[str], say: _Say) -> str:
    return (
        f"{say(title)}{say(': ')}{escaped(numbered(things, say))}; "
        f"{say('may refuse for another reason')}"
    )


def _added(conditions: Sequence[str], say: _Say) -> str:
    words = say(", ").join(f"**{escaped(each)}**" for each in conditions)
    return f"{say('now asks also')}{say(': ')}{words}"


def _gone(conditions: Sequence[str], say: _Say) -> str:
    words = say(", ").join(f"~~{escaped(each)}~~" for each in conditions)
    return f"{say('asks no longer')}{say(': ')}{words}"


def _event(trigger: str) -> str:
    return f"**{escaped(trigger)}**"


def _state(changes: Changes, mark: Mark, name: str, say: _Say) -> str:
    if mark != "changed":
        return f"{say('the state')}"
    was, now = changes.old.node(name), changes.new.node(name)
    said = []
    if was.label != now.label:
        said.append(f"{say('is called')} **{escaped(now.label)}** {say('instead of')} "
                    f"~~{escaped(was.label)}~~")  # fmt: skip
    if was.initial != now.initial:
        said.append(say("begins here" if now.initial else "begins here no longer"))
    return "; ".join(said)


def _told(each: Difference, labels: dict[str, str], say: _Say) -> tuple[str, _Row]:
    """Return the state in which a line is taken, and the row that tells what became of it."""
    was, now = each.was, each.now
    move = now or was or _NO_MOVE
    way, words = _end(move, labels, say), "; ".join(_whole(move.line, say))
    rules = " ".join(move.line.rules)
    if was is not None and now is not None:
        before, gone = _end(was, labels, say), " ".join(was.line.rules)
        way = _replaced(before, way, say) if before != way else way
        words = "; ".join(_changed(was, now, labels, say))
        rules = _replaced(gone, rules, say) if gone != rules else rules
    return escaped(labels[move.source]), _Row(
        each.mark, _event(move.line.trigger), way, words, rules
    )


_NO_MOVE = Move("", "", Line(""))


def _replaced(before: str, after: str, say: _Say) -> str:
    return f"~~{before or say('nothing')}~~ **{after or say('nothing')}**"


def _end(move: Move, labels: dict[str, str], say: _Say) -> str:
    return f"({say('stays')})" if move.stays else f"→ {escaped(labels[move.target])}"


def _whole(line: Line, say: _Say) -> Iterator[str]:
    if line.conditions:
        yield f"{say('only if')} {say(', ').join(map(escaped, line.conditions))}"
    else:
        yield say("always")
    if line.command:
        yield f"{say('tells the recorder')} {escaped(line.command.words)}"


def _changed(was: Move, now: Move, labels: dict[str, str], say: _Say) -> Iterator[str]:
    yield from _led(was, now, labels, say)
    old, new = was.line, now.line
    # "otherwise" is no condition of its own: it says that another line comes first.
    first = say("otherwise")
    if first in {*new.conditions} - {*old.conditions}:
        yield say("now only if no line before it holds")
    if first in {*old.conditions} - {*new.conditions}:
        yield say("no line comes before it any more")
    if added := [each for each in new.conditions if each not in {*old.conditions, first}]:
        yield _added(added, say)
    if gone := [each for each in old.conditions if each not in {*new.conditions, first}]:
        yield _gone(gone, say)
    if {*old.conditions} == {*new.conditions} and old.conditions != new.conditions:
        yield _order("conditions in another order", new.conditions, say)
    for title, before, after in (
        (
            "tells the recorder",
            *(each.command.words if each.command else "" for each in (old, new)),
        ),
        ("does", *(say(", ").join(each.actions).replace("_", " ") for each in (old, new))),
    ):
        if before != after:
            yield f"{say(title)}{say(': ')}{_replaced(escaped(before), escaped(after), say)}"
    if old.rules != new.rules:
        yield say("other rules")


def _led(was: Move, now: Move, labels: dict[str, str], say: _Say) -> Iterator[str]:
    if was.target == now.target:
        return
    before, after = escaped(labels[was.target]), escaped(labels[now.target])
    if now.stays:
        words = say("the state stays as it is")
        yield f"{say('leads no longer to')} ~~{before}~~{say(', ')}{words}"
    elif was.stays:
        words = say("the state stayed as it was before")
        yield f"{say('now leads to')} **{after}**{say(', ')}{words}"
    else:
        yield f"{say('leads to')} **{after}** {say('instead of')} {before}"
