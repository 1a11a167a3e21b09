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


def stale(
    directory: Path,
    names: Iterable[str] | None = None,
    formats: Iterable[str] | None = None,
    langs: Iterable[Lang] | None = None,
) -> list[str]:
    """Return the names of the files that are missing, differ, or should not be there.

    Without any choice the folder must hold all that :func:`everything` yields, and no
    picture besides. With one, only the chosen files are looked at.

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
        return sorted(_differing(directory, wanted) | _superfluous(directory, wanted))
    chosen = files(names or NAMES, formats or FORMATS, langs or ("en",))
    return sorted(_differing(directory, dict(chosen)))


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


def _differing(directory: Path, wanted: Mapping[str, bytes]) -> set[str]:
    return {name for name, content in wanted.items() if not _is(directory / name, content)}


def _superfluous(directory: Path, wanted: Mapping[str, bytes]) -> set[str]:
    ours = {*ENDINGS.values(), Path(GALLERY).suffix}
    there = (path for path in directory.rglob("*") if path.suffix in ours)
    return {path.relative_to(directory).as_posix() for path in there} - wanted.keys()


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
