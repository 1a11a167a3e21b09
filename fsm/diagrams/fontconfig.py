"""The fonts of the diagrams, the same on every machine.

Graphviz measures every label through fontconfig, and other fonts give another layout. The
package therefore brings its own fonts, and a configuration of fontconfig that prefers them.
Fonts of the system are used only for characters that the bundled fonts lack.
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
"""The family in which labels are measured: a subset of DejaVu Sans, renamed."""
HAN_FAMILY = "Meeting FSM Han"
"""The family of Chinese characters: a subset of Noto Sans CJK SC, renamed."""
FONTS = Path(__file__).parent / "fonts"
CHARACTERS = FONTS / "characters.txt"
"""The characters of the bundled fonts."""

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


@cache
def bundled_characters() -> frozenset[str]:
    """Returns the characters of the bundled fonts."""
    return frozenset(CHARACTERS.read_text(encoding="utf-8"))


@contextmanager
def bundled_fonts() -> Iterator[None]:
    """Makes fontconfig load the bundled fonts, if its first use is inside the context.

    Fontconfig reads its configuration once in the life of a process, so the environment is
    restored afterwards. Its warnings about the configuration of the system are suppressed.
    """
    previous = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = _configuration()
    try:
        with _fontconfig_warnings_suppressed():
            yield
    finally:
        if previous is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = previous


@contextmanager
def _fontconfig_warnings_suppressed() -> Iterator[None]:
    # Fontconfig writes to the file descriptor, below Python. Other output is passed on.
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            captured.seek(0)
            for line in captured:
                if not line.startswith(b"Fontconfig "):
                    os.write(2, line)


@cache
def _configuration() -> str:
    folder = _cache_folder()
    fonts = folder / "fonts"
    fonts.mkdir(exist_ok=True)
    for font in sorted(FONTS.glob("*.[ot]tf")):
        _write_atomically(fonts / font.name, font.read_bytes())
    dirs = "\n".join(f"  <dir>{escape(path)}</dir>" for path in (str(fonts), *_SYSTEM))
    text = _CONFIGURATION.format(
        dirs=dirs, cache=escape(str(folder / "cache")), family=FAMILY, han=HAN_FAMILY
    )
    _write_atomically(folder / "fonts.conf", text.encode())
    return str(folder / "fonts.conf")


def _cache_folder() -> Path:
    # Fontconfig writes into the folders of fonts, and its index of all fonts is expensive to
    # build. So it gets a copy of the fonts in a folder that outlives the process.
    digest = sha256()
    for font in sorted(FONTS.glob("*.[ot]tf")):
        digest.update(font.read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    folder = Path(home).expanduser() / "meeting-fsm" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_atomically(folder / "writable", b"")
    except (OSError, RuntimeError):
        folder = Path(tempfile.mkdtemp(prefix="meeting-fsm-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _write_atomically(path: Path, content: bytes) -> None:
    # Another process may write the same file at this moment, and neither may see half of it.
    if path.is_file() and path.read_bytes() == content:
        return
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)
