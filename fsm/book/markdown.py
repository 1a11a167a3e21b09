"""The rules of the documents as HTML. Only the Markdown that they use is understood."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from importlib.resources import files
from itertools import groupby

from fsm.translation import Lang

RULES_FILES: dict[Lang, str] = {"en": "rules.md", "zh": "rules.zh.md"}
"""The file with the text of the rules, by language."""
Decorate = Callable[[str, str], str]
# The title of a rule is the heading of its section in the book.
_RULE = re.compile(r"- \*\*([RD]\d+)\*\* \*[^*]+\* ?")
_CODE = re.compile(r"`([^`]*)`")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_EMPHASIS = re.compile(r"\*([^*]+)\*")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


def rules_text(lang: Lang) -> str:
    """Returns the text of the rules in a language, as Markdown."""
    # In a checkout it is a link to the document, in the wheel a copy of it.
    return (files("fsm.book") / RULES_FILES[lang]).read_text(encoding="utf-8")


def chapters(text: str) -> dict[str, str]:
    """Returns the text of each chapter by its heading; the part before the first is left out."""
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def table_of(text: str, rule: str) -> str:
    """Returns the table that follows a rule, as Markdown.

    Args:
        text: the text of the rules.
        rule: the id of the rule.
    """
    after = text.partition(f"- **{rule}** ")[2]
    found = re.search(r"(?:^\|.*\n)+", after, re.MULTILINE)
    return found[0] if found else ""


def to_html(text: str, decorate: Decorate = lambda rule, html: html) -> str:
    """Returns Markdown as HTML.

    Args:
        text: paragraphs, lists and tables.
        decorate: returns the HTML of a rule, given its id and its text as HTML.
    """
    return "\n".join(_blocks(text, decorate))


def _blocks(text: str, decorate: Decorate) -> Iterator[str]:
    rule, html = "", ""
    for kind, lines in groupby(text.splitlines(), _kind):
        if kind == "table":
            # A table that follows a rule belongs to it.
            html += _table(list(lines))
        elif kind == "text":
            for item in _items(lines):
                yield from _decorated(rule, html, decorate)
                found = _RULE.match(item)
                rule = found[1] if found else ""
                body = inline(item[found.end() :] if found else item.removeprefix("- "))
                html = f"<p>{body}</p>" if body else ""
    yield from _decorated(rule, html, decorate)


def _decorated(rule: str, html: str, decorate: Decorate) -> Iterator[str]:
    if rule:
        yield decorate(rule, html)
    elif html:
        yield html


def _kind(line: str) -> str:
    return "table" if line.startswith("|") else "text" if line.strip() else "blank"


def _items(lines: Iterable[str]) -> Iterator[str]:
    """Yields each paragraph, or item of a list, as one line."""
    items: list[list[str]] = []
    for line in lines:
        if line.startswith("- ") or not items:
            items.append([line])
        else:
            items[-1].append(line.strip())
    return map(_joined, items)


def _joined(lines: list[str]) -> str:
    """Joins the lines of a paragraph: with blanks, but without them between Chinese characters."""
    joined = lines[0]
    for line in lines[1:]:
        chinese = joined[-1] >= "\u2e80" or line[0] >= "\u2e80"
        joined += line if chinese else f" {line}"
    return joined


def _table(lines: list[str]) -> str:
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    headings = "".join(f'<th scope="col">{inline(cell)}</th>' for cell in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{inline(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return (
        f'<div class="wide"><table><thead><tr>{headings}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def inline(text: str) -> str:
    """Returns a piece of Markdown text as HTML. Of a link only its text is left."""
    html = escape(_LINK.sub(r"\1", text), quote=False)
    html = _BOLD.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", html))
    return _EMPHASIS.sub(r"<em>\1</em>", html)
