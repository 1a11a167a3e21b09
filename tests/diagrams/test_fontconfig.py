import os
import subprocess
import sys
from xml.etree import ElementTree

from fontTools.ttLib import TTFont

from fsm.diagrams import fontconfig
from fsm.diagrams.fontconfig import FAMILY, FONTS, HAN_FAMILY, bundled_characters, bundled_fonts

FILES = sorted(FONTS.glob("*.[ot]tf"))


def test_a_changed_font_does_not_have_the_name_of_its_original():
    families = {path.name: str(TTFont(path)["name"].getDebugName(1)) for path in FILES}
    assert set(families.values()) == {FAMILY, HAN_FAMILY}
    for name in families.values():
        for reserved in ("DejaVu", "Bitstream", "Vera", "Arev", "Noto", "Source"):
            assert reserved not in name


def test_each_font_comes_with_its_licence():
    licences = {path.name: path.read_text(encoding="utf-8") for path in FONTS.glob("LICENSE-*")}
    for path in FILES:
        (text,) = [text for text in licences.values() if path.name in text]
        assert "Copyright" in text


def test_the_fonts_have_the_characters_of_european_titles():
    for path in FONTS.glob("MeetingFSMSans-*"):
        covered = TTFont(path).getBestCmap()
        assert [
            char for char in "Zürich, Łódź – “née” … → ✓ ✗ · €" if ord(char) not in covered
        ] == []


def test_the_list_of_characters_is_that_of_the_fonts():
    for style in ("Regular", "Bold"):
        covered = {
            char for path in FONTS.glob(f"*-{style}.*") for char in TTFont(path).getBestCmap()
        }
        assert bundled_characters() == {*map(chr, covered)}


def test_the_configuration_puts_the_bundled_fonts_first():
    with bundled_fonts():
        path = os.environ["FONTCONFIG_FILE"]
    families = [each.text for each in ElementTree.parse(path).iterfind("match/edit/string")]
    assert families == [FAMILY, HAN_FAMILY]


def test_the_environment_variable_is_restored(monkeypatch):
    monkeypatch.setenv("FONTCONFIG_FILE", "mine")
    with bundled_fonts():
        assert os.environ["FONTCONFIG_FILE"] != "mine"
    assert os.environ["FONTCONFIG_FILE"] == "mine"


def test_only_the_warnings_of_fontconfig_are_suppressed(capfd):
    with bundled_fonts():
        os.write(2, b"Fontconfig warning: whatever\nsomething else\n")
    assert capfd.readouterr().err == "something else\n"


def test_nothing_is_written_beside_the_fonts():
    code = "from fsm.diagrams import *; render(diagram('policy'), 'svg')"
    subprocess.run([sys.executable, "-c", code], check=True)
    files = {path.name for path in fontconfig.FONTS.iterdir()}
    assert files == {
        "LICENSE-DejaVu.txt", "LICENSE-Noto.txt", "README.md", "characters.txt",
        *(path.name for path in FILES),
    }  # fmt: skip
