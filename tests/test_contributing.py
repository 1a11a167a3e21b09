"""The diffs of CONTRIBUTING.md apply, one after another."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXAMPLES = [part for part in re.split(r"^### ", TEXT, flags=re.M) if "```diff" in part]


def blocks(example):
    """Yields the diffs of an example, each as the text before and after its hunks."""
    for block in re.findall(r"```diff\n(.*?)```", example, flags=re.S):
        yield [
            (
                "".join(line[1:] + "\n" for line in hunk if line[:1] != "+"),
                "".join(line[1:] + "\n" for line in hunk if line[:1] != "-"),
            )
            for hunk in (
                part.split("\n")[:-1] for part in re.split(r"^ \.\.\.\n", block, flags=re.M)
            )
        ]


def sources():
    """Returns the files that an example may change, by their paths."""
    return {
        path: path.read_text(encoding="utf-8")
        for folder in ("docs", "fsm", "tests")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".md", ".py") and path != Path(__file__)
    }


def patched(text, block):
    """Returns a text with the hunks of a diff, in their order; ``None`` if one has no place."""
    start = 0
    for before, after in block:
        # A hunk begins at the start of a line.
        place = f"\n{text}".find(f"\n{before}", start)
        if place < 0:
            return None
        text = text[:place] + after + text[place + len(before) :]
        start = place + len(after)
    return text


def apply(example):
    """Applies the diffs of an example; returns the changed files, and the diffs without a place."""
    files = sources()
    changed, lost = {}, []
    for block in blocks(example):
        places = [path for path, text in files.items() if patched(text, block) is not None]
        if not places:
            lost.append(block)
        for path in places[:1]:
            files[path] = changed[path] = patched(files[path], block)
    return changed, lost


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[0])
def test_every_diff_of_an_example_applies(example):
    changed, lost = apply(example)
    assert lost == []
    assert ROOT / "fsm" / "recording" / "table.py" in changed


def test_there_are_three_examples():
    assert len(EXAMPLES) == 3
