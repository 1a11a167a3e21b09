"""Rebuilds the fonts of ``fsm/diagrams/fonts``.

The fonts are subsets: DejaVu Sans with the characters of European languages, Noto Sans CJK
SC with the characters of the Chinese labels and titles of examples. Both are renamed, because their
licences demand it of a changed font, and so that an installed font of the old name is never used
instead.

    python tools/fonts.py [--dejavu DIR] [--noto DIR]

The sources are Debian's packages ``fonts-dejavu-core`` and ``fonts-noto-cjk``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from fsm.diagrams.fontconfig import CHARACTERS, FAMILY, FONTS, HAN_FAMILY
from fsm.translation.examples import EXAMPLE_TITLES
from fsm.translation.rule_texts import RULE_LABELS
from fsm.translation.view_texts import VIEW_LABELS

EUROPEAN = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x2010, 0x2028),
    *range(0x2030, 0x203B),
    *range(0x2190, 0x21A0),
    *(0x20AC, 0x2212, 0x2260, 0x2264, 0x2265, 0x25CF, 0x25CB, 0x2713, 0x2717),
)
_SIMPLIFIED = 2
"""The position of the simplified Chinese font in the collection."""


def main() -> None:
    """Reads the original fonts and writes the subsets."""
    parser = argparse.ArgumentParser(description="Rebuild the bundled fonts.")
    parser.add_argument("--dejavu", type=Path, default=Path("/usr/share/fonts/truetype/dejavu"))
    parser.add_argument("--noto", type=Path, default=Path("/usr/share/fonts/opentype/noto"))
    arguments = parser.parse_args()
    for folder, package in (
        (arguments.dejavu, "fonts-dejavu-core"),
        (arguments.noto, "fonts-noto-cjk"),
    ):
        if not folder.is_dir():
            parser.exit(2, f"{folder} is missing (apt-get install {package})\n")
    texts = (*RULE_LABELS.values(), *VIEW_LABELS.values(), *EXAMPLE_TITLES.values())
    han = {ord(char) for text in texts for char in text} - set(EUROPEAN)
    for style, dejavu, noto in (
        ("Regular", "DejaVuSans.ttf", "NotoSansCJK-Regular.ttc"),
        ("Bold", "DejaVuSans-Bold.ttf", "NotoSansCJK-Bold.ttc"),
    ):
        _write(TTFont(arguments.dejavu / dejavu), set(EUROPEAN), FAMILY, style, ".ttf")
        font = TTFont(arguments.noto / noto, fontNumber=_SIMPLIFIED)
        _write(font, han, HAN_FAMILY, style, ".otf")
    CHARACTERS.write_text("".join(map(chr, sorted({*EUROPEAN, *han}))), encoding="utf-8")


def _write(font: TTFont, characters: set[int], family: str, style: str, suffix: str) -> None:
    # Without hints and features the text is measured and drawn the same on every machine.
    options = subset.Options(
        hinting=False,
        layout_features=["kern"],
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        notdef_outline=True,
    )
    options.drop_tables += ["FFTM"]
    font.recalcTimestamp = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    plain = family.replace(" ", "")
    names = {1: family, 2: style, 3: f"{family} {style}", 4: f"{family} {style}"}
    names[6] = f"{plain}-{style}"
    for record in list(font["name"].names):
        if record.nameID in names:
            font["name"].removeNames(nameID=record.nameID)
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    if "CFF " in font:
        _rename_outlines(font, plain, family, style)
    path = FONTS / f"{plain}-{style}{suffix}"
    font.save(path)
    print(f"{path}: {len(characters)} characters, {path.stat().st_size} bytes")


def _rename_outlines(font: TTFont, plain: str, family: str, style: str) -> None:
    outlines = font["CFF "].cff
    outlines.fontNames = [f"{plain}-{style}"]
    top = outlines.topDictIndex[0]
    top.FamilyName, top.FullName = family, f"{family} {style}"
    for number, part in enumerate(getattr(top, "FDArray", ())):
        part.FontName = f"{plain}-{style}-{number}"


if __name__ == "__main__":
    main()
