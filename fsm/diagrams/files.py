"""The files of diagrams: their formats, the gallery with its page, and which files are stale."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from fsm.diagrams.catalogue import CATALOGUE, DIAGRAM_NAMES, diagram
from fsm.diagrams.dot import render_dot, render_svg, run_graphviz
from fsm.diagrams.mermaid import render_mermaid
from fsm.diagrams.model import Diagram
from fsm.translation import LANGS, Lang, Translator

SUFFIXES: dict[str, str] = {"svg": ".svg", "png": ".png", "dot": ".dot", "mermaid": ".mmd"}
"""The suffix of the files of each format."""
FORMATS: tuple[str, ...] = tuple(SUFFIXES)

StaleReason = Literal["missing", "stale", "superfluous"]
"""The reason why a file of the gallery is not current."""
_PAGE = "README.md"
_HEADING = "# Diagrams of the machines"
"""The first line of the page, which tells it from pages of other authors."""
_OTHER_KIND = "Grey: only in a recording of the other kind, which a host starts by hand (D2)."
_TRANSLATED_FORMATS: tuple[str, ...] = ("svg", "png")
_PREFIXES = ("policy", "recording")
"""The beginnings of the file names of our diagrams."""
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def render(diagram: Diagram, file_format: str, lang: Lang = "en") -> bytes:
    """Returns a diagram in a file format and a language.

    Args:
        diagram: the diagram.
        file_format: one of :data:`FORMATS`.
        lang: the language of its texts.

    Raises:
        ValueError: there is no such format or language.
    """
    translate = Translator(lang)
    if file_format == "svg":
        return render_svg(diagram, translate).encode()
    if file_format == "png":
        return run_graphviz(render_dot(diagram, translate), "png")
    if file_format == "dot":
        return render_dot(diagram, translate).encode()
    if file_format == "mermaid":
        return render_mermaid(diagram, translate).encode()
    raise ValueError(f"there is no format '{file_format}' (there are {', '.join(FORMATS)})")


def diagram_files(
    names: Iterable[str | Diagram] = DIAGRAM_NAMES,
    formats: Iterable[str] | None = None,
    langs: Iterable[Lang] = ("en",),
) -> Iterator[tuple[str, bytes]]:
    """Yields the name and the content of each file of the chosen diagrams.

    Args:
        names: the names of the diagrams, or diagrams of other machines.
        formats: the file formats; ``None`` for those of the gallery.
        langs: the languages; those except English have a folder of their own.

    Raises:
        ValueError: there is no such diagram, format or language.
    """
    chosen = None if formats is None else tuple(formats)
    for unknown in (each for each in chosen or () if each not in FORMATS):
        raise ValueError(f"there is no format '{unknown}' (there are {', '.join(FORMATS)})")
    diagrams = [name if isinstance(name, Diagram) else diagram(name) for name in names]
    for lang in langs:
        for shown in diagrams:
            for file_format in chosen or (FORMATS if lang == "en" else _TRANSLATED_FORMATS):
                yield file_name(shown.name, file_format, lang), render(shown, file_format, lang)


def gallery_files() -> Iterator[tuple[str, bytes]]:
    """Yields the name and the content of each file of the gallery, its page included."""
    yield from diagram_files(langs=LANGS)
    yield _PAGE, gallery_page().encode()


def gallery_page() -> str:
    """Returns the page that shows every diagram, in Markdown."""
    lines = [
        _HEADING,
        "",
        "Drawn from the transition tables by `fsm draw -o diagrams`, never edited by hand;",
        "`fsm draw -o diagrams --check` names each file that is not current. A transition reads:",
        "**event** [guards] / recorder command, and the rules it implements.",
        "",
    ]
    lines += [f"- [{name}](#{name})" for name in DIAGRAM_NAMES]
    for name, spec in CATALOGUE.items():
        formats = " · ".join(
            f"[{each}]({file_name(name, each, 'en')})" for each in FORMATS if each != "svg"
        )
        chinese = " · ".join(
            f"[{each}]({file_name(name, each, 'zh')})" for each in _TRANSLATED_FORMATS
        )
        lines += [
            "",
            f"## {name}",
            "",
            f"{spec.caption} {_OTHER_KIND}" if spec.shows_both_kinds else spec.caption,
            "",
            f"![{spec.caption}]({file_name(name, 'svg', 'en')})",
            "",
            f"{formats} · 中文: {chinese}",
        ]
    return "\n".join(lines) + "\n"


def file_name(name: str, file_format: str, lang: Lang) -> str:
    """Returns the path of the file of a diagram, relative to the gallery."""
    return f"{_folder(lang)}{name}{SUFFIXES[file_format]}"


def _folder(lang: Lang) -> str:
    return "" if lang == "en" else f"{lang}/"


def foreign_page(directory: Path) -> Path | None:
    """Returns the page of a folder if another author wrote it, so that it is not replaced."""
    page = directory / _PAGE
    try:
        with page.open("rb") as file:
            return None if file.readline().rstrip() == _HEADING.encode() else page
    except FileNotFoundError:
        return None
    except OSError:
        return page


def stale_files(
    directory: Path,
    names: Iterable[str | Diagram] | None = None,
    formats: Iterable[str] | None = None,
    langs: Iterable[Lang] | None = None,
) -> dict[str, StaleReason]:
    """Returns the names of the files of a folder that are not current, with the reason.

    Without a choice the folder must hold every file of :func:`gallery_files`, and no other
    file that is named like a diagram of ours. With a choice only the chosen files are compared.

    Args:
        directory: the folder.
        names: only these diagrams.
        formats: only these formats.
        langs: only these languages; English if only names or formats are chosen.

    Raises:
        ValueError: there is no such diagram, format or language.
    """
    if names is None and formats is None and langs is None:
        expected = dict(gallery_files())
        stale = _outdated(directory, expected) | _superfluous(directory, expected)
        return dict(sorted(stale.items()))
    chosen = diagram_files(names or DIAGRAM_NAMES, formats, langs or ("en",))
    return dict(sorted(_outdated(directory, dict(chosen)).items()))


def _outdated(directory: Path, expected: Mapping[str, bytes]) -> dict[str, StaleReason]:
    reasons: dict[str, StaleReason] = {}
    for name, content in expected.items():
        if not (directory / name).is_file():
            reasons[name] = "missing"
        elif not _has_content(directory / name, content):
            reasons[name] = "stale"
    return reasons


def _superfluous(directory: Path, expected: Mapping[str, bytes]) -> dict[str, StaleReason]:
    # Files with other names belong to somebody else.
    present = (
        path.relative_to(directory).as_posix()
        for folder in (directory / _folder(lang) for lang in LANGS)
        for prefix in _PREFIXES
        for path in folder.glob(f"{prefix}*")
        if path.suffix in SUFFIXES.values() and path.is_file()
    )
    return {name: "superfluous" for name in present if name not in expected}


def _has_content(path: Path, expected: bytes) -> bool:
    content = path.read_bytes()
    if content == expected:
        return True
    return path.suffix == ".png" and pixels(content) == pixels(expected)


def pixels(png: bytes) -> bytes:
    """Returns the image of a PNG without its compression and its metadata.

    Two files by different versions of a library show the same image if this is equal.
    Anything that is not a PNG is returned unchanged.
    """
    if not png.startswith(_PNG_SIGNATURE):
        return png
    header, compressed, offset = b"", b"", len(_PNG_SIGNATURE)
    while offset + 8 <= len(png):
        length, chunk_type = struct.unpack(">I4s", png[offset : offset + 8])
        if chunk_type == b"IHDR":
            header = png[offset + 8 : offset + 8 + length]
        elif chunk_type == b"IDAT":
            compressed += png[offset + 8 : offset + 8 + length]
        offset += length + 12
    try:
        return header + zlib.decompress(compressed)
    except zlib.error:
        return png
