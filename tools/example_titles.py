"""Writes the Chinese titles of the example scenarios to fsm/translation/examples.json.

Each title of a scenario file has its Chinese one in the line above:

    # zh: 常规会议
    title: A scheduled meeting
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
SCENARIOS = ROOT / "examples" / "scenarios"
SIGN = "# zh: "
"""The beginning of the line that has the Chinese title."""


def titles_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Yields the line, the title and the Chinese title of each scenario of a file.

    A Chinese title that is missing is ``""``.

    Args:
        text: the content of the file, which is YAML.
    """
    lines = text.splitlines()
    for document in yaml.compose_all(text, Loader=yaml.SafeLoader):
        for name, title in document.value:
            if name.value == "title":
                line = name.start_mark.line
                above = lines[line - 1] if line else ""
                chinese = above.removeprefix(SIGN) if above.startswith(SIGN) else ""
                yield line + 1, " ".join(title.value.split()), chinese.strip()


def titles(folder: Path = SCENARIOS) -> Iterator[tuple[str, str, str]]:
    """Yields the place of each example's title, the title and the Chinese one.

    Args:
        folder: the folder of the scenario files.
    """
    for path in sorted(folder.glob("*.yaml")):
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        for line, title, chinese in titles_in(path.read_text(encoding="utf-8")):
            yield f"{name}:{line}", title, chinese


def faults(folder: Path = SCENARIOS) -> Iterator[str]:
    """Yields each title that has no Chinese one, or not one of its own.

    Args:
        folder: the folder of the scenario files.
    """
    by_title: dict[str, str] = {}
    by_chinese: dict[str, str] = {}
    for place, title, chinese in titles(folder):
        if not chinese:
            yield f"{place}: '{title}' has no Chinese title (write it above, as a line {SIGN}...)"
        elif by_title.setdefault(title, chinese) != chinese:
            other = by_title[title]
            yield f"{place}: '{title}' has another Chinese title, {other} (write that one)"
        elif by_chinese.setdefault(chinese, title) != title:
            yield f"{place}: {chinese} is the title of '{by_chinese[chinese]}' (write another one)"


def file() -> Path:
    """Returns the file with the titles."""
    return ROOT / "fsm" / "translation" / "examples.json"


def text() -> str:
    """Returns the text of the file with the titles."""
    chosen = {title: chinese for _, title, chinese in titles() if chinese}
    return json.dumps(chosen, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    if found := [*faults()]:
        sys.exit("\n".join(found))
    file().write_text(text(), encoding="utf-8")
    print(f"wrote {file().relative_to(ROOT)}")
