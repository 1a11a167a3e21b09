"""The guide of the engine: its code and its commands run, and print what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
[LISTING, *SNIPPETS] = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]


def printed_after(block):
    """The text block that follows a block, if the next one is text."""
    position = [text for _, text in BLOCKS].index(block)
    language, text = BLOCKS[position + 1]
    return text if language == "text" else None


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "locker.py").write_text(LISTING, encoding="utf-8")
    return tmp_path


def run(command, folder):
    programs = Path(sys.executable).parent
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_of_the_guide_prints_what_the_guide_says(snippet, folder):
    done = run([sys.executable, "-c", snippet], folder)
    assert (done.stderr, done.stdout) == ("", printed_after(snippet))


def test_the_verification_of_the_guide_prints_what_the_guide_says(folder):
    [command] = [each for each in COMMANDS if each.startswith("fsm verify")]
    done = run(["bash", "-c", command], folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == printed_after(f"{command}\n")


def test_the_violation_of_the_guide_is_found(folder):
    action = ', after="forget_wrong_codes")'
    (folder / "locker.py").write_text(LISTING.replace(action, ")", 1), encoding="utf-8")
    done = run(["fsm", "verify", "locker:machine"], folder)
    [violation] = [text for _, text in BLOCKS if text.startswith("violated: ")]
    assert done.returncode == 1
    assert violation in done.stdout


def test_the_drawing_of_the_guide_is_current(folder):
    draw, check = [each for each in COMMANDS if each.startswith("fsm draw")]
    assert run(["bash", "-c", draw], folder).returncode == 0
    files = sorted(file.name for file in (folder / "out").iterdir())
    assert files == [f"locker.machine.{suffix}" for suffix in ("dot", "mmd", "png", "svg")]
    assert run(["bash", "-c", check], folder).returncode == 0


def test_the_listing_of_the_guide_is_typed(folder):
    done = run([sys.executable, "-m", "mypy", "--strict", "locker.py"], folder)
    assert done.returncode == 0, done.stdout


def test_every_block_of_the_guide_is_run():
    assert len(SNIPPETS) == 4
    assert len(COMMANDS) == 3
