"""The diagrams of another version of the project, without importing its code.

The other version runs in a process of its own, which prints its diagrams as plain data.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from fsm.diagrams.model import CommandLabel, Diagram, Edge, Lang, Line, Node, PreconditionLine, Stay

DATA_FORMAT = 2
"""Incremented when the data change so that an older version cannot be compared."""
_LEFT_OUT = frozenset(
    {"definitions", "steps", "refused", "mark", "change", "count", "view", "remarks"}
)
_SECONDS = 120
_DUMP = Path("fsm", "diagrams", "dump.py")


class VersionError(Exception):
    """A version that does not exist or cannot be compared. The message is one line."""


def diagrams_of_version(version: str, lang: Lang = "en") -> dict[str, Diagram]:
    """Returns the diagrams of another version, by name.

    Args:
        version: a directory with that version, or a revision of the git repository that contains
            the current directory. A directory takes precedence.
        lang: the language of the labels.

    Raises:
        VersionError: there is no such version, or it cannot be compared.
    """
    if version and Path(version).is_dir():
        return _run_dump(Path(version).resolve(), version, lang)
    with _exported(version) as tree:
        return _run_dump(tree, version, lang)


@contextmanager
def _exported(revision: str) -> Iterator[Path]:
    top = _git("rev-parse", "--show-toplevel")
    if top is None:
        raise VersionError(
            f"'{revision}' is no directory, and there is no git repository here "
            "(name a directory, or go to the repository)"
        )
    root = Path(os.fsdecode(top.rstrip(b"\n")))
    # A name that begins with a dash would be an option; no revision does.
    commit = None
    if not revision.startswith("-"):
        commit = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if commit is None:
        raise VersionError(
            f"'{revision}' is neither a directory nor a git revision "
            "(name one of 'git log', a branch, or a directory)"
        )
    packed = _git("-C", str(root), "archive", "--format=tar", commit.decode().strip(), "fsm")
    if packed is None:
        raise _not_the_project(revision)
    with TemporaryDirectory(prefix="meeting-fsm-") as name:
        tree = Path(name).resolve()
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            _extract(archive, tree)
        yield tree


def _extract(archive: tarfile.TarFile, tree: Path) -> None:
    # Python before 3.11.4 has no extraction filters. The archive comes from the repository itself.
    if hasattr(tarfile, "data_filter"):
        archive.extractall(tree, filter="data")
    else:
        archive.extractall(tree)


def _git(*arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except OSError:
        raise VersionError("git is not installed (name a directory)") from None
    return done.stdout if done.returncode == 0 else None


def _run_dump(tree: Path, version: str, lang: Lang) -> dict[str, Diagram]:
    if not (tree / "fsm" / "__init__.py").is_file():
        raise _not_the_project(version)
    if not (tree / _DUMP).is_file():
        raise _too_old(version)
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "fsm.diagrams.dump", lang],
            cwd=tree, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            check=False, timeout=_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise VersionError(f"'{version}' did not print its diagrams within {_SECONDS} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise VersionError(f"'{version}' cannot be drawn: {said[-1].strip()}")
    return _read(done.stdout, tree, version)


def _read(told: bytes, tree: Path, version: str) -> dict[str, Diagram]:
    try:
        data = json.loads(told)
        if data["format"] < DATA_FORMAT:
            raise _too_old(version)
        if data["format"] == DATA_FORMAT and Path(data["file"]).resolve().is_relative_to(tree):
            return {each["name"]: diagram_of(each) for each in data["diagrams"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise VersionError(f"'{version}' prints its diagrams in another format (name another version)")


def _too_old(version: str) -> VersionError:
    return VersionError(f"'{version}' is too old to be compared (name a later version)")


def _not_the_project(version: str) -> VersionError:
    return VersionError(f"'{version}' holds no version of the project (there is no fsm in it)")


def diagram_data(diagram: Diagram) -> dict[str, Any]:
    """Returns a diagram as plain data, ready for JSON."""
    return attrs.asdict(
        diagram,
        filter=lambda attribute, value: attribute.name not in _LEFT_OUT,
    )


def diagram_of(data: dict[str, Any]) -> Diagram:
    """Creates a diagram from plain data, ignoring unknown keys.

    Raises:
        KeyError: a key is missing.
        TypeError: a value has a wrong type.
    """
    return Diagram(
        name=data["name"],
        machine=data["machine"],
        lang=data["lang"],
        title=data["title"],
        subtitle=data["subtitle"],
        nodes=tuple(map(_node, data["nodes"])),
        edges=tuple(
            Edge(each["source"], each["target"], tuple(map(_line, each["lines"])), each["dashed"])
            for each in data["edges"]
        ),
        notes=tuple(map(tuple, data["notes"])),
        required=tuple(
            PreconditionLine(each["trigger"], tuple(each["conditions"]))
            for each in data["required"]
        ),
    )


def _node(data: dict[str, Any]) -> Node:
    stays = tuple(
        Stay(each["trigger"], otherwise=each["otherwise"], lines=tuple(map(_line, each["lines"])))
        for each in data["stays"]
    )
    return Node(data["name"], data["label"], data["tone"], data["initial"], stays)


def _line(data: dict[str, Any]) -> Line:
    command = data["command"]
    return Line(
        data["trigger"],
        tuple(data["conditions"]),
        CommandLabel(command["words"], command["tone"]) if command else None,
        tuple(data["rules"]),
        tuple(data["actions"]),
        data["place"],
    )
