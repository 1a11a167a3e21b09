"""The pictures as files: which there are, whether they are current, and their gallery."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from fsm.pictures.catalogue import CATALOGUE, NAMES, picture
from fsm.pictures.drawing import ENDINGS, FORMATS, render
from fsm.pictures.model import Lang

CHINESE_FOLDER = "zh"
CHINESE_FORMATS: tuple[str, ...] = ("svg", "png")
GALLERY = "README.md"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def files(
    names: Iterable[str] = NAMES,
    formats: Iterable[str] = FORMATS,
    langs: Iterable[Lang] = ("en",),
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file.

    Args:
        names: which pictures.
        formats: in which formats.
        langs: in which languages; files that are not English stand in a folder of their own.

    Raises:
        ValueError: there is no such picture, format or language.
    """
    formats = tuple(formats)
    for unknown in (each for each in formats if each not in ENDINGS):
        raise ValueError(f"there is no format '{unknown}' (there are {', '.join(FORMATS)})")
    names = tuple(names)
    for lang in langs:
        for name in names:
            shown = picture(name, lang)
            for each in formats:
                yield _file_name(name, each, lang), render(shown, each)


def everything() -> Iterator[tuple[str, bytes]]:
    """Yield all that belongs into the folder of the pictures, the gallery included."""
    yield from files()
    yield from files(formats=CHINESE_FORMATS, langs=("zh",))
    yield GALLERY, gallery().encode()


def write(directory: Path, wanted: Mapping[str, bytes] | None = None) -> list[str]:
    """Write what is missing or differs, and return the names of those files.

    Args:
        directory: the folder; it is made if it is missing.
        wanted: the contents by file name. Without it the folder is made to hold what
            :func:`everything` yields, and other pictures in it are removed.
    """
    contents = dict(everything()) if wanted is None else wanted
    changed = _stale(directory, contents, alone=wanted is None)
    for name in changed:
        path = directory / name
        if name in contents:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents[name])
        else:
            path.unlink()
    return changed


def stale(directory: Path, wanted: Mapping[str, bytes] | None = None) -> list[str]:
    """Return the names of the files that are missing, differ, or should not be there.

    Args:
        directory: the folder.
        wanted: the contents by file name; only these are looked at. Without it the folder
            must hold all that :func:`everything` yields, and no picture besides.
    """
    contents = dict(everything()) if wanted is None else wanted
    return _stale(directory, contents, alone=wanted is None)


def gallery() -> str:
    """Return the page that shows every picture, in Markdown."""
    rows = [
        "# The machines as pictures",
        "",
        "Drawn from the transition tables by `fsm draw -o diagrams`, never by hand;",
        "`fsm draw -o diagrams --check` says whether they are current. A line reads:",
        "**event** [conditions] / what the recorder is told, and the rules it stands for.",
        "",
    ]
    rows += [f"- [{name}](#{name})" for name in NAMES]
    for name, entry in CATALOGUE.items():
        others = " · ".join(
            f"[{each}]({_file_name(name, each, 'en')})" for each in FORMATS if each != "svg"
        )
        chinese = " · ".join(
            f"[{each}]({_file_name(name, each, 'zh')})" for each in CHINESE_FORMATS
        )
        rows += [
            "",
            f"## {name}",
            "",
            entry.shows,
            "",
            f"![{entry.shows}]({_file_name(name, 'svg', 'en')})",
            "",
            f"{others} · 中文: {chinese}",
        ]
    return "\n".join(rows) + "\n"


def _file_name(name: str, format: str, lang: Lang) -> str:  # noqa: A002 - as elsewhere here
    folder = "" if lang == "en" else f"{CHINESE_FOLDER}/"
    return f"{folder}{name}{ENDINGS[format]}"


def _stale(directory: Path, wanted: Mapping[str, bytes], *, alone: bool) -> list[str]:
    found = {name for name, content in wanted.items() if not _is(directory / name, content)}
    if alone:
        ours = {*ENDINGS.values(), Path(GALLERY).suffix}
        there = (path for path in directory.rglob("*") if path.suffix in ours)
        names = {path.relative_to(directory).as_posix() for path in there}
        found |= names - wanted.keys()
    return sorted(found)


def _is(path: Path, content: bytes) -> bool:
    if not path.is_file():
        return False
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
