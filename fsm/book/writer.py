"""The texts of a language as HTML: words, labels, links, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

import attrs

from fsm.book.words import recording_word, switches_word, word
from fsm.recording.durations import duration_label
from fsm.recording.plan import Plan
from fsm.recording.vocabulary import KINDS
from fsm.translation import Lang, Translator

NUMBERS: Final = ' class="numbers"'
"""The attributes of a table whose columns are numbers, except for the first."""


@attrs.frozen
class Writer:
    """The texts of a language, and the marks that HTML needs around them.

    Args:
        lang: the language.
    """

    lang: Lang

    def word(self, name: str, **values: object) -> str:
        """Returns a text of the book as HTML."""
        return escape(word(name, self.lang, **values), quote=False)

    def label(self, label: str) -> str:
        """Returns a label of a machine as HTML."""
        return escape(Translator(self.lang)(label).replace("_", " "), quote=False)

    def reason(self, reason: str) -> str:
        """Returns the reason of a refusal as HTML."""
        name = Translator(self.lang).name("reason", reason)
        return escape(name.replace("_", " "), quote=False)

    def labels(self, labels: Iterable[str]) -> str:
        """Returns labels as HTML, separated by commas."""
        return Translator(self.lang)(", ").join(map(self.label, labels))

    def duration(self, seconds: int) -> str:
        """Returns a number of seconds in words."""
        count, unit = duration_label(seconds).split()
        name = {"s": "second", "min": "minute", "h": "hour"}[unit]
        return self.word(name, count=count)

    def rule(self, rule: str) -> str:
        """Returns a link to a rule."""
        return f'<a class="rule" href="#rule-{self.lang}-{rule}">{rule}</a>'

    def row(self, number: str) -> str:
        """Returns a link to a row of a table."""
        return f'<a class="row" href="#row-{self.lang}-{number}">{number}</a>'


def html_table(
    headings: Iterable[str], rows: Iterable[tuple[str, Sequence[str]]], attributes: str = ""
) -> str:
    """Returns a table as HTML.

    Args:
        headings: the headings as HTML.
        rows: the attributes of each row, and its cells as HTML.
        attributes: the attributes of the table.
    """
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    body = "\n".join(
        f"<tr{marks}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" for marks, cells in rows
    )
    return (
        f'<div class="wide"><table{attributes}><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def timer_text(write: Writer, change: dict[str, Any]) -> str:
    """Returns a change of a timer as HTML."""
    name = next(change[key] for key in ("set", "cancel", "up") if key in change)
    timer = write.word(f"timer {name}")
    if "set" in change:
        return write.word("timer set", timer=timer, length=write.duration(change["after"]))
    return write.word("timer cancelled" if "cancel" in change else "timer up", timer=timer)


def plan_text(write: Writer, plan: Plan) -> str:
    """Returns a plan in words, as HTML."""
    parts = [write.word(recording_word(plan))]
    if not plan.host_may_pause:
        parts.append(write.word("no pause"))
    if plan.grace:
        parts.append(write.word("with grace", length=write.duration(plan.grace)))
    if plan.end_when_empty:
        parts.append(write.word("with empty", length=write.duration(plan.end_when_empty)))
    if plan.kinds != KINDS:
        on = write.word(switches_word(plan.kinds))
        parts.append(f"{write.word('switches')}{Translator(write.lang)(': ')}{on}")
    return " · ".join(parts)
