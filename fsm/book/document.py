"""The book as one HTML file, which loads nothing and is allowed to load nothing."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from fsm import __version__
from fsm.book import chapters
from fsm.book.encoding import graph_data, json_text, ordered_nodes, packed
from fsm.book.examples import examples_data
from fsm.book.graph import TRIED_VERSIONS, Graph
from fsm.book.pictures import Pictures
from fsm.book.words import page_words, word
from fsm.book.writer import Writer
from fsm.recording.vocabulary import KINDS, TIMERS
from fsm.translation import RULE_TITLES, Lang
from fsm.verify.meeting_space import CLASSES, ROLES

MODULES = (
    "simulator/page/dom.js", "simulator/page/lighting.js",
    *(
        f"book/page/{name}.js"
        for name in (
            "data", "graph", "words", "picture", "view", "controls", "plans", "link", "explorer",
            "listbox", "examples", "main",
        )
    ),
)  # fmt: skip
"""The modules of the script in the order in which they are joined; imports go backwards."""
STYLES: Final = ("simulator/page/machine.css", "book/page/style.css")
_IMPORT = re.compile(r"^import .*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) )", re.MULTILINE)
_MARKS = {
    "try": " on-screen", "examples": " on-screen", "tables": " without-script on-paper",
}  # fmt: skip
"""The classes of chapters that are only on a screen, or only on paper and without a script."""


def book_html(graph: Graph, langs: Sequence[Lang]) -> str:
    """Returns the book.

    Args:
        graph: the explored meetings.
        langs: the languages; the first one shows when the book is opened.
    """
    data = book_data(graph, langs)
    script, style = script_text(), "\n".join(map(_packaged, STYLES))
    return _page(langs, _body(graph, data, langs), script, style, packed(data))


def book_data(graph: Graph, langs: Sequence[Lang]) -> dict[str, Any]:
    """Returns the data that the script of the book reads.

    Args:
        graph: the explored meetings.
        langs: the languages.
    """
    pictures = Pictures(langs)
    plan_pictures = [pictures.number(plan) for plan in graph.plans]
    numbers = {node: number for number, node in enumerate(ordered_nodes(graph))}
    plans = {plan: number for number, plan in enumerate(graph.plans)}
    examples = examples_data(pictures, plans, numbers, langs)
    return {
        "graph": graph_data(graph),
        "pictures": pictures.data(),
        "plan_pictures": plan_pictures,
        "examples": examples,
        "words": {lang: {**page_words(lang), "titles": RULE_TITLES[lang]} for lang in langs},
        "roles": ROLES,
        "kinds": KINDS,
        "timers": TIMERS,
        "classes": CLASSES,
        "versions": TRIED_VERSIONS,
    }


def script_text() -> str:
    """Returns the script: its modules joined, without what joined them before."""
    modules = map(_packaged, MODULES)
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", module)) for module in modules)


def _packaged(name: str) -> str:
    return files("fsm").joinpath(*name.split("/")).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Returns the source expression by which a policy allows an inline script or style."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _page(langs: Sequence[Lang], body: str, script: str, style: str, data: str) -> str:
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    lang = langs[0]
    return f"""<!doctype html>
<html lang="{lang}" data-lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{word("title", lang)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}
<script type="text/plain" id="data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def _body(graph: Graph, data: dict[str, Any], langs: Sequence[Lang]) -> str:
    examples = data["examples"]

    def each(write_part: Callable[[Writer], str], tag: str = "div", attributes: str = "") -> str:
        """Returns a part in every language."""
        return "\n".join(
            f'<{tag} data-in="{lang}" lang="{lang}"{attributes}>{write_part(Writer(lang))}</{tag}>'
            for lang in langs
        )

    def words(name: str) -> str:
        return each(lambda write: write.word(name), "span")

    def chapter(name: str, inside: str) -> str:
        marks = _MARKS.get(name, "")
        return (
            f'<section class="chapter{marks}" id="{name}" tabindex="-1">'
            f"<h2>{words(name)}</h2>\n{inside}</section>"
        )

    def interactive(root: str, name: str) -> str:
        return (
            each(lambda write: write.word(f"{name} 1"), "p")
            + f'<p class="without-script muted">{words("no script")}</p>'
            f'<p class="old-browser muted">{words("old browser")}</p>'
            f'<div id="{root}" class="needs-script"></div>'
        )

    parts = {
        "about": each(lambda write: chapters.about(write, graph), attributes=' class="lead"'),
        "try": interactive("explorer", "try"),
        "examples": interactive("stepper", "examples"),
        "pictures": each(chapters.pictures),
        "policy": each(lambda write: chapters.rule_table(write, "R6")),
        "stops": each(
            lambda write: chapters.rule_table(write, "R16") + chapters.found_stops(write, graph)
        ),
        "rules": each(lambda write: chapters.rules(write, examples)),
        "transitions": each(chapters.transitions),
        "scope": each(lambda write: chapters.scope(write, graph)),
        "tables": each(lambda write: chapters.examples(write, examples)),
    }
    return "\n".join(
        [
            *_header(langs, [name for name in parts if name != "tables"], words),
            '<p id="live" class="unseen" role="status"></p>',
            '<main id="text">',
            *(chapter(name, html) for name, html in parts.items()),
            "</main>",
            f"<footer>{each(lambda write: _version(write, data['graph']))}</footer>",
        ]
    )


def _version(write: Writer, graph: dict[str, Any]) -> str:
    """Returns the release, and a fingerprint by which two books can be compared."""
    digest = sha256(json_text(graph).encode()).hexdigest()[:12]
    return write.word("version", release=f"meeting-fsm {__version__}", fingerprint=digest)


def _header(
    langs: Sequence[Lang], names: Sequence[str], words: Callable[[str], str]
) -> Iterator[str]:
    yield f'<a class="skip" href="#text">{words("skip")}</a>'
    yield f'<header class="bar"><h1>{words("title")}</h1>'
    yield f'<nav aria-label="{word("contents", langs[0])}">'
    yield from (f'<a href="#{name}">{words(f"nav {name}")}</a>' for name in names)
    yield "</nav>"
    if len(langs) > 1:
        name = words("language")
        yield f'<button type="button" id="language" class="needs-script">{name}</button>'
    label = word("theme", langs[0])
    yield (
        f'<button type="button" id="theme" class="needs-script" aria-label="{label}" '
        f'title="{label}">◐</button></header>'
    )
