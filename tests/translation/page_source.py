"""The texts in the sources of the page: those that are translated, and those that are not."""

import re
from html.parser import HTMLParser
from pathlib import Path

import attrs

import fsm

PAGE = Path(fsm.__file__).parent / "simulator" / "page"
MODULES = sorted(PAGE.glob("*.js"))
_TOKEN = re.compile(
    r"""
    (?P<comment> //[^\n]* | /\*.*?\*/ )
    | (?P<string> "(?:[^"\\\n]|\\.)*" )
    | (?P<template> ` )
    | (?P<regex> (?<=[(,=:\[!&|?{};]) \s*
        /(?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]* )
    """,
    re.VERBOSE | re.DOTALL,
)
# The first argument of a translation, which may be one of two texts.
_TRANSLATED = re.compile(
    r"""(?<![\w.])(?:t|nodesOf)\(\s*(?:[^()",]*\?\s*(?:"(?:[^"\\]|\\.)*"\s*:\s*)?)?$"""
)
# Places whose literals are no text: names of classes, selectors, and keys of controls.
_TECHNICAL = re.compile(
    r"(class: (?:[^,\n]*[?:] )?|className(?: = |, )|\"data-key\": "
    r"|(?:querySelector(?:All)?|closest|scrollTo)\((?:[\w.]+, )?|matchMedia\(|kept = "
    r"|addEventListener\(|throw new TypeError\()$"
)
# Places whose literals are shown, whatever they look like.
_SHOWN = re.compile(
    r"(\}, |(?<![\w.])(?:button|field|checkbox|showText|openDialog|choose|announce)\("
    r"|placeholder: |\"aria-label\": |\"data-hint\": |title: |label: |textContent = |Error\()$"
)
_WORDS = re.compile(r"[A-Z][a-z]|[a-z]+ [a-z]+")
_LETTERS = re.compile(r"[A-Za-z]{2,}")
# Names of keys and headers; languages are named in themselves.
_NAMES = {
    "Accept-Language", "ArrowDown", "ArrowUp", "Authorization", "Bearer ", "Content-Type", "End",
    "English", "Enter", "Escape", "Home",
}  # fmt: skip
_PATH = re.compile(r"[/#.?]|[\w-]+[/=]")


@attrs.frozen
class Literal:
    """A text in a module: the code before it, and its parts between the values of a template."""

    before: str
    parts: tuple[str, ...]

    @property
    def translated(self):
        """Whether it is the text of a translation."""
        return bool(_TRANSLATED.search(self.before))

    @property
    def hard_coded(self):
        """Whether it is shown in English without a translation."""
        if self.translated or _TECHNICAL.search(self.before):
            return False
        shown = _LETTERS if _SHOWN.search(self.before) else _WORDS
        return any(
            shown.search(part) and part not in _NAMES and not _PATH.match(part)
            for part in self.parts
        )


def literals(source):
    """Yields the texts of a module."""
    position = 0
    while match := _TOKEN.search(source, position):
        position = match.end()
        before = " ".join(source[max(0, match.start() - 200) : match.start()].split(" "))
        before = re.sub(r"\s+", " ", before)
        if match["string"]:
            yield Literal(before, (re.sub(r"\\(.)", r"\1", match["string"][1:-1]),))
        elif match["template"]:
            parts, inner, position = template(source, position)
            yield Literal(before, tuple(parts))
            for each in inner:
                yield from literals(each)


def template(source, position):
    """Returns the parts of a template, the code in it, and the position after it."""
    parts, inner, part = [], [], ""
    while source[position] != "`":
        if source.startswith("${", position):
            depth, start = 1, position + 2
            position = start
            while depth:
                if source[position] == "`":
                    _, _, position = template(source, position + 1)
                    continue
                depth += {"{": 1, "}": -1}.get(source[position], 0)
                position += 1
            parts.append(part)
            inner.append(source[start : position - 1])
            part = ""
        else:
            part += source[position]
            position += 1
    return [*parts, part], inner, position + 1


class _Document(HTMLParser):
    """The texts of a document, and of its attributes that are read aloud or shown."""

    def __init__(self):
        super().__init__()
        self.texts = set()

    def handle_data(self, data):
        self.texts |= {data.strip()} - {""}

    def handle_starttag(self, tag, attributes):
        shown = ("alt", "aria-label", "placeholder", "title")
        self.texts |= {value for name, value in attributes if name in shown}


def document_texts():
    """Returns the texts of the page as it is delivered."""
    document = _Document()
    document.feed((PAGE / "index.html").read_text(encoding="utf-8"))
    # The first ones are signs; the last is the name of a language in itself.
    return document.texts - {"◐", "☰", "‹", "›", "中文"}
