import re
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fsm.diagrams import (
    DIAGRAM_NAMES,
    FORMATS,
    SUFFIXES,
    diagram,
    diagram_files,
    foreign_page,
    gallery_page,
    render,
    stale_files,
)
from fsm.diagrams.files import pixels
from fsm.diagrams.fontconfig import FAMILY, HAN_FAMILY

from .gallery import gallery, render_once

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    render_once(monkeypatch)
    (tmp_path / "zh").mkdir()
    for name, content in gallery().items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_each_format_has_a_suffix():
    assert FORMATS == ("svg", "png", "dot", "mermaid")
    assert [SUFFIXES[each] for each in FORMATS] == [".svg", ".png", ".dot", ".mmd"]


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match=r"no format 'gif' \(there are svg, png, dot, mermaid\)"):
        render(diagram("policy"), "gif")


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match=r"no language 'fr' \(there are en, zh\)"):
        render(diagram("policy"), "svg", "fr")


@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_svg_and_png_have_the_same_size(name):
    shown = diagram(name)
    root = ElementTree.fromstring(render(shown, "svg"))
    png = render(shown, "png")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (int(root.get("width")), int(root.get("height")))


def test_an_svg_names_only_fonts_of_browsers():
    svg = render(diagram("recording"), "svg", "zh").decode()
    assert FAMILY not in svg
    assert HAN_FAMILY not in svg
    assert set(re.findall(r'font-family="([^",]+)', svg)) == {"DejaVu Sans"}


def test_an_svg_has_no_struts():
    root = ElementTree.fromstring(render(diagram("recording"), "svg"))
    assert all(text.text.strip() for text in root.iter(f"{SVG}text"))


def test_an_svg_does_not_name_the_version_of_graphviz():
    assert b"graphviz version" not in render(diagram("policy"), "svg")


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_diagram_rendered_twice_is_the_same(file_format):
    first, second = (render(diagram("recording-local"), file_format, "zh") for _ in range(2))
    assert first == second


def test_threads_may_render_at_once():
    expected = render(diagram("policy"), "svg")
    rendered = []
    threads = [
        threading.Thread(target=lambda: rendered.append(render(diagram("policy"), "svg")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rendered == [expected] * 8


def test_nothing_is_written_to_standard_error_and_the_environment_is_left_alone(tmp_path):
    code = (
        "import os, sys; before = dict(os.environ);"
        "from fsm.diagrams import *;"
        "svg = [render(diagram(name), 'svg', 'zh') for name in DIAGRAM_NAMES];"
        "sys.stdout.buffer.write(render(diagram('policy'), 'png', 'zh'));"
        "assert dict(os.environ) == before"
    )
    # The home directory cannot be written, and there is no configuration of fontconfig.
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"HOME": "/dev/null", "FONTCONFIG_PATH": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True, check=True,
    )  # fmt: skip
    assert result.stderr == b""
    assert result.stdout == render(diagram("policy"), "png", "zh")
    assert list(tmp_path.iterdir()) == []


def test_the_gallery_of_the_project_is_current(monkeypatch):
    render_once(monkeypatch)
    assert stale_files(ROOT / "diagrams") == {}


def test_the_gallery_has_each_diagram_in_each_format_and_svg_and_png_in_chinese():
    names = list(gallery())
    assert len(names) == len(DIAGRAM_NAMES) * (4 + 2) + 1
    assert {"recording.svg", "recording.mmd", "zh/policy.png", "README.md"} <= set(names)
    assert "zh/policy.dot" not in names


def test_the_chosen_files_come_in_their_order():
    chosen = dict(diagram_files(["policy", "recording"], ["mermaid", "dot"], ["en", "zh"]))
    assert list(chosen)[:3] == ["policy.mmd", "policy.dot", "recording.mmd"]
    assert chosen["zh/policy.mmd"] == render(diagram("policy"), "mermaid", "zh")


@pytest.mark.parametrize(
    ("names", "formats"), [(["policies"], FORMATS), (["policy"], ["svg", "jpeg"])]
)
def test_an_unknown_name_or_format_is_refused(names, formats):
    with pytest.raises(ValueError, match="there is no"):
        list(diagram_files(names, formats))


def test_a_gallery_just_written_is_not_stale(folder):
    assert stale_files(folder) == {}


def test_each_stale_file_is_named_with_the_reason(folder):
    (folder / "recording.svg").write_bytes(b"old")
    (folder / "policy.png").unlink()
    (folder / "zh" / "policy-old.svg").write_bytes(b"")
    (folder / "README.md").write_text("old", encoding="utf-8")
    assert stale_files(folder) == {
        "README.md": "stale",
        "policy.png": "missing",
        "recording.svg": "stale",
        "zh/policy-old.svg": "superfluous",
    }


def test_files_of_other_authors_are_never_named(folder):
    (folder / "sub").mkdir()
    (folder / "recordings.png").mkdir()
    for name in ("extra.svg", "notes.md", "recording.txt", "zh/photo.png", "sub/policy.svg"):
        (folder / name).write_bytes(b"mine")
    assert stale_files(folder) == {}


def test_a_page_of_another_author_is_recognised(folder, tmp_path):
    assert foreign_page(folder) is None
    (folder / "README.md").write_text("# Diagrams of the machines\n\nOld.\n", encoding="utf-8")
    assert foreign_page(folder) is None
    (folder / "README.md").write_text("# My project\n", encoding="utf-8")
    assert foreign_page(folder) == folder / "README.md"
    assert foreign_page(tmp_path / "nowhere") is None
    (tmp_path / "odd" / "README.md").mkdir(parents=True)
    assert foreign_page(tmp_path / "odd") == tmp_path / "odd" / "README.md"


def test_only_the_chosen_files_are_compared(tmp_path):
    (tmp_path / "other.svg").write_bytes(b"")
    assert stale_files(tmp_path, ["policy"], ["dot"]) == {"policy.dot": "missing"}
    assert stale_files(tmp_path, langs=["zh"], formats=["mermaid"]) == {
        f"zh/{name}.mmd": "missing" for name in DIAGRAM_NAMES
    }
    (tmp_path / "policy.dot").write_bytes(render(diagram("policy"), "dot"))
    assert stale_files(tmp_path, ["policy"], ["dot"]) == {}


def test_a_png_with_another_compression_is_current(folder):
    path = folder / "policy.png"
    recompressed = recompress(path.read_bytes())
    assert recompressed != path.read_bytes()
    path.write_bytes(recompressed)
    assert stale_files(folder) == {}


@pytest.mark.parametrize("content", [b"", b"not a PNG", b"\x89PNG\r\n\x1a\n and then nothing"])
def test_a_corrupt_png_is_stale(folder, content):
    (folder / "policy.png").write_bytes(content)
    assert stale_files(folder) == {"policy.png": "stale"}


def test_pngs_of_different_diagrams_have_different_pixels():
    one, other = (render(diagram(name), "png") for name in ("policy", "recording"))
    assert pixels(one) != pixels(other)


def test_the_page_shows_every_diagram_and_links_every_file():
    page = gallery_page()
    for name in gallery():
        if name != "README.md":
            assert f"]({name})" in page
    for name in DIAGRAM_NAMES:
        assert f"\n## {name}\n" in page
        assert f"]({name}.svg)" in page


def recompress(png):
    head, data, rest = png[:33], b"", png[33:]
    while rest:
        length, kind = struct.unpack(">I4s", rest[:8])
        data += rest[8 : 8 + length] if kind == b"IDAT" else b""
        rest = rest[12 + length :]
    return head + chunk(b"IDAT", zlib.compress(zlib.decompress(data), 1)) + chunk(b"IEND", b"")


def chunk(kind, data):
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
