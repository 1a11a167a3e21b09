"""The files of the page, as they are served, with the words of its languages."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fsm.translation.examples import EXAMPLE_TITLES
from fsm.translation.page import PAGE_TEXTS
from fsm.translation.rule_texts import CHINESE_NAMES

MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
INDEX = "index.html"


@cache
def page_files() -> dict[str, tuple[str, bytes]]:
    """Returns the media type and the content of each file, by its name."""
    folder = files("fsm.simulator") / "page"
    words = json.dumps(
        {"texts": PAGE_TEXTS, "names": CHINESE_NAMES, "titles": EXAMPLE_TITLES},
        ensure_ascii=False,
    )
    return {
        "words.zh.json": (MEDIA_TYPES[".json"], words.encode()),
        **_files_in(folder),
    }


def _files_in(folder: Traversable) -> dict[str, tuple[str, bytes]]:
    return {
        file.name: (MEDIA_TYPES[suffix], file.read_bytes())
        for file in folder.iterdir()
        for suffix in MEDIA_TYPES
        if file.name.endswith(suffix)
    }
