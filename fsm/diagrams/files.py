"""The diagrams as files: the gallery with its page, and checks for stale files."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from fsm.diagrams.catalogue import CATALOGUE, DIAGRAM_NAMES, diagram
from fsm.diagrams.model import Lang
from fsm.diagrams.render import FORMATS, SUFFIXES, render

CHINESE_FOLDER = "zh"
CHINESE_FORMATS: tuple[str, ...] = ("svg", "png")
PAGE_FILE = "README.md"
PAGE_HEADING = "# The machines as diagrams"
"""The first line of the page, by which it is recognised."""
OTHER_KIND = "Lines of the other kind: a host may start it by hand (D2)."
FileFault = Literal["missing", "stale", "superfluous"]
"""The fault of a file in the folder."""
_OURS = ("policy", "recording")
"""Prefixes of the names of diagrams."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def diagram_files(
    names: Iterable[str] = DIAGRAM_NAMES,
    formats: Iterable[str] | None = None,
    langs: Iterable[Lang] = ("en",),
) -> Iterator[tuple[str, bytes]]:
    """Yields the name and the content of each file.

    Args:
        names: the diagrams.
        formats: the formats; by default those of the gallery.
        langs: the languages; files that are not English have a folder of their own.

    Raises:
        ValueError: there is no such diagram, format or language.
    """
    chosen = None if formats is None else tuple(formats)
    for unknown in (each for each in chosen or () if each not in SUFFIXES):
        raise ValueError(f"there is no format '{unknown}' (there are {', '.join(FORMATS)})")
    names = tuple(names)
    for lang in langs:
        for name in names:
            shown = diagram(name, lang)
            for each in chosen or (FORMATS if lang == "en" else CHINESE_FORMATS):
                yield file_name(name, each, lang), render(shown, each)


def gallery_files() -> Iterator[tuple[str, bytes]]:
    """Yields all files of the gallery, including its page."""
    yield from diagram_files(langs=("en", "zh"))
    yield PAGE_FILE, gallery_page().encode()


def foreign_page(directory: Path) -> Path | None:
    """Returns the page of the folder if it is foreign, and must not be replaced."""
    page = directory / PAGE_FILE
    try:
        with page.open("rb") as file:
            return None if file.readline().rstrip() == PAGE_HEADING.encode() else page
    except FileNotFoundError:
        return None
    except OSError:
        return page


def stale_files(
    directory: Path,
    names: Iterable[str] | None = None,
    formats: Iterable[str] | None = None,
    langs: Iterable[Lang] | None = None,
) -> dict[str, FileFault]:
    """Returns the faults of the files in a folder, by name.

    Without a selection the folder must hold the complete gallery, and no other file with the name
    of a diagram. With a selection only the selected files are checked.

    Args:
        directory: the folder.
        names: the selected diagrams.
        formats: the selected formats.
        langs: the selected languages; English, if there is another selection.

    Raises:
        ValueError: there is no such diagram, format or language.
    """
    if names is None and formats is None and langs is None:
        wanted = dict(gallery_files())
        found = _differing(directory, wanted) | _superfluous(directory, wanted)
        return dict(sorted(found.items()))
    chosen = diagram_files(names or DIAGRAM_NAMES, formats, langs or ("en",))
    return dict(sorted(_differing(directory, dict(chosen)).items()))


def _differing(directory: Path, wanted: Mapping[str, bytes]) -> dict[str, FileFault]:
    found: dict[str, FileFault] = {}
    for name, content in wanted.items():
        if not (directory / name).is_file():
            found[name] = "missing"
        elif not _is(directory / name, content):
            found[name] = "stale"
    return found


def _superfluous(directory: Path, wanted: Mapping[str, bytes]) -> dict[str, FileFault]:
    # Other files in the folder are left alone.
    there = (
        path.relative_to(directory).as_posix()
        for folder in (directory, directory / CHINESE_FOLDER)
        for start in _OURS
        for path in folder.glob(f"{start}*")
        if path.suffix in SUFFIXES.values() and path.is_file()
    )
    return {name: "superfluous" for name in there if name not in wanted}


def _is(path: Path, content: bytes) -> bool:
    there = path.read_bytes()
    if there == content:
        return True
    return path.suffix == ".png" and pixels(there) == pixels(content)


def pixels(png: bytes) -> bytes:
    """Returns the pixels of a PNG, without compression and metadata.

    Files of different library versions show the same diagram if their pixels are equal. Other
    content is returned unchanged.
    """
    if not png.startswith(_SIGNATURE):
        return png
    header, packed, at = b"", b"", len(_SIGNATURE)
    while at + 8 <= len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        if kind == b"IHDR":
            header = png[at + 8 : at + 8 + length]
        elif kind == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += length + 12
    try:
        return header + zlib.decompress(packed)
    except zlib.error:
        return png


def gallery_page() -> str:
    """Returns the page of the gallery, in Markdown."""
    rows = [
        PAGE_HEADING,
        "",
        "Generated from the transition tables by `fsm draw -o diagrams`, never by hand;",
        "`fsm draw -o diagrams --check` finds stale ones. A line reads:",
        "**event** [guards] / recorder command, and the rules behind it.",
        "",
    ]
    rows += [f"- [{name}](#{name})" for name in DIAGRAM_NAMES]
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
    """Returns the name of the file of a diagram, relative to the folder."""
    folder = "" if lang == "en" else f"{CHINESE_FOLDER}/"
    return f"{folder}{name}{SUFFIXES[file_format]}"
