import re
import struct
import subprocess
import sys
import threading
from xml.etree import ElementTree

import pytest

from fsm.diagrams import DIAGRAM_NAMES, FORMATS, SUFFIXES, diagram, render
from fsm.diagrams.fontconfig import FAMILY, HAN_FAMILY

SVG = "{http://www.w3.org/2000/svg}"


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
