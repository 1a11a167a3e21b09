"""The fonts of the diagrams, identical on every machine.

Graphviz measures labels through fontconfig, so other fonts would change the layout. The package
brings its own fonts, and a configuration that prefers them. Fonts of the system are used only for
characters that those lack.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape

FAMILY = "Meeting FSM Sans"
"""The family that labels are measured in: DejaVu Sans, renamed because it is a subset."""
HAN_FAMILY = "Meeting FSM Han"
"""The family of Chinese characters: Noto Sans CJK SC, likewise."""
FONTS = Path(__file__).parent / "fonts"

_SYSTEM = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "WINDOWSFONTDIR",
)
_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
{dirs}
  <cachedir>{cache}</cachedir>
  <config><rescan><int>0</int></rescan></config>
  <match target="pattern">
    <edit name="family" mode="prepend" binding="strong">
      <string>{family}</string>
      <string>{han}</string>
    </edit>
  </match>
  <match target="font">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="autohint" mode="assign"><bool>false</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintnone</const></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
  </match>
</fontconfig>
"""


@contextmanager
def bundled_fonts() -> Iterator[None]:
    """Makes fontconfig use the fonts of the package, if its first use is inside.

    Fontconfig reads its configuration once per process, so the environment is restored afterwards.
    Its warnings about the configuration of the system are dropped.
    """
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = _configuration()
    try:
        with _without_its_warnings():
            yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


@contextmanager
def _without_its_warnings() -> Iterator[None]:
    # It writes to the file descriptor itself. What others write meanwhile is passed on.
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            written.seek(0)
            for line in written:
                if not line.startswith(b"Fontconfig "):
                    os.write(2, line)


@cache
def _configuration() -> str:
    folder = _folder()
    fonts = folder / "fonts"
    fonts.mkdir(exist_ok=True)
    for font in sorted(FONTS.glob("*.[ot]tf")):
        _put(fonts / font.name, font.read_bytes())
    dirs = "\n".join(f"  <dir>{escape(each)}</dir>" for each in (str(fonts), *_SYSTEM))
    text = _CONFIGURATION.format(
        dirs=dirs, cache=escape(str(folder / "cache")), family=FAMILY, han=HAN_FAMILY
    )
    _put(folder / "fonts.conf", text.encode())
    return str(folder / "fonts.conf")


def _folder() -> Path:
    # Fontconfig writes into the folders of fonts, and keeps a list of what it finds in
    # all of them, which takes long to make. So it gets a copy, in a place that lasts.
    digest = sha256()
    for font in sorted(FONTS.glob("*.[ot]tf")):
        digest.update(font.read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    folder = Path(home).expanduser() / "meeting-fsm" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _put(folder / "writable", b"")
    except (OSError, RuntimeError):
        folder = Path(tempfile.mkdtemp(prefix="meeting-fsm-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _put(path: Path, content: bytes) -> None:
    # Another process may do the same at the same moment: none must see half a file.
    if path.is_file() and path.read_bytes() == content:
        return
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)
