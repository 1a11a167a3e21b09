"""The text of a scenario file as plain data, with the line of every value."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import Any

import attrs
import yaml

MAX_BYTES = 8 * 1024 * 1024
"""The maximum size of a scenario file, in bytes: a meeting of some 100,000 events. To read it takes
about a hundred times as much memory."""
MAX_ITEMS = 500_000
"""The maximum number of values in a file with its aliases expanded; a large file may have more."""
MAX_DEPTH = 50
"""The maximum depth of nested values."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COLLECTIONS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
# An unclosed string ends with its line, so that no text is scanned twice.
_FLOW_TOKEN = re.compile(r""""(?:[^"\\\n]|\\.)*(?:"(\s*:)?|$)|'[^'\n]*(?:'|$)|\t""", re.MULTILINE)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# Characters that YAML takes for a line break, or refuses, stay escaped as in JSON.
_ESCAPED = {ord(letter): f"\\u{ord(letter):04x}" for letter in "\x7f\x85\u2028\u2029"}


class ScenarioError(Exception):
    """A fault in a scenario file.

    Args:
        line: the line of the fault, counted from 1.
        problem: a description of the fault.
        remedy: a correction.
    """

    def __init__(self, line: int, problem: str, remedy: str) -> None:
        self.line = line
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{line}: {problem} ({remedy})")

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are otherwise made again from their message alone.
        return type(self), (self.line, self.problem, self.remedy)


@attrs.frozen
class Document:
    """A document of a file.

    Args:
        data: dictionaries, lists, texts, numbers, booleans and ``None``.
        line: the line on which it begins.
        lines: the line of each value, by the ``id()`` of its dictionary or list, then by its key
            or position.
        raw: the text of each scalar in the file, by the same keys.
    """

    data: Any
    line: int
    lines: dict[int, dict[Any, int]]
    raw: dict[int, dict[Any, str]]

    def line_of(self, *path: Hashable) -> int:
        """Returns the line of the value at a path, or of the last part of the path that exists."""
        line, value = self.line, self.data
        for step in path:
            line = self.lines.get(id(value), {}).get(step, line)
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                break
        return line

    def written(self, *path: Hashable) -> str:
        """Returns the text of the scalar at a path; empty for a collection."""
        holder = self.data
        for step in path[:-1]:
            holder = holder[step]
        return self.raw.get(id(holder), {}).get(path[-1] if path else None, "")


def documents(content: bytes) -> list[Document]:
    """Reads the documents of a scenario file, except empty ones.

    Args:
        content: YAML or JSON.

    Raises:
        ScenarioError: the content is neither, too large, or nested too deeply.
    """
    text = yaml_text(text_of(content))
    try:
        _check_depth(text)
        nodes = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # A fault at the end is reported on the last line.
        last = max(1, len(text.rstrip("\n").split("\n")))
        line = min(mark.line + 1, last) if mark else 1
        raise ScenarioError(
            line,
            f"this is not YAML or JSON: {short(error.problem)}",
            "check indentation, quotes and brackets",
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ScenarioError(
            1, f"this is not YAML: {short(reason)}", "check its characters"
        ) from None
    # Without aliases a file has fewer values than this, whatever its size.
    max_items = max(MAX_ITEMS, len(content) // 2)
    return [
        _Reader(max_items).document(node)
        for node in nodes
        if node is not None and not (node.tag.endswith(":null") and not node.value)
    ]


def text_of(content: bytes) -> str:
    """Returns the text of a scenario file, without a byte order mark.

    Raises:
        ScenarioError: the content is too large, or no text.
    """
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
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise ScenarioError(
            line, f"the control character U+{ord(control[0]):04X} is not text", "remove it"
        )
    return text


def yaml_text(text: str) -> str:
    """Returns a text of YAML or JSON as YAML."""
    return _from_json(text) if text.lstrip().startswith(("{", "[")) else text


def _from_json(text: str) -> str:
    # YAML reads JSON except for tabs between tokens, characters written as a pair of surrogates,
    # and a colon on another line than its key.
    def rewrite(match: re.Match[str]) -> str:
        token, colon = match[0], match[1] or ""
        if token == "\t":
            return " "
        token = token.removesuffix(colon)
        if "\\u" in token or "\\/" in token:
            try:
                plain = json.dumps(json.loads(token), ensure_ascii=False)
                plain.encode()
                token = plain.translate(_ESCAPED)
            except ValueError:
                pass  # not a JSON string: YAML reports it
        return token + ":" + colon[:-1] if colon else token

    return _FLOW_TOKEN.sub(rewrite, text)


def short(text: object) -> str:
    """Shortens a text for a message."""
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
    """Converts the nodes of a document to data.

    Args:
        max_items: the maximum number of values, with aliases expanded.
    """

    def __init__(self, max_items: int) -> None:
        self._max_items = max_items
        self._lines: dict[int, dict[Any, int]] = {}
        self._raw: dict[int, dict[Any, str]] = {}
        # A node that aliases share is read once, and counted at each use.
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
        if size > self._max_items:
            raise ScenarioError(
                _line(node), "its aliases stand for too much", f"at most {self._max_items:,} values"
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
            return float(node.value)  # 1e1 of JSON is text in YAML
        try:
            return self._scalars.construct_object(node)
        except Exception as error:  # with a tag, a constructor may raise anything
            reason = getattr(error, "problem", None) or error
            raise ScenarioError(
                _line(node), f"this value cannot be read: {short(reason)}", "quote it if it is text"
            ) from None


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
