"""The pictures as files: which there are, and whether they are current."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from fsm.diagrams.catalogue import NAMES, diagram
from fsm.diagrams.drawing import ENDINGS, FORMATS, render
from fsm.diagrams.gallery import (
    CHINESE_FOLDER,
    CHINESE_FORMATS,
    FILE,
    HEADING,
    file_name,
    gallery,
)
from fsm.diagrams.model import Lang

Fault = Literal["missing", "stale", "superfluous"]
"""What is wrong with a file of the folder."""
_OURS = ("policy", "recording")
"""How the names of our pictures begin."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def files(
    names: Iterable[str] = NAMES,
    formats: Iterable[str] | None = None,
    langs: Iterable[Lang] = ("en",),
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file.

    Args:
        names: which pictures.
        formats: in which formats; without a choice in those that :func:`everything` has.
        langs: in which languages; files that are not English stand in a folder of their own.

    Raises:
        ValueError: there is no such picture, format or language.
    """
    chosen = None if formats is None else tuple(formats)
    for unknown in (each for each in chosen or () if each not in ENDINGS):
        raise ValueError(f"there is no format '{unknown}' (there are {', '.join(FORMATS)})")
    names = tuple(names)
    for lang in langs:
        for name in names:
            shown = diagram(name, lang)
            for each in chosen or (FORMATS if lang == "en" else CHINESE_FORMATS):
                yield file_name(name, each, lang), render(shown, each)


def everything() -> Iterator[tuple[str, bytes]]:
    """Yield all that belongs into the folder of the pictures, the gallery included."""
    yield from files(langs=("en", "zh"))
    yield FILE, gallery().encode()


def foreign(directory: Path) -> Path | None:
    """Return the page of the folder if somebody else wrote it: it is not to be replaced."""
    page = directory / FILE
    try:
        with page.open("rb") as file:
            return None if file.readline().rstrip() == HEADING.encode() else page
    except FileNotFoundError:
        return None
    except OSError:
        return page


def stale(
    directory: Path,
    names: Iterable[str] | None = None,
    formats: Iterable[str] | None = None,
    langs: Iterable[Lang] | None = None,
) -> dict[str, Fault]:
    """Return the names of the files that are missing, differ, or should not be there.

    Without any choice the folder must hold all that :func:`everything` yields, and no
    picture besides that is called like one of ours. With one, only the chosen files are looked at.

    Args:
        directory: the folder.
        names: only these pictures.
        formats: only these formats.
        langs: only these languages; with a choice but none of languages, English.

    Raises:
        ValueError: there is no such picture, format or language.
    """
    if names is None and formats is None and langs is None:
        wanted = dict(everything())
        found = _differing(directory, wanted) | _superfluous(directory, wanted)
        return dict(sorted(found.items()))
    chosen = files(names or NAMES, formats, langs or ("en",))
    return dict(sorted(_differing(directory, dict(chosen)).items()))


def _differing(directory: Path, wanted: Mapping[str, bytes]) -> dict[str, Fault]:
    found: dict[str, Fault] = {}
    for name, content in wanted.items():
        if not (directory / name).is_file():
            found[name] = "missing"
        elif not _is(directory / name, content):
            found[name] = "stale"
    return found


def _superfluous(directory: Path, wanted: Mapping[str, bytes]) -> dict[str, Fault]:
    # Anything else in the folder is somebody else's.
    there = (
        path.relative_to(directory).as_posix()
        for folder in (directory, directory / CHINESE_FOLDER)
        for start in _OURS
        for path in folder.glob(f"{start}*")
        if path.suffix in ENDINGS.values() and path.is_file()
    )
    return {name: "superfluous" for name in there if name not in wanted}


def _is(path: Path, content: bytes) -> bool:
    there = path.read_bytes()
    if there == content:
        return True
    return path.suffix == ".png" and pixels(there) == pixels(content)


def pixels(png: bytes) -> bytes:
    """Return what a PNG shows, without how it was compressed or what else it carries.

    Two that were written by other versions of a library are the same picture if this is
    the same. What is no PNG is returned as it is.
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
