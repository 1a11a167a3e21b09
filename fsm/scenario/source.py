"""From the text of a scenario file to plain data, each piece with the line it stands on."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import Any

import attrs
import yaml

MAX_BYTES = 1024 * 1024
"""The largest scenario file that is read, in bytes."""
MAX_ITEMS = 500_000
"""How many values a file may hold once its aliases are written out."""
MAX_DEPTH = 50
"""How deeply the values of a file may be nested."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COLLECTIONS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
# A string that is not closed ends with its line, so that no text is looked at twice.
_FLOW_TOKEN = re.compile(r""""(?:[^"\\\n]|\\.)*(?:"(\s*:)?|$)|'[^'\n]*(?:'|$)|\t""", re.MULTILINE)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# What YAML takes for the end of a line, or for no text, stays escaped as JSON has it.
_ESCAPED = {ord(letter): f"\\u{ord(letter):04x}" for letter in "\x7f\x85\u2028\u2029"}


class ScenarioError(Exception):
    """A scenario file cannot be used.

    Args:
        line: the line on which it goes wrong, counted from 1.
        what: what is wrong.
        right: what would be right.
    """

    def __init__(self, line: int, what: str, right: str) -> None:
        self.line = line
        self.what = what
        self.right = right
        super().__init__(f"{line}: {what} ({right})")


@attrs.frozen
class Document:
    """One document of a file.

    Args:
        data: dictionaries, lists, texts, numbers, booleans and ``None``.
        line: the line on which it begins.
        lines: the line of each value: by the ``id()`` of the dictionary or list that
            holds it, then by its key or position.
        raw: the same for the text that a value was written as.
    """

    data: Any
    line: int
    lines: dict[int, dict[Any, int]]
    raw: dict[int, dict[Any, str]]

    def line_of(self, *path: Hashable) -> int:
        """Return the line of the value at a path, or of the last part of it that is there."""
        line, value = self.line, self.data
        for step in path:
            line = self.lines.get(id(value), {}).get(step, line)
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                break
        return line

    def written(self, *path: Hashable) -> str:
        """Return the text that the value at a path was written as; empty if it is none."""
        holder = self.data
        for step in path[:-1]:
            holder = holder[step]
        return self.raw.get(id(holder), {}).get(path[-1] if path else None, "")


def documents(content: bytes) -> list[Document]:
    """Read the documents of a scenario file, empty ones left out.

    Args:
        content: YAML or JSON.

    Raises:
        ScenarioError: it is neither, or too large, or nested too deeply.
    """
    text = _text(content)
    try:
        _check_depth(text)
        nodes = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What is missing at the end is missing after the last line.
        last = max(1, len(text.rstrip("\n").split("\n")))
        line = min(mark.line + 1, last) if mark else 1
        raise ScenarioError(
            line,
            f"this is not YAML or JSON: {short(error.problem)}",
            "check indentation, quotes and brackets",
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        what = " ".join(str(error).split())
        raise ScenarioError(1, f"this is not YAML: {short(what)}", "check its characters") from None
    return [
        _Reader().document(node)
        for node in nodes
        if node is not None and not (node.tag.endswith(":null") and not node.value)
    ]


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1024 // 1024} MiB"
        raise ScenarioError(
            1, f"the file has more than {limit}", f"a scenario has a few KiB, {limit} at most"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ScenarioError(
            line, f"byte 0x{content[error.start]:02x} is not UTF-8 text", "save it as UTF-8"
        ) from None
    found = _CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise ScenarioError(
            line, f"the control character U+{ord(found[0]):04X} is not text", "remove it"
        )
    return _from_json(text) if text.lstrip().startswith(("{", "[")) else text


def _from_json(text: str) -> str:
    # YAML reads JSON but for three things: tabs between tokens, characters written as a pair
    # of surrogates, and a colon on another line than its key.
    def rewrite(found: re.Match[str]) -> str:
        token, colon = found[0], found[1] or ""
        if token == "\t":
            return " "
        token = token.removesuffix(colon)
        if "\\u" in token or "\\/" in token:
            try:
                plain = json.dumps(json.loads(token), ensure_ascii=False)
                plain.encode()
                token = plain.translate(_ESCAPED)
            except ValueError:
                pass  # no JSON string: YAML has the last word on it
        return token + ":" + colon[:-1] if colon else token

    return _FLOW_TOKEN.sub(rewrite, text)


def short(text: object) -> str:
    """Return a text as a message can hold it."""
    shown = str(text)
    return shown if len(shown) <= 60 else f"{shown[:60]}..."


def _check_depth(text: str) -> None:
    # Composing nodes recurses, in C where nothing can catch it; parsing does not.
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise ScenarioError(
                _line(event),
                "this is nested too deeply",
                f"at most {MAX_DEPTH} levels; a scenario has five",
            )


class _Reader:
    """Turns the nodes of one document into data."""

    def __init__(self) -> None:
        self._lines: dict[int, dict[Any, int]] = {}
        self._raw: dict[int, dict[Any, str]] = {}
        # A node that aliases share is read once, and counted each time it is meant.
        self._read: dict[int, tuple[Any, int]] = {}
        self._scalars = yaml.SafeLoader("")

    def document(self, node: Any) -> Document:
        data, _ = self._value(node, ())
        return Document(data, _line(node), self._lines, self._raw)

    def _value(self, node: Any, above: tuple[int, ...]) -> tuple[Any, int]:
        if id(node) in above:
            raise ScenarioError(_line(node), "an alias contains itself", "write the value out")
        if id(node) not in self._read:
            self._read[id(node)] = self._new(node, (*above, id(node)))
        data, size = self._read[id(node)]
        if size > MAX_ITEMS:
            raise ScenarioError(
                _line(node), "its aliases stand for too much", f"at most {MAX_ITEMS:,} values"
            )
        return data, size

    def _new(self, node: Any, above: tuple[int, ...]) -> tuple[Any, int]:
        size = 1
        if isinstance(node, yaml.CollectionNode) and node.tag not in _COLLECTIONS:
            raise ScenarioError(
                _line(node), f"the tag '{short(node.tag)}' means nothing here", "leave it out"
            )
        if isinstance(node, yaml.SequenceNode):
            items: list[Any] = []
            lines = self._lines.setdefault(id(items), {})
            for position, child in enumerate(node.value):
                item, part = self._value(child, above)
                items.append(item)
                lines[position] = _line(child)
                self._note(items, position, child)
                size += part
            return items, size
        if isinstance(node, yaml.MappingNode):
            mapping: dict[str, Any] = {}
            lines = self._lines.setdefault(id(mapping), {})
            for key_node, child in node.value:
                key = self._key(key_node)
                if key in mapping:
                    raise ScenarioError(
                        _line(key_node),
                        f"'{short(key)}' is given twice (first on line {lines[key]})",
                        "give it once",
                    )
                mapping[key], part = self._value(child, above)
                lines[key] = _line(key_node)
                self._note(mapping, key, child)
                size += part
            return mapping, size
        return self._scalar(node), 1

    def _key(self, node: Any) -> str:
        if node.tag == "tag:yaml.org,2002:merge":
            raise ScenarioError(_line(node), "keys cannot be merged with '<<'", "write them out")
        if not isinstance(node, yaml.ScalarNode):
            raise ScenarioError(_line(node), "a list or mapping is no key", "keys are words")
        key = self._scalar(node)
        if not isinstance(key, str):
            read = str(key).lower() if isinstance(key, bool) else type(key).__name__
            raise ScenarioError(
                _line(node), f"the key '{short(node.value)}' is read as {read}", "keys are words"
            )
        return key

    def _note(self, holder: Any, key: Any, node: Any) -> None:
        if isinstance(node, yaml.ScalarNode):
            self._raw.setdefault(id(holder), {})[key] = node.value

    def _scalar(self, node: Any) -> Any:
        if not node.style and _NUMBER.fullmatch(node.value) and node.tag.endswith(":str"):
            return float(node.value)  # JSON's 1e1, which YAML takes for text
        try:
            return self._scalars.construct_object(node)
        except Exception as error:  # a tag can make a constructor stumble in any way
            what = getattr(error, "problem", None) or error
            raise ScenarioError(
                _line(node), f"this value cannot be read: {short(what)}", "quote it if it is text"
            ) from None


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
