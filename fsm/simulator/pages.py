"""The files of the page, as they are served."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

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
    return {
        file.name: (MEDIA_TYPES[suffix], file.read_bytes())
        for file in folder.iterdir()
        for suffix in MEDIA_TYPES
        if file.name.endswith(suffix)
    }
