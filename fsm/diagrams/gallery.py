"""The page that shows every picture, and what the files beside it are called."""

from __future__ import annotations

from fsm.diagrams.catalogue import CATALOGUE, NAMES
from fsm.diagrams.drawing import ENDINGS, FORMATS
from fsm.diagrams.model import Lang

CHINESE_FOLDER = "zh"
CHINESE_FORMATS: tuple[str, ...] = ("svg", "png")
FILE = "README.md"
HEADING = "# The machines as pictures"
"""The first line of the page, by which it is known as ours."""
OTHER_KIND = "Lines of the other kind: a host may start that by hand (D2)."


def gallery() -> str:
    """Return the page that shows every picture, in Markdown."""
    rows = [
        HEADING,
        "",
        "Drawn from the transition tables by `fsm draw -o diagrams`, never by hand;",
        "`fsm draw -o diagrams --check` says whether they are current. A line reads:",
        "**event** [conditions] / what the recorder is told, and the rules it stands for.",
        "",
    ]
    rows += [f"- [{name}](#{name})" for name in NAMES]
    for name, entry in CATALOGUE.items():
        others = " · ".join(
            f"[{each}]({file_name(name, each, 'en')})" for each in FORMATS if each != "svg"
        )
        chinese = " · ".join(f"[{each}]({file_name(name, each, 'zh')})" for each in CHINESE_FORMATS)
        rows += [
            "",
            f"## {name}",
            "",
            f"{entry.shows} {OTHER_KIND}" if entry.has_another_kind else entry.shows,
            "",
            f"![{entry.shows}]({file_name(name, 'svg', 'en')})",
            "",
            f"{others} · 中文: {chinese}",
        ]
    return "\n".join(rows) + "\n"


def file_name(name: str, file_format: str, lang: Lang) -> str:
    """Return what the file of a picture is called, seen from the folder."""
    folder = "" if lang == "en" else f"{CHINESE_FOLDER}/"
    return f"{folder}{name}{ENDINGS[file_format]}"
