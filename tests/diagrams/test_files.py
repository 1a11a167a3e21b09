import struct
import zlib
from functools import cache
from pathlib import Path

import pytest

from fsm.diagrams import (
    DIAGRAM_NAMES,
    FORMATS,
    diagram,
    diagram_files,
    foreign_page,
    gallery_files,
    gallery_page,
    render,
    stale_files,
)
from fsm.diagrams.files import pixels

ROOT = Path(__file__).parents[2]


@cache
def all_of_it():
    return dict(gallery_files())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr("fsm.diagrams.files.gallery_files", lambda: iter(all_of_it().items()))
    (tmp_path / "zh").mkdir()
    for name, content in all_of_it().items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_the_diagrams_of_version_the_project_are_current():
    assert stale_files(ROOT / "diagrams") == {}


def test_everything_is_each_diagram_in_each_format_and_the_chinese_ones_to_look_at():
    names = list(all_of_it())
    assert len(names) == len(DIAGRAM_NAMES) * (4 + 2) + 1
    assert {"recording.svg", "recording.mmd", "zh/policy.png", "README.md"} <= set(names)
    assert "zh/policy.dot" not in names


def test_files_are_the_chosen_ones_in_their_order():
    chosen = dict(diagram_files(["policy", "recording"], ["mermaid", "dot"], ["en", "zh"]))
    assert list(chosen)[:3] == ["policy.mmd", "policy.dot", "recording.mmd"]
    assert chosen["zh/policy.mmd"] == render(diagram("policy", "zh"), "mermaid")


@pytest.mark.parametrize(
    ("names", "formats"), [(["policies"], FORMATS), (["policy"], ["svg", "jpeg"])]
)
def test_an_unknown_name_or_format_is_refused(names, formats):
    with pytest.raises(ValueError, match="there is no"):
        list(diagram_files(names, formats))


def test_what_was_just_written_is_not_stale(folder):
    assert stale_files(folder) == {}


def test_each_stale_file_is_named(folder):
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


def test_files_of_others_are_never_named(folder):
    (folder / "sub").mkdir()
    (folder / "recordings.png").mkdir()
    for name in ("extra.svg", "notes.md", "recording.txt", "zh/photo.png", "sub/policy.svg"):
        (folder / name).write_bytes(b"mine")
    assert stale_files(folder) == {}


def test_a_page_that_somebody_else_wrote_is_told_from_ours(folder, tmp_path):
    assert foreign_page(folder) is None
    (folder / "README.md").write_text("# The machines as diagrams\n\nOld.\n", encoding="utf-8")
    assert foreign_page(folder) is None
    (folder / "README.md").write_text("# My project\n", encoding="utf-8")
    assert foreign_page(folder) == folder / "README.md"
    assert foreign_page(tmp_path / "nowhere") is None
    (tmp_path / "odd" / "README.md").mkdir(parents=True)
    assert foreign_page(tmp_path / "odd") == tmp_path / "odd" / "README.md"


def test_only_the_chosen_files_are_looked_at(tmp_path):
    (tmp_path / "other.svg").write_bytes(b"")
    assert stale_files(tmp_path, ["policy"], ["dot"]) == {"policy.dot": "missing"}
    assert stale_files(tmp_path, langs=["zh"], formats=["mermaid"]) == {
        f"zh/{name}.mmd": "missing" for name in DIAGRAM_NAMES
    }
    (tmp_path / "policy.dot").write_bytes(render(diagram("policy"), "dot"))
    assert stale_files(tmp_path, ["policy"], ["dot"]) == {}


def test_a_png_that_is_only_packed_otherwise_is_current(folder):
    path = folder / "policy.png"
    packed = repacked(path.read_bytes())
    assert packed != path.read_bytes()
    path.write_bytes(packed)
    assert stale_files(folder) == {}


@pytest.mark.parametrize("damage", [b"", b"no diagram", b"\x89PNG\r\n\x1a\n and then nothing"])
def test_a_damaged_png_is_stale(folder, damage):
    (folder / "policy.png").write_bytes(damage)
    assert stale_files(folder) == {"policy.png": "stale"}


def test_a_png_with_other_pixels_is_another_diagram():
    one, other = (render(diagram(name), "png") for name in ("policy", "recording"))
    assert pixels(one) != pixels(other)


def test_the_gallery_shows_every_diagram_and_links_every_file():
    page = gallery_page()
    for name in all_of_it():
        if name != "README.md":
            assert f"]({name})" in page
    for name in DIAGRAM_NAMES:
        assert f"\n## {name}\n" in page
        assert f"]({name}.svg)" in page


def repacked(png):
    head, data, rest = png[:33], b"", png[33:]
    while rest:
        length, kind = struct.unpack(">I4s", rest[:8])
        data += rest[8 : 8 + length] if kind == b"IDAT" else b""
        rest = rest[12 + length :]
    return head + chunk(b"IDAT", zlib.compress(zlib.decompress(data), 1)) + chunk(b"IEND", b"")


def chunk(kind, data):
    guard = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", guard)
