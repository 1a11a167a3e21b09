"""What changed, told in words: Markdown that a pull request can show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from fsm.pictures.changes import Changes, Difference, Move
from fsm.pictures.chinese import sayer
from fsm.pictures.looks import SIGNS
from fsm.pictures.model import Lang, Line, Mark

WORDS = (
    "added", "removed", "changed", "event", "from → to", "what it is", "changes against",
    "nothing changed", "only if", "always", "does", "tells the recorder", "rules", "nothing",
    "now asks also", "asks no longer", "leads to", "instead of", "stays", "the state",
    "left out of the lines", "begins here", "is called", "begins here no longer",
    "conditions in another order", "now only if no line before it holds",
    "no line comes before it any more",
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
    marks = [mark for mark, _ in (*changes.states, *changes.assumed)]
    marks += [each.mark for each in changes.lines]
    counts = [f"{marks.count(mark)} {say(mark)}" for mark in SIGNS if marks.count(mark)]
    yield " · ".join(counts)
    yield ""
    yield f"| | {say('event')} | {say('from → to')} | {say('what it is')} |"
    yield "|---|---|---|---|"
    labels = {node.name: node.label for node in (*changes.old.nodes, *changes.new.nodes)}
    for mark, node in changes.states:
        yield _row(mark, "", escaped(node.label), _state(changes, mark, node.name, say), say)
    found: dict[tuple[Mark, str, str, str], list[str]] = {}
    for each in changes.lines:
        source, target, words = _told(each, labels, say)
        trigger = (each.now or each.was or _NO_MOVE).line.trigger
        found.setdefault((each.mark, trigger, target, words), []).append(source)
    for (mark, trigger, target, words), sources in found.items():
        ways = f"{say(', ').join(dict.fromkeys(sources))} {target}"
        yield _row(mark, f"**{escaped(trigger)}**", ways, words, say)
    for mark, words in changes.assumed:
        yield _row(mark, "", say("left out of the lines"), escaped(words), say)


_NO_MOVE = Move("", "", Line(""))


def _row(mark: Mark, event: str, ways: str, words: str, say: _Say) -> str:
    return f"| {SIGNS[mark]} {say(mark)} | {event} | {ways} | {words} |"


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


def _told(each: Difference, labels: dict[str, str], say: _Say) -> tuple[str, str, str]:
    was, now = each.was, each.now
    move = now or was or _NO_MOVE
    source = escaped(labels[move.source])
    if was is not None and now is not None:
        ends = [_end(was, labels, say), _end(now, labels, say)]
        target = f"~~{ends[0]}~~ **{ends[1]}**" if ends[0] != ends[1] else ends[1]
        return source, target, "; ".join(_changed(was, now, labels, say))
    return source, _end(move, labels, say), "; ".join(_whole(move.line, say))


def _end(move: Move, labels: dict[str, str], say: _Say) -> str:
    return f"({say('stays')})" if move.stays else f"→ {escaped(labels[move.target])}"


def _whole(line: Line, say: _Say) -> Iterator[str]:
    if line.conditions:
        yield f"{say('only if')} {say(', ').join(map(escaped, line.conditions))}"
    else:
        yield say("always")
    if line.command:
        yield f"{say('tells the recorder')} {escaped(line.command.words)}"
    if line.rules:
        yield " ".join(line.rules)


def _changed(was: Move, now: Move, labels: dict[str, str], say: _Say) -> Iterator[str]:
    old, new = was.line, now.line
    colon, comma = say(": "), say(", ")
    if was.target != now.target:
        one, other = (say("stays") if each.stays else escaped(labels[each.target])
                      for each in (now, was))  # fmt: skip
        yield f"{say('leads to')} **{one}** {say('instead of')} {other}"
    # "otherwise" is no condition of its own: it says that another line comes first.
    first = say("otherwise")
    if first in {*new.conditions} - {*old.conditions}:
        yield say("now only if no line before it holds")
    if first in {*old.conditions} - {*new.conditions}:
        yield say("no line comes before it any more")
    added, gone = (
        [each for each in these if each not in {*those, first}]
        for these, those in (
            (new.conditions, old.conditions),
            (old.conditions, new.conditions),
        )
    )
    if added:
        yield f"{say('now asks also')}{colon}{comma.join(f'**{escaped(each)}**' for each in added)}"
    if gone:
        yield f"{say('asks no longer')}{colon}{comma.join(f'~~{escaped(each)}~~' for each in gone)}"
    if {*old.conditions} == {*new.conditions} and old.conditions != new.conditions:
        yield say("conditions in another order")
    for title, before, after in (
        (
            "tells the recorder",
            *(each.command.words if each.command else "" for each in (old, new)),
        ),
        ("does", *(comma.join(each.effects).replace("_", " ") for each in (old, new))),
        ("rules", *(" ".join(each.rules) for each in (old, new))),
    ):
        if before != after:
            one, other = (escaped(each) or say("nothing") for each in (before, after))
            yield f"{say(title)}{colon}~~{one}~~ **{other}**"
